#include "irc/irc_event.h"

#include <stdlib.h>
#include <time.h>

#include "irc/irc_ignore.h"
#include "irc/irc_request.h"
#include "irc/irc_request_task.h"
#include "irc/irc_script.h"
#include "irc/irc_shown.h"

enum {
	IRC_CODE_MOTD = 372,
	IRC_AWAY_AGAIN_MS = 10 * 60 * 1000, /* the same may be told again */
};

typedef void event_row(struct irc_link *l, const struct irc_event *ev);

/* ---- roles ------------------------------------------------------------ */

/*
 * q owner, a admin, o operator, h half-operator, v voice (PREFIX of modern
 * servers; RFC 2811 2.4).  What stands above o and is none of them belongs to
 * those who run the server.
 */
static void
show_rank(const struct irc_link *l, irc_rank_mask mask, struct gw_event *ev)
{
	char letter = irc_ranks_highest(&l->ranks, mask);

	ev->role = GW_ROLE_MODERATOR;
	switch (letter) {
	case 'q':
		ev->standing = GW_STANDING_OWNER;
		return;
	case 'a':
	case 'o':
		ev->standing = GW_STANDING_ADMIN;
		return;
	case 'h':
		ev->standing = GW_STANDING_MEMBER;
		return;
	case 'v':
		ev->role = GW_ROLE_MEMBER;
		ev->standing = GW_STANDING_MEMBER;
		return;
	case 0:
		ev->role = GW_ROLE_MEMBER;
		ev->standing = GW_STANDING_NONE;
		return;
	default:
		break;
	}
	if (irc_ranks_bit(&l->ranks, letter) < irc_ranks_bit(&l->ranks, 'o')) {
		ev->standing = GW_STANDING_OWNER;
	} else {
		ev->role = GW_ROLE_MEMBER;
		ev->standing = GW_STANDING_MEMBER;
	}
}

void
irc_event_member(struct irc_link *l, const struct irc_channel *c,
    const struct gw_person *person, irc_rank_mask mask)
{
	struct gw_event ev = {
		.type = GW_EV_MEMBER, .room = str_c(c->name), .person = *person
	};

	show_rank(l, mask, &ev);
	irc_link_emit(l, &ev);
}

/* ---- helpers ---------------------------------------------------------- */

static struct irc_channel *
channel_of(struct irc_link *l, const struct irc_event *ev)
{
	return irc_ranks_channel(&l->ranks, ev->channel);
}

static struct gw_person
person_of(const struct irc_event *ev)
{
	return (struct gw_person){
		.nick = ev->who.nick, .user = ev->who.user, .host = ev->who.host
	};
}

/* ref 0: nobody of ours has asked.  err may be NULL. */
static void
answer(struct irc_link *l, uint64_t ref, const struct err *err)
{
	struct gw_event ev = { .type = GW_EV_DONE, .req = irc_ref_id(ref) };
	struct irc_task *t;

	if (!ref || (ref & 3) != IRC_REF_REQUEST)
		return;
	t = irc_task_find(l, ev.req);
	if (err)
		ev.err = *err;
	if (t)
		irc_task_answered(l, t, err);
	else
		irc_link_emit(l, &ev);
}

static void
done(struct irc_link *l, uint64_t ref)
{
	answer(l, ref, NULL);
}

static void
fate(struct irc_link *l, uint64_t ref, enum gw_fate what, const struct err *err)
{
	struct gw_event ev = {
		.type = GW_EV_FATE, .ticket = irc_ref_id(ref), .fate = what
	};

	if (err)
		ev.err = *err;
	irc_link_emit(l, &ev);
}

static void
notice(struct irc_link *l, struct str actor, struct str text)
{
	if (text.len)
		irc_link_emit(l,
		    &(struct gw_event){
		        .type = GW_EV_NOTICE, .actor = actor, .text = text });
}

/* "#x: You are banned": whom or what it is about, and what came back. */
static void
set_err(struct err *err, const struct irc_link *l, const struct irc_event *ev,
    struct str about, enum err_kind kind)
{
	if (about.len == 0)
		about = str_c(irc_link_name(l));
	if (ev->text.len)
		err_set(err, kind, STR_FMT ": " STR_FMT, STR_ARG(about),
		    STR_ARG(ev->text));
	else
		err_set(err, kind, STR_FMT ": refused (%u)", STR_ARG(about),
		    ev->code);
}

