/*
 * Is another process connected under our name?
 *
 * XEP-0199 2.0		pings
 */
#include <stdlib.h>

#include "core/alarm.h"
#include "core/instance.h"
#include "core/services.h"
#include "core/twin.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

struct twin {
	struct gateway *gw;
	void (*on_alone)(void *arg);
	void *arg;
	struct timer next;
	uint64_t ask[TWIN_PINGS]; /* 0: it is back */
	unsigned nopen, nlost;
	bool is_alone;
	bool is_there; /* one was found, and administrators told */
};

static void
judge(struct twin *t)
{
	struct clock *clock = core_clock(t->gw->core);
	bool was_alone = t->is_alone;

	t->is_alone = t->nlost == 0;
	timer_set(&t->next, clock,
	    clock->at + (t->is_alone ? TWIN_EVERY_MS : TWIN_AGAIN_MS));
	if (t->is_alone) {
		t->is_there = false;
		if (!was_alone)
			t->on_alone(t->arg);
		return;
	}
	if (t->is_there)
		return;
	t->is_there = true;
	alarm_admins(t->gw,
	    "Another process seems to be connected to the XMPP server as %s: "
	    "of %d pings to ourselves %u did not come back. Nothing that is "
	    "owed to somebody is sent or delivered until that is over.",
	    t->gw->domain, TWIN_PINGS, t->nlost);
	log_error(&t->gw->log, "another process under our name",
	    "lost=%u of=%d action=\"nothing that is owed is sent or "
	    "delivered\"",
	    t->nlost, TWIN_PINGS);
}

static void
on_answer(const struct stanza *answer, void *arg)
{
	struct twin *t = arg;

	t->nlost += answer == NULL;
	if (--t->nopen == 0)
		judge(t);
}

static bool
ask(struct twin *t, unsigned n)
{
	struct component *c = t->gw->component;
	struct str domain = gateway_domain(t->gw);
	struct xmlw *w;
	struct buf from;

	buf_init(&from, JID_MAX);
	buf_addf(&from, STR_FMT "/probe-%u", STR_ARG(domain), n);
	t->ask[n] = iq_send(services_iqs(t->gw), c, "get", buf_str(&from),
	    domain, TWIN_ANSWER_MS, on_answer, t, &w);
	if (t->ask[n]) {
		xmlw_leaf(w, "ping", NS_PING);
		iq_send_done(c);
	}
	buf_release(&from);
	return t->ask[n] != 0;
}

/* What could not even be asked says nothing. */
static void
start(struct twin *t)
{
	struct clock *clock = core_clock(t->gw->core);

	t->nopen = t->nlost = 0;
	for (unsigned n = 0; n < TWIN_PINGS; n++)
		t->nopen += ask(t, n);
	if (t->nopen == 0)
		timer_set(&t->next, clock, clock->at + TWIN_AGAIN_MS);
}

static void
on_next(struct timer *timer)
{
	struct twin *t = TIMER_OWNER(timer, struct twin, next);

	if (component_is_up(t->gw->component))
		start(t);
}

void
twin_up(struct twin *t)
{
	t->is_alone = false;
	if (!t->gw->ops->live)
		start(t);
}

void
twin_down(struct twin *t)
{
	for (unsigned n = 0; n < TWIN_PINGS; n++) {
		iq_cancel(services_iqs(t->gw), t->ask[n]);
		t->ask[n] = 0;
	}
	timer_cancel(&t->next);
	t->nopen = 0;
	t->is_alone = false;
}

bool
twin_is_there(const struct twin *t)
{
	return t->is_there;
}

bool
twin_is_alone(const struct twin *t)
{
	return t->is_alone || t->gw->ops->live;
}

struct twin *
twin_new(struct gateway *gw, void (*on_alone)(void *arg), void *arg)
{
	struct twin *t = xcalloc(1, sizeof(*t));

	t->gw = gw;
	t->on_alone = on_alone;
	t->arg = arg;
	timer_init(&t->next, on_next);
	return t;
}

void
twin_free(struct twin **tp)
{
	struct twin *t = *tp;

	*tp = NULL;
	if (!t)
		return;
	timer_cancel(&t->next);
	free(t);
}
