/*
 * Presence that comes in: joins, nicks, leaving, subscriptions.
 *
 * XEP-0045 1.34	7.2 entering, 7.6 nick, 7.7 presence, 7.14 leaving
 * XEP-0100 1.0		4.4 to 4.6: subscriptions (contact.c)
 */
#include <stdlib.h>

#include "core/account.h"
#include "core/announce.h"
#include "core/away.h"
#include "core/contact.h"
#include "core/instance.h"
#include "core/occupant.h"
#include "core/presence.h"
#include "core/probe.h"
#include "core/refusal.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

/* Longer nicks are nobody's: refused whole rather than cut. */
enum { NICK_CHARS_MAX = 64, PASSWORD_MAX = 256 };

/* What a join asks for, whoever asks. */
struct join {
	struct gateway *gw;
	struct str jid, bare; /* of the client */
	struct str room_jid;  /* bare */
	struct str nick, password, id;
	struct gw_address at;
	struct backlog_wish history;
	bool stored; /* from before our restart: its row is in the store */
};

/* ---- joining ---------------------------------------------------------- */

/* The join cannot even begin: one presence error, and nothing stays. */
static void
refuse_for(const struct join *j, enum gw_refusal why, const struct err *err,
    struct str instead)
{
	struct buf from;
	struct xmlw *w;

	buf_init(&from, JID_MAX);
	buf_add_str(&from, j->room_jid);
	buf_addc(&from, '/');
	if (jid_escape_resource(j->nick, &from) < 0)
		buf_truncate(&from, j->room_jid.len);
	w = component_begin(j->gw->component, "presence", buf_str(&from),
	    j->jid, "error", j->id);
	xmlw_leaf(w, "x", NS_MUC);
	refusal_write(w, why, err, instead);
	(void)component_end(j->gw->component, NULL);
	buf_release(&from);
}

static void
refuse(const struct join *j, enum gw_refusal why, const struct err *err)
{
	refuse_for(j, why, err, STR_EMPTY);
}

static int
check_nick(struct str nick, struct err *err)
{
	if (nick.len == 0)
		return err_set(
		    err, ERR_BAD_INPUT, "say which nick: room@domain/nick");
	if (!utf8_is_valid(nick) || utf8_count(nick) > NICK_CHARS_MAX)
		return err_set(err, ERR_BAD_INPUT,
		    "a nick of more than %d characters", NICK_CHARS_MAX);
	return 0;
}

/* 0: go on with *o_out; -1: answered. */
static int
seat(const struct join *j, struct session *s, struct room **r_out,
    struct occupant **o_out)
{
	struct err err = ERR_INIT;
	struct occupant *o = NULL;
	struct room *r = room_get(s, j->at.name, &err);

	if (!r) {
		refuse(j, GW_REFUSED_TOO_MANY, &err);
		return -1;
	}
	o = occupant_find(r, j->jid);
	if (o && !str_is(j->room_jid, o->room_jid)) {
		err_set(&err, ERR_GONE, "you are in this room already, as %s",
		    o->room_jid);
		refuse_for(j, GW_REFUSED_OTHER, &err, str_c(o->room_jid));
		return -1;
	}
	if (!o) {
		o = occupant_new(r, j->jid, j->room_jid, j->nick, &err);
		if (!o) {
			refuse(j, GW_REFUSED_TOO_MANY, &err);
			room_check(r, false, STR_EMPTY);
			return -1;
		}
	}
	*r_out = r;
	*o_out = o;
	return 0;
}

/* False: nobody is waiting; it has been answered. */
static bool
join(const struct join *j)
{
	struct err err = ERR_INIT;
	struct session *s;
	struct occupant *o;
	struct room *r;

	if (check_nick(j->nick, &err) < 0) {
		refuse(j, GW_REFUSED_BAD_NICK, &err);
		return false;
	}
	s = session_get(j->gw, j->bare, &j->at, &err);
	if (!s) {
		refuse(j, GW_REFUSED_TOO_MANY, &err);
		return false;
	}
	if (seat(j, s, &r, &o) < 0)
		return false;
	if (j->stored)
		occupant_is_stored(o);
	if (!s->spelling)
		session_spell(s, j->room_jid);
	str_store(&o->wish, j->nick);
	str_store(&o->join_id, j->id);
	o->history = j->history;
	if (j->password.len && r->state < ROOM_JOINING)
		(void)secret_set(&r->password, j->password);
	/* Who was inside is shown it anew, also while the link is down. */
	if (o->state != OCCUPANT_JOINING) {
		occupant_enter(o);
		session_hurry(s);
		return true;
	}
	if (r->state == ROOM_JOINED) {
		room_let_in(r);
		session_hurry(s);
		return true;
	}
	/* From here on the room may end before the call returns. */
	room_enter(r);
	session_start(s, j->nick);
	session_hurry(s);
	return true;
}

