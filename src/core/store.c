/*
 * The queue, the thread and the callbacks; the statements are in store_db.c.
 *
 *	loop thread                       writer thread
 *	enqueue() -> queue  ------------> take() -> pending
 *	                                  group_run(): begin, run, commit
 *	store_poll() <- done  <---------- finish(), ring the bell
 *
 * In trouble the writer has no database, or one that is only good for
 * reading; see group_run() and recover().
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lib/backoff.h"
#include "lib/buf.h"
#include "lib/crypto.h"
#include "lib/idtab.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/xalloc.h"

#include "net/loop.h"

#include "core/keyring.h"
#include "core/store.h"
#include "core/store_db.h"

enum {
	RETRY_MIN_MS = 1000,
	RETRY_MAX_MS = 60 * 1000,
	IDLE_MS = 5000, /* then the log is moved into the file */
};

/* What is called when an operation is done; which, its kind says. */
union op_fn {
	store_done_fn *done;
	store_settings_fn *settings;
	store_occupants_fn *occupants;
	store_facts_fn *facts;
};

struct op {
	struct list node;
	enum db_op kind;
	bool ok;

	/* The loop's. */
	union op_fn fn;
	void *arg;
	store_load_id load; /* 0: not a load, or one too many */
	bool is_cancelled;

	/* The writer's, while it has it. */
	struct list rows;
	size_t nunopened;
	struct str v[DB_ARGS_MAX]; /* into bytes */
	size_t nbytes;
	char bytes[];
};

struct store {
	/* The loop's. */
	struct idtab loads;
	struct list refused; /* never queued; to be called back with false */
	struct loop_bell *bell;
	const struct log_ctx *log;
	void (*on_state)(bool ok, void *arg);
	void *arg;
	bool is_ok;
	int lock_fd;

	/* Constant while the thread lives. */
	char *path;
	struct keyring keys;
	pthread_t thread;

	pthread_mutex_t mutex;  /* over what follows */
	pthread_cond_t work;    /* queue or stop changed */
	pthread_cond_t settled; /* the writer has nothing left */
	struct list queue, done;
	size_t nqueued, nqueued_bytes; /* until finished */
	bool stop, failing;
	char trouble[sizeof(((struct err *)0)->text)];
	struct store_stats stats;

