/*
 * mail_thread.h - conversations: which mails belong together
 *
 * One for each user, correspondent and thread of mails between them, with the
 * Message-IDs that were seen of it and the ids that clients know these by.  It
 * says under what an answer goes out, and to what a mail that comes in is one.
 *
 *	t = mail_thread_out(threads, user, contact, m);        outward
 *	... References: t->reference[], In-Reply-To: t->last_id ...
 *	mail_thread_sent(threads, user, contact, t, ...);
 *
 *	t = mail_thread_in(threads, user, contact, rec, ...);  inward
 *	mail_thread_came(threads, user, contact, t, rec, id);
 *
 * Kept over restarts, a fact of the gateway for each conversation, which is
 * written once a minute at most.  Where the store was lost, our own
 * Message-IDs bring the name of the thread back.
 *
 * Ownership  A thread is borrowed until the next call on the same threads; the
 *            calls that take one may be given what the last call gave.
 * Limits     MAIL_THREADS_MAX, MAIL_THREADS_USER_MAX of one user: the oldest
 *            make room; of a conversation the first mail and the
 *            MAIL_THREAD_MAILS - 1 last ones.
 * Text       Message-IDs without their brackets; contacts in any case.
 */
#ifndef MAIL_THREAD_H
#define MAIL_THREAD_H

#include <stdbool.h>
#include <stddef.h>

#include <stdint.h>

#include "lib/str.h"

struct gateway;
struct gw_message;
struct mail_noun;
struct mail_record;
struct mail_refs;
struct mail_threads;

enum {
	MAIL_THREADS_MAX = 20000,
	MAIL_THREADS_USER_MAX = 200,
	MAIL_THREAD_MAILS = 21,
	MAIL_THREAD_ID_LEN = 16, /* of an id that we make */
	MAIL_THREAD_SUBJECT_MAX = 200,
	MAIL_THREAD_XMPP_MAX = 255,
	MAIL_THREAD_STANZA_MAX = 64, /* longer ids of stanzas are not kept */
	MAIL_THREAD_DAYS = 180,      /* without a mail, then it is forgotten */
};

struct mail_thread {
	char id[24];        /* lower-case letters and digits */
	struct str subject; /* without Re: and its like; or empty */
	struct str last_id; /* what an answer is an answer to; or empty */
	const struct str *reference; /* up to last_id, the newest last */
	size_t nreference;
	struct str xmpp; /* what clients call it: <thread/> */
	struct str contact;
};

struct mail_threads *mail_threads_new(struct gateway *gw);
void mail_threads_free(struct mail_threads **tp); /* keeps what is not kept */

/* What was kept: a fact whose name has that before what is given here. */
#define MAIL_THREADS_PREFIX "conv "
void mail_threads_fact(
    struct mail_threads *all, struct str name, struct str value);

/* He is gone: all of it, from the store too. */
void mail_threads_forget(struct mail_threads *all, struct str user);

/* One that no mail has had. */
void mail_thread_new_id(char out[MAIL_THREAD_ID_LEN + 1]);

/*
 * Which conversation what he says belongs to: that of the message it answers,
 * else of its <thread/>, else of its subject, else the last with that contact.
 * What is said of it is what was before m, which may have been sent already
 * (m->id): without any reference it was the one that began it.  NULL: a new
 * one.
 */
const struct mail_thread *mail_thread_out(struct mail_threads *all,
    struct str user, struct str contact, const struct gw_message *m);

/*
 * It goes out as that; again is once.  t NULL: it begins one, whose id
 * stands in message_id (mail_ref.h) and which his client calls xmpp, if
 * that is not empty.
 */
void mail_thread_sent(struct mail_threads *all, struct str user,
    struct str contact, const struct mail_thread *t, struct str subject,
    struct str message_id, struct str stanza_id, struct str xmpp);

/*
 * Which conversation a mail belongs to; never NULL.  is_new: there was none
 * like it with that contact.  answers: the id of the message of his, or of
 * that contact's, that it answers, where we know it (gw_message.reply_to).
 * own_id: the thread that one of its references carries that we have made
 * (mail_ref.h), or empty.
 */
const struct mail_thread *mail_thread_in(struct mail_threads *all,
    struct str user, struct str contact, const struct mail_record *r,
    struct str own_id, bool *is_new, struct str *answers);

/* It came; t is what mail_thread_in() gave.  Again is once. */
void mail_thread_came(struct mail_threads *all, struct str user,
    struct str contact, const struct mail_thread *t,
    const struct mail_record *r, struct str stanza_id);

/* Have they had any mail with each other? */
bool mail_thread_knows(
    struct mail_threads *all, struct str user, struct str contact);

/* Who has sent the mail with that ticket, to whom.  False: that is long ago. */
struct mail_thread_owner {
	struct str user, contact;
};
bool mail_thread_whose(struct mail_threads *all, const struct mail_refs *refs,
    uint64_t ticket, struct mail_thread_owner *out);

extern const struct mail_noun mail_threads_noun;

#endif