/* ---- the connection --------------------------------------------------- */

/* The core has keys of its own to make again. */
static void
check_fold(struct irc_link *l)
{
	struct irc_session *is = session_priv(l->s);
	enum irc_casemap map = irc_proto_isupport(&l->proto)->casemap;

	if (is->casemap == map)
		return;
	is->casemap = map;
	irc_link_emit(l, &(struct gw_event){ .type = GW_EV_FOLD });
}

static void
on_isupport(struct irc_link *l, const struct irc_event *ev)
{
	irc_network_learn(l->net, irc_proto_isupport(&l->proto));
	if (!ev->on)
		return;
	irc_ranks_refold(&l->ranks);
	check_fold(l);
}

static void
on_ready(struct irc_link *l, const struct irc_event *ev)
{
	check_fold(l);
	irc_shown_tell(l);
	irc_script_run(l, session_setting(l->s, STR_EMPTY, "on_connect"));
	irc_link_emit(
	    l, &(struct gw_event){ .type = GW_EV_ONLINE, .text = ev->nick });
}

static void
on_closed(struct irc_link *l, const struct irc_event *ev)
{
	bool by_stream = l->down != NULL && ev->err == ERR_UNREACHABLE;
	struct err err = ERR_INIT;

	if (by_stream && l->down->kind != ERR_NONE)
		err = *l->down;
	else if (ev->err != ERR_NONE)
		set_err(&err, l, ev, STR_EMPTY, ev->err);
	irc_queries_fail(l, &err);
	if (l->over)
		return;
	l->turned_away = ev->turned_away || l->hung_up;
	irc_link_end(
	    l, &err, ev->permanent || (by_stream && l->down_permanent));
}

static void
on_server_text(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_session *is = session_priv(l->s);
	uint64_t hash;

	/* Once, not after each lost connection. */
	if (ev->code == IRC_CODE_MOTD) {
		hash = map_hash(ev->text);
		if (is->motd == hash)
			return;
		is->motd = hash;
	}
	notice(l, ev->who.nick, ev->text);
}

/* ---- coming and going ------------------------------------------------- */

/* Nobody of ours wants to be there. */
static void
leave_again(struct irc_link *l, const struct irc_event *ev)
{
	l->strayed = true;
	(void)irc_proto_part(&l->proto, ev->channel, STR_EMPTY, 0, NULL);
	irc_link_mark(l);
}

static void
on_self_join(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c;

	if (ev->ref == 0) {
		leave_again(l, ev);
		return;
	}
	c = irc_ranks_enter(&l->ranks, ev->channel);
	if (!c) {
		leave_again(l, ev);
		return;
	}
	/* Refused only where too much waits; then nothing is known. */
	(void)irc_proto_ask_modes(
	    &l->proto, ev->channel, irc_ref(IRC_REF_HOUSE, 0), NULL);
	irc_link_mark(l);
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_JOINED,
	        .room = str_c(c->name),
	        .req = irc_ref_id(ev->ref) });
}

static void
on_join(struct irc_link *l, const struct irc_event *ev)
{
	struct gw_person person = person_of(ev);
	struct irc_channel *c;

	if (ev->self) {
		on_self_join(l, ev);
		return;
	}
	c = channel_of(l, ev);
	if (!c)
		return;
	person.account = ev->account;
	person.realname = ev->text;
	irc_ranks_part(&l->ranks, c, person.nick); /* comes in with none */
	irc_event_member(l, c, &person, 0);
}

static void
on_name(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = channel_of(l, ev);
	struct gw_person person = person_of(ev);

	if (!c)
		return;
	if (ev->self)
		c->listed = true;
	c->is_public = ev->letter == '=';
	irc_event_member(l, c, &person,
	    irc_ranks_put(&l->ranks, c, ev->who.nick, ev->modes));
}

/* Only the NAMES of a join, not those that somebody asked for later. */
static void
on_names_end(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = channel_of(l, ev);
	struct gw_person self = { .nick = irc_proto_nick(&l->proto) };

	if (!c || ev->ref == 0)
		return;
	if (!c->listed)
		irc_event_member(l, c, &self, 0);
	c->listed = true;
	irc_link_emit(l,
	    &(struct gw_event){
	        .type = GW_EV_MEMBERS_END, .room = str_c(c->name) });
	done(l, ev->ref);
}

