/*
 * Numerics and standard replies: which of them refuse what we asked for,
 * which people want to read, and which are passed over.
 *
 * RFC 2812 5; numerics of later servers: modern.ircdocs.horse, QUIRKS.md
 * IRCv3 standard-replies
 */
#include <stdlib.h>

#include "irc/irc_handler.h"
#include "irc/irc_regain.h"

/* ---- refusals --------------------------------------------------------- */

#define BIT(kind) IRC_ASK_BIT(IRC_ASK_##kind)

enum {
	NO_NAME = 0,
	RPL_TRYAGAIN = 263,
	COMMAND = 99, /* parameter 1 is the command that was refused */
};

struct refusal {
	unsigned code;
	unsigned kinds;       /* of asks it can be the answer to */
	size_t name;          /* parameter that names the target, or NO_NAME */
	enum err_kind err;    /* for all but joins */
	enum irc_refusal why; /* for joins */
};

/* Sorted by code; tests/unit/test_irc_proto.c checks that it is. */
static const struct refusal refusals[] = {
	{ 263, 0, COMMAND, ERR_BUSY, IRC_REFUSED_LATER },
	{ 401, BIT(MESSAGE) | BIT(WHOIS) | BIT(KICK) | BIT(MODE) | BIT(INVITE),
	    1, ERR_NOT_FOUND, IRC_REFUSED_NO_SUCH },
	{ 402, BIT(MESSAGE), 1, ERR_NOT_FOUND, IRC_REFUSED_OTHER },
	{ 403, IRC_ASK_ANY, 1, ERR_NOT_FOUND, IRC_REFUSED_NO_SUCH },
	{ 404, BIT(MESSAGE), 1, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 405, BIT(JOIN), 1, ERR_BUSY, IRC_REFUSED_TOO_MANY },
	{ 407, BIT(MESSAGE) | BIT(JOIN), 1, ERR_BAD_INPUT, IRC_REFUSED_LATER },
	{ 408, BIT(MESSAGE), 1, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 411, 0, NO_NAME, ERR_BAD_INPUT, IRC_REFUSED_OTHER },
	{ 412, 0, NO_NAME, ERR_BAD_INPUT, IRC_REFUSED_OTHER },
	{ 413, BIT(MESSAGE), 1, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 414, BIT(MESSAGE), 1, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 415, BIT(MESSAGE), 1, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 416, 0, COMMAND, ERR_TOO_BIG, IRC_REFUSED_OTHER },
	{ 417, 0, NO_NAME, ERR_TOO_BIG, IRC_REFUSED_OTHER },
	{ 421, 0, COMMAND, ERR_UNSUPPORTED, IRC_REFUSED_OTHER },
	{ 431, BIT(NICK), NO_NAME, ERR_BAD_INPUT, IRC_REFUSED_OTHER },
	{ 432, BIT(NICK), NO_NAME, ERR_BAD_INPUT, IRC_REFUSED_OTHER },
	{ 433, BIT(NICK), NO_NAME, ERR_CONFLICT, IRC_REFUSED_OTHER },
	{ 435, BIT(NICK), NO_NAME, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 436, BIT(NICK), NO_NAME, ERR_CONFLICT, IRC_REFUSED_OTHER },
	{ 437, BIT(NICK) | BIT(JOIN), 1, ERR_BUSY, IRC_REFUSED_LATER },
	{ 438, BIT(NICK), NO_NAME, ERR_BUSY, IRC_REFUSED_OTHER },
	{ 441, BIT(KICK) | BIT(MODE), 2, ERR_NOT_FOUND, IRC_REFUSED_OTHER },
	{ 442, IRC_ASK_ANY, 1, ERR_NOT_INSIDE, IRC_REFUSED_OTHER },
	{ 443, BIT(INVITE), 1, ERR_CONFLICT, IRC_REFUSED_OTHER },
	{ 447, BIT(NICK), NO_NAME, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 461, 0, COMMAND, ERR_BAD_INPUT, IRC_REFUSED_OTHER },
	{ 467, BIT(MODE), 1, ERR_CONFLICT, IRC_REFUSED_OTHER },
	{ 471, BIT(JOIN), 1, ERR_BUSY, IRC_REFUSED_FULL },
	{ 472, BIT(MODE), NO_NAME, ERR_UNSUPPORTED, IRC_REFUSED_OTHER },
	{ 473, BIT(JOIN), 1, ERR_DENIED, IRC_REFUSED_INVITE },
	{ 474, BIT(JOIN), 1, ERR_DENIED, IRC_REFUSED_BANNED },
	{ 475, BIT(JOIN), 1, ERR_AUTH, IRC_REFUSED_KEY },
	{ 476, BIT(JOIN), 1, ERR_BAD_INPUT, IRC_REFUSED_NO_SUCH },
	{ 477, BIT(JOIN) | BIT(MESSAGE), 1, ERR_DENIED,
	    IRC_REFUSED_REGISTERED },
	{ 478, BIT(MODE), 1, ERR_BUSY, IRC_REFUSED_OTHER },
	{ 479, BIT(JOIN), 1, ERR_BAD_INPUT, IRC_REFUSED_NO_SUCH },
	{ 480, BIT(JOIN), 1, ERR_DENIED, IRC_REFUSED_POLICY },
	{ 481, BIT(KICK) | BIT(MODE) | BIT(RAW), NO_NAME, ERR_DENIED,
	    IRC_REFUSED_OTHER },
	{ 482, BIT(TOPIC) | BIT(KICK) | BIT(MODE) | BIT(INVITE) | BIT(BANS), 1,
	    ERR_DENIED, IRC_REFUSED_OTHER },
	{ 484, BIT(KICK) | BIT(MODE), NO_NAME, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 485, BIT(JOIN) | BIT(KICK) | BIT(MODE), 1, ERR_DENIED,
	    IRC_REFUSED_POLICY },
	{ 486, BIT(MESSAGE), 1, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 489, BIT(JOIN) | BIT(MODE), 1, ERR_DENIED, IRC_REFUSED_TLS },
	{ 492, BIT(MESSAGE), 1, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 520, BIT(JOIN), 1, ERR_DENIED, IRC_REFUSED_POLICY },
	{ 521, BIT(LIST), NO_NAME, ERR_UNSUPPORTED, IRC_REFUSED_OTHER },
	{ 531, BIT(MESSAGE), 1, ERR_DENIED, IRC_REFUSED_OTHER },
	{ 696, BIT(MODE), 1, ERR_BAD_INPUT, IRC_REFUSED_OTHER },
	{ 716, BIT(MESSAGE), 1, ERR_DENIED, IRC_REFUSED_OTHER },
};

