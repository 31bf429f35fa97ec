/*
 * What the network reports, handed to whom it concerns.
 *
 * One row per type of event.  Rows for rooms are given the room only if we
 * are in it, or on the way: a network may say anything about others.
 */
#include <stdlib.h>

#include "core/arrears.h"
#include "core/event.h"
#include "core/inbound.h"
#include "core/invitation.h"
#include "core/outgoing.h"
#include "core/person.h"
#include "core/reaction.h"
#include "core/relocation.h"
#include "core/request.h"
#include "core/retraction.h"
#include "core/room.h"
#include "core/session.h"
#include "core/talk.h"
#include "core/typing.h"
#include "core/watch.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

typedef void session_row(struct session *s, const struct gw_event *ev);
typedef void room_row(struct room *r, const struct gw_event *ev);
typedef void person_row(struct person *p, const struct gw_event *ev);

#define MEMBER(n) LIST_ENTRY(n, struct member, in_person)

static void
on_fold(struct session *s, const struct gw_event *ev)
{
	struct map_iter it = { 0 };

	(void)ev;
	/* What is owed is known by the old keys. */
	while (map_next(&s->rooms, &it))
		arrears_settle(it.value);
	person_refold_all(s);
}

static void
on_notice(struct session *s, const struct gw_event *ev)
{
	inbound_notice(s, ev->actor, ev->text);
}

static void
on_message(struct session *s, const struct gw_event *ev)
{
	if (ev->message->redacts.len)
		retraction_in(s, ev->message);
	else if (ev->message->reaction.len)
		reaction_in(s, ev->message);
	else if (ev->message->room.len)
		talk_in_room(s, ev->message);
	else
		inbound_message(s, ev->message);
}

static void
on_invite(struct session *s, const struct gw_event *ev)
{
	invitation_in(s, ev);
}

/* A name that no address of ours could carry is nobody's. */
static bool
is_name(struct str s)
{
	return s.len > 0 && s.len <= GW_NAME_MAX;
}

/* All rooms that we share with them see them anew, also while we are on the
 * way back into them. */
static void
show_everywhere(struct person *p)
{
	LIST_EACH(&p->members, n)
	{
		arrears_member(MEMBER(n)->room, MEMBER(n), false);
	}
}

/* Our own end is told by OFFLINE. */
static void
on_quit(struct person *p, const struct gw_event *ev)
{
	if (person_is_self(p))
		return;
	LIST_EACH(&p->members, n)
	{
		arrears_gone(
		    MEMBER(n)->room, MEMBER(n), 0, STR_EMPTY, ev->text);
	}
	person_free(&p);
}

static void
on_nick(struct person *p, const struct gw_event *ev)
{
	struct gw_event gone = { .text = STR_EMPTY };
	bool is_taken = session_is_self(p->s, ev->text) && !person_is_self(p);

	/* No name, or ours: whom we believed to be that is not there. */
	if (!is_name(ev->text) || is_taken) {
		on_quit(p, &gone);
		return;
	}
	LIST_EACH(&p->members, n)
	{
		arrears_renamed(MEMBER(n)->room, MEMBER(n), ev->text);
	}
	if (person_is_self(p))
		session_set_nick(p->s, ev->text);
	person_rename(p, ev->text);
	LIST_EACH(&p->members, n)
	{
		arrears_is_called(MEMBER(n)->room, MEMBER(n));
	}
}

/* Of these only the account is shown in rooms. */
static void
on_person(struct person *p, const struct gw_event *ev)
{
	char *was = p->account;

	if (ev->on)
		p->account = NULL;
	else if (was)
		p->account = str_dup(str_c(was));
	(void)person_learn(p, &ev->person);
	if (!was != !p->account || (was && strcmp(was, p->account) != 0))
		show_everywhere(p);
	free(was);
}

static void
on_away(struct person *p, const struct gw_event *ev)
{
	struct str text =
	    str_head(ev->text, utf8_cut(ev->text, PERSON_TEXT_MAX));
	bool was = p->away != NULL;
	bool same = was == ev->on && (!was || str_eq(str_c(p->away), text));

	/* That he is away, without the word for it that is known already. */
	if (was && ev->on && text.len == 0)
		return;
	free(p->away);
	p->away = ev->on ? str_dup(text) : NULL;
	if (!same)
		show_everywhere(p);
}

static void
on_flags(struct person *p, const struct gw_event *ev)
{
	unsigned flags = ev->on ? p->flags | ev->flags : ev->flags;

	if (p->flags == flags)
		return;
	p->flags = flags;
	show_everywhere(p);
}

static session_row *const of_session[GW_NEVENT] = {
	[GW_EV_ONLINE] = session_on_online,
	[GW_EV_OFFLINE] = session_on_offline,
	[GW_EV_FOLD] = on_fold,
	[GW_EV_DONE] = request_on_done,
	[GW_EV_ENTRY] = request_on_entry,
	[GW_EV_MESSAGE] = on_message,
	[GW_EV_FATE] = outgoing_on_fate,
	[GW_EV_CROWD] = arrears_on_crowd,
	[GW_EV_CONTACT] = watch_on_seen,
	[GW_EV_INVITE] = on_invite,
	[GW_EV_NOTICE] = on_notice,
	[GW_EV_TYPING] = typing_in,
};

