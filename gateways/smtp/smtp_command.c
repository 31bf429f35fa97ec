/*
 * The commands: who may say them when, and what is answered.
 */
#include <stdlib.h>

#include "smtp/smtp_state.h"

enum { HELO_MAX = 255 };

typedef void command_fn(
    struct smtp_proto *p, struct str args, struct smtp_event *ev);

static bool
has_args(struct smtp_proto *p, struct str args)
{
	if (str_trim(args).len == 0)
		return false;
	smtp_fail(p, 501, "5.5.4", "this command has no arguments");
	return true;
}

/* ---- hello ---------------------------------------------------------------- */

static bool
offers_auth(const struct smtp_proto *p)
{
	return p->as.has_auth && (p->is_tls || p->as.clear_auth) && !p->user;
}

static void
say_keyword(struct smtp_proto *p, char sep, const char *keyword)
{
	buf_addf(&p->out, "250%c%s\r\n", sep, keyword);
}

static void
say_keywords(struct smtp_proto *p)
{
	buf_addf(&p->out, "250-%s\r\n250-SIZE %zu\r\n250-LIMITS RCPTMAX=%u\r\n",
	    p->host, p->as.size_max, p->as.recipients_max);
	say_keyword(p, '-', "PIPELINING");
	say_keyword(p, '-', "8BITMIME");
	if (p->as.has_tls && !p->is_tls)
		say_keyword(p, '-', "STARTTLS");
	if (offers_auth(p))
		say_keyword(p, '-', "AUTH PLAIN LOGIN");
	if (p->as.may_xforward)
		say_keyword(p, '-', "XFORWARD " SMTP_XFORWARD_NAMES);
	if (p->as.may_xclient)
		say_keyword(p, '-', "XCLIENT " SMTP_XCLIENT_NAMES);
	say_keyword(p, '-', "ENHANCEDSTATUSCODES");
	say_keyword(p, ' ', "SMTPUTF8");
}

/* A name, an address in brackets, or whatever a printer calls itself. */
static bool
read_hello(struct smtp_proto *p, struct str args)
{
	struct str name = str_trim(args);

	if (name.len == 0 || name.len > HELO_MAX || str_has(name, ' ') ||
	    str_has(name, '\t') || str_has(name, '<') || str_has(name, '>')) {
		smtp_fail(p, 501, "5.5.4", "say your name, and nothing else");
		return false;
	}
	str_store(&p->helo, name);
	smtp_forget_mail(p);
	return true;
}

static void
on_helo(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)ev;
	if (read_hello(p, args))
		smtp_say(p, 250, NULL, "%s", p->host);
}

static void
on_ehlo(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)ev;
	if (read_hello(p, args))
		say_keywords(p);
}

/* ---- who sends ------------------------------------------------------------ */

/* What MAIL says beside the sender. */
struct mail_params {
	uint64_t size;
	bool has_size, has_body, has_auth, utf8;
};

enum verdict { FINE, UNKNOWN, WRONG };

static enum verdict
read_size(struct mail_params *m, const struct smtp_param *param)
{
	if (m->has_size || param->value.len > 20 ||
	    !str_to_uint(param->value, UINT64_MAX, &m->size))
		return WRONG;
	m->has_size = true;
	return FINE;
}

static enum verdict
read_body(struct mail_params *m, const struct smtp_param *param)
{
	if (m->has_body ||
	    (!str_eq_nocase(param->value, STR("7BIT")) &&
	        !str_eq_nocase(param->value, STR("8BITMIME"))))
		return WRONG;
	m->has_body = true;
	return FINE;
}

/* Who has said it first, for those who believe it: not for us. */
static enum verdict
read_auth(struct mail_params *m, const struct smtp_param *param)
{
	if (m->has_auth || !param->has_value)
		return WRONG;
	m->has_auth = true;
	return FINE;
}

static enum verdict
read_utf8(struct mail_params *m, const struct smtp_param *param)
{
	if (m->utf8 || param->has_value)
		return WRONG;
	m->utf8 = true;
	return FINE;
}

static enum verdict
read_mail_param(const struct smtp_proto *p, struct mail_params *m,
    const struct smtp_param *param)
{
	if (str_eq_nocase(param->key, STR("SIZE")))
		return read_size(m, param);
	if (str_eq_nocase(param->key, STR("BODY")))
		return read_body(m, param);
	if (str_eq_nocase(param->key, STR("SMTPUTF8")))
		return read_utf8(m, param);
	if (str_eq_nocase(param->key, STR("AUTH")) && p->as.has_auth)
		return read_auth(m, param);
	return UNKNOWN;
}

