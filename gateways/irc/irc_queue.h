/*
 * irc_queue.h - lines that wait for the flood control
 *
 * Servers hang up on those who talk too fast, so lines leave through a token
 * bucket, by rank and, inside a rank, one lane after another: a paste into
 * one channel does not hold up a word to somebody else.  Lines of one lane
 * never overtake each other.
 *
 *	irc_queue_add(&q, &(struct irc_line){ ... });
 *	while (irc_queue_pop(&q, now, &out, &cookie)) ...
 *
 * URGENT waits for nobody, yet its tokens are missed by the others.
 * DROPPABLE is thrown away rather than queued for long.
 *
 * Limits     IRC_QUEUE_LINES lines and IRC_QUEUE_BYTES bytes; URGENT is
 *            taken up to twice that.
 * Time       An argument, monotonic ms.
 * Security   Lines marked secret are wiped when they have left.
 */
#ifndef IRC_QUEUE_H
#define IRC_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/bucket.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/str.h"

enum {
	IRC_QUEUE_LINES = 512,
	IRC_QUEUE_BYTES = 128 * 1024,
	IRC_QUEUE_DROPPABLE = 8, /* lines of that rank */
};

enum irc_rank {
	IRC_RANK_URGENT,    /* PONG, QUIT, registration */
	IRC_RANK_USER,      /* what people say and do */
	IRC_RANK_HOUSE,     /* WHO and the like */
	IRC_RANK_DROPPABLE, /* typing, answers to CTCP */
	IRC_NRANK
};

struct irc_line {
	enum irc_rank rank;
	uint64_t lane;   /* hash of the target; 0 is a lane too */
	struct str text; /* with CR LF; copied */
	void *cookie;    /* given back when it leaves; not looked at */
	bool secret;
};

struct irc_queue {
	struct bucket bucket;
	struct list lanes[IRC_NRANK]; /* each not empty; the first is next */
	size_t n, nbytes;
	size_t nrank[IRC_NRANK];
};

/* interval_ms 0: no flood control.  The queue must not be moved. */
void irc_queue_init(struct irc_queue *q, unsigned burst, int64_t interval_ms);
void irc_queue_release(struct irc_queue *q);

/* Is there room for n more lines of nbytes together? */
bool irc_queue_has_room(
    const struct irc_queue *q, enum irc_rank rank, size_t n, size_t nbytes);

/* 0, or -1: over a ceiling, nothing added. */
int irc_queue_add(struct irc_queue *q, const struct irc_line *line);

/*
 * Appends the next line to out; false: none may leave now.  *cookie_out is
 * that of the line.
 */
bool irc_queue_pop(
    struct irc_queue *q, int64_t now_at, struct buf *out, void **cookie_out);

/* When the next line may leave, or -1 when there is none. */
int64_t irc_queue_ready_at(const struct irc_queue *q, int64_t now_at);

/* How long a line of rank USER added now would wait, at most. */
int64_t irc_queue_delay(const struct irc_queue *q, int64_t now_at);

#endif
