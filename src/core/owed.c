/*
 * One message that we owe, and its pieces.
 */
#include <stdlib.h>

#include "core/bundle.h"
#include "core/instance.h"
#include "core/letter.h"
#include "core/outbox.h"
#include "core/outbox_line.h"
#include "core/owed.h"
#include "core/sender.h"
#include "core/tally.h"
#include "lib/pack.h"
#include "lib/xalloc.h"

/* 1 had no bundles, and STRS_1 strings. */
enum { HEAD_VERSION = 2, STRS_1 = 6 };

/* In the column of the tries, above their number. */
enum { MAYBE_SENT = 1 << 24, DROPPED = 1 << 25, TRIES_MASK = MAYBE_SENT - 1 };

static struct clock *
clock_of(const struct owed *o)
{
	return core_clock(o->box->gw->core);
}

gw_ticket
piece_ticket(const struct piece *p)
{
	return p->owed->id << 8 | p->no;
}

/* ---- the head --------------------------------------------------------- */

static struct str *
field(struct owed_head *h, size_t i)
{
	struct str *const all[] = { &h->from, &h->to, &h->id, &h->network,
		&h->contact, &h->key, &h->bundle };

	return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

void
owed_write_head(const struct owed_head *h, struct buf *out)
{
	struct owed_head copy = *h;
	const struct str *s;

	pack_u64(out, HEAD_VERSION);
	pack_u64(out, h->npieces);
	pack_u64(out,
	    (h->is_room ? 1u : 0) | (h->asks ? 2u : 0) | (h->many ? 4u : 0));
	for (size_t i = 0; s = field(&copy, i), s; i++)
		pack_str(out, *s);
	pack_i64(out, h->hold_ms);
	pack_i64(out, h->hold_max_ms);
}

static bool
read_head(struct str in, struct owed_head *h)
{
	uint64_t version, n, flags;
	struct str *s;

	*h = (struct owed_head){ .npieces = 0 };
	if (!unpack_u64(&in, &version) || version == 0 ||
	    version > HEAD_VERSION || !unpack_u64(&in, &n) || n == 0 ||
	    n > GW_PIECES_MAX || !unpack_u64(&in, &flags))
		return false;
	h->npieces = (unsigned)n;
	h->is_room = flags & 1;
	h->asks = flags & 2;
	h->many = flags & 4;
	for (size_t i = 0; s = field(h, i), s; i++) {
		if (version == 1 && i == STRS_1)
			return in.len == 0;
		if (!unpack_str(&in, s))
			return false;
	}
	return unpack_i64(&in, &h->hold_ms) &&
	    unpack_i64(&in, &h->hold_max_ms) && in.len == 0;
}

/* ---- life ------------------------------------------------------------- */

static void on_timer(struct timer *t);
static void on_confirmed(struct confirm_mark *m, bool taken);

struct owed_head
owed_head_dup(const struct owed_head *h, char **text_out)
{
	struct owed_head was = *h, is = *h;
	size_t len = 0;
	struct str *s;
	char *at;

	for (size_t i = 0; s = field(&was, i), s; i++)
		len += s->len;
	at = *text_out = xmalloc(len + 1);
	for (size_t i = 0; s = field(&was, i), s; i++)
		*field(&is, i) = str_put(&at, *s);
	return is;
}

struct owed *
owed_new(struct outbox *b, const struct owed_params *p)
{
	struct owed *o = xcalloc(1, sizeof(*o));

	o->box = b;
	o->id = p->id;
	memcpy(o->id_key, &p->id, sizeof(p->id));
	o->head = owed_head_dup(p->head, &o->text);
	o->user_text = str_dup(p->user);
	o->user = str_c(o->user_text);
	if (p->body.len)
		o->body = str_dup(p->body);
	o->body_len = p->body.len;
	o->line = p->line;
	o->nunits = p->nunits;
	o->price = p->price;
	o->accepted_utc = o->changed_utc = p->accepted_utc;
	o->expire_utc = p->expire_utc;
	o->fate = FATE_QUEUED;
	list_init(&o->node);
	list_init(&o->untold);
	list_init(&o->unsaved);
	timer_init(&o->timer, on_timer);
	confirm_mark_init(&o->mark, on_confirmed);
	o->piece = xcalloc(p->head->npieces, sizeof(*o->piece));
	for (unsigned i = 0; i < p->head->npieces; i++)
		o->piece[i] = (struct piece){ .owed = o,
			.fate = FATE_QUEUED,
			.no = i + 1,
			.line = p->line };
	return o;
}

static struct str
id_key(const struct owed *o)
{
	return str_of(o->id_key, sizeof(o->id_key));
}

static void
forget_name(struct piece *p)
{
	if (p->name.len)
		map_del_value(&p->owed->box->names, p->name, p);
	free((void *)(uintptr_t)p->name.p);
	p->name = (struct str){ NULL, 0 };
}

void
owed_free(struct owed **op)
{
	struct owed *o = *op;

	*op = NULL;
	if (!o)
		return;
	lane_leave(o);
	list_del(&o->node);
	list_del(&o->untold);
	list_del(&o->unsaved);
	timer_cancel(&o->timer);
	confirm_drop(&o->mark);
	map_del_value(&o->box->messages, id_key(o), o);
	for (unsigned i = 0; i < o->head.npieces; i++)
		forget_name(&o->piece[i]);
	free(o->piece);
	free(o->body);
	free(o->text);
	free(o->client);
	free(o->user_text);
	free(o);
}

void
owed_set_body(struct owed *o, struct str body)
{
	free(o->body);
	o->body = str_dup(body);
	o->body_len = body.len;
}

void
owed_set_client(struct owed *o, struct str jid)
{
	char *client;

	if (str_eq(o->head.from, jid))
		return;
	client = str_dup(jid);
	free(o->client);
	o->client = client;
	o->head.from = str_c(client);
}

struct owed *
owed_find_any(struct outbox *b, uint64_t id)
{
	char key[sizeof(id)];

	memcpy(key, &id, sizeof(id));
	return map_get(&b->messages, str_of(key, sizeof(key)));
}

struct owed *
owed_find(struct outbox *b, uint64_t id)
{
	struct owed *o = owed_find_any(b, id);

	return o && !o->is_forgotten ? o : NULL;
}

/* ---- pieces ----------------------------------------------------------- */

static char *
name_of(const struct line *l, struct str network_id, size_t *len_out)
{
	size_t n = strlen(l->name);
	char *name = xmalloc(n + 1 + network_id.len);

	memcpy(name, l->name, n);
	name[n] = '\n';
	memcpy(name + n + 1, network_id.p, network_id.len);
	*len_out = n + 1 + network_id.len;
	return name;
}

/* The newest of that name has it: providers use short ids again. */
void
piece_set_name(struct piece *p, struct str network_id)
{
	size_t len;
	char *name;

	if (network_id.len == 0 || network_id.len > OWED_NETWORK_ID_MAX)
		return;
	name = name_of(p->line, network_id, &len);
	forget_name(p);
	p->name = str_of(name, len);
	map_put(&p->owed->box->names, p->name, p);
}

struct str
piece_network_id(const struct piece *p)
{
	struct str rest = p->name, line;

	if (!p->name.len || !str_cut(&rest, '\n', &line))
		return STR_EMPTY;
	return rest;
}

static bool
has_gone(enum fate f)
{
	return f == FATE_SENT || f == FATE_DELIVERED || f == FATE_UNSURE;
}

static void
find_worst(struct owed *o)
{
	o->fate = o->piece[0].fate;
	for (unsigned i = 0; i < o->head.npieces; i++) {
		o->fate = fate_worst(o->fate, o->piece[i].fate);
		if (has_gone(o->piece[i].fate))
			o->flags |= OWED_GONE;
	}
}

static bool
is_moving(const struct owed *o)
{
	for (unsigned i = 0; i < o->head.npieces; i++)
		if (fate_is_moving(o->piece[i].fate))
			return true;
	return false;
}

/* ---- rows ------------------------------------------------------------- */

/* Something is still to be done about it, also after a restart. */
static bool
is_open(const struct owed *o)
{
	return is_moving(o) || owed_due(o) != 0 ||
	    (o->fate == FATE_UNSURE && !(o->told & FATE_SAY_UNSURE));
}

void
owed_row(const struct owed *o, struct store_out *out)
{
	*out = (struct store_out){ .id = o->id,
		.gateway = gateway_domain(o->box->gw),
		.user = o->user,
		.line = str_c(o->line->name),
		.npieces = o->head.npieces,
		.nunits = o->nunits,
		.price = o->price,
		.accepted_utc = o->accepted_utc,
		.is_open = is_open(o),
		.fate = o->fate,
		.told = o->told,
		.flags = o->flags,
		.expire_utc = o->expire_utc,
		.changed_utc = o->changed_utc };
}

static unsigned
write_tries(const struct piece *p)
{
	unsigned n = p->tries & TRIES_MASK;

	if (p->maybe_sent)
		n |= MAYBE_SENT;
	return p->is_dropped ? n | DROPPED : n;
}

/* Of one that is queued it is kept when it may go. */
void
piece_row(const struct piece *p, struct store_piece *out)
{
	const struct owed *o = p->owed;

	*out = (struct store_piece){ .message = o->id,
		.no = p->no,
		.fate = p->fate,
		.tries = write_tries(p),
		.line = str_c(p->line->name),
		.network_id = piece_network_id(p),
		.at_utc =
		    p->fate == FATE_QUEUED ? p->next_utc : clock_of(o)->utc,
		.err = o->err.kind,
		.err_text = str_c(o->err.text) };
}

static void
on_saved(bool ok, void *arg)
{
	struct owed *o = arg;

	o->nbusy--;
	if (owed_is_gone(o))
		return;
	if (ok)
		owed_tell(o);
	if (ok || list_is_linked(&o->unsaved))
		return;
	list_add(&o->box->unsaved, &o->unsaved);
	timer_set(
	    &o->box->trouble, clock_of(o), clock_of(o)->at + OUTBOX_TROUBLE_MS);
}

void
owed_save(struct owed *o, struct piece *p)
{
	struct store_piece piece;
	struct store_out row;

	if (o->is_forgotten)
		return;
	owed_row(o, &row);
	if (p)
		piece_row(p, &piece);
	core_touch(o->box->gw->core);
	o->nbusy++;
	store_out_step(
	    core_store(o->box->gw->core), &row, p ? &piece : NULL, on_saved, o);
}

void
owed_save_all(struct outbox *b)
{
	while (!list_is_empty(&b->unsaved)) {
		struct list *n = list_first(&b->unsaved);
		struct owed *o = LIST_ENTRY(n, struct owed, unsaved);

		list_del(n);
		for (unsigned i = 0; i < o->head.npieces; i++)
			owed_save(o, &o->piece[i]);
	}
}

static void
read_pieces(struct owed *o, const struct store_piece *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct piece *p;

		if (v[i].message != o->id || v[i].no == 0 ||
		    v[i].no > o->head.npieces || v[i].fate == 0 ||
		    v[i].fate >= FATE_N)
			continue;
		p = &o->piece[v[i].no - 1];
		p->fate = (enum fate)v[i].fate;
		p->tries = v[i].tries & TRIES_MASK;
		p->maybe_sent = v[i].tries & MAYBE_SENT;
		p->is_dropped = v[i].tries & DROPPED;
		p->line = line_get(o->box, v[i].line);
		p->next_utc = p->fate == FATE_QUEUED ? v[i].at_utc : 0;
		piece_set_name(p, v[i].network_id);
		if (v[i].err && v[i].err < ERR_NKIND)
			err_set(&o->err, (enum err_kind)v[i].err, STR_FMT,
			    STR_ARG(v[i].err_text));
	}
}

