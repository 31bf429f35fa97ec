/*
 * What the XMPP server has taken of what we wrote.
 *
 * XEP-0199 2.0		pings, to ourselves: both servers loop them back
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/confirm.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/iq.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

struct confirm {
	struct clock *clock;
	struct iq_table *iqs;
	const struct log_ctx *log;
	struct component *stream; /* NULL: down */
	struct list waiting;      /* written, no ping behind it yet */
	struct list asked;        /* ... and the ping is under way */
	uint64_t ask;             /* that ping, or 0 */
	struct timer later;       /* when one leaves */
	bool is_late;             /* was logged for this stream */
};

#define MARK(n) LIST_ENTRY(n, struct confirm_mark, node)

/* Behind what is there. */
static void
move(struct list *to, struct list *from)
{
	LIST_EACH(from, n)
	{
		list_del(n);
		list_add(to, n);
	}
}

/* Each callback may change the lists: always the first that is left. */
static void
tell(struct list *marks, bool taken)
{
	struct list *n;

	for (n = list_first(marks); n; n = list_first(marks)) {
		struct confirm_mark *m = MARK(n);

		list_del(n);
		m->fn(m, taken);
	}
}

static void
ask_later(struct confirm *c)
{
	if (c->stream && !c->ask && !timer_is_set(&c->later))
		timer_set(&c->later, c->clock, c->clock->at + CONFIRM_MS);
}

static void
late(struct confirm *c)
{
	if (c->is_late)
		return;
	c->is_late = true;
	log_warn(c->log, "XMPP server does not confirm",
	    "waited_s=%d waiting_ms=%" PRId64
	    " action=\"asking again\" reason=\"a ping to our own domain did "
	    "not come back; is the server overloaded, or is another process "
	    "connected under this name?\"",
	    CONFIRM_ANSWER_MS / 1000, confirm_oldest_ms(c));
}

static void on_answer(const struct stanza *answer, void *arg);

/* An error is an answer, too: the server got that far. */
static void
ask(struct confirm *c)
{
	struct str domain = component_domain(c->stream);
	struct xmlw *w;

	timer_cancel(&c->later);
	c->ask = iq_send(c->iqs, c->stream, "get", domain, domain,
	    CONFIRM_ANSWER_MS, on_answer, c, &w);
	if (!c->ask) {
		ask_later(c); /* too many questions are open */
		return;
	}
	move(&c->asked, &c->waiting);
	xmlw_leaf(w, "ping", NS_PING);
	iq_send_done(c->stream);
}

/* What a lost answer was to confirm, the next one does. */
static void
on_answer(const struct stanza *answer, void *arg)
{
	struct confirm *c = arg;
	struct list taken;

	c->ask = 0;
	if (!c->stream)
		return;
	list_init(&taken);
	if (answer)
		move(&taken, &c->asked);
	else
		late(c);
	if (!list_is_empty(&c->waiting) || !list_is_empty(&c->asked))
		ask(c);
	tell(&taken, true);
}

static void
on_later(struct timer *t)
{
	struct confirm *c = TIMER_OWNER(t, struct confirm, later);

	if (c->stream && !c->ask && !list_is_empty(&c->waiting))
		ask(c);
}

void
confirm_up(struct confirm *c, struct component *stream)
{
	c->stream = stream;
	c->is_late = false;
	if (!list_is_empty(&c->waiting))
		ask_later(c);
}

void
confirm_down(struct confirm *c)
{
	struct list lost;

	iq_cancel(c->iqs, c->ask);
	c->ask = 0;
	c->stream = NULL;
	timer_cancel(&c->later);
	list_init(&lost);
	move(&lost, &c->asked);
	move(&lost, &c->waiting);
	tell(&lost, false);
}

void
confirm_mark_init(
    struct confirm_mark *m, void (*fn)(struct confirm_mark *m, bool taken))
{
	list_init(&m->node);
	m->at = 0;
	m->fn = fn;
}

void
confirm_add(struct confirm *c, struct confirm_mark *m)
{
	m->at = c->clock->at;
	list_add(&c->waiting, &m->node);
	ask_later(c);
}

void
confirm_now(struct confirm *c)
{
	if (c->stream && !c->ask && !list_is_empty(&c->waiting))
		ask(c);
}

void
confirm_drop(struct confirm_mark *m)
{
	list_del(&m->node);
}

int64_t
confirm_oldest_ms(const struct confirm *c)
{
	struct list *n = list_first(&c->asked);

	if (!n)
		n = list_first(&c->waiting);
	if (!n)
		return 0;
	return c->clock->at -
	    LIST_ENTRY(n, const struct confirm_mark, node)->at;
}

struct confirm *
confirm_new(
    struct clock *clock, struct iq_table *iqs, const struct log_ctx *log)
{
	struct confirm *c = xcalloc(1, sizeof(*c));

	c->clock = clock;
	c->iqs = iqs;
	c->log = log;
	list_init(&c->waiting);
	list_init(&c->asked);
	timer_init(&c->later, on_later);
	return c;
}

static void
forget(struct list *marks)
{
	LIST_EACH(marks, n)
	{
		list_del(n);
	}
}

void
confirm_free(struct confirm **cp)
{
	struct confirm *c = *cp;

	*cp = NULL;
	if (!c)
		return;
	iq_cancel(c->iqs, c->ask);
	timer_cancel(&c->later);
	forget(&c->waiting);
	forget(&c->asked);
	free(c);
}