enum { NREFUSAL = sizeof(refusals) / sizeof(refusals[0]) };

static int
refusal_cmp(const void *key, const void *row)
{
	unsigned code = *(const unsigned *)key;
	const struct refusal *r = row;

	return (code > r->code) - (code < r->code);
}

bool
irc_text_has(struct str text, const char *word)
{
	struct str w = str_c(word);
	size_t i;

	for (i = 0; i + w.len <= text.len; i++)
		if (str_eq_nocase(str_of(text.p + i, w.len), w))
			return true;
	return false;
}

bool
irc_text_has_any(struct str text, const char *const *word)
{
	for (; *word; word++)
		if (irc_text_has(text, *word))
			return true;
	return false;
}

/*
 * COMPAT(ngircd 26, 2026-11): says 471 also for "registered only" and "TLS
 * only"; only the text tells.
 */
static enum irc_refusal
refine(enum irc_refusal why, struct str text)
{
	if (why != IRC_REFUSED_FULL)
		return why;
	if (irc_text_has(text, "SSL") || irc_text_has(text, "+z"))
		return IRC_REFUSED_TLS;
	if (irc_text_has(text, "regist") || irc_text_has(text, "(+R)"))
		return IRC_REFUSED_REGISTERED;
	return why;
}

/* Asks that a refused command was. */
static unsigned
kinds_of(struct str command)
{
	static const struct {
		const char *cmd;
		unsigned kinds;
	} commands[] = {
		{ "AWAY", BIT(AWAY) },
		{ "INVITE", BIT(INVITE) },
		{ "ISON", BIT(ISON) },
		{ "JOIN", BIT(JOIN) },
		{ "KICK", BIT(KICK) },
		{ "LIST", BIT(LIST) },
		{ "MODE", BIT(MODE) | BIT(MODES) | BIT(BANS) },
		{ "NICK", BIT(NICK) },
		{ "NOTICE", BIT(MESSAGE) },
		{ "PART", BIT(PART) },
		{ "PRIVMSG", BIT(MESSAGE) },
		{ "REDACT", BIT(REDACT) },
		{ "TAGMSG", BIT(REACT) | BIT(TYPING) },
		{ "TOPIC", BIT(TOPIC) },
		{ "WHOIS", BIT(WHOIS) },
	};
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_eq_nocase(command, str_c(commands[i].cmd)))
			return commands[i].kinds;
	return BIT(RAW);
}