struct owed *
owed_read(struct outbox *b, const struct store_out *row,
    const struct store_piece *piece, size_t npiece)
{
	struct owed_head head;
	struct owed_params p = { .id = row->id,
		.user = row->user,
		.head = &head,
		.body = row->body,
		.nunits = row->nunits,
		.price = row->price,
		.accepted_utc = row->accepted_utc,
		.expire_utc = row->expire_utc };
	struct owed *o;

	if (!read_head(row->head, &head)) {
		log_error(&b->gw->log, "kept message cannot be read",
		    "ticket=%llu action=\"left as it is\"",
		    (unsigned long long)row->id);
		return NULL;
	}
	p.line = line_get(b, row->line);
	o = owed_new(b, &p);
	o->flags = row->flags;
	o->told = row->told;
	o->changed_utc = row->changed_utc;
	read_pieces(o, piece, npiece);
	find_worst(o);
	return o;
}

/* ---- what comes next -------------------------------------------------- */

/* Its place on the loop's clock of a moment of the wall's. */
static int64_t
at_of(const struct owed *o, int64_t utc)
{
	return clock_of(o)->at + (utc - clock_of(o)->utc);
}

static void
sooner(int64_t *at, int64_t other)
{
	if (other < *at)
		*at = other;
}

static void
plan_piece(const struct owed *o, const struct piece *p, int64_t *at)
{
	if (p->is_flying)
		sooner(at, p->flying_at + p->line->outcome_ms);
	if (p->fate != FATE_QUEUED)
		return;
	sooner(at, at_of(o, o->expire_utc));
	if (p->next_utc > clock_of(o)->utc)
		sooner(at, at_of(o, p->next_utc));
	if (o->lane && bundle_due_utc(o->lane, o) > clock_of(o)->utc)
		sooner(at, at_of(o, bundle_due_utc(o->lane, o)));
}

