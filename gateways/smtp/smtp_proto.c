#include "smtp/smtp_proto.h"

#include <stdlib.h>

#include "lib/secret.h"
#include "lib/xalloc.h"
#include "smtp/smtp_state.h"

enum {
	IN_MAX = SMTP_FEED_MAX + SMTP_AUTH_LINE_MAX + 2,
	OUT_PAUSE = 16 * 1024, /* nothing more is looked at */
	/* A command more, and the replies to one mail. */
	OUT_MAX = OUT_PAUSE + (MAIL_RCPT_MAX + 4) * (MAIL_REPLY_TEXT + 24),
};

static const char bad_end[] = "lines end by CR LF here";

/* ---- writing -------------------------------------------------------------- */

static void __attribute__((format(printf, 4, 0))) say_va(struct smtp_proto *p,
    int code, const char *enhanced, const char *fmt, va_list ap)
{
	buf_addf(&p->out, "%d%s%s ", code, enhanced ? " " : "",
	    enhanced ? enhanced : "");
	buf_addv(&p->out, fmt, ap);
	buf_add_str(&p->out, STR("\r\n"));
}

void
smtp_say(
    struct smtp_proto *p, int code, const char *enhanced, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_va(p, code, enhanced, fmt, ap);
	va_end(ap);
}

void
smtp_end(struct smtp_proto *p)
{
	p->stage = SMTP_OVER;
	p->asked = SMTP_EV_NONE;
	p->tells_close = true;
}

static void
delay(struct smtp_proto *p)
{
	p->delayed = p->tells_delay = true;
}

/* Somebody who makes so many mistakes wants something else. */
static void
count_error(struct smtp_proto *p)
{
	p->nerror++;
	if (p->nerror >= p->as.errors_max) {
		smtp_say(p, 421, "4.7.0", "too many errors, goodbye");
		smtp_end(p);
	} else if (p->nerror >= SMTP_PATIENCE) {
		delay(p);
	}
}

void
smtp_fail(
    struct smtp_proto *p, int code, const char *enhanced, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_va(p, code, enhanced, fmt, ap);
	va_end(ap);
	count_error(p);
}

void
smtp_refuse(
    struct smtp_proto *p, int code, const char *enhanced, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_va(p, code, enhanced, fmt, ap);
	va_end(ap);
	if (p->as.is_strict)
		count_error(p);
}

void
smtp_banner(struct smtp_proto *p)
{
	smtp_say(p, 220, NULL, "%s %s Passerelle", p->host,
	    p->as.is_lmtp ? "LMTP" : "ESMTP");
}

struct str
smtp_proto_out(const struct smtp_proto *p)
{
	return p->delayed ? STR_EMPTY : buf_str(&p->out);
}

void
smtp_proto_wrote(struct smtp_proto *p, size_t n)
{
	buf_drop(&p->out, n);
	buf_trim(&p->out);
}

/* ---- one mail ------------------------------------------------------------- */

void
smtp_forget_mail(struct smtp_proto *p)
{
	for (size_t i = 0; i < p->nrecipient; i++)
		free((char *)(uintptr_t)p->recipient[i].p);
	free(p->recipient);
	free(p->sender);
	free(p->candidate);
	p->recipient = NULL;
	p->nrecipient = 0;
	p->sender = p->candidate = NULL;
	p->size = 0;
	p->utf8 = false;
	p->is_forwarded = false;
}

void
smtp_proto_envelope(const struct smtp_proto *p, struct mail_envelope *out)
{
	const char *sender = p->sender;

	if (p->asked == SMTP_EV_SENDER)
		sender = p->candidate;
	*out = (struct mail_envelope){ .sender = str_c(sender),
		.recipient = p->recipient,
		.nrecipient = p->nrecipient,
		.size = p->size,
		.is_lmtp = p->as.is_lmtp,
		.utf8 = p->utf8 };
}

/* ---- answers -------------------------------------------------------------- */

void
smtp_ask(struct smtp_proto *p, struct smtp_event *ev, enum smtp_event_type type,
    struct str text)
{
	p->asked = type;
	ev->type = type;
	ev->text = text;
}

static void
say_reply(struct smtp_proto *p, const struct mail_reply *r)
{
	smtp_say(p, r->code, r->enhanced, "%s", r->text);
	if (r->code == 421)
		smtp_end(p);
}

