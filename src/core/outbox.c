/*
 * What we owe: read at the start, and who is where.
 */
#include <stdlib.h>

#include "core/generation.h"
#include "core/instance.h"
#include "core/outbox.h"
#include "core/outbox_admin.h"
#include "core/outbox_draft.h"
#include "core/outbox_gone.h"
#include "core/outbox_line.h"
#include "core/outbox_report.h"
#include "core/owed.h"
#include "core/sender.h"
#include "core/session.h"
#include "core/store_outbox.h"
#include "core/tally.h"
#include "lib/xalloc.h"

static struct store *
store_of(struct outbox *b)
{
	return core_store(b->gw->core);
}

static struct clock *
clock_of(struct outbox *b)
{
	return core_clock(b->gw->core);
}

/* ---- trouble and time ------------------------------------------------- */

static void on_again(struct timer *t);

static void
on_trouble(struct timer *t)
{
	struct outbox *b = TIMER_OWNER(t, struct outbox, trouble);

	if (list_is_empty(&b->unsaved))
		return;
	if (store_is_ok(store_of(b)))
		owed_save_all(b);
	else
		timer_set(t, clock_of(b), clock_of(b)->at + OUTBOX_TROUBLE_MS);
}

static void
on_pruned(bool ok, uint64_t is_more, void *arg)
{
	struct outbox *b = arg;

	b->pruning = 0;
	if (ok && is_more)
		timer_set(&b->prune, clock_of(b),
		    clock_of(b)->at + OUTBOX_PRUNE_MORE_MS);
}

static void
on_prune(struct timer *t)
{
	struct outbox *b = TIMER_OWNER(t, struct outbox, prune);
	int64_t now = clock_of(b)->utc;
	int64_t day_ms = TALLY_DAY_MS;

	if (!b->pruning)
		b->pruning =
		    store_outs_prune(store_of(b), gateway_domain(b->gw),
		        now - b->gw->conf->bodies_days * day_ms,
		        now - OUTBOX_ROWS_DAYS * day_ms, on_pruned, b);
	outbox_orphans_prune(b, now - day_ms);
	store_reports_prune(store_of(b), gateway_domain(b->gw), now - day_ms);
	tallies_prune(b->tallies, now / day_ms - TALLY_DAYS);
	timer_set(t, clock_of(b), clock_of(b)->at + OUTBOX_PRUNE_MS);
}

/* ---- life ------------------------------------------------------------- */

struct outbox *
outbox_new(struct gateway *gw)
{
	struct outbox *b = xcalloc(1, sizeof(*b));

	b->gw = gw;
	map_init(&b->messages);
	map_init(&b->names);
	map_init(&b->senders);
	map_init(&b->lines);
	map_init(&b->gone);
	map_init(&b->orphans);
	map_init(&b->sure);
	list_init(&b->calls);
	list_init(&b->aging);
	list_init(&b->newborn);
	list_init(&b->untold);
	list_init(&b->unsaved);
	list_init(&b->reports);
	list_init(&b->commands);
	list_init(&b->refused);
	timer_init(&b->trouble, on_trouble);
	timer_init(&b->prune, on_prune);
	timer_init(&b->again, on_again);
	b->tallies = tallies_new();
	return b;
}

static void
free_messages(struct outbox *b)
{
	struct map_iter it = { 0 };

	while (map_next(&b->messages, &it)) {
		struct owed *o = it.value;

		owed_free(&o);
	}
	LIST_EACH(&b->newborn, n)
	{
		struct owed *o = LIST_ENTRY(n, struct owed, node);

		owed_free(&o);
	}
}

static void
free_senders(struct outbox *b)
{
	struct map_iter it = { 0 };

	while (map_next(&b->senders, &it)) {
		struct sender *s = it.value;

		outbox_drafts_drop(s);
		sender_free(&s);
	}
}