	/* The writer's. */
	struct store_db *db;
	struct list pending; /* taken, not yet run */
	struct backoff backoff;
	int64_t retry_at; /* in trouble */
	bool in_trouble, is_dirty;
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail: vDSO */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- operations ------------------------------------------------------- */

static struct op *
op_new(enum db_op kind, const struct str *v)
{
	size_t nbytes = 0, at = 0, nargs = db_op_nargs(kind);
	struct op *op;

	for (size_t i = 0; i < nargs; i++)
		nbytes += v[i].len;
	op = xcalloc(1, sizeof(*op) + nbytes);
	op->kind = kind;
	op->nbytes = nbytes;
	list_init(&op->node);
	list_init(&op->rows);
	for (size_t i = 0; i < nargs; i++) {
		if (v[i].len)
			memcpy(op->bytes + at, v[i].p, v[i].len);
		op->v[i] = str_of(op->bytes + at, v[i].len);
		at += v[i].len;
	}
	return op;
}

/* The arguments may have held a secret, so may the rows. */
static void
op_free(struct op *op)
{
	db_rows_free(&op->rows);
	secret_wipe(op->bytes, op->nbytes);
	free(op);
}

static void
ops_free(struct list *ops)
{
	LIST_EACH(ops, node)
	{
		list_del(node);
		op_free(LIST_ENTRY(node, struct op, node));
	}
}

static void
ops_move(struct list *to, struct list *from)
{
	LIST_EACH(from, node)
	{
		list_del(node);
		list_add(to, node);
	}
}

/* The last argument of a put is a value, the others are names. */
static bool
is_too_long(const struct op *op)
{
	size_t nargs = db_op_nargs(op->kind);

	for (size_t i = 0; i < nargs; i++)
		if (op->v[i].len >
		    (i + 1 == nargs ? STORE_VALUE_MAX : STORE_NAME_MAX))
			return true;
	return false;
}

/* ---- writer thread ---------------------------------------------------- */

static void
trouble_begin(struct store *st, const struct err *err)
{
	store_db_abandon(&st->db);
	st->retry_at =
	    now_ms() + backoff_next(&st->backoff, crypto_random_u32());
	if (st->in_trouble)
		return;
	st->in_trouble = true;
	pthread_mutex_lock(&st->mutex);
	st->failing = true;
	memcpy(st->trouble, err->text, sizeof(st->trouble));
	pthread_mutex_unlock(&st->mutex);
}

static void
trouble_end(struct store *st)
{
	if (!st->in_trouble)
		return;
	st->in_trouble = false;
	pthread_mutex_lock(&st->mutex);
	st->failing = false;
	pthread_mutex_unlock(&st->mutex);
}

static int
reopen(struct store *st, struct err *err)
{
	enum store_open_result why;

	if (!st->db)
		st->db = store_db_open(st->path, false, &why, err);
	return st->db ? 0 : -1;
}

static int
op_run(struct store *st, struct op *op, struct err *err)
{
	return store_db_run(
	    st->db, &st->keys, op->kind, op->v, &op->rows, &op->nunopened, err);
}

/* At most max of what is pending. */
static void
take(struct store *st, struct list *group, size_t max)
{
	LIST_EACH(&st->pending, node)
	{
		if (max-- == 0)
			break;
		list_del(node);
		list_add(group, node);
	}
}

/* Is there a put among the next STORE_ROWS_MAX? */
static bool
has_writes(const struct store *st)
{
	int n = 0;

	LIST_EACH(&st->pending, node)
	{
		if (n++ == STORE_ROWS_MAX)
			break;
		if (!db_op_is_load(LIST_ENTRY(node, struct op, node)->kind))
			return true;
	}
	return false;
}

/* What is pending, until one of the two ceilings of a transaction. */
static int
run_pending(struct store *st, struct list *group, struct err *err)
{
	int64_t until = now_ms() + STORE_GROUP_MS;

	for (int n = 0; n < STORE_ROWS_MAX && !list_is_empty(&st->pending) &&
	     (n == 0 || now_ms() < until);
	     n++) {
		struct list *node = list_first(&st->pending);

		take(st, group, 1);
		if (op_run(st, LIST_ENTRY(node, struct op, node), err) < 0)
			return -1;
	}
	return 0;
}

static int
write_group(struct store *st, struct list *group, bool writes, struct err *err)
{
	if (reopen(st, err) < 0 || store_db_begin(st->db, writes, err) < 0 ||
	    run_pending(st, group, err) < 0)
		return -1;
	return store_db_commit(st->db, err);
}

/*
 * Nothing of the group was kept.  Its loads are answered from what the file
 * holds, if that much works.
 */
static void
fail_group(struct store *st, struct list *group)
{
	struct err err = ERR_INIT;

	LIST_EACH(group, node)
	{
		struct op *op = LIST_ENTRY(node, struct op, node);

		op->ok = false;
		db_rows_free(&op->rows);
		op->nunopened = 0;
		if (!db_op_is_load(op->kind) || reopen(st, &err) < 0)
			continue;
		op->ok = op_run(st, op, &err) == 0;
		if (!op->ok) {
			db_rows_free(&op->rows);
			store_db_abandon(&st->db);
		}
	}
}

static void
succeed_group(struct store *st, struct list *group)
{
	bool erases = false;

	LIST_EACH(group, node)
	{
		struct op *op = LIST_ENTRY(node, struct op, node);

		op->ok = true;
		erases = erases || db_op_erases(op->kind);
	}
	if (erases)
		store_db_checkpoint(st->db);
}

static void
note_commit(struct store *st, int64_t began_at)
{
	int64_t took = now_ms() - began_at;

	pthread_mutex_lock(&st->mutex);
	st->stats.ncommits++;
	if (took > st->stats.commit_ms)
		st->stats.commit_ms = took;
	pthread_mutex_unlock(&st->mutex);
}

/*
 * One transaction.  In trouble, and before the time to try again, puts fail at
 * once; last_chance: there will be no other.
 */
static void
group_run(struct store *st, struct list *group, bool last_chance)
{
	bool writes = has_writes(st);
	int64_t began_at = now_ms();
	struct err err = ERR_INIT;

	if (writes && st->in_trouble && began_at < st->retry_at &&
	    !last_chance) {
		take(st, group, STORE_ROWS_MAX);
		fail_group(st, group);
		return;
	}
	if (write_group(st, group, writes, &err) < 0) {
		trouble_begin(st, &err);
		take(st, group, STORE_ROWS_MAX);
		fail_group(st, group);
		return;
	}
	succeed_group(st, group);
	if (writes) {
		st->is_dirty = true;
		note_commit(st, began_at);
		trouble_end(st);
		backoff_reset(&st->backoff);
	}
}

/* A small write.  The delay keeps growing until real work succeeds. */
static int
probe(struct store *st, struct err *err)
{
	struct list none;
	size_t unused = 0;

	list_init(&none);
	if (reopen(st, err) < 0 || store_db_begin(st->db, true, err) < 0 ||
	    store_db_run(
	        st->db, &st->keys, DB_PROBE, NULL, &none, &unused, err) < 0)
		return -1;
	return store_db_commit(st->db, err);
}

/* Nothing was queued for a while. */
static void
when_idle(struct store *st)
{
	struct err err = ERR_INIT;

	if (st->in_trouble && probe(st, &err) < 0)
		trouble_begin(st, &err);
	else if (st->in_trouble)
		trouble_end(st);
	else if (st->is_dirty && st->db)
		store_db_checkpoint(st->db);
	st->is_dirty = false;
}

/* Holds the mutex.  True: the time is up and nothing has come. */
static bool
wait_for_work(struct store *st)
{
	int64_t at = st->in_trouble ? st->retry_at : now_ms() + IDLE_MS;
	struct timespec ts = { .tv_sec = at / 1000,
		.tv_nsec = at % 1000 * 1000000 };

	if (!st->in_trouble && !st->is_dirty)
		return pthread_cond_wait(&st->work, &st->mutex) == ETIMEDOUT;
	return pthread_cond_timedwait(&st->work, &st->mutex, &ts) == ETIMEDOUT;
}

/* Holds the mutex. */
static void
finish(struct store *st, struct list *group)
{
	LIST_EACH(group, node)
	{
		struct op *op = LIST_ENTRY(node, struct op, node);

		st->nqueued--;
		st->nqueued_bytes -= op->nbytes;
		st->stats.nrows++;
		st->stats.nfailed += !op->ok;
	}
	ops_move(&st->done, group);
	if (st->bell)
		loop_bell_ring(st->bell);
}

/* Holds the mutex but while it works. */
static void
work(struct store *st)
{
	struct list group;
	bool last_chance = st->stop;

	list_init(&group);
	ops_move(&st->pending, &st->queue);
	pthread_mutex_unlock(&st->mutex);
	group_run(st, &group, last_chance);
	pthread_mutex_lock(&st->mutex);
	finish(st, &group);
}

static void *
writer_main(void *arg)
{
	struct store *st = arg;

	pthread_mutex_lock(&st->mutex);
	for (;;) {
		if (!list_is_empty(&st->queue) ||
		    !list_is_empty(&st->pending)) {
			work(st);
			continue;
		}
		pthread_cond_broadcast(&st->settled);
		if (st->stop)
			break;
		if (wait_for_work(st)) {
			pthread_mutex_unlock(&st->mutex);
			when_idle(st);
			pthread_mutex_lock(&st->mutex);
			if (st->bell)
				loop_bell_ring(st->bell);
		}
	}
	pthread_mutex_unlock(&st->mutex);
	return NULL;
}

/* ---- calling back ----------------------------------------------------- */

static size_t
count(const struct list *rows)
{
	size_t n = 0;

	LIST_EACH(rows, node)
	n++;
	return n;
}

/* A secret that did not open is no setting. */
static void
give_settings(struct op *op)
{
	struct store_setting *v = xcalloc(count(&op->rows) + 1, sizeof(*v));
	size_t n = 0;

	LIST_EACH(&op->rows, node)
	{
		struct str *col = LIST_ENTRY(node, struct db_row, node)->col;

		if (col[3].len == 0)
			continue;
		v[n++] = (struct store_setting){
			.network = col[0],
			.room = col[1],
			.name = col[2],
			.value = col[3],
			.secret = str_is(col[4], "1"),
		};
	}
	op->fn.settings(op->ok, op->ok ? v : NULL, op->ok ? n : 0, op->arg);
	free(v);
}

static void
give_occupants(struct op *op)
{
	struct store_occupant *v = xcalloc(count(&op->rows) + 1, sizeof(*v));
	size_t n = 0;

	LIST_EACH(&op->rows, node)
	{
		struct str *col = LIST_ENTRY(node, struct db_row, node)->col;

		v[n++] = (struct store_occupant){
			.gateway = op->v[0],
			.jid = col[0],
			.room = col[1],
			.password = col[2],
			.nick = col[4],
		};
	}
	op->fn.occupants(op->ok, op->ok ? v : NULL, op->ok ? n : 0, op->arg);
	free(v);
}

static void
give_facts(struct op *op)
{
	struct store_fact *v = xcalloc(count(&op->rows) + 1, sizeof(*v));
	size_t n = 0;

	LIST_EACH(&op->rows, node)
	{
		struct str *col = LIST_ENTRY(node, struct db_row, node)->col;

		v[n++] = (struct store_fact){
			.network = col[0],
			.name = col[1],
			.value = col[2],
		};
	}
	op->fn.facts(op->ok, op->ok ? v : NULL, op->ok ? n : 0, op->arg);
	free(v);
}

static void
give_done(struct op *op)
{
	if (op->fn.done)
		op->fn.done(op->ok, op->arg);
}

static void
give(struct store *st, struct op *op)
{
	if (op->nunopened > 0)
		log_error(st->log, "stored secrets do not open",
		    "count=%zu of=" STR_FMT
		    " why=\"sealed with another key, or changed\"",
		    op->nunopened, STR_ARG(op->v[0]));
	if (!db_op_is_load(op->kind)) {
		give_done(op);
		return;
	}
	if (op->is_cancelled)
		return;
	(void)idtab_del(&st->loads, op->load);
	if (op->kind == DB_SETTINGS_LOAD)
		give_settings(op);
	else if (op->kind == DB_OCCUPANTS_LOAD)
		give_occupants(op);
	else
		give_facts(op);
}

static void
give_all(struct store *st, struct list *ops)
{
	while (!list_is_empty(ops)) {
		struct list *node = list_first(ops);
		struct op *op = LIST_ENTRY(node, struct op, node);

		list_del(node);
		give(st, op);
		op_free(op);
	}
}

static void
tell_state(struct store *st, bool is_ok, const char *trouble)
{
	if (is_ok == st->is_ok)
		return;
	st->is_ok = is_ok;
	if (is_ok)
		log_info(st->log, "store works again", "path=%s", st->path);
	else
		log_error(st->log, "store failed",
		    "path=%s err=\"%s\" action=\"refusing, trying again\"",
		    st->path, trouble);
	if (st->on_state)
		st->on_state(is_ok, st->arg);
}

void
store_poll(struct store *st)
{
	struct list refused, done;
	char trouble[sizeof(st->trouble)];
	bool is_ok;

	list_init(&refused);
	list_init(&done);
	ops_move(&refused, &st->refused);
	pthread_mutex_lock(&st->mutex);
	ops_move(&done, &st->done);
	is_ok = !st->failing;
	memcpy(trouble, st->trouble, sizeof(trouble));
	pthread_mutex_unlock(&st->mutex);
	tell_state(st, is_ok, trouble);
	give_all(st, &refused);
	give_all(st, &done);
}

static void
on_bell(void *arg)
{
	store_poll(arg);
}

static bool
is_settled(struct store *st)
{
	bool none;

	pthread_mutex_lock(&st->mutex);
	none = st->nqueued == 0 && list_is_empty(&st->done);
	pthread_mutex_unlock(&st->mutex);
	return none && list_is_empty(&st->refused);
}

void
store_settle(struct store *st)
{
	do {
		pthread_mutex_lock(&st->mutex);
		while (st->nqueued > 0)
			pthread_cond_wait(&st->settled, &st->mutex);
		pthread_mutex_unlock(&st->mutex);
		store_poll(st);
	} while (!is_settled(st));
}

/* ---- opening and closing ---------------------------------------------- */

static int
in_use(int fd, const char *path, struct err *err)
{
	char pid[16];
	ssize_t n = pread(fd, pid, sizeof(pid), 0);
	struct str who = str_trim(str_of(pid, n > 0 ? (size_t)n : 0));

	return err_set(err, ERR_CONFLICT,
	    "store %s is in use by another instance, process " STR_FMT
	    "; stop it first",
	    path, STR_ARG(who));
}

/*
 * A file of its own: SQLite's locks are for a transaction, and closing any
 * descriptor of the database would drop locks of ours on it (POSIX).
 */
static int
lock(const char *path, enum store_open_result *why, struct err *err)
{
	struct buf name;
	int fd;

	buf_init(&name, 8192);
	buf_addf(&name, "%s.lock", path);
	fd = open(name.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	*why = STORE_IO;
	if (fd < 0) {
		err_set(err, ERR_INTERNAL,
		    "cannot open %s: %s; its folder must exist and belong to "
		    "the user that runs this",
		    name.p, strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		*why = errno == EWOULDBLOCK ? STORE_IN_USE : STORE_IO;
		if (*why == STORE_IN_USE)
			in_use(fd, path, err);
		else
			err_set(err, ERR_INTERNAL, "cannot lock %s: %s", name.p,
			    strerror(errno));
		(void)close(fd); /* nothing was written */
		fd = -1;
	}
	buf_release(&name);
	return fd;
}

/* For people; the lock itself is what counts. */
static void
lock_sign(int fd)
{
	if (ftruncate(fd, 0) == 0)
		(void)dprintf(fd, "%ld\n", (long)getpid());
}

static int
load_keys(struct store *st, const char *key_file, struct err *err)
{
	bool has_sealed;

	if (store_db_has_sealed(st->db, &has_sealed, err) < 0)
		return -1;
	/* A new key would open none of what is there. */
	if (keyring_load(&st->keys, key_file, !has_sealed, err) < 0)
		return has_sealed
		    ? err_prefix(err, "the store holds sealed secrets")
		    : -1;
	if (store_db_check_keys(st->db, &st->keys, err) < 0)
		return err_prefix(err, "key file %s", key_file);
	return 0;
}

/* Signals are the loop's. */
static int
start_thread(struct store *st, struct err *err)
{
	sigset_t all, was;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &was);
	rc = pthread_create(&st->thread, NULL, writer_main, st);
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (rc != 0)
		return err_set(err, ERR_INTERNAL,
		    "cannot start the thread of the store: %s", strerror(rc));
	return 0;
}

static struct store *
store_new(const struct store_params *p, int lock_fd)
{
	struct store *st = xcalloc(1, sizeof(*st));
	pthread_condattr_t attr;

	st->lock_fd = lock_fd;
	st->path = xstrdup(p->path);
	st->log = p->log;
	st->on_state = p->on_state;
	st->arg = p->arg;
	st->is_ok = true;
	idtab_init(&st->loads, STORE_QUEUE_MAX);
	list_init(&st->refused);
	list_init(&st->queue);
	list_init(&st->done);
	list_init(&st->pending);
	backoff_init(&st->backoff,
	    p->retry_min_ms ? p->retry_min_ms : RETRY_MIN_MS,
	    p->retry_max_ms ? p->retry_max_ms : RETRY_MAX_MS);
	(void)pthread_mutex_init(&st->mutex, NULL); /* none of these can */
	(void)pthread_condattr_init(&attr);         /* fail on Linux */
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&st->work, &attr);
	(void)pthread_cond_init(&st->settled, &attr);
	(void)pthread_condattr_destroy(&attr);
	return st;
}

/* The thread has ended, or was never started. */
static void
store_free(struct store *st)
{
	ops_free(&st->queue);
	ops_free(&st->done);
	ops_free(&st->refused);
	idtab_release(&st->loads);
	loop_bell_close(&st->bell);
	store_db_close(&st->db);
	keyring_release(&st->keys);
	(void)pthread_cond_destroy(&st->work);
	(void)pthread_cond_destroy(&st->settled);
	(void)pthread_mutex_destroy(&st->mutex);
	(void)close(st->lock_fd); /* which also unlocks */
	free(st->path);
	free(st);
}

static int
set_up(struct store *st, const struct store_params *p,
    enum store_open_result *why, struct err *err)
{
	st->db = store_db_open(p->path, true, why, err);
	if (!st->db)
		return -1;
	*why = STORE_BAD_KEY;
	if (load_keys(st, p->key_file, err) < 0)
		return -1;
	*why = STORE_IO;
	if (p->loop)
		st->bell = loop_bell_new(p->loop, on_bell, st);
	return start_thread(st, err);
}

struct store *
store_open(const struct store_params *p, enum store_open_result *why_out,
    struct err *err)
{
	enum store_open_result why;
	struct store *st = NULL;
	int fd = lock(p->path, &why, err);

