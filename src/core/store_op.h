/*
 * store_op.h - one operation on its way through the store
 *
 * Made and called back by the loop (store.c), run by the writer
 * (store_writer.c); only one of them has it at a time.
 */
#ifndef CORE_STORE_OP_H
#define CORE_STORE_OP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/list.h"
#include "lib/str.h"

#include "core/store.h"
#include "core/store_db.h"
#include "core/store_inbox.h"
#include "core/store_outbox.h"

/* What is called when it is done; which, its kind says. */
union op_fn {
	store_done_fn *done;
	store_settings_fn *settings;
	store_occupants_fn *occupants;
	store_facts_fn *facts;
	store_contacts_fn *contacts;
	store_lines_fn *lines;
	store_talks_fn *talks;
	store_arrived_fn *arrived;
	store_arrivals_fn *arrivals;
	store_outs_fn *outs;
	store_number_fn *number;
	store_tallies_fn *tallies;
	store_reports_fn *reports;
	store_pauses_fn *pauses;
	store_meta_fn *meta;
};

/* Makes what the caller knows of the rows, and calls fn with it. */
struct op;
typedef void op_give_fn(struct op *op);

struct op {
	struct list node;
	enum db_op kind;
	bool ok;
	bool joined; /* in the same transaction as the one before it */

	/* The loop's. */
	op_give_fn *give; /* of a load */
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

/* Copies the arguments of its kind. */
struct op *op_new(enum db_op kind, const struct str *v);

/* The arguments may have held a secret, so may the rows: wiped. */
void op_free(struct op *op);

/* No argument is longer than store.h promises to take. */
bool op_fits(const struct op *op);

/* All of a list: to the end of another, or freed. */
void ops_move(struct list *to, struct list *from);
void ops_free(struct list *ops);

/*
 * From store.c, for its like: queues it.  A put is called back with
 * store_done_fn, a load by give.
 */
void store_put(struct store *st, enum db_op kind, const struct str *v,
    store_done_fn *done, void *arg);
store_load_id store_load(struct store *st, enum db_op kind, const struct str *v,
    op_give_fn *give, union op_fn fn, void *arg);

/*
 * All of a list, which is empty then: loads that write, with their give, fn,
 * arg and joined.  Queued one behind the other, or none of them.  id_out, of
 * as many, may be NULL.
 */
void store_loads(struct store *st, struct list *ops, store_load_id *id_out);

/* A number in a column, which is our own; and one as an argument. */
enum { OP_NUMBER = 24 };
int64_t op_number(struct str col);
struct str op_digits(char out[OP_NUMBER], int64_t n);

static inline struct op *
op_of(struct list *node)
{
	return LIST_ENTRY(node, struct op, node);
}

#endif
