/*
 * The loop's side: the lock, what callers ask for, what they are told.  The
 * thread is in store_writer.c, the statements are in store_db.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/idtab.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#include "net/loop.h"

#include "core/keyring.h"
#include "core/store.h"
#include "core/store_op.h"
#include "core/store_writer.h"

struct store {
	struct store_writer *writer;
	struct keyring keys; /* the writer's to read */
	struct idtab loads;
	struct list refused; /* never queued; to be called back with false */
	struct loop_bell *bell;
	const struct log_ctx *log;
	void (*on_state)(bool ok, void *arg);
	void *arg;
	bool is_ok;
	int lock_fd;
	char *path;
};

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
give_talks(struct op *op)
{
	struct store_talk_size *v = xcalloc(count(&op->rows) + 1, sizeof(*v));
	size_t n = 0;

	LIST_EACH(&op->rows, node)
	{
		struct str *col = LIST_ENTRY(node, struct db_row, node)->col;
		struct store_talk_size *t = &v[n++];

		t->network = col[0];
		t->is_room = str_is(col[1], "1");
		t->name = col[2];
		(void)str_to_uint(col[3], INT64_MAX, &t->nlines);
	}
	op->fn.talks(op->ok, op->ok ? v : NULL, op->ok ? n : 0, op->arg);
	free(v);
}

static void
give_contacts(struct op *op)
{
	struct store_contact *v = xcalloc(count(&op->rows) + 1, sizeof(*v));
	size_t n = 0;

	LIST_EACH(&op->rows, node)
	{
		struct str *col = LIST_ENTRY(node, struct db_row, node)->col;

		v[n++] = (struct store_contact){
			.user = col[0],
			.address = col[1],
		};
	}
	op->fn.contacts(op->ok, op->ok ? v : NULL, op->ok ? n : 0, op->arg);
	free(v);
}

enum { FLAG_OWN = 1 << 0, FLAG_NETWORK_ID = 1 << 1 };

static struct store_line
line_of(const struct db_row *row)
{
	const struct str *col = row->col;

	return (struct store_line){
		.id = col[0],
		.at_us = op_number(col[1]),
		.kind = (unsigned)op_number(col[2]),
		.own = op_number(col[3]) & FLAG_OWN,
		.is_network_id = op_number(col[3]) & FLAG_NETWORK_ID,
		.nick = col[4],
		.own_id = col[5],
		.reply_to = col[6],
		.reply_nick = col[7],
		.corrects = col[8],
		.identity = col[9],
		.parts = col[10],
		.body = col[11],
	};
}

/* How many different ids the wish names; each must be there. */
static int64_t
count_anchors(const struct op *op)
{
	int64_t n = 0;

	for (int i = DB_LINES_ANCHOR; i < DB_LINES_ANCHOR + 4; i++) {
		bool is_new = op->v[i].len > 0;

		for (int j = DB_LINES_ANCHOR; j < i; j++)
			is_new = is_new && !str_eq(op->v[i], op->v[j]);
		n += is_new;
	}
	return n;
}

/* What the first row says about all of them. */
static void
read_head(const struct op *op, const struct db_row *head, struct store_lines *l)
{
	int64_t nasked = op->kind == DB_LINES_BY_ID ? op_number(head->col[2])
	                                            : count_anchors(op);

	l->known = op_number(head->col[0]) == nasked;
	l->count = (uint64_t)op_number(head->col[1]);
}

/* One line more than asked for says that there are more. */
static size_t
count_lines(const struct op *op, size_t nrows, bool *more_out)
{
	size_t n = nrows - 1, max = n;

	if (op->kind == DB_LINES_FIRST || op->kind == DB_LINES_LAST)
		max = (size_t)op_number(op->v[DB_LINES_MAX]) - 1;
	*more_out = n > max;
	return n > max ? max : n;
}

static void
give_lines(struct op *op)
{
	size_t nrows = count(&op->rows);
	struct store_line *v = xcalloc(nrows + 1, sizeof(*v));
	struct store_lines l = { .v = v };
	struct list *n = list_first(&op->rows);

	if (n) {
		read_head(op, LIST_ENTRY(n, struct db_row, node), &l);
		l.n = l.known ? count_lines(op, nrows, &l.more) : 0;
	}
	for (size_t i = 0; i < l.n; i++) {
		bool last = op->kind == DB_LINES_LAST;

		n = n->next;
		v[last ? l.n - 1 - i : i] =
		    line_of(LIST_ENTRY(n, struct db_row, node));
	}
	op->fn.lines(op->ok, op->ok ? &l : NULL, op->arg);
	free(v);
}

