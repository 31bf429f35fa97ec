/*
 * The event loop: libuv below, a struct clock and hooks above.
 *
 *	wait -> what came in -> due timers -> hooks -> wait ...
 *
 * One uv_timer stands for all timers of the clock and one uv_prepare for all
 * hooks, so libuv's own cost does not grow with what waits.
 */
#include <signal.h>
#include <sysexits.h>
#include <uv.h>

#include "lib/log.h"
#include "lib/xalloc.h"

#include "net/loop.h"

enum {
	/*
	 * Rounds of hooks before the sockets get a turn again: two hooks
	 * that feed each other for ever must not starve the peers.
	 */
	HOOK_ROUNDS_MAX = 16,
	NOT_ARMED = -1,
};

struct signal_watch {
	uv_signal_t handle;
	struct loop *loop;
	struct signal_watch *next;
	void (*fn)(int signum, void *arg);
	void *arg;
};

struct loop {
	uv_loop_t uv;
	uv_prepare_t prepare;
	uv_timer_t timer;
	uv_timer_t grace; /* ends the waiting of loop_free() */
	struct clock clock;
	int64_t armed_at; /* when timer fires, or NOT_ARMED */
	bool entered;     /* the clock shows this turn */
	uint64_t woke_at; /* nanoseconds; when this turn began */
	uint64_t longest; /* nanoseconds that a turn took */
	bool again;       /* a hook asked for another round */
	bool grace_over;
	struct list hooks[LOOP_NRANK];
	struct signal_watch *signals;
	struct loop_share *links;
};

struct loop_bell {
	uv_async_t handle;
	struct loop *loop;
	void (*fn)(void *arg);
	void *arg;
};

/* Out of descriptors or memory before anything works: nothing to save. */
static void
must(int rc, const char *what)
{
	if (rc == 0)
		return;
	log_error(NULL, "event loop failed", "what=%s err=\"%s\"", what,
	    uv_strerror(rc));
	exit(EX_OSERR);
}

static int64_t
utc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
loop_enter(struct loop *l)
{
	if (l->entered)
		return;
	l->entered = true;
	l->woke_at = uv_hrtime();
	l->clock.at = (int64_t)uv_now(&l->uv);
	l->clock.utc = utc_now();
}

static void
note_length(struct loop *l)
{
	uint64_t took = uv_hrtime() - l->woke_at;

	if (took > l->longest)
		l->longest = took;
}

int64_t
loop_take_longest_ms(struct loop *l)
{
	uint64_t longest = l->longest;

	l->longest = 0;
	return (int64_t)(longest / 1000000);
}

/* What came in earlier in this turn took its time, so look again. */
static void
on_timer(uv_timer_t *h)
{
	struct loop *l = h->data;

	l->armed_at = NOT_ARMED;
	if (!l->entered)
		l->woke_at = uv_hrtime();
	l->entered = true;
	clock_advance(&l->clock, (int64_t)uv_now(&l->uv), utc_now());
}

/* Hooks move to the end of their list as they run, so any may come and go. */
static void
run_rank(struct list *hooks)
{
	struct list todo, *node;

	if (list_is_empty(hooks))
		return;
	list_add(hooks, &todo);
	list_del(hooks);
	while (node = list_first(&todo), node) {
		struct loop_hook *h = LIST_ENTRY(node, struct loop_hook, node);

		list_del(node);
		list_add(hooks, node);
		h->fn(h);
	}
}

static void
run_hooks(struct loop *l)
{
	int rounds = 0;

	do {
		l->again = false;
		for (int rank = 0; rank < LOOP_NRANK; rank++)
			run_rank(&l->hooks[rank]);
	} while (l->again && ++rounds < HOOK_ROUNDS_MAX);
}

