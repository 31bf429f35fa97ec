/*
 * What the network says: outcomes of what was given to it, and reports, at
 * any time and in any order.
 *
 * A report may be faster than the outcome that says what the network calls
 * the message: then it names nothing we know, and is kept as an orphan until
 * the outcome comes, or a day has passed.  One about a message that has ended
 * long ago finds it on disk.
 */
#include <stdlib.h>

#include "core/instance.h"
#include "core/outbox.h"
#include "core/outbox_line.h"
#include "core/outbox_report.h"
#include "core/owed.h"
#include "core/sender.h"
#include "lib/backoff.h"
#include "lib/crypto.h"
#include "lib/xalloc.h"

enum { TICKET_PIECE = 0xff };

static struct store *
store_of(struct outbox *b)
{
	return core_store(b->gw->core);
}

static struct piece *
piece_of(struct owed *o, gw_ticket t)
{
	unsigned no = t & TICKET_PIECE;

	return o && no >= 1 && no <= o->head.npieces ? &o->piece[no - 1] : NULL;
}

/* ---- orphans ---------------------------------------------------------- */

struct orphan {
	struct list node; /* in outbox.aging */
	char *key;        /* line LF network id */
	size_t len;
	int64_t at_utc; /* of the latest */
	enum gw_fate fate;
	struct err err;
};

static char *
name_of(struct str line, struct str network_id, size_t *len_out)
{
	char *name = xmalloc(line.len + 1 + network_id.len + 1);

	memcpy(name, line.p, line.len);
	name[line.len] = '\n';
	memcpy(name + line.len + 1, network_id.p, network_id.len);
	*len_out = line.len + 1 + network_id.len;
	return name;
}

static void
orphan_free(struct outbox *b, struct orphan *o)
{
	map_del_value(&b->orphans, str_of(o->key, o->len), o);
	list_del(&o->node);
	free(o->key);
	free(o);
}

/* Nobody has missed it for long, or there are too many. */
static void
forget_oldest(struct outbox *b)
{
	struct list *n = list_first(&b->aging);
	struct orphan *o = LIST_ENTRY(n, struct orphan, node);
	struct str id = str_of(o->key, o->len), line;

	if (str_cut(&id, '\n', &line))
		store_report_del(
		    store_of(b), gateway_domain(b->gw), line, id, NULL, NULL);
	orphan_free(b, o);
}

void
outbox_orphans_prune(struct outbox *b, int64_t before_utc)
{
	while (!list_is_empty(&b->aging)) {
		struct list *n = list_first(&b->aging);

		if (LIST_ENTRY(n, struct orphan, node)->at_utc >= before_utc)
			break;
		forget_oldest(b);
	}
}

static struct orphan *
orphan_get(struct outbox *b, struct str line, struct str network_id)
{
	size_t len;
	char *key = name_of(line, network_id, &len);
	struct orphan *o = map_get(&b->orphans, str_of(key, len));

	if (o) {
		free(key);
		return o;
	}
	if (b->orphans.n >= OUTBOX_ORPHANS_MAX)
		forget_oldest(b);
	o = xcalloc(1, sizeof(*o));
	list_init(&o->node);
	o->key = key;
	o->len = len;
	o->fate = GW_SENT;
	map_put(&b->orphans, str_of(o->key, o->len), o);
	return o;
}

/* A later report about the same says more. */
static void
orphan_add(struct outbox *b, const struct store_report *r, enum gw_fate fate,
    const struct err *err)
{
	struct orphan *o = orphan_get(b, r->line, r->network_id);

	o->at_utc = r->at_utc;
	list_del(&o->node);
	list_add(&b->aging, &o->node);
	if (fate != GW_SENT) {
		o->fate = fate;
		o->err = *err;
	}
}

void
outbox_orphans_clear(struct outbox *b)
{
	struct map_iter it = { 0 };

	while (map_next(&b->orphans, &it))
		orphan_free(b, it.value);
}

void
outbox_orphan_read(struct outbox *b, const struct store_report *r)
{
	struct err err = ERR_INIT;

	if (r->err && r->err < ERR_NKIND)
		err_set(
		    &err, (enum err_kind)r->err, STR_FMT, STR_ARG(r->err_text));
	orphan_add(b, r, (enum gw_fate)r->fate, &err);
}

/* ---- what becomes of a piece ------------------------------------------ */

static void
apply(struct piece *p, enum fate_input in, const struct err *err)
{
	enum fate is = fate_next(p->fate, in);

	if (is == p->fate)
		return;
	p->fate = is;
	if (err && err->kind != ERR_NONE)
		p->owed->err = *err;
	owed_changed(p->owed, p);
}

