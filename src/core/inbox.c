/*
 * What came in for our users: who it is for, and in which state it is.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/inbox_base.h"
#include "core/posts.h"
#include "core/posts_past.h"
#include "lib/xalloc.h"

enum { WHY_MAX = 700 };

/* ---- users ------------------------------------------------------------ */

struct addressee *
inbox_addressee(struct inbox *in, struct str user)
{
	struct addressee *u = map_get(&in->users, user);

	if (u)
		return u;
	u = xcalloc(1, sizeof(*u));
	u->in = in;
	u->user = str_dup(user);
	list_init(&u->waiting);
	list_init(&u->out);
	list_init(&u->ready);
	timer_init(&u->retry, delivery_on_retry);
	backoff_init(&u->backoff, INBOX_RETRY_MIN_MS, INBOX_RETRY_MAX_MS);
	if (str_has(user, '/'))
		u->past = posts_past_new(u);
	map_put(&in->users, str_c(u->user), u);
	return u;
}

static void
addressee_free(struct addressee *u)
{
	timer_cancel(&u->retry);
	posts_past_free(&u->past);
	list_del(&u->ready);
	map_del(&u->in->users, str_c(u->user));
	free(u->user);
	free(u);
}

void
inbox_check(struct addressee *u)
{
	if (u->n == 0)
		addressee_free(u);
}

/* Has it something that may be written now?  Then it stands in the line. */
void
inbox_line_up(struct addressee *u)
{
	bool ready = !list_is_empty(&u->waiting) &&
	    ARRIVAL(list_first(&u->waiting))->load == 0 &&
	    !timer_is_set(&u->retry) && !u->is_probing &&
	    (!u->past || posts_may_go(u));

	if (!ready)
		list_del(&u->ready);
	else if (!list_is_linked(&u->ready))
		list_add(&u->in->ready, &u->ready);
}

/* ---- arrivals --------------------------------------------------------- */

static struct str
key_of(const struct arrival *a)
{
	return str_of((const char *)&a->id, sizeof(a->id));
}

static bool
is_owed(enum arrival_state state)
{
	return state < ARRIVAL_HANDED;
}

/* Counts it; it was nowhere. */
void
inbox_join(struct inbox *in, struct arrival *a, struct addressee *u,
    enum arrival_state state)
{
	a->to = u;
	a->is_post = u->past != NULL;
	a->state = state;
	u->n++;
	u->nowed += is_owed(state);
	in->n[state]++;
	map_put(&in->by_id, key_of(a), a);
}

void
inbox_set_state(struct inbox *in, struct arrival *a, enum arrival_state state)
{
	a->to->nowed -= is_owed(a->state);
	a->to->nowed += is_owed(state);
	if (a->to->nowed < INBOX_USER_MAX / 2)
		a->to->is_full = false;
	in->n[a->state]--;
	in->n[state]++;
	a->state = state;
}

/* Out of here; whoever it was for may be gone with it. */
void
inbox_forget_one(struct inbox *in, struct arrival *a)
{
	struct addressee *u = a->to;

	u->n--;
	u->nowed -= is_owed(a->state);
	in->n[a->state]--;
	if (in->alone == a)
		in->alone = NULL;
	if (a->state == ARRIVAL_WRITTEN || a->state == ARRIVAL_TAKEN)
		u->is_probing = false;
	if (a->batch)
		a->batch->v[a->place] = NULL;
	map_del(&in->by_id, key_of(a));
	store_cancel(inbox_store(in), a->load);
	arrival_free(a);
	inbox_line_up(u);
	inbox_check(u);
}

/* By id; what is put back is old, so it is looked for from the front. */
void
inbox_insert(struct list *to, struct arrival *a)
{
	struct list *n = to->next;

	list_del(&a->node);
	while (n != to && ARRIVAL(n)->id < a->id)
		n = n->next;
	list_add(n, &a->node);
}

void
inbox_save(struct inbox *in, const struct arrival *a)
{
	static const enum store_arrival_state states[] = {
		[ARRIVAL_KEEPING] = STORE_ARRIVAL_WAITING,
		[ARRIVAL_WAITING] = STORE_ARRIVAL_WAITING,
		[ARRIVAL_WRITTEN] = STORE_ARRIVAL_WAITING,
		[ARRIVAL_TAKEN] = STORE_ARRIVAL_WAITING,
		[ARRIVAL_HANDED] = STORE_ARRIVAL_HANDED,
		[ARRIVAL_DEAD] = STORE_ARRIVAL_DEAD,
		[ARRIVAL_QUARANTINED] = STORE_ARRIVAL_QUARANTINED,
	};
	struct store_arrival row = { .id = a->id,
		.gateway = gateway_domain(in->gw),
		.state = states[a->state],
		.changed_utc = a->changed_utc,
		.tries = a->tries,
		.deaths = a->deaths,
		.why = str_c(a->why) };

	store_arrival_set(inbox_store(in), &row, NULL, NULL);
}