	if (fd >= 0) {
		st = store_new(p, fd);
		if (set_up(st, p, &why, err) < 0) {
			store_free(st);
			st = NULL;
		} else {
			lock_sign(fd);
			why = STORE_OPENED;
		}
	}
	if (why_out)
		*why_out = why;
	return st;
}

void
store_close(struct store **stp)
{
	struct store *st = *stp;

	*stp = NULL;
	if (!st)
		return;
	pthread_mutex_lock(&st->mutex);
	st->stop = true;
	pthread_cond_signal(&st->work);
	pthread_mutex_unlock(&st->mutex);
	(void)pthread_join(st->thread, NULL); /* ours, and joined once */
	store_free(st);
}

/* ---- what callers see ------------------------------------------------- */

bool
store_is_ok(const struct store *st)
{
	return st->is_ok;
}

/* False: over a ceiling. */
static bool
queue_add(struct store *st, struct op *op)
{
	bool fits;

	pthread_mutex_lock(&st->mutex);
	fits = st->nqueued < STORE_QUEUE_MAX &&
	    st->nqueued_bytes + op->nbytes <= STORE_QUEUE_BYTES;
	if (fits) {
		st->nqueued++;
		st->nqueued_bytes += op->nbytes;
		list_add(&st->queue, &op->node);
		pthread_cond_signal(&st->work);
	} else {
		st->stats.nfailed++;
	}
	pthread_mutex_unlock(&st->mutex);
	return fits;
}

/* Its own turn comes: a callback never runs inside the call. */
static void
refuse(struct store *st, struct op *op)
{
	op->ok = false;
	list_add(&st->refused, &op->node);
	if (st->bell)
		loop_bell_ring(st->bell);
}

static void
enqueue(struct store *st, struct op *op)
{
	if (is_too_long(op) || !queue_add(st, op))
		refuse(st, op);
}

static void
put(struct store *st, enum db_op kind, const struct str *v, store_done_fn *done,
    void *arg)
{
	struct op *op = op_new(kind, v);

	op->fn.done = done;
	op->arg = arg;
	enqueue(st, op);
}

/*
 * There are as many ids as places in the queue: a load without one is most
 * likely refused.  It is called back all the same.
 */
static store_load_id
load(struct store *st, enum db_op kind, const struct str *v, union op_fn fn,
    void *arg)
{
	struct op *op = op_new(kind, v);

	op->fn = fn;
	op->arg = arg;
	op->load = idtab_add(&st->loads, op);
	enqueue(st, op);
	return op->load;
}

void
store_cancel(struct store *st, store_load_id id)
{
	struct op *op = idtab_del(&st->loads, id);

	if (op)
		op->is_cancelled = true;
}

store_load_id
store_settings_load(struct store *st, struct str user, struct str gateway,
    store_settings_fn *fn, void *arg)
{
	const struct str v[] = { user, gateway };

	return load(
	    st, DB_SETTINGS_LOAD, v, (union op_fn){ .settings = fn }, arg);
}

void
store_setting_put(struct store *st, struct str user, struct str gateway,
    struct str network, struct str room, struct str name, struct str value,
    bool secret, store_done_fn *done, void *arg)
{
	const struct str v[] = { user, gateway, network, room, name, value };
	enum db_op kind = value.len == 0 ? DB_SETTING_DEL
	    : secret                     ? DB_SECRET_PUT
	                                 : DB_SETTING_PUT;

	put(st, kind, v, done, arg);
}

void
store_forget(struct store *st, struct str user, struct str gateway,
    store_done_fn *done, void *arg)
{
	const struct str v[] = { user, gateway };

	put(st, DB_FORGET, v, done, arg);
}

void
store_occupant_put(struct store *st, const struct store_occupant *o,
    store_done_fn *done, void *arg)
{
	const struct str v[] = { o->gateway, o->jid, o->room, o->password,
		o->nick };

	put(st, DB_OCCUPANT_PUT, v, done, arg);
}

void
store_occupant_del(struct store *st, struct str gateway, struct str jid,
    struct str room, store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, jid, room };