void
outbox_free(struct outbox **bp)
{
	struct outbox *b = *bp;
	struct map_iter it = { 0 };

	*bp = NULL;
	if (!b)
		return;
	store_cancel(store_of(b), b->load);
	store_cancel(store_of(b), b->pruning);
	timer_cancel(&b->trouble);
	timer_cancel(&b->prune);
	timer_cancel(&b->again);
	b->is_held = true; /* nothing begins any more */
	outbox_reports_clear(b);
	outbox_command_drop_all(b);
	outbox_refused_drop(b);
	free_messages(b);
	free_senders(b);
	while (map_next(&b->lines, &it)) {
		struct line *l = it.value;

		line_free(&l);
	}
	outbox_gone_clear(b);
	outbox_orphans_clear(b);
	outbox_sure_clear(b);
	map_release(&b->messages);
	map_release(&b->names);
	map_release(&b->senders);
	map_release(&b->lines);
	map_release(&b->orphans);
	map_release(&b->sure);
	tallies_free(&b->tallies);
	free(b->held_why);
	free(b);
}

/* ---- what an earlier run has left ------------------------------------- */

/* What was being tried when it died: nobody knows whether it was sent.  Nor
   does a line that does not know its tickets again any more. */
static bool
recover_piece(struct piece *p)
{
	bool in_doubt = p->fate == FATE_QUEUED && p->maybe_sent &&
	    p->line->is_there && !p->line->dedups;

	if ((p->fate != FATE_TRYING && !in_doubt) || p->is_flying)
		return false;
	if (p->fate == FATE_TRYING)
		err_set(&p->owed->err, ERR_UNREACHABLE,
		    "the gateway was interrupted while it was being sent");
	p->maybe_sent = p->line->dedups;
	p->fate = p->line->dedups ? FATE_QUEUED : FATE_UNSURE;
	return true;
}

/* How long it has been unsure counts from now: a report may still come. */
static void
recover_message(struct owed *o)
{
	bool is_found[GW_PIECES_MAX];
	bool any = false;

	for (unsigned i = 0; i < o->head.npieces; i++) {
		is_found[i] = recover_piece(&o->piece[i]);
		any = any || is_found[i];
	}
	if (!any)
		return;
	o->changed_utc = clock_of(o->box)->utc;
	owed_changed(o, NULL);
	for (unsigned i = 0; i < o->head.npieces; i++)
		if (is_found[i])
			owed_save(o, &o->piece[i]);
}

/* A report or an operator may have asked for it while this was read. */
static void
recover(struct outbox *b, const struct store_out *row,
    const struct store_piece *piece, size_t npiece)
{
	struct owed *o = owed_find(b, row->id);

	if (!o) {
		o = owed_read(b, row, piece, npiece);
		if (o)
			owed_add(o);
	}
	if (o)
		recover_message(o);
}

/* Whatever can go now does. */
static void
run(struct outbox *b)
{
	struct map_iter it = { 0 };

	while (map_next(&b->senders, &it)) {
		struct sender *s = it.value;
		struct session *is = sender_session(s);

		if (is)
			outbox_drafts_go(s, is);
		sender_run(s);
		sender_check(s);
	}
	it = (struct map_iter){ 0 };
	while (map_next(&b->lines, &it))
		line_run(it.value);
}

static void
loaded(struct outbox *b)
{
	b->is_loaded = true;
	b->is_unread = false;
	if (b->messages.n)
		log_info(&b->gw->log, "outbox read", "messages=%zu moving=%zu",
		    b->messages.n, b->nmoving);
	run(b);
}

/* The whole again, soon: half of it may be what an operator held. */
static void
not_loaded(struct outbox *b, const char *what)
{
	struct map_iter it = { 0 };
	struct err err;

	log_error(&b->gw->log, "outbox not read",
	    "what=%s action=\"nothing is accepted or sent; trying again in "
	    "%d s\"",
	    what, OUTBOX_LOAD_MS / 1000);
	timer_set(&b->again, clock_of(b), clock_of(b)->at + OUTBOX_LOAD_MS);
	b->is_unread = true;
	(void)outbox_check_loaded(b, &err);
	while (map_next(&b->senders, &it)) {
		struct sender *s = it.value;

		outbox_drafts_fail(s, &err);
		sender_check(s);
	}
}

static void
on_messages(bool ok, const struct store_outs *v, void *arg)
{
	struct outbox *b = arg;
	size_t at = 0;

	b->load = 0;
	if (!ok) {
		not_loaded(b, "messages");
		return;
	}
	for (size_t i = 0; i < v->nmessage; i++) {
		size_t n = 0;

		while (at + n < v->npiece &&
		    v->piece[at + n].message == v->message[i].id)
			n++;
		recover(b, &v->message[i], v->piece + at, n);
		at += n;
	}
	if (v->nmessage == STORE_OUT_PAGE)
		b->load = store_outs_load(store_of(b), gateway_domain(b->gw),
		    v->message[v->nmessage - 1].id, on_messages, b);
	else
		loaded(b);
}