void
owed_plan(struct owed *o)
{
	int64_t at = INT64_MAX;

	for (unsigned i = 0; i < o->head.npieces; i++)
		plan_piece(o, &o->piece[i], &at);
	if (o->fate == FATE_UNSURE && !(o->told & FATE_SAY_UNSURE) &&
	    clock_of(o)->utc < o->changed_utc + OUTBOX_UNSURE_MS)
		sooner(&at, at_of(o, o->changed_utc + OUTBOX_UNSURE_MS));
	if (at == INT64_MAX)
		at = clock_of(o)->at + OUTBOX_LINGER_MS;
	timer_set(&o->timer, clock_of(o), at);
}

static void
enter(struct owed *o)
{
	if (is_moving(o))
		lane_enter(o);
	else
		lane_leave(o);
}

/* What has gone out is billed, whatever is heard of it later. */
static void
count_once(struct owed *o)
{
	bool counts =
	    o->flags & OWED_GONE || is_moving(o) || o->fate < FATE_CANCELLED;

	if (counts == !(o->flags & OWED_GIVEN_BACK))
		return;
	o->flags ^= OWED_GIVEN_BACK;
	tallies_add(o->box->tallies, o, counts ? 1 : -1);
}

/* What will go out again has been taken, or may have been. */
static bool
may_be_billed_twice(const struct owed *o)
{
	for (unsigned i = 0; i < o->head.npieces; i++) {
		const struct piece *p = &o->piece[i];

		if (p->fate == FATE_UNSURE ||
		    (p->fate == FATE_FAILED && p->name.len))
			return true;
	}
	return false;
}

