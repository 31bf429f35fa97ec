/*
 * What rooms say to our seats.
 *
 * XEP-0045 1.34	7.2 who is there, 7.14 and 8 to 10 who goes and why,
 *			7.4 messages, 7.5 private ones, 8.1 the subject
 * XEP-0359 0.6		ids
 * XEP-0313 1.1, XEP-0297 1.0	what archives tell
 * XEP-0461 0.2		answers
 */
#include "core/arrival.h"
#include "core/posts.h"
#include "core/router.h"
#include "core/seat_base.h"
#include "xmpp/component.h"
#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/payload.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

enum { REASON_MAX = 100 };

/* ---- presence --------------------------------------------------------- */

static bool
is_own(const struct seat *s, struct str nick, const struct stanza *x)
{
	return muc_has_status(x, MUC_SELF) ||
	    (s->state >= SEAT_ENTERING && str_is(nick, s->nick));
}

/* A room that is new would stay empty and closed to its people. */
static void
made_one(struct seat *s)
{
	struct err err;

	seat_leave(s);
	err_set(&err, ERR_NOT_FOUND,
	    "there was no room %s; create it, and it will be entered", s->room);
	seat_goes_out(s, SEAT_AGAIN_SLOW, &err);
}

static void
is_there(struct seat *s, struct str nick, const struct stanza *x)
{
	if (is_own(s, nick, x)) {
		if (muc_has_status(x, MUC_CREATED))
			made_one(s);
		else if (s->state >= SEAT_ENTERING)
			seat_is_inside(s, nick);
		return;
	}
	if (s->state >= SEAT_ENTERING)
		seat_people_put(s, nick, stanza_child(x, "item", NULL));
}

/* How somebody is put out, for whom it is worth to wait. */
struct exit_row {
	int code;
	enum err_kind kind;
	enum seat_again again;
	const char *text;
};

static const struct exit_row exits[] = {
	{ MUC_SHUTDOWN, ERR_UNREACHABLE, SEAT_AGAIN_QUICK, "is shutting down" },
	{ MUC_CONNECTION_LOST, ERR_UNREACHABLE, SEAT_AGAIN_QUICK,
	    "could not reach us" },
	{ MUC_BANNED, ERR_DENIED, SEAT_AGAIN_SLOW, "has banned us" },
	{ MUC_KICKED, ERR_DENIED, SEAT_AGAIN_SLOW, "has put us out" },
	{ MUC_NOT_MEMBER, ERR_DENIED, SEAT_AGAIN_SLOW,
	    "keeps members only, and we are none any more" },
	{ MUC_MEMBERS_ONLY, ERR_DENIED, SEAT_AGAIN_SLOW,
	    "keeps members only from now on; make us one" },
	{ 0, ERR_NOT_INSIDE, SEAT_AGAIN_QUICK, "says that we have left" },
};

static const struct exit_row *
exit_of(const struct stanza *x)
{
	const struct exit_row *r = exits;

	while (r->code && !muc_has_status(x, r->code))
		r++;
	return r;
}

static void
is_destroyed(struct seat *s, struct inlet *in, const struct stanza *destroy)
{
	struct str venue = stanza_attr(destroy, "jid");
	struct str reason =
	    stanza_child_text(destroy, "reason", NULL, &in->scratch);
	struct err err;

	err_set(&err, ERR_GONE, "the room %s is no more%s" STR_FMT "%s" STR_FMT,
	    s->room, reason.len ? ": " : "",
	    STR_ARG(str_head(reason, REASON_MAX)),
	    venue.len ? "; people meet in " : "",
	    STR_ARG(str_head(venue, REASON_MAX)));
	seat_goes_out(s, SEAT_AGAIN_SLOW, &err);
}

static void
is_put_out(struct seat *s, struct inlet *in, const struct stanza *x)
{
	const struct stanza *destroy = stanza_child(x, "destroy", NULL);
	const struct stanza *item = stanza_child(x, "item", NULL);
	const struct exit_row *r = exit_of(x);
	struct str reason =
	    stanza_child_text(item, "reason", NULL, &in->scratch);
	const struct stanza *by = stanza_child(item, "actor", NULL);
	struct str actor = by ? stanza_attr(by, "nick") : STR_EMPTY;
	struct err err;

	if (destroy) {
		is_destroyed(s, in, destroy);
		return;
	}
	err_set(&err, r->kind, "the room %s %s%s" STR_FMT "%s" STR_FMT, s->room,
	    r->text, actor.len ? ", by " : "",
	    STR_ARG(str_head(actor, REASON_MAX)), reason.len ? ": " : "",
	    STR_ARG(str_head(reason, REASON_MAX)));
	seat_goes_out(s, r->again, &err);
}

static void
is_gone(
    struct seat *s, struct inlet *in, struct str nick, const struct stanza *x)
{
	const struct stanza *item = stanza_child(x, "item", NULL);