static void
on_tallies(bool ok, const struct store_tally *v, size_t n, void *arg)
{
	struct outbox *b = arg;

	b->load = 0;
	if (!ok) {
		not_loaded(b, "sums");
		return;
	}
	tallies_free(&b->tallies);
	b->tallies = tallies_new();
	for (size_t i = 0; i < n; i++) {
		struct tally t = { (int64_t)v[i].nmessages,
			(int64_t)v[i].nunits, v[i].price };

		tallies_put(b->tallies, v[i].user, v[i].line, v[i].day, &t);
	}
	b->load = store_outs_load(
	    store_of(b), gateway_domain(b->gw), 0, on_messages, b);
}

static void
on_reports(bool ok, const struct store_report *v, size_t n, void *arg)
{
	struct outbox *b = arg;

	b->load = 0;
	if (!ok) {
		not_loaded(b, "reports");
		return;
	}
	for (size_t i = 0; i < n; i++)
		outbox_orphan_read(b, &v[i]);
	b->load = store_tallies_load(store_of(b), gateway_domain(b->gw),
	    (clock_of(b)->utc / TALLY_DAY_MS - TALLY_DAYS + 1) * TALLY_DAY_MS,
	    on_tallies, b);
}

static void
hold_copy(struct outbox *b)
{
	char text[300];

	outbox_hold(b,
	    STR("the store is an older copy: what was sent since is not "
	        "known"));
	snprintf(text, sizeof(text),
	    "Nothing is sent by %s: %s. Release it when you have looked "
	    "(queue release).",
	    b->gw->domain, b->held_why);
	gateway_tell_admins(b->gw, str_c(text));
}

static void
on_pauses(bool ok, const struct store_pause *v, size_t n, void *arg)
{
	struct outbox *b = arg;

	b->load = 0;
	if (!ok) {
		not_loaded(b, "pauses");
		return;
	}
	if (core_was_restored(b->gw->core) && !b->is_held)
		hold_copy(b);
	for (size_t i = 0; i < n; i++) {
		struct line *l;

		if (v[i].line.len == 0) {
			b->is_held = true;
			str_store(&b->held_why, v[i].why);
			continue;
		}
		l = line_get(b, v[i].line);
		l->is_paused = true;
		l->is_broken = v[i].is_broken;
		str_store(&l->why, v[i].why);
	}
	b->load = store_reports_load(
	    store_of(b), gateway_domain(b->gw), on_reports, b);
}

static void
on_last(bool ok, uint64_t last, void *arg)
{
	struct outbox *b = arg;

	b->load = 0;
	if (!ok) {
		not_loaded(b, "numbers");
		return;
	}
	if (core_was_restored(b->gw->core)) {
		last += GENERATION_SKIP;
		store_out_skip(store_of(b), last);
	}
	core_messages_from(b->gw->core, last);
	b->load =
	    store_pauses_load(store_of(b), gateway_domain(b->gw), on_pauses, b);
}

static void
load(struct outbox *b)
{
	b->load = store_out_last(store_of(b), on_last, b);
}

static void
on_again(struct timer *t)
{
	load(TIMER_OWNER(t, struct outbox, again));
}

int
outbox_check_loaded(const struct outbox *b, struct err *err)
{
	if (!b->is_unread)
		return 0;
	return err_set(err, ERR_BUSY,
	    "not sent: the gateway is starting and cannot read yet what it "
	    "has kept; try again later");
}

void
outbox_start(struct outbox *b)
{
	load(b);
	timer_set(
	    &b->prune, clock_of(b), clock_of(b)->at + OUTBOX_PRUNE_MS / 60);
}

/* ---- who is where ----------------------------------------------------- */

void
outbox_up(struct outbox *b)
{
	struct list todo, *n;

	b->is_open = true;
	if (b->is_loaded)
		run(b);
	list_init(&todo);
	while (n = list_first(&b->untold), n) {
		list_del(n);
		list_add(&todo, n);
	}
	while (n = list_first(&todo), n)
		owed_tell(LIST_ENTRY(n, struct owed, untold));
}

