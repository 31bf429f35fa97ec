/*
 * Whose turn it is.
 *
 * Lanes whose next piece can go stand in line, first come first served; a
 * piece that was given to the network puts its lane at the end.  That it is
 * being tried is on disk before the network hears of it, so that after a
 * crash it is known that it may have been sent.
 */
#include "core/instance.h"
#include "core/letter.h"
#include "core/outbox.h"
#include "core/outbox_line.h"
#include "core/owed.h"
#include "core/sender.h"
#include "core/session.h"

enum { FALLBACK_LOOK_MS = 5000 };

#define LANE(n) LIST_ENTRY(n, struct lane, ready)

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
	p->line->nflying--;
}

static void
take_off(struct piece *p, struct line *l)
{
	struct owed *o = p->owed;

	(void)bucket_take(&l->bucket, clock_of(o)->at, 1);
	p->line = l;
	p->fate = fate_next(p->fate, FATE_IN_TRY);
	p->tries++;
	p->next_utc = 0;
	p->is_flying = true;
	l->nflying++;
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

static void
hand_over(struct piece *p, struct session *s)
{
	struct owed *o = p->owed;
	struct gw_outcome no = { .ticket = piece_ticket(p),
		.fate = GW_REFUSED };
	struct letter letter;

	if (letter_read(&letter, str_of(o->body, o->body_len), &no.err) < 0) {
		log_error(&o->box->gw->log, "kept message cannot be read",
		    "ticket=%llu action=\"given up\"",
		    (unsigned long long)o->id);
		gateway_outcome(o->box->gw, &no);
		letter_release(&letter);
		return;
	}
	letter.m.part = p->no;
	letter.m.nparts = o->head.npieces;
	letter.m.line = str_c(p->line->name);
	letter.m.first_line = str_c(o->line->name);
	p->flying_at = clock_of(o)->at;
	log_debug(&o->box->gw->log, "attempt",
	    "ticket=%llu part=%u try=%u line=%s", (unsigned long long)o->id,
	    p->no, p->tries, p->line->name);
	session_enter(s);
	o->box->gw->ops->send(s, piece_ticket(p), &letter.m);
	session_leave(s);
	letter_release(&letter);
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

static void
on_trying(bool ok, uint64_t nrow, void *arg)
{
	struct piece *p = arg;
	struct owed *o = p->owed;
	struct session *s = o->lane ? sender_session(o->lane->sender) : NULL;

	o->nbusy--;
	if (o->is_forgotten || (ok && nrow == 0)) {
		let_go(p);
		return;
	}
	if (!p->is_flying || p->fate != FATE_TRYING) {
		piece_land(p);
		line_run(p->line);
		return;
	}
	if (!ok)
		take_back(p, OUTBOX_TROUBLE_MS);
	else if (!s || core_is_stopping(o->box->gw->core))
		take_back(p, 0);
	else
		hand_over(p, s);
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
		begin(p, l);
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