/* c goes before it is told: the core may ask to join again at once. */
static void
left(struct irc_link *l, struct irc_channel *c, enum gw_left how,
    struct str actor, struct str text)
{
	char *name = str_dup(str_c(c->name));

	irc_ranks_exit(&l->ranks, c);
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_LEFT,
	        .room = str_c(name),
	        .left = how,
	        .actor = actor,
	        .text = text });
	free(name);
}

static void
member_left(struct irc_link *l, struct irc_channel *c, struct gw_event *ev)
{
	irc_ranks_part(&l->ranks, c, ev->person.nick);
	ev->type = GW_EV_MEMBER_LEFT;
	ev->room = str_c(c->name);
	irc_link_emit(l, ev);
}

static void
on_part(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = channel_of(l, ev);

	if (c && ev->self)
		left(l, c, GW_LEFT_PART, STR_EMPTY, ev->text);
	else if (c)
		member_left(l, c,
		    &(struct gw_event){ .person = person_of(ev),
		        .left = GW_LEFT_PART,
		        .text = ev->text });
	done(l, ev->ref);
}

/* Our own kick, of whom we have just banned. */
static bool
is_ban(const struct irc_link *l, uint64_t ref)
{
	const struct irc_task *t = NULL;

	if (ref && (ref & 3) == IRC_REF_REQUEST)
		t = irc_task_find(l, irc_ref_id(ref));
	return t && t->is_ban;
}

static void
on_kick(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = channel_of(l, ev);

	if (c && ev->self)
		left(l, c, GW_LEFT_KICK, ev->who.nick, ev->text);
	else if (c)
		member_left(l, c,
		    &(struct gw_event){ .person.nick = ev->nick,
		        .left = is_ban(l, ev->ref) ? GW_LEFT_BAN : GW_LEFT_KICK,
		        .actor = ev->who.nick,
		        .text = ev->text });
	done(l, ev->ref);
}

/* Whatever had that name has it no more. */
static void
on_rename(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = channel_of(l, ev);
	struct irc_channel *twin = irc_ranks_channel(&l->ranks, ev->target);
	struct gw_event out = { .type = GW_EV_RENAMED,
		.room = ev->channel,
		.text = ev->target,
		.actor = ev->is_server ? STR_EMPTY : ev->who.nick,
		.reason = ev->text };

	if (!c)
		return;
	if (twin && twin != c)
		left(l, twin, GW_LEFT_PART, STR_EMPTY,
		    STR("another channel has this name now"));
	irc_ranks_move(&l->ranks, c, ev->target);
	irc_link_emit(l, &out);
}

/* ---- people ----------------------------------------------------------- */

/* Our own end is told by CLOSED. */
static void
on_quit(struct irc_link *l, const struct irc_event *ev)
{
	if (ev->self)
		return;
	irc_ranks_quit(&l->ranks, ev->who.nick);
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_PERSON_QUIT,
	        .person = person_of(ev),
	        .text = ev->text });
}

static void
on_nick(struct irc_link *l, const struct irc_event *ev)
{
	irc_ranks_rename(&l->ranks, ev->who.nick, ev->nick);
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_PERSON_NICK,
	        .person = person_of(ev),
	        .text = ev->nick });
	done(l, ev->ref);
}

static void
person_changed(struct irc_link *l, const struct gw_person *person)
{
	irc_link_emit(
	    l, &(struct gw_event){ .type = GW_EV_PERSON, .person = *person });
}

static void
on_account(struct irc_link *l, const struct irc_event *ev)
{
	struct gw_person person = person_of(ev);

	person.account = ev->account;
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_PERSON,
	        .person = person,
	        .on = person.account.len == 0 });
}

static void
on_host(struct irc_link *l, const struct irc_event *ev)
{
	person_changed(l,
	    &(struct gw_person){
	        .nick = ev->who.nick, .user = ev->user, .host = ev->host });
}

static void
on_realname(struct irc_link *l, const struct irc_event *ev)
{
	struct gw_person person = person_of(ev);

	person.realname = ev->text;
	person_changed(l, &person);
}

static void
away(struct irc_link *l, struct str nick, bool on, struct str text)
{
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_PERSON_AWAY,
	        .person.nick = nick,
	        .on = on,
	        .text = text });
}