void
outbox_online(struct session *s)
{
	struct outbox *b = s->gw->outbox;
	struct sender *is =
	    b ? sender_find(b, session_user(s), session_network(s)) : NULL;

	if (!is)
		return;
	timer_cancel(&is->timer);
	timer_cancel(&is->drafts_wait);
	backoff_reset(&is->backoff);
	if (b->is_loaded)
		outbox_drafts_go(is, s);
	sender_run(is);
	sender_check(is);
}

/* What of it waits; what was tried keeps its fate. */
static void
fail_message(struct owed *o, const struct err *err)
{
	struct err was = o->err;

	o->err = *err;
	if (owed_input(o, FATE_IN_FAIL))
		owed_changed(o, NULL);
	else
		o->err = was;
}

/* The ids of what moves, n of them: a message that ends leaves its lane, and
   takes it along if it was the last. */
static size_t
list_moving(struct sender *is, uint64_t *out)
{
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&is->lanes, &it)) {
		struct lane *l = it.value;

		LIST_EACH(&l->messages, node)
		out[n++] = LIST_ENTRY(node, struct owed, node)->id;
	}
	return n;
}

/* It will not be otherwise: what is queued can never be sent. */
static void
fail_queued(struct sender *is, const struct err *err)
{
	uint64_t *id = xcalloc(is->nmoving + 1, sizeof(*id));
	size_t n = list_moving(is, id);

	is->is_failing = true;
	for (size_t i = 0; i < n; i++) {
		struct owed *o = owed_find(is->box, id[i]);

		if (o)
			fail_message(o, err);
	}
	is->is_failing = false;
	free(id);
}

void
outbox_offline(struct session *s, const struct err *err, bool permanent)
{
	struct outbox *b = s->gw->outbox;
	struct sender *is =
	    b ? sender_find(b, session_user(s), session_network(s)) : NULL;

	if (!is || core_is_stopping(s->gw->core))
		return;
	is->held++; /* its last message takes it along */
	outbox_drafts_fail(is, err);
	if (permanent)
		fail_queued(is, err);
	sender_run(is);
	is->held--;
	sender_check(is);
}

void
outbox_turn(struct outbox *b)
{
	sender_calls(b);
}

void
outbox_stop(struct outbox *b)
{
	struct map_iter it = { 0 };
	struct err err;

	err_set(&err, ERR_BUSY,
	    "not sent: the gateway is being restarted; send it again");
	while (map_next(&b->senders, &it)) {
		struct sender *s = it.value;

		outbox_drafts_fail(s, &err);
		sender_check(s);
	}
}

bool
outbox_is_quiet(const struct outbox *b)
{
	struct map_iter it = { 0 };

	if (!list_is_empty(&b->newborn))
		return false;

	while (map_next(&b->lines, &it)) {
		const struct line *l = it.value;

		if (l->nflying)
			return false;
	}
	return true;
}

bool
outbox_needs(struct session *s)
{
	struct outbox *b = s->gw->outbox;
	struct sender *is =
	    b ? sender_find(b, session_user(s), session_network(s)) : NULL;

	return is && (is->nmoving > 0 || is->ndraft > 0 || is->nnewborn > 0);
}

static void
forget_drafts(struct outbox *b, struct str user)
{
	struct map_iter it = { 0 };
	struct err err;

	err_set(&err, ERR_STRANGER, "not sent: you have asked to be forgotten");
	while (map_next(&b->senders, &it)) {
		struct sender *s = it.value;

		if (!str_eq(s->user, user))
			continue;
		outbox_drafts_fail(s, &err);
		sender_check(s);
	}
}

void
outbox_forget(struct outbox *b, struct str user)
{
	struct map_iter it = { 0 };

	forget_drafts(b, user);
	LIST_EACH(&b->newborn, n)
	{
		struct owed *o = LIST_ENTRY(n, struct owed, node);

		o->is_forgotten |= str_eq(o->user, user);
	}
	while (map_next(&b->messages, &it)) {
		struct owed *o = it.value;

		if (str_eq(o->user, user))
			owed_forget(o);
	}
}

void
gateway_spent(struct gateway *gw, struct str user, struct str line,
    int64_t since_utc, struct gw_spent *out)
{
	tallies_sum(
	    gw->outbox->tallies, user, line, since_utc / TALLY_DAY_MS, out);
}