static void
give_done(struct op *op)
{
	if (op->fn.done)
		op->fn.done(op->ok, op->arg);
}

static void
call_back(struct store *st, struct op *op)
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
	op->give(op);
}

static void
give_all(struct store *st, struct list *ops)
{
	while (!list_is_empty(ops)) {
		struct list *node = list_first(ops);
		struct op *op = op_of(node);

		list_del(node);
		call_back(st, op);
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
	struct err trouble = ERR_INIT;
	struct list refused, done;
	bool is_ok;

	list_init(&refused);
	list_init(&done);
	ops_move(&refused, &st->refused);
	is_ok = store_writer_take(st->writer, &done, &trouble);
	tell_state(st, is_ok, trouble.text);
	give_all(st, &refused);
	give_all(st, &done);
}

static void
on_bell(void *arg)
{
	store_poll(arg);
}

void
store_settle(struct store *st)
{
	do {
		store_writer_wait(st->writer);
		store_poll(st);
	} while (
	    !list_is_empty(&st->refused) || !store_writer_is_idle(st->writer));
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
load_keys(struct store *st, struct store_db *db, const char *key_file,
    struct err *err)
{
	bool has_sealed;

	if (store_db_has_sealed(db, &has_sealed, err) < 0)
		return -1;
	/* A new key would open none of what is there. */
	if (keyring_load(&st->keys, key_file, !has_sealed, err) < 0)
		return has_sealed
		    ? err_prefix(err, "the store holds sealed secrets")
		    : -1;
	if (store_db_check_keys(db, &st->keys, err) < 0)
		return err_prefix(err, "key file %s", key_file);
	return 0;
}

static struct store *
store_new(const struct store_params *p, int lock_fd)
{
	struct store *st = xcalloc(1, sizeof(*st));

	st->lock_fd = lock_fd;
	st->path = xstrdup(p->path);
	st->log = p->log;
	st->on_state = p->on_state;
	st->arg = p->arg;
	st->is_ok = true;
	idtab_init(&st->loads, STORE_QUEUE_MAX);
	list_init(&st->refused);
	return st;
}

/* From the writer's thread. */
static void
wake(void *arg)
{
	struct store *st = arg;

	if (st->bell)
		loop_bell_ring(st->bell);
}

static int
set_up(struct store *st, const struct store_params *p,
    enum store_open_result *why, struct err *err)
{
	struct store_db *db = store_db_open(p->path, true, why, err);
	struct store_writer_params wp = {
		.path = p->path,
		.keys = &st->keys,
		.retry_min_ms = p->retry_min_ms,
		.retry_max_ms = p->retry_max_ms,
		.wake = wake,
		.arg = st,
	};

	if (!db)
		return -1;
	if (load_keys(st, db, p->key_file, err) < 0) {
		*why = STORE_BAD_KEY;
		store_db_close(&db);
		return -1;
	}
	if (p->loop)
		st->bell = loop_bell_new(p->loop, on_bell, st);
	st->writer = store_writer_start(&wp, db, err);
	*why = st->writer ? STORE_OPENED : STORE_IO;
	return st->writer ? 0 : -1;
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
		if (set_up(st, p, &why, err) < 0)
			store_close(&st);
		else
			lock_sign(fd);
	}
	if (why_out)
		*why_out = why;
	return st;
}

/* The writer first: it rings the bell and has the keys. */
void
store_close(struct store **stp)
{
	struct store *st = *stp;

	*stp = NULL;
	if (!st)
		return;
	store_writer_stop(&st->writer);
	ops_free(&st->refused);
	idtab_release(&st->loads);
	loop_bell_close(&st->bell);
	keyring_release(&st->keys);
	(void)close(st->lock_fd); /* which also unlocks */
	free(st->path);
	free(st);
}

/* ---- what callers see ------------------------------------------------- */

void
store_derive(
    const struct store *st, struct str purpose, uint8_t out[CRYPTO_KEY_BYTES])
{
	const uint8_t *key = st->keys.v[st->keys.n - 1].key;

	crypto_hmac_sha256(
	    str_of((const char *)key, CRYPTO_KEY_BYTES), purpose, out);
}

bool
store_is_ok(const struct store *st)
{
	return st->is_ok;
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
	if (!op_fits(op) || !store_writer_add(st->writer, op))
		refuse(st, op);
}

void
store_put(struct store *st, enum db_op kind, const struct str *v,
    store_done_fn *done, void *arg)
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
store_load_id
store_load(struct store *st, enum db_op kind, const struct str *v,
    op_give_fn *give, union op_fn fn, void *arg)
{
	struct op *op = op_new(kind, v);

	op->give = give;
	op->fn = fn;
	op->arg = arg;
	op->load = idtab_add(&st->loads, op);
	enqueue(st, op);
	return op->load;
}

static bool
all_fit(const struct list *ops)
{
	LIST_EACH(ops, node)
	{
		if (!op_fits(op_of(node)))
			return false;
	}
	return true;
}

void
store_loads(struct store *st, struct list *ops, store_load_id *id_out)
{
	LIST_EACH(ops, node)
	{
		struct op *op = op_of(node);

		op->load = idtab_add(&st->loads, op);
		if (id_out)
			*id_out++ = op->load;
	}
	if (all_fit(ops) && store_writer_add_all(st->writer, ops))
		return;
	LIST_EACH(ops, node)
	{
		list_del(node);
		refuse(st, op_of(node));
	}
}

void
store_cancel(struct store *st, store_load_id id)
{
	struct op *op = id ? idtab_del(&st->loads, id) : NULL;

	if (op)
		op->is_cancelled = true;
}

store_load_id
store_settings_load(struct store *st, struct str user, struct str gateway,
    store_settings_fn *fn, void *arg)
{
	const struct str v[] = { user, gateway };

	return store_load(st, DB_SETTINGS_LOAD, v, give_settings,
	    (union op_fn){ .settings = fn }, arg);
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

	store_put(st, kind, v, done, arg);
}

void
store_forget(struct store *st, struct str user, struct str gateway,
    store_done_fn *done, void *arg)
{
	const struct str v[] = { user, gateway };

	store_put(st, DB_FORGET, v, done, arg);
}

void
store_occupant_put(struct store *st, const struct store_occupant *o,
    store_done_fn *done, void *arg)
{
	const struct str v[] = { o->gateway, o->jid, o->room, o->password,
		o->nick };

	store_put(st, DB_OCCUPANT_PUT, v, done, arg);
}

void
store_occupant_del(struct store *st, struct str gateway, struct str jid,
    struct str room, store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, jid, room };

	store_put(st, DB_OCCUPANT_DEL, v, done, arg);
}