static unsigned
person_flags(const struct irc_event *ev)
{
	return (ev->is_oper ? GW_PERSON_OPER : 0u) |
	    (ev->is_bot ? GW_PERSON_BOT : 0u);
}

static void
on_who(struct irc_link *l, const struct irc_event *ev)
{
	struct gw_person person = person_of(ev);

	person.account = ev->account;
	person.realname = ev->text;
	person_changed(l, &person);
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_PERSON_FLAGS,
	        .person.nick = ev->who.nick,
	        .flags = person_flags(ev) });
	away(l, ev->who.nick, ev->on, STR_EMPTY);
}

static void
on_crowd(struct irc_link *l, const struct irc_event *ev)
{
	irc_link_emit(
	    l, &(struct gw_event){ .type = GW_EV_CROWD, .on = ev->on });
}

static void
on_away(struct irc_link *l, const struct irc_event *ev)
{
	away(l, ev->who.nick, ev->on, ev->text);
}

static void
contact(struct irc_link *l, struct str nick, bool on, struct str away)
{
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_CONTACT,
	        .person.nick = nick,
	        .on = on,
	        .text = away });
}

static void
on_contact(struct irc_link *l, const struct irc_event *ev)
{
	contact(l, ev->nick, ev->on, STR_EMPTY);
}

static void
on_away_self(struct irc_link *l, const struct irc_event *ev)
{
	away(l, irc_proto_nick(&l->proto), ev->on, ev->text);
	done(l, ev->ref);
}

/* Servers say it to each message; people want to read it once. */
static bool
is_told_again(struct irc_link *l, const struct irc_event *ev)
{
	int64_t now = gateway_clock(session_gateway(l->s))->at;
	uint64_t hash = map_hash(ev->nick) * 31 + map_hash(ev->text);
	bool again =
	    hash == l->away_hash && now - l->away_at < IRC_AWAY_AGAIN_MS;

	l->away_hash = hash;
	if (!again)
		l->away_at = now;
	return again;
}

/* The answer to what our user has just said to them. */
static void
on_away_told(struct irc_link *l, const struct irc_event *ev)
{
	struct gw_message m = { .kind = GW_MSG_NOTICE, .from = ev->nick };
	struct buf body;

	l->saw_away = !irc_proto_has_cap(&l->proto, IRC_CAP_AWAY_NOTIFY);
	away(l, ev->nick, true, ev->text);
	if (irc_proto_is_watched(&l->proto, ev->nick))
		contact(l, ev->nick, true, ev->text);
	if (is_told_again(l, ev))
		return;
	buf_init(&body, IRC_LINE_MAX);
	buf_add_str(&body, STR("[away] "));
	buf_add_str(&body, ev->text);
	m.body = buf_str(&body);
	irc_link_emit(
	    l, &(struct gw_event){ .type = GW_EV_MESSAGE, .message = &m });
	buf_release(&body);
}

static void
on_done(struct irc_link *l, const struct irc_event *ev)
{
	done(l, ev->ref);
}

/* Does our user not want to see what they say? */
static bool
is_unwelcome(const struct irc_link *l, const struct irc_who *who)
{
	return irc_ignore_matches(session_setting(l->s, STR_EMPTY, "ignore"),
	    irc_proto_isupport(&l->proto)->casemap, who);
}

static bool
is_ignored(const struct irc_link *l, const struct irc_event *ev)
{
	return !ev->self && !ev->is_server && is_unwelcome(l, &ev->who);
}

/* IRCv3 invite-notify: operators are told of each other's invitations. */
static void
tell_invitation(struct irc_link *l, const struct irc_event *ev)
{
	struct buf text;

	buf_init(&text, 3 * GW_NAME_MAX + 64);
	buf_addf(&text, STR_FMT " has invited " STR_FMT " to " STR_FMT,
	    STR_ARG(ev->who.nick), STR_ARG(ev->nick), STR_ARG(ev->channel));
	if (!buf_is_full(&text))
		irc_link_emit(l,
		    &(struct gw_event){
		        .type = GW_EV_NOTICE, .text = buf_str(&text) });
	buf_release(&text);
}

