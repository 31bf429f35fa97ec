/*
 * What time it is, and what is due: a heap with four children per node,
 * ordered by due time and, for equal times, by the order in which the timers
 * were set.
 *
 * A timer that is set later than it was keeps its place until it comes to the
 * top; only then is it put where it belongs.  So a slot may be too early but
 * never too late, and the top, once settled, is the earliest of all.
 */
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/xalloc.h"

/* What is compared lies in the heap itself: no timer is touched on the way. */
struct clock_slot {
	int64_t due_at;
	uint64_t order;
	struct timer *timer;
};

enum { FIRST_CAP = 16, CHILDREN = 4 };

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
		c->heap[i].timer->clock = NULL;
	free(c->heap);
	c->heap = NULL;
	c->n = c->cap = 0;
}

static bool
is_before(const struct clock_slot *a, const struct clock_slot *b)
{
	return a->due_at < b->due_at ||
	    (a->due_at == b->due_at && a->order < b->order);
}

static void
place(struct clock *c, size_t i, struct clock_slot s)
{
	c->heap[i] = s;
	s.timer->index = i;
}

static void
sift_up(struct clock *c, size_t i, struct clock_slot s)
{
	size_t parent;

	for (; i > 0; i = parent) {
		parent = (i - 1) / CHILDREN;
		if (!is_before(&s, &c->heap[parent]))
			break;
		place(c, i, c->heap[parent]);
	}
	place(c, i, s);
}

static size_t
first_child(const struct clock *c, size_t i)
{
	size_t child = CHILDREN * i + 1, end = child + CHILDREN, best = child;

	if (end > c->n)
		end = c->n;
	for (; child < end; child++)
		if (is_before(&c->heap[child], &c->heap[best]))
			best = child;
	return best;
}

static void
sift_down(struct clock *c, size_t i, struct clock_slot s)
{
	size_t child;

	for (; CHILDREN * i + 1 < c->n; i = child) {
		child = first_child(c, i);
		if (!is_before(&c->heap[child], &s))
			break;
		place(c, i, c->heap[child]);
	}
	place(c, i, s);
}

static struct clock_slot
slot_of(struct timer *t)
{
	return (struct clock_slot){ t->due_at, t->order, t };
}

/* Until the top says what its timer says. */
static void
settle(struct clock *c)
{
	while (c->n && c->heap[0].order != c->heap[0].timer->order)
		sift_down(c, 0, slot_of(c->heap[0].timer));
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
	struct clock_slot last;

	if (!c)
		return;
	t->clock = NULL;
	last = c->heap[--c->n];
	if (i == c->n)
		return;
	if (is_before(&last, &c->heap[i]))
		sift_up(c, i, last);
	else
		sift_down(c, i, last);
}

static void
add(struct clock *c, struct timer *t)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : FIRST_CAP;
		c->heap = xrealloc_array(c->heap, c->cap, sizeof(*c->heap));
	}
	t->clock = c;
	sift_up(c, c->n++, slot_of(t));
}

void
timer_set(struct timer *t, struct clock *c, int64_t due_at)
{
	if (t->clock != c)
		timer_cancel(t);
	t->due_at = due_at > c->at ? due_at : c->at;
	t->order = ++c->nset;
	if (!t->clock)
		add(c, t);
	else if (t->due_at < c->heap[t->index].due_at)
		sift_up(c, t->index, slot_of(t));
}

int64_t
clock_next(struct clock *c)
{
	settle(c);
	return c->n ? c->heap[0].due_at : -1;
}

void
clock_advance(struct clock *c, int64_t at, int64_t utc)
{
	uint64_t last = c->nset;
	struct timer *t;

	c->at = at;
	c->utc = utc;
	for (settle(c); c->n; settle(c)) {
		if (c->heap[0].due_at > at || c->heap[0].order > last)
			break;
		t = c->heap[0].timer;
		timer_cancel(t);
		t->fn(t);
	}
}
