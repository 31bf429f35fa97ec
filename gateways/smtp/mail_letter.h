/*
 * mail_letter.h - one mail that is to be made and sent
 *
 * What it is to say, not how that is written: the worker that sends it
 * (mailout/) makes the bytes.  Packed with lib/pack on the way there.  Pure.
 *
 *	if (mail_letter_check(&letter, &err) < 0) ...
 *	mail_letter_pack(&letter, &out);              the daemon
 *	...
 *	if (mail_letter_read(&copy, bytes, &err) < 0) ...
 *	use copy.letter                               the worker
 *
 * Ownership  A letter borrows all it points to; one that was read borrows from
 *            the bytes and from its copy.
 */
#ifndef MAIL_LETTER_H
#define MAIL_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"
#include "smtp/mail_record.h" /* MAIL_ADDRESS_MAX and its like */

enum {
	MAIL_LETTER_BODY_MAX = 1024 * 1024,
	MAIL_LETTER_CC_MAX = 16 * 1024,
	MAIL_LETTER_FILES_MAX = 20,
	MAIL_LETTER_FILES_BYTES = 32 * 1024 * 1024, /* all of them */
	MAIL_LETTER_MAX =
	    MAIL_LETTER_FILES_BYTES + 2 * 1024 * 1024, /* packed */
	MAIL_ENVID_MAX = 60,
};

struct mail_file {
	struct str name, mime; /* "image/png"; what is none is sent as bytes */
	struct str body;
};

struct mail_letter {
	/* MAIL FROM, RCPT TO: addresses, ASCII.  An empty env_from is the null
	   sender; its local part is the ENVID (RFC 3461 4.4) if it fits. */
	struct str env_from, env_to;
	struct str from, from_name; /* address; one line for people, or empty */
	struct str to, to_name;
	struct str reply_to;   /* address; or empty */
	struct str cc;         /* addresses as in a header, made by us */
	struct str subject;    /* one line */
	struct str message_id; /* without brackets, like all ids here */
	struct str in_reply_to;
	const struct str *reference; /* the newest last */
	size_t nreference;           /* MAIL_REFERENCES_MAX */
	int64_t date_utc;
	struct str body;      /* UTF-8; lines end with LF */
	struct str jabber_id; /* one line; or empty */
	bool is_automatic;    /* Auto-Submitted: auto-generated */
	const struct mail_file *file;
	size_t nfile;
	bool wants_dsn; /* of success, too */
};

struct mail_letter_copy {
	struct mail_letter letter;
	struct str reference[MAIL_REFERENCES_MAX];
	struct mail_file file[MAIL_LETTER_FILES_MAX];
};

/*
 * Can it be sent as it is?  -1: err names the field.  What would become a
 * command or a header of its own is never let through.
 */
int mail_letter_check(const struct mail_letter *l, struct err *err);

void mail_letter_pack(const struct mail_letter *l, struct buf *out);

/* -1: it is not one, or mail_letter_check() is against it. */
int mail_letter_read(
    struct mail_letter_copy *copy, struct str bytes, struct err *err);

#endif