static void
add_recipient(struct smtp_proto *p)
{
	p->recipient = xrealloc_array(
	    p->recipient, p->nrecipient + 1, sizeof(*p->recipient));
	p->recipient[p->nrecipient++] = str_c(p->candidate);
	p->candidate = NULL;
}

static void
accept_candidate(struct smtp_proto *p, enum smtp_event_type asked)
{
	if (asked == SMTP_EV_SENDER) {
		p->sender = p->candidate;
		p->candidate = NULL;
	} else {
		add_recipient(p);
	}
}

/* A guess at passwords, or at names. */
static void
note_refusal(struct smtp_proto *p, enum smtp_event_type asked, int code)
{
	if (p->stage == SMTP_OVER)
		return;
	if (asked == SMTP_EV_LOGIN && ++p->nlogin >= SMTP_LOGINS_MAX) {
		smtp_say(p, 421, "4.7.0", "too many logins have failed");
		smtp_end(p);
	} else if (asked == SMTP_EV_LOGIN) {
		delay(p);
	} else if (p->as.is_strict && code >= 500) {
		count_error(p);
	}
}

static void
log_in(struct smtp_proto *p)
{
	str_store(&p->user, secret_str(&p->auth.user));
}

void
smtp_proto_answer(struct smtp_proto *p, const struct mail_reply *r)
{
	enum smtp_event_type asked = p->asked;

	if (asked == SMTP_EV_NONE || asked == SMTP_EV_END)
		return;
	say_reply(p, r);
	if (r->code >= 400)
		note_refusal(p, asked, r->code);
	else if (asked == SMTP_EV_LOGIN)
		log_in(p);
	else if (asked == SMTP_EV_STARTTLS)
		p->stage = SMTP_TLS;
	else
		accept_candidate(p, asked);
	p->asked = SMTP_EV_NONE;
	smtp_auth_release(&p->auth);
	if (asked == SMTP_EV_SENDER && r->code >= 400)
		smtp_forget_mail(p);
	free(p->candidate);
	p->candidate = NULL;
}

void
smtp_proto_taken(struct smtp_proto *p, const struct mail_reply *r, size_t n)
{
	if (p->asked != SMTP_EV_END || n == 0)
		return;
	p->asked = SMTP_EV_NONE;
	p->stage = SMTP_COMMAND;
	for (size_t i = 0; i < (p->as.is_lmtp ? p->nrecipient : 1); i++)
		say_reply(p, &r[i < n ? i : n - 1]);
	smtp_forget_mail(p);
	p->njunk = 0;
	if (++p->nmail >= p->as.mails_max)
		p->ends = true;
}

void
smtp_proto_go_on(struct smtp_proto *p)
{
	p->delayed = false;
}

/* RFC 3207 4.2: what was said in clear is forgotten. */
void
smtp_proto_tls_is_on(struct smtp_proto *p)
{
	if (p->stage != SMTP_TLS)
		return;
	p->stage = SMTP_COMMAND;
	p->is_tls = true;
	smtp_forget_mail(p);
	free(p->helo);
	free(p->user);
	p->helo = p->user = NULL;
}

/* ---- the end of it -------------------------------------------------------- */

void
smtp_proto_turn_away(struct smtp_proto *p, int code, const char *why)
{
	if (p->stage == SMTP_OVER || p->stage == SMTP_TLS)
		return;
	smtp_say(p, code, NULL, "%s %s", p->host, why);
	smtp_end(p);
}

void
smtp_proto_expire(struct smtp_proto *p, const char *why)
{
	if (p->stage == SMTP_OVER)
		return;
	p->delayed = false;
	if (p->stage != SMTP_TLS)
		smtp_say(p, 421, "4.4.2", "%s", why);
	smtp_end(p);
}

void
smtp_proto_shut_down(struct smtp_proto *p)
{
	p->ends = true;
}

/* ---- reading -------------------------------------------------------------- */

static struct str
input(const struct smtp_proto *p)
{
	return p->in.len ? str_skip(buf_str(&p->in), p->used) : p->fed;
}

/* All but rest, which is the end of the input, is done with. */
static void
consume(struct smtp_proto *p, struct str rest)
{
	if (p->in.len)
		p->used = p->in.len - rest.len;
	else
		p->fed = rest;
}

/* What an event had borrowed may go. */
static void
settle(struct smtp_proto *p)
{
	buf_drop(&p->in, p->used);
	p->used = 0;
}