/* The report that was faster. */
static void
adopt(struct piece *p)
{
	struct outbox *b = p->owed->box;
	struct orphan *o = p->name.len ? map_get(&b->orphans, p->name) : NULL;

	if (!o)
		return;
	store_report_del(store_of(b), gateway_domain(b->gw),
	    str_c(p->line->name), piece_network_id(p), NULL, NULL);
	apply(p, fate_report(o->fate), &o->err);
	orphan_free(b, o);
}

/* ---- outcomes --------------------------------------------------------- */

static int64_t
retry_ms(const struct piece *p, const struct gw_outcome *o)
{
	struct backoff b;

	if (o->retry_after_ms > 0)
		return o->retry_after_ms;
	backoff_init(&b, OWED_RETRY_MIN_MS, OWED_RETRY_MAX_MS);
	b.tries = p->tries ? p->tries - 1 : 0;
	return backoff_next(&b, crypto_random_u32());
}

/* By the other line at once, if this one was its own, and has not sent it:
   the other does not know it again. */
static bool
fall_back(struct piece *p)
{
	struct line *l = p->line, *own = p->owed->line;
	struct line *f =
	    own->fallback[0] ? line_find(own->box, str_c(own->fallback)) : NULL;

	if (p->maybe_sent)
		return false;
	if (l != own || !f || !f->is_there || f->is_paused) {
		p->line = own;
		return false;
	}
	log_info(&own->box->gw->log, "other line taken",
	    "ticket=%llu line=%s instead=%s", (unsigned long long)p->owed->id,
	    own->name, f->name);
	p->line = f;
	return true;
}

static void
plan_retry(struct piece *p, const struct gw_outcome *o)
{
	int64_t ms = retry_ms(p, o);

	log_info(&p->owed->box->gw->log, "retry planned",
	    "ticket=%llu part=%u try=%u in_ms=%lld err=\"%s\"",
	    (unsigned long long)p->owed->id, p->no, p->tries, (long long)ms,
	    o->err.text);
	if (fall_back(p))
		ms = 0;
	p->next_utc = core_clock(p->owed->box->gw->core)->utc + ms;
}

static void
tell_line(struct line *l, const struct gw_outcome *o)
{
	if (o->fate == GW_RETRY && o->is_line_broken)
		line_pause(
		    l, o->details.len ? o->details : str_c(o->err.text), true);
	else if (o->fate == GW_RETRY && o->is_throttle)
		line_throttle(l, o->retry_after_ms);
	else if (o->fate != GW_RETRY)
		l->nthrottle = 0;
}

static void
settle(struct piece *p, const struct gw_outcome *o)
{
	enum fate was = p->fate;

	p->fate = fate_next(p->fate, fate_outcome(o->fate));
	if (o->fate == GW_RETRY && o->maybe_sent)
		p->maybe_sent = true;
	piece_set_name(p, o->network_id);
	if (o->err.kind != ERR_NONE && p->fate != was)
		p->owed->err = o->err;
	if (p->fate == FATE_QUEUED)
		plan_retry(p, o);
	p->line->nfate[p->fate]++;
	owed_changed(p->owed, p);
}

void
gateway_outcome(struct gateway *gw, const struct gw_outcome *o)
{
	struct piece *p =
	    piece_of(owed_find_any(gw->outbox, o->ticket >> 8), o->ticket);
	struct line *l;

	if (!p || !p->is_flying) {
		log_info(&gw->log, "outcome of nothing", "ticket=%llu part=%u",
		    (unsigned long long)(o->ticket >> 8),
		    (unsigned)(o->ticket & TICKET_PIECE));
		return;
	}
	l = p->line;
	piece_land(p);
	tell_line(l, o);
	if (!owed_is_gone(p->owed)) {
		settle(p, o);
		adopt(p);
	}
	line_run(l);
}

/* ---- reports ---------------------------------------------------------- */

/* One that is on its way to the disk, or waits for what the disk knows. */
struct report {
	struct list node; /* in the outbox */
	struct outbox *box;
	store_load_id load;
	char *line, *network_id;
	gw_ticket ticket;
	enum gw_fate fate;
	struct err err;
	gw_kept_fn *fn;
	void *arg;
};

static void
report_free(struct report *r)
{
	list_del(&r->node);
	r->box->nreport--;
	free(r->line);
	free(r->network_id);
	free(r);
}

static void
on_kept(bool ok, void *arg)
{
	struct report *r = arg;

	if (r->fn)
		r->fn(r->arg, ok);
	report_free(r);
}