void
owed_count_again(struct owed *o)
{
	if (!may_be_billed_twice(o) ||
	    o->flags >> OWED_BEFORE_SHIFT >= OWED_BEFORE_MAX)
		return;
	o->flags += 1u << OWED_BEFORE_SHIFT;
	o->flags &= ~(unsigned)OWED_GONE;
	tallies_add(o->box->tallies, o, 1);
}

/* One line when it has an end; and again if that turns out to be another. */
static void
log_end(const struct owed *o, enum fate was)
{
	if (was == o->fate || is_moving(o))
		return;
	log_info(&o->box->gw->log, "message fate",
	    "fate=%s ticket=%llu user=" STR_FMT " line=%s pieces=%u ms=%lld "
	    "err=\"%s\"",
	    fate_name(o->fate), (unsigned long long)o->id, STR_ARG(o->user),
	    o->line->name, o->head.npieces,
	    (long long)(clock_of(o)->utc - o->accepted_utc),
	    fate_is_dead(o->fate) || o->fate == FATE_UNSURE ? o->err.text : "");
	o->box->nended[o->fate]++;
}

void
owed_changed(struct owed *o, struct piece *p)
{
	enum fate was = o->fate;
	struct lane *l;

	/* A part without the others is of no use to anybody. */
	if (p && p->fate == FATE_FAILED && !o->head.many)
		(void)owed_input(o, FATE_IN_DROP);
	find_worst(o);
	if (o->fate != was)
		o->changed_utc = clock_of(o)->utc;
	log_end(o, was);
	count_once(o);
	owed_save(o, p); /* then it is told */
	l = o->lane;
	if (l)
		lane_check(l);
	enter(o);
	owed_plan(o);
}

void
owed_add(struct owed *o)
{
	list_del(&o->node);
	map_put(&o->box->messages, id_key(o), o);
	enter(o);
	owed_tell(o);
	owed_plan(o);
}

struct line *
piece_line_now(const struct piece *p)
{
	return p->maybe_sent ? p->line : line_now(p->line);
}

/* What it is for this one. */
static enum fate_input
input_of(const struct piece *p, enum fate_input in)
{
	bool gives_up = in == FATE_IN_EXPIRE || in == FATE_IN_CANCEL ||
	    in == FATE_IN_DROP || in == FATE_IN_FAIL;

	if (in == FATE_IN_RESEND && p->is_dropped)
		return FATE_IN_RESUME;
	return p->maybe_sent && gives_up ? FATE_IN_DOUBT : in;
}

static bool
takes(const struct piece *p, enum fate_input in)
{
	return !p->is_flying && fate_next(p->fate, input_of(p, in)) != p->fate;
}

bool
owed_takes(const struct owed *o, enum fate_input in)
{
	for (unsigned i = 0; i < o->head.npieces; i++)
		if (takes(&o->piece[i], in))
			return true;
	return false;
}

static void
take(struct piece *p, enum fate_input in)
{
	p->fate = fate_next(p->fate, input_of(p, in));
	p->is_dropped = in == FATE_IN_DROP && p->fate == FATE_CANCELLED;
	/* Whoever asks for it again knows. */
	if (in == FATE_IN_RESEND)
		p->maybe_sent = false;
	p->next_utc = 0;
	owed_save(p->owed, p);
}

