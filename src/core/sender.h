/*
 * sender.h - a user with messages on their way, and their lanes
 *
 * A lane is one conversation of his: what was sent first goes first.  The
 * message at its head is under way or waits for its next attempt; those
 * behind it wait until it is sent, or will not be.
 */
#ifndef CORE_SENDER_H
#define CORE_SENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/gateway.h"
#include "lib/backoff.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/map.h"

struct line;
struct outbox;
struct owed;

enum { SENDER_RETRY_MIN_MS = 5000, SENDER_RETRY_MAX_MS = 300000 };

struct sender {
	struct outbox *box;
	char *key;                /* user NUL network */
	struct str user, network; /* into key */
	struct map lanes;
	struct list drafts; /* outbox_accept.c: wait for the session */
	size_t ndraft;
	size_t nnewborn; /* not on disk yet */
	size_t nmoving;
	unsigned held;      /* somebody is at it: nothing may be left of it */
	bool is_failing;    /* what is queued: nothing is put in line */
	struct list call;   /* in the outbox: a login is to begin */
	struct timer timer; /* to log in again */
	struct timer drafts_wait; /* so long at most */
	struct backoff backoff;
};

struct lane {
	struct sender *sender;
	char *key; /* of the other side, with a mark for rooms */
	struct list messages;
	struct list ready; /* in that of a line */
	struct line *line; /* of which; or NULL */
	bool is_composing; /* he is about to say more (XEP-0085) */
};

struct sender *sender_get(
    struct outbox *b, struct str user, struct str network);
struct sender *sender_find(
    struct outbox *b, struct str user, struct str network);

/* Frees it if nothing of it is left. */
void sender_check(struct sender *s);
void sender_free(struct sender **sp);

/* Whoever it is needs a session: log in, if that is not being done. */
void sender_call(struct sender *s);

/* Before the turn ends: logins that lanes have asked for begin. */
void sender_calls(struct outbox *b);

/* The session, online; or NULL. */
struct session *sender_session(struct sender *s);

/* All lanes are looked at anew. */
void sender_run(struct sender *s);

/* NULL: nothing of his moves there.  key: of the other side. */
struct lane *lane_find(struct sender *s, bool is_room, struct str key);

/* At the end of its lane; and out of it. */
void lane_enter(struct owed *o);
void lane_leave(struct owed *o);

/* Is the next piece of it ready to go?  Then it is put in line, or a login is
   begun soon; nothing is freed. */
void lane_check(struct lane *l);

/* The piece that is next, or NULL: nothing can go now. */
struct piece *lane_next(struct lane *l);

#endif