static bool
read_mail_params(struct smtp_proto *p, struct str rest, struct mail_params *m)
{
	struct smtp_param param;
	int more;

	while (more = smtp_param_read(&rest, &param), more > 0) {
		enum verdict is = read_mail_param(p, m, &param);

		if (is == FINE)
			continue;
		smtp_fail(p, is == UNKNOWN ? 555 : 501, "5.5.4",
		    is == UNKNOWN ? "MAIL has no parameter " STR_FMT " here"
		                  : "the parameter " STR_FMT " is malformed",
		    STR_ARG(str_head(param.key, 40)));
		return false;
	}
	if (more < 0)
		smtp_fail(p, 501, "5.5.4", "a parameter is malformed");
	return more == 0;
}

/* "FROM:", "TO:": blanks in front of the colon are nobody's. */
static bool
read_word(struct str *args, struct str word)
{
	*args = str_trim(*args);
	if (!str_eq_nocase(str_head(*args, word.len), word))
		return false;
	*args = str_skip(*args, word.len);
	return true;
}

static bool
may_send(struct smtp_proto *p)
{
	if (p->sender)
		smtp_fail(p, 503, "5.5.1", "there is a mail under way");
	else if (p->as.needs_auth && smtp_proto_user(p).len == 0)
		smtp_fail(p, 530, "5.7.0", "log in first");
	else
		return true;
	return false;
}

static void
on_mail(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	struct mail_params m = { .size = 0 };
	struct smtp_path path;
	const char *bad;

	if (!may_send(p))
		return;
	if (!read_word(&args, STR("FROM:"))) {
		smtp_fail(p, 501, "5.5.4", "it is MAIL FROM:<address>");
		return;
	}
	bad = smtp_path_read(&args, &path);
	if (bad) {
		smtp_refuse(p, 501, "5.1.7", "%s", bad);
		return;
	}
	if (!read_mail_params(p, args, &m))
		return;
	if (m.size > p->as.size_max) {
		smtp_say(p, 552, "5.3.4", "a mail has %zu bytes at most",
		    p->as.size_max);
		return;
	}
	p->size = m.size;
	p->utf8 = m.utf8;
	p->candidate = str_dup(path.address);
	smtp_ask(p, ev, SMTP_EV_SENDER, str_c(p->candidate));
}

/* ---- to whom -------------------------------------------------------------- */

/* What can be said without knowing whom there is. */
static bool
check_recipient(struct smtp_proto *p, const struct smtp_path *path)
{
	if (path->address.len == 0)
		smtp_refuse(p, 501, "5.1.3", "a recipient needs an address");
	else if (!path->is_ascii)
		smtp_refuse(p, 553, "5.6.7",
		    "nobody here has an address with other letters than ASCII");
	else if (path->local.len > SMTP_LOCAL_MAX)
		smtp_refuse(
		    p, 501, "5.1.3", "the local part is longer than 64 bytes");
	else if (!smtp_path_is_dotted_well(path))
		smtp_refuse(
		    p, 501, "5.1.3", "the dots of the address are wrong");
	else if (path->domain.len == 0 &&
	    !str_eq_nocase(path->local, STR("postmaster")))
		smtp_refuse(p, 501, "5.1.3", "the address needs a domain");
	else
		return true;
	return false;
}

static void
on_rcpt(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	struct smtp_path path;
	const char *bad;

	if (!p->sender) {
		smtp_fail(p, 503, "5.5.1", "say MAIL first");
		return;
	}
	if (!read_word(&args, STR("TO:"))) {
		smtp_fail(p, 501, "5.5.4", "it is RCPT TO:<address>");
		return;
	}
	bad = smtp_path_read(&args, &path);
	if (bad) {
		smtp_refuse(p, 501, "5.1.3", "%s", bad);
	} else if (str_trim(args).len > 0) {
		smtp_fail(p, 555, "5.5.4", "RCPT has no parameters here");
	} else if (check_recipient(p, &path)) {
		if (p->nrecipient >= p->as.recipients_max) {
			smtp_say(p, 452, "4.5.3", "too many recipients");
			return;
		}
		p->candidate = str_dup(path.address);
		smtp_ask(p, ev, SMTP_EV_RECIPIENT, str_c(p->candidate));
	}
}

/* ---- the mail ------------------------------------------------------------- */

static void
on_data(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	if (has_args(p, args))
		return;
	if (!p->sender) {
		smtp_fail(p, 503, "5.5.1", "say MAIL and RCPT first");
		return;
	}
	/* Each refused recipient has been counted already. */
	if (p->nrecipient == 0) {
		smtp_say(p, p->as.is_lmtp ? 503 : 554, "5.5.1",
		    "there is no recipient to take it");
		return;
	}
	smtp_data_begin(&p->data, p->as.size_max, !p->as.is_strict);
	p->stage = SMTP_DATA;
	smtp_say(p, 354, NULL, "go on, and end with CR LF . CR LF");
	ev->type = SMTP_EV_DATA;
}

