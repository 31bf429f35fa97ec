/*
 * Links that a script answers for.
 */
#include <stdlib.h>

#include "fake.h"
#include "lib/xalloc.h"
#include "net/address.h"
#include "net/link.h"

enum { OUT_MAX = 4 * 1024 * 1024 };

struct link {
	struct fake_link *f;
	link_fn *fn;
	void *arg;
	bool down;
	char peer[80];
};

static struct list links = { &links, &links };

#define FAKE(n) LIST_ENTRY(n, struct fake_link, node)

struct list *
fake_links(void)
{
	return &links;
}

struct link *
link_open(
    struct loop *loop, const struct link_params *p, link_fn *fn, void *arg)
{
	struct link *l = xcalloc(1, sizeof(*l));
	struct fake_link *f = xcalloc(1, sizeof(*f));

	(void)loop;
	l->f = f;
	l->fn = fn;
	l->arg = arg;
	f->link = l;
	f->host = str_dup(p->host);
	f->port = p->port;
	f->tls = p->tls;
	f->certificate = p->identity.len > 0;
	buf_init(&f->out, OUT_MAX);
	snprintf(l->peer, sizeof(l->peer), "192.0.2.1 port %u", f->port);
	list_add(&links, &f->node);
	return l;
}

struct fake_link *
fake_link_come(struct str address, struct link **link_out)
{
	struct link_params p = { .host = address, .port = FAKE_LOCAL_PORT };
	struct link *l = link_open(NULL, &p, NULL, NULL);

	l->f->seen = true;
	*link_out = l;
	return l->f;
}

/* Nobody comes but by fake_call(). */
struct link *
link_accept(struct loop *loop, int fd, const char *name, size_t out_max)
{
	(void)loop;
	(void)fd;
	(void)name;
	(void)out_max;
	return NULL;
}

void
link_attach(struct link *l, link_fn *fn, void *arg)
{
	l->fn = fn;
	l->arg = arg;
}

void
link_start_tls(struct link *l, struct tls_server *s)
{
	(void)s;
	if (l->f)
		l->f->tls = true;
}

void
link_close(struct link **lp)
{
	struct link *l = *lp;

	*lp = NULL;
	if (!l)
		return;
	if (l->f)
		l->f->link = NULL;
	free(l);
}

void
link_finish(struct link **lp)
{
	link_close(lp);
}

int
link_write(struct link *l, const void *data, size_t len)
{
	if (l->down || !l->f)
		return 0;
	return buf_add(&l->f->out, data, len);
}

size_t
link_queued(const struct link *l)
{
	(void)l;
	return 0;
}

void
link_pause(struct link *l, bool paused)
{
	if (l->f)
		l->f->paused = paused;
}

struct str
link_peer(const struct link *l)
{
	return str_c(l->peer);
}

bool
link_is_between(const struct link *l, const struct sockaddr *local,
    const struct sockaddr *peer)
{
	char text[ADDRESS_TEXT_MAX + 1];

	address_format(peer, text);
	return l->f && strcmp(text, "192.0.2.1") == 0 &&
	    address_port(peer) == l->f->port &&
	    address_port(local) == FAKE_LOCAL_PORT;
}

bool
link_is_tls(const struct link *l)
{
	return l->f && l->f->tls;
}

static void
tell(struct fake_link *f, const struct link_event *ev)
{
	if (f->link)
		f->link->fn(f->link, ev, f->link->arg);
}

void
fake_link_up(struct fake_link *f)
{
	struct link_event ev = { .type = LINK_UP };

	tell(f, &ev);
}

void
fake_link_feed(struct fake_link *f, struct str bytes)
{
	struct link_event ev = {
		.type = LINK_DATA, .data = bytes.p, .len = bytes.len
	};

	tell(f, &ev);
}

void
fake_link_down(struct fake_link *f, const char *why, bool permanent)
{
	struct link_event ev = { .type = LINK_DOWN, .permanent = permanent };

	if (why[0])
		err_set(&ev.err, ERR_UNREACHABLE, "%s", why);
	if (f->link)
		f->link->down = true;
	tell(f, &ev);
}

void
fake_link_hang_up(struct fake_link *f)
{
	struct link_event ev = { .type = LINK_DOWN, .hung_up = true };

	err_set(&ev.err, ERR_UNREACHABLE,
	    "TLS: %s:%u hung up during the handshake", f->host, f->port);
	if (f->link)
		f->link->down = true;
	tell(f, &ev);
}

bool
fake_link_take(struct fake_link *f, struct str line)
{
	char *at =
	    f->out.len ? memmem(f->out.p, f->out.len, line.p, line.len) : NULL;
	size_t behind;

	if (!at)
		return false;
	behind = (size_t)(f->out.p + f->out.len - (at + line.len));
	memmove(at, at + line.len, behind);
	f->out.len -= line.len;
	return true;
}

bool
fake_link_take_ask(struct fake_link *f, struct str word, struct buf *arg_out)
{
	struct str rest = buf_str(&f->out), line, arg;

	while (rest.len && str_cut(&rest, '\n', &line)) {
		if (!str_starts(line, word))
			continue;
		arg = str_trim(str_skip(line, word.len));
		if (str_has(arg, ' '))
			continue;
		buf_clear(arg_out);
		buf_add_str(arg_out, arg);
		return fake_link_take(f, str_of(line.p, line.len + 1));
	}
	return false;
}

bool
fake_link_line(struct fake_link *f, struct buf *line_out)
{
	ptrdiff_t lf = str_find(buf_str(&f->out), '\n');
	struct str line;

	if (lf < 0)
		return false;
	line = str_head(buf_str(&f->out), (size_t)lf);
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	buf_clear(line_out);
	buf_add_str(line_out, line);
	buf_drop(&f->out, (size_t)lf + 1);
	return true;
}

static void
reset_links(void)
{
	struct list *n;

	for (n = list_first(&links); n; n = list_first(&links)) {
		struct fake_link *f = FAKE(n);

		if (f->link)
			f->link->f = NULL;
		list_del(&f->node);
		buf_release(&f->out);
		free(f->host);
		free(f);
	}
}

void
fake_reset(void)
{
	struct list *n;

	reset_links();
	for (n = list_first(fake_stanzas()); n; n = list_first(fake_stanzas()))
		fake_stanza_free(LIST_ENTRY(n, struct fake_stanza, node));
}
