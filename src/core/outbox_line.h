/*
 * outbox_line.h - by what messages leave: how fast, how many at once
 *
 * A line stays when it is taken out of the configuration: what is queued for
 * it waits, and expires.
 */
#ifndef CORE_OUTBOX_LINE_H
#define CORE_OUTBOX_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fate.h"
#include "core/gateway.h"
#include "lib/bucket.h"
#include "lib/clock.h"
#include "lib/list.h"

struct outbox;

enum { LINE_PARALLEL = 4, LINES_MAX = 10000 };

struct line {
	struct outbox *box;
	char *name, *fallback; /* fallback may be "" */
	bool is_there;         /* else: only known from what is queued */
	unsigned parallel;
	int64_t expire_ms, outcome_ms;
	enum gw_stage stage;
	bool reports, dedups;
	struct bucket bucket;
	bool is_paused;
	bool is_broken;  /* paused, because the network said so */
	char *why;       /* it pauses; for people */
	int64_t wait_at; /* the network wants to be left alone until then */
	unsigned nflying;
	bool is_running;   /* inside line_run() */
	struct list ready; /* struct lane: the next piece of each can go */
	struct timer timer;
	uint64_t nfate[FATE_N]; /* what came of attempts by it */
	unsigned nthrottle;     /* in a row */
};

/* Found or made, if only from what stands in a row; never NULL. */
struct line *line_get(struct outbox *b, struct str name);
struct line *line_find(struct outbox *b, struct str name);
void line_free(struct line **lp);

/* By what goes now what it certainly has not sent: itself, or its fallback. */
struct line *line_now(struct line *l);

/* An attempt may begin now; else, unless it pauses, the timer is set. */
bool line_may_send(struct line *l);

/* Let it send what is ready; soon, or when it may. */
void line_run(struct line *l);

/* Persisted; administrators are told if it is broken. */
void line_pause(struct line *l, struct str why, bool is_broken);
void line_resume(struct line *l);

/* Left alone for a while, as the network asked; 0: it did not say. */
void line_throttle(struct line *l, int64_t ms);

#endif