static void
on_rset(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)ev;
	if (has_args(p, args))
		return;
	smtp_forget_mail(p);
	smtp_say(p, 250, "2.0.0", "forgotten");
}

/* ---- the rest ------------------------------------------------------------- */

static void
on_noop(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)args;
	(void)ev;
	smtp_say(p, 250, "2.0.0", "ok");
}

static void
on_vrfy(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)ev;
	if (str_trim(args).len == 0)
		smtp_fail(p, 501, "5.5.4", "it is VRFY address");
	else
		smtp_say(p, 252, "2.0.0", "try RCPT, and you will see");
}

static void
on_help(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)args;
	(void)ev;
	smtp_say(p, 214, "2.0.0", "%s MAIL RCPT DATA RSET NOOP VRFY QUIT",
	    p->as.is_lmtp ? "LHLO" : "EHLO HELO");
}

static void
on_quit(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)ev;
	if (has_args(p, args))
		return;
	smtp_say(p, 221, "2.0.0", "%s says goodbye", p->host);
	smtp_end(p);
}

static void
on_unwanted(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)args;
	(void)ev;
	smtp_fail(p, 502, "5.5.1", "this is not done here");
}

/* A web browser that somebody has sent here: what follows is not for us. */
static void
on_browser(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)args;
	(void)ev;
	smtp_say(p, 421, "4.7.0", "this is no web server");
	smtp_end(p);
}

/* ---- TLS, and logins ------------------------------------------------------ */

static void
on_starttls(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	if (has_args(p, args))
		return;
	if (!p->as.has_tls)
		smtp_fail(p, 502, "5.5.1", "there is no TLS here");
	else if (p->is_tls)
		smtp_fail(p, 503, "5.5.1", "TLS is on already");
	else
		smtp_ask(p, ev, SMTP_EV_STARTTLS, STR_EMPTY);
}

static void
auth_step(struct smtp_proto *p, enum smtp_auth_step step, struct smtp_event *ev)
{
	p->stage = SMTP_COMMAND;
	switch (step) {
	case SMTP_AUTH_ASK:
		p->stage = SMTP_AUTH;
		smtp_say(p, 334, NULL, "%s", p->auth.challenge);
		break;
	case SMTP_AUTH_DONE:
		smtp_ask(p, ev, SMTP_EV_LOGIN, secret_str(&p->auth.user));
		ev->password = secret_str(&p->auth.password);
		break;
	case SMTP_AUTH_UNKNOWN:
		smtp_fail(p, 504, "5.5.4", "PLAIN and LOGIN are understood");
		break;
	case SMTP_AUTH_BAD:
		smtp_fail(p, 501, "5.5.2", "that is no such login");
		break;
	case SMTP_AUTH_GIVEN_UP:
		smtp_fail(p, 501, "5.7.0", "the login was given up");
		break;
	}
	if (step != SMTP_AUTH_ASK && step != SMTP_AUTH_DONE)
		smtp_auth_release(&p->auth);
}

void
smtp_auth_line(struct smtp_proto *p, struct str line, struct smtp_event *ev)
{
	auth_step(p, smtp_auth_next(&p->auth, line), ev);
}

static void
on_auth(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	struct str mechanism;
	bool has_initial;

	args = str_trim(args);
	if (!p->as.has_auth)
		smtp_fail(p, 502, "5.5.1", "there are no logins here");
	else if (p->user || p->sender)
		smtp_fail(p, 503, "5.5.1", "not now");
	else if (!offers_auth(p))
		smtp_fail(p, 538, "5.7.11", "say STARTTLS first");
	else if (args.len == 0)
		smtp_fail(p, 501, "5.5.4", "it is AUTH PLAIN or AUTH LOGIN");
	else {
		has_initial = str_has(args, ' ');
		(void)str_cut(&args, ' ', &mechanism);
		auth_step(p,
		    smtp_auth_begin(
		        &p->auth, mechanism, str_trim(args), has_initial),
		    ev);
	}
}

/* ---- who is behind the peer ----------------------------------------------- */

static bool
may_tell_origin(struct smtp_proto *p, bool may)
{
	if (!may)
		smtp_fail(p, 550, "5.7.0", "you may not");
	else if (p->sender)
		smtp_fail(p, 503, "5.5.1", "there is a mail under way");
	else
		return true;
	return false;
}

static void
on_xforward(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)ev;
	if (!may_tell_origin(p, p->as.may_xforward))
		return;
	if (!p->is_forwarded)
		p->forward = p->client;
	p->is_forwarded = true;
	if (smtp_origin_read(&p->forward, args, false))
		smtp_say(p, 250, "2.0.0", "ok");
	else
		smtp_fail(p, 501, "5.5.4", "an attribute is malformed");
}

