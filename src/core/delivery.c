/*
 * What came in, on its way to the XMPP server: written, confirmed, handed over
 * or back again.
 */
#include <stdlib.h>

#include "core/bounce.h"
#include "core/inbox_base.h"
#include "core/posts.h"
#include "core/router.h"
#include "core/twin.h"
#include "core/unwanted.h"
#include "lib/xalloc.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"

enum {
	SUSPECT = 2, /* streams died with it: it goes alone */
	CULPRIT = 4, /* ... two of them while it did, whatever they said */
	WHY_MAX = 700,
};

/* ---- words ------------------------------------------------------------ */

/* Only the disk has them while it stands handed over: there may be many. */
static void
on_fetched(bool ok, const struct store_arrival *v, size_t n, void *arg)
{
	struct arrival *a = arg;
	struct inbox *in = a->to->in;
	struct clock *clock = inbox_clock(in);

	a->load = 0;
	if (ok && n == 1) {
		arrival_set_letter(a, v->letter);
	} else {
		log_warn(&in->gw->log, "message not read again",
		    "id=%s reason=\"the store could not be read\" "
		    "action=\"trying again in %d s\"",
		    a->sid, INBOX_LOAD_MS / 1000);
		timer_set(&a->to->retry, clock, clock->at + INBOX_LOAD_MS);
	}
	inbox_line_up(a->to);
	inbox_go(in);
}

static void
fetch(struct inbox *in, struct arrival *a)
{
	a->load = store_arrival_load(
	    inbox_store(in), gateway_domain(in->gw), a->id, on_fetched, a);
}

/* ---- writing ---------------------------------------------------------- */

static void
written(struct inbox *in, struct arrival *a)
{
	struct addressee *u = a->to;

	list_del(&a->node);
	list_add(&u->out, &a->node);
	inbox_set_state(in, a, ARRIVAL_WRITTEN);
	u->is_probing = u->is_doubtful;
	confirm_mark_init(&a->mark, delivery_on_taken);
	confirm_add(in->gw->confirm, &a->mark);
	if (a->is_post)
		posts_written(a);
	if (a->deaths >= SUSPECT) {
		in->alone = a;
		confirm_now(in->gw->confirm);
	}
}

/* False: not now. */
static bool
write_next(struct inbox *in, struct addressee *u)
{
	struct clock *clock = inbox_clock(in);
	struct arrival *a = ARRIVAL(list_first(&u->waiting));
	struct err err = ERR_INIT;
	int rc;

	if (a->deaths >= SUSPECT && in->n[ARRIVAL_WRITTEN] > 0)
		return false;
	if (!a->letter) {
		fetch(in, a);
		inbox_line_up(u);
		return true;
	}
	rc = arrival_write(in->gw, str_c(u->user), a, &err);
	if (rc == 0) {
		written(in, a);
		list_del(&u->ready); /* the others first */
		inbox_line_up(u);
		return true;
	}
	if (err.kind != ERR_BUSY && err.kind != ERR_UNREACHABLE) {
		inbox_quarantine(in, a, str_c(err.text));
		return true;
	}
	timer_set(&in->again, clock, clock->at + INBOX_BUSY_MS);
	return false;
}

static bool
may_write(const struct inbox *in)
{
	struct component *c = in->gw->component;

	return in->is_loaded && c && component_is_up(c) &&
	    !component_is_slow(c) && twin_is_alone(in->gw->twin) &&
	    !in->alone && in->n[ARRIVAL_WRITTEN] < INBOX_OPEN &&
	    !core_is_stopping(in->gw->core);
}

void
inbox_go(struct inbox *in)
{
	struct list *n;

	if (in->is_writing)
		return;
	in->is_writing = true;
	for (n = list_first(&in->ready); n && may_write(in);
	     n = list_first(&in->ready))
		if (!write_next(in, ADDRESSEE(n)))
			break;
	in->is_writing = false;
}

/* ---- what becomes of it ----------------------------------------------- */

static bool
is_foreign(const struct addressee *u)
{
	struct str user = str_c(u->user);
	struct str domain = str_skip(user, (size_t)(str_find(user, '@') + 1));

	return !str_eq(domain, core_config(u->in->gw->core)->server.domain);
}

