#include "core/idle.h"

#include <stdio.h>

#include "core/core.h"
#include "core/inbound.h"
#include "core/instance.h"
#include "core/session.h"

enum { TEXT_MAX = 300 };

static struct clock *
clock_of(const struct session *s)
{
	return core_clock(s->gw->core);
}

static int64_t
limit_ms(const struct session *s)
{
	return s->gw->conf->idle_days * IDLE_DAY_MS;
}

static void
warn(struct session *s)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text),
	    "Nothing was heard from you on %s for a long time. You will be "
	    "disconnected soon; write something there if you want to stay.",
	    session_title(s));
	inbound_notice(s, STR_EMPTY, str_c(text));
}

static void
end(struct session *s)
{
	char text[TEXT_MAX];

	log_info(&s->log, "user idle", "days=%lld",
	    (long long)s->gw->conf->idle_days);
	snprintf(text, sizeof(text),
	    "Nothing was heard from you on %s for %lld days, so you were "
	    "disconnected. You can join again at any time.",
	    session_title(s), (long long)s->gw->conf->idle_days);
	inbound_notice(s, STR_EMPTY, str_c(text));
	session_end(s, GW_BYE_IDLE, STR("not used for a long time"));
}

/* Signs of life only push the time away: the timer is left to fire early. */
static void
on_idle(struct timer *t)
{
	struct session *s = TIMER_OWNER(t, struct session, idle);
	int64_t limit = limit_ms(s), now_at = clock_of(s)->at;
	int64_t ahead = limit / 2 < IDLE_WARN_MS ? limit / 2 : IDLE_WARN_MS;
	int64_t warn_at = s->active_at + limit - ahead;

	if (limit == 0)
		return;
	if (s->idle_end_at && now_at >= s->idle_end_at) {
		s->idle_end_at = 0;
		end(s);
		return;
	}
	if (!s->idle_end_at && now_at >= warn_at) {
		warn(s);
		s->idle_end_at = now_at + ahead;
	}
	timer_set(t, clock_of(s), s->idle_end_at ? s->idle_end_at : warn_at);
}

void
idle_init(struct session *s)
{
	timer_init(&s->idle, on_idle);
	idle_touch(s);
}

void
idle_release(struct session *s)
{
	timer_cancel(&s->idle);
}

void
idle_touch(struct session *s)
{
	if (!s)
		return;
	s->active_at = clock_of(s)->at;
	s->idle_end_at = 0;
	if (limit_ms(s) && !timer_is_set(&s->idle))
		timer_set(
		    &s->idle, clock_of(s), s->active_at + IDLE_DAY_MS / 2);
}
