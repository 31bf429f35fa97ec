/*
 * What is to go out: operations for the store, and what their rows mean.
 */
#include <stdlib.h>

#include "lib/xalloc.h"

#include "core/store_op.h"
#include "core/store_outbox.h"

#define ROW(n) LIST_ENTRY(n, struct db_row, node)

/* ---- rows ------------------------------------------------------------- */

static size_t
count(const struct list *rows)
{
	size_t n = 0;

	LIST_EACH(rows, node)
	n++;
	return n;
}

static struct store_out
message_of(const struct op *op, const struct str *col)
{
	return (struct store_out){ .id = (uint64_t)op_number(col[1]),
		.gateway = op->v[0],
		.user = col[2],
		.line = col[3],
		.nunits = (uint64_t)op_number(col[4]),
		.price = op_number(col[5]),
		.accepted_utc = op_number(col[6]),
		.is_open = op_number(col[7]),
		.fate = (unsigned)op_number(col[8]),
		.told = (unsigned)op_number(col[9]),
		.flags = (unsigned)op_number(col[10]),
		.expire_utc = op_number(col[11]),
		.changed_utc = op_number(col[12]),
		.head = col[13],
		.body = col[14] };
}

static struct store_piece
piece_of(const struct str *col)
{
	return (struct store_piece){ .message = (uint64_t)op_number(col[1]),
		.no = (unsigned)op_number(col[2]),
		.fate = (unsigned)op_number(col[3]),
		.tries = (unsigned)op_number(col[4]),
		.line = col[5],
		.network_id = col[6],
		.at_utc = op_number(col[7]),
		.err = (unsigned)op_number(col[8]),
		.err_text = col[9] };
}

static void
give_outs(struct op *op)
{
	size_t max = count(&op->rows) + 1;
	struct store_out *m = xcalloc(max, sizeof(*m));
	struct store_piece *p = xcalloc(max, sizeof(*p));
	struct store_outs all = { .message = m, .piece = p };

	LIST_EACH(&op->rows, n)
	{
		const struct str *col = ROW(n)->col;

		if (str_is(col[0], "m"))
			m[all.nmessage++] = message_of(op, col);
		else
			p[all.npiece++] = piece_of(col);
	}
	op->fn.outs(op->ok, &all, op->arg);
	free(m);
	free(p);
}

static void
give_number(struct op *op)
{
	struct list *n = list_first(&op->rows);
	bool ok = op->ok && n;

	op->fn.number(
	    ok, ok ? (uint64_t)op_number(ROW(n)->col[0]) : 0, op->arg);
}

static void
give_tallies(struct op *op)
{
	struct store_tally *v = xcalloc(count(&op->rows) + 1, sizeof(*v));
	size_t n = 0;

	LIST_EACH(&op->rows, node)
	{
		const struct str *col = ROW(node)->col;

		v[n++] = (struct store_tally){ .user = col[0],
			.line = col[1],
			.day = op_number(col[2]),
			.nmessages = (uint64_t)op_number(col[3]),
			.nunits = (uint64_t)op_number(col[4]),
			.price = op_number(col[5]) };
	}
	op->fn.tallies(op->ok, v, n, op->arg);
	free(v);
}

static void
give_reports(struct op *op)
{
	struct store_report *v = xcalloc(count(&op->rows) + 1, sizeof(*v));
	size_t n = 0;

	LIST_EACH(&op->rows, node)
	{
		const struct str *col = ROW(node)->col;

		v[n++] = (struct store_report){ .line = col[0],
			.network_id = col[1],
			.fate = (unsigned)op_number(col[2]),
			.at_utc = op_number(col[3]),
			.err = (unsigned)op_number(col[4]),
			.err_text = col[5] };
	}
	op->fn.reports(op->ok, v, n, op->arg);
	free(v);
}

static void
give_pauses(struct op *op)
{
	struct store_pause *v = xcalloc(count(&op->rows) + 1, sizeof(*v));
	size_t n = 0;

	LIST_EACH(&op->rows, node)
	{
		const struct str *col = ROW(node)->col;

		v[n++] = (struct store_pause){ .line = col[0],
			.is_broken = op_number(col[1]),
			.why = col[2] };
	}
	op->fn.pauses(op->ok, v, n, op->arg);
	free(v);
}

/* ---- messages --------------------------------------------------------- */

