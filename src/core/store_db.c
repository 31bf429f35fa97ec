#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/map.h"
#include "lib/secret.h"
#include "lib/xalloc.h"

#include "core/keyring.h"
#include "core/migrate.h"
#include "core/store_db.h"
#include "core/store_sql.h"

enum {
	BUSY_TIMEOUT_MS = 5000, /* an operator's sqlite3 has it */
	BOUND_MAX = DB_ARGS_MAX * (STORE_NAME_MAX + 32),
};

struct store_db {
	sqlite3 *db;
	sqlite3_stmt
	    *stmt[DB_NOP][STORE_SQL_MAX]; /* prepared when first needed */
	struct buf bound, value;          /* scratch */
	struct map talks; /* struct talk, by what names it: TALKS_MAX */
};

/* The number of a conversation, which is looked up once. */
struct talk {
	char id[24];
	char key[];
};

enum { TALKS_MAX = 4096, TALK_ARGS = 5 };

static void
talks_clear(struct store_db *db)
{
	struct map_iter it = { 0 };

	while (map_next(&db->talks, &it))
		free(it.value);
	map_release(&db->talks);
	map_init(&db->talks);
}

/* ---- rows ------------------------------------------------------------- */

void
db_rows_free(struct list *rows)
{
	LIST_EACH(rows, node)
	{
		struct db_row *row = LIST_ENTRY(node, struct db_row, node);

		list_del(node);
		secret_wipe(row->bytes, row->nbytes);
		free(row);
	}
}

size_t
db_op_nargs(enum db_op kind)
{
	return store_sql(kind)->nargs;
}

size_t
db_op_nvalues(enum db_op kind)
{
	size_t n = store_sql(kind)->nvalues;

	return n ? n : 1;
}

bool
db_op_is_load(enum db_op kind)
{
	return store_sql(kind)->ncols > 0;
}

bool
db_op_writes(enum db_op kind)
{
	return store_sql(kind)->ncols == 0 || store_sql(kind)->writes;
}

bool
db_op_erases(enum db_op kind)
{
	return store_sql(kind)->erases;
}

/* ---- errors ----------------------------------------------------------- */

static int
failed(struct store_db *db, struct err *err)
{
	return err_set(err, ERR_INTERNAL, "%s (SQLite %d)",
	    sqlite3_errmsg(db->db), sqlite3_extended_errcode(db->db));
}