void
presence_restore(struct gateway *gw, struct str jid, struct str room_jid,
    struct str nick, struct str password)
{
	struct jid who, room;
	struct buf names;
	bool seated = false;
	struct join j = { .gw = gw,
		.room_jid = room_jid,
		.nick = nick,
		.password = password,
		.stored = true,
		/* It has seen what was said before the restart. */
		.history = {
		    .max_lines = 0, .max_chars = -1, .since_utc = -1 } };

	buf_init(&names, JID_MAX);
	if (jid_parse(&who, jid, NULL) == 0 &&
	    jid_parse(&room, room_jid, NULL) == 0 &&
	    instance_address(gw, &room, &names, &j.at, NULL) == 0 &&
	    j.at.kind == GW_ADDR_ROOM) {
		j.jid = jid_full(&who);
		j.bare = jid_bare(&who);
		seated = join(&j);
	}
	/* Else it would be asked after every restart. */
	if (!seated)
		store_occupant_del(core_store(gw->core), gateway_domain(gw),
		    jid, str_head(room_jid, (size_t)str_find(room_jid, '@')),
		    NULL, NULL);
	buf_release(&names);
}

/* A number in an attribute, or -1. */
static int64_t
number(const struct stanza *s, const char *name)
{
	uint64_t n;

	return str_to_uint(stanza_attr(s, name), 1000000000, &n) ? (int64_t)n
	                                                         : -1;
}

/* <history maxstanzas='' maxchars='' seconds='' since=''/> */
static struct backlog_wish
history_of(struct inlet *in, const struct stanza *x)
{
	const struct stanza *h = stanza_child(x, "history", NULL);
	struct backlog_wish w = {
		.max_lines = -1, .max_chars = -1, .since_utc = -1
	};
	int64_t seconds, since;

	if (!h)
		return w;
	w.max_lines = number(h, "maxstanzas");
	w.max_chars = number(h, "maxchars");
	seconds = number(h, "seconds");
	if (seconds >= 0)
		w.since_utc = core_clock(in->gw->core)->utc - seconds * 1000;
	if (muc_datetime_parse(stanza_attr(h, "since"), &since) &&
	    since > w.since_utc)
		w.since_utc = since;
	return w;
}

static void
join_from(struct inlet *in, const struct stanza *x)
{
	struct join j = { .gw = in->gw,
		.jid = jid_full(&in->from),
		.bare = jid_bare(&in->from),
		.room_jid = jid_bare(&in->to),
		.nick = in->resource,
		.id = in->id,
		.at = in->at,
		.history = history_of(in, x) };
	struct err err = ERR_INIT;

	j.password = stanza_child_text(x, "password", NULL, &in->scratch);
	if (j.password.len > PASSWORD_MAX) {
		err_set(&err, ERR_BAD_INPUT,
		    "a room password of more than %d bytes", PASSWORD_MAX);
		refuse(&j, GW_REFUSED_OTHER, &err);
		return;
	}
	/* Refused at the door it goes on being asked: it may be inside. */
	j.stored = probe_has_row(in->gw->probe, j.jid, j.room_jid);
	if (join(&j))
		probe_forget(in->gw->probe, j.jid, j.room_jid);
}

/* ---- inside ----------------------------------------------------------- */

/* XEP-0045 7.6, in the words of joins: clients read them the same way. */
static void
refuse_nick(struct gateway *gw, struct str from, struct str to, struct str id,
    const struct err *err)
{
	bool is_bad = err->kind == ERR_BAD_INPUT || err->kind == ERR_TOO_BIG;
	struct xmlw *w =
	    component_begin(gw->component, "presence", from, to, "error", id);

	xmlw_leaf(w, "x", NS_MUC);
	refusal_write(
	    w, is_bad ? GW_REFUSED_BAD_NICK : GW_REFUSED_OTHER, err, STR_EMPTY);
	(void)component_end(gw->component, NULL);
}

/* A nick change that the network did not want. */
static void
on_nick_done(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	char *ask = to->obj; /* "from\0to\0id" of the presence */
	struct str to_jid = str_c(ask);
	struct str from = str_c(ask + to_jid.len + 1);
	struct str id = str_c(from.p + from.len + 1);

	if (done->err.kind != ERR_NONE) {
		refuse_nick(s->gw, from, to_jid, id, &done->err);
	} else {
		/* Asked for, so it is the nick to come back under. */
		str_store(&s->wish, str_c(s->nick));
	}
	free(ask);
}