/* It begins anew, as if the client itself had come. */
static void
on_xclient(struct smtp_proto *p, struct str args, struct smtp_event *ev)
{
	(void)ev;
	if (!may_tell_origin(p, p->as.may_xclient))
		return;
	if (!smtp_origin_read(&p->client, args, true)) {
		smtp_fail(p, 501, "5.5.4", "an attribute is malformed");
		return;
	}
	smtp_forget_mail(p);
	free(p->helo);
	free(p->user);
	p->helo = p->user = NULL;
	smtp_banner(p);
}

/* ---- the table ------------------------------------------------------------ */

enum {
	LMTP = 1 << 0,
	SMTP = 1 << 1,
	BOTH = LMTP | SMTP,
	HELLO = 1 << 2, /* only after it */
	CLEAR = 1 << 3, /* also where TLS must come first */
	JUNK = 1 << 4,  /* does not lead to a mail */
	LAST = 1 << 5,  /* also when the connection is to end */
};

static const struct command {
	const char *verb;
	int flags;
	command_fn *fn;
} commands[] = {
	{ "LHLO", LMTP | CLEAR | JUNK, on_ehlo },
	{ "EHLO", SMTP | CLEAR | JUNK, on_ehlo },
	{ "HELO", SMTP | CLEAR | JUNK, on_helo },
	{ "MAIL", BOTH | HELLO, on_mail },
	{ "RCPT", BOTH | HELLO, on_rcpt },
	{ "DATA", BOTH | HELLO, on_data },
	{ "RSET", BOTH | JUNK, on_rset },
	{ "NOOP", BOTH | CLEAR | JUNK, on_noop },
	{ "QUIT", BOTH | CLEAR | LAST, on_quit },
	{ "VRFY", BOTH | JUNK, on_vrfy },
	{ "HELP", BOTH | JUNK, on_help },
	{ "STARTTLS", BOTH | CLEAR | HELLO | JUNK, on_starttls },
	{ "AUTH", BOTH | HELLO | JUNK, on_auth },
	{ "XFORWARD", BOTH | HELLO | JUNK, on_xforward },
	{ "XCLIENT", BOTH | JUNK, on_xclient },
	{ "EXPN", BOTH, on_unwanted },
	{ "SEND", SMTP, on_unwanted },
	{ "SOML", SMTP, on_unwanted },
	{ "SAML", SMTP, on_unwanted },
	{ "TURN", BOTH, on_unwanted },
	{ "ETRN", BOTH, on_unwanted },
	{ "BDAT", BOTH, on_unwanted },
	{ "GET", BOTH | CLEAR, on_browser },
	{ "POST", BOTH | CLEAR, on_browser },
	{ "PUT", BOTH | CLEAR, on_browser },
	{ "HEAD", BOTH | CLEAR, on_browser },
	{ "OPTIONS", BOTH | CLEAR, on_browser },
	{ "CONNECT", BOTH | CLEAR, on_browser },
};

static const struct command *
find(const struct smtp_proto *p, struct str verb)
{
	int kind = p->as.is_lmtp ? LMTP : SMTP;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_eq_nocase(verb, str_c(commands[i].verb)))
			return commands[i].flags & kind ? &commands[i] : NULL;
	return NULL;
}

/* MTAs ask who exists, and ask over one connection: MAIL, RCPT, RSET. */
static bool
is_too_much_talk(struct smtp_proto *p)
{
	return ++p->njunk > SMTP_JUNK_MAX * (p->as.is_strict ? 1u : 10u);
}

static bool
may_come_now(struct smtp_proto *p, const struct command *c)
{
	if (p->ends && !(c && (c->flags & LAST))) {
		smtp_say(p, 421, "4.3.2", "%s ends this connection", p->host);
		smtp_end(p);
	} else if (!c) {
		smtp_fail(p, 500, "5.5.2", "this is no command");
	} else if (p->as.needs_tls && !p->is_tls && !(c->flags & CLEAR)) {
		smtp_fail(p, 530, "5.7.0", "say STARTTLS first");
	} else if ((c->flags & HELLO) && !p->helo) {
		smtp_fail(p, 503, "5.5.1", "say %s first",
		    p->as.is_lmtp ? "LHLO" : "EHLO");
	} else if ((c->flags & JUNK) && is_too_much_talk(p)) {
		smtp_fail(p, 450, "4.7.0", "so much talk, and no mail");
	} else {
		return true;
	}
	return false;
}

void
smtp_command(struct smtp_proto *p, struct str line, struct smtp_event *ev)
{
	const struct command *c;
	size_t n = 0;

	while (n < line.len && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	c = find(p, str_head(line, n));
	if (may_come_now(p, c))
		c->fn(p, str_skip(line, n), ev);
}
