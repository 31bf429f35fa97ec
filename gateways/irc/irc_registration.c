/*
 * From the first byte to 001, and how a connection ends.
 *
 * RFC 2812 3.1	PASS, NICK, USER
 * IRCv3	capability negotiation 302, SASL
 *
 *	CAP LS 302, PASS, NICK, USER ... CAP END ... 001
 *
 * NICK and USER do not wait for the answer to LS: a server that knows no CAP
 * says nothing about it (COMPAT(irc2 2.11, 2026-11)).
 */
#include <stdlib.h>

#include "lib/utf8.h"
#include "lib/xalloc.h"

#include "irc/irc_handler.h"
#include "irc/irc_nick.h"
#include "irc/irc_nickserv.h"
#include "irc/irc_regain.h"
#include "irc/irc_sts.h"

enum { REALNAME_MAX = 400, CAP_LINES_MAX = 16 * 1024 };

/* ---- sending ---------------------------------------------------------- */

static int
send_one(struct irc_proto *p, struct irc_out *o, bool secret, struct err *err)
{
	struct irc_line line = { .rank = IRC_RANK_URGENT, .secret = secret };

	if (irc_out_end(o, &line.text, err) < 0)
		return -1;
	return irc_queue_add(&p->queue, &line);
}

static int
send_pass(struct irc_proto *p, struct err *err)
{
	struct irc_out o;

	irc_out_init(&o, "PASS");
	irc_out_trailing(&o, secret_str(&p->opening->server_password));
	if (send_one(p, &o, true, err) < 0)
		return err_prefix(err, "server password");
	return 0;
}

void
irc_opening_free(struct irc_opening **op)
{
	struct irc_opening *o = *op;

	*op = NULL;
	if (!o)
		return;
	secret_release(&o->webirc);
	secret_release(&o->server_password);
	free(o);
}

/* Ahead of all else: the server looks up and counts by what it says. */
static int
send_webirc(struct irc_proto *p, struct err *err)
{
	struct str params = secret_str(&p->opening->webirc), word;
	struct irc_out o;

	irc_out_init(&o, "WEBIRC");
	while (str_cut(&params, ' ', &word))
		irc_out_middle(&o, word);
	if (send_one(p, &o, true, err) < 0)
		return err_prefix(err, "WEBIRC");
	return 0;
}

static int
send_nick(struct irc_proto *p, struct err *err)
{
	struct irc_out o;

	irc_out_init(&o, "NICK");
	irc_out_middle(&o, str_c(p->nick));
	return send_one(p, &o, false, err);
}

/* The real name is the one thing that may be cut: it only informs. */
static int
send_user(struct irc_proto *p, struct err *err)
{
	struct str realname = str_c(p->realname);
	struct irc_out o;

	irc_out_init(&o, "USER");
	irc_out_middle(&o, str_c(p->user));
	irc_out_middle(&o, STR("0"));
	irc_out_middle(&o, STR("*"));
	irc_out_trailing(
	    &o, str_head(realname, utf8_cut(realname, REALNAME_MAX)));
	if (send_one(p, &o, false, err) < 0)
		return err_prefix(err, "user name or real name");
	return 0;
}

/* A password that the protocol cannot carry is found out before it is sent. */
static int
check_secrets(struct irc_proto *p, struct err *err)
{
	struct str account = secret_str(&p->cap.sasl.account);
	bool any = p->opening->server_password.len || account.len;

	if (any && !p->secrets_allowed)
		return err_set(err, ERR_DENIED,
		    "a password would be sent in clear text; it needs TLS");
	if (str_has(account, '\0') ||
	    str_has(secret_str(&p->cap.sasl.password), '\0'))
		return err_set(err, ERR_BAD_INPUT,
		    "the account or its password has a NUL in it");
	return 0;
}

static int
send_opening(struct irc_proto *p, struct err *err)
{
	struct irc_out o;

	if (p->opening->webirc.len && send_webirc(p, err) < 0)
		return -1;
	irc_out_init(&o, "CAP");
	irc_out_middle(&o, STR("LS"));
	irc_out_middle(&o, STR("302"));
	if (send_one(p, &o, false, err) < 0)
		return -1;
	if (p->opening->server_password.len && send_pass(p, err) < 0)
		return -1;
	return send_nick(p, err) < 0 || send_user(p, err) < 0 ? -1 : 0;
}

int
irc_register(struct irc_proto *p, struct err *err)
{
	if (check_secrets(p, err) < 0 || send_opening(p, err) < 0)
		return -1;
	irc_opening_free(&p->opening);
	return 0;
}

/* ---- capabilities and SASL -------------------------------------------- */

