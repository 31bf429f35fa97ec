/*
 * Messages of our user on their way to a live network.
 */
#include <stdlib.h>

#include "core/announce.h"
#include "core/archive.h"
#include "core/instance.h"
#include "core/outgoing.h"
#include "core/room.h"
#include "core/session.h"
#include "core/talk.h"
#include "core/unsettled.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

#define OUTGOING(n) LIST_ENTRY(n, struct outgoing, node)

static void
outgoing_free(struct session *s, struct outgoing *o)
{
	list_del(&o->node);
	if (o->gone)
		s->ngone--;
	else
		s->noutgoing--;
	s->nheld -= o->held;
	free(o->body);
	free(o->shown);
	free(o->parts);
	free(o->span);
	free(o);
}

/* The oldest of either is asked about first, so it is found at once. */
static struct outgoing *
find(struct session *s, gw_ticket ticket)
{
	struct list *first = list_first(&s->gone);

	if (first && OUTGOING(first)->ticket == ticket)
		return OUTGOING(first);
	LIST_EACH(&s->outgoing, n)
	{
		if (OUTGOING(n)->ticket == ticket)
			return OUTGOING(n);
	}
	LIST_EACH(&s->gone, n)
	{
		if (OUTGOING(n)->ticket == ticket)
			return OUTGOING(n);
	}
	return NULL;
}

static int
write_error(struct gateway *gw, struct str from, struct str to, struct str id,
    const struct err *err)
{
	struct xmlw *w =
	    component_begin(gw->component, "message", from, to, "error", id);

	stanza_error_write(w, err);
	return component_end(gw->component, NULL);
}

/* While the stream is down it stays open, see outgoing_settle(). */
static void
answer_error(struct session *s, const struct outgoing *o, const struct err *err)
{
	struct unsettled *u = core_unsettled(s->gw->core);

	if (write_error(s->gw, o->to, o->from, o->id, err) == 0)
		unsettled_end(u, o->unsettled);
	else
		unsettled_leave(u, o->unsettled);
}

static void
hand_over(struct session *s, struct outgoing *o)
{
	struct gw_message m = { .kind = o->kind,
		.room = o->room,
		.to = o->nick,
		.body = str_c(o->body),
		.span = o->span,
		.nspan = o->nspan,
		.reply_to = o->answers,
		.reply_nick = o->reply_nick };

	if (o->held) {
		o->held = false;
		s->nheld--;
	}
	session_enter(s);
	s->gw->ops->send(s, o->ticket, &m);
	session_leave(s);
}

static void
copy_spans(struct outgoing *o, const struct outgoing_params *p)
{
	o->typed = p->typed;
	o->nspan = p->nspan;
	if (p->nspan == 0)
		return;
	o->span = xmalloc(p->nspan * sizeof(*o->span));
	memcpy(o->span, p->span, p->nspan * sizeof(*o->span));
}

/* The body lies apart: it goes first. */
static struct outgoing *
outgoing_new(const struct outgoing_params *p)
{
	struct outgoing *o =
	    xmalloc(sizeof(*o) + p->from.len + p->to.len + p->id.len +
	        p->origin.len + p->room.len + p->nick.len + p->reply_to.len +
	        p->reply_nick.len + p->answers.len + p->corrects.len);
	char *text = (char *)(o + 1);

	*o = (struct outgoing){ .kind = p->kind, .body = str_dup(p->body) };
	o->shown = p->shown.len ? str_dup(p->shown) : NULL;
	copy_spans(o, p);
	o->from = str_put(&text, p->from);
	o->to = str_put(&text, p->to);
	o->id = str_put(&text, p->id);
	o->origin = str_put(&text, p->origin);
	o->room = str_put(&text, p->room);
	o->nick = str_put(&text, p->nick);
	o->reply_to = str_put(&text, p->reply_to);
	o->reply_nick = str_put(&text, p->reply_nick);
	o->answers = str_put(&text, p->answers);
	o->corrects = str_put(&text, p->corrects);
	return o;
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
		    session_title(s),
		    s->last.text[0] ? s->last.text : "it is being made");
	if (s->noutgoing >= OUTGOING_MAX ||
	    (hold && s->nheld >= SESSION_HELD_MAX))
		return err_set(
		    err, ERR_BUSY, "not sent: too many messages are waiting");
	o = outgoing_new(p);
	o->ticket = core_next_id(s->gw->core);
	o->unsettled =
	    unsettled_put(core_unsettled(s->gw->core), p->from, p->to, p->id);
	o->held = hold;
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

static struct str
shown(const struct outgoing *o)
{
	return str_c(o->shown ? o->shown : o->body);
}

static struct backlog_word
word_of(struct session *s, const struct outgoing *o)
{
	return (struct backlog_word){ .kind = o->kind,
		.own = true,
		.id = str_c(o->sid),
		.is_network_id = o->is_network_id,
		.own_id = o->id,
		.from = o->room.len ? str_c(s->nick) : o->nick,
		.body = shown(o),
		.reply_to = o->reply_to,
		.reply_nick = o->reply_nick,
		.corrects = o->corrects,
		.span = o->span,
		.nspan = o->typed ? 0 : o->nspan,
		.identity = str_c(o->identity),
		.parts = str_c(o->parts) };
}

