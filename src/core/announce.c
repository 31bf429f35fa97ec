/*
 * What our clients are shown of a room.
 *
 * XEP-0045 1.34	7.2 entering, 7.4 messages, 7.6 nicks, 7.14 leaving,
 *			8.1 subject, 8.2 kick
 */
#include "core/announce.h"
#include "core/farewell.h"
#include "core/hat.h"
#include "core/instance.h"
#include "core/markup.h"
#include "core/occupant.h"
#include "core/person.h"
#include "core/reaction.h"
#include "core/refusal.h"
#include "core/room.h"
#include "core/session.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"
#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

#define OCCUPANT(n) LIST_ENTRY(n, struct occupant, node)
#define MEMBER(n)   LIST_ENTRY(n, struct member, in_room)

/* "room@domain/Nick"; the buffer is reused from stanza to stanza. */
struct who {
	struct buf jid;
};

static void
who_init(struct who *w)
{
	buf_init(&w->jid, JID_MAX);
}

static void
who_release(struct who *w)
{
	buf_release(&w->jid);
}

static struct str
who_is(struct who *w, const struct occupant *o, struct str resource)
{
	buf_clear(&w->jid);
	announce_nick_jid(o, resource, &w->jid);
	return buf_str(&w->jid);
}

void
announce_nick_jid(
    const struct occupant *o, struct str resource, struct buf *out)
{
	buf_add_str(out, str_c(o->room_jid));
	if (resource.len) {
		buf_addc(out, '/');
		buf_add_str(out, resource);
	}
}

static const char *const role_name[] = {
	[GW_ROLE_NONE] = "none",
	[GW_ROLE_VISITOR] = "visitor",
	[GW_ROLE_MEMBER] = "participant",
	[GW_ROLE_MODERATOR] = "moderator",
};

static const char *const standing_name[] = {
	[GW_STANDING_NONE] = "none",
	[GW_STANDING_OUTCAST] = "outcast",
	[GW_STANDING_MEMBER] = "member",
	[GW_STANDING_ADMIN] = "admin",
	[GW_STANDING_OWNER] = "owner",
};

/* Only those inside are shown anything; to NULL: all of them. */
static bool
is_shown(const struct occupant *o, const struct occupant *to)
{
	return to ? o == to : o->state == OCCUPANT_INSIDE;
}

static struct xmlw *
begin(struct occupant *to, const char *name, struct str from, const char *type,
    struct str id)
{
	return component_begin(
	    to->room->s->gw->component, name, from, str_c(to->jid), type, id);
}

/* What does not fit the stream is counted and logged by the stream. */
static void
end(struct occupant *to)
{
	(void)component_end(to->room->s->gw->component, NULL);
}

/* The room is not anonymous: everybody's address on the network is shown,
 * and to our user his own JID. */
static void
real_jid(const struct member *m, const struct occupant *o, bool self,
    struct buf *out)
{
	struct session *s = m->room->s;
	struct gw_address a = { .kind = GW_ADDR_PERSON,
		.network = str_c(s->spelling ? s->spelling : s->network),
		.name = str_c(m->person->nick) };

	buf_clear(out);
	if (self)
		buf_add_str(out, str_c(o->jid));
	else
		(void)instance_jid(s->gw, &a, STR_EMPTY, out);
}

static void
add_status(struct muc_item *item, int status)
{
	size_t i;

	for (i = 0; i < MUC_NSTATUS; i++)
		if (item->status[i] == 0) {
			item->status[i] = status;
			return;
		}
}

/*
 * One presence about m to o, with what item says beyond the member.  Who just
 * leaves gives his reason in <status/> (XEP-0045 7.14); <reason/> is that of
 * somebody else who did it to him.
 */
static void
write_member(const struct member *m, struct occupant *o, struct who *who,
    struct buf *jid, struct muc_item item, const char *type)
{
	const struct person *p = m->person;
	bool self = person_is_self(p);
	struct str said = STR_EMPTY;
	struct xmlw *w;

