#include <inttypes.h>
#include <stdio.h>

#include "lib/secret.h"
#include "lib/xalloc.h"

#include "core/store_op.h"

struct op *
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

void
op_free(struct op *op)
{
	db_rows_free(&op->rows);
	secret_wipe(op->bytes, op->nbytes);
	free(op);
}

void
ops_free(struct list *ops)
{
	LIST_EACH(ops, node)
	{
		list_del(node);
		op_free(op_of(node));
	}
}

void
ops_move(struct list *to, struct list *from)
{
	LIST_EACH(from, node)
	{
		list_del(node);
		list_add(to, node);
	}
}

/* Values are the last arguments, the others are names. */
bool
op_fits(const struct op *op)
{
	size_t nargs = db_op_nargs(op->kind);
	size_t nvalues = db_op_nvalues(op->kind);

	for (size_t i = 0; i < nargs; i++)
		if (op->v[i].len >
		    (i + nvalues >= nargs ? STORE_VALUE_MAX : STORE_NAME_MAX))
			return false;
	return true;
}

/* Columns of numbers are our own: they are in range. */
int64_t
op_number(struct str col)
{
	uint64_t n = 0;
	bool minus = str_starts(col, STR("-"));

	(void)str_to_uint(str_skip(col, minus), INT64_MAX, &n);
	return minus ? -(int64_t)n : (int64_t)n;
}

struct str
op_digits(char out[OP_NUMBER], int64_t n)
{
	snprintf(out, OP_NUMBER, "%" PRId64, n);
	return str_c(out);
}
