/*
 * smtp_peer.h - a client of smtp_proto, and a policy that its words choose
 *
 * Included by one unit test each.  What was answered is collected as text,
 * what was taken as mails.
 *
 *	spam@...         as a sender: 550 5.7.1
 *	nobody@...       as a recipient: 550 5.1.1
 *	busy@...         as a recipient: 450 4.2.1
 *	late@...         taken at RCPT, 550 5.7.1 for its mail
 *	alice, secret    a login that is right
 */
#ifndef UNIT_SMTP_PEER_H
#define UNIT_SMTP_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "smtp/smtp_proto.h"

enum { PEER_SIZE_MAX = 10000, PEER_ALL = 1 << 22 };

struct peer {
	struct smtp_proto *p;
	struct buf out;   /* replies since they were looked at */
	struct buf mail;  /* the last one that was taken */
	struct buf part;  /* ... and the one that comes */
	struct buf heard; /* sender, recipients, logins: a line each */
	unsigned nmail, nvoid, ndelay;
	bool is_closed;
	bool waits;  /* for answers that the test gives */
	size_t step; /* bytes of one feed; 0: all */
	enum smtp_event_type asked;
};

static struct peer peer;

static struct smtp_params
peer_params(bool is_lmtp)
{
	return (struct smtp_params){ .host = STR("mx.example.org"),
		.size_max = PEER_SIZE_MAX,
		.recipients_max = 100,
		.mails_max = 3,
		.errors_max = 10,
		.is_lmtp = is_lmtp,
		.is_strict = !is_lmtp };
}

static void
peer_begin(const struct smtp_params *as)
{
	peer = (struct peer){ .p = smtp_proto_new(as) };
	buf_init(&peer.out, PEER_ALL);
	buf_init(&peer.mail, PEER_ALL);
	buf_init(&peer.part, PEER_ALL);
	buf_init(&peer.heard, PEER_ALL);
}

static void
peer_end(void)
{
	smtp_proto_free(&peer.p);
	buf_release(&peer.out);
	buf_release(&peer.mail);
	buf_release(&peer.part);
	buf_release(&peer.heard);
}

static struct mail_reply
peer_reply(int code, const char *enhanced, const char *text)
{
	struct mail_reply r;

	mail_reply_set(&r, code, enhanced, "%s", text);
	return r;
}

static struct mail_reply
peer_policy(const struct smtp_event *ev)
{
	struct str t = ev->text;

	switch (ev->type) {
	case SMTP_EV_STARTTLS:
		return peer_reply(220, "2.0.0", "go on");
	case SMTP_EV_LOGIN:
		if (str_is(t, "alice") && str_is(ev->password, "secret"))
			return peer_reply(235, "2.7.0", "welcome");
		return peer_reply(535, "5.7.8", "no");
	case SMTP_EV_SENDER:
		if (str_starts(t, STR("spam@")))
			return peer_reply(550, "5.7.1", "no");
		return peer_reply(250, "2.1.0", "ok");
	default:
		if (str_starts(t, STR("nobody@")))
			return peer_reply(550, "5.1.1", "unknown");
		if (str_starts(t, STR("busy@")))
			return peer_reply(450, "4.2.1", "later");
		return peer_reply(250, "2.1.5", "ok");
	}
}

static void
peer_take(void)
{
	struct mail_reply r[MAIL_RCPT_MAX];
	struct mail_envelope e;

	smtp_proto_envelope(peer.p, &e);
	for (size_t i = 0; i < e.nrecipient; i++)
		r[i] = str_starts(e.recipient[i], STR("late@"))
		    ? peer_reply(550, "5.7.1", "no")
		    : peer_reply(250, "2.0.0", "taken");
	peer.nmail++;
	buf_clear(&peer.mail);
	buf_add_str(&peer.mail, buf_str(&peer.part));
	smtp_proto_taken(peer.p, r, e.nrecipient);
}

static void
peer_act(const struct smtp_event *ev)
{
	struct mail_reply r;

	switch (ev->type) {
	case SMTP_EV_DATA:
		buf_clear(&peer.part);
		break;
	case SMTP_EV_BYTES:
		buf_add_str(&peer.part, ev->text);
		break;
	case SMTP_EV_VOID:
		peer.nvoid++;
		break;
	case SMTP_EV_DELAY:
		peer.ndelay++;
		assert_int_equal(smtp_proto_out(peer.p).len, 0);
		smtp_proto_go_on(peer.p);
		break;
	case SMTP_EV_CLOSE:
		peer.is_closed = true;
		break;
	case SMTP_EV_END:
		if (!peer.waits)
			peer_take();
		break;
	default:
		r = peer_policy(ev);
		buf_addf(&peer.heard, "%d " STR_FMT "\n", (int)ev->type,
		    STR_ARG(ev->text));
		if (!peer.waits)
			smtp_proto_answer(peer.p, &r);
	}
	peer.asked = ev->type;
}

static void
peer_turn(void)
{
	struct smtp_event ev;
	struct str out;

	while (smtp_proto_next(peer.p, &ev))
		peer_act(&ev);
	out = smtp_proto_out(peer.p);
	buf_add_str(&peer.out, out);
	smtp_proto_wrote(peer.p, out.len);
	/* The rest of a batch that was too much for the output. */
	if (out.len > 0)
		peer_turn();
}

static void
peer_feed(struct str bytes)
{
	char *gone = str_dup(bytes);

	smtp_proto_feed(peer.p, str_of(gone, bytes.len));
	peer_turn();
	memset(gone, '#', bytes.len);
	free(gone);
}

static void
peer_say_str(struct str bytes)
{
	size_t step = peer.step ? peer.step : SMTP_FEED_MAX;

	for (; bytes.len > 0; bytes = str_skip(bytes, step))
		peer_feed(str_head(bytes, step));
}

static inline void
peer_say(const char *text)
{
	peer_say_str(str_c(text));
}

static void
peer_greet(void)
{
	smtp_proto_greet(peer.p);
	peer_turn();
}

/* "250/2.1.0 550/5.1.1 close": what was answered since; borrowed. */
static const char *
peer_codes(void)
{
	static char text[4096];
	struct str rest = buf_str(&peer.out), line;
	size_t n = 0;

	text[0] = '\0';
	while (str_cut(&rest, '\n', &line) && n + 40 < sizeof(text)) {
		struct str code, enhanced;

		if (line.len < 4 || line.p[3] == '-')
			continue;
		(void)str_cut(&line, ' ', &code);
		(void)str_cut(&line, ' ', &enhanced);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s" STR_FMT,
		    n ? " " : "", STR_ARG(code));
		if (enhanced.len >= 5 && enhanced.len <= 7 &&
		    enhanced.p[1] == '.' && enhanced.p[0] == code.p[0])
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "/" STR_FMT, STR_ARG(enhanced));
	}
	if (peer.is_closed)
		(void)snprintf(
		    text + n, sizeof(text) - n, "%sclose", n ? " " : "");
	buf_clear(&peer.out);
	return text;
}

#endif