	if (type && item.status[0] == 0) {
		said = item.reason;
		item.reason = STR_EMPTY;
	}
	real_jid(m, o, self, jid);
	item.jid = buf_str(jid);
	item.affiliation = standing_name[m->standing];
	item.role = type ? "none" : role_name[member_role(m)];
	/* A renamed member goes under one nick and comes under the other. */
	if (item.nick.len)
		item.role = role_name[member_role(m)];
	if (self)
		add_status(&item, MUC_SELF);
	w = begin(
	    o, "presence", who_is(who, o, person_resource(p)), type, STR_EMPTY);
	if (!type && p->away) {
		xmlw_textel(w, "show", NULL, STR("away"));
		if (p->away[0])
			xmlw_textel(w, "status", NULL, str_c(p->away));
	}
	if (said.len)
		xmlw_textel(w, "status", NULL, said);
	muc_write_item(w, &item);
	identity_write(w, str_c(m->identity));
	if (!type)
		hat_write(w, p);
	end(o);
}

static void
show_member(struct room *r, struct occupant *to, const struct member *m,
    const struct muc_item *item, const char *type)
{
	struct who who;
	struct buf jid;

	who_init(&who);
	buf_init(&jid, JID_MAX);
	LIST_EACH(&r->occupants, n)
	{
		if (is_shown(OCCUPANT(n), to))
			write_member(m, OCCUPANT(n), &who, &jid, *item, type);
	}
	buf_release(&jid);
	who_release(&who);
}

void
announce_member(struct room *r, struct occupant *to, const struct member *m)
{
	struct muc_item item = { .role = NULL };

	if (to || room_has_inside(r))
		show_member(r, to, m, &item, NULL);
}

void
announce_gone(struct room *r, const struct member *m, int status,
    struct str actor, struct str reason)
{
	struct muc_item item = {
		.actor = actor, .reason = reason, .status = { status }
	};

	show_member(r, NULL, m, &item, "unavailable");
}

void
announce_renamed(struct room *r, const struct member *m, struct str nick)
{
	struct muc_item item = { .status = { MUC_NEW_NICK } };
	struct buf res;

	buf_init(&res, JID_MAX);
	jid_escape_resource(nick, &res);
	item.nick = buf_str(&res);
	show_member(r, NULL, m, &item, "unavailable");
	buf_release(&res);
}

static void
say_out(struct occupant *o, struct muc_item item)
{
	const struct member *self = room_self(o->room);
	struct str nick = self ? person_resource(self->person) : str_c(o->wish);
	struct who who;

	item.affiliation = self ? standing_name[self->standing] : "none";
	item.role = "none";
	item.jid = str_c(o->jid);
	add_status(&item, MUC_SELF);
	who_init(&who);
	farewell_say(
	    o->room->s->gw, who_is(&who, o, nick), str_c(o->jid), &item);
	who_release(&who);
}

void
announce_out(
    struct occupant *o, int status, struct str actor, struct str reason)
{
	struct muc_item item = { .actor = actor, .reason = reason };

	if (status)
		add_status(&item, status);
	say_out(o, item);
}

void
announce_moved(
    struct occupant *o, struct str instead, struct str actor, struct str reason)
{
	say_out(o,
	    (struct muc_item){ .actor = actor,
	        .reason = reason,
	        .venue = instead,
	        .destroyed = true });
}

/* ---- messages --------------------------------------------------------- */

/* A nick as a resource; most are what they are. */
static struct str
resource_of(struct room *r, struct str nick, struct buf *scratch)
{
	const struct member *m = nick.len ? room_member(r, nick) : NULL;

	if (nick.len == 0)
		return nick;
	if (m)
		return person_resource(m->person);
	buf_clear(scratch);
	jid_escape_resource(nick, scratch);
	return buf_str(scratch);
}