static void
change_nick(struct inlet *in, struct session *s)
{
	struct gw_req req = { .kind = GW_REQ_NICK, .nick = in->resource };
	struct request_to to = { .done = on_nick_done };
	struct err err = ERR_INIT;
	struct buf ask;

	if (check_nick(in->resource, &err) < 0) {
		refuse_nick(in->gw, jid_full(&in->to), jid_full(&in->from),
		    in->id, &err);
		return;
	}
	buf_init(&ask, 3 * JID_MAX);
	buf_add_str(&ask, jid_full(&in->from));
	buf_addc(&ask, '\0');
	buf_add_str(&ask, jid_full(&in->to));
	buf_addc(&ask, '\0');
	buf_add_str(&ask, str_head(in->id, JID_MAX - 1));
	to.obj = str_dup(buf_str(&ask));
	buf_release(&ask);
	request_start(s, &req, REQUEST_MS, &to);
}

static void
note_show(struct inlet *in, struct occupant *o)
{
	struct str show =
	    stanza_child_text(in->stanza, "show", NULL, &in->scratch);
	char word[8];

	/* The scratch holds one text at a time. */
	snprintf(word, sizeof(word), STR_FMT, STR_ARG(str_head(show, 7)));
	away_note(o, str_c(word),
	    stanza_child_text(in->stanza, "status", NULL, &in->scratch));
}

static void
room_available(struct inlet *in)
{
	const struct stanza *x = stanza_child(in->stanza, "x", NS_MUC);
	struct occupant *o = inlet_occupant(in);
	struct room *r = o ? o->room : NULL;
	struct err err = ERR_INIT;

	if (x) {
		join_from(in, x);
		o = inlet_occupant(in);
		if (o)
			note_show(in, o);
	} else if (!o || o->state == OCCUPANT_JOINING) {
		if (!o) {
			err_set(&err, ERR_NOT_INSIDE, "join the room first");
			inlet_error(in, &err);
		}
	} else {
		occupant_alive(o);
		note_show(in, o);
		if (in->resource.len && !str_is(in->resource, r->s->nick))
			change_nick(in, r->s);
	}
}

/* Also what the server says when a client is gone. */
static void
room_unavailable(struct inlet *in)
{
	struct occupant *o = inlet_occupant(in);
	struct room *r = o ? o->room : NULL;
	struct str why =
	    stanza_child_text(in->stanza, "status", NULL, &in->scratch);

	probe_forget(in->gw->probe, jid_full(&in->from), jid_bare(&in->to));
	store_occupant_del(core_store(in->gw->core), gateway_domain(in->gw),
	    jid_full(&in->from), jid_node(&in->to), NULL, NULL);
	if (!o)
		return;
	announce_out(o, 0, STR_EMPTY, STR_EMPTY);
	occupant_free(&o);
	room_check(r, false, why);
}

/* The stanza we sent could not be delivered: that client is gone. */
static void
room_error(struct inlet *in)
{
	struct occupant *o = inlet_occupant(in);
	struct room *r = o ? o->room : NULL;

	if (!o)
		return;
	log_info(&r->s->log, "client gone", "jid=%s room=%s", o->jid, r->name);
	occupant_free(&o);
	room_check(r, true, STR_EMPTY);
}

/* ---- table ------------------------------------------------------------ */

static void
ignore(struct inlet *in)
{
	(void)in;
}

static const struct row {
	const char *type;
	inlet_fn *to[GW_NADDR];
} rows[] = {
	{ "",
	    { contact_available, contact_available, room_available,
	        contact_available } },
	{ "unavailable", { ignore, ignore, room_unavailable, ignore } },
	{ "error", { ignore, ignore, room_error, ignore } },
	{ "probe", { contact_probe, contact_probe, ignore, contact_probe } },
	{ "subscribe",
	    { contact_subscribe, contact_subscribe, contact_subscribe,
	        contact_subscribe } },
	{ "subscribed", { ignore, ignore, ignore, ignore } },
	{ "unsubscribe",
	    { contact_unsubscribe, contact_unsubscribe, ignore,
	        contact_unsubscribe } },
	{ "unsubscribed",
	    { contact_unsubscribed, contact_unsubscribed, ignore,
	        contact_unsubscribed } },
};

void
presence_in(struct inlet *in)
{
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_is(in->type, rows[i].type)) {
			rows[i].to[in->at.kind](in);
			return;
		}
	err_set(&err, ERR_BAD_INPUT, "no such type of presence");
	inlet_error(in, &err);
}