/* Reflected, and then not taken: clients that come later are not told it. */
static void
unsay(struct session *s, const struct outgoing *o)
{
	struct room *r = o->room.len ? room_find(s, o->room) : NULL;

	if (r)
		backlog_forget(&r->backlog, str_c(o->sid));
}

/* It was said, as far as anybody knows.  Whispers are one to one. */
static void
keep(struct session *s, const struct outgoing *o)
{
	bool is_room = o->room.len > 0 && o->nick.len == 0;
	struct archive_place at = { .is_room = is_room,
		.name = is_room ? o->room : o->nick,
		.at_us = o->gone_us };
	struct backlog_word word = word_of(s, o);

	archive_word(s, &at, &word);
	unsettled_end(core_unsettled(s->gw->core), o->unsettled);
}

/* Nobody knows what became of the oldest; no fate will find it any more. */
static void
trim(struct session *s)
{
	struct outgoing *oldest = OUTGOING(list_first(&s->gone));

	if (s->ngone <= OUTGOING_GONE_MAX)
		return;
	keep(s, oldest);
	outgoing_free(s, oldest);
}

static void
set_identity(struct outgoing *o, struct room *r)
{
	const struct member *self = room_self(r);

	if (self)
		memcpy(o->identity, self->identity, IDENTITY_BYTES);
}

/* What the network has made of it. */
static void
learn(struct outgoing *o, const struct gw_message *m)
{
	if (m && m->parts.len)
		str_store(&o->parts, m->parts);
	/* Of a correction the network has only seen what changed. */
	if (m && m->body.len && !o->shown)
		str_store(&o->shown, m->body);
}

/* Rooms see it now. */
static void
gone(struct session *s, struct outgoing *o, struct str network_id)
{
	struct announce_own own = { o->id, o->origin };
	struct backlog_word word;
	struct room *r = o->room.len ? room_find(s, o->room) : NULL;

	o->is_network_id = network_id.len && network_id.len < sizeof(o->sid);
	if (o->is_network_id)
		memcpy(o->sid, network_id.p, network_id.len);
	else
		talk_new_id(s, o->sid);
	o->gone_us = archive_time(s->gw, 0);
	if (r && o->nick.len == 0)
		set_identity(o, r);
	word = word_of(s, o);
	if (r && o->nick.len == 0)
		talk_line(r, &word, &own);
	else if (o->room.len == 0)
		backlog_add(&s->words, &word);
	list_del(&o->node);
	list_add(&s->gone, &o->node);
	o->gone = true;
	s->noutgoing--;
	s->ngone++;
	trim(s);
}

void
outgoing_on_fate(struct session *s, const struct gw_event *ev)
{
	struct outgoing *o = find(s, ev->ticket);

	if (!o)
		return;
	switch (ev->fate) {
	case GW_LEFT:
		if (!o->gone)
			gone(s, o, STR_EMPTY);
		break;
	case GW_SENT:
	case GW_DELIVERED:
		learn(o, ev->message);
		if (!o->gone)
			gone(s, o, ev->text);
		keep(s, o);
		outgoing_free(s, o);
		break;
	case GW_RETRY: /* a live network is never asked twice */
	case GW_REFUSED:
	case GW_UNSURE:
		log_info(&s->log, "message refused", "ticket=%llu err=\"%s\"",
		    (unsigned long long)o->ticket, ev->err.text);
		if (o->gone)
			unsay(s, o);
		answer_error(s, o, &ev->err);
		outgoing_free(s, o);
		break;
	}
}

void
outgoing_fail_all(struct session *s, const struct err *err)
{
	struct err unsure;

	LIST_EACH(&s->outgoing, n)
	{
		answer_error(s, OUTGOING(n), err);
		outgoing_free(s, OUTGOING(n));
	}
	err_set(&unsure, ERR_UNREACHABLE,
	    "the connection ended before the network has confirmed this; it "
	    "may have arrived");
	LIST_EACH(&s->gone, n)
	{
		unsay(s, OUTGOING(n));
		answer_error(s, OUTGOING(n), &unsure);
		outgoing_free(s, OUTGOING(n));
	}
}

static void
tell_unsettled(
    uint32_t number, struct str from, struct str to, struct str id, void *arg)
{
	struct gateway *gw = arg;
	struct err err;

	err_set(&err, ERR_UNREACHABLE,
	    "the gateway was interrupted before the network has confirmed "
	    "this; it may have arrived");
	if (write_error(gw, to, from, id, &err) == 0)
		unsettled_end(core_unsettled(gw->core), number);
}

void
outgoing_settle(struct gateway *gw)
{
	unsettled_each(
	    core_unsettled(gw->core), gateway_domain(gw), tell_unsettled, gw);
}
