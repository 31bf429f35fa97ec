/*
 * What waits in the inbox to be posted into rooms.
 */
#include <stdlib.h>

#include "core/bounce.h"
#include "core/inbox_base.h"
#include "core/letter.h"
#include "core/post.h"
#include "core/posts.h"
#include "core/posts_past.h"
#include "core/router.h"
#include "core/seat.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"

enum { WHY_MAX = 700, SCRATCH_MAX = 4096 };

/* NULL: nothing is to be posted by it. */
static struct addressee *
addressee_of(struct gateway *gw, struct str key)
{
	return map_get(&gw->inbox->users, key);
}

static struct seat *
seat_of(const struct addressee *u)
{
	return seats_get(u->in->gw->seats, str_c(u->user));
}

static bool
is_out(const struct arrival *a)
{
	return a->state == ARRIVAL_WRITTEN || a->state == ARRIVAL_TAKEN;
}

/* ---- may it be written? ----------------------------------------------- */

static size_t
count_open(const struct addressee *u)
{
	size_t n = 0;

	LIST_EACH(&u->out, node)
	n++;
	return n;
}

bool
posts_may_go(const struct addressee *u)
{
	const struct seat *s = seat_of(u);

	return s && seat_is_settled(s) && !posts_past_is_open(u->past) &&
	    !u->is_unsure && count_open(u) < POSTS_OPEN;
}

int64_t
posts_unsure_since(struct gateway *gw, struct str key)
{
	const struct addressee *u = addressee_of(gw, key);
	int64_t since = INT64_MAX;

	if (!u)
		return 0;
	LIST_EACH(&u->waiting, n)
	{
		const struct arrival *a = ARRIVAL(n);

		if (a->is_unsure && a->at_utc < since)
			since = a->at_utc;
	}
	return since == INT64_MAX ? 0 : since - POSTS_SKEW_MS;
}

void
posts_are_sure(struct addressee *u)
{
	size_t n = 0;

	u->is_unsure = false;
	LIST_EACH(&u->waiting, node)
	{
		n += ARRIVAL(node)->is_unsure;
		ARRIVAL(node)->is_unsure = false;
	}
	if (n > 0)
		log_info(&u->in->gw->log, "posts not found in their room",
		    "seat=%s count=%zu action=\"writing them\"", u->user, n);
	inbox_line_up(u);
	inbox_go(u->in);
}

void
posts_unsure(struct arrival *a, bool is_unsure)
{
	a->is_unsure = is_unsure;
	a->to->is_unsure = a->to->is_unsure || is_unsure;
}

/* What may be there is looked for, where that can be. */
static void
look(struct addressee *u)
{
	const struct seat *s = seat_of(u);

	if (!s || !seat_is_settled(s) || posts_past_is_open(u->past))
		return;
	if (u->is_unsure && seat_has_archive(s))
		posts_past_ask(u->past);
	else
		posts_are_sure(u);
}

void
posts_seat_settled(struct gateway *gw, struct str key)
{
	struct addressee *u = addressee_of(gw, key);

	if (u)
		look(u);
}

/* ---- back again ------------------------------------------------------- */

/* Whether the server takes it is not of interest any more. */
static void
let_go(struct arrival *a)
{
	confirm_drop(&a->mark);
	if (a->to->in->alone == a)
		a->to->in->alone = NULL;
}

/* It may be in the room, or not. */
static void
wait_again(struct arrival *a, bool is_unsure)
{
	struct inbox *in = a->to->in;

	let_go(a);
	a->is_late = true;
	posts_unsure(a, is_unsure);
	inbox_set_state(in, a, ARRIVAL_WAITING);
	inbox_insert(&a->to->waiting, a);
}

void
posts_seat_left(struct gateway *gw, struct str key)
{
	struct addressee *u = addressee_of(gw, key);

	if (!u)
		return;
	posts_past_stop(u->past);
	LIST_EACH(&u->out, n)
	{
		wait_again(ARRIVAL(n), true);
	}
	u->is_probing = false;
	inbox_line_up(u);
}

/* The room has passed it over: it may have an archive that knows more. */
static void
pass_over(struct arrival *a)
{
	struct inbox *in = a->to->in;

	if (++a->nunseen >= POSTS_TRIES) {
		inbox_bury(in, a,
		    STR("the room never sent it to those who are inside"));
		return;
	}
	log_info(&in->gw->log, "post not seen",
	    "id=%s seat=%s action=\"looking for it\"", a->sid, a->to->user);
	wait_again(a, true);
}

void
posts_seat_answers(struct gateway *gw, struct str key, int64_t asked_at)
{
	struct addressee *u = addressee_of(gw, key);

	if (!u)
		return;
	LIST_EACH(&u->out, n)
	{
		if (ARRIVAL(n)->written_at < asked_at)
			pass_over(ARRIVAL(n));
	}
	look(u);
}

int64_t
posts_missed_at(struct gateway *gw, struct str key)
{
	struct addressee *u = addressee_of(gw, key);
	struct list *n = u ? list_first(&u->out) : NULL;

	return n ? ARRIVAL(n)->written_at + POSTS_SEEN_MS : INT64_MAX;
}

/* RFC 6120 8.3.3 and XEP-0045 7.4, 7.9: we are not inside, or it is not there. */
static bool
says_outside(struct str condition)
{
	return str_is(condition, "not-acceptable") ||
	    str_is(condition, "item-not-found") || str_is(condition, "gone") ||
	    str_is(condition, "redirect");
}