void
inbox_erase(struct inbox *in, struct arrival *a)
{
	store_arrival_del(
	    inbox_store(in), gateway_domain(in->gw), a->id, NULL, NULL);
	inbox_forget_one(in, a);
}

/* ---- ends ------------------------------------------------------------- */

static void
end(struct inbox *in, struct arrival *a, enum arrival_state state,
    struct str why)
{
	struct list *to = state == ARRIVAL_DEAD ? &in->dead : &in->quarantined;
	struct addressee *u = a->to;

	if (in->n[state] >= INBOX_DEAD_MAX)
		inbox_erase(in, ARRIVAL(list_first(to)));
	confirm_drop(&a->mark);
	list_del(&a->expiry);
	list_del(&a->fresh);
	if (in->alone == a)
		in->alone = NULL;
	if (a->state == ARRIVAL_WRITTEN || a->state == ARRIVAL_TAKEN)
		u->is_probing = false;
	inbox_set_state(in, a, state);
	a->changed_utc = inbox_clock(in)->utc;
	str_store(&a->why, why);
	inbox_insert(to, a);
	inbox_save(in, a);
	free(a->letter);
	a->letter = NULL;
	a->nletter = 0;
	inbox_line_up(u);
}

static const char *
sender(const struct arrival *a)
{
	return a->contact[0] ? a->contact : "the gateway itself";
}

/* One about a notice would be a notice. */
static void
tell_admins(struct inbox *in, const struct arrival *a, const char *what)
{
	char text[WHY_MAX + 2 * GW_NAME_MAX];

	if (!a->contact[0])
		return;
	snprintf(text, sizeof(text),
	    "A message from %.*s to %.*s %s: %s. It is kept as number %" PRIu64
	    "; release it to try it once more, or delete it.",
	    GW_NAME_MAX, sender(a), GW_NAME_MAX, a->to->user, what,
	    a->why ? a->why : "", a->id);
	gateway_tell_admins(in->gw, str_c(text));
}

void
inbox_bury(struct inbox *in, struct arrival *a, struct str why)
{
	end(in, a, ARRIVAL_DEAD, why);
	log_warn(&in->gw->log, "message undeliverable",
	    "id=%s user=%s from=\"%s\" why=\"%s\" action=\"kept as a dead "
	    "letter\"",
	    a->sid, a->to->user, sender(a), a->why);
	tell_admins(in, a, "cannot be delivered");
}

void
inbox_quarantine(struct inbox *in, struct arrival *a, struct str why)
{
	end(in, a, ARRIVAL_QUARANTINED, why);
	log_error(&in->gw->log, "message in quarantine",
	    "id=%s user=%s from=\"%s\" why=\"%s\"", a->sid, a->to->user,
	    sender(a), a->why);
	tell_admins(in, a, "is in quarantine");
}

/* ---- the store -------------------------------------------------------- */

static const enum arrival_state states[] = {
	[STORE_ARRIVAL_WAITING] = ARRIVAL_WAITING,
	[STORE_ARRIVAL_HANDED] = ARRIVAL_HANDED,
	[STORE_ARRIVAL_DEAD] = ARRIVAL_DEAD,
	[STORE_ARRIVAL_QUARANTINED] = ARRIVAL_QUARANTINED,
};

static struct list *
list_for(struct inbox *in, const struct arrival *a)
{
	switch (a->state) {
	case ARRIVAL_DEAD:
		return &in->dead;
	case ARRIVAL_QUARANTINED:
		return &in->quarantined;
	case ARRIVAL_HANDED:
		return &a->to->out;
	default:
		return &a->to->waiting;
	}
}

/* Rows come by id. */
static void
restore(struct inbox *in, const struct store_arrival *row)
{
	struct arrival *a = arrival_new(row->id, row->contact, row->letter);

	a->at_utc = row->at_utc;
	a->changed_utc = row->changed_utc;
	a->tries = row->tries;
	a->deaths = row->deaths;
	a->is_late = true;
	if (row->why.len)
		a->why = str_dup(row->why);
	confirm_mark_init(&a->mark, delivery_on_taken);
	inbox_join(in, a, inbox_addressee(in, row->user), states[row->state]);
	if (a->is_post)
		posts_unsure(a, true);
	list_add(list_for(in, a), &a->node);
	if (a->state == ARRIVAL_HANDED)
		delivery_stands_handed(in, a);
	if (row->id > in->last_id)
		in->last_id = row->id;
	inbox_line_up(a->to);
}

