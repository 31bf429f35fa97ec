#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "lib/backoff.h"
#include "lib/crypto.h"
#include "lib/xalloc.h"

#include "core/keyring.h"
#include "core/store_db.h"
#include "core/store_op.h"
#include "core/store_reserve.h"
#include "core/store_writer.h"

enum {
	RETRY_MIN_MS = 1000,
	RETRY_MAX_MS = 60 * 1000,
	IDLE_MS = 5000, /* then the log is moved into the file */
};

struct store_writer {
	/* Constant while the thread lives. */
	char *path;
	const struct keyring *keys;
	void (*wake)(void *arg);
	void *arg;
	pthread_t thread;

	pthread_mutex_t mutex;  /* over what follows */
	pthread_cond_t work;    /* queue or stop changed */
	pthread_cond_t settled; /* nothing is left */
	struct list queue, done;
	size_t nqueued, nqueued_bytes; /* until finished */
	bool stop, failing;
	bool low; /* the reserve is being used up */
	struct err trouble;
	struct store_stats stats;

	/* The writer's. */
	struct store_db *db;
	struct list pending; /* taken, not yet run */
	struct backoff backoff;
	int64_t retry_at; /* in trouble */
	int64_t make_at;  /* the reserve, when low */
	bool in_trouble, is_dirty;
	bool tried_last; /* failed after it was told to stop */
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail: vDSO */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- trouble ---------------------------------------------------------- */

static void
trouble_begin(struct store_writer *w, const struct err *err)
{
	store_db_abandon(&w->db);
	w->retry_at = now_ms() + backoff_next(&w->backoff, crypto_random_u32());
	if (w->in_trouble)
		return;
	w->in_trouble = true;
	pthread_mutex_lock(&w->mutex);
	w->failing = true;
	w->trouble = *err;
	pthread_mutex_unlock(&w->mutex);
}

static void
trouble_end(struct store_writer *w)
{
	if (!w->in_trouble)
		return;
	w->in_trouble = false;
	pthread_mutex_lock(&w->mutex);
	w->failing = false;
	pthread_mutex_unlock(&w->mutex);
}

/* The disk is full: what cannot wait is still written. */
static void
low_begin(struct store_writer *w, const struct err *err)
{
	w->make_at = now_ms() + w->backoff.min_ms;
	pthread_mutex_lock(&w->mutex);
	w->low = true;
	w->trouble = *err;
	pthread_mutex_unlock(&w->mutex);
}

/* There is room again, perhaps. */
static void
low_end(struct store_writer *w)
{
	if (!w->low || now_ms() < w->make_at)
		return;
	w->make_at = now_ms() + w->backoff.min_ms;
	if (!store_reserve_make(w->path))
		return;
	pthread_mutex_lock(&w->mutex);
	w->low = false;
	pthread_mutex_unlock(&w->mutex);
}

static int
reopen(struct store_writer *w, struct err *err)
{
	enum store_open_result why;

	if (!w->db)
		w->db = store_db_open(w->path, false, &why, err);
	return w->db ? 0 : -1;
}

static int
op_run(struct store_writer *w, struct op *op, struct err *err)
{
	return store_db_run(
	    w->db, w->keys, op->kind, op->v, &op->rows, &op->nunopened, err);
}

/* At most max of what is pending, and what is joined to those. */
static void
take(struct store_writer *w, struct list *group, size_t max)
{
	LIST_EACH(&w->pending, node)
	{
		if (max == 0 && !op_of(node)->joined)
			break;
		max -= max > 0;
		list_del(node);
		list_add(group, node);
	}
}

/* Is there a put among the next STORE_ROWS_MAX? */
static bool
has_writes(const struct store_writer *w)
{
	int n = 0;

	LIST_EACH(&w->pending, node)
	{
		if (n++ == STORE_ROWS_MAX)
			break;
		if (db_op_writes(op_of(node)->kind))
			return true;
	}
	return false;
}

/* Takes the next one, whose fate is shared by those that are joined to it. */
static int
run_next(struct store_writer *w, struct list *group, int *n, struct err *err)
{
	struct list *last = group->prev, *node;

	take(w, group, 1);
	for (node = last->next; node != group; node = node->next, ++*n)
		if (op_run(w, op_of(node), err) < 0)
			return -1;
	return 0;
}

/* What is pending, until one of the two ceilings of a transaction. */
static int
run_pending(struct store_writer *w, struct list *group, struct err *err)
{
	int64_t until = now_ms() + STORE_GROUP_MS;
	int n = 0;

	while (n < STORE_ROWS_MAX && !list_is_empty(&w->pending) &&
	    (n == 0 || now_ms() < until))
		if (run_next(w, group, &n, err) < 0)
			return -1;
	return 0;
}

static int
write_group(
    struct store_writer *w, struct list *group, bool writes, struct err *err)
{
	if (reopen(w, err) < 0 || store_db_begin(w->db, writes, err) < 0 ||
	    run_pending(w, group, err) < 0)
		return -1;
	return store_db_commit(w->db, err);
}

/*
 * Nothing of the group was kept.  Its loads are answered from what the file
 * holds, if that much works.
 */
static void
fail_group(struct store_writer *w, struct list *group)
{
	struct err err = ERR_INIT;

	LIST_EACH(group, node)
	{
		struct op *op = op_of(node);

		op->ok = false;
		db_rows_free(&op->rows);
		op->nunopened = 0;
		if (db_op_writes(op->kind) || reopen(w, &err) < 0)
			continue;
		op->ok = op_run(w, op, &err) == 0;
		if (!op->ok) {
			db_rows_free(&op->rows);
			store_db_abandon(&w->db);
		}
	}
}

static void
succeed_group(struct store_writer *w, struct list *group)
{
	bool erases = false;

	LIST_EACH(group, node)
	{
		struct op *op = op_of(node);

		op->ok = true;
		erases = erases || db_op_erases(op->kind);
	}
	if (erases)
		store_db_checkpoint(w->db);
}

static void
note_commit(struct store_writer *w, int64_t began_at)
{
	int64_t took = now_ms() - began_at;

	pthread_mutex_lock(&w->mutex);
	w->stats.ncommits++;
	if (took > w->stats.commit_ms)
		w->stats.commit_ms = took;
	pthread_mutex_unlock(&w->mutex);
}

/* Puts fail at once, but when there will be no later time. */
static bool
must_wait(const struct store_writer *w, bool stop)
{
	bool last_chance = stop && !w->tried_last;

	return w->in_trouble && now_ms() < w->retry_at && !last_chance;
}

/* The same once more, with what the reserve has taken. */
static int
write_again(
    struct store_writer *w, struct list *group, bool writes, struct err *err)
{
	struct err first = *err;
	struct list rest;