/*
 * Logged in or not, or still busy: is it good enough to go on?  Where NickServ
 * may do instead that is seen later; and what was missing at first may come
 * and go.
 */
static bool
check_sasl(struct irc_proto *p, struct irc_event *ev, struct str why)
{
	const struct irc_sasl *s = &p->cap.sasl;
	bool wrong = s->state == IRC_SASL_REFUSED;
	bool missing = s->state == IRC_SASL_MISSING &&
	    p->state == IRC_REGISTERING && !irc_nickserv_can(p);

	if (!wrong && !missing)
		return false;
	if (s->broken)
		why = str_c(s->broken);
	else if (why.len == 0)
		why = STR("the server offers no SASL that your settings allow "
		          "at the moment");
	if (p->sasl_required) {
		irc_end(p, ERR_AUTH, wrong, why);
		return false;
	}
	ev->type = IRC_EV_SERVER_TEXT;
	ev->code = irc_msg_numeric(&p->m);
	ev->text = why;
	return true;
}

/* Runs one step of irc_cap.c and sends what it says. */
static void
send_cap(struct irc_proto *p, struct buf *lines, bool secret)
{
	irc_send_lines(p, lines, secret);
	buf_release(lines);
}

/*
 * On a clear link it is an order, and nothing else of the line counts.  The
 * other half of what may be said is for the other kind of link.
 */
static bool
find_sts(struct irc_proto *p, struct str list, struct irc_event *ev)
{
	struct str word, name;
	struct irc_sts sts;

	while (str_cut(&list, ' ', &word)) {
		str_cut(&word, '=', &name);
		if (!str_is(name, "sts") || !irc_sts_parse(word, &sts))
			continue;
		ev->type = IRC_EV_STS;
		ev->port = sts.port;
		ev->duration_ms = sts.duration_ms;
		return p->tls ? sts.has_duration : sts.port != 0;
	}
	return false;
}

static bool
tells_caps(struct str sub)
{
	return str_eq_nocase(sub, STR("LS")) || str_eq_nocase(sub, STR("NEW"));
}

bool
irc_on_cap(struct irc_proto *p, struct irc_event *ev)
{
	const struct irc_msg *m = &p->m;
	bool more = m->nparam > 3 && str_is(m->param[2], "*");
	enum irc_sasl_state before = p->cap.sasl.state;
	struct str list = m->nparam > 2 ? irc_last(p) : STR_EMPTY;
	bool sts = tells_caps(m->param[1]) && find_sts(p, list, ev);
	struct buf lines;

	if (sts && !p->tls)
		return true;
	buf_init(&lines, CAP_LINES_MAX);
	irc_cap_line(&p->cap, m->param[1], more, list, &lines);
	send_cap(p, &lines, false);
	if (p->state != IRC_REGISTERING && p->cap.sasl.state != before)
		p->relogin_at = irc_sasl_is_busy(&p->cap.sasl)
		    ? p->now_at + IRC_RELOGIN_MS
		    : -1;
	if (sts)
		return true;
	return p->cap.sasl.state != before && check_sasl(p, ev, STR_EMPTY);
}

bool
irc_on_authenticate(struct irc_proto *p, struct irc_event *ev)
{
	struct buf lines;

	buf_init(&lines, CAP_LINES_MAX);
	irc_cap_authenticate(&p->cap, p->m.param[0], &lines);
	send_cap(p, &lines, true);
	ev->type = IRC_EV_DERIVE;
	return p->cap.sasl.state == IRC_SASL_DERIVING;
}

void
irc_proto_derived(struct irc_proto *p, const uint8_t key[CRYPTO_SHA256_BYTES])
{
	struct buf lines;

	if (p->state == IRC_LEAVING || p->state == IRC_CLOSED)
		return;
	buf_init(&lines, CAP_LINES_MAX);
	irc_sasl_derived(&p->cap.sasl, key, &lines);
	send_cap(p, &lines, true);
}

bool
irc_on_sasl(struct irc_proto *p, struct irc_event *ev)
{
	enum irc_sasl_state before = p->cap.sasl.state;
	struct buf lines;

	buf_init(&lines, CAP_LINES_MAX);
	irc_cap_sasl_numeric(&p->cap, irc_msg_numeric(&p->m),
	    p->m.nparam > 1 ? p->m.param[1] : STR_EMPTY, &lines);
	send_cap(p, &lines, false);
	if (p->cap.sasl.state == IRC_SASL_DONE)
		irc_regain_logged_in(p);
	return p->cap.sasl.state != before &&
	    check_sasl(p, ev, irc_clean(p, irc_last(p)));
}

