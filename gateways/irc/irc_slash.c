#include "irc/irc_slash.h"

#include "irc/irc_request.h"
#include "irc/irc_script.h"

enum { LINE_MAX_BYTES = 500 };

/* One command at work. */
struct typed {
	struct session *s;
	struct irc_link *l;
	gw_req_id id;
	struct str room, nick; /* where it was typed */
	struct str rest;       /* behind the word */
};

struct word {
	const char *word;
	const char *service; /* its text goes there */
	void (*run)(const struct typed *t);
	const char *advice; /* instead of all this */
};

static void
finish(const struct typed *t, const struct err *err)
{
	/* Nobody asked: a line of a script (irc_script.h). */
	if (t->id == 0 && err)
		irc_link_emit(t->l,
		    &(struct gw_event){
		        .type = GW_EV_NOTICE, .text = str_c(err->text) });
	if (t->id == 0)
		return;
	irc_link_emit(t->l,
	    &(struct gw_event){ .type = GW_EV_DONE,
	        .req = t->id,
	        .err = err ? *err : ERR_INIT });
}

static void
refuse(const struct typed *t, const char *why)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_BAD_INPUT, "not sent: %s", why);
	finish(t, &err);
}

/* Cuts the first word off. */
static struct str
next_word(struct str *rest)
{
	struct str word;

	*rest = str_trim(*rest);
	if (!str_cut(rest, ' ', &word)) {
		word = *rest;
		*rest = STR_EMPTY;
	}
	*rest = str_trim(*rest);
	return word;
}

/* ---- to somebody ------------------------------------------------------- */

/* Without a ref: what the server refuses comes as a notice. */
static void
say(const struct typed *t, enum irc_msg_kind kind, struct str to,
    struct str text)
{
	struct err err = ERR_INIT;

	if (to.len == 0 || text.len == 0) {
		refuse(t, "say to whom and what");
		return;
	}
	if (irc_proto_message(&t->l->proto, kind, to, text, 0, &err) < 0) {
		finish(t, &err);
		return;
	}
	irc_link_mark(t->l);
	finish(t, NULL);
}

static void
say_to_nick(const struct typed *t, enum irc_msg_kind kind)
{
	struct str rest = t->rest, to = next_word(&rest);

	if (to.len &&
	    irc_isupport_is_channel(irc_proto_isupport(&t->l->proto), to)) {
		refuse(t, "to a channel, write in its room");
		return;
	}
	say(t, kind, to, rest);
}

static void
on_msg(const struct typed *t)
{
	say_to_nick(t, IRC_MSG_NORMAL);
}

static void
on_notice(const struct typed *t)
{
	say_to_nick(t, IRC_MSG_NOTICE);
}

/* ---- what requests do, too ---------------------------------------------- */

static void
on_nick(const struct typed *t)
{
	struct str rest = t->rest;
	struct gw_req req = { .kind = GW_REQ_NICK, .nick = next_word(&rest) };

	if (req.nick.len)
		irc_request_nick(t->s, t->id, &req);
	else
		refuse(t, "say which nick");
}

static void
on_away(const struct typed *t)
{
	struct gw_req req = { .kind = GW_REQ_AWAY, .text = t->rest };

	irc_request_away(t->s, t->id, &req);
}

static void
on_topic(const struct typed *t)
{
	struct gw_req req = {
		.kind = GW_REQ_SUBJECT, .room = t->room, .text = t->rest
	};

	if (t->room.len == 0)
		refuse(t, "a topic is set in the room");
	else if (t->rest.len == 0)
		refuse(t, "say the topic");
	else
		irc_request_subject(t->s, t->id, &req);
}

static void
on_invite(const struct typed *t)
{
	struct str rest = t->rest;
	struct gw_req req = { .kind = GW_REQ_INVITE, .room = t->room };

	req.nick = next_word(&rest);
	if (t->room.len == 0 || req.nick.len == 0)
		refuse(t, "say whom, in the room");
	else
		irc_request_invite(t->s, t->id, &req);
}

static void
on_kick(const struct typed *t)
{
	struct str rest = t->rest;
	struct gw_req req = {
		.kind = GW_REQ_ROLE, .room = t->room, .role = GW_ROLE_NONE
	};

	req.nick = next_word(&rest);
	req.text = rest;
	if (t->room.len == 0 || req.nick.len == 0)
		refuse(t, "say whom, in the room");
	else
		irc_request_role(t->s, t->id, &req);
}

/* ---- lines ---------------------------------------------------------------- */