static void
on_load(bool ok, const struct store_arrival *v, size_t n, void *arg)
{
	struct inbox *in = arg;
	struct clock *clock = inbox_clock(in);

	in->load = 0;
	if (!ok) {
		log_error(&in->gw->log, "inbox not read",
		    "action=\"nothing is taken in or delivered; trying again "
		    "in %d s\"",
		    INBOX_LOAD_MS / 1000);
		timer_set(&in->again, clock, clock->at + INBOX_LOAD_MS);
		return;
	}
	in->is_loaded = true;
	for (size_t i = 0; i < n; i++)
		restore(in, &v[i]);
	if (in->n[ARRIVAL_WAITING])
		log_info(&in->gw->log, "messages to deliver", "count=%zu",
		    in->n[ARRIVAL_WAITING]);
	timer_set(&in->prune, clock, clock->at + INBOX_PRUNE_MS);
	notice_release(in);
	inbox_go(in);
}

void
inbox_load(struct inbox *in)
{
	if (!in->load)
		in->load = store_arrivals_load(
		    inbox_store(in), gateway_domain(in->gw), on_load, in);
}

/* The store could not be read, or the stream took no more. */
static void
on_again(struct timer *t)
{
	struct inbox *in = TIMER_OWNER(t, struct inbox, again);

	if (in->is_loaded)
		inbox_go(in);
	else
		inbox_load(in);
}

/* The store does the same. */
static void
drop_old(struct inbox *in, struct list *from, int64_t before_utc)
{
	LIST_EACH(from, n)
	{
		if (ARRIVAL(n)->changed_utc < before_utc)
			inbox_forget_one(in, ARRIVAL(n));
	}
}

static void
on_prune(struct timer *t)
{
	struct inbox *in = TIMER_OWNER(t, struct inbox, prune);
	struct clock *clock = inbox_clock(in);
	int64_t dead_before = clock->utc - INBOX_DEAD_MS;

	drop_old(in, &in->dead, dead_before);
	drop_old(in, &in->quarantined, dead_before);
	posts_prune(in);
	store_arrivals_prune(inbox_store(in), gateway_domain(in->gw),
	    dead_before, clock->utc - INBOX_KEYS_MS, NULL, NULL);
	timer_set(t, clock, clock->at + INBOX_PRUNE_MS);
}

struct arrival *
inbox_find(struct inbox *in, uint64_t id)
{
	return map_get(&in->by_id, str_of((const char *)&id, sizeof(id)));
}

static int
by_id(const void *a, const void *b)
{
	uint64_t x = (*(const struct arrival *const *)a)->id;
	uint64_t y = (*(const struct arrival *const *)b)->id;

	return x < y ? -1 : x > y;
}

size_t
inbox_list(const struct inbox *in, enum arrival_state state,
    const struct arrival **out, size_t max)
{
	struct map_iter it = { 0 };
	size_t n = 0;

	while (n < max && map_next(&in->by_id, &it)) {
		const struct arrival *a = it.value;

		if (a->state == state)
			out[n++] = a;
	}
	qsort(out, n, sizeof(*out), by_id);
	return n;
}

struct str
inbox_user_of(const struct arrival *a)
{
	return str_c(a->to->user);
}

static struct arrival *
at_its_end(struct inbox *in, uint64_t id, struct err *err)
{
	struct arrival *a = inbox_find(in, id);

	if (a && (a->state == ARRIVAL_DEAD || a->state == ARRIVAL_QUARANTINED))
		return a;
	err_set(err, a ? ERR_CONFLICT : ERR_NOT_FOUND,
	    a ? "message %" PRIu64 " is still on its way"
	      : "there is no message %" PRIu64 " in the inbox",
	    id);
	return NULL;
}