static int
exec(struct store_db *db, const char *sql, struct err *err)
{
	if (sqlite3_exec(db->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return failed(db, err);
	return 0;
}

/* ---- opening ---------------------------------------------------------- */

/* Made by us first, so that nobody else can read it; -wal and -shm follow. */
static int
touch(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(err, ERR_INTERNAL,
		    "cannot open store %s: %s; its folder must exist and "
		    "belong to the user that runs this",
		    path, strerror(errno));
	(void)close(fd); /* nothing was written */
	return 0;
}

/*
 * secure_delete: what was erased is overwritten.  cell_size_check and the
 * rest of quick_check are asked for at start only.
 */
static int
prepare_file(struct store_db *db, struct err *err)
{
	(void)sqlite3_extended_result_codes(db->db, 1);
	(void)sqlite3_busy_timeout(db->db, BUSY_TIMEOUT_MS);
	return exec(db,
	    "PRAGMA trusted_schema = OFF;"
	    "PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = FULL;"
	    "PRAGMA secure_delete = ON;"
	    "PRAGMA wal_autocheckpoint = 1000;",
	    err);
}

static int
quick_check(struct store_db *db, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = -1;

	if (sqlite3_prepare_v2(
	        db->db, "PRAGMA quick_check(1)", -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		rc = failed(db, err);
	else if (strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0)
		rc = 0;
	else
		err_set(err, ERR_INTERNAL, "%s", sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return rc;
}

static enum store_open_result
blame(struct store_db *db)
{
	int rc = sqlite3_errcode(db->db) & 0xff; /* without the extension */

	return rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT ? STORE_DAMAGED
	                                                   : STORE_IO;
}

static enum store_open_result
migrate(struct store_db *db, struct err *err)
{
	switch (migrate_run(db->db, err)) {
	case MIGRATE_OK:
		return STORE_OPENED;
	case MIGRATE_TOO_NEW:
		return STORE_TOO_NEW;
	case MIGRATE_FOREIGN:
		return STORE_DAMAGED;
	case MIGRATE_FAILED:
		break;
	}
	return blame(db);
}

static enum store_open_result
set_up(struct store_db *db, bool check, struct err *err)
{
	enum store_open_result why;

	if (prepare_file(db, err) < 0)
		return blame(db);
	why = migrate(db, err);
	if (why == STORE_OPENED && check && quick_check(db, err) < 0)
		why = STORE_DAMAGED;
	return why;
}

/* What to do about it, behind what SQLite said. */
static void
advise(const char *path, enum store_open_result why, struct err *err)
{
	static const char *const advice[] = {
		[STORE_TOO_NEW] = "run the newer version, or restore the "
		                  "backup made before the upgrade",
		[STORE_DAMAGED] = "move it away to start empty, or restore a "
		                  "backup",
		[STORE_IO] = "check the disk and the rights of its folder",
	};
	struct err was = *err;

	err_set(err, was.kind, "store %s: %s; %s", path, was.text, advice[why]);
}

struct store_db *
store_db_open(const char *path, bool check, enum store_open_result *why_out,
    struct err *err)
{
	struct store_db *db;

	*why_out = STORE_IO;
	if (touch(path, err) < 0)
		return NULL;
	db = xcalloc(1, sizeof(*db));
	map_init(&db->talks);
	buf_init(&db->bound, BOUND_MAX);
	buf_init(&db->value, STORE_VALUE_MAX + KEYRING_SEAL_EXTRA);
	/* One allocation for good: growing would leave copies of secrets. */
	(void)buf_reserve(&db->value, db->value.max);
	if (sqlite3_open_v2(path, &db->db,
	        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		failed(db, err);
	else
		*why_out = set_up(db, check, err);
	if (*why_out == STORE_OPENED)
		return db;
	advise(path, *why_out, err);
	store_db_abandon(&db);
	return NULL;
}

void
store_db_close(struct store_db **dbp)
{
	struct store_db *db = *dbp;

	*dbp = NULL;
	if (!db)
		return;
	for (int kind = 0; kind < DB_NOP; kind++)
		for (int i = 0; i < STORE_SQL_MAX; i++)
			sqlite3_finalize(db->stmt[kind][i]);
	(void)sqlite3_close(db->db); /* no statement is left to refuse it */
	secret_wipe(db->value.p, db->value.max);
	buf_release(&db->value);
	buf_release(&db->bound);
	talks_clear(db);
	free(db);
}

void
store_db_abandon(struct store_db **dbp)
{
	if (*dbp)
		(void)sqlite3_db_config(
		    (*dbp)->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	store_db_close(dbp);
}

/* ---- keys ------------------------------------------------------------- */

static const char key_ids[] =
    "SELECT substr(value, 1, 4), count(*) FROM setting WHERE sealed GROUP BY 1"
    " UNION ALL "
    "SELECT substr(password, 1, 4), count(*) FROM occupant"
    " WHERE length(password) > 0 GROUP BY 1";

int
store_db_has_sealed(struct store_db *db, bool *out, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db->db, key_ids, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	*out = rc == SQLITE_ROW;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		failed(db, err);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}

static int
check_row(sqlite3_stmt *st, const struct keyring *keys, struct err *err)
{
	const uint8_t *id = sqlite3_column_blob(st, 0);
	int len = sqlite3_column_bytes(st, 0);

	if (len == KEYRING_ID_BYTES &&
	    keyring_has(keys, str_of((const char *)id, KEYRING_ID_BYTES)))
		return 0;
	return err_set(err, ERR_AUTH,
	    "%d stored secrets are sealed with a key that is not in it: add "
	    "the key they were sealed with as a further line",
	    sqlite3_column_int(st, 1));
}

int
store_db_check_keys(
    struct store_db *db, const struct keyring *keys, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = 0, step;

	if (sqlite3_prepare_v2(db->db, key_ids, -1, &st, NULL) != SQLITE_OK)
		return failed(db, err);
	while (rc == 0 && (step = sqlite3_step(st)) != SQLITE_DONE)
		rc = step == SQLITE_ROW ? check_row(st, keys, err)
		                        : failed(db, err);
	sqlite3_finalize(st);
	return rc;
}

/* ---- running ---------------------------------------------------------- */

int
store_db_begin(struct store_db *db, bool writes, struct err *err)
{
	return exec(db, writes ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

int
store_db_commit(struct store_db *db, struct err *err)
{
	return exec(db, "COMMIT", err);
}

void
store_db_checkpoint(struct store_db *db)
{
	(void)sqlite3_wal_checkpoint_v2(
	    db->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* With lengths, so that no two sequences of fields look alike. */
static void
bind_to(struct buf *bound, struct str field)
{
	buf_addf(bound, "%zu:", field.len);
	buf_add_str(bound, field);
}

static struct str
bound_to(struct store_db *db, const struct op_row *row, const struct str *arg,
    size_t nargs, const struct str *col, size_t ncols)
{
	buf_clear(&db->bound);
	bind_to(&db->bound, str_c(row->label));
	for (size_t i = 0; i < nargs; i++)
		bind_to(&db->bound, arg[i]);
	for (size_t i = 0; i < ncols; i++)
		bind_to(&db->bound, col[i]);
	return buf_str(&db->bound);
}

/* An empty value stays empty.  Borrowed until the next operation. */
static int
seal(struct store_db *db, const struct keyring *keys, const struct op_row *row,
    const struct str *arg, struct str *out, struct err *err)
{
	size_t at = (size_t)row->seal;

	buf_clear(&db->value);
	if (arg[at].len > 0 &&
	    keyring_seal(keys, bound_to(db, row, arg, at, NULL, 0), arg[at],
	        &db->value) < 0)
		return err_set(err, ERR_TOO_BIG, "value too long to seal");
	*out = buf_str(&db->value);
	return 0;
}

static bool
unseal(struct store_db *db, const struct keyring *keys,
    const struct op_row *row, const struct str *arg, const struct str *col,
    struct str *out)
{
	size_t at = (size_t)row->seal;
	struct str bound = bound_to(db, row, arg, row->nargs, col, at);

	buf_clear(&db->value);
	if (!keyring_open(keys, bound, col[at], &db->value)) {
		*out = STR_EMPTY;
		return false;
	}
	*out = buf_str(&db->value);
	return true;
}

static struct db_row *
row_new(const struct str *col, size_t ncols)
{
	size_t nbytes = 0, at = 0;
	struct db_row *row;

	for (size_t i = 0; i < ncols; i++)
		nbytes += col[i].len;
	row = xcalloc(1, sizeof(*row) + nbytes);
	row->nbytes = nbytes;
	for (size_t i = 0; i < ncols; i++) {
		if (col[i].len)
			memcpy(row->bytes + at, col[i].p, col[i].len);
		row->col[i] = str_of(row->bytes + at, col[i].len);
		at += col[i].len;
	}
	list_init(&row->node);
	return row;
}

static void
take_row(struct store_db *db, const struct keyring *keys,
    const struct op_row *row, sqlite3_stmt *st, const struct str *arg,
    struct list *rows, size_t *nunopened)
{
	struct str col[DB_COLS_MAX];

	for (size_t i = 0; i < row->ncols; i++) {
		/* The pointer first: it may convert, and so change the length. */
		const char *p = sqlite3_column_blob(st, (int)i);

		col[i] = str_of(p, (size_t)sqlite3_column_bytes(st, (int)i));
	}
	if (row->seal != STORE_SQL_NO_SEAL &&
	    sqlite3_column_int(st, row->seal + 1) != 0 &&
	    !unseal(db, keys, row, arg, col, &col[row->seal]))
		++*nunopened;
	list_add(rows, &row_new(col, row->ncols)->node);
}

static sqlite3_stmt *
statement(struct store_db *db, enum db_op kind, int i)
{
	sqlite3_stmt **st = &db->stmt[kind][i];

	if (!*st)
		(void)sqlite3_prepare_v3(db->db, store_sql(kind)->sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, st, NULL); /* NULL tells */
	return *st;
}

/* A statement need not use the last arguments of its row. */
static int
bind_args(sqlite3_stmt *st, const struct op_row *row, const struct str *arg)
{
	size_t nused = (size_t)sqlite3_bind_parameter_count(st);
	int rc = SQLITE_OK;

	for (size_t i = 0; i < row->nargs && i < nused && rc == SQLITE_OK;
	     i++) {
		const char *p = arg[i].len ? arg[i].p : "";
		int n = (int)i + 1, len = (int)arg[i].len;

		if (row->ncols == 0 && row->seal == (int)i)
			rc = sqlite3_bind_blob(st, n, p, len, SQLITE_STATIC);
		else
			rc = sqlite3_bind_text(st, n, p, len, SQLITE_STATIC);
	}
	return rc;
}

static int
run_statement(struct store_db *db, const struct keyring *keys, enum db_op kind,
    int i, const struct str *arg, struct list *rows, size_t *nunopened,
    struct err *err)
{
	const struct op_row *row = store_sql(kind);
	sqlite3_stmt *st = statement(db, kind, i);
	int rc;

	if (!st)
		return failed(db, err);
	rc = bind_args(st, row, arg);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		if (rc == SQLITE_ROW)
			take_row(db, keys, row, st, arg, rows, nunopened);
	}
	if (rc != SQLITE_DONE)
		failed(db, err);
	(void)sqlite3_reset(st); /* repeats what step said */
	(void)sqlite3_clear_bindings(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* What names a conversation, in one piece. */
static struct str
talk_key(struct store_db *db, const struct str *arg)
{
	buf_clear(&db->bound);
	for (int i = 0; i < TALK_ARGS; i++) {
		buf_add_str(&db->bound, arg[i]);
		buf_addc(&db->bound, '\0');
	}
	return buf_str(&db->bound);
}

static const struct talk *
talk_note(struct store_db *db, struct str key, struct str id)
{
	struct talk *t = xcalloc(1, sizeof(*t) + key.len);

	if (db->talks.n >= TALKS_MAX)
		talks_clear(db);
	snprintf(t->id, sizeof(t->id), STR_FMT, STR_ARG(id));
	memcpy(t->key, key.p, key.len);
	map_put(&db->talks, str_of(t->key, key.len), t);
	return t;
}

/* NULL: err. */
static const struct talk *
talk_get(struct store_db *db, const struct str *arg, struct err *err)
{
	const struct talk *t = map_get(&db->talks, talk_key(db, arg));
	struct list rows, *n;
	size_t none = 0;

	if (t)
		return t;
	list_init(&rows);
	if (store_db_run(db, NULL, DB_TALK, arg, &rows, &none, err) < 0) {
		db_rows_free(&rows);
		return NULL;
	}
	n = list_first(&rows);
	if (n)
		t = talk_note(db, talk_key(db, arg),
		    LIST_ENTRY(n, struct db_row, node)->col[0]);
	else
		err_set(err, ERR_INTERNAL, "a conversation has no number");
	db_rows_free(&rows);
	return t;
}

/* What is bound in place of what was given: out has room for all. */
static int
change_args(struct store_db *db, const struct keyring *keys,
    const struct op_row *row, const struct str *arg, struct str *out,
    struct err *err)
{
	const struct talk *t;

	memcpy(out, arg, row->nargs * sizeof(*arg));
	if (row->seal != STORE_SQL_NO_SEAL && row->ncols == 0)
		return seal(db, keys, row, arg, &out[row->seal], err);
	if (row->numbers_talk) {
		t = talk_get(db, arg, err);
		if (!t)
			return -1;
		out[TALK_ARGS - 1] = str_c(t->id);
	}
	return 0;
}

int
store_db_run(struct store_db *db, const struct keyring *keys, enum db_op kind,
    const struct str *arg, struct list *rows, size_t *nunopened_out,
    struct err *err)
{
	const struct op_row *row = store_sql(kind);
	struct str bound[DB_ARGS_MAX];

	if (row->nargs && change_args(db, keys, row, arg, bound, err) < 0)
		return -1;
	if (row->erases || row->moves_talk)
		talks_clear(db);
	for (int i = 0; i < STORE_SQL_MAX && row->sql[i]; i++)
		if (run_statement(
		        db, keys, kind, i, bound, rows, nunopened_out, err) < 0)
			return -1;
	return 0;
}