static void
send_line(const struct typed *t, struct str line)
{
	struct err err = ERR_INIT;

	if (irc_proto_raw(&t->l->proto, line, 0, &err) < 0) {
		finish(t, &err);
		return;
	}
	irc_link_mark(t->l);
	finish(t, NULL);
}

/* "+b mask" is about the room; its name may stand in front. */
static void
on_mode(const struct typed *t)
{
	struct str rest = t->rest, first = next_word(&rest);
	struct buf line;

	if (first.len == 0) {
		refuse(t, "say which mode");
		return;
	}
	buf_init(&line, LINE_MAX_BYTES);
	if (first.p[0] != '+' && first.p[0] != '-')
		buf_addf(&line, "MODE " STR_FMT, STR_ARG(t->rest));
	else if (t->room.len)
		buf_addf(&line, "MODE " STR_FMT " " STR_FMT, STR_ARG(t->room),
		    STR_ARG(t->rest));
	if (buf_str(&line).len == 0)
		refuse(t, "say whose mode");
	else
		send_line(t, buf_str(&line));
	buf_release(&line);
}

/* What comes of it is a notice. */
static void
on_whois(const struct typed *t)
{
	struct str rest = t->rest, nick = next_word(&rest);
	struct err err = ERR_INIT;

	if (nick.len == 0)
		nick = t->nick;
	if (nick.len == 0) {
		refuse(t, "say who");
		return;
	}
	if (irc_proto_whois(&t->l->proto, nick, 0, &err) < 0) {
		finish(t, &err);
		return;
	}
	irc_link_mark(t->l);
	finish(t, NULL);
}

static void
on_quote(const struct typed *t)
{
	const char *why;

	if (!t->l->net->raw) {
		refuse(t, "such lines cannot be sent on this network");
		return;
	}
	why = t->rest.len ? irc_script_why_not(t->rest) : "say which line";
	if (why)
		refuse(t, why);
	else
		send_line(t, t->rest);
}

/* ---- table ---------------------------------------------------------------- */

#define JOINING "rooms are joined and left with your client"

static const struct word words[] = {
	{ .word = "msg", .run = on_msg },
	{ .word = "query", .run = on_msg },
	{ .word = "notice", .run = on_notice },
	{ .word = "nick", .run = on_nick },
	{ .word = "away", .run = on_away },
	{ .word = "topic", .run = on_topic },
	{ .word = "invite", .run = on_invite },
	{ .word = "kick", .run = on_kick },
	{ .word = "mode", .run = on_mode },
	{ .word = "whois", .run = on_whois },
	{ .word = "quote", .run = on_quote },
	{ .word = "raw", .run = on_quote },
	{ .word = "ns", .service = "NickServ" },
	{ .word = "nickserv", .service = "NickServ" },
	{ .word = "cs", .service = "ChanServ" },
	{ .word = "chanserv", .service = "ChanServ" },
	{ .word = "ms", .service = "MemoServ" },
	{ .word = "memoserv", .service = "MemoServ" },
	{ .word = "hs", .service = "HostServ" },
	{ .word = "hostserv", .service = "HostServ" },
	{ .word = "bs", .service = "BotServ" },
	{ .word = "botserv", .service = "BotServ" },
	{ .word = "join", .advice = JOINING },
	{ .word = "j", .advice = JOINING },
	{ .word = "part", .advice = JOINING },
	{ .word = "leave", .advice = JOINING },
	{ .word = "quit", .advice = JOINING },
	{ .word = "pass",
	    .advice = "passwords belong into the settings of the network" },
	{ .word = "setname",
	    .advice = "the real name is the gateway's to give: networks ask "
	              "for that" },
	{ .word = "oper", .advice = "operators use a client of their own" },
};

static const struct word *
find(struct str word)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq_nocase(word, str_c(words[i].word)))
			return &words[i];
	return NULL;
}

void
irc_request_slash(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct typed t = { .s = s,
		.l = irc_link_of(s),
		.id = id,
		.room = req->room,
		.nick = req->nick,
		.rest = req->text };
	struct str word = next_word(&t.rest);
	const struct word *w = find(word);

	if (!w)
		refuse(&t,
		    "no such command here; with two slashes in front the "
		    "line is said with one");
	else if (w->advice)
		refuse(&t, w->advice);
	else if (w->service)
		say(&t, IRC_MSG_NORMAL, str_c(w->service), t.rest);
	else
		w->run(&t);
}

void
irc_request_quote(struct session *s, gw_req_id id, struct str name,
    const struct gw_field *field, size_t nfield)
{
	struct typed t = { .s = s, .l = irc_link_of(s), .id = id };

	(void)name;
	if (nfield)
		t.rest = str_trim(field[0].value);
	on_quote(&t);
}