/* Of who is in the room now; empty: nobody of that nick is. */
static struct str
identity_of(struct room *r, struct str nick)
{
	const struct member *m = nick.len ? room_member(r, nick) : NULL;

	return m ? str_c(m->identity) : STR_EMPTY;
}

struct str
announce_prefix(enum gw_msg_kind kind)
{
	static const char *const prefix[] = {
		[GW_MSG_NORMAL] = "",
		[GW_MSG_ACTION] = "/me ",
		[GW_MSG_NOTICE] = "[notice] ",
		[GW_MSG_SYSTEM] = "",
	};

	return str_c(prefix[kind]);
}

void
announce_body(struct xmlw *w, enum gw_msg_kind kind, struct str body)
{
	xmlw_open(w, "body", NULL);
	xmlw_text(w, announce_prefix(kind));
	xmlw_text(w, body);
	xmlw_close(w);
}

/* What it answers, or stands for. */
static void
write_links(struct xmlw *w, const struct occupant *o,
    const struct backlog_line *l, struct who *who)
{
	struct buf scratch;

	buf_init(&scratch, JID_MAX);
	if (l->reply_to.len) {
		xmlw_open(w, "reply", NS_REPLY);
		if (l->reply_nick.len)
			xmlw_attr(w, "to",
			    who_is(who, o,
			        resource_of(o->room, l->reply_nick, &scratch)));
		xmlw_attr(w, "id", l->reply_to);
		xmlw_close(w);
	}
	if (l->corrects.len) {
		xmlw_open(w, "replace", NS_CORRECT);
		xmlw_attr(w, "id", l->corrects);
		xmlw_close(w);
	}
	buf_release(&scratch);
}

static void
write_line(struct occupant *o, const struct backlog_line *l, struct who *who,
    struct str resource, const struct announce_own *own, bool late)
{
	struct str id = str_c(l->id);
	struct xmlw *w = begin(o, "message", who_is(who, o, resource),
	    "groupchat", own && own->id.len ? own->id : id);

	announce_body(w, l->kind, l->body);
	markup_write(w, l->kind, l->body, l->span, l->nspan);
	write_links(w, o, l, who);
	if (own && own->origin.len) {
		xmlw_open(w, "origin-id", NS_SID);
		xmlw_attr(w, "id", own->origin);
		xmlw_close(w);
	}
	muc_write_stanza_id(w, str_c(o->room_jid), id);
	identity_write(w, l->identity);
	if (late)
		muc_write_delay(w, str_c(o->room_jid), l->at_utc);
	end(o);
}

static void
show_line(struct room *r, const struct backlog_line *line,
    const struct announce_own *own, bool late)
{
	struct buf scratch;
	struct who who;
	struct str res;

	buf_init(&scratch, JID_MAX);
	who_init(&who);
	res = resource_of(r, line->from, &scratch);
	LIST_EACH(&r->occupants, n)
	{
		struct occupant *o = OCCUPANT(n);

		if (!is_shown(o, NULL))
			continue;
		write_line(o, line, &who, res, own, late);
		o->seen_seq = line->seq;
	}
	who_release(&who);
	buf_release(&scratch);
}

void
announce_line(struct room *r, const struct backlog_line *line,
    const struct announce_own *own)
{
	show_line(r, line, own, false);
}

void
announce_past(struct room *r, const struct backlog_line *line)
{
	show_line(r, line, NULL, true);
}

void
announce_retraction(
    struct room *r, const struct backlog_line *line, struct str id)
{
	struct str from = line->own ? str_c(r->s->nick) : line->from;
	struct buf scratch;
	struct who who;