void
store_occupants_del_jid(struct store *st, struct str gateway, struct str jid,
    store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, jid };

	store_put(st, DB_OCCUPANTS_DEL_JID, v, done, arg);
}

store_load_id
store_occupants_load(
    struct store *st, struct str gateway, store_occupants_fn *fn, void *arg)
{
	const struct str v[] = { gateway };

	return store_load(st, DB_OCCUPANTS_LOAD, v, give_occupants,
	    (union op_fn){ .occupants = fn }, arg);
}

void
store_contact_put(struct store *st, struct str gateway, struct str user,
    struct str address, store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, user, address };

	store_put(st, DB_CONTACT_PUT, v, done, arg);
}

void
store_contact_del(struct store *st, struct str gateway, struct str user,
    struct str address, store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, user, address };

	store_put(st, DB_CONTACT_DEL, v, done, arg);
}

store_load_id
store_contacts_load(
    struct store *st, struct str gateway, store_contacts_fn *fn, void *arg)
{
	const struct str v[] = { gateway };

	return store_load(st, DB_CONTACTS_LOAD, v, give_contacts,
	    (union op_fn){ .contacts = fn }, arg);
}

void
store_fact_put(struct store *st, struct str gateway, struct str network,
    struct str name, struct str value, store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, network, name, value };

	store_put(st, value.len ? DB_FACT_PUT : DB_FACT_DEL, v, done, arg);
}

store_load_id
store_facts_load(
    struct store *st, struct str gateway, store_facts_fn *fn, void *arg)
{
	const struct str v[] = { gateway };

	return store_load(st, DB_FACTS_LOAD, v, give_facts,
	    (union op_fn){ .facts = fn }, arg);
}

/* ---- what was said ---------------------------------------------------- */

store_load_id
store_talks_load(struct store *st, struct str gateway, struct str user,
    store_talks_fn *fn, void *arg)
{
	const struct str v[] = { gateway, user };

	return store_load(st, DB_TALKS_LOAD, v, give_talks,
	    (union op_fn){ .talks = fn }, arg);
}