static bool
on_refusal(struct irc_proto *p, struct irc_event *ev, const struct refusal *r)
{
	uint32_t label = irc_line_label(p);
	unsigned kinds = r->kinds;
	struct irc_ask *a = NULL;

	/* A WHO of ours comes to nothing; nobody has asked for it. */
	if (r->code == RPL_TRYAGAIN && str_eq_nocase(p->m.param[1], STR("WHO")))
		return false;
	if (kinds & BIT(MESSAGE))
		kinds |= BIT(TYPING) | BIT(REACT) | BIT(REDACT);
	if (r->name == COMMAND)
		kinds = kinds_of(p->m.param[1]);
	else if (r->name != NO_NAME && p->m.nparam > r->name)
		ev->target = p->m.param[r->name];
	if (r->name == NO_NAME || r->name == COMMAND || ev->target.len)
		a = irc_ask_find(&p->asks, kinds, p->is.casemap, ev->target);
	if (label)
		a = irc_ask_labeled(&p->asks, label);
	ev->code = r->code;
	ev->text = irc_clean(p, irc_last(p));
	return irc_failed(p, a, ev, r->err, refine(r->why, ev->text));
}

/* 470 me #from #to: a JOIN of #to follows by itself. */
bool
irc_on_forward(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a = irc_asked(p, IRC_ASK_JOIN, p->m.param[1]);

	ev->target = p->m.param[1];
	ev->forward = p->m.param[2];
	ev->code = 470;
	ev->text = irc_clean(p, irc_last(p));
	return irc_failed(p, a, ev, ERR_GONE, IRC_REFUSED_FORWARD);
}

/* ---- standard replies ------------------------------------------------- */

/* FAIL command code [context ...] :text.  A name in the context is ours. */
static struct irc_ask *
find_failed(struct irc_proto *p, struct irc_event *ev, unsigned kinds)
{
	uint32_t label = irc_line_label(p);
	struct irc_ask *a = NULL;
	size_t i;

	if (label)
		return irc_ask_labeled(&p->asks, label);
	for (i = 2; i + 1 < p->m.nparam && !a; i++) {
		if (p->m.param[i].len == 0)
			continue;
		a = irc_ask_find(&p->asks, kinds, p->is.casemap, p->m.param[i]);
		if (a)
			ev->target = p->m.param[i];
	}
	/* Most messages are taken: without a name none is to blame. */
	if (!a && kinds != BIT(MESSAGE))
		a = irc_ask_find(&p->asks, kinds, p->is.casemap, STR_EMPTY);
	return a;
}

bool
irc_on_fail(struct irc_proto *p, struct irc_event *ev)
{
	const struct irc_msg *m = &p->m;
	struct irc_ask *a = find_failed(p, ev, kinds_of(m->param[0]));
	bool renamed = str_is(m->param[1], "CHANNEL_RENAMED") && m->nparam > 4;

	ev->text = irc_clean(p, irc_last(p));
	if (renamed)
		ev->forward = m->param[3];
	return irc_failed(p, a, ev, renamed ? ERR_GONE : ERR_DENIED,
	    renamed ? IRC_REFUSED_FORWARD : IRC_REFUSED_OTHER);
}

static bool
show(struct irc_proto *p, struct irc_event *ev, struct str text)
{
	ev->type = IRC_EV_SERVER_TEXT;
	ev->code = irc_msg_numeric(&p->m);
	ev->is_server = true;
	ev->text = irc_clean(p, text);
	return ev->text.len > 0;
}

bool
irc_on_note(struct irc_proto *p, struct irc_event *ev)
{
	return show(p, ev, irc_last(p));
}

/* ---- the message of the day ------------------------------------------- */

bool
irc_on_motd_start(struct irc_proto *p, struct irc_event *ev)
{
	(void)ev;
	buf_clear(&p->motd);
	p->motd_comes = true;
	return false;
}

