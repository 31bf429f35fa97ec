/*
 * mailread_body.h - the text of a mail, put together from its parts
 *
 *	mailread_body_init(&b);
 *	mailread_body_plain(&b, part); mailread_body_html(&b, part); ...
 *	mailread_body_end(&b, record, pool);
 */
#ifndef MAILREAD_BODY_H
#define MAILREAD_BODY_H

#include <gmime/gmime.h>

#include "smtp/mail_record.h"
#include "smtp/mail_trim.h"

struct mailread_pool;

enum {
	/* Bytes of one plain part that are looked at; what is left is cut. */
	MAILREAD_PLAIN_MAX = 1024 * 1024,
};

struct mailread_body {
	struct buf text;
	bool is_html, was_cut;
	struct mail_trim_hint hint; /* what a program's own marks say */
};

void mailread_body_init(struct mailread_body *b);
void mailread_body_release(struct mailread_body *b);

/* Append the text of a part, an empty line between two. */
void mailread_body_plain(struct mailread_body *b, GMimePart *part);
void mailread_body_html(struct mailread_body *b, GMimePart *part);

/* Is that all that a plain part says? */
bool mailread_body_is_stub(GMimePart *part);

/* Sets text, fresh and what goes with them; the subject stands there. */
void mailread_body_end(
    struct mailread_body *b, struct mail_record *r, struct mailread_pool *pool);

#endif