/* In order of time, so the first of each list is due first. */
static void
watch_expiry(struct inbox *in)
{
	struct list *const lists[] = { &in->handed, &in->foreign };
	static const int64_t kept_ms[] = { INBOX_HANDED_MS, INBOX_FOREIGN_MS };
	struct clock *clock = inbox_clock(in);
	int64_t next = INT64_MAX;

	for (int i = 0; i < 2; i++) {
		struct list *n = list_first(lists[i]);
		int64_t due;

		if (!n)
			continue;
		due = LIST_ENTRY(n, struct arrival, expiry)->changed_utc +
		    kept_ms[i] - clock->utc;
		next = due < next ? due : next;
	}
	if (next == INT64_MAX)
		timer_cancel(&in->expire);
	else
		timer_set(
		    &in->expire, clock, clock->at + (next > 0 ? next : 0));
}

static void
expire_from(struct inbox *in, struct list *from, int64_t kept_ms)
{
	int64_t before = inbox_clock(in)->utc - kept_ms;

	LIST_EACH(from, n)
	{
		struct arrival *a = LIST_ENTRY(n, struct arrival, expiry);

		if (a->changed_utc > before)
			return;
		if (!a->to->is_doubtful)
			backoff_reset(&a->to->backoff);
		inbox_erase(in, a);
	}
}

static void
on_expire(struct timer *t)
{
	struct inbox *in = TIMER_OWNER(t, struct inbox, expire);

	expire_from(in, &in->handed, INBOX_HANDED_MS);
	expire_from(in, &in->foreign, INBOX_FOREIGN_MS);
	watch_expiry(in);
}

void
delivery_stands_handed(struct inbox *in, struct arrival *a)
{
	if (!list_is_linked(&a->fresh))
		arrival_set_letter(a, STR_EMPTY);
	list_add(is_foreign(a->to) ? &in->foreign : &in->handed, &a->expiry);
	watch_expiry(in);
}

/* The server has it.  One that was to find out whether others may follow
 * must not have come back for a while. */
static void
handed(struct inbox *in, struct arrival *a)
{
	struct addressee *u = a->to;
	struct clock *clock = inbox_clock(in);

	inbox_set_state(in, a, ARRIVAL_HANDED);
	a->changed_utc = clock->utc;
	a->deaths = 0;
	delivery_stands_handed(in, a);
	inbox_save(in, a);
	if (u->is_probing)
		timer_set(&u->retry, clock, clock->at + INBOX_PROBE_MS);
}

/* Nobody knows whether the server has it. */
static void
lost(struct inbox *in, struct arrival *a)
{
	struct addressee *u = a->to;
	bool was_alone = a->deaths >= SUSPECT;

	a->deaths++;
	a->is_late = true;
	if (a->is_post)
		posts_unsure(a, true);
	if (was_alone &&
	    (in->end == COMPONENT_STREAM_ERROR || a->deaths >= CULPRIT)) {
		inbox_quarantine(in, a,
		    STR("the stream to the XMPP server died each time that it "
		        "was written, the last time with nothing else under "
		        "way"));
		return;
	}
	inbox_set_state(in, a, ARRIVAL_WAITING);
	inbox_insert(&u->waiting, a);
	u->is_probing = false;
	inbox_save(in, a);
	inbox_line_up(u);
}

void
delivery_on_taken(struct confirm_mark *mark, bool taken)
{
	struct arrival *a = LIST_ENTRY(mark, struct arrival, mark);
	struct inbox *in = a->to->in;

	if (in->alone == a)
		in->alone = NULL;
	if (!taken)
		lost(in, a);
	else if (a->is_post)
		posts_taken(a);
	else
		handed(in, a);
	inbox_go(in);
}

void
inbox_down(struct inbox *in, enum component_end why)
{
	in->end = why;
	timer_cancel(&in->again);
}

/* ---- came back -------------------------------------------------------- */

/*
 * Nothing is written for him until then; what is out may come back, too.
 * Users of one server that is down do not all come at once; each of them has
 * the same delays every time.
 */
static void
hold(struct addressee *u)
{
	struct clock *clock = inbox_clock(u->in);
	bool is_held = timer_is_set(&u->retry) && !u->is_probing;

	u->is_doubtful = true;
	u->is_probing = false;
	if (!is_held)
		timer_set(&u->retry, clock,
		    clock->at +
		        backoff_next(&u->backoff, str_spread(str_c(u->user))));
	inbox_line_up(u);
}

