/*
 * smtp_proto.h - one connection of an SMTP or LMTP server, without a socket
 *
 * RFC 5321	SMTP: EHLO, HELO, MAIL, RCPT, DATA, RSET, NOOP, VRFY, HELP, QUIT
 * RFC 2033	LMTP: LHLO instead, and one reply per recipient
 * RFC 1870	SIZE
 * RFC 2034, RFC 3463	enhanced status codes
 * RFC 2920	PIPELINING
 * RFC 3207	STARTTLS
 * RFC 4954	AUTH
 * RFC 6152	8BITMIME
 * RFC 6531	SMTPUTF8
 * RFC 9422	LIMITS
 *
 * Bytes in, events out; what depends on more than the protocol is asked by an
 * event, and answered at once or later.
 *
 *	smtp_proto_greet(p);
 *	smtp_proto_feed(p, bytes);
 *	while (smtp_proto_next(p, &ev))
 *		act on ev, perhaps smtp_proto_answer(p, &reply);
 *	write smtp_proto_out(p), then smtp_proto_wrote(p, n);
 *
 * After anything below but questions, next() is to be called until it says
 * false, and what is out is to be written.
 *
 * Waiting    While an answer is owed nothing of the input is looked at, and
 *            smtp_proto_wants_input() is false: do not read on.
 * Limits     A line has SMTP_LINE_MAX bytes (a login more), a mail size_max
 *            bytes and recipients_max recipients, a connection mails_max
 *            mails, errors_max errors and SMTP_JUNK_MAX commands that lead to
 *            none.
 * Strict     For peers that nobody vouches for: lines end by CRLF or the mail
 *            is refused, and refused recipients count as errors.
 */
#ifndef SMTP_PROTO_H
#define SMTP_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"
#include "smtp/mail_envelope.h"
#include "smtp/smtp_origin.h"

enum {
	SMTP_LINE_MAX = 2048,
	SMTP_FEED_MAX = 64 * 1024, /* bytes of one feed */
	SMTP_JUNK_MAX = 100,       /* ten times as many, if not strict */
	SMTP_PATIENCE = 3,         /* errors before each costs a second */
	SMTP_LOGINS_MAX = 3,       /* that fail */
};

struct smtp_params {
	struct str host; /* what we are called; copied */
	size_t size_max;
	unsigned recipients_max, mails_max, errors_max;
	bool is_lmtp, is_strict;
	bool has_tls, needs_tls;
	bool has_auth, needs_auth;
	bool clear_auth; /* a login need not be encrypted */
	bool may_xforward, may_xclient;
};

struct smtp_proto;

enum smtp_event_type {
	SMTP_EV_NONE,
	SMTP_EV_SENDER,    /* text: who wants to send, maybe nobody; answer */
	SMTP_EV_RECIPIENT, /* text: to whom; answer */
	SMTP_EV_DATA,      /* a mail begins: BYTES..., then END or VOID */
	SMTP_EV_BYTES,     /* text: of it, borrowed until the next call */
	SMTP_EV_END,       /* that was all: answered by smtp_proto_taken() */
	SMTP_EV_VOID,      /* that mail was refused by the protocol */
	SMTP_EV_LOGIN,     /* text: user, password; answer */
	SMTP_EV_STARTTLS,  /* answer: 220, and TLS begins once that is written;
	                      then smtp_proto_tls_is_on() */
	SMTP_EV_DELAY,     /* nothing is to be written for a second; then
	                      smtp_proto_go_on() */
	SMTP_EV_CLOSE,     /* hang up once all is written; the last one */
};

struct smtp_event {
	enum smtp_event_type type;
	struct str text, password;
};

struct smtp_proto *smtp_proto_new(const struct smtp_params *p);
void smtp_proto_free(struct smtp_proto **pp); /* NULL is accepted */

/* Banner.  What strict peers have said before that is an error. */
void smtp_proto_greet(struct smtp_proto *p);

/* Instead, or at any time: "code HOST why", and the end. */
void smtp_proto_turn_away(struct smtp_proto *p, int code, const char *why);

/* At most SMTP_FEED_MAX bytes; borrowed until next() says false. */
void smtp_proto_feed(struct smtp_proto *p, struct str bytes);
bool smtp_proto_next(struct smtp_proto *p, struct smtp_event *ev);
bool smtp_proto_wants_input(const struct smtp_proto *p);

/* next() stopped because of what is out: call it again when that is written. */
bool smtp_proto_has_more(const struct smtp_proto *p);

/* Borrowed until the next call; empty while DELAY lasts. */
struct str smtp_proto_out(const struct smtp_proto *p);
void smtp_proto_wrote(struct smtp_proto *p, size_t n);

/* To the last event that asked for one.  421 also ends the connection. */
void smtp_proto_answer(struct smtp_proto *p, const struct mail_reply *r);

/* To END: one for each recipient; without LMTP the first counts. */
void smtp_proto_taken(
    struct smtp_proto *p, const struct mail_reply *r, size_t n);

void smtp_proto_go_on(struct smtp_proto *p);
void smtp_proto_tls_is_on(struct smtp_proto *p);

/* Too slow: 421 4.4.2, and the end. */
void smtp_proto_expire(struct smtp_proto *p, const char *why);

/* Ends with the next command; a mail that has begun may end before. */
void smtp_proto_shut_down(struct smtp_proto *p);

/* ---- questions ------------------------------------------------------------ */

/* Between DATA and the answer to END. */
bool smtp_proto_is_in_mail(const struct smtp_proto *p);
struct str smtp_proto_helo(const struct smtp_proto *p);
struct str smtp_proto_user(const struct smtp_proto *p);
const struct smtp_origin *smtp_proto_origin(const struct smtp_proto *p);

/* Who hands over, whoever that says is behind him: by XCLIENT only. */
const struct smtp_origin *smtp_proto_client(const struct smtp_proto *p);
bool smtp_proto_is_tls(const struct smtp_proto *p);

/*
 * sender, recipient, size, is_lmtp and utf8 of the mail so far; borrowed until
 * the next call of anything but questions.
 */
void smtp_proto_envelope(const struct smtp_proto *p, struct mail_envelope *out);

#endif
