/*
 * Whose turn it is.
 *
 * Lanes whose next piece can go stand in line, first come first served; a
 * piece that was given to the network puts its lane at the end.  That it is
 * being tried is on disk before the network hears of it, so that after a
 * crash it is known that it may have been sent.
 */
#include <stdlib.h>

#include "core/bundle.h"
#include "core/instance.h"
#include "core/letter.h"
#include "core/outbox.h"
#include "core/outbox_line.h"
#include "core/owed.h"
#include "core/sender.h"
#include "core/session.h"
#include "lib/xalloc.h"

enum { FALLBACK_LOOK_MS = 5000 };

#define LANE(n) LIST_ENTRY(n, struct lane, ready)

/* Pieces that are to go as one, until the disk has answered for each. */
struct flight {
	size_t n, nwaiting;
	struct piece *piece[]; /* NULL: it does not go after all */
};

static struct clock *
clock_of(const struct owed *o)
{
	return core_clock(o->box->gw->core);
}

/* ---- one attempt ------------------------------------------------------ */

void
piece_land(struct piece *p)
{
	struct owed *o = p->owed;

	if (!p->is_flying)
		return;
	p->is_flying = false;
	o->nflying--;
	p->line->nflying -= !p->is_along;
	p->is_along = false;
}

static void
take_off(struct piece *p, struct line *l)
{
	struct owed *o = p->owed;

	p->line = l;
	p->fate = fate_next(p->fate, FATE_IN_TRY);
	p->tries++;
	p->next_utc = 0;
	p->is_flying = true;
	l->nflying += !p->is_along;
	p->flying_at = clock_of(o)->at;
	o->nflying++;
}

/* It was not even begun. */
static void
take_back(struct piece *p, int64_t wait_ms)
{
	struct line *l = p->line;

	piece_land(p);
	p->fate = FATE_QUEUED;
	p->tries--;
	p->next_utc = wait_ms ? clock_of(p->owed)->utc + wait_ms : 0;
	owed_changed(p->owed, p);
	line_run(l);
}

/* What the network is given of it; false: it cannot be read, and is given up.
   Released in both cases. */
static bool
open_letter(struct piece *p, struct letter *letter)
{
	struct owed *o = p->owed;
	struct gw_outcome no = { .ticket = piece_ticket(p),
		.fate = GW_REFUSED };

	if (letter_read(letter, str_of(o->body, o->body_len), &no.err) < 0) {
		log_error(&o->box->gw->log, "kept message cannot be read",
		    "ticket=%llu action=\"given up\"",
		    (unsigned long long)o->id);
		gateway_outcome(o->box->gw, &no);
		return false;
	}
	letter->m.part = p->no;
	letter->m.nparts = o->head.npieces;
	letter->m.line = str_c(p->line->name);
	letter->m.first_line = str_c(o->line->name);
	p->flying_at = clock_of(o)->at;
	log_debug(&o->box->gw->log, "attempt",
	    "ticket=%llu part=%u try=%u line=%s", (unsigned long long)o->id,
	    p->no, p->tries, p->line->name);
	return true;
}

static void
hand_over(struct piece *p, struct session *s)
{
	struct letter letter;

	if (open_letter(p, &letter)) {
		session_enter(s);
		s->gw->ops->send(s, piece_ticket(p), &letter.m);
		session_leave(s);
	}
	letter_release(&letter);
}

static void
hand_over_all(struct piece **p, size_t n, struct session *s)
{
	struct letter *letter = xcalloc(n, sizeof(*letter));
	const struct gw_message *m[GW_BUNDLED_MAX];
	gw_ticket ticket[GW_BUNDLED_MAX];
	size_t ngood = 0;

	for (size_t i = 0; i < n; i++) {
		gw_ticket t = piece_ticket(p[i]);

		if (!open_letter(p[i], &letter[i]))
			continue;
		m[ngood] = &letter[i].m;
		ticket[ngood++] = t;
	}
	session_enter(s);
	if (ngood == 1)
		s->gw->ops->send(s, ticket[0], m[0]);
	else if (ngood > 1)
		s->gw->ops->send_all(s, ticket, m, ngood);
	session_leave(s);
	for (size_t i = 0; i < n; i++)
		letter_release(&letter[i]);
	free(letter);
}

/* Forgotten meanwhile, or not on disk any more: it is not sent. */
static void
let_go(struct piece *p)
{
	struct line *l = p->line;
	struct owed *o = p->owed;

	piece_land(p);
	if (!owed_is_gone(o)) {
		log_info(&o->box->gw->log, "message is not kept any more",
		    "ticket=%llu line=%s", (unsigned long long)o->id, l->name);
		owed_forget(o);
	}
	line_run(l);
}