	buf_init(&scratch, JID_MAX);
	who_init(&who);
	LIST_EACH(&r->occupants, n)
	{
		struct occupant *o = OCCUPANT(n);
		struct xmlw *w;

		if (!is_shown(o, NULL))
			continue;
		w = begin(o, "message",
		    who_is(&who, o, resource_of(r, from, &scratch)),
		    "groupchat", id);
		xmlw_open(w, "retract", NS_RETRACT);
		xmlw_attr(w, "id", str_c(line->id));
		xmlw_close(w);
		identity_write(w, line->identity);
		end(o);
	}
	who_release(&who);
	buf_release(&scratch);
}

/* identity: of who did it. */
static void
write_moderation(struct xmlw *w, const struct backlog_line *line, struct str by,
    struct str identity, struct str reason)
{
	xmlw_open(w, "retract", NS_RETRACT);
	xmlw_attr(w, "id", str_c(line->id));
	xmlw_open(w, "moderated", NS_MODERATE);
	xmlw_attr(w, "by", by);
	identity_write(w, identity);
	xmlw_close(w);
	if (reason.len)
		xmlw_textel(w, "reason", NULL, reason);
}

void
announce_moderation(struct room *r, const struct backlog_line *line,
    struct str by, struct str reason)
{
	struct buf scratch;
	struct who who;

	buf_init(&scratch, JID_MAX);
	who_init(&who);
	LIST_EACH(&r->occupants, n)
	{
		struct occupant *o = OCCUPANT(n);
		struct xmlw *w;

		if (!is_shown(o, NULL))
			continue;
		w = begin(
		    o, "message", str_c(o->room_jid), "groupchat", STR_EMPTY);
		write_moderation(w, line,
		    who_is(&who, o, resource_of(r, by, &scratch)),
		    identity_of(r, by), reason);
		end(o);
	}
	who_release(&who);
	buf_release(&scratch);
}

void
announce_state(struct room *r, const struct member *m, const char *state)
{
	struct who who;

	who_init(&who);
	LIST_EACH(&r->occupants, n)
	{
		struct occupant *o = OCCUPANT(n);
		struct xmlw *w;

		if (!is_shown(o, NULL))
			continue;
		w = begin(o, "message",
		    who_is(&who, o, person_resource(m->person)), "groupchat",
		    STR_EMPTY);
		xmlw_leaf(w, state, NS_CHATSTATES);
		xmlw_leaf(w, "no-store", NS_HINTS);
		identity_write(w, str_c(m->identity));
		end(o);
	}
	who_release(&who);
}

void
announce_reaction_set(struct xmlw *w, struct str set, struct str id)
{
	struct str one;

	xmlw_open(w, "reactions", NS_REACTIONS);
	xmlw_attr(w, "id", id);
	while (set.len && str_cut(&set, '\n', &one))
		xmlw_textel(w, "reaction", NULL, one);
	xmlw_close(w);
}

void
announce_reactions(struct room *r, struct str nick,
    const struct backlog_line *line, struct str id)
{
	struct str from = nick.len ? nick : str_c(r->s->nick);
	struct buf scratch;
	struct who who;

	buf_init(&scratch, JID_MAX);
	who_init(&who);
	LIST_EACH(&r->occupants, n)
	{
		struct occupant *o = OCCUPANT(n);
		struct xmlw *w;

		if (!is_shown(o, NULL))
			continue;
		w = begin(o, "message",
		    who_is(&who, o, resource_of(r, from, &scratch)),
		    "groupchat", id);
		announce_reaction_set(
		    w, reaction_set(&line->reactions, nick), str_c(line->id));
		identity_write(w, identity_of(r, from));
		end(o);
	}
	who_release(&who);
	buf_release(&scratch);
}

void
announce_notice(struct room *r, struct occupant *to, struct str text)
{
	LIST_EACH(&r->occupants, n)
	{
		struct occupant *o = OCCUPANT(n);
		struct xmlw *w;

		if (!is_shown(o, to))
			continue;
		w = begin(
		    o, "message", str_c(o->room_jid), "groupchat", STR_EMPTY);
		xmlw_textel(w, "body", NULL, text);
		end(o);
	}
}