static void
on_invite(struct irc_link *l, const struct irc_event *ev)
{
	if (is_unwelcome(l, &ev->who))
		return;
	/* Here self says that it is our user who is invited. */
	if (!ev->self)
		tell_invitation(l, ev);
	else
		irc_link_emit(l,
		    &(struct gw_event){ .type = GW_EV_INVITE,
		        .room = ev->channel,
		        .actor = ev->who.nick });
}

/* ---- channels --------------------------------------------------------- */

static void
on_topic(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = channel_of(l, ev);

	if (c)
		irc_link_emit(l,
		    &(struct gw_event){ .type = GW_EV_SUBJECT,
		        .room = str_c(c->name),
		        .text = ev->text,
		        .actor = ev->who.nick,
		        .at_utc = ev->at_utc,
		        .on = ev->on });
	done(l, ev->ref);
}

static const struct {
	char letter;
	unsigned flag;
} flags[] = {
	{ 'm', GW_ROOM_MODERATED },
	{ 'k', GW_ROOM_PASSWORD },
	{ 'i', GW_ROOM_MEMBERS_ONLY },
	{ 's', GW_ROOM_HIDDEN },
	{ 'p', GW_ROOM_HIDDEN },
	{ 't', GW_ROOM_SUBJECT_LOCKED },
};

static unsigned
flags_of(const struct irc_link *l, const struct irc_channel *c)
{
	bool redacts = irc_proto_has_cap(&l->proto, IRC_CAP_MESSAGE_REDACTION);
	unsigned all = redacts ? GW_ROOM_REDACTS : 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (irc_modes_has(&c->modes, flags[i].letter))
			all |= flags[i].flag;
	return all;
}

/* Servers show "*" or "<key>" to whom they do not tell. */
static struct str
known_key(const struct irc_modes *m)
{
	struct str key = str_c(m->key);

	return str_is(key, "*") || str_starts(key, STR("<")) ? STR_EMPTY : key;
}

static void
show_flags(struct irc_link *l, struct irc_channel *c)
{
	struct irc_modes m = c->modes;

	c->flags = flags_of(l, c);
	c->rekeyed = false;
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_ROOM,
	        .room = str_c(c->name),
	        .text = known_key(&m),
	        .flags = c->flags });
}

/* Who is not known to be inside does not come in by it. */
static void
rank_changed(
    struct irc_link *l, struct irc_channel *c, const struct irc_event *ev)
{
	struct gw_event out = { .type = GW_EV_STANDING,
		.room = str_c(c->name),
		.person.nick = ev->nick };

	show_rank(l,
	    irc_ranks_change(&l->ranks, c, ev->nick, ev->letter, ev->on), &out);
	irc_link_emit(l, &out);
}

/* Of a line of several all are told at once, with the last. */
static void
on_mode(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = channel_of(l, ev);

	if (c && ev->on && (ev->letter == 's' || ev->letter == 'p'))
		c->is_public = false;
	if (c && ev->mode == IRC_MODE_MEMBER)
		rank_changed(l, c, ev);
	else if (c && ev->mode != IRC_MODE_LIST)
		irc_modes_set(ev->is_reply ? &c->told : &c->modes, ev->letter,
		    ev->on, ev->text);
	if (c && !ev->is_reply && ev->letter == 'k' && ev->on)
		c->rekeyed = true;
	if (c && ev->last && (c->rekeyed || c->flags != flags_of(l, c)))
		show_flags(l, c);
	if (ev->last)
		done(l, ev->ref);
}

static void
on_modes_end(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = channel_of(l, ev);

	if (c) {
		c->modes = c->told;
		c->told = (struct irc_modes){ .limit = 0 };
		show_flags(l, c);
	}
	if (ev->ref && (ev->ref & 3) == IRC_REF_REQUEST)
		irc_form_told(l, c, irc_ref_id(ev->ref));
}

static void
on_whois(struct irc_link *l, const struct irc_event *ev)
{
	if (ev->ref)
		irc_link_emit(l,
		    &(struct gw_event){ .type = GW_EV_DONE,
		        .req = irc_ref_id(ev->ref),
		        .text = ev->text });
	else
		notice(l, ev->who.nick, ev->text);
}

/* ---- the list of channels ----------------------------------------------- */

/* The server shows us all that we are in, others only what is public. */
static void
on_listed(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = channel_of(l, ev);

	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_ENTRY,
	        .req = irc_ref_id(ev->ref),
	        .entry = { .name = ev->channel,
	            .text = ev->text,
	            .n = ev->n,
	            .is_own = c && !c->is_public } });
}

