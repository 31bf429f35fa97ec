/*
 * A stream to an XMPP server that the script plays.
 */
#include <stdlib.h>

#include "fake.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

struct component {
	struct list node;
	char *domain;
	const struct component_ops *ops;
	void *arg;
	bool up, slow;
	struct buf out;
	struct xmlw w;
	char *to;
	struct component_stats stats;
};

static struct list components = { &components, &components };
static struct list written = { &written, &written };

#define COMPONENT(n) LIST_ENTRY(n, struct component, node)

int
component_setup(unsigned ncomponents, struct err *err)
{
	(void)ncomponents;
	(void)err;
	return 0;
}

struct component *
component_new(struct loop *loop, const struct component_params *p,
    const struct component_ops *ops, void *arg)
{
	struct component *c = xcalloc(1, sizeof(*c));

	(void)loop;
	c->domain = xstrdup(p->domain);
	c->ops = ops;
	c->arg = arg;
	buf_init(&c->out, 1024 * 1024);
	list_add(&components, &c->node);
	return c;
}

void
component_close(struct component **cp)
{
	struct component *c = *cp;

	*cp = NULL;
	if (!c)
		return;
	list_del(&c->node);
	buf_release(&c->out);
	free(c->domain);
	free(c->to);
	free(c);
}

struct str
component_domain(const struct component *c)
{
	return str_c(c->domain);
}

bool
component_is_up(const struct component *c)
{
	return c->up;
}

bool
component_is_slow(const struct component *c)
{
	return c->slow;
}

struct xmlw *
component_begin(struct component *c, const char *name, struct str from,
    struct str to, const char *type, struct str id)
{
	buf_clear(&c->out);
	xmlw_init(&c->w, &c->out, COMPONENT_STANZA_MAX);
	xmlw_stanza(&c->w, name, from, to, type, id);
	free(c->to);
	c->to = str_dup(to);
	return &c->w;
}

int
component_end(struct component *c, struct err *err)
{
	struct fake_stanza *s;

	if (xmlw_end(&c->w, err) < 0)
		return -1;
	if (!c->up)
		return err_set(err, ERR_UNREACHABLE, "the stream is down");
	s = xcalloc(1, sizeof(*s));
	s->to = xstrdup(c->to);
	s->xml = str_dup(buf_str(&c->out));
	list_add(&written, &s->node);
	c->stats.nout++;
	return 0;
}

void
component_stats(const struct component *c, struct component_stats *out)
{
	*out = c->stats;
}

struct component *
fake_component(struct str domain)
{
	LIST_EACH(&components, n)
	{
		if (str_is(domain, COMPONENT(n)->domain))
			return COMPONENT(n);
	}
	return NULL;
}

void
fake_component_up(struct component *c)
{
	c->up = true;
	c->stats.nup++;
	c->ops->up(c, c->arg);
}

void
fake_component_cut(struct component *c)
{
	c->up = false;
}

void
fake_component_down(struct component *c)
{
	struct err err;

	c->up = c->slow = false;
	err_set(&err, ERR_UNREACHABLE, "the script took it down");
	c->ops->down(c, COMPONENT_LOST, &err, c->arg);
}

void
fake_component_slow(struct component *c, bool slow)
{
	c->slow = slow;
	c->ops->slow(c, slow, c->arg);
}

bool
fake_component_feed(struct component *c, struct str xml)
{
	struct stanza *s = stanza_parse(xml);

	if (!s)
		return false;
	c->stats.nin++;
	c->ops->stanza(c, s, c->arg);
	stanza_free(&s);
	return true;
}

struct list *
fake_stanzas(void)
{
	return &written;
}

void
fake_stanza_free(struct fake_stanza *s)
{
	list_del(&s->node);
	free(s->to);
	free(s->xml);
	free(s);
}