/* Hooks that still want another round get it after a look at the sockets. */
static void
arm_timer(struct loop *l)
{
	int64_t next = l->again ? l->clock.at : clock_next(&l->clock);
	int64_t wait_ms = next - (int64_t)uv_now(&l->uv);

	if (next == l->armed_at)
		return;
	l->armed_at = next;
	if (next < 0)
		uv_timer_stop(&l->timer);
	else
		uv_timer_start(&l->timer, on_timer,
		    wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static void
on_prepare(uv_prepare_t *h)
{
	struct loop *l = h->data;

	loop_enter(l);
	run_hooks(l);
	arm_timer(l);
	note_length(l);
	l->entered = false; /* the wait comes next */
}

struct loop *
loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	signal(SIGPIPE, SIG_IGN);
	must(uv_loop_init(&l->uv), "start");
	uv_prepare_init(&l->uv, &l->prepare);
	uv_timer_init(&l->uv, &l->timer);
	uv_timer_init(&l->uv, &l->grace);
	l->prepare.data = l->timer.data = l->grace.data = l;
	l->armed_at = NOT_ARMED;
	for (int rank = 0; rank < LOOP_NRANK; rank++)
		list_init(&l->hooks[rank]);
	clock_init(&l->clock, (int64_t)uv_now(&l->uv), utc_now());
	uv_prepare_start(&l->prepare, on_prepare);
	return l;
}

static void
on_grace_over(uv_timer_t *h)
{
	struct loop *l = h->data;

	l->grace_over = true;
	uv_stop(&l->uv);
}

/*
 * What the owner has closed or finished ends by itself; our own handles, not
 * counted, only keep the turns going meanwhile.
 */
static void
wait_for_others(struct loop *l)
{
	uv_unref((uv_handle_t *)&l->prepare);
	uv_unref((uv_handle_t *)&l->timer);
	uv_update_time(&l->uv);
	uv_timer_start(&l->grace, on_grace_over, LOOP_FREE_MS, 0);
	uv_unref((uv_handle_t *)&l->grace);
	while (uv_loop_alive(&l->uv) && !l->grace_over)
		uv_run(&l->uv, UV_RUN_DEFAULT);
}

static void
close_signals(struct loop *l)
{
	for (struct signal_watch *w = l->signals; w; w = w->next)
		uv_close((uv_handle_t *)&w->handle, NULL);
}

static void
free_signals(struct loop *l)
{
	struct signal_watch *w = l->signals, *next;

	for (; w; w = next) {
		next = w->next;
		free(w);
	}
}

void
loop_free(struct loop **lp)
{
	struct loop *l = *lp;

	*lp = NULL;
	if (!l)
		return;
	close_signals(l);
	wait_for_others(l);
	uv_close((uv_handle_t *)&l->prepare, NULL);
	uv_close((uv_handle_t *)&l->timer, NULL);
	uv_close((uv_handle_t *)&l->grace, NULL);
	uv_run(&l->uv, UV_RUN_NOWAIT);
	if (uv_loop_close(&l->uv) == UV_EBUSY) {
		/* A name server that never answers: its thread owns memory. */
		log_warn(NULL, "loop still busy", "after_ms=%d", LOOP_FREE_MS);
		return;
	}
	if (l->links)
		l->links->destroy(l->links);
	free_signals(l);
	clock_release(&l->clock);
	free(l);
}

void
loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void
loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

struct clock *
loop_clock(struct loop *l)
{
	return &l->clock;
}

uv_loop_t *
loop_uv(struct loop *l)
{
	return &l->uv;
}

void
loop_hook_add(struct loop *l, struct loop_hook *h, enum loop_rank rank,
    void (*fn)(struct loop_hook *h))
{
	h->fn = fn;
	list_init(&h->node);
	list_add(&l->hooks[rank], &h->node);
}

void
loop_hook_del(struct loop_hook *h)
{
	/* A hook that is zeroed memory was never added. */
	if (h->node.next)
		list_del(&h->node);
}

void
loop_again(struct loop *l)
{
	l->again = true;
}

static void
on_signal(uv_signal_t *h, int signum)
{
	struct signal_watch *w = h->data;

	loop_enter(w->loop);
	w->fn(signum, w->arg);
}

int
loop_on_signal(struct loop *l, int signum, void (*fn)(int signum, void *arg),
    void *arg, struct err *err)
{
	struct signal_watch *w = xcalloc(1, sizeof(*w));
	int rc;

	*w = (struct signal_watch){
		.loop = l, .next = l->signals, .fn = fn, .arg = arg
	};
	must(uv_signal_init(&l->uv, &w->handle), "signal");
	w->handle.data = w;
	l->signals = w;
	rc = uv_signal_start(&w->handle, on_signal, signum);
	if (rc != 0)
		return err_set(err, ERR_INTERNAL, "cannot watch signal %d: %s",
		    signum, uv_strerror(rc));
	return 0;
}

static void
on_bell(uv_async_t *h)
{
	struct loop_bell *b = h->data;

	loop_enter(b->loop);
	b->fn(b->arg);
}

struct loop_bell *
loop_bell_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct loop_bell *b = xcalloc(1, sizeof(*b));

	*b = (struct loop_bell){ .loop = l, .fn = fn, .arg = arg };
	must(uv_async_init(&l->uv, &b->handle, on_bell), "bell");
	b->handle.data = b;
	return b;
}

void
loop_bell_ring(struct loop_bell *b)
{
	uv_async_send(&b->handle);
}

static void
bell_gone(uv_handle_t *h)
{
	free(h->data);
}

void
loop_bell_close(struct loop_bell **bp)
{
	struct loop_bell *b = *bp;

	*bp = NULL;
	if (b)
		uv_close((uv_handle_t *)&b->handle, bell_gone);
}

struct work {
	uv_work_t req;
	struct loop *loop;
	void (*run)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

static void
on_work(uv_work_t *req)
{
	struct work *w = req->data;

	w->run(w->arg);
}

static void
on_work_done(uv_work_t *req, int status)
{
	struct work *w = req->data;

	(void)status; /* nothing here cancels */
	loop_enter(w->loop);
	w->done(w->arg);
	free(w);
}

void
loop_work(
    struct loop *l, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
	struct work *w = xcalloc(1, sizeof(*w));

	*w = (struct work){ .loop = l, .run = run, .done = done, .arg = arg };
	w->req.data = w;
	must(uv_queue_work(&l->uv, &w->req, on_work, on_work_done), "work");
}

struct loop_share **
loop_links(struct loop *l)
{
	return &l->links;
}