static void
on_list_end(struct irc_link *l, const struct irc_event *ev)
{
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_DONE,
	        .req = irc_ref_id(ev->ref),
	        .on = l->strayed || irc_proto_is_oper(&l->proto) });
}

/* ---- messages --------------------------------------------------------- */

static const enum gw_msg_kind kinds[] = {
	[IRC_MSG_NORMAL] = GW_MSG_NORMAL,
	[IRC_MSG_ACTION] = GW_MSG_ACTION,
	[IRC_MSG_NOTICE] = GW_MSG_NOTICE,
	[IRC_MSG_CTCP] = GW_MSG_NOTICE,
	[IRC_MSG_CTCP_REPLY] = GW_MSG_NOTICE,
};

static size_t
spans_of(const struct irc_event *ev, struct gw_span out[IRC_SPANS_MAX])
{
	static const enum gw_span_kind kind[] = { [IRC_BOLD] = GW_SPAN_STRONG,
		[IRC_ITALIC] = GW_SPAN_EMPHASIS,
		[IRC_MONOSPACE] = GW_SPAN_CODE,
		[IRC_STRIKE] = GW_SPAN_DELETED };
	size_t i, n = ev->spans ? ev->spans->n : 0;

	for (i = 0; i < n; i++)
		out[i] = (struct gw_span){ .kind = kind[ev->spans->v[i].style],
			.start = ev->spans->v[i].start,
			.end = ev->spans->v[i].end };
	return n;
}

static void
emit_message(struct irc_link *l, const struct irc_event *ev, struct str room)
{
	struct gw_span span[IRC_SPANS_MAX];
	struct gw_message m = { .kind = kinds[ev->kind],
		.room = room,
		.from = ev->who.nick,
		.body = ev->text,
		.network_id = ev->msgid,
		.reply_to = ev->reply,
		.account = ev->account,
		.host = ev->who.host,
		.span = span,
		.nspan = spans_of(ev, span),
		.sent_utc = ev->at_utc,
		.context = room.len ? STR_EMPTY : ev->context,
		.is_past = ev->is_past };

	if (ev->is_server) {
		m.kind = GW_MSG_SYSTEM;
		m.from = STR_EMPTY;
	}
	irc_link_emit(
	    l, &(struct gw_event){ .type = GW_EV_MESSAGE, .message = &m });
}

static void
on_react(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = ev->channel.len ? channel_of(l, ev) : NULL;
	struct gw_message m = { .room = c ? str_c(c->name) : STR_EMPTY,
		.from = ev->who.nick,
		.reaction = ev->text,
		.reply_to = ev->reply,
		.taken_back = !ev->on };

	if (ev->self || (ev->channel.len && !c) || is_ignored(l, ev))
		return;
	irc_link_emit(
	    l, &(struct gw_event){ .type = GW_EV_MESSAGE, .message = &m });
}

/* What was asked for is told by its answer, and so is told once. */
static void
on_redact(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c = ev->channel.len ? channel_of(l, ev) : NULL;
	struct gw_message m = { .room = c ? str_c(c->name) : STR_EMPTY,
		.from = ev->who.nick,
		.redacts = ev->reply,
		.body = ev->text };

	if (ev->ref && (ev->ref & 3) == IRC_REF_REQUEST) {
		done(l, ev->ref);
		return;
	}
	if ((ev->channel.len && !c) || (ev->self && !c))
		return;
	irc_link_emit(
	    l, &(struct gw_event){ .type = GW_EV_MESSAGE, .message = &m });
}

static void
on_typing(struct irc_link *l, const struct irc_event *ev)
{
	static const enum gw_typing what[] = {
		[IRC_TYPING_DONE] = GW_TYPING_NOT,
		[IRC_TYPING_ACTIVE] = GW_TYPING_ACTIVE,
		[IRC_TYPING_PAUSED] = GW_TYPING_PAUSED,
	};
	struct irc_channel *c = ev->channel.len ? channel_of(l, ev) : NULL;

	if ((ev->channel.len && !c) || is_ignored(l, ev))
		return;
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_TYPING,
	        .room = c ? str_c(c->name) : STR_EMPTY,
	        .person.nick = ev->who.nick,
	        .typing = what[ev->typing] });
}