/*
 * 900 only says what 903 will say.  In mid-session that is news: services are
 * back.  Or the user has told NickServ himself, which answers him.
 */
bool
irc_on_logged_in(struct irc_proto *p, struct irc_event *ev)
{
	if (p->state == IRC_REGISTERING)
		return false;
	if (!irc_sasl_is_busy(&p->cap.sasl)) {
		irc_logged_in(p);
		return false;
	}
	ev->type = IRC_EV_SERVER_TEXT;
	ev->code = 900;
	ev->is_server = true;
	ev->text = irc_clean(p, irc_last(p));
	return ev->text.len > 0;
}

void
irc_logged_in(struct irc_proto *p)
{
	if (irc_sasl_is_busy(&p->cap.sasl))
		return;
	irc_sasl_forget(&p->cap.sasl, IRC_SASL_DONE);
	irc_regain_logged_in(p);
}

/* A server that has begun and says no more. */
void
irc_relogin_tick(struct irc_proto *p)
{
	if (p->relogin_at < 0 || p->now_at < p->relogin_at)
		return;
	p->relogin_at = -1;
	irc_sasl_lost(&p->cap.sasl);
}

/* ---- welcome ---------------------------------------------------------- */

/*
 * The server's word on our nick is final: it may have been cut or replaced,
 * so everything later compares against this copy (RFC 2812 5.1).
 */
bool
irc_on_welcome(struct irc_proto *p, struct irc_event *ev)
{
	enum irc_sasl_state before = p->cap.sasl.state;
	bool told;

	if (p->state != IRC_REGISTERING || p->m.param[0].len == 0)
		return false;
	irc_set_nick(p, p->m.param[0]);
	irc_cap_registered(&p->cap);
	told = p->cap.sasl.state != before && check_sasl(p, ev, STR_EMPTY);
	if (p->state == IRC_CLOSED)
		return false;
	p->state = IRC_WELCOMED;
	p->start_at = p->now_at;
	irc_nickserv_begin(p);
	return told;
}

/* Between our nick and a sentence; the sentence differs (ngIRCd). */
bool
irc_on_isupport(struct irc_proto *p, struct irc_event *ev)
{
	enum irc_casemap before = p->is.casemap;
	bool changed = false;
	size_t i;

	for (i = 1; i < p->m.nparam; i++)
		if (!str_has(p->m.param[i], ' '))
			changed |= irc_isupport_token(&p->is, p->m.param[i]);
	ev->type = IRC_EV_ISUPPORT;
	ev->on = before != p->is.casemap;
	return changed;
}

/*
 * Another nick: the wish with a tail; if the server dislikes the wish itself,
 * first one of the length that every server takes, then the fallback's.
 */
static bool
next_nick(struct irc_proto *p, bool invalid)
{
	char nick[IRC_NICK_BYTES];
	struct str base = str_c(p->base);

	if (++p->nick_try > IRC_NICK_TRIES)
		return false;
	if (invalid && strlen(p->nick) > IRC_NICK_PORTABLE) {
		p->nick_max = IRC_NICK_PORTABLE;
		irc_nick_map(base, STR_EMPTY, p->nick_max, nick);
	} else if (invalid) {
		irc_nick_map(
		    str_c(p->fallback), STR("guest"), IRC_NICK_PORTABLE, nick);
		if (str_is(base, nick))
			return false;
		free(p->base);
		p->base = xstrdup(nick);
	} else {
		irc_nick_alternate(base, p->nick_try, p->nick_max, nick);
	}
	irc_set_nick(p, str_c(nick));
	return true;
}

/* 432 not a nick, 433 and 436 taken, 437 not now (also said of channels). */
bool
irc_on_nick_refused(struct irc_proto *p, struct irc_event *ev)
{
	bool invalid = irc_msg_numeric(&p->m) == 432;

	if (p->state != IRC_REGISTERING)
		return irc_on_numeric(p, ev);
	if (!invalid && str_is(str_c(p->nick), p->base))
		p->regain.in_use = true;
	if (!next_nick(p, invalid)) {
		irc_end(p, invalid ? ERR_BAD_INPUT : ERR_CONFLICT, invalid,
		    irc_clean(p, irc_last(p)));
		return false;
	}
	(void)send_nick(p, NULL); /* a valid nick always fits */
	return false;
}

/* ---- the end ---------------------------------------------------------- */

bool
irc_on_password(struct irc_proto *p, struct irc_event *ev)
{
	if (p->state != IRC_REGISTERING)
		return irc_on_numeric(p, ev);
	irc_note_end(p, ERR_AUTH, true, irc_clean(p, irc_last(p)));
	return false;
}

