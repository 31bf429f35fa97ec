#include <stdlib.h>

#include "core/account.h"
#include "core/bundle.h"
#include "core/instance.h"
#include "core/outbox.h"
#include "core/outbox_draft.h"
#include "core/outbox_line.h"
#include "core/owed.h"
#include "core/sender.h"
#include "core/session.h"
#include "lib/crypto.h"
#include "lib/xalloc.h"

#define OWED(n) LIST_ENTRY(n, struct owed, node)

static struct clock *
clock_of(const struct sender *s)
{
	return core_clock(s->box->gw->core);
}

/* ---- senders ---------------------------------------------------------- */

static void on_timer(struct timer *t);

static void
on_drafts_wait(struct timer *t)
{
	struct sender *s = TIMER_OWNER(t, struct sender, drafts_wait);
	struct err err;

	err_set(&err, ERR_TIMEOUT,
	    "not sent: the login has not succeeded within %d s",
	    OUTBOX_LOGIN_MS / 1000);
	outbox_drafts_fail(s, &err);
	sender_check(s);
}

void
outbox_drafts_wait(struct sender *s)
{
	if (!timer_is_set(&s->drafts_wait))
		timer_set(&s->drafts_wait, clock_of(s),
		    clock_of(s)->at + OUTBOX_LOGIN_MS);
	sender_call(s);
}

static char *
key_of(struct str user, struct str network)
{
	char *key = xmalloc(user.len + 1 + network.len + 1);

	memcpy(key, user.p, user.len);
	key[user.len] = '\0';
	if (network.len)
		memcpy(key + user.len + 1, network.p, network.len);
	return key;
}

static struct str
whole_key(const struct sender *s)
{
	return str_of(s->key, s->user.len + 1 + s->network.len);
}

struct sender *
sender_find(struct outbox *b, struct str user, struct str network)
{
	char *key = key_of(user, network);
	struct sender *s =
	    map_get(&b->senders, str_of(key, user.len + 1 + network.len));

	free(key);
	return s;
}

struct sender *
sender_get(struct outbox *b, struct str user, struct str network)
{
	struct sender *s = sender_find(b, user, network);

	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->box = b;
	s->key = key_of(user, network);
	s->user = str_of(s->key, user.len);
	s->network = str_of(s->key + user.len + 1, network.len);
	map_init(&s->lanes);
	list_init(&s->drafts);
	list_init(&s->call);
	timer_init(&s->timer, on_timer);
	timer_init(&s->drafts_wait, on_drafts_wait);
	backoff_init(&s->backoff, SENDER_RETRY_MIN_MS, SENDER_RETRY_MAX_MS);
	map_put(&b->senders, whole_key(s), s);
	return s;
}

void
sender_free(struct sender **sp)
{
	struct sender *s = *sp;

	*sp = NULL;
	timer_cancel(&s->timer);
	timer_cancel(&s->drafts_wait);
	list_del(&s->call);
	map_del_value(&s->box->senders, whole_key(s), s);
	map_release(&s->lanes);
	free(s->key);
	free(s);
}

void
sender_check(struct sender *s)
{
	if (s->lanes.n == 0 && s->ndraft == 0 && s->nnewborn == 0 &&
	    s->held == 0)
		sender_free(&s);
}

struct session *
sender_session(struct sender *s)
{
	struct session *is = session_find(s->box->gw, s->user, s->network);

	return is && is->state == SESSION_ONLINE ? is : NULL;
}

static void
call_later(struct sender *s)
{
	int64_t ms = backoff_next(&s->backoff, crypto_random_u32());

	timer_set(&s->timer, clock_of(s), clock_of(s)->at + ms);
}

/*
 * A login may succeed, or fail for good, before it returns, which may end all
 * that its caller is about: not from inside of what looks at lanes.
 */
static void
call_soon(struct sender *s)
{
	if (!list_is_linked(&s->call))
		list_add(&s->box->calls, &s->call);
}

void
sender_call(struct sender *s)
{
	struct gw_address at = { .kind = GW_ADDR_NETWORK,
		.network = s->network };
	struct err err = ERR_INIT;
	struct session *is;

	if (core_is_stopping(s->box->gw->core) || timer_is_set(&s->timer))
		return;
	is = session_get(s->box->gw, s->user, &at, &err);
	s->held++;
	if (is && is->state == SESSION_IDLE)
		session_start(is, STR_EMPTY);
	else if (!is)
		log_info(&s->box->gw->log, "no session to send by",
		    "user=" STR_FMT " err=\"%s\"", STR_ARG(s->user), err.text);
	/* Whatever comes of it: it is looked at again. */
	if (!sender_session(s))
		call_later(s);
	list_del(&s->call);
	s->held--;
}