void
outbox_reports_clear(struct outbox *b)
{
	while (!list_is_empty(&b->reports)) {
		struct list *n = list_first(&b->reports);
		struct report *r = LIST_ENTRY(n, struct report, node);

		store_cancel(store_of(b), r->load);
		report_free(r);
	}
}

static struct piece *
find(struct report *r)
{
	size_t len;
	char *name;
	struct piece *p;

	if (r->ticket)
		return piece_of(owed_find(r->box, r->ticket >> 8), r->ticket);
	name = name_of(str_c(r->line), str_c(r->network_id), &len);
	p = map_get(&r->box->names, str_of(name, len));
	free(name);
	return p;
}

/* Nothing follows of it; but it may be acknowledged only after this. */
static void
keep_nothing(struct report *r)
{
	store_report_del(store_of(r->box), gateway_domain(r->box->gw),
	    str_c(r->line), STR_EMPTY, on_kept, r);
}

static void
act(struct report *r, struct piece *p)
{
	struct err none = ERR_INIT;

	if (p->owed->is_forgotten) {
		keep_nothing(r);
		return;
	}
	if (!str_is(str_c(r->line), p->line->name)) {
		log_info(&r->box->gw->log, "report of another line",
		    "ticket=%llu line=%s went=%s",
		    (unsigned long long)p->owed->id, r->line, p->line->name);
		keep_nothing(r);
		return;
	}
	piece_set_name(p, str_c(r->network_id));
	apply(p, fate_report(r->fate), r->fate == GW_REFUSED ? &r->err : &none);
	/* What the report has changed is queued before this. */
	keep_nothing(r);
}

static void
keep_orphan(struct report *r)
{
	struct store_report row = { .line = str_c(r->line),
		.network_id = str_c(r->network_id),
		.fate = r->fate,
		.err = r->err.kind,
		.err_text = str_c(r->err.text),
		.at_utc = core_clock(r->box->gw->core)->utc };

	if (row.network_id.len == 0) {
		log_info(&r->box->gw->log, "report of nothing",
		    "ticket=%llu line=%s", (unsigned long long)r->ticket >> 8,
		    r->line);
		keep_nothing(r);
		return;
	}
	orphan_add(r->box, &row, r->fate, &r->err);
	store_report_put(
	    store_of(r->box), gateway_domain(r->box->gw), &row, on_kept, r);
}

static void
on_found(bool ok, const struct store_outs *v, void *arg)
{
	struct report *r = arg;
	struct piece *p = find(r);

	r->load = 0;
	if (!p && ok && v->nmessage && !owed_find(r->box, v->message[0].id)) {
		struct owed *o =
		    owed_read(r->box, &v->message[0], v->piece, v->npiece);

		if (o)
			owed_add(o);
		p = find(r);
	}
	if (!ok)
		on_kept(false, r);
	else if (p)
		act(r, p);
	else
		keep_orphan(r);
}

static void
look_on_disk(struct report *r)
{
	struct store *st = store_of(r->box);
	struct str gateway = gateway_domain(r->box->gw);

	if (r->ticket)
		r->load =
		    store_out_find(st, gateway, r->ticket >> 8, on_found, r);
	else
		r->load = store_out_find_named(st, gateway, str_c(r->line),
		    str_c(r->network_id), on_found, r);
}

static struct report *
report_new(
    struct outbox *b, const struct gw_report *is, gw_kept_fn *fn, void *arg)
{
	struct report *r = xcalloc(1, sizeof(*r));

	r->box = b;
	r->line = str_dup(is->line);
	r->network_id = str_dup(is->network_id);
	r->ticket = is->ticket;
	r->fate = is->fate;
	r->err = is->err;
	if (r->fate == GW_REFUSED && r->err.kind == ERR_NONE)
		err_set(&r->err, ERR_UNREACHABLE,
		    "the network could not deliver it");
	r->fn = fn;
	r->arg = arg;
	list_add(&b->reports, &r->node);
	b->nreport++;
	return r;
}

int
gateway_report(
    struct gateway *gw, const struct gw_report *is, gw_kept_fn *fn, void *arg)
{
	struct outbox *b = gw->outbox;
	struct report *r;
	struct piece *p;

	if (b->nreport >= OUTBOX_REPORTS_MAX || is->line.len > GW_LINE_MAX ||
	    is->network_id.len > OWED_NETWORK_ID_MAX)
		return -1;
	r = report_new(b, is, fn, arg);
	p = find(r);
	if (p)
		act(r, p);
	else
		look_on_disk(r);
	return 0;
}