store_load_id
store_out_put(struct store *st, const struct store_out *o, int64_t since_utc,
    store_number_fn *fn, void *arg)
{
	char d[9][OP_NUMBER];
	const struct str v[] = { op_digits(d[0], (int64_t)o->id), o->gateway,
		o->user, o->key, op_digits(d[1], (int64_t)o->nunits),
		op_digits(d[2], o->price), op_digits(d[3], o->accepted_utc),
		op_digits(d[4], since_utc), o->line, op_digits(d[5], o->fate),
		op_digits(d[6], o->flags), op_digits(d[7], o->expire_utc),
		o->head, o->body, op_digits(d[8], o->npieces) };

	return store_load(
	    st, DB_OUT_PUT, v, give_number, (union op_fn){ .number = fn }, arg);
}

void
store_out_body(struct store *st, uint64_t id, struct str body,
    store_done_fn *done, void *arg)
{
	char d[OP_NUMBER];
	const struct str v[] = { op_digits(d, (int64_t)id), body };

	store_put(st, DB_OUT_BODY, v, done, arg);
}

enum { STEP_ARGS = 15, STEP_NUMBERS = 12 };

struct step {
	struct str v[STEP_ARGS];
	char d[STEP_NUMBERS][OP_NUMBER];
};

static void
step_args(
    struct step *s, const struct store_out *o, const struct store_piece *p)
{
	/* cppcheck-suppress uninitvar ; it is written there */
	const struct str v[STEP_ARGS] = { op_digits(s->d[0], (int64_t)o->id),
		op_digits(s->d[1], o->is_open), op_digits(s->d[2], o->fate),
		op_digits(s->d[3], o->told), op_digits(s->d[4], o->flags),
		op_digits(s->d[5], o->expire_utc),
		op_digits(s->d[6], o->changed_utc), op_digits(s->d[7], p->no),
		op_digits(s->d[8], p->fate), op_digits(s->d[9], p->tries),
		p->line, p->network_id, op_digits(s->d[10], p->at_utc),
		op_digits(s->d[11], p->err), p->err_text };

	memcpy(s->v, v, sizeof(v));
}

void
store_out_step(struct store *st, const struct store_out *o,
    const struct store_piece *p, store_done_fn *done, void *arg)
{
	static const struct store_piece none = { .message = 0 };
	struct step s;

	step_args(&s, o, p ? p : &none);
	store_put(st, p ? DB_OUT_STEP : DB_OUT_MARK, s.v, done, arg);
}

void
store_out_try(struct store *st, const struct store_out *o,
    const struct store_piece *p, store_number_fn *fn, void *arg)
{
	struct step s;

	step_args(&s, o, p);
	(void)store_load(st, DB_OUT_TRY, s.v, give_number,
	    (union op_fn){ .number = fn }, arg);
}

store_load_id
store_out_last(struct store *st, store_number_fn *fn, void *arg)
{
	return store_load(st, DB_OUT_LAST, NULL, give_number,
	    (union op_fn){ .number = fn }, arg);
}

void
store_out_skip(struct store *st, uint64_t id)
{
	char d[OP_NUMBER];
	const struct str v[] = { op_digits(d, (int64_t)id) };

	store_put(st, DB_OUT_SKIP, v, NULL, NULL);
}

static store_load_id
find(struct store *st, enum db_op kind, struct str gateway, uint64_t number,
    store_outs_fn *fn, void *arg)
{
	char d[OP_NUMBER];
	const struct str v[] = { gateway, op_digits(d, (int64_t)number) };

	return store_load(
	    st, kind, v, give_outs, (union op_fn){ .outs = fn }, arg);
}

store_load_id
store_outs_load(struct store *st, struct str gateway, uint64_t after,
    store_outs_fn *fn, void *arg)
{
	return find(st, DB_OUTS_LOAD, gateway, after, fn, arg);
}

store_load_id
store_out_find(struct store *st, struct str gateway, uint64_t id,
    store_outs_fn *fn, void *arg)
{
	return find(st, DB_OUT_FIND, gateway, id, fn, arg);
}

store_load_id
store_outs_dead(struct store *st, struct str gateway, size_t max,
    store_outs_fn *fn, void *arg)
{
	return find(st, DB_OUTS_DEAD, gateway, max, fn, arg);
}