/* Time is up: one is tried; or one was, and it did not come back. */
void
delivery_on_retry(struct timer *t)
{
	struct addressee *u = TIMER_OWNER(t, struct addressee, retry);

	if (u->is_probing) {
		u->is_probing = u->is_doubtful = false;
		backoff_reset(&u->backoff);
	}
	inbox_line_up(u);
	inbox_go(u->in);
}

void
inbox_user_here(struct inbox *in, struct str user)
{
	struct addressee *u = map_get(&in->users, user);

	if (!u || !u->is_doubtful)
		return;
	timer_cancel(&u->retry);
	u->is_doubtful = u->is_probing = false;
	inbox_line_up(u);
	inbox_go(in);
}

void
delivery_wait(struct inbox *in, struct arrival *a, struct str why)
{
	struct addressee *u = a->to;

	a->tries++;
	a->is_late = true;
	if (inbox_clock(in)->utc - a->at_utc >= INBOX_GIVE_UP_MS) {
		inbox_bury(in, a, why);
		return;
	}
	if (a->tries == 1)
		log_info(&in->gw->log, "message came back",
		    "id=%s user=%s why=\"" STR_FMT "\" action=\"trying later\"",
		    a->sid, u->user, STR_ARG(why));
	inbox_set_state(in, a, ARRIVAL_WAITING);
	inbox_insert(&u->waiting, a);
	inbox_save(in, a);
	hold(u);
}

/* Of that contact, for that user, he gets nothing more. */
static void
block(struct inbox *in, struct arrival *a)
{
	struct addressee *u = a->to;
	char *name = str_dup(str_c(a->contact)), *user = xstrdup(u->user);

	log_info(&in->gw->log, "contact blocked", "user=%s contact=\"%s\"",
	    user, name);
	u->n++; /* it stays while we look through it */
	LIST_EACH(&u->waiting, n)
	{
		if (str_is(str_c(ARRIVAL(n)->contact), name))
			inbox_erase(in, ARRIVAL(n));
	}
	inbox_erase(in, a);
	u->n--;
	inbox_check(u);
	if (name[0])
		(void)unwanted_put(in->gw->unwanted, str_c(user), str_c(name),
		    NULL, NULL, NULL); /* over a ceiling: until it comes back */
	if (name[0] && in->gw->ops->blocked)
		in->gw->ops->blocked(in->gw, str_c(user), str_c(name));
	free(name);
	free(user);
}

/* Out of wherever it is: the server does not have it after all. */
static void
take_back(struct inbox *in, struct arrival *a)
{
	confirm_drop(&a->mark);
	list_del(&a->expiry);
	if (in->alone == a)
		in->alone = NULL;
}

static void
came_back(struct inbox *in, struct arrival *a, const struct stanza *s)
{
	enum bounce verdict;
	struct buf why;

	buf_init(&why, WHY_MAX);
	verdict = bounce_read(s, &why);
	take_back(in, a);
	if (verdict == BOUNCE_BLOCKED)
		block(in, a);
	else if (verdict == BOUNCE_UNKNOWN)
		inbox_bury(in, a, buf_str(&why));
	else
		delivery_wait(in, a, buf_str(&why));
	buf_release(&why);
}

/* Each of its stanzas may come back: the first decides. */
bool
inbox_bounced(struct inlet *inlet)
{
	struct inbox *in = inlet->gw->inbox;
	uint64_t id = arrival_id_of(inlet->id);
	struct arrival *a = id ? inbox_find(in, id) : NULL;

	if (!a || !str_is(jid_bare(&inlet->from), a->to->user))
		return false;
	if (a->state == ARRIVAL_WRITTEN || a->state == ARRIVAL_HANDED) {
		came_back(in, a, inlet->stanza);
		inbox_go(in);
	}
	return true;
}

/* ---- life ------------------------------------------------------------- */

void
delivery_init(struct inbox *in)
{
	list_init(&in->handed);
	list_init(&in->foreign);
	timer_init(&in->expire, on_expire);
}

void
delivery_release(struct inbox *in)
{
	timer_cancel(&in->expire);
}
