/*
 * mail_originals.h - the whole text of mails of which less was shown
 *
 * What quotes and signatures are is a guess: whoever was shown a mail without
 * them can see all of it by a command for a while.  In memory: after a restart
 * it is gone, and the sender's mail program still has it.
 *
 * Pure.
 *
 * Limits     MAIL_ORIGINALS_USER of a user, MAIL_ORIGINALS_BYTES of all: the
 *            oldest make room.
 */
#ifndef MAIL_ORIGINALS_H
#define MAIL_ORIGINALS_H

#include "lib/buf.h"
#include "lib/str.h"

struct mail_originals;

enum {
	MAIL_ORIGINALS_USER = 20,
	MAIL_ORIGINALS_BYTES = 16 * 1024 * 1024,
	MAIL_ORIGINALS_TEXT = 64 * 1024, /* of one, its beginning */
};

struct mail_originals *mail_originals_new(void);
void mail_originals_free(struct mail_originals **op);

void mail_originals_put(struct mail_originals *all, struct str user,
    struct str contact, struct str text);
void mail_originals_forget(struct mail_originals *all, struct str user);

/* The last from that contact, in any case; empty: from anybody.  Borrowed. */
struct str mail_originals_last(const struct mail_originals *all,
    struct str user, struct str contact, struct str *from_out);

#endif