static struct session *
session_of(const struct owed *o)
{
	return o->lane ? sender_session(o->lane->sender) : NULL;
}

/* The disk has answered; true: the network may be given it. */
static bool
may_go(struct piece *p, bool ok, uint64_t nrow)
{
	struct owed *o = p->owed;

	if (o->is_forgotten || (ok && nrow == 0)) {
		let_go(p);
		return false;
	}
	if (!p->is_flying || p->fate != FATE_TRYING) {
		piece_land(p);
		line_run(p->line);
		return false;
	}
	if (ok && session_of(o) && !core_is_stopping(o->box->gw->core))
		return true;
	take_back(p, ok ? 0 : OUTBOX_TROUBLE_MS);
	return false;
}

/* All have been answered for.  What has happened to one since then counts. */
static void
fly(struct flight *f)
{
	struct session *s = NULL;
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct piece *p = f->piece[i];

		if (!p)
			continue;
		p->owed->nbusy--;
		if (!may_go(p, true, 1))
			continue;
		s = session_of(p->owed);
		f->piece[n++] = p;
	}
	if (n > 0)
		hand_over_all(f->piece, n, s);
	free(f);
}

static void
on_trying_with_others(struct piece *p, bool ok, uint64_t nrow)
{
	struct flight *f = p->flight;
	size_t i = 0;

	while (f->piece[i] != p)
		i++;
	p->flight = NULL;
	p->owed->nbusy--;
	if (may_go(p, ok, nrow))
		p->owed->nbusy++; /* until it flies: it is not freed */
	else
		f->piece[i] = NULL;
	if (--f->nwaiting == 0)
		fly(f);
}

static void
on_trying(bool ok, uint64_t nrow, void *arg)
{
	struct piece *p = arg;
	struct owed *o = p->owed;

	if (p->flight) {
		on_trying_with_others(p, ok, nrow);
		return;
	}
	o->nbusy--;
	if (may_go(p, ok, nrow))
		hand_over(p, session_of(o));
}

static void
begin(struct piece *p, struct line *l)
{
	struct owed *o = p->owed;
	struct store_piece piece;
	struct store_out row;

	take_off(p, l);
	if (o->fate == FATE_QUEUED && o->head.npieces == 1)
		o->fate = FATE_TRYING;
	owed_plan(o);
	owed_row(o, &row);
	piece_row(p, &piece);
	core_touch(o->box->gw->core);
	o->nbusy++;
	store_out_try(core_store(o->box->gw->core), &row, &piece, on_trying, p);
}

/* The bundle counts as one, for the pace of the line and for its width. */
static void
begin_all(struct lane *lane, struct piece *first, struct line *l)
{
	struct piece *p[GW_BUNDLED_MAX];
	size_t n = l->box->gw->ops->send_all ? bundle_collect(lane, p) : 1;
	struct flight *f;

	(void)bucket_take(&l->bucket, clock_of(first->owed)->at, 1);
	if (n < 2) {
		begin(first, l);
		return;
	}
	f = xcalloc(1, sizeof(*f) + n * sizeof(f->piece[0]));
	f->n = f->nwaiting = n;
	for (size_t i = 0; i < n; i++) {
		f->piece[i] = p[i];
		p[i]->flight = f;
		p[i]->is_along = i > 0;
	}
	for (size_t i = 0; i < n; i++)
		begin(p[i], l);
}

/* ---- whose turn ------------------------------------------------------- */

/* The first lane, out of the line: it has to be looked at again. */
static struct lane *
take_first(struct line *l)
{
	struct lane *lane = LANE(list_first(&l->ready));

	list_del(&lane->ready);
	lane->line = NULL;
	return lane;
}

static void
serve(struct line *l, struct lane *lane)
{
	struct piece *p = lane_next(lane);

	if (p && piece_line_now(p) == l && sender_session(lane->sender))
		begin_all(lane, p, l);
	lane_check(lane);
}

/* They go by the other line meanwhile, if that works. */
static void
divert(struct line *l)
{
	size_t n = 0;

	LIST_EACH(&l->ready, node)
	n++;
	while (n-- > 0 && !list_is_empty(&l->ready))
		lane_check(take_first(l));
	if (!list_is_empty(&l->ready))
		timer_set(&l->timer, core_clock(l->box->gw->core),
		    core_clock(l->box->gw->core)->at + FALLBACK_LOOK_MS);
}

void
line_run(struct line *l)
{
	if (l->is_running)
		return;
	l->is_running = true;
	if (l->is_broken && l->fallback[0])
		divert(l);
	while (!list_is_empty(&l->ready) && line_may_send(l))
		serve(l, take_first(l));
	l->is_running = false;
}