store_load_id
store_out_find_named(struct store *st, struct str gateway, struct str line,
    struct str network_id, store_outs_fn *fn, void *arg)
{
	const struct str v[] = { gateway, line, network_id };

	return store_load(st, DB_OUT_FIND_NAMED, v, give_outs,
	    (union op_fn){ .outs = fn }, arg);
}

store_load_id
store_out_find_keyed(struct store *st, struct str gateway, struct str key,
    int64_t since_utc, store_outs_fn *fn, void *arg)
{
	char d[OP_NUMBER];
	const struct str v[] = { gateway, key, op_digits(d, since_utc) };

	return store_load(st, DB_OUT_FIND_KEYED, v, give_outs,
	    (union op_fn){ .outs = fn }, arg);
}

store_load_id
store_outs_prune(struct store *st, struct str gateway, int64_t bodies_utc,
    int64_t rows_utc, store_number_fn *fn, void *arg)
{
	char d[2][OP_NUMBER];
	const struct str v[] = { gateway, op_digits(d[0], bodies_utc),
		op_digits(d[1], rows_utc) };

	return store_load(st, DB_OUTS_PRUNE, v, give_number,
	    (union op_fn){ .number = fn }, arg);
}

store_load_id
store_tallies_load(struct store *st, struct str gateway, int64_t since_utc,
    store_tallies_fn *fn, void *arg)
{
	char d[OP_NUMBER];
	const struct str v[] = { gateway, op_digits(d, since_utc) };

	return store_load(st, DB_TALLIES_LOAD, v, give_tallies,
	    (union op_fn){ .tallies = fn }, arg);
}

/* ---- reports ---------------------------------------------------------- */

void
store_report_put(struct store *st, struct str gateway,
    const struct store_report *r, store_done_fn *done, void *arg)
{
	char d[3][OP_NUMBER];
	const struct str v[] = { gateway, r->line, r->network_id,
		op_digits(d[0], r->fate), op_digits(d[1], r->at_utc),
		op_digits(d[2], r->err), r->err_text };

	store_put(st, DB_REPORT_PUT, v, done, arg);
}

void
store_report_del(struct store *st, struct str gateway, struct str line,
    struct str network_id, store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, line, network_id };

	store_put(st, DB_REPORT_DEL, v, done, arg);
}

void
store_reports_prune(struct store *st, struct str gateway, int64_t before_utc)
{
	char d[OP_NUMBER];
	const struct str v[] = { gateway, op_digits(d, before_utc) };

	store_put(st, DB_REPORTS_PRUNE, v, NULL, NULL);
}

store_load_id
store_reports_load(
    struct store *st, struct str gateway, store_reports_fn *fn, void *arg)
{
	const struct str v[] = { gateway };

	return store_load(st, DB_REPORTS_LOAD, v, give_reports,
	    (union op_fn){ .reports = fn }, arg);
}

/* ---- lines ------------------------------------------------------------ */

void
store_pause_put(struct store *st, struct str gateway,
    const struct store_pause *p, store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, p->line,
		p->is_broken ? STR("1") : STR("0"), p->why };

	store_put(st, DB_PAUSE_PUT, v, done, arg);
}

void
store_pause_del(struct store *st, struct str gateway, struct str line,
    store_done_fn *done, void *arg)
{
	const struct str v[] = { gateway, line };

	store_put(st, DB_PAUSE_DEL, v, done, arg);
}

store_load_id
store_pauses_load(
    struct store *st, struct str gateway, store_pauses_fn *fn, void *arg)
{
	const struct str v[] = { gateway };

	return store_load(st, DB_PAUSES_LOAD, v, give_pauses,
	    (union op_fn){ .pauses = fn }, arg);
}

/* ---- about the store itself ------------------------------------------- */

static void
give_meta(struct op *op)
{
	struct list *n = list_first(&op->rows);

	op->fn.meta(op->ok, n ? ROW(n)->col[0] : STR_EMPTY, op->arg);
}

void
store_meta_put(struct store *st, struct str name, struct str value,
    store_done_fn *done, void *arg)
{
	const struct str v[] = { name, value };

	store_put(st, DB_META_PUT, v, done, arg);
}

store_load_id
store_meta_load(struct store *st, struct str name, store_meta_fn *fn, void *arg)
{
	const struct str v[] = { name };

	return store_load(
	    st, DB_META_LOAD, v, give_meta, (union op_fn){ .meta = fn }, arg);
}