/* Its words are on the disk only. */
static void
on_revived(bool ok, const struct store_arrival *v, size_t n, void *arg)
{
	struct arrival *a = arg;
	struct inbox *in = a->to->in;

	a->load = 0;
	if (!ok || n != 1) {
		log_warn(&in->gw->log, "message not released",
		    "id=%s reason=\"the store could not be read\"", a->sid);
		return;
	}
	arrival_set_letter(a, v->letter);
	list_del(&a->node);
	inbox_set_state(in, a, ARRIVAL_WAITING);
	a->deaths = 0;
	a->is_late = true;
	a->changed_utc = inbox_clock(in)->utc;
	inbox_insert(&a->to->waiting, a);
	inbox_save(in, a);
	if (a->is_post)
		posts_revived(a);
	inbox_line_up(a->to);
	inbox_go(in);
}

int
inbox_release(struct inbox *in, uint64_t id, struct err *err)
{
	struct arrival *a = at_its_end(in, id, err);

	if (!a)
		return -1;
	if (!a->load)
		a->load = store_arrival_load(
		    inbox_store(in), gateway_domain(in->gw), id, on_revived, a);
	return 0;
}

int
inbox_delete(struct inbox *in, uint64_t id, struct err *err)
{
	struct arrival *a = at_its_end(in, id, err);

	if (!a)
		return -1;
	inbox_erase(in, a);
	return 0;
}

bool
inbox_is_loaded(const struct inbox *in)
{
	return in->is_loaded;
}

/* The oldest that no server has, by when it came. */
static int64_t
oldest_utc(const struct inbox *in)
{
	struct map_iter it = { 0 };
	int64_t oldest = INT64_MAX;

	while (map_next(&in->by_id, &it)) {
		const struct arrival *a = it.value;

		if (is_owed(a->state) && a->at_utc < oldest)
			oldest = a->at_utc;
	}
	return oldest;
}

void
inbox_stats(const struct inbox *in, struct inbox_stats *out)
{
	int64_t oldest = oldest_utc(in);

	*out = (struct inbox_stats){
		.nkeeping = in->n[ARRIVAL_KEEPING],
		.nwaiting = in->n[ARRIVAL_WAITING],
		.nwritten = in->n[ARRIVAL_WRITTEN],
		.ntaken = in->n[ARRIVAL_TAKEN],
		.nhanded = in->n[ARRIVAL_HANDED],
		.ndead = in->n[ARRIVAL_DEAD],
		.nquarantined = in->n[ARRIVAL_QUARANTINED],
		.oldest_ms =
		    oldest == INT64_MAX ? 0 : inbox_clock(in)->utc - oldest,
	};
}

void
inbox_forget(struct inbox *in, struct str user)
{
	struct addressee *u = map_get(&in->users, user);
	struct map_iter it = { 0 };

	if (!u)
		return;
	u->n++; /* it stays while we look through it */
	while (map_next(&in->by_id, &it)) {
		struct arrival *a = it.value;

		if (a->to == u)
			inbox_forget_one(in, a);
	}
	u->n--;
	inbox_check(u);
}

/* ---- life ------------------------------------------------------------- */

struct inbox *
inbox_new(struct gateway *gw)
{
	struct inbox *in = xcalloc(1, sizeof(*in));

	in->gw = gw;
	map_init(&in->users);
	map_init(&in->by_id);
	list_init(&in->batches);
	list_init(&in->ready);
	list_init(&in->dead);
	list_init(&in->quarantined);
	list_init(&in->fresh);
	list_init(&in->early);
	timer_init(&in->again, on_again);
	timer_init(&in->prune, on_prune);
	delivery_init(in);
	return in;
}

static void
free_users(struct inbox *in)
{
	struct map_iter it = { 0 };

	while (map_next(&in->users, &it)) {
		struct addressee *u = it.value;

		timer_cancel(&u->retry);
		posts_past_free(&u->past);
		free(u->user);
		free(u);
	}
}

/* Nobody is told any more. */
static void
batch_free(struct inbox *in, struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		store_cancel(inbox_store(in), b->load[i]);
	list_del(&b->node);
	free(b);
}

void
inbox_free(struct inbox **ip)
{
	struct inbox *in = *ip;
	struct map_iter it = { 0 };

	*ip = NULL;
	if (!in)
		return;
	store_cancel(inbox_store(in), in->load);
	while (map_next(&in->by_id, &it)) {
		struct arrival *a = it.value;

		store_cancel(inbox_store(in), a->load);
		arrival_free(a);
	}
	LIST_EACH(&in->batches, n)
	{
		batch_free(in, LIST_ENTRY(n, struct batch, node));
	}
	notice_drop(in);
	free_users(in);
	timer_cancel(&in->again);
	timer_cancel(&in->prune);
	delivery_release(in);
	map_release(&in->users);
	map_release(&in->by_id);
	free(in);
}
