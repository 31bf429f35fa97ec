/*
 * What time it is, and what is due: a binary heap of timers, ordered by due
 * time and, for equal times, by the order in which they were set.
 */
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/xalloc.h"

enum { FIRST_CAP = 64 };

void
clock_init(struct clock *c, int64_t at, int64_t utc)
{
	*c = (struct clock){ .at = at, .utc = utc };
}

void
clock_release(struct clock *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		c->heap[i]->clock = NULL;
	free(c->heap);
	c->heap = NULL;
	c->n = c->cap = 0;
}

static bool
is_before(const struct timer *a, const struct timer *b)
{
	return a->due_at != b->due_at ? a->due_at < b->due_at
	                              : a->order < b->order;
}

static void
place(struct clock *c, size_t i, struct timer *t)
{
	c->heap[i] = t;
	t->index = i;
}

static void
sift_up(struct clock *c, size_t i)
{
	struct timer *t = c->heap[i];

	while (i > 0 && is_before(t, c->heap[(i - 1) / 2])) {
		place(c, i, c->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(c, i, t);
}

static void
sift_down(struct clock *c, size_t i)
{
	struct timer *t = c->heap[i];
	size_t child;

	while ((child = 2 * i + 1) < c->n) {
		if (child + 1 < c->n &&
		    is_before(c->heap[child + 1], c->heap[child]))
			child++;
		if (!is_before(c->heap[child], t))
			break;
		place(c, i, c->heap[child]);
		i = child;
	}
	place(c, i, t);
}

void
timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .fn = fn };
}

void
timer_cancel(struct timer *t)
{
	struct clock *c = t->clock;
	size_t i = t->index;

	if (!c)
		return;
	t->clock = NULL;
	c->n--;
	if (i == c->n)
		return;
	place(c, i, c->heap[c->n]);
	sift_down(c, i);
	sift_up(c, i);
}

void
timer_set(struct timer *t, struct clock *c, int64_t due_at)
{
	timer_cancel(t);
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : FIRST_CAP;
		c->heap = xrealloc_array(c->heap, c->cap, sizeof(*c->heap));
	}
	t->clock = c;
	t->due_at = due_at;
	t->order = ++c->nset;
	place(c, c->n++, t);
	sift_up(c, t->index);
}

int64_t
clock_next(const struct clock *c)
{
	return c->n ? c->heap[0]->due_at : -1;
}

/*
 * A timer that is set again while the due ones run waits for the next
 * advance, even if it is due at once: a turn always ends.
 */
void
clock_advance(struct clock *c, int64_t at, int64_t utc)
{
	uint64_t last = c->nset;
	struct timer *t;

	c->at = at;
	c->utc = utc;
	while (c->n && c->heap[0]->due_at <= at && c->heap[0]->order <= last) {
		t = c->heap[0];
		timer_cancel(t);
		t->fn(t);
	}
}