	put(st, DB_OCCUPANT_DEL, v, done, arg);
}

void
store_occupants_del_jid(struct store *st, struct str gateway, struct str jid,
    store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, jid };

	put(st, DB_OCCUPANTS_DEL_JID, v, done, arg);
}

store_load_id
store_occupants_load(
    struct store *st, struct str gateway, store_occupants_fn *fn, void *arg)
{
	const struct str v[] = { gateway };

	return load(
	    st, DB_OCCUPANTS_LOAD, v, (union op_fn){ .occupants = fn }, arg);
}

void
store_fact_put(struct store *st, struct str gateway, struct str network,
    struct str name, struct str value, store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, network, name, value };

	put(st, value.len ? DB_FACT_PUT : DB_FACT_DEL, v, done, arg);
}

store_load_id
store_facts_load(
    struct store *st, struct str gateway, store_facts_fn *fn, void *arg)
{
	const struct str v[] = { gateway };

	return load(st, DB_FACTS_LOAD, v, (union op_fn){ .facts = fn }, arg);
}

void
store_stats_get(struct store *st, struct store_stats *out)
{
	pthread_mutex_lock(&st->mutex);
	*out = st->stats;
	out->nqueued = st->nqueued;
	pthread_mutex_unlock(&st->mutex);
}
