/*
 * echo - the smallest gateway: the contract by example, and a test double
 *
 * There is no network behind it.  Every room exists; inside are the user,
 * "echo", who says again what was said, and "guest", who does as he is told:
 *
 *	nick X      guest is now X, in all rooms
 *	away why    guest is away; "back": no more
 *	quit why    guest leaves for good, until somebody logs in again
 *	enter       guest comes back into this room
 *	kick me     guest throws the user out of this room
 *	refuse me   this message is refused
 *	topic X     guest changes the subject
 *	invite X    guest invites the user to room X
 *	notice X    a notice of the network
 *	drop        the link dies
 *	ban         the link dies, and trying again will not help
 *
 * One to one anybody answers with what he was told.  To join the room
 * "#refuse-password" is refused for want of a password; see refusals[].
 */
#include <stdlib.h>

#include "core/gateway.h"
#include "lib/map.h"
#include "lib/xalloc.h"

enum {
	ECHO_ROOMS_MAX = 50,
	ECHO_SUBJECT_MAX = 400,
	ECHO_NICK_MAX = 30,
};

/* One user, logged in. */
struct echo_session {
	char *nick;  /* NULL: not logged in */
	char *guest; /* NULL: he has quit */
	struct map rooms;
};

struct echo_room {
	char *key;  /* folded name */
	char *name; /* as it was joined */
	char *subject;
};

static const struct {
	const char *name;
	enum gw_refusal refusal;
	enum err_kind kind;
	const char *text;
} refusals[] = {
	{ "other", GW_REFUSED_OTHER, ERR_DENIED, "no" },
	{ "password", GW_REFUSED_PASSWORD, ERR_AUTH, "the password is wrong" },
	{ "banned", GW_REFUSED_BANNED, ERR_DENIED, "you are banned" },
	{ "members-only", GW_REFUSED_MEMBERS_ONLY, ERR_DENIED,
	    "invited people only" },
	{ "full", GW_REFUSED_FULL, ERR_BUSY, "the room is full" },
	{ "nick-in-use", GW_REFUSED_NICK_IN_USE, ERR_CONFLICT,
	    "somebody else has that name" },
	{ "bad-nick", GW_REFUSED_BAD_NICK, ERR_BAD_INPUT,
	    "that is no name here" },
	{ "no-such-room", GW_REFUSED_NO_SUCH_ROOM, ERR_NOT_FOUND,
	    "there is no such room" },
	{ "too-many", GW_REFUSED_TOO_MANY, ERR_BUSY,
	    "you are in too many rooms" },
	{ "policy", GW_REFUSED_POLICY, ERR_DENIED, "TLS users only" },
	{ "forward", GW_REFUSED_FORWARD, ERR_GONE, "go to #overflow instead" },
	{ "timeout", GW_REFUSED_TIMEOUT, ERR_TIMEOUT, "no answer in time" },
	{ "unreachable", GW_REFUSED_UNREACHABLE, ERR_UNREACHABLE,
	    "the network is not there" },
};

enum { NREFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

/*
 * Nothing can be held back here, so an event over a ceiling of the core is
 * lost; a real network stops reading.
 */
static void
emit(struct session *s, struct gw_event ev)
{
	(void)session_emit(s, &ev);
}

#define EMIT(s, ...) emit((s), (struct gw_event){ __VA_ARGS__ })

static void
done(struct session *s, gw_req_id id)
{
	EMIT(s, .type = GW_EV_DONE, .req = id);
}

static void
fail(struct session *s, gw_req_id id, enum err_kind kind, const char *text)
{
	struct gw_event ev = { .type = GW_EV_DONE, .req = id };

	err_set(&ev.err, kind, "%s", text);
	emit(s, ev);
}

/* ---- addresses -------------------------------------------------------- */

static bool
is_room(struct str name)
{
	return name.len > 1 && name.p[0] == '#';
}

/* There is one network only, so it is called "" and never written. */
static int
echo_split(struct gateway *gw, struct str local, struct gw_address *out,
    struct err *err)
{
	(void)gw;
	if (local.len > GW_NAME_MAX || str_is(local, "#"))
		return err_set(err, ERR_BAD_INPUT, "that is no address here");
	*out = (struct gw_address){
		.kind = is_room(local) ? GW_ADDR_ROOM : GW_ADDR_PERSON,
		.network = STR_EMPTY,
		.name = local,
		.spelling = STR_EMPTY,
	};
	return 0;
}

static void
echo_local(struct gateway *gw, const struct gw_address *a, struct buf *out)
{
	(void)gw;
	if (a->kind == GW_ADDR_ROOM || a->kind == GW_ADDR_PERSON)
		buf_add_str(out, a->name);
}

static void
echo_fold(struct session *s, struct str name, struct buf *out)
{
	(void)s;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		buf_addc(out, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
	}
}

static int
echo_prompted(
    struct gateway *gw, struct str typed, struct buf *out, struct err *err)
{
	struct gw_address a;