	if (!writes || !store_reserve_release(w->path))
		return -1;
	store_db_abandon(&w->db);
	LIST_EACH(group, node)
	{
		db_rows_free(&op_of(node)->rows);
		op_of(node)->nunopened = 0;
	}
	list_init(&rest);
	ops_move(&rest, &w->pending);
	ops_move(&w->pending, group);
	ops_move(&w->pending, &rest);
	if (write_group(w, group, writes, err) < 0)
		return -1;
	low_begin(w, &first);
	return 0;
}

/* One transaction. */
static void
group_run(struct store_writer *w, struct list *group, bool stop)
{
	bool writes = has_writes(w);
	int64_t began_at = now_ms();
	struct err err = ERR_INIT;

	if (writes && must_wait(w, stop)) {
		take(w, group, STORE_ROWS_MAX);
		fail_group(w, group);
		return;
	}
	if (write_group(w, group, writes, &err) < 0 &&
	    write_again(w, group, writes, &err) < 0) {
		trouble_begin(w, &err);
		w->tried_last = stop;
		take(w, group, STORE_ROWS_MAX);
		fail_group(w, group);
		return;
	}
	succeed_group(w, group);
	if (writes) {
		w->is_dirty = true;
		note_commit(w, began_at);
		trouble_end(w);
		backoff_reset(&w->backoff);
		low_end(w);
	}
}

/* A small write.  The delay keeps growing until real work succeeds. */
static int
probe(struct store_writer *w, struct err *err)
{
	struct list none;
	size_t unused = 0;

	list_init(&none);
	if (reopen(w, err) < 0 || store_db_begin(w->db, true, err) < 0 ||
	    store_db_run(w->db, w->keys, DB_PROBE, NULL, &none, &unused, err) <
	        0)
		return -1;
	return store_db_commit(w->db, err);
}

/* Nothing was queued for a while. */
static void
when_idle(struct store_writer *w)
{
	struct err err = ERR_INIT;

	if (w->in_trouble && probe(w, &err) < 0)
		trouble_begin(w, &err);
	else if (w->in_trouble)
		trouble_end(w);
	else if (w->is_dirty && w->db)
		store_db_checkpoint(w->db);
	low_end(w);
	w->is_dirty = false;
}

/* Holds the mutex.  True: the time is up and nothing has come. */
static bool
wait_for_work(struct store_writer *w)
{
	int64_t at = w->in_trouble ? w->retry_at
	    : w->low               ? w->make_at
	                           : now_ms() + IDLE_MS;
	struct timespec ts = { .tv_sec = at / 1000,
		.tv_nsec = at % 1000 * 1000000 };

	if (!w->in_trouble && !w->is_dirty && !w->low)
		return pthread_cond_wait(&w->work, &w->mutex) == ETIMEDOUT;
	return pthread_cond_timedwait(&w->work, &w->mutex, &ts) == ETIMEDOUT;
}

/* Holds the mutex. */
static void
finish(struct store_writer *w, struct list *group)
{
	LIST_EACH(group, node)
	{
		struct op *op = op_of(node);

		w->nqueued--;
		w->nqueued_bytes -= op->nbytes;
		w->stats.nrows++;
		w->stats.nfailed += !op->ok;
	}
	ops_move(&w->done, group);
	w->wake(w->arg);
}

/* Holds the mutex but while it works. */
static void
work(struct store_writer *w)
{
	struct list group;
	bool stop = w->stop;

	list_init(&group);
	ops_move(&w->pending, &w->queue);
	pthread_mutex_unlock(&w->mutex);
	group_run(w, &group, stop);
	pthread_mutex_lock(&w->mutex);
	finish(w, &group);
}

static void *
writer_main(void *arg)
{
	struct store_writer *w = arg;

	pthread_mutex_lock(&w->mutex);
	for (;;) {
		if (!list_is_empty(&w->queue) || !list_is_empty(&w->pending)) {
			work(w);
			continue;
		}
		pthread_cond_broadcast(&w->settled);
		if (w->stop)
			break;
		if (wait_for_work(w)) {
			pthread_mutex_unlock(&w->mutex);
			when_idle(w);
			pthread_mutex_lock(&w->mutex);
			w->wake(w->arg);
		}
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

/* ---- the loop's side -------------------------------------------------- */

static struct store_writer *
writer_new(const struct store_writer_params *p, struct store_db *db)
{
	struct store_writer *w = xcalloc(1, sizeof(*w));
	pthread_condattr_t attr;

	w->path = xstrdup(p->path);
	w->keys = p->keys;
	w->wake = p->wake;
	w->arg = p->arg;
	w->db = db;
	list_init(&w->queue);
	list_init(&w->done);
	list_init(&w->pending);
	backoff_init(&w->backoff,
	    p->retry_min_ms ? p->retry_min_ms : RETRY_MIN_MS,
	    p->retry_max_ms ? p->retry_max_ms : RETRY_MAX_MS);
	(void)store_reserve_make(p->path); /* what is not there is missed when
	                                      the disk is full, and told then */
	(void)pthread_mutex_init(&w->mutex, NULL); /* none of these can */
	(void)pthread_condattr_init(&attr);        /* fail on Linux */
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->work, &attr);
	(void)pthread_cond_init(&w->settled, &attr);
	(void)pthread_condattr_destroy(&attr);
	return w;
}

/* The thread has ended, or was never started. */
static void
writer_free(struct store_writer *w)
{
	ops_free(&w->done);
	store_db_close(&w->db);
	(void)pthread_cond_destroy(&w->work); /* nobody waits on it */
	(void)pthread_cond_destroy(&w->settled);
	(void)pthread_mutex_destroy(&w->mutex);
	free(w->path);
	free(w);
}

/* Signals are the loop's. */
static int
start_thread(struct store_writer *w, struct err *err)
{
	sigset_t all, was;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &was);
	rc = pthread_create(&w->thread, NULL, writer_main, w);
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (rc != 0)
		return err_set(err, ERR_INTERNAL,
		    "cannot start the thread of the store: %s", strerror(rc));
	return 0;
}

struct store_writer *
store_writer_start(const struct store_writer_params *p,
    struct store_db *take_db, struct err *err)
{
	struct store_writer *w = writer_new(p, take_db);