void
announce_config(struct room *r)
{
	LIST_EACH(&r->occupants, n)
	{
		struct occupant *o = OCCUPANT(n);
		struct xmlw *w;

		if (!is_shown(o, NULL))
			continue;
		w = begin(
		    o, "message", str_c(o->room_jid), "groupchat", STR_EMPTY);
		xmlw_open(w, "x", NS_MUC_USER);
		xmlw_open(w, "status", NULL);
		xmlw_attr_u64(w, "code", MUC_CONFIG_CHANGED);
		xmlw_close(w);
		xmlw_close(w);
		end(o);
	}
}

static void
write_subject(struct room *r, struct occupant *o, bool late)
{
	struct str by = str_c(r->subject_by);
	struct buf scratch;
	struct who who;
	struct xmlw *w;

	buf_init(&scratch, JID_MAX);
	who_init(&who);
	w = begin(o, "message", who_is(&who, o, resource_of(r, by, &scratch)),
	    "groupchat", STR_EMPTY);
	xmlw_textel(w, "subject", NULL, str_c(r->subject));
	identity_write(w, identity_of(r, by));
	if (late && r->subject_utc)
		muc_write_delay(w, str_c(o->room_jid), r->subject_utc);
	end(o);
	who_release(&who);
	buf_release(&scratch);
}

void
announce_subject(struct room *r, struct occupant *to)
{
	LIST_EACH(&r->occupants, n)
	{
		if (is_shown(OCCUPANT(n), to))
			write_subject(r, OCCUPANT(n), to != NULL);
	}
}

/* ---- entering --------------------------------------------------------- */

static void
write_history(struct occupant *to)
{
	struct room *r = to->room;
	const struct backlog_line *l = backlog_from(&r->backlog, &to->history);
	struct buf scratch;
	struct who who;

	buf_init(&scratch, JID_MAX);
	who_init(&who);
	for (; l; l = backlog_next(&r->backlog, l))
		write_line(
		    to, l, &who, resource_of(r, l->from, &scratch), NULL, true);
	who_release(&who);
	buf_release(&scratch);
}

void
announce_all(struct occupant *to)
{
	struct room *r = to->room;
	struct member *self = room_self(r);
	struct muc_item item = { .status = { MUC_NONANONYMOUS } };

	LIST_EACH(&r->order, n)
	{
		if (MEMBER(n) != self)
			announce_member(r, to, MEMBER(n));
	}
	if (!str_is(str_c(r->s->nick), to->wish))
		add_status(&item, MUC_NICK_CHANGED_BY_US);
	if (self)
		show_member(r, to, self, &item, NULL);
	write_history(to);
	announce_subject(r, to);
}

void
announce_refusal(struct occupant *o, enum gw_refusal why, const struct err *err,
    struct str forward)
{
	struct session *s = o->room->s;
	struct gw_address there = { .kind = GW_ADDR_ROOM,
		.network = str_c(s->spelling ? s->spelling : s->network),
		.name = forward };
	struct buf res, instead;
	struct who who;
	struct xmlw *w;

	/* An error that answers nothing any more; but the join has ended. */
	if (!component_is_up(s->gw->component)) {
		announce_out(o, 0, STR_EMPTY, str_c(err->text));
		return;
	}
	buf_init(&res, JID_MAX);
	buf_init(&instead, JID_MAX);
	who_init(&who);
	if (forward.len)
		(void)instance_jid(s->gw, &there, STR_EMPTY, &instead);
	jid_escape_resource(str_c(o->wish), &res);
	w = begin(o, "presence", who_is(&who, o, buf_str(&res)), "error",
	    str_c(o->join_id));
	xmlw_leaf(w, "x", NS_MUC);
	refusal_write(w, why, err, buf_str(&instead));
	end(o);
	who_release(&who);
	buf_release(&res);
	buf_release(&instead);
}
