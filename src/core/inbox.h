/*
 * inbox.h - what came in for our users, owed to them until the XMPP server
 * has it
 *
 *	gateway_arrive(gw, v, n, fn, arg)   0: taken
 *	  (committed)
 *	fn(arg, true)                       the network may acknowledge it
 *	  (written; a ping behind it comes back: the server has it)
 *	  (INBOX_HANDED_MS later, and it did not come back: forgotten)
 *
 * At least once: what the server has not confirmed when the stream dies is
 * written again after the next login, before what is newer for the same user,
 * with the same id and the time it came.  Repeats happen only there.
 *
 * Came back  A user who cannot be reached is waited for: his next presence or
 *            growing delays, INBOX_GIVE_UP_MS at most.  An account that does
 *            not exist is a dead letter, and administrators are told.  See
 *            bounce.h.
 * Poison     A message that two streams died with goes alone, with a ping of
 *            its own; if that stream dies, too, it is put into quarantine.
 * Posts      Into rooms: posts.h.
 * Notices    What the gateway itself says (gateway_tell()) goes the same way.
 * Limits     INBOX_USER_MAX undelivered of one user, INBOX_MAX in all; above,
 *            and before the store has been read, nothing is taken.  INBOX_OPEN
 *            unconfirmed at one time.
 * Order      Of one user, as they came in; a dead letter that was released is
 *            as old as it was.
 */
#ifndef CORE_INBOX_H
#define CORE_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arrival.h"
#include "core/gateway.h"
#include "xmpp/component.h"

struct inbox;
struct inlet;

enum {
	INBOX_USER_MAX = 1000,
	INBOX_MAX = 100000,
	INBOX_DEAD_MAX = 10000, /* the oldest make room */
	INBOX_OPEN = 500,

	INBOX_HANDED_MS = 15 * 60 * 1000,  /* and may come back so long, */
	INBOX_FOREIGN_MS = 60 * 60 * 1000, /* from other servers */
	INBOX_RETRY_MIN_MS = 60 * 1000,
	INBOX_RETRY_MAX_MS = 6 * 60 * 60 * 1000,
	INBOX_PROBE_MS = 5000, /* one that did not come back by then: the
	                          others follow */
	INBOX_BUSY_MS = 1000,  /* the stream's buffer was full */
	INBOX_LOAD_MS = 5000,  /* the store could not be read */
	INBOX_PRUNE_MS = 60 * 60 * 1000,
};
#define INBOX_GIVE_UP_MS ((int64_t)7 * 24 * 60 * 60 * 1000)
#define INBOX_DEAD_MS    ((int64_t)30 * 24 * 60 * 60 * 1000)
#define INBOX_KEYS_MS    ((int64_t)35 * 24 * 60 * 60 * 1000)

struct inbox *inbox_new(struct gateway *gw);
void inbox_free(struct inbox **ip);

/* What the store has. */
void inbox_load(struct inbox *in);

/* Until then nothing is known of what is owed. */
bool inbox_is_loaded(const struct inbox *in);

/* The stream is gone; before confirm_down(). */
void inbox_down(struct inbox *in, enum component_end why);

/* Write what can be written: the stream is up, or fast again. */
void inbox_go(struct inbox *in);

/* A sign of life of a user: presence, or a word. */
void inbox_user_here(struct inbox *in, struct str user);

/* A message of type error.  True: it was one of these. */
bool inbox_bounced(struct inlet *in);

/* A user wants to be forgotten; the store is told by somebody else. */
void inbox_forget(struct inbox *in, struct str user);

/* ---- for those who look after it --------------------------------------- */

struct inbox_stats {
	size_t nkeeping, nwaiting, nwritten, ntaken, nhanded, ndead,
	    nquarantined;
	int64_t oldest_ms; /* of those that no server has; 0: there is none */
};
void inbox_stats(const struct inbox *in, struct inbox_stats *out);

/* Up to max of a state, oldest first; how many. */
size_t inbox_list(const struct inbox *in, enum arrival_state state,
    const struct arrival **out, size_t max);
struct str inbox_user_of(const struct arrival *a);

/* NULL: there is none of that number. */
struct arrival *inbox_find(struct inbox *in, uint64_t id);

/* One that is at its end: tried once more, or forgotten. */
int inbox_release(struct inbox *in, uint64_t id, struct err *err);
int inbox_delete(struct inbox *in, uint64_t id, struct err *err);

#endif