	typed = str_trim(typed);
	if (typed.len == 0)
		return err_set(err, ERR_BAD_INPUT, "type a #room or a name");
	if (echo_split(gw, typed, &a, err) < 0)
		return -1;
	buf_add_str(out, typed);
	return 0;
}

static struct str
echo_network_at(struct gateway *gw, size_t i)
{
	(void)gw;
	(void)i;
	return STR_EMPTY;
}

static int
echo_open(struct gateway *gw, const struct conf *conf, struct err *err)
{
	(void)gw;
	(void)conf;
	(void)err;
	return 0;
}

static void
echo_close(struct gateway *gw)
{
	(void)gw;
}

/* ---- rooms of a session ----------------------------------------------- */

/* The key of a name; the caller's to buf_release(). */
static struct buf
key_of(struct session *s, struct str name)
{
	struct buf key;

	buf_init(&key, GW_NAME_MAX);
	echo_fold(s, name, &key);
	return key;
}

static struct echo_room *
room_of(struct session *s, struct str name)
{
	struct echo_session *es = session_priv(s);
	struct buf key = key_of(s, name);
	struct echo_room *r = map_get(&es->rooms, buf_str(&key));

	buf_release(&key);
	return r;
}

static struct echo_room *
room_add(struct session *s, struct str name)
{
	struct echo_session *es = session_priv(s);
	struct buf key = key_of(s, name);
	struct echo_room *r = xcalloc(1, sizeof(*r));

	r->key = str_dup(buf_str(&key));
	r->name = str_dup(name);
	r->subject = str_dup(STR("say something"));
	map_put(&es->rooms, str_c(r->key), r);
	buf_release(&key);
	return r;
}

static void
room_del(struct echo_session *es, struct echo_room *r)
{
	map_del(&es->rooms, str_c(r->key));
	free(r->key);
	free(r->name);
	free(r->subject);
	free(r);
}

/* ---- logging in ------------------------------------------------------- */

static int
echo_login(struct session *s, struct str nick, struct err *err)
{
	struct echo_session *es = session_priv(s);

	if (nick.len > ECHO_NICK_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "a name has %d bytes at most here", ECHO_NICK_MAX);
	map_init(&es->rooms);
	es->nick = str_dup(nick.len ? nick : STR("you"));
	es->guest = str_dup(STR("guest"));
	EMIT(s, .type = GW_EV_ONLINE, .text = str_c(es->nick));
	return 0;
}

/* Lets go of everything; without a word, so it serves drop() as well. */
static void
echo_drop(struct session *s)
{
	struct echo_session *es = session_priv(s);
	struct map_iter it = { 0 };

	while (map_next(&es->rooms, &it))
		room_del(es, it.value);
	map_release(&es->rooms);
	free(es->nick);
	free(es->guest);
	es->nick = es->guest = NULL;
}

static void
echo_logout(struct session *s, enum gw_bye why, struct str text)
{
	(void)why;
	(void)text;
	echo_drop(s);
	EMIT(s, .type = GW_EV_OFFLINE);
}

/* The link dies: all rooms are gone with it, and OFFLINE says enough. */
static void
die(struct session *s, bool permanent)
{
	struct gw_event ev = { .type = GW_EV_OFFLINE, .permanent = permanent };

	err_set(&ev.err, permanent ? ERR_DENIED : ERR_UNREACHABLE, "%s",
	    permanent ? "you are banned from echo" : "echo has hung up");
	echo_drop(s);
	emit(s, ev);
}

/* ---- requests --------------------------------------------------------- */

static void
member(struct session *s, struct str room, struct str nick, enum gw_role role,
    enum gw_standing standing)
{
	EMIT(s, .type = GW_EV_MEMBER, .room = room, .person.nick = nick,
	    .role = role, .standing = standing);
}

static void
refuse(struct session *s, gw_req_id id, struct str room, size_t i)
{
	struct gw_event ev = { .type = GW_EV_REFUSED,
		.room = room,
		.refusal = refusals[i].refusal };

	if (ev.refusal == GW_REFUSED_FORWARD)
		ev.text = STR("#overflow");
	err_set(&ev.err, refusals[i].kind, STR_FMT ": %s", STR_ARG(room),
	    refusals[i].text);
	emit(s, ev);
	fail(s, id, refusals[i].kind, ev.err.text);
}

/* -1: it may be entered. */
static int
refusal_of(struct session *s, const struct gw_req *req)
{
	struct echo_session *es = session_priv(s);
	struct str prefix = STR("#refuse-");
	const char *want = es->rooms.n >= ECHO_ROOMS_MAX ? "too-many" : NULL;

	for (int i = 0; i < NREFUSALS; i++)
		if (want ? str_is(str_c(want), refusals[i].name)
		         : str_starts(req->room, prefix) &&
		            str_is(str_skip(req->room, prefix.len),
		                refusals[i].name))
			return i;
	return -1;
}

/* The password of a room is the word "swordfish", if it asks for one. */
static bool
has_password(const struct gw_req *req)
{
	return str_is(req->room, "#refuse-password") &&
	    str_is(req->text, "swordfish");
}

/* JOINED, everybody inside, END, the subject, DONE: always in this order. */
static void
echo_join(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct echo_session *es = session_priv(s);
	struct echo_room *r = room_of(s, req->room);
	int i = r ? -1 : refusal_of(s, req);
	struct str room;

	if (i >= 0 && !has_password(req)) {
		refuse(s, id, req->room, (size_t)i);
		return;
	}
	if (!r)
		r = room_add(s, req->room);
	room = str_c(r->name);
	EMIT(s, .type = GW_EV_JOINED, .room = room);
	member(s, room, str_c(es->nick), GW_ROLE_MEMBER, GW_STANDING_NONE);
	member(s, room, STR("echo"), GW_ROLE_MODERATOR, GW_STANDING_OWNER);
	if (es->guest)
		member(s, room, str_c(es->guest), GW_ROLE_MODERATOR,
		    GW_STANDING_ADMIN);
	EMIT(s, .type = GW_EV_SUBJECT, .room = room, .text = str_c(r->subject),
	    .actor = STR("echo"));
	EMIT(s, .type = GW_EV_MEMBERS_END, .room = room);
	done(s, id);
}

static void
echo_leave(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct echo_room *r = room_of(s, req->room);

	if (!r) {
		fail(s, id, ERR_NOT_INSIDE, "you are not in that room");
		return;
	}
	EMIT(s, .type = GW_EV_LEFT, .room = str_c(r->name),
	    .left = GW_LEFT_PART, .text = req->text);
	room_del(session_priv(s), r);
	done(s, id);
}

static void
subject(struct session *s, struct echo_room *r, struct str text, struct str who)
{
	str_store(&r->subject, text);
	EMIT(s, .type = GW_EV_SUBJECT, .room = str_c(r->name), .text = text,
	    .actor = who, .on = true);
}

static void
echo_subject(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct echo_session *es = session_priv(s);
	struct echo_room *r = room_of(s, req->room);

	if (!r) {
		fail(s, id, ERR_NOT_INSIDE, "you are not in that room");
	} else if (req->text.len > ECHO_SUBJECT_MAX) {
		fail(s, id, ERR_TOO_BIG, "that subject is too long");
	} else {
		subject(s, r, req->text, str_c(es->nick));
		done(s, id);
	}
}

static void
rename_person(struct session *s, char **nick, struct str new_nick)
{
	EMIT(s, .type = GW_EV_PERSON_NICK, .person.nick = str_c(*nick),
	    .text = new_nick);
	str_store(nick, new_nick);
}

static void
echo_nick(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct echo_session *es = session_priv(s);

	if (req->nick.len == 0 || req->nick.len > ECHO_NICK_MAX) {
		fail(s, id, ERR_BAD_INPUT, "that is no name here");
	} else if (str_is(req->nick, "echo") ||
	    str_eq(req->nick, str_c(es->guest))) {
		fail(s, id, ERR_CONFLICT, "somebody else has that name");
	} else {
		rename_person(s, &es->nick, req->nick);
		done(s, id);
	}
}

/* Anybody but echo can be thrown out, or raised, by the user. */
static void
echo_role(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct echo_session *es = session_priv(s);
	struct echo_room *r = room_of(s, req->room);

	if (!r) {
		fail(s, id, ERR_NOT_INSIDE, "you are not in that room");
		return;
	}
	if (!es->guest || !str_eq(req->nick, str_c(es->guest))) {
		fail(s, id, ERR_NOT_ALLOWED, "only the guest is a subject");
		return;
	}
	if (req->role == GW_ROLE_NONE)
		EMIT(s, .type = GW_EV_MEMBER_LEFT, .room = str_c(r->name),
		    .person.nick = req->nick, .left = GW_LEFT_KICK,
		    .actor = str_c(es->nick), .text = req->text);
	else
		member(
		    s, str_c(r->name), req->nick, req->role, GW_STANDING_NONE);
	done(s, id);
}

static void
echo_directory(struct session *s, gw_req_id id, const struct gw_req *req)
{
	static const struct gw_entry rooms[] = {
		{ .name = { "#echo", 5 },
		    .text = { "say something", 13 },
		    .n = 3 },
		{ .name = { "#hall", 5 },
		    .text = { "a larger room", 13 },
		    .n = 30 },
		{ .name = { "#overflow", 9 }, .text = { "", 0 }, .n = 0 },
	};
	size_t n = sizeof(rooms) / sizeof(rooms[0]);

	if (req->limit && req->limit < n)
		n = req->limit;
	for (size_t i = 0; i < n; i++)
		EMIT(s, .type = GW_EV_ENTRY, .req = id, .entry = rooms[i]);
	done(s, id);
}

static void
echo_query(struct session *s, gw_req_id id, const struct gw_req *req)
{
	static const struct str answer[] = {
		[GW_QUERY_VERSION] = { "echo 1", 6 },
		[GW_QUERY_PING] = { "", 0 },
		[GW_QUERY_TIME] = { "now", 3 },
		[GW_QUERY_WHOIS] = { "somebody who repeats things", 27 },
	};

	EMIT(s, .type = GW_EV_DONE, .req = id, .text = answer[req->query]);
}

/* ---- messages --------------------------------------------------------- */

static void
say(struct session *s, struct str room, struct str from,
    const struct gw_message *m)
{
	struct gw_message back = {
		.kind = m->kind, .room = room, .from = from, .body = m->body
	};

	EMIT(s, .type = GW_EV_MESSAGE, .message = &back);
}

static void
fate(struct session *s, gw_ticket t, enum gw_fate f, enum err_kind kind,
    const char *text)
{
	struct gw_event ev = { .type = GW_EV_FATE, .ticket = t, .fate = f };

	if (kind != ERR_NONE)
		err_set(&ev.err, kind, "%s", text);
	emit(s, ev);
}

/* What the guest does when told so; rest: what stands behind the word. */
static void
do_nick(struct session *s, struct echo_room *r, struct str rest)
{
	struct echo_session *es = session_priv(s);

	(void)r;
	if (es->guest && rest.len && rest.len <= ECHO_NICK_MAX)
		rename_person(s, &es->guest, rest);
}

static void
set_away(struct session *s, bool on, struct str why)
{
	struct echo_session *es = session_priv(s);

	if (es->guest)
		EMIT(s, .type = GW_EV_PERSON_AWAY,
		    .person.nick = str_c(es->guest), .on = on, .text = why);
}

static void
do_away(struct session *s, struct echo_room *r, struct str rest)
{
	(void)r;
	set_away(s, true, rest);
}

static void
do_back(struct session *s, struct echo_room *r, struct str rest)
{
	(void)r;
	(void)rest;
	set_away(s, false, STR_EMPTY);
}

static void
do_quit(struct session *s, struct echo_room *r, struct str rest)
{
	struct echo_session *es = session_priv(s);

	(void)r;
	if (!es->guest)
		return;
	EMIT(s, .type = GW_EV_PERSON_QUIT, .person.nick = str_c(es->guest),
	    .text = rest);
	free(es->guest);
	es->guest = NULL;
}

static void
do_enter(struct session *s, struct echo_room *r, struct str rest)
{
	struct echo_session *es = session_priv(s);

	(void)rest;
	if (!es->guest)
		es->guest = str_dup(STR("guest"));
	member(s, str_c(r->name), str_c(es->guest), GW_ROLE_MEMBER,
	    GW_STANDING_NONE);
}

static void
do_kick(struct session *s, struct echo_room *r, struct str rest)
{
	struct echo_session *es = session_priv(s);

	(void)rest;
	EMIT(s, .type = GW_EV_LEFT, .room = str_c(r->name),
	    .left = GW_LEFT_KICK, .actor = str_c(es->guest),
	    .text = STR("as you wish"));
	room_del(es, r);
}

static void
do_topic(struct session *s, struct echo_room *r, struct str rest)
{
	struct echo_session *es = session_priv(s);

	subject(s, r, rest, str_c(es->guest));
}

static void
do_invite(struct session *s, struct echo_room *r, struct str rest)
{
	struct echo_session *es = session_priv(s);

	(void)r;
	EMIT(s, .type = GW_EV_INVITE, .room = rest, .actor = str_c(es->guest),
	    .text = STR("come in"));
}

static void
do_notice(struct session *s, struct echo_room *r, struct str rest)
{
	(void)r;
	EMIT(s, .type = GW_EV_NOTICE, .text = rest);
}

static void
do_drop(struct session *s, struct echo_room *r, struct str rest)
{
	(void)r;
	(void)rest;
	die(s, false);
}

static void
do_ban(struct session *s, struct echo_room *r, struct str rest)
{
	(void)r;
	(void)rest;
	die(s, true);
}

/* Of "nick bob" the word is "nick" and the rest "bob". */
static const struct {
	const char *word;
	void (*fn)(struct session *s, struct echo_room *r, struct str rest);
} orders[] = {
	{ "nick", do_nick },
	{ "away", do_away },
	{ "back", do_back },
	{ "quit", do_quit },
	{ "enter", do_enter },
	{ "kick", do_kick },
	{ "topic", do_topic },
	{ "invite", do_invite },
	{ "notice", do_notice },
	{ "drop", do_drop },
	{ "ban", do_ban },
};

static void
obey(struct session *s, struct echo_room *r, struct str body)
{
	struct str rest = body, word;

	if (!str_cut(&rest, ' ', &word))
		return;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (str_is(word, orders[i].word)) {
			orders[i].fn(s, r, rest);
			return;
		}
}

static void
send_room(struct session *s, gw_ticket t, const struct gw_message *m)
{
	struct echo_room *r = room_of(s, m->room);

	if (!r) {
		fate(s, t, GW_REFUSED, ERR_NOT_INSIDE, "you are not inside");
		return;
	}
	if (str_is(m->body, "refuse me")) {
		fate(s, t, GW_REFUSED, ERR_DENIED, "refused, as you wish");
		return;
	}
	fate(s, t, GW_SENT, ERR_NONE, NULL);
	say(s, str_c(r->name), STR("echo"), m);
	obey(s, r, m->body);
}

/* Exactly one fate for every ticket: here it is known at once. */
static void
echo_send(struct session *s, gw_ticket t, const struct gw_message *m)
{
	if (m->room.len && m->to.len == 0) {
		send_room(s, t, m);
		return;
	}
	if (str_is(m->to, "nobody")) {
		fate(s, t, GW_REFUSED, ERR_NOT_FOUND, "nobody is not here");
		return;
	}
	fate(s, t, GW_SENT, ERR_NONE, NULL);
	say(s, STR_EMPTY, m->to, m);
}

static void
echo_status(struct session *s, struct buf *out)
{
	struct echo_session *es = session_priv(s);

	buf_addf(out, "Nick: %s\n", es->nick ? es->nick : "-");
	buf_addf(out, "Rooms: %zu\n", es->nick ? es->rooms.n : 0);
}

/* ---- the table -------------------------------------------------------- */

static const struct gw_setting settings[] = {
	{ "motto", GW_SET_TEXT, GW_SCOPE_GATEWAY, "Motto",
	    "Kept for you; nobody reads it", "", NULL },
	{ NULL, GW_SET_TEXT, 0, NULL, NULL, NULL, NULL },
};

static gw_request_fn *const requests[GW_NREQ] = {
	[GW_REQ_JOIN] = echo_join,
	[GW_REQ_LEAVE] = echo_leave,
	[GW_REQ_SUBJECT] = echo_subject,
	[GW_REQ_NICK] = echo_nick,
	[GW_REQ_ROLE] = echo_role,
	[GW_REQ_DIRECTORY] = echo_directory,
	[GW_REQ_QUERY] = echo_query,
};

/* For gateways/registry.c; no header stands between. */
extern const struct gateway_ops echo_gateway;

const struct gateway_ops echo_gateway = {
	.kind = "echo",
	.title = "Echo",
	.session_size = sizeof(struct echo_session),
	.live = true,
	.settings = settings,
	.prompt = "Room or name",
	.prompt_desc = "A room begins with #, anything else is somebody.",
	.open = echo_open,
	.close = echo_close,
	.split = echo_split,
	.local = echo_local,
	.fold = echo_fold,
	.prompted = echo_prompted,
	.network_at = echo_network_at,
	.login = echo_login,
	.logout = echo_logout,
	.send = echo_send,
	.drop = echo_drop,
	.request = requests,
	.status = echo_status,
};