unsigned
owed_input(struct owed *o, enum fate_input in)
{
	unsigned n = 0;

	for (unsigned i = 0; i < o->head.npieces; i++)
		if (takes(&o->piece[i], in)) {
			take(&o->piece[i], in);
			n++;
		}
	return n;
}

/* ---- forgotten -------------------------------------------------------- */

void
owed_forget(struct owed *o)
{
	o->flags |= OWED_OWN_WISH;
	if (owed_input(o, FATE_IN_CANCEL))
		owed_changed(o, NULL);
	o->is_forgotten = true;
	lane_leave(o);
	list_del(&o->untold);
	list_del(&o->unsaved);
	confirm_drop(&o->mark);
	free(o->body);
	o->body = NULL;
	o->body_len = 0;
	owed_plan(o);
	(void)owed_is_gone(o);
}

bool
owed_is_gone(struct owed *o)
{
	if (!o->is_forgotten)
		return false;
	if (o->nbusy == 0 && o->nflying == 0)
		owed_free(&o);
	return true;
}

/* ---- time ------------------------------------------------------------- */

/* What is given up of it may have been sent. */
static bool
may_be_out(const struct owed *o)
{
	for (unsigned i = 0; i < o->head.npieces; i++)
		if (o->piece[i].fate == FATE_QUEUED && o->piece[i].maybe_sent)
			return true;
	return false;
}

static void
expire(struct owed *o)
{
	struct err was = o->err;

	if (clock_of(o)->utc < o->expire_utc)
		return;
	if (was.kind == ERR_NONE)
		err_set(&o->err, ERR_TIMEOUT, "it could not be sent in time");
	else if (may_be_out(o))
		; /* what is known of the try says more */
	else if (!str_starts(str_c(was.text), STR("it could not be sent")))
		err_set(&o->err, ERR_TIMEOUT,
		    "it could not be sent in time; the last try: %s", was.text);
	if (owed_input(o, FATE_IN_EXPIRE))
		owed_changed(o, NULL);
	else
		o->err = was;
}

/* The network owes the outcome; unless a report has told already. */
static void
give_up_piece(struct piece *p)
{
	struct owed *o = p->owed;
	struct gw_outcome late = { .ticket = piece_ticket(p),
		.fate = GW_UNSURE };

	if (p->fate != FATE_TRYING) {
		piece_land(p);
		line_run(p->line);
		return;
	}
	log_warn(&o->box->gw->log, "no outcome of an attempt",
	    "ticket=%llu part=%u line=%s waited_ms=%lld action=\"taken as "
	    "unsure\"",
	    (unsigned long long)o->id, p->no, p->line->name,
	    (long long)p->line->outcome_ms);
	err_set(&late.err, ERR_TIMEOUT,
	    "the network has not said what became of it");
	gateway_outcome(o->box->gw, &late);
}

static void
give_up(struct owed *o)
{
	for (unsigned i = 0; i < o->head.npieces; i++) {
		struct piece *p = &o->piece[i];

		if (p->is_flying &&
		    clock_of(o)->at >= p->flying_at + p->line->outcome_ms)
			give_up_piece(p);
	}
}

/* Nothing will happen to it but by a late report, which finds it on disk. */
static bool
is_over(const struct owed *o)
{
	return !is_open(o) && o->nbusy == 0 && o->nflying == 0 &&
	    !confirm_waits(&o->mark) && !list_is_linked(&o->unsaved);
}

static void
on_timer(struct timer *t)
{
	struct owed *o = TIMER_OWNER(t, struct owed, timer);

	if (o->is_forgotten) {
		for (unsigned i = 0; i < o->head.npieces; i++) {
			piece_land(&o->piece[i]);
			line_run(o->piece[i].line);
		}
		(void)owed_is_gone(o);
		return;
	}
	expire(o);
	give_up(o);
	owed_tell(o);
	if (o->lane)
		lane_check(o->lane);
	if (is_over(o))
		owed_free(&o);
	else
		owed_plan(o);
}

/* ---- told ------------------------------------------------------------- */

/* Not taken: it is said again when the stream is up. */
static void
on_confirmed(struct confirm_mark *m, bool taken)
{
	struct owed *o =
	    (struct owed *)(void *)((char *)m - offsetof(struct owed, mark));

	if (taken)
		o->told |= o->telling;
	o->telling = 0;
	if (taken) {
		owed_save(o, NULL);
		owed_plan(o);
	}
}