static void
drop_input(struct smtp_proto *p)
{
	p->used = 0;
	buf_clear(&p->in);
	buf_trim(&p->in);
	p->fed = STR_EMPTY;
}

/* What waits is kept; what follows is put behind it. */
static void
keep_input(struct smtp_proto *p)
{
	settle(p);
	(void)buf_add_str(&p->in, p->fed); /* fits: see wants_input() */
	p->fed = STR_EMPTY;
	buf_trim(&p->in);
}

void
smtp_proto_feed(struct smtp_proto *p, struct str bytes)
{
	if (p->stage == SMTP_OVER || p->stage == SMTP_TLS)
		return;
	if (p->stage == SMTP_NEW && p->as.is_strict) {
		smtp_say(p, 554, "5.5.1", "wait for the greeting");
		smtp_end(p);
		return;
	}
	p->fed = bytes;
	if (p->in.len)
		keep_input(p);
}

static size_t
line_max(const struct smtp_proto *p)
{
	return p->stage == SMTP_AUTH || p->as.has_auth ? SMTP_AUTH_LINE_MAX
	                                               : SMTP_LINE_MAX;
}

/* True: a line with its end, which is borrowed from the input. */
static bool
next_line(struct smtp_proto *p, struct str *line)
{
	struct str in = input(p);
	ptrdiff_t lf = str_find(in, '\n');
	size_t n = lf < 0 ? in.len : (size_t)lf + 1;

	/* The last byte may be the CR of its end. */
	if (lf < 0 && in.len <= line_max(p) + 1 && !p->skips)
		return false;
	consume(p, str_skip(in, n));
	*line = str_head(in, n);
	if (lf >= 0)
		return true;
	p->skips = true;
	return false;
}

/* Takes its end off.  NULL, or what is wrong with it. */
static const char *
check_line(struct smtp_proto *p, struct str *line)
{
	line->len--;
	if (p->skips || line->len > line_max(p) + 1) {
		p->skips = false;
		return "the line is too long";
	}
	if (line->len == 0 || line->p[line->len - 1] != '\r') {
		if (p->as.is_strict)
			return bad_end;
	} else {
		line->len--;
	}
	for (size_t i = 0; i < line->len; i++) {
		char c = line->p[i];

		if (c == '\r' && p->as.is_strict)
			return bad_end;
		if (((unsigned char)c < ' ' && c != '\t') || c == 0x7f)
			return "there are control characters in the line";
	}
	return NULL;
}

static void
read_line(struct smtp_proto *p, struct str line, struct smtp_event *ev)
{
	const char *bad = check_line(p, &line);

	if (bad == bad_end) {
		smtp_say(p, 500, "5.5.2", "%s", bad);
		smtp_end(p);
	} else if (bad) {
		p->stage = SMTP_COMMAND;
		smtp_fail(p, 500, "5.5.2", "%s", bad);
	} else if (p->stage == SMTP_AUTH) {
		smtp_auth_line(p, line, ev);
	} else {
		smtp_command(p, line, ev);
	}
}

/* ---- data ----------------------------------------------------------------- */

static const struct mail_reply faults[] = {
	[SMTP_FAULT_SIZE] = { 552, "5.3.4", "the mail is too big" },
	[SMTP_FAULT_LINE_END] = { 550, "5.6.11",
	    "a line of the mail ends by CR or LF alone" },
	[SMTP_FAULT_NUL] = { 550, "5.6.0", "the mail has NUL bytes in it" },
	[SMTP_FAULT_LONG_LINE] = { 500, "5.6.0",
	    "a line of the mail is too long" },
};

static void
end_data(struct smtp_proto *p, struct smtp_event *ev)
{
	smtp_ask(p, ev, SMTP_EV_END, STR_EMPTY);
	if (p->data.fault == SMTP_FAULT_NONE)
		return;
	smtp_proto_taken(p, &faults[p->data.fault], 1);
	ev->type = SMTP_EV_VOID;
}

static void
read_data(struct smtp_proto *p, struct smtp_event *ev)
{
	struct str in = input(p), part;
	enum smtp_data_step step = smtp_data_next(&p->data, &in, &part);

	consume(p, in);
	if (step == SMTP_DATA_PART) {
		ev->type = SMTP_EV_BYTES;
		ev->text = part;
	} else if (step == SMTP_DATA_END) {
		end_data(p, ev);
	} else if (step == SMTP_DATA_FLOOD) {
		smtp_say(p, 552, "5.3.4", "the mail is far too big");
		smtp_end(p);
		ev->type = SMTP_EV_VOID;
	}
}

