/*
 * store_db.h - the database under the store: running statements
 *
 * An operation is a row of a table in store_sql.h: its statements, which
 * argument is sealed, what a load gives back.  A new kind of thing to keep is
 * a new row here, a version in migrate.c and a pair of functions in store.h.
 *
 *	store_db_begin(db, true, &err);
 *	for each operation
 *		store_db_run(db, keys, kind, arg, &rows, &err);
 *	store_db_commit(db, &err);
 *
 * Thread     One at a time; nothing here knows the loop.
 * Errors     After any -1 the transaction is void: store_db_abandon(), open
 *            again.  That is also the only safe way on after a failed fsync.
 */
#ifndef CORE_STORE_DB_H
#define CORE_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/list.h"
#include "lib/str.h"

#include "core/store.h"

struct keyring;
struct store_db;

/* Kinds of one noun: what users have, what is to go out, what came in. */
enum { DB_SET = 32, DB_OUTBOX = DB_SET, DB_INBOX = 2 * DB_SET };

/*
 * Behind each the arguments, in braces the columns of a load.  TALK is
 * gateway user network is_room name.
 */
enum db_op {
	DB_SETTING_PUT,   /* user gateway network room name value */
	DB_SECRET_PUT,    /* the same, value sealed */
	DB_SETTING_DEL,   /* user gateway network room name */
	DB_SETTINGS_LOAD, /* user gateway {network room name value sealed} */
	DB_FORGET,        /* user gateway */
	DB_OCCUPANT_PUT,  /* gateway jid room password nick */
	DB_OCCUPANT_DEL,  /* gateway jid room */
	DB_OCCUPANTS_DEL_JID, /* gateway jid */
	DB_OCCUPANTS_LOAD,    /* gateway {jid room password sealed nick} */
	DB_CONTACT_PUT,       /* gateway user address */
	DB_CONTACT_DEL,       /* gateway user address */
	DB_CONTACTS_LOAD,     /* gateway {user address} */
	DB_FACT_PUT,          /* gateway network name value */
	DB_FACT_DEL,          /* gateway network name */
	DB_FACTS_LOAD,        /* gateway {network name value} */
	DB_LINE_PUT,          /* TALK id at_us kind flags nick own_id
	                         reply_to reply_nick corrects identity
	                         body */
	DB_TALK,              /* TALK {id}; makes it: not for callers */
	DB_LINE_DEL,          /* TALK id */
	DB_TALK_MOVE,         /* TALK name; if there is none of that name */
	DB_LINES_FIRST,       /* TALK start end after before page_after
	                         page_before nick max {id at_us kind flags
	                         nick own_id reply_to reply_nick corrects
	                         identity body}; the first row: nanchor, count */
	DB_LINES_LAST,        /* the same, newest first */
	DB_LINES_ENDS,        /* the same; the first and the last */
	DB_LINES_BY_ID,       /* TALK ids (JSON); the same rows; the first row:
	                         nfound, nfound, nasked */
	DB_LINES_PRUNE,       /* gateway oldest_us max_lines */
	DB_TALKS_LOAD,        /* gateway user {network is_room name nlines} */
	DB_PROBE,             /* writes one row, to see whether it can be */
	DB_ARRIVAL_PUT = DB_INBOX, /* gateway user line key contact id at_utc
	                              batch letter {is it there} */
	DB_ARRIVALS_LOAD,          /* gateway {id user line contact state at_utc
	                     changed_utc tries deaths why letter}; no letter
	                     of those that have an end */
	DB_ARRIVAL_LOAD,           /* gateway id; the same, with it */
	DB_ARRIVAL_SET,    /* gateway id state changed_utc tries deaths why */
	DB_ARRIVAL_DEL,    /* gateway id */
	DB_ARRIVALS_PRUNE, /* gateway dead_before_utc keys_before_utc */

	DB_OUT_PUT = DB_OUTBOX, /* id gateway user key units price accepted_utc
	                           since_utc line fate flags expire_utc head body
	                           pieces {id} */
	DB_OUT_MARK,  /* id is_open fate told flags expire_utc changed_utc */
	DB_OUT_STEP,  /* the same; no fate tries line network_id at_utc
	                      err err_text */
	DB_OUT_TRY,   /* the same {how many rows of it there are} */
	DB_OUT_LAST,  /* {id} */
	DB_OUT_SKIP,  /* id: the next ones are larger */
	DB_OUTS_LOAD, /* gateway after {a message or a piece} */
	DB_OUT_FIND,  /* gateway id {the same} */
	DB_OUT_FIND_NAMED, /* gateway line network_id {the same} */
	DB_OUT_FIND_KEYED, /* gateway key since_utc {the same} */
	DB_OUTS_DEAD,      /* gateway max {the same} */
	DB_OUT_BODY,       /* id body */
	DB_OUTS_PRUNE,     /* gateway bodies_utc rows_utc */
	DB_TALLIES_LOAD,   /* gateway since_utc {user line day n units price} */
	DB_REPORT_PUT,    /* gateway line network_id fate at_utc err err_text */
	DB_REPORT_DEL,    /* gateway line network_id */
	DB_REPORTS_PRUNE, /* gateway before_utc */
	DB_REPORTS_LOAD,  /* gateway {line network_id fate at_utc err text} */
	DB_PAUSE_PUT,     /* gateway line is_broken why */
	DB_PAUSE_DEL,     /* gateway line */
	DB_PAUSES_LOAD,   /* gateway {line is_broken why} */
	DB_META_PUT,      /* name value */
	DB_META_LOAD,     /* name {value} */

	DB_NOP = 3 * DB_SET
};

enum { DB_ARGS_MAX = 17, DB_COLS_MAX = 15 };

/* Arguments of DB_LINES_*: the first of four ids, and the ceiling. */
enum { DB_LINES_ANCHOR = 7, DB_LINES_MAX = 12 };

/* Of a load.  A sealed value that did not open is an empty column. */
struct db_row {
	struct list node;
	struct str col[DB_COLS_MAX]; /* into bytes */
	size_t nbytes;
	char bytes[];
};

void db_rows_free(struct list *rows); /* wiped; the list is empty then */

/* How many arguments, how many of the last are values; does it give rows? */
size_t db_op_nargs(enum db_op kind);
size_t db_op_nvalues(enum db_op kind);
bool db_op_is_load(enum db_op kind);
bool db_op_writes(enum db_op kind);

/*
 * Opens, makes, migrates; with check, looks for damage.  NULL with *why_out
 * and err, which names the file and what to do.
 */
struct store_db *store_db_open(const char *path, bool check,
    enum store_open_result *why_out, struct err *err);
void store_db_close(struct store_db **dbp);

/* Closes without touching the file once more. */
void store_db_abandon(struct store_db **dbp);

/* Are there sealed values at all?  Can keys open each of them?  0 or -1. */
int store_db_has_sealed(struct store_db *db, bool *out, struct err *err);
int store_db_check_keys(
    struct store_db *db, const struct keyring *keys, struct err *err);

int store_db_begin(struct store_db *db, bool writes, struct err *err);
int store_db_commit(struct store_db *db, struct err *err);

/* Adds to rows if it is a load; *nunopened_out counts what did not open. */
int store_db_run(struct store_db *db, const struct keyring *keys,
    enum db_op kind, const struct str *arg, struct list *rows,
    size_t *nunopened_out, struct err *err);

/* Moves the write-ahead log into the file and empties it.  Best effort. */
void store_db_checkpoint(struct store_db *db);

/* Does what it did have to leave no trace?  Then checkpoint at once. */
bool db_op_erases(enum db_op kind);

#endif