static void
came_back(struct seat *s, struct arrival *a, const struct stanza *m)
{
	struct stanza_error e = { .condition = STR_EMPTY };
	struct inbox *in = a->to->in;
	struct err err;
	struct buf why, scratch;

	buf_init(&why, WHY_MAX);
	buf_init(&scratch, SCRATCH_MAX);
	(void)stanza_error_read(m, &e, &scratch); /* else all is empty */
	if (says_outside(e.condition)) {
		wait_again(a, false);
		err_set(&err, ERR_NOT_INSIDE,
		    "the room " STR_FMT
		    " says that we are not inside: " STR_FMT,
		    STR_ARG(seat_room(s)), STR_ARG(e.condition));
		seat_is_out(s, &err);
	} else if (bounce_read(m, &why) == BOUNCE_ABSENT ||
	    str_is(e.condition, "forbidden")) {
		let_go(a);
		delivery_wait(in, a, buf_str(&why));
	} else {
		inbox_bury(in, a, buf_str(&why));
	}
	buf_release(&why);
	buf_release(&scratch);
}

void
posts_bounced(struct seat *s, struct inlet *inlet)
{
	struct inbox *in = inlet->gw->inbox;
	uint64_t id = arrival_id_of(inlet->id);
	struct arrival *a = id ? inbox_find(in, id) : NULL;

	if (!a || !is_out(a) || !str_is(seat_key(s), a->to->user))
		return;
	came_back(s, a, inlet->stanza);
	inbox_go(in);
}

/* ---- seen ------------------------------------------------------------- */

/* It is there, all of it; its addressee may go with it. */
static void
is_posted(struct arrival *a)
{
	struct addressee *u = a->to;
	struct inbox *in = u->in;

	log_debug(&in->gw->log, "posted", "id=%s seat=%s", a->sid, u->user);
	timer_cancel(&u->retry);
	u->is_doubtful = u->is_probing = false;
	backoff_reset(&u->backoff);
	inbox_erase(in, a);
	inbox_go(in);
}

static void
part_is_seen(struct arrival *a, int part)
{
	struct err err = ERR_INIT;
	struct letter l;
	uint64_t all;

	if (arrival_read(a, &l, &err) == 0 && part >= 0) {
		all = post_parts(&l.m);
		a->shown |= (uint64_t)1 << part;
		if ((a->shown & all) == all)
			is_posted(a);
	}
	letter_release(&l);
}

/* Some rooms give ids of their own; what they show comes in order. */
static struct arrival *
oldest_saying(struct addressee *u, struct str body, int *part_out)
{
	struct list *n = list_first(&u->out);
	struct arrival *a = n ? ARRIVAL(n) : NULL;
	struct err err = ERR_INIT;
	struct letter l;

	*part_out = -1;
	if (!a)
		return NULL;
	if (arrival_read(a, &l, &err) == 0)
		*part_out = post_part_saying(&l.m, body);
	letter_release(&l);
	return *part_out >= 0 ? a : NULL;
}

static struct arrival *
find(struct inbox *in, const struct addressee *u, struct str stanza_id)
{
	uint64_t id = arrival_id_of(stanza_id);
	struct arrival *a = id ? inbox_find(in, id) : NULL;

	return a && a->to == u && (is_out(a) || a->state == ARRIVAL_WAITING)
	    ? a
	    : NULL;
}

void
posts_seen(struct gateway *gw, struct str key, const struct post_seen *seen)
{
	struct addressee *u = addressee_of(gw, key);
	struct arrival *a;
	int part;

	if (!u)
		return;
	a = find(gw->inbox, u, seen->id);
	part = post_part_of(seen->id);
	if (!a) {
		a = find(gw->inbox, u, seen->origin_id);
		part = post_part_of(seen->origin_id);
	}
	if (!a && !seen->is_past)
		a = oldest_saying(u, seen->body, &part);
	if (a)
		part_is_seen(a, part);
}

/* ---- for the inbox ---------------------------------------------------- */

void
posts_written(struct arrival *a)
{
	struct seat *s = seat_of(a->to);

	a->written_at = inbox_clock(a->to->in)->at;
	if (s)
		seat_expects(s, POSTS_SEEN_MS);
}

void
posts_taken(struct arrival *a)
{
	a->deaths = 0;
	inbox_set_state(a->to->in, a, ARRIVAL_TAKEN);
}

void
posts_revived(struct arrival *a)
{
	posts_unsure(a, true);
	a->nunseen = 0;
	look(a->to);
}

void
posts_give_up(struct gateway *gw, struct str key)
{
	struct addressee *u = addressee_of(gw, key);
	struct map_iter it = { 0 };
	size_t n = 0;

	if (!u)
		return;
	u->n++; /* it stays while we look through it */
	while (map_next(&gw->inbox->by_id, &it)) {
		struct arrival *a = it.value;

		if (a->to != u || a->state >= ARRIVAL_HANDED)
			continue;
		inbox_erase(gw->inbox, a);
		n++;
	}
	u->n--;
	if (n > 0)
		log_info(&gw->log, "posts given up",
		    "seat=" STR_FMT " count=%zu", STR_ARG(key), n);
	inbox_check(u);
}

void
posts_prune(struct inbox *in)
{
	int64_t before = inbox_clock(in)->utc - INBOX_GIVE_UP_MS;
	struct map_iter it = { 0 };

	while (map_next(&in->by_id, &it)) {
		struct arrival *a = it.value;

		if (a->is_post && a->state == ARRIVAL_WAITING &&
		    a->at_utc < before)
			inbox_bury(in, a,
			    STR("the room could not be entered for a week"));
	}
}