void
sender_calls(struct outbox *b)
{
	while (!list_is_empty(&b->calls)) {
		struct sender *s =
		    LIST_ENTRY(list_first(&b->calls), struct sender, call);

		list_del(&s->call);
		if (!sender_session(s))
			sender_call(s);
		sender_check(s);
	}
}

void
sender_run(struct sender *s)
{
	struct map_iter it = { 0 };

	while (map_next(&s->lanes, &it))
		lane_check(it.value);
}

static void
on_timer(struct timer *t)
{
	struct sender *s = TIMER_OWNER(t, struct sender, timer);

	if (sender_session(s))
		sender_run(s);
	else if (s->lanes.n || s->ndraft)
		sender_call(s);
	sender_check(s);
}

/* ---- lanes ------------------------------------------------------------ */

static char *
lane_key(bool is_room, struct str name)
{
	char *key = xmalloc(name.len + 2);

	key[0] = is_room ? '#' : '@';
	memcpy(key + 1, name.p, name.len);
	key[1 + name.len] = '\0';
	return key;
}

struct lane *
lane_find(struct sender *s, bool is_room, struct str name)
{
	char *key = lane_key(is_room, name);
	struct lane *l = map_get(&s->lanes, str_c(key));

	free(key);
	return l;
}

static struct lane *
lane_get(struct owed *o)
{
	struct sender *s = sender_get(o->box, o->user, o->head.network);
	char *key = lane_key(o->head.is_room, o->head.key);
	struct lane *l = map_get(&s->lanes, str_c(key));

	if (l) {
		free(key);
		return l;
	}
	l = xcalloc(1, sizeof(*l));
	l->sender = s;
	l->key = key;
	list_init(&l->messages);
	list_init(&l->ready);
	map_put(&s->lanes, str_c(l->key), l);
	return l;
}

/* By id: what an operator puts back goes to where it was. */
static void
put_in_order(struct lane *l, struct owed *o)
{
	struct list *before = l->messages.prev;

	while (before != &l->messages && OWED(before)->id > o->id)
		before = before->prev;
	list_add(before->next, &o->node);
}

void
lane_enter(struct owed *o)
{
	if (o->lane)
		return;
	o->lane = lane_get(o);
	list_del(&o->node);
	put_in_order(o->lane, o);
	o->lane->sender->nmoving++;
	o->box->nmoving++;
	lane_check(o->lane);
}

static void
lane_free(struct lane *l)
{
	struct sender *s = l->sender;

	list_del(&l->ready);
	map_del(&s->lanes, str_c(l->key));
	free(l->key);
	free(l);
	sender_check(s);
}

void
lane_leave(struct owed *o)
{
	struct lane *l = o->lane;

	if (!l)
		return;
	o->lane = NULL;
	list_del(&o->node);
	l->sender->nmoving--;
	o->box->nmoving--;
	if (list_is_empty(&l->messages))
		lane_free(l);
	else
		lane_check(l);
}

static struct piece *
next_of(struct owed *o)
{
	int64_t now = core_clock(o->box->gw->core)->utc;

	if (o->flags & OWED_HELD || o->nchange || (o->nflying && !o->head.many))
		return NULL;
	for (unsigned i = 0; i < o->head.npieces; i++) {
		struct piece *p = &o->piece[i];

		if (p->fate == FATE_QUEUED && !p->is_flying &&
		    p->next_utc <= now)
			return p;
		/* Parts go in order: those behind it wait. */
		if (fate_is_moving(p->fate) && !o->head.many)
			return NULL;
	}
	return NULL;
}

struct piece *
lane_next(struct lane *l)
{
	struct list *n = list_first(&l->messages);

	if (!n || bundle_due_utc(l, OWED(n)) > clock_of(l->sender)->utc)
		return NULL;
	return next_of(OWED(n));
}

void
lane_check(struct lane *l)
{
	struct piece *p = l->sender->is_failing ? NULL : lane_next(l);
	struct line *line = p ? piece_line_now(p) : NULL;

	if (line && l->line == line && list_is_linked(&l->ready))
		return;
	list_del(&l->ready);
	l->line = NULL;
	if (!p && !list_is_empty(&l->messages))
		bundle_plan(l);
	if (!line || l->sender->box->is_held || !l->sender->box->is_open)
		return;
	if (!sender_session(l->sender)) {
		call_soon(l->sender);
		return;
	}
	l->line = line;
	list_add(&line->ready, &l->ready);
	line_run(line);
}