	if (!is_own(s, nick, x)) {
		seat_people_del(s, nick);
		return;
	}
	if (s->state != SEAT_INSIDE || !str_is(nick, s->nick))
		return; /* of an earlier stay */
	if (muc_has_status(x, MUC_NEW_NICK))
		str_store(&s->nick, item ? stanza_attr(item, "nick") : nick);
	else
		is_put_out(s, in, x);
}

void
seat_presence(struct seat *s, struct inlet *in)
{
	const struct stanza *x = stanza_child(in->stanza, "x", NS_MUC_USER);
	struct str nick = jid_resource(&in->from);

	if (str_is(in->type, "error")) {
		if (s->state >= SEAT_ENTERING)
			seat_is_refused(s, in->stanza);
	} else if (nick.len == 0) {
		return; /* of the room itself: its picture */
	} else if (str_is(in->type, "unavailable")) {
		is_gone(s, in, nick, x);
	} else if (in->type.len == 0) {
		is_there(s, nick, x);
	}
}

/* ---- messages --------------------------------------------------------- */

static struct str
stanza_id(const struct seat *s, const struct inlet *in)
{
	const struct stanza *id = stanza_child(in->stanza, "stanza-id", NS_SID);

	while (id && !str_is(stanza_attr(id, "by"), s->room))
		id = stanza_next(id, "stanza-id", NS_SID);
	return id ? stanza_attr(id, "id") : STR_EMPTY;
}

/* Ours, by its id, or by that which rooms leave alone. */
static void
is_seen(struct seat *s, const struct stanza *m, struct str stanza_id,
    bool is_past, struct buf *scratch)
{
	const struct stanza *origin = stanza_child(m, "origin-id", NS_SID);
	struct post_seen seen = { .id = stanza_attr(m, "id"),
		.origin_id = origin ? stanza_attr(origin, "id") : STR_EMPTY,
		.body = stanza_child_text(m, "body", NULL, scratch),
		.is_past = is_past };

	seat_names_put(
	    s, stanza_id, seen.origin_id.len ? seen.origin_id : seen.id);
	posts_seen(s->all->gw, str_c(s->key), &seen);
}

/* A message of the room itself: what its archive has to tell. */
static void
from_archive(struct seat *s, struct inlet *in)
{
	const struct stanza *result =
	    stanza_child(in->stanza, "result", NS_MAM);
	const struct stanza *m = stanza_child(
	    stanza_child(result, "forwarded", NS_FORWARD), "message", NULL);

	if (m && str_is(stanza_attr(m, "type"), "groupchat"))
		is_seen(s, m, stanza_attr(result, "id"), true, &in->scratch);
}

static bool
is_to_us(const struct seat *s, struct str reply_jid)
{
	struct jid to;

	return jid_parse(&to, reply_jid, NULL) == 0 &&
	    str_is(jid_bare(&to), s->room) &&
	    (str_is(jid_resource(&to), s->nick) ||
	        str_is(jid_resource(&to), s->wish));
}

/* Somebody says something that concerns us. */
static void
hear(struct seat *s, struct inlet *in, bool is_private)
{
	struct gateway *gw = s->all->gw;
	struct gw_message m = { .room = str_c(s->room),
		.from = jid_resource(&in->from),
		.network_id = stanza_id(s, in) };
	const struct seat_person *p = seat_people_get(s, m.from);
	enum gw_standing standing = p ? p->standing : GW_STANDING_NONE;
	struct payload said;

	payload_read(in->stanza, &said);
	m.body = said.body;
	m.reply_to = seat_names_get(s, said.reply_to);
	if (is_private)
		m.to = str_c(s->name);
	if (p)
		m.account = str_c(p->jid);
	if (m.body.len && (is_private || m.reply_to.len))
		gw->ops->seat_heard(
		    gw, str_c(s->room), str_c(s->name), &m, standing);
	else if (m.body.len && is_to_us(s, said.reply_jid))
		seat_lookup(s, said.reply_to, &m, standing);
	payload_release(&said);
}

static void
to_all(struct seat *s, struct inlet *in)
{
	struct str nick = jid_resource(&in->from);
	bool is_past = stanza_child(in->stanza, "delay", NS_DELAY) != NULL;
	bool is_subject = stanza_child(in->stanza, "subject", NULL) &&
	    !stanza_child(in->stanza, "body", NULL);

	if (is_subject) {
		if (s->state == SEAT_INSIDE)
			seat_settles(s);
	} else if (nick.len && (is_past || str_is(nick, s->nick))) {
		is_seen(s, in->stanza, stanza_id(s, in), is_past, &in->scratch);
	} else if (nick.len && !is_past && s->all->gw->ops->seat_heard) {
		hear(s, in, false);
	}
}

void
seat_message(struct seat *s, struct inlet *in)
{
	bool is_from_room = jid_resource(&in->from).len == 0;

	if (str_is(in->type, "error"))
		posts_bounced(s, in);
	else if (str_is(in->type, "groupchat"))
		to_all(s, in);
	else if (is_from_room)
		from_archive(s, in);
	else if (s->all->gw->ops->seat_heard && !str_is(in->type, "headline"))
		hear(s, in, true);
}
