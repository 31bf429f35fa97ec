/*
 * One resource of our user in one room.
 */
#include <stdlib.h>

#include "core/account.h"
#include "core/announce.h"
#include "core/arrears.h"
#include "core/away.h"
#include "core/instance.h"
#include "core/occupant.h"
#include "core/person.h"
#include "core/probe.h"
#include "core/room.h"
#include "core/session.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"

#define OCCUPANT(n) LIST_ENTRY(n, struct occupant, node)

struct occupant *
occupant_find(struct room *r, struct str jid)
{
	LIST_EACH(&r->occupants, n)
	{
		if (str_is(jid, OCCUPANT(n)->jid))
			return OCCUPANT(n);
	}
	return NULL;
}

struct occupant *
occupant_by_id(struct room *r, uint64_t id)
{
	LIST_EACH(&r->occupants, n)
	{
		if (OCCUPANT(n)->id == id)
			return OCCUPANT(n);
	}
	return NULL;
}

static void
on_deadline(struct timer *t)
{
	struct occupant *o = TIMER_OWNER(t, struct occupant, deadline);
	struct room *r = o->room;
	struct err err;

	err_set(&err, ERR_TIMEOUT, "%s: not let in, in more than %d s", r->name,
	    OCCUPANT_JOIN_MS / 1000);
	occupant_refuse(o, GW_REFUSED_TIMEOUT, &err, STR_EMPTY);
	room_check(r, false, STR_EMPTY);
}

struct occupant *
occupant_new(struct room *r, struct str jid, struct str room_jid,
    struct str wish, struct err *err)
{
	struct clock *clock = core_clock(r->s->gw->core);
	size_t max = r->s->gw->conf->limits.resources;
	struct occupant *o;

	if (r->noccupant >= max) {
		err_set(err, ERR_BUSY,
		    "%zu of your clients are in this room, more is not "
		    "allowed",
		    r->noccupant);
		return NULL;
	}
	o = xcalloc(1, sizeof(*o));
	o->room = r;
	o->id = core_next_id(r->s->gw->core);
	o->jid = str_dup(jid);
	o->room_jid = str_dup(room_jid);
	o->wish = str_dup(wish);
	o->history = (struct backlog_wish){
		.max_lines = -1, .max_chars = -1, .since_utc = -1
	};
	timer_init(&o->deadline, on_deadline);
	timer_set(&o->deadline, clock,
	    clock->at + OCCUPANT_JOIN_MS + room_patience(r) +
	        session_queued_ms(r->s));
	list_add(&r->occupants, &o->node);
	r->noccupant++;
	timer_cancel(&r->linger);
	away_review(r->s);
	return o;
}

/* The local part is what stands before the domain in room_jid. */
static struct str
stored_room(const struct occupant *o)
{
	struct str jid = str_c(o->room_jid);
	ptrdiff_t at = str_find(jid, '@');

	return str_head(jid, at < 0 ? jid.len : (size_t)at);
}

void
occupant_is_stored(struct occupant *o)
{
	o->room->s->gw->nstored += !o->stored;
	o->stored = true;
}

void
occupant_store(struct occupant *o)
{
	struct session *s = o->room->s;
	struct store_occupant row = {
		.gateway = gateway_domain(s->gw),
		.jid = str_c(o->jid),
		.room = stored_room(o),
		.nick = str_c(s->nick),
		.password = secret_str(&o->room->password),
	};

	if (!o->stored && s->gw->nstored >= s->gw->conf->limits.occupants) {
		log_warn(&s->log, "client not stored",
		    "jid=%s reason=\"limits.occupants\" stored=%zu", o->jid,
		    s->gw->nstored);
		return;
	}
	occupant_is_stored(o);
	store_occupant_put(core_store(s->gw->core), &row, NULL, NULL);
}

void
occupant_drop(struct occupant **op)
{
	struct occupant *o = *op;

	*op = NULL;
	if (!o)
		return;
	timer_cancel(&o->deadline);
	list_del(&o->node);
	o->room->noccupant--;
	away_review(o->room->s);
	o->room->s->gw->nstored -= o->stored;
	free(o->jid);
	free(o->room_jid);
	free(o->wish);
	free(o->join_id);
	free(o->status);
	free(o);
}

void
occupant_free(struct occupant **op)
{
	struct occupant *o = *op;
	struct gateway *gw;

	if (o && o->stored) {
		gw = o->room->s->gw;
		/* It may stand in line twice: for its row, from before a
		   restart; an answer would bring it back. */
		probe_forget(gw->probe, str_c(o->jid), str_c(o->room_jid));
		store_occupant_del(core_store(gw->core), gateway_domain(gw),
		    str_c(o->jid), stored_room(o), NULL, NULL);
	}
	occupant_drop(op);
}

/* Why nothing happens in the room that it has just been shown. */
static void
tell_loss(struct occupant *o)
{
	struct session *s = o->room->s;
	char text[400];

	snprintf(text, sizeof(text),
	    "There is no connection to %s at the moment (%s). Messages are "
	    "refused until it is back; that is tried again and again.",
	    session_title(s), s->last.text);
	announce_notice(o->room, o, str_c(text));
}

void
occupant_enter(struct occupant *o)
{
	struct session *s = o->room->s;

	timer_cancel(&o->deadline);
	if (component_is_up(s->gw->component)) {
		arrears_settle(o->room);
		o->state = OCCUPANT_INSIDE;
		announce_all(o);
		o->seen_seq = o->room->backlog.last_seq;
		/* It knows this nick from now on, and a change is news. */
		str_store(&o->wish, str_c(s->nick));
		if (s->state != SESSION_ONLINE)
			tell_loss(o);
	} else {
		/* Shown nothing yet: that comes when it has been asked. */
		o->state = OCCUPANT_PROBED;
	}
	occupant_store(o);
}

void
occupant_alive(struct occupant *o)
{
	struct gateway *gw = o->room->s->gw;

	if (o->state != OCCUPANT_PROBED)
		return;
	probe_forget(gw->probe, str_c(o->jid), str_c(o->room_jid));
	o->history.after_seq = o->seen_seq;
	/* As it is now, also without the link: it missed how that came. */
	occupant_enter(o);
}

void
occupant_refuse(struct occupant *o, enum gw_refusal why, const struct err *err,
    struct str forward)
{
	announce_refusal(o, why, err, forward);
	occupant_free(&o);
}