/* ---- turning -------------------------------------------------------------- */

static bool
is_stuck(const struct smtp_proto *p)
{
	return p->asked != SMTP_EV_NONE || p->delayed || p->stage == SMTP_NEW ||
	    p->stage == SMTP_TLS || p->out.len > OUT_PAUSE;
}

/* False: there is nothing to read, or not enough. */
static bool
step(struct smtp_proto *p, struct smtp_event *ev)
{
	struct str line;

	if (is_stuck(p) || input(p).len == 0)
		return false;
	if (p->stage == SMTP_DATA)
		read_data(p, ev);
	else if (next_line(p, &line))
		read_line(p, line, ev);
	else
		return false;
	return true;
}

/* What is to be told whatever is read. */
static bool
next_notice(struct smtp_proto *p, struct smtp_event *ev)
{
	if (p->tells_delay) {
		p->tells_delay = false;
		ev->type = SMTP_EV_DELAY;
	} else if (p->tells_close) {
		p->tells_close = false;
		ev->type = SMTP_EV_CLOSE;
	}
	return ev->type != SMTP_EV_NONE;
}

bool
smtp_proto_next(struct smtp_proto *p, struct smtp_event *ev)
{
	settle(p);
	*ev = (struct smtp_event){ .type = SMTP_EV_NONE };
	while (ev->type == SMTP_EV_NONE && !next_notice(p, ev))
		if (p->stage == SMTP_OVER || !step(p, ev))
			break;
	if (p->stage == SMTP_OVER || p->stage == SMTP_TLS)
		drop_input(p);
	else if (ev->type == SMTP_EV_NONE)
		keep_input(p);
	return ev->type != SMTP_EV_NONE;
}

bool
smtp_proto_has_more(const struct smtp_proto *p)
{
	return p->stage != SMTP_OVER && !is_stuck(p) && p->in.len > p->used &&
	    (p->stage == SMTP_DATA ||
	        str_has(str_skip(buf_str(&p->in), p->used), '\n'));
}

bool
smtp_proto_wants_input(const struct smtp_proto *p)
{
	if (p->stage == SMTP_NEW)
		return p->as.is_strict; /* which there should not be */
	return !is_stuck(p) && p->stage != SMTP_OVER &&
	    p->in.len <= line_max(p) + 1;
}

/* ---- life ----------------------------------------------------------------- */

void
smtp_proto_greet(struct smtp_proto *p)
{
	if (p->stage != SMTP_NEW)
		return;
	p->stage = SMTP_COMMAND;
	smtp_banner(p);
}

struct smtp_proto *
smtp_proto_new(const struct smtp_params *as)
{
	struct smtp_proto *p = xcalloc(1, sizeof(*p));

	p->as = *as;
	p->host = str_dup(as->host);
	buf_init(&p->in, IN_MAX);
	buf_init(&p->out, OUT_MAX);
	return p;
}

void
smtp_proto_free(struct smtp_proto **pp)
{
	struct smtp_proto *p = *pp;

	*pp = NULL;
	if (!p)
		return;
	smtp_forget_mail(p);
	smtp_auth_release(&p->auth);
	secret_wipe(p->in.p, p->in.len);
	buf_release(&p->in);
	buf_release(&p->out);
	free(p->helo);
	free(p->user);
	free(p->host);
	free(p);
}

bool
smtp_proto_is_in_mail(const struct smtp_proto *p)
{
	return p->stage == SMTP_DATA;
}

const struct smtp_origin *
smtp_proto_origin(const struct smtp_proto *p)
{
	return p->is_forwarded ? &p->forward : &p->client;
}

const struct smtp_origin *
smtp_proto_client(const struct smtp_proto *p)
{
	return &p->client;
}

struct str
smtp_proto_helo(const struct smtp_proto *p)
{
	const char *helo = smtp_proto_origin(p)->helo;

	return str_c(helo[0] ? helo : p->helo);
}

struct str
smtp_proto_user(const struct smtp_proto *p)
{
	return str_c(p->user ? p->user : p->client.login);
}

bool
smtp_proto_is_tls(const struct smtp_proto *p)
{
	return p->is_tls;
}