	if (start_thread(w, err) == 0)
		return w;
	writer_free(w);
	return NULL;
}

void
store_writer_stop(struct store_writer **wp)
{
	struct store_writer *w = *wp;

	*wp = NULL;
	if (!w)
		return;
	pthread_mutex_lock(&w->mutex);
	w->stop = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->mutex);
	(void)pthread_join(w->thread, NULL); /* ours, and joined once */
	writer_free(w);
}

bool
store_writer_add(struct store_writer *w, struct op *op)
{
	bool fits;

	pthread_mutex_lock(&w->mutex);
	fits = w->nqueued < STORE_QUEUE_MAX &&
	    w->nqueued_bytes + op->nbytes <= STORE_QUEUE_BYTES;
	if (fits) {
		w->nqueued++;
		w->nqueued_bytes += op->nbytes;
		list_add(&w->queue, &op->node);
		pthread_cond_signal(&w->work);
	} else {
		w->stats.nfailed++;
	}
	pthread_mutex_unlock(&w->mutex);
	return fits;
}

static void
measure(const struct list *ops, size_t *n, size_t *nbytes)
{
	*n = *nbytes = 0;
	LIST_EACH(ops, node)
	{
		++*n;
		*nbytes += op_of(node)->nbytes;
	}
}

bool
store_writer_add_all(struct store_writer *w, struct list *ops)
{
	size_t n, nbytes;
	bool fits;

	measure(ops, &n, &nbytes);
	pthread_mutex_lock(&w->mutex);
	fits = w->nqueued + n <= STORE_QUEUE_MAX &&
	    w->nqueued_bytes + nbytes <= STORE_QUEUE_BYTES;
	if (fits) {
		w->nqueued += n;
		w->nqueued_bytes += nbytes;
		ops_move(&w->queue, ops);
		pthread_cond_signal(&w->work);
	} else {
		w->stats.nfailed += n;
	}
	pthread_mutex_unlock(&w->mutex);
	return fits;
}

bool
store_writer_take(
    struct store_writer *w, struct list *done_out, struct err *err)
{
	bool is_ok;

	pthread_mutex_lock(&w->mutex);
	ops_move(done_out, &w->done);
	is_ok = !w->failing && !w->low;
	*err = w->trouble;
	pthread_mutex_unlock(&w->mutex);
	return is_ok;
}

void
store_writer_wait(struct store_writer *w)
{
	pthread_mutex_lock(&w->mutex);
	while (w->nqueued > 0)
		pthread_cond_wait(&w->settled, &w->mutex);
	pthread_mutex_unlock(&w->mutex);
}

bool
store_writer_is_idle(struct store_writer *w)
{
	bool is_idle;

	pthread_mutex_lock(&w->mutex);
	is_idle = w->nqueued == 0 && list_is_empty(&w->done);
	pthread_mutex_unlock(&w->mutex);
	return is_idle;
}

void
store_writer_stats(struct store_writer *w, struct store_stats *out)
{
	pthread_mutex_lock(&w->mutex);
	*out = w->stats;
	out->nqueued = w->nqueued;
	pthread_mutex_unlock(&w->mutex);
}
