/*
 * loop.h - the one event loop: time, turns, signals, names
 *
 * libuv below; everything above sees a struct clock and hooks.  A *turn* is
 * one round: what came in is handled, due timers run, then the hooks run,
 * then the loop waits again.  Whatever can be batched (writes, group commits)
 * is done in a hook, so it costs once per turn and not per message.
 *
 * Thread     One; only loop_bell_ring() may be called from another.
 * Process    loop_new() ignores SIGPIPE: a peer that is gone is an error of
 *            the write, never the end of the program.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/list.h"

struct loop;
typedef struct uv_loop_s uv_loop_t;

struct loop *loop_new(void);

/*
 * Every object on it has been closed.  What still has to end by itself (links
 * being finished, handles closing, a name being looked up) is waited for,
 * with turns as usual, at most LOOP_FREE_MS.
 */
enum { LOOP_FREE_MS = 5000 };
void loop_free(struct loop **lp);

/* Until loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Moved once per turn. */
struct clock *loop_clock(struct loop *l);

/*
 * How long the loop was busy at most, from the end of a wait to the next one,
 * since this was asked last: so long something else had to wait.
 */
int64_t loop_take_longest_ms(struct loop *l);

uv_loop_t *loop_uv(struct loop *l); /* for src/net and the component only */

/*
 * First line of every libuv callback: the turn begins, its time is taken.
 * libuv has no hook between waiting and its first callback, and without this
 * the clock would still show when the loop fell asleep.
 */
void loop_enter(struct loop *l);

/*
 * Called every turn, before waiting, in order of rank: what makes output
 * (LOOP_RANK_CORE) before what writes it (LOOP_RANK_WRITE), then what wants
 * to know that it is written.  A hook may add and delete hooks.
 */
enum loop_rank {
	LOOP_RANK_CORE,
	LOOP_RANK_WRITE,
	LOOP_RANK_WRITTEN,
	LOOP_NRANK
};

struct loop_hook {
	struct list node;
	void (*fn)(struct loop_hook *h);
};

void loop_hook_add(struct loop *l, struct loop_hook *h, enum loop_rank rank,
    void (*fn)(struct loop_hook *h));
void loop_hook_del(struct loop_hook *h); /* harmless when not added */

/*
 * From a hook that has called somebody: run all hooks once more before
 * waiting, since what was called may have made work for a hook that had
 * already run.
 */
void loop_again(struct loop *l);

/*
 * SIGTERM, SIGINT, SIGHUP, ...: fn runs on the loop, until loop_free().  Once
 * per signal number.
 */
int loop_on_signal(struct loop *l, int signum,
    void (*fn)(int signum, void *arg), void *arg, struct err *err);

/*
 * A bell that another thread may ring; fn runs on the loop soon after, once
 * for any number of rings.
 */
struct loop_bell;
struct loop_bell *loop_bell_new(
    struct loop *l, void (*fn)(void *arg), void *arg);
void loop_bell_ring(struct loop_bell *b); /* any thread */
void loop_bell_close(struct loop_bell **bp);

/*
 * Something long: run is called on another thread, then done on the loop.
 * Both are called once, whatever happens; loop_free() waits for it.
 */
void loop_work(
    struct loop *l, void (*run)(void *arg), void (*done)(void *arg), void *arg);

/*
 * What all links of a loop share; made and read by link.c, destroyed by
 * loop_free() when the last link is gone.
 */
struct loop_share {
	void (*destroy)(struct loop_share *s);
};
struct loop_share **loop_links(struct loop *l);

#endif