static void
answer_time(struct irc_link *l, struct str nick)
{
	time_t sec = (time_t)(gateway_clock(session_gateway(l->s))->utc / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	irc_proto_ctcp_answer(&l->proto, nick, STR("TIME"), str_c(text));
	irc_link_mark(l);
}

/* Those that the proto has not answered; XMPP has no place for them. */
static void
on_ctcp(struct irc_link *l, const struct irc_event *ev)
{
	struct err text;

	if (ev->channel.len || ev->self || ev->is_server)
		return;
	if (str_eq_nocase(ev->ctcp, STR("TIME")))
		answer_time(l, ev->who.nick);
	if (!str_eq_nocase(ev->ctcp, STR("DCC")))
		return;
	err_set(&text, ERR_UNSUPPORTED,
	    STR_FMT " offers a file or a chat by DCC, which cannot be taken "
	            "here",
	    STR_ARG(ev->who.nick));
	notice(l, ev->who.nick, str_c(text.text));
}

/* By a person, rather than by his client while he is away. */
static bool
is_said(const struct irc_event *ev)
{
	return !ev->self && !ev->is_server && !ev->is_past &&
	    (ev->kind == IRC_MSG_NORMAL || ev->kind == IRC_MSG_ACTION);
}

static void
on_message(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_channel *c;

	if (l->saw_away && is_said(ev))
		away(l, ev->who.nick, false, STR_EMPTY);
	if (ev->is_bot && !ev->is_past)
		irc_link_emit(l,
		    &(struct gw_event){ .type = GW_EV_PERSON_FLAGS,
		        .person = person_of(ev),
		        .on = true,
		        .flags = GW_PERSON_BOT });
	if (ev->kind == IRC_MSG_CTCP_REPLY) {
		irc_query_answered(l, ev);
	} else if (is_ignored(l, ev)) {
		return;
	} else if (ev->kind == IRC_MSG_CTCP) {
		on_ctcp(l, ev);
	} else if (ev->channel.len) {
		c = channel_of(l, ev);
		if (c)
			emit_message(l, ev, str_c(c->name));
	} else if (!ev->self) {
		emit_message(l, ev, STR_EMPTY);
	}
}

/* ---- what became of what we asked ------------------------------------- */

static const enum gw_refusal refusals[] = {
	[IRC_REFUSED_OTHER] = GW_REFUSED_OTHER,
	[IRC_REFUSED_NO_SUCH] = GW_REFUSED_NO_SUCH_ROOM,
	[IRC_REFUSED_TOO_MANY] = GW_REFUSED_TOO_MANY,
	[IRC_REFUSED_LATER] = GW_REFUSED_UNREACHABLE,
	[IRC_REFUSED_FULL] = GW_REFUSED_FULL,
	[IRC_REFUSED_INVITE] = GW_REFUSED_MEMBERS_ONLY,
	[IRC_REFUSED_BANNED] = GW_REFUSED_BANNED,
	[IRC_REFUSED_KEY] = GW_REFUSED_PASSWORD,
	[IRC_REFUSED_REGISTERED] = GW_REFUSED_MEMBERS_ONLY,
	[IRC_REFUSED_TLS] = GW_REFUSED_POLICY,
	[IRC_REFUSED_POLICY] = GW_REFUSED_POLICY,
	[IRC_REFUSED_FORWARD] = GW_REFUSED_FORWARD,
	[IRC_REFUSED_TIMEOUT] = GW_REFUSED_TIMEOUT,
	[IRC_REFUSED_LINK] = GW_REFUSED_UNREACHABLE,
};

static void
on_refused(struct irc_link *l, const struct irc_event *ev)
{
	struct gw_event out = { .type = GW_EV_REFUSED,
		.room = ev->channel,
		.refusal = refusals[ev->refusal],
		.text = ev->forward };

	set_err(&out.err, l, ev, ev->channel, ev->err);
	irc_link_emit(l, &out);
	answer(l, ev->ref, &out.err);
}

static void
on_sent(struct irc_link *l, const struct irc_event *ev)
{
	switch ((enum irc_ref)(ev->ref & 3)) {
	case IRC_REF_MESSAGE:
		fate(l, ev->ref, GW_LEFT, NULL);
		break;
	case IRC_REF_REQUEST: /* a raw line is only ever sent */
		done(l, ev->ref);
		break;
	case IRC_REF_QUERY: /* the answer is a message */
	case IRC_REF_HOUSE:
		break;
	}
}

static void
on_accepted(struct irc_link *l, const struct irc_event *ev)
{
	struct gw_message m = { .body = ev->text, .parts = ev->parts };
	bool is_news = m.body.len || m.parts.len;

	if ((ev->ref & 3) == IRC_REF_MESSAGE)
		irc_link_emit(l,
		    &(struct gw_event){ .type = GW_EV_FATE,
		        .ticket = irc_ref_id(ev->ref),
		        .fate = GW_SENT,
		        .text = ev->msgid,
		        .message = is_news ? &m : NULL });
}

static void
on_failed(struct irc_link *l, const struct irc_event *ev)
{
	bool answered = ev->ask == IRC_ASK_RAW && ev->code != 0;
	struct err err = ERR_INIT;

	set_err(&err, l, ev, ev->target, ev->err);
	if (ev->ref == 0 || answered) {
		notice(l, ev->who.nick, str_c(err.text));
		return;
	}
	switch ((enum irc_ref)(ev->ref & 3)) {
	case IRC_REF_MESSAGE:
		fate(l, ev->ref, ev->unsure ? GW_UNSURE : GW_REFUSED, &err);
		break;
	case IRC_REF_REQUEST:
		answer(l, ev->ref, &err);
		break;
	case IRC_REF_QUERY:
		irc_query_failed(l, irc_ref_id(ev->ref), &err);
		break;
	case IRC_REF_HOUSE:
		break;
	}
}

static void
on_sts(struct irc_link *l, const struct irc_event *ev)
{
	irc_link_sts(l, ev->port, ev->duration_ms);
}

static void
on_derive(struct irc_link *l, const struct irc_event *ev)
{
	(void)ev;
	irc_link_derive(l);
}

/* ---- the table -------------------------------------------------------- */

static event_row *const rows[] = {
	[IRC_EV_READY] = on_ready,
	[IRC_EV_ISUPPORT] = on_isupport,
	[IRC_EV_JOIN] = on_join,
	[IRC_EV_PART] = on_part,
	[IRC_EV_QUIT] = on_quit,
	[IRC_EV_KICK] = on_kick,
	[IRC_EV_RENAME] = on_rename,
	[IRC_EV_NICK] = on_nick,
	[IRC_EV_NAME] = on_name,
	[IRC_EV_NAMES_END] = on_names_end,
	[IRC_EV_TOPIC] = on_topic,
	[IRC_EV_MODE] = on_mode,
	[IRC_EV_MODES_END] = on_modes_end,
	[IRC_EV_BAN] = irc_ban_listed,
	[IRC_EV_BANS_END] = irc_bans_ended,
	[IRC_EV_MESSAGE] = on_message,
	[IRC_EV_REACT] = on_react,
	[IRC_EV_REDACT] = on_redact,
	[IRC_EV_TYPING] = on_typing,
	[IRC_EV_CROWD] = on_crowd,
	[IRC_EV_WHO] = on_who,
	[IRC_EV_AWAY] = on_away,
	[IRC_EV_CONTACT] = on_contact,
	[IRC_EV_AWAY_SELF] = on_away_self,
	[IRC_EV_AWAY_TOLD] = on_away_told,
	[IRC_EV_ACCOUNT] = on_account,
	[IRC_EV_HOST] = on_host,
	[IRC_EV_REALNAME] = on_realname,
	[IRC_EV_INVITE] = on_invite,
	[IRC_EV_INVITED] = on_done,
	[IRC_EV_DONE] = on_done,
	[IRC_EV_REFUSED] = on_refused,
	[IRC_EV_SENT] = on_sent,
	[IRC_EV_ACCEPTED] = on_accepted,
	[IRC_EV_FAILED] = on_failed,
	[IRC_EV_SERVER_TEXT] = on_server_text,
	[IRC_EV_WHOIS] = on_whois,
	[IRC_EV_LISTED] = on_listed,
	[IRC_EV_LIST_END] = on_list_end,
	[IRC_EV_STS] = on_sts,
	[IRC_EV_DERIVE] = on_derive,
	[IRC_EV_CLOSED] = on_closed,
};

void
irc_event_handle(struct irc_link *l, const struct irc_event *ev)
{
	rows[ev->type](l, ev);
}
