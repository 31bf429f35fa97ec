/*
 * mail_envelope.h - who hands us a mail, from whom and for whom
 *
 * What the connection says, as opposed to what the mail says.
 *
 * Ownership  All of it is borrowed for the call that has it as an argument.
 */
#ifndef MAIL_ENVELOPE_H
#define MAIL_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

struct mail_receive; /* one `receive` block: mail_listen.h */

enum {
	MAIL_PATH_MAX = 254, /* bytes of an address, RFC 5321 4.5.3.1.3 */
	MAIL_RCPT_MAX = 200, /* recipients of one mail; 100 is the least */
	MAIL_REPLY_TEXT = 240,
};

/* The other end of a connection; what XFORWARD says counts instead, where
   the peer may say it. */
struct mail_client {
	struct str address; /* IP, as text; empty: a unix socket */
	uint16_t port;      /* 0: not known */
	struct str helo;
	struct str user; /* logged in as; or empty */
	bool is_tls, is_unix;
	bool is_trusted; /* in `trusted` of the block; a unix socket always */
	bool is_vouched; /* handed over by one who is, whoever XFORWARD names */
	bool is_target;  /* user is a target, which had its token */
	const struct mail_receive *block;
};

struct mail_envelope {
	const struct mail_client *client;
	struct str sender; /* as spelled, without <>; empty: the null sender */
	const struct str *recipient; /* those that were accepted, in order; one
	                                may be there twice */
	size_t nrecipient;
	uint64_t size; /* as declared; 0: it was not */
	bool is_lmtp;  /* a reply for each recipient */
	bool utf8;     /* SMTPUTF8 was said */
};

/* "250 2.1.5 text"; text is one line, made by mail_reply_set(). */
struct mail_reply {
	int code;
	const char *enhanced; /* a literal: "2.1.5" */
	char text[MAIL_REPLY_TEXT];
};

/* What cannot stand in a reply (controls, UTF-8) becomes '?'. */
void mail_reply_set(struct mail_reply *r, int code, const char *enhanced,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static inline bool
mail_reply_is_ok(const struct mail_reply *r)
{
	return r->code >= 200 && r->code < 300;
}

#endif