bool
irc_on_motd(struct irc_proto *p, struct irc_event *ev)
{
	struct str text = irc_last(p);

	(void)ev;
	if (str_starts(text, STR("- ")))
		text = str_skip(text, 2);
	else if (str_is(text, "-"))
		text = STR_EMPTY;
	p->motd_comes = true;
	/* Over the ceiling the rest is left out. */
	(void)buf_addf(&p->motd, STR_FMT "\n", STR_ARG(irc_clean(p, text)));
	return false;
}

/* 376; 422 there is none. */
bool
irc_on_motd_end(struct irc_proto *p, struct irc_event *ev)
{
	struct str text = buf_str(&p->motd);

	while (text.len && text.p[text.len - 1] == '\n')
		text.len--;
	p->motd_comes = false;
	ev->type = IRC_EV_SERVER_TEXT;
	ev->code = 372;
	ev->is_server = true;
	ev->text = text;
	return text.len > 0;
}

/* ---- all other numerics ----------------------------------------------- */

/* Versions, counts of users, ends of lists: no news for people. */
static bool
is_dull(unsigned code)
{
	static const unsigned char after_200[] = { 50, 51, 52, 53, 55, 65, 66 };
	size_t i;

	if (code < 50 || code == 315 || code == 329 || code == 369)
		return true;
	for (i = 0; i < sizeof(after_200); i++)
		if (code == 200u + after_200[i])
			return true;
	return false;
}

/* Longer ones are shown as they are: all has to fit beside its clean copy. */
enum { JOIN_MAX = 1024 };

/* With blanks between them, without the colon in front of the last. */
static struct str
join_params(struct irc_proto *p)
{
	size_t start = p->text.len, i;

	for (i = 1; i < p->m.nparam; i++) {
		(void)irc_keep(p, i > 1 ? STR(" ") : STR_EMPTY);
		(void)irc_keep(p, p->m.param[i]);
	}
	return str_skip(buf_str(&p->text), start);
}

bool
irc_show_all(struct irc_proto *p, struct irc_event *ev)
{
	struct str text = irc_last(p);

	if (p->m.nparam > 2 && p->line_len <= JOIN_MAX) {
		text = join_params(p);
	} else if (p->m.nparam > 2) {
		text.p = p->m.param[1].p;
		text.len = (size_t)(irc_last(p).p - text.p) + irc_last(p).len;
	}
	return show(p, ev, text);
}

/* ---- the list of bans ------------------------------------------------- */

static struct irc_ask *
asked_for_bans(const struct irc_proto *p)
{
	return irc_ask_find(&p->asks, BIT(BANS), p->is.casemap, p->m.param[1]);
}

/* 367 me #channel mask [setter [time]]; for people, if they typed it. */
bool
irc_on_ban(struct irc_proto *p, struct irc_event *ev)
{
	const struct irc_ask *a = asked_for_bans(p);
	const struct irc_msg *m = &p->m;
	uint64_t seconds = 0;

	if (!a)
		return irc_show_all(p, ev);
	ev->type = IRC_EV_BAN;
	ev->channel = m->param[1];
	ev->text = irc_clean(p, m->param[2]);
	ev->ref = a->ref;
	ev->who = (struct irc_who){ .nick = STR_EMPTY };
	irc_msg_prefix(
	    m->param[3], &ev->who.nick, &ev->who.user, &ev->who.host);
	if (str_to_uint(m->param[4], UINT32_MAX, &seconds))
		ev->at_utc = (int64_t)seconds * 1000;
	return true;
}

bool
irc_on_bans_end(struct irc_proto *p, struct irc_event *ev)
{
	if (!asked_for_bans(p))
		return irc_show_all(p, ev);
	ev->type = IRC_EV_BANS_END;
	ev->channel = p->m.param[1];
	ev->ref = irc_answer(p, IRC_ASK_BANS, ev->channel);
	return true;
}

/* ---- the others ------------------------------------------------------- */

bool
irc_on_numeric(struct irc_proto *p, struct irc_event *ev)
{
	unsigned code = irc_msg_numeric(&p->m);
	const struct refusal *r = bsearch(
	    &code, refusals, NREFUSAL, sizeof(refusals[0]), refusal_cmp);

	if (irc_regain_refused(p))
		return false;
	if (r)
		return on_refusal(p, ev, r);
	if (is_dull(code))
		return false;
	return irc_show_all(p, ev);
}
