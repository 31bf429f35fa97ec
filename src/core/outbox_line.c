#include <stdlib.h>

#include "core/instance.h"
#include "core/outbox.h"
#include "core/outbox_line.h"
#include "core/store_outbox.h"
#include "core/twin.h"
#include "lib/xalloc.h"

enum {
	THROTTLE_MS = 5000,
	THROTTLE_OWN_MAX_MS = 600000, /* if the network does not say */
	THROTTLE_MAX_MS = 86400000,
	WHY_MAX = 300,
};

static struct clock *
clock_of(const struct line *l)
{
	return core_clock(l->box->gw->core);
}

static void
on_timer(struct timer *t)
{
	line_run(TIMER_OWNER(t, struct line, timer));
}

/* ---- life ------------------------------------------------------------- */

struct line *
line_find(struct outbox *b, struct str name)
{
	return map_get(&b->lines, name);
}

struct line *
line_get(struct outbox *b, struct str name)
{
	struct line *l = line_find(b, name);

	if (l)
		return l;
	l = xcalloc(1, sizeof(*l));
	l->box = b;
	l->name = str_dup(name);
	l->fallback = str_dup(STR_EMPTY);
	l->parallel = LINE_PARALLEL;
	l->expire_ms = OUTBOX_EXPIRE_MS;
	l->outcome_ms = OUTBOX_OUTCOME_MS;
	bucket_init(&l->bucket, 1, 0);
	list_init(&l->ready);
	timer_init(&l->timer, on_timer);
	map_put(&b->lines, str_c(l->name), l);
	return l;
}

void
line_free(struct line **lp)
{
	struct line *l = *lp;

	*lp = NULL;
	timer_cancel(&l->timer);
	map_del_value(&l->box->lines, str_c(l->name), l);
	free(l->name);
	free(l->fallback);
	free(l->why);
	free(l);
}

void
gateway_line_put(struct gateway *gw, const struct gw_line *is)
{
	struct line *l = line_get(gw->outbox, is->name);
	int64_t full_at = l->bucket.full_at;

	str_store(&l->fallback, is->fallback);
	l->parallel = is->parallel ? is->parallel : LINE_PARALLEL;
	l->expire_ms = is->expire_ms ? is->expire_ms : OUTBOX_EXPIRE_MS;
	l->outcome_ms = is->outcome_ms ? is->outcome_ms : OUTBOX_OUTCOME_MS;
	l->stage = is->stage;
	l->reports = is->reports;
	l->dedups = is->dedups;
	bucket_init(&l->bucket, is->burst ? is->burst : 1, is->interval_ms);
	l->bucket.full_at = full_at;
	l->is_there = true;
	/* From open() there is nothing yet to be sent. */
	if (gw->outbox->is_open)
		line_run(l);
}

void
gateway_line_del(struct gateway *gw, struct str name)
{
	struct line *l = line_find(gw->outbox, name);

	if (l)
		l->is_there = false;
}

/* ---- may it? ---------------------------------------------------------- */

static bool
is_usable(const struct line *l)
{
	return l->is_there && !l->is_paused && l->wait_at <= clock_of(l)->at;
}

struct line *
line_now(struct line *l)
{
	struct line *f =
	    l->fallback[0] ? line_find(l->box, str_c(l->fallback)) : NULL;

	return l->is_broken && f && is_usable(f) ? f : l;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

bool
line_may_send(struct line *l)
{
	int64_t now = clock_of(l)->at, at = l->wait_at;

	if (!l->is_there || l->is_paused || l->box->is_held ||
	    !l->box->is_loaded || !l->box->is_open ||
	    twin_is_there(l->box->gw->twin) || l->nflying >= l->parallel ||
	    core_is_stopping(l->box->gw->core))
		return false;
	if (!store_is_ok(core_store(l->box->gw->core)))
		at = later(at, now + OUTBOX_TROUBLE_MS);
	at = later(at, bucket_ready_at(&l->bucket, now, 1));
	if (at <= now)
		return true;
	timer_set(&l->timer, clock_of(l), at);
	return false;
}

/* ---- pauses ----------------------------------------------------------- */

void
line_pause(struct line *l, struct str why, bool is_broken)
{
	struct str text = str_head(why, WHY_MAX);
	struct store_pause row = {
		.line = str_c(l->name), .why = text, .is_broken = is_broken
	};
	char notice[2 * WHY_MAX];

	str_store(&l->why, text);
	if (l->is_paused && l->is_broken == is_broken)
		return;
	l->is_paused = true;
	l->is_broken = is_broken;
	store_pause_put(core_store(l->box->gw->core),
	    gateway_domain(l->box->gw), &row, NULL, NULL);
	if (!is_broken) {
		log_info(&l->box->gw->log, "line paused", "line=%s why=\"%s\"",
		    l->name, l->why);
		return;
	}
	log_error(&l->box->gw->log, "line does not work",
	    "line=%s err=\"%s\" action=\"nothing is sent by it until it is "
	    "resumed\"",
	    l->name, l->why);
	snprintf(notice, sizeof(notice),
	    "The line %s has stopped: %s. Nothing is sent by it until you "
	    "resume it (passerelle line resume %s).",
	    l->name, l->why, l->name);
	gateway_tell_admins(l->box->gw, str_c(notice));
}

void
line_resume(struct line *l)
{
	l->wait_at = 0;
	l->nthrottle = 0;
	if (l->is_paused) {
		l->is_paused = l->is_broken = false;
		store_pause_del(core_store(l->box->gw->core),
		    gateway_domain(l->box->gw), str_c(l->name), NULL, NULL);
		log_info(&l->box->gw->log, "line resumed", "line=%s", l->name);
	}
	line_run(l);
}

void
line_throttle(struct line *l, int64_t ms)
{
	int64_t at;

	if (ms == 0)
		ms = sooner(THROTTLE_MS << sooner(l->nthrottle, 7),
		    THROTTLE_OWN_MAX_MS);
	ms = sooner(ms, THROTTLE_MAX_MS);
	l->nthrottle++;
	at = clock_of(l)->at + ms;
	if (at <= l->wait_at)
		return;
	l->wait_at = at;
	log_info(&l->box->gw->log, "line waits", "line=%s ms=%lld", l->name,
	    (long long)ms);
	line_run(l);
}
