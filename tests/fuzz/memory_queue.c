/*
 * What store_outbox.c and store_inbox.c ask of the store, without a disk:
 * everything succeeds, nothing is ever there again.
 */
#include <stdlib.h>

#include "core/store_op.h"
#include "lib/xalloc.h"
#include "memory_store.h"

enum { FIRST_ID = 1 << 30 }; /* memory_store.c counts from 1 */

static struct list queue = { &queue, &queue };
static store_load_id last = FIRST_ID;

void
store_put(struct store *st, enum db_op kind, const struct str *v,
    store_done_fn *done, void *arg)
{
	struct op *op = op_new(kind, v);

	(void)st;
	op->fn.done = done;
	op->arg = arg;
	list_add(&queue, &op->node);
}

store_load_id
store_load(struct store *st, enum db_op kind, const struct str *v,
    op_give_fn *give, union op_fn fn, void *arg)
{
	struct op *op = op_new(kind, v);

	(void)st;
	op->give = give;
	op->fn = fn;
	op->arg = arg;
	op->load = ++last;
	list_add(&queue, &op->node);
	return op->load;
}

/* What was put is there, under its own number: the first argument. */
static void
add_row(struct op *op)
{
	struct db_row *row = xcalloc(1, sizeof(*row) + op->v[0].len);

	row->nbytes = op->v[0].len;
	memcpy(row->bytes, op->v[0].p, op->v[0].len);
	row->col[0] = str_of(row->bytes, row->nbytes);
	list_init(&row->node);
	list_add(&op->rows, &row->node);
}

static void
answer(struct op *op)
{
	op->ok = true;
	if (op->give) {
		if (op->kind == DB_OUT_PUT || op->kind == DB_OUT_TRY ||
		    op->kind == DB_ARRIVAL_PUT)
			add_row(op);
		op->give(op);
	} else if (op->fn.done) {
		op->fn.done(true, op->arg);
	}
}

bool
memory_queue_settle(void)
{
	struct list *n = list_first(&queue);
	bool any = n != NULL;

	for (; n; n = list_first(&queue)) {
		struct op *op = op_of(n);

		list_del(n);
		answer(op);
		op_free(op);
	}
	return any;
}

void
memory_queue_cancel(store_load_id id)
{
	LIST_EACH(&queue, n)
	{
		struct op *op = op_of(n);

		if (op->load != id)
			continue;
		list_del(n);
		op_free(op);
	}
}

void
memory_queue_clear(void)
{
	ops_free(&queue);
}
