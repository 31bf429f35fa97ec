/*
 * What came in and has no end yet, as the store keeps it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/xalloc.h"

#include "core/store_inbox.h"
#include "core/store_op.h"

/* ---- putting ---------------------------------------------------------- */

static void
give_arrived(struct op *op)
{
	struct list *n = list_first(&op->rows);
	bool is_new =
	    n && op_number(LIST_ENTRY(n, struct db_row, node)->col[0]) > 0;

	op->fn.arrived(op->ok, op->ok && is_new, op->arg);
}

static struct op *
put_op(const struct store_arrival *a, uint64_t batch)
{
	char id[OP_NUMBER], at[OP_NUMBER], group[OP_NUMBER];
	const struct str v[] = { a->gateway, a->user, a->line, a->key,
		a->contact, op_digits(id, (int64_t)a->id),
		op_digits(at, a->at_utc), op_digits(group, (int64_t)batch),
		a->letter };

	return op_new(DB_ARRIVAL_PUT, v);
}

void
store_arrivals_put(struct store *st, const struct store_arrival *v, size_t n,
    uint64_t batch, store_arrived_fn *fn, void *const *arg,
    store_load_id *id_out)
{
	struct list ops;

	list_init(&ops);
	for (size_t i = 0; i < n; i++) {
		struct op *op = put_op(&v[i], batch);

		op->joined = i > 0;
		op->give = give_arrived;
		op->fn.arrived = fn;
		op->arg = arg[i];
		list_add(&ops, &op->node);
	}
	store_loads(st, &ops, id_out);
}

/* ---- loading ---------------------------------------------------------- */

static struct store_arrival
arrival_of(const struct op *op, const struct str *col)
{
	int64_t state = op_number(col[4]);

	return (struct store_arrival){
		.gateway = op->v[0],
		.id = (uint64_t)op_number(col[0]),
		.user = col[1],
		.line = col[2],
		.contact = col[3],
		.state = (enum store_arrival_state)state,
		.at_utc = op_number(col[5]),
		.changed_utc = op_number(col[6]),
		.tries = (unsigned)op_number(col[7]),
		.deaths = (unsigned)op_number(col[8]),
		.why = col[9],
		.letter = col[10],
	};
}

static void
give_arrivals(struct op *op)
{
	struct store_arrival *v;
	size_t n = 0;

	LIST_EACH(&op->rows, node)
	n++;
	v = xcalloc(n + 1, sizeof(*v));
	n = 0;
	LIST_EACH(&op->rows, node)
	{
		v[n++] =
		    arrival_of(op, LIST_ENTRY(node, struct db_row, node)->col);
	}
	op->fn.arrivals(op->ok, op->ok ? v : NULL, op->ok ? n : 0, op->arg);
	free(v);
}

store_load_id
store_arrivals_load(
    struct store *st, struct str gateway, store_arrivals_fn *fn, void *arg)
{
	const struct str v[] = { gateway };

	return store_load(st, DB_ARRIVALS_LOAD, v, give_arrivals,
	    (union op_fn){ .arrivals = fn }, arg);
}

store_load_id
store_arrival_load(struct store *st, struct str gateway, uint64_t id,
    store_arrivals_fn *fn, void *arg)
{
	char number[OP_NUMBER];
	const struct str v[] = { gateway, op_digits(number, (int64_t)id) };

	return store_load(st, DB_ARRIVAL_LOAD, v, give_arrivals,
	    (union op_fn){ .arrivals = fn }, arg);
}

/* ---- changing --------------------------------------------------------- */

void
store_arrival_set(struct store *st, const struct store_arrival *a,
    store_done_fn *done, void *arg)
{
	char id[OP_NUMBER], state[OP_NUMBER], at[OP_NUMBER];
	char tries[OP_NUMBER], deaths[OP_NUMBER];
	const struct str v[] = { a->gateway, op_digits(id, (int64_t)a->id),
		op_digits(state, a->state), op_digits(at, a->changed_utc),
		op_digits(tries, a->tries), op_digits(deaths, a->deaths),
		a->why };

	store_put(st, DB_ARRIVAL_SET, v, done, arg);
}

void
store_arrival_del(struct store *st, struct str gateway, uint64_t id,
    store_done_fn *done, void *arg)
{
	char number[OP_NUMBER];
	const struct str v[] = { gateway, op_digits(number, (int64_t)id) };

	store_put(st, DB_ARRIVAL_DEL, v, done, arg);
}

void
store_arrivals_prune(struct store *st, struct str gateway,
    int64_t dead_before_utc, int64_t keys_before_utc, store_done_fn *done,
    void *arg)
{
	char dead[OP_NUMBER], keys[OP_NUMBER];
	const struct str v[] = { gateway, op_digits(dead, dead_before_utc),
		op_digits(keys, keys_before_utc) };

	store_put(st, DB_ARRIVALS_PRUNE, v, done, arg);
}
