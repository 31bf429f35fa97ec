#include "irc/irc_nickserv.h"

#include "irc/irc_handler.h"
#include "lib/secret.h"

static const struct str nickserv = { "NickServ", 8 };

enum { SAY_MAX = 2 * SECRET_MAX + 16 };

/* ---- saying it -------------------------------------------------------- */

/* NickServ reads words, and we have nothing to put around one. */
static bool
is_word(struct str s)
{
	return s.len && !str_has(s, ' ') && irc_text_is_clean(s);
}

bool
irc_nickserv_can(const struct irc_proto *p)
{
	const struct irc_sasl *s = &p->cap.sasl;

	return s->state == IRC_SASL_MISSING && !s->broken &&
	    (s->usable >> IRC_MECH_PLAIN & 1) && p->secrets_allowed &&
	    p->nickserv.state == IRC_NICKSERV_NONE &&
	    is_word(secret_str(&s->account)) &&
	    is_word(secret_str(&s->password));
}

bool
irc_nickserv_is_open(const struct irc_proto *p)
{
	return p->nickserv.state != IRC_NICKSERV_NONE &&
	    p->nickserv.state != IRC_NICKSERV_OVER;
}

/* With one word where that is enough: OFTC has the two the other way round. */
static void
say(struct irc_proto *p, struct irc_out *o)
{
	struct str account = secret_str(&p->cap.sasl.account);
	struct str line;
	struct buf words;

	buf_init(&words, SAY_MAX);
	buf_reserve(&words, SAY_MAX);
	buf_addf(&words, "IDENTIFY ");
	if (!irc_proto_is_self(p, account))
		buf_addf(&words, STR_FMT " ", STR_ARG(account));
	buf_add_str(&words, secret_str(&p->cap.sasl.password));
	irc_out_trailing(o, buf_str(&words));
	if (irc_out_end(o, &line, NULL) == 0)
		irc_send_secret(p, line);
	secret_wipe(o, sizeof(*o));
	secret_wipe(words.p, words.len);
	buf_release(&words);
}

void
irc_nickserv_begin(struct irc_proto *p)
{
	struct irc_out o;

	if (!irc_nickserv_can(p))
		return;
	p->nickserv.state = IRC_NICKSERV_SAID;
	p->nickserv.due_at = p->now_at + IRC_NICKSERV_MS;
	irc_out_init(&o, "NICKSERV");
	say(p, &o);
}

static void
ask_who(struct irc_proto *p)
{
	struct irc_out o;

	p->nickserv.state = IRC_NICKSERV_WHO;
	irc_out_init(&o, "WHOIS");
	irc_out_middle(&o, nickserv);
	irc_send_urgent(p, &o);
}

static void
tell(struct irc_proto *p)
{
	struct irc_out o;

	p->nickserv.state = IRC_NICKSERV_TOLD;
	irc_out_init(&o, "PRIVMSG");
	irc_out_middle(&o, nickserv);
	say(p, &o);
}

/* ---- how it ends ------------------------------------------------------ */

static void
done(struct irc_proto *p)
{
	p->nickserv.state = IRC_NICKSERV_OVER;
	irc_sasl_forget(&p->cap.sasl, IRC_SASL_DONE);
}

/* True: *ev tells the user; otherwise the connection ends with it. */
static bool
failed(struct irc_proto *p, struct irc_event *ev, bool wrong, struct str why)
{
	size_t start = p->text.len;

	p->nickserv.state = IRC_NICKSERV_OVER;
	if (wrong)
		irc_sasl_forget(&p->cap.sasl, IRC_SASL_REFUSED);
	(void)irc_keep(
	    p, STR("not logged in: the server offers no SASL, and "));
	(void)irc_keep(p, wrong ? STR("NickServ says: ") : STR_EMPTY);
	(void)irc_keep(p, why);
	ev->text = str_skip(buf_str(&p->text), start);
	if (p->sasl_required) {
		irc_end(p, ERR_AUTH, wrong, ev->text);
		return false;
	}
	ev->type = IRC_EV_SERVER_TEXT;
	ev->is_server = true;
	return true;
}

bool
irc_nickserv_overdue(struct irc_proto *p, struct irc_event *ev)
{
	if (!irc_nickserv_is_open(p) || p->now_at < p->nickserv.due_at)
		return false;
	memset(ev, 0, sizeof(*ev));
	return failed(p, ev, false, STR("NickServ has not answered in time"));
}

/* ---- what the server says --------------------------------------------- */

/* What is neither is something else that NickServ wants to say. */
static bool
on_words(struct irc_proto *p, struct irc_event *ev, bool *told)
{
	static const char *const bad[] = { "incorrect", "invalid", "denied",
		"not registered", "isn't registered", "isn't a registered",
		"not a registered", "wrong", "failed", "suspended", "frozen",
		NULL };
	static const char *const good[] = { "now identified", "now logged in",
		"now recognized", "password accepted", "already identified",
		"already logged in", "successfully identified", NULL };
	struct str text = p->m.param[1];

	if (irc_text_has_any(text, bad)) {
		*told = failed(p, ev, true, irc_clean(p, text));
		return true;
	}
	if (!irc_text_has_any(text, good))
		return false;
	done(p);
	return true;
}

/*
 * 312 me NickServ services.net :text; 313 me NickServ :is a Network Service.
 * The server's own words: nobody can set them for himself.
 */
static void
on_who(struct irc_proto *p, unsigned code)
{
	struct str server = p->m.param[2];

	if ((code == 312 && str_starts(server, STR("services."))) ||
	    (code == 313 && irc_text_has(irc_last(p), "service")))
		p->nickserv.is_service = true;
}

static bool
is_about_it(const struct irc_proto *p)
{
	return p->m.nparam > 1 &&
	    irc_fold_eq(p->is.casemap, p->m.param[1], nickserv);
}

static bool
on_numeric(struct irc_proto *p, struct irc_event *ev, unsigned code, bool *told)
{
	bool asked = p->nickserv.state == IRC_NICKSERV_WHO;

	if (code == 421 && !asked) {
		ask_who(p);
	} else if (asked && code == 318 && p->nickserv.is_service) {
		tell(p);
	} else if (asked && code == 318) {
		*told = failed(p, ev, false, STR("its NickServ is no service"));
	} else if (code == 401 || code == 402 || code == 440) {
		/* 440 is "services are down". */
		*told = failed(p, ev, false, STR("there is no NickServ"));
	} else if (asked) {
		on_who(p, code);
	} else {
		return false;
	}
	return true;
}

bool
irc_nickserv_line(struct irc_proto *p, struct irc_event *ev, bool *told)
{
	unsigned code = irc_msg_numeric(&p->m);
	bool says = str_is(p->m.cmd, "NOTICE") || str_is(p->m.cmd, "PRIVMSG");

	*told = false;
	if (code == 900 ||
	    (str_is(p->m.cmd, "ACCOUNT") && irc_from_self(p) &&
	        !str_is(p->m.param[0], "*"))) {
		done(p);
		return false;
	}
	if (says && p->m.nparam > 1 &&
	    irc_fold_eq(p->is.casemap, p->m.nick, nickserv))
		return on_words(p, ev, told);
	return code && is_about_it(p) && on_numeric(p, ev, code, told);
}
