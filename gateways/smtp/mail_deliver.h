/*
 * mail_deliver.h - what a user gets of a mail that came for him; pure
 *
 * Its text, with the subject in bold in front where a conversation begins or
 * turns to something else, what is to be known of it in brackets, and what it
 * is an answer to.  What is too long for a chat is to be a file, which is the
 * caller's task, as the files of the mail are.
 *
 * Limits     MAIL_DELIVER_TEXT bytes of the text, MAIL_DELIVER_SHOWN people
 *            in words and GW_PARTIES_MAX for clients.
 */
#ifndef MAIL_DELIVER_H
#define MAIL_DELIVER_H

#include <stdbool.h>

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/str.h"
#include "smtp/mail_record.h"
#include "smtp/mail_verdict.h"

struct mail_thread;

enum {
	MAIL_DELIVER_TEXT = 8 * 1024,
	MAIL_DELIVER_MAX = 32 * 1024, /* all of the body */
	MAIL_DELIVER_SHOWN = 5,
	MAIL_DELIVER_KEY = 64,
};

/* How a user wants it. */
struct mail_deliver_style {
	bool subjects; /* in bold in front */
	bool quotes;   /* those of answers stay */
	bool files;    /* are passed on; else they are named */
};

struct mail_deliver_facts {
	struct str user;    /* bare JID */
	struct str line;    /* gw_arrival.line */
	struct str contact; /* whom it is from; empty: nobody to be answered */
	struct str domain;  /* our own */
	const struct mail_thread *thread;
	bool is_new;        /* ... with that contact */
	struct str answers; /* gw_message.reply_to, */
	struct str whose;   /* ... and reply_nick */
	enum mail_trust trust;
	struct str remark; /* stands in brackets in front; or empty */
	struct str all;    /* the address at which all who have the mail are
	                      answered, where that is news; or empty */
	int64_t now_utc;
};

struct mail_delivery {
	struct gw_arrival arrival; /* its message is the one below */
	struct gw_message message; /* the caller adds attachments */
	bool wants_whole; /* all of its text is to be uploaded, before ... */
	bool wants_files; /* ... the mail's own files, if those are, too */
	bool was_trimmed; /* the text has less than the mail */

	/* private */
	struct gw_span strong;
	struct gw_party party[GW_PARTIES_MAX];
	struct buf body, words;
	char key[MAIL_DELIVER_KEY + 1];
	char id[GW_ID_MAX + 1];
};

/* Borrows nothing: it may outlive all of them. */
struct mail_delivery *mail_delivery_new(const struct mail_deliver_style *style,
    const struct mail_deliver_facts *facts, const struct mail_record *r);
void mail_delivery_free(struct mail_delivery **dp);

/* A line about a file that is not passed on, at the end of the text. */
void mail_delivery_note(struct mail_delivery *d, struct str name,
    struct str mime, uint64_t size, const char *why);

#endif