void
store_line_put(struct store *st, const struct store_talk *t,
    const struct store_line *l, store_done_fn *done, void *arg)
{
	char at[OP_NUMBER], kind[OP_NUMBER], flag[OP_NUMBER];
	int flags =
	    (l->own ? FLAG_OWN : 0) | (l->is_network_id ? FLAG_NETWORK_ID : 0);
	const struct str v[] = { t->gateway, t->user, t->network,
		t->is_room ? STR("1") : STR("0"), t->name, l->id,
		op_digits(at, l->at_us), op_digits(kind, l->kind),
		op_digits(flag, flags), l->nick, l->own_id, l->reply_to,
		l->reply_nick, l->corrects, l->identity, l->parts, l->body };

	store_put(st, DB_LINE_PUT, v, done, arg);
}

void
store_line_del(struct store *st, const struct store_talk *t, struct str id,
    store_done_fn *done, void *arg)
{
	const struct str v[] = { t->gateway, t->user, t->network,
		t->is_room ? STR("1") : STR("0"), t->name, id };

	store_put(st, DB_LINE_DEL, v, done, arg);
}

void
store_talk_move(struct store *st, const struct store_talk *t, struct str name,
    store_done_fn *done, void *arg)
{
	const struct str v[] = { t->gateway, t->user, t->network,
		t->is_room ? STR("1") : STR("0"), t->name, name };

	store_put(st, DB_TALK_MOVE, v, done, arg);
}

/* ["a","b"], as SQLite reads lists. */
static void
write_json(const struct str *ids, size_t n, struct buf *out)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "%s\"", i ? "," : "");
		for (size_t k = 0; k < ids[i].len; k++) {
			unsigned char c = (unsigned char)ids[i].p[k];

			if (c < ' ' || c == '"' || c == '\\')
				buf_addf(out, "\\u%04x", c);
			else
				buf_addc(out, (char)c);
		}
		buf_addc(out, '"');
	}
	buf_addc(out, ']');
}

static store_load_id
load_by_id(struct store *st, const struct store_talk *t,
    const struct store_lines_wish *w, store_lines_fn *fn, void *arg)
{
	store_load_id id;
	struct buf ids;

	buf_init(&ids, 2 * STORE_VALUE_MAX);
	write_json(w->ids, w->nids, &ids);
	{
		const struct str v[] = { t->gateway, t->user, t->network,
			t->is_room ? STR("1") : STR("0"), t->name,
			buf_str(&ids) };

		id = store_load(st, DB_LINES_BY_ID, v, give_lines,
		    (union op_fn){ .lines = fn }, arg);
	}
	buf_release(&ids);
	return id;
}

store_load_id
store_lines_load(struct store *st, const struct store_talk *t,
    const struct store_lines_wish *w, store_lines_fn *fn, void *arg)
{
	size_t max = w->max < STORE_LINES_MAX ? w->max : STORE_LINES_MAX;
	int64_t start_us = w->start_utc * 1000;
	int64_t end_us = w->end_utc ? w->end_utc * 1000 + 999 : INT64_MAX;
	char start[OP_NUMBER], end[OP_NUMBER], limit[OP_NUMBER];
	const struct str v[] = { t->gateway, t->user, t->network,
		t->is_room ? STR("1") : STR("0"), t->name,
		op_digits(start, start_us), op_digits(end, end_us), w->after,
		w->before, w->page_after, w->page_before, w->nick,
		op_digits(limit, w->ends ? 1 : (int64_t)max + 1) };
	enum db_op kind = w->ends ? DB_LINES_ENDS
	    : w->last             ? DB_LINES_LAST
	                          : DB_LINES_FIRST;

	if (w->nids)
		return load_by_id(st, t, w, fn, arg);
	return store_load(
	    st, kind, v, give_lines, (union op_fn){ .lines = fn }, arg);
}

void
store_lines_prune(struct store *st, struct str gateway, int64_t oldest_utc,
    int64_t max_lines, store_done_fn *done, void *arg)
{
	char oldest[OP_NUMBER], max[OP_NUMBER];
	const struct str v[] = { gateway, op_digits(oldest, oldest_utc * 1000),
		op_digits(max, max_lines) };

	store_put(st, DB_LINES_PRUNE, v, done, arg);
}

void
store_stats_get(struct store *st, struct store_stats *out)
{
	store_writer_stats(st->writer, out);
}
