/*
 * clock.h - what time it is, and what is due
 *
 * Everything above lib takes its time from here and sets its timers here, so
 * a test turns the hands itself.  net/loop.c moves the real one once per
 * turn.  Thousands of timers cost nothing while they wait, and pushing one
 * that is set further into the future, as a peer's every line does with its
 * idle timer, costs next to nothing.
 *
 *	timer_init(&s->idle, on_idle);
 *	timer_set(&s->idle, clock, clock->at + 60000);
 *	timer_cancel(&s->idle);           // before the memory goes
 *
 * Time       Milliseconds; at is monotonic, utc since the Epoch.
 * Reentry    A callback may set and cancel any timer, its own too, and free
 *            the object its timer lives in.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer;
struct clock_slot;

struct clock {
	int64_t at;              /* monotonic now, of this turn */
	int64_t utc;             /* wall clock now, of this turn */
	struct clock_slot *heap; /* private */
	size_t n, cap;           /* timers set; private */
	uint64_t nset;           /* private: how often one was set so far */
};

struct timer {
	int64_t due_at;
	void (*fn)(struct timer *t);
	struct clock *clock; /* NULL: not set */
	size_t index;        /* private: place in the heap */
	uint64_t order;      /* private: first set, first served */
};

void clock_init(struct clock *c, int64_t at, int64_t utc);
void clock_release(struct clock *c); /* timers still set are unset */

/*
 * Sets the time and runs what is due, in order of due_at and then in the
 * order in which they were set.  A timer that a callback sets waits for the
 * next advance even if it is due at once, so that a turn always ends.
 */
void clock_advance(struct clock *c, int64_t at, int64_t utc);

/* When the next timer is due, or -1. */
int64_t clock_next(struct clock *c);

void timer_init(struct timer *t, void (*fn)(struct timer *t));

/* A timer that is set is moved.  A time that has passed becomes now. */
void timer_set(struct timer *t, struct clock *c, int64_t due_at);
void timer_cancel(struct timer *t); /* harmless when not set */

static inline bool
timer_is_set(const struct timer *t)
{
	return t->clock != NULL;
}

#define TIMER_OWNER(t, type, member)                                           \
	((type *)(void *)((char *)(t)-offsetof(type, member)))

#endif
