/*
 * A loop whose clock only the script moves.
 */
#include <stdlib.h>

#include "fake.h"
#include "lib/xalloc.h"
#include "net/loop.h"

/* Done with the next turn. */
struct fake_work {
	struct fake_work *next;
	void (*run)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

struct loop {
	struct fake_work *work;
	struct clock clock;
	struct list hooks[LOOP_NRANK];
	struct loop_share *links;
	bool again;
};

/* The store's thread may ring: nothing is done, the script settles it. */
struct loop_bell {
	int unused;
};

static void do_work(struct loop *l);

struct loop *
loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));
	int i;

	clock_init(&l->clock, 1000, 1767607200000); /* 2026-01-05T10:00:00Z */
	for (i = 0; i < LOOP_NRANK; i++)
		list_init(&l->hooks[i]);
	return l;
}

void
loop_free(struct loop **lp)
{
	do_work(*lp);
	clock_release(&(*lp)->clock);
	free(*lp);
	*lp = NULL;
}

void
loop_run(struct loop *l)
{
	(void)l;
}

void
loop_stop(struct loop *l)
{
	(void)l;
}

struct clock *
loop_clock(struct loop *l)
{
	return &l->clock;
}

int64_t
loop_take_longest_ms(struct loop *l)
{
	(void)l;
	return 0;
}

uv_loop_t *
loop_uv(struct loop *l)
{
	(void)l;
	return NULL;
}

void
loop_enter(struct loop *l)
{
	(void)l;
}

void
loop_hook_add(struct loop *l, struct loop_hook *h, enum loop_rank rank,
    void (*fn)(struct loop_hook *h))
{
	h->fn = fn;
	list_add(&l->hooks[rank], &h->node);
}

void
loop_hook_del(struct loop_hook *h)
{
	if (h->node.next)
		list_del(&h->node);
}

void
loop_again(struct loop *l)
{
	l->again = true;
}

void
loop_work(
    struct loop *l, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
	struct fake_work *w = xcalloc(1, sizeof(*w));

	*w = (struct fake_work){ l->work, run, done, arg };
	l->work = w;
}

static void
do_work(struct loop *l)
{
	struct fake_work *w;

	while (w = l->work, w) {
		l->work = w->next;
		w->run(w->arg);
		w->done(w->arg);
		free(w);
	}
}

void
fake_loop_turn(struct loop *l)
{
	int i, rounds = 0;

	do_work(l);

	do {
		l->again = false;
		for (i = 0; i < LOOP_NRANK; i++) {
			LIST_EACH(&l->hooks[i], n)
			{
				struct loop_hook *h =
				    LIST_ENTRY(n, struct loop_hook, node);

				h->fn(h);
			}
		}
	} while (l->again && ++rounds < 100);
}

int
loop_on_signal(struct loop *l, int signum, void (*fn)(int signum, void *arg),
    void *arg, struct err *err)
{
	(void)l;
	(void)signum;
	(void)fn;
	(void)arg;
	(void)err;
	return 0;
}

struct loop_bell *
loop_bell_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
	(void)l;
	(void)fn;
	(void)arg;
	return xcalloc(1, sizeof(struct loop_bell));
}

void
loop_bell_ring(struct loop_bell *b)
{
	(void)b;
}

void
loop_bell_close(struct loop_bell **bp)
{
	free(*bp);
	*bp = NULL;
}

struct loop_share **
loop_links(struct loop *l)
{
	return &l->links;
}