static room_row *const of_room[GW_NEVENT] = {
	[GW_EV_JOINED] = room_on_joined,
	[GW_EV_REFUSED] = room_on_refused,
	[GW_EV_LEFT] = room_on_left,
	[GW_EV_RENAMED] = relocation_in,
	[GW_EV_MEMBER] = room_on_member,
	[GW_EV_STANDING] = room_on_standing,
	[GW_EV_MEMBER_LEFT] = room_on_member_left,
	[GW_EV_MEMBERS_END] = room_on_members_end,
	[GW_EV_SUBJECT] = room_on_subject,
	[GW_EV_ROOM] = room_on_flags,
};

static person_row *const of_person[GW_NEVENT] = {
	[GW_EV_PERSON_NICK] = on_nick,
	[GW_EV_PERSON_QUIT] = on_quit,
	[GW_EV_PERSON] = on_person,
	[GW_EV_PERSON_AWAY] = on_away,
	[GW_EV_PERSON_FLAGS] = on_flags,
};

/*
 * Let into a room where nobody of ours is: a forward, or a join that took
 * longer than they waited.  Staying would make their next join unanswerable,
 * since networks are silent to who is inside already.
 */
static void
leave_unwanted(struct session *s, const struct gw_event *ev)
{
	struct gw_req req = { .kind = GW_REQ_LEAVE, .room = ev->room };
	struct request_to to = { .done = request_ignore };

	log_info(&s->log, "let into a room unasked", "room=" STR_FMT,
	    STR_ARG(ev->room));
	request_start(s, &req, REQUEST_MS, &to);
}

void
event_handle(struct session *s, const struct gw_event *ev)
{
	struct room *r;
	struct person *p;

	if (of_session[ev->type]) {
		of_session[ev->type](s, ev);
	} else if (of_room[ev->type]) {
		r = is_name(ev->room) ? room_find(s, ev->room) : NULL;
		if (r)
			of_room[ev->type](r, ev);
		else if (ev->type == GW_EV_JOINED && is_name(ev->room))
			leave_unwanted(s, ev);
	} else if (of_person[ev->type]) {
		if (ev->type == GW_EV_PERSON_AWAY)
			watch_on_away(s, ev);
		p = is_name(ev->person.nick) ? person_find(s, ev->person.nick)
		                             : NULL;
		/* Our own nick changes also while we are in no room. */
		if (p)
			of_person[ev->type](p, ev);
		else if (ev->type == GW_EV_PERSON_NICK && is_name(ev->text) &&
		    session_is_self(s, ev->person.nick))
			session_set_nick(s, ev->text);
	}
}

/* ---- copies ----------------------------------------------------------- */

static const size_t event_strs[] = {
	offsetof(struct gw_event, room),
	offsetof(struct gw_event, text),
	offsetof(struct gw_event, actor),
	offsetof(struct gw_event, reason),
	offsetof(struct gw_event, person.nick),
	offsetof(struct gw_event, person.user),
	offsetof(struct gw_event, person.host),
	offsetof(struct gw_event, person.account),
	offsetof(struct gw_event, person.realname),
	offsetof(struct gw_event, entry.name),
	offsetof(struct gw_event, entry.text),
	offsetof(struct gw_event, entry.actor),
};

static const size_t message_strs[] = {
	offsetof(struct gw_message, room),
	offsetof(struct gw_message, to),
	offsetof(struct gw_message, from),
	offsetof(struct gw_message, body),
	offsetof(struct gw_message, subject),
	offsetof(struct gw_message, thread),
	offsetof(struct gw_message, reply_to),
	offsetof(struct gw_message, context),
	offsetof(struct gw_message, reply_nick),
	offsetof(struct gw_message, reaction),
	offsetof(struct gw_message, redacts),
	offsetof(struct gw_message, network_id),
	offsetof(struct gw_message, id),
	offsetof(struct gw_message, parts),
	offsetof(struct gw_message, account),
	offsetof(struct gw_message, host),
	offsetof(struct gw_message, title),
	offsetof(struct gw_message, urgency),
	offsetof(struct gw_message, line),
	offsetof(struct gw_message, first_line),
};

enum {
	NEVENT_STRS = sizeof(event_strs) / sizeof(event_strs[0]),
	NMESSAGE_STRS = sizeof(message_strs) / sizeof(message_strs[0]),
};

static struct str *
str_at(void *base, size_t offset)
{
	return (struct str *)(void *)((char *)base + offset);
}

static size_t
strs_bytes(void *base, const size_t *offset, size_t n)
{
	size_t i, sum = 0;

	for (i = 0; i < n; i++)
		sum += str_at(base, offset[i])->len;
	return sum;
}

/* Moves the text of each slice to *to and the slice with it. */
static void
strs_move(void *base, const size_t *offset, size_t n, char **to)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct str *s = str_at(base, offset[i]);

		if (s->len)
			memcpy(*to, s->p, s->len);
		s->p = *to;
		*to += s->len;
	}
}

/* Spans, attachments and lists of recipients come with echoes and history,
 * which networks emit from outside their ops; a copy goes without them. */
struct event_copy *
event_dup(const struct gw_event *ev)
{
	struct event_copy fixed = { .ev = *ev }, *c;
	char *text;

	if (ev->message)
		fixed.message = *ev->message;
	fixed.message.nspan = fixed.message.nattachment = 0;
	fixed.message.nrecipient = fixed.message.nparty = 0;
	c = xmalloc(sizeof(*c) +
	    strs_bytes(&fixed.ev, event_strs, NEVENT_STRS) +
	    strs_bytes(&fixed.message, message_strs, NMESSAGE_STRS));
	*c = fixed;
	text = (char *)(c + 1);
	strs_move(&c->ev, event_strs, NEVENT_STRS, &text);
	strs_move(&c->message, message_strs, NMESSAGE_STRS, &text);
	if (ev->message)
		c->ev.message = &c->message;
	return c;
}
