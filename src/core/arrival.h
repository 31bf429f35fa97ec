/*
 * arrival.h - one message that came in for a user, and what is written of it
 *
 *	KEEPING --on disk--> WAITING --written--> WRITTEN --confirmed--> HANDED
 *	                        ^                    |                      |
 *	                        +------- stream died, came back ------------+
 *
 * (posts into rooms: posts.h)
 *
 * and from anywhere to DEAD or QUARANTINED, which is where people look.
 *
 * From the contact's address to the bare JID, mostly of type chat, under an id that
 * stays the same however often it is written; of a room that he is in, to
 * those of his clients that are inside.  What is not written at once says
 * when it came (XEP-0203).  An attachment is a message of its own, ID.1 and
 * so on: clients show one whose body is its address, and no other.
 */
#ifndef CORE_ARRIVAL_H
#define CORE_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/confirm.h"
#include "core/gateway.h"
#include "core/store_inbox.h"
#include "lib/list.h"

struct addressee;
struct letter;
struct batch;

enum arrival_state {
	ARRIVAL_KEEPING,
	ARRIVAL_WAITING,
	ARRIVAL_WRITTEN,
	ARRIVAL_TAKEN, /* a post: by the server, not seen in its room yet */
	ARRIVAL_HANDED,
	ARRIVAL_DEAD,
	ARRIVAL_QUARANTINED,
};

enum {
	ARRIVAL_ID = 24,
	ARRIVAL_BODY_MAX = 40 * 1024, /* bytes of a body; the rest is cut off */
	ARRIVAL_LATE_MS = 10 * 1000,  /* after that it says when it came */
};

struct arrival {
	struct list node;   /* of its addressee, or among what is at its end */
	struct list expiry; /* HANDED: forgotten in this order */
	struct list fresh;  /* not in the archive yet */
	struct addressee *to;
	struct batch *batch;      /* KEEPING: what it came with, */
	size_t place;             /* ... and where it stands there */
	store_load_id load;       /* its letter, which only the disk has */
	struct confirm_mark mark; /* WRITTEN */
	enum arrival_state state;
	uint64_t id;          /* in its gateway; grows with time */
	char sid[ARRIVAL_ID]; /* of its stanza */
	int64_t at_utc, changed_utc;
	unsigned tries, deaths; /* store_inbox.h */
	bool is_late;           /* was written before, or tried */
	bool is_post;           /* into a room */
	bool is_unsure;         /* ... and may be there already */
	uint64_t shown;         /* ... parts of it that are: post.h */
	int64_t written_at;     /* ... when it was, last */
	unsigned nunseen;       /* ... how often it should have been, and not */
	char *contact, *why;    /* for people; why may be NULL */
	char *letter;           /* arrival_pack(); NULL: on disk only, handed
	                           over or at its end */
	size_t nletter;
};

/* letter is copied; neither in a list nor kept. */
struct arrival *arrival_new(uint64_t id, struct str contact, struct str letter);
void arrival_free(struct arrival *a);

/* What is kept of a message; and from there into the arrival, copied. */
void arrival_pack(const struct gw_message *m, struct buf *out);
void arrival_set_letter(struct arrival *a, struct str letter);

/* What is kept of it; to be released in both cases. */
int arrival_read(const struct arrival *a, struct letter *out, struct err *err);

/*
 * The id of its stanza: ID, or ID.NAME where the network has given m one.
 * And back: ID of ID, ID.1, ID.NAME.1; 0: it is none of ours; and NAME, else
 * the id as it is.
 */
void arrival_write_id(
    const struct arrival *a, const struct gw_message *m, struct buf *out);
uint64_t arrival_id_of(struct str stanza_id);
struct str arrival_name_of(struct str stanza_id);

/* Written, all of it; -1: nothing counts of it.  ERR_BUSY, ERR_UNREACHABLE:
   not now; else never. */
int arrival_write(
    struct gateway *gw, struct str user, struct arrival *a, struct err *err);

/*
 * Into the archive of the user, whose account is there: as it is shown to
 * him.  Nothing for what is no conversation.
 */
void arrival_archive(
    struct gateway *gw, struct str user, const struct arrival *a);

#endif