/* 465 comes just before the server hangs up, also in mid-session. */
bool
irc_on_banned(struct irc_proto *p, struct irc_event *ev)
{
	(void)ev;
	irc_note_end(p, ERR_DENIED, true, irc_clean(p, irc_last(p)));
	p->turned_away = true;
	return false;
}

bool
irc_on_kill(struct irc_proto *p, struct irc_event *ev)
{
	(void)ev;
	if (irc_proto_is_self(p, p->m.param[0]))
		irc_note_end(
		    p, ERR_UNREACHABLE, false, irc_clean(p, irc_last(p)));
	return false;
}

/* Throttles and connection limits, told in words only (QUIRKS.md). */
static bool
is_too_many(struct str text)
{
	static const char *const word[] = { "too many", "throttle", "too fast",
		"no more connections", "clones", NULL };

	return irc_text_has_any(text, word);
}

/* These pass, though some of them too say "banned". */
static bool
is_ban(struct str text)
{
	static const char *const word[] = { "k-line", "g-line", "z-line",
		"banned", "akill", "d-line", "autokill", NULL };

	return !is_too_many(text) && irc_text_has_any(text, word);
}

bool
irc_on_error(struct irc_proto *p, struct irc_event *ev)
{
	struct str text = irc_clean(p, irc_last(p));
	bool too_many = p->state == IRC_REGISTERING && is_too_many(text);

	(void)ev;
	p->closing.after_quit = p->state == IRC_LEAVING && p->start_at >= 0;
	if (is_ban(text))
		irc_end(p, ERR_DENIED, true, text);
	else
		irc_end(p, too_many ? ERR_BUSY : ERR_UNREACHABLE, false, text);
	if (too_many || is_ban(text))
		p->turned_away = true;
	return false;
}

/* ---- liveness --------------------------------------------------------- */

bool
irc_on_ping(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_out o;

	(void)ev;
	irc_out_init(&o, "PONG");
	irc_out_trailing(&o, p->m.param[0]);
	irc_send_urgent(p, &o);
	return false;
}

/* What became of an ask that nothing answered; false: nobody has to know. */
static bool
settled(struct irc_proto *p, struct irc_ask *a, struct irc_event *ev)
{
	bool is_news = a->ref && !a->failed && a->kind != IRC_ASK_RAW;

	ev->type = IRC_ASK_BIT(a->kind) & IRC_ASK_SETTLED ? IRC_EV_DONE
	                                                  : IRC_EV_ACCEPTED;
	ev->ref = a->ref;
	if (a->echo) { /* neither refused nor sent back */
		ev->type = IRC_EV_FAILED;
		ev->err = ERR_TIMEOUT;
		ev->ask = a->kind;
		ev->target = irc_keep(p, irc_ask_target(a));
		ev->text = STR("the server has not confirmed this; it may "
		               "not have been passed on");
		ev->unsure = true;
	}
	irc_ask_free(&p->asks, &a);
	return is_news;
}

/*
 * A MODE that changes nothing has no answer, nor has a message or a reaction.  Servers take
 * lines in their order, so what the PONG finds open is done.
 */
bool
irc_step_settle(struct irc_proto *p, struct irc_event *ev)
{
	unsigned kinds = IRC_ASK_SETTLED | IRC_ASK_BIT(IRC_ASK_MESSAGE) |
	    IRC_ASK_BIT(IRC_ASK_RAW) | IRC_ASK_BIT(IRC_ASK_TYPING);
	struct irc_ask *mark = irc_ask_find(
	    &p->asks, IRC_ASK_BIT(IRC_ASK_SETTLE), p->is.casemap, STR_EMPTY);
	struct irc_ask *a;

	while (mark && (a = irc_ask_before(&p->asks, kinds, mark)))
		if (settled(p, a, ev))
			return true;
	p->step = IRC_STEP_NONE;
	irc_ask_free(&p->asks, &mark);
	irc_fence(p);
	return false;
}

/* That the server lives has already been seen. */
bool
irc_on_pong(struct irc_proto *p, struct irc_event *ev)
{
	const struct irc_ask *mark;

	if (!str_is(irc_last(p), IRC_SETTLE_TOKEN))
		return false;
	mark = irc_ask_find(
	    &p->asks, IRC_ASK_BIT(IRC_ASK_SETTLE), p->is.casemap, STR_EMPTY);
	if (mark)
		p->lag_ms = (int32_t)(p->heard_at - mark->sent_at);
	p->step = IRC_STEP_SETTLE;
	return irc_step_settle(p, ev);
}
