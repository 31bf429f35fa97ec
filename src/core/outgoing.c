/*
 * Messages of our user on their way to a live network.
 */
#include <stdlib.h>

#include "core/announce.h"
#include "core/instance.h"
#include "core/outgoing.h"
#include "core/room.h"
#include "core/session.h"
#include "core/talk.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

#define OUTGOING(n) LIST_ENTRY(n, struct outgoing, node)

static void
outgoing_free(struct session *s, struct outgoing *o)
{
	list_del(&o->node);
	s->noutgoing--;
	s->nheld -= o->held;
	free(o->from);
	free(o->to);
	free(o->id);
	free(o->origin);
	free(o->room);
	free(o->nick);
	free(o->body);
	free(o);
}

static struct outgoing *
find(struct session *s, gw_ticket ticket)
{
	LIST_EACH(&s->outgoing, n)
	{
		if (OUTGOING(n)->ticket == ticket)
			return OUTGOING(n);
	}
	return NULL;
}

static void
answer_error(struct session *s, const struct outgoing *o, const struct err *err)
{
	struct xmlw *w;

	w = component_begin(s->gw->component, "message", str_c(o->to),
	    str_c(o->from), "error", str_c(o->id));
	stanza_error_write(w, err);
	(void)component_end(s->gw->component, NULL);
}

static void
hand_over(struct session *s, struct outgoing *o)
{
	struct gw_message m = { .kind = o->kind,
		.room = str_c(o->room),
		.to = str_c(o->nick),
		.body = str_c(o->body) };

	if (o->held) {
		o->held = false;
		s->nheld--;
	}
	session_enter(s);
	s->gw->ops->send(s, o->ticket, &m);
	session_leave(s);
}

static char *
dup_or_null(struct str s)
{
	return s.len ? str_dup(s) : NULL;
}

int
outgoing_send(
    struct session *s, const struct outgoing_params *p, struct err *err)
{
	bool hold = s->state != SESSION_ONLINE;
	bool can_hold = p->room.len == 0 && s->state < SESSION_ONLINE;
	struct outgoing *o;

	if (hold && !can_hold)
		return err_set(err, ERR_UNREACHABLE,
		    "not sent: the connection to %s is down (%s)",
		    s->network[0] ? s->network : s->gw->ops->title,
		    s->last.text[0] ? s->last.text : "it is being made");
	if (s->noutgoing >= OUTGOING_MAX + OUTGOING_TAIL ||
	    (hold && s->nheld >= SESSION_HELD_MAX))
		return err_set(
		    err, ERR_BUSY, "not sent: too many messages are waiting");
	o = xcalloc(1, sizeof(*o));
	*o = (struct outgoing){ .ticket = core_next_id(s->gw->core),
		.held = hold,
		.kind = p->kind,
		.from = str_dup(p->from),
		.to = str_dup(p->to),
		.id = str_dup(p->id),
		.origin = dup_or_null(p->origin),
		.room = dup_or_null(p->room),
		.nick = dup_or_null(p->nick),
		.body = str_dup(p->body) };
	list_add(&s->outgoing, &o->node);
	s->noutgoing++;
	s->nheld += hold;
	if (!hold)
		hand_over(s, o);
	return 0;
}

void
outgoing_release(struct session *s)
{
	LIST_EACH(&s->outgoing, n)
	{
		if (OUTGOING(n)->held)
			hand_over(s, OUTGOING(n));
	}
}

/* Rooms see it now; what remains is what a late error needs. */
static void
taken(struct session *s, struct outgoing *o)
{
	struct announce_own own = { str_c(o->id), str_c(o->origin) };
	struct room *r = o->room ? room_find(s, str_c(o->room)) : NULL;
	size_t ntaken = 0;

	if (r && !o->nick)
		talk_own_line(r, o->kind, STR_EMPTY, str_c(s->nick),
		    str_c(o->body), 0, &own);
	o->taken = true;
	free(o->body);
	o->body = NULL;
	LIST_EACH(&s->outgoing, n)
	{
		ntaken += OUTGOING(n)->taken;
	}
	LIST_EACH(&s->outgoing, n)
	{
		if (ntaken > OUTGOING_TAIL && OUTGOING(n)->taken) {
			outgoing_free(s, OUTGOING(n));
			ntaken--;
		}
	}
}

void
outgoing_on_fate(struct session *s, const struct gw_event *ev)
{
	struct outgoing *o = find(s, ev->ticket);

	if (!o)
		return;
	switch (ev->fate) {
	case GW_SENT:
	case GW_DELIVERED:
		if (!o->taken)
			taken(s, o);
		break;
	case GW_RETRY: /* a live network is never asked twice */
	case GW_REFUSED:
	case GW_UNSURE:
		log_info(&s->log, "message refused", "ticket=%llu err=\"%s\"",
		    (unsigned long long)o->ticket, ev->err.text);
		answer_error(s, o, &ev->err);
		outgoing_free(s, o);
		break;
	}
}

void
outgoing_fail_all(struct session *s, const struct err *err)
{
	LIST_EACH(&s->outgoing, n)
	{
		if (!OUTGOING(n)->taken)
			answer_error(s, OUTGOING(n), err);
		outgoing_free(s, OUTGOING(n));
	}
}
