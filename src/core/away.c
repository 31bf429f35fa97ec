#include <stdlib.h>

#include "core/away.h"
#include "core/instance.h"
#include "core/occupant.h"
#include "core/request.h"
#include "core/room.h"
#include "core/session.h"
#include "lib/utf8.h"

#define OCCUPANT(n) LIST_ENTRY(n, struct occupant, node)

/* From the most available on. */
static const struct {
	const char *show, *reason;
} shows[] = {
	{ "", NULL },
	{ "away", "away" },
	{ "dnd", "do not disturb" },
	{ "xa", "away for long" },
};

enum { NSHOW = sizeof(shows) / sizeof(shows[0]) };

/* "chat" and what nobody has heard of is here. */
static unsigned char
rank_of(struct str show)
{
	unsigned char i;

	for (i = NSHOW - 1; i > 0; i--)
		if (str_is(show, shows[i].show))
			break;
	return i;
}

/* A reason is one line. */
static size_t
one_line(struct str status, char out[AWAY_TEXT_MAX])
{
	size_t n = utf8_cut(status, AWAY_TEXT_MAX);

	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)status.p[i] < ' ' ? ' ' : status.p[i];
	return n;
}

void
away_note(struct occupant *o, struct str show, struct str status)
{
	unsigned char rank = rank_of(show);
	char line[AWAY_TEXT_MAX];
	struct str reason = str_of(line, one_line(status, line));

	if (o->away == rank && str_is(reason, o->status ? o->status : ""))
		return;
	o->away = rank;
	str_store(&o->status, reason);
	away_review(o->room->s);
}

/* The most available; NULL: nobody is inside. */
static const struct occupant *
best_of(struct session *s)
{
	const struct occupant *best = NULL;
	struct map_iter it = { 0 };

	while (map_next(&s->rooms, &it)) {
		struct room *r = it.value;

		LIST_EACH(&r->occupants, n)
		{
			if (!best || OCCUPANT(n)->away < best->away)
				best = OCCUPANT(n);
		}
	}
	return best;
}

static bool
has_stay(struct session *s)
{
	struct map_iter it = { 0 };

	while (map_next(&s->rooms, &it))
		if (((struct room *)it.value)->stays)
			return true;
	return false;
}

/* What the network is to be told; empty: he is here. */
static struct str
reason_of(struct session *s)
{
	const struct occupant *o = best_of(s);

	if (!o)
		return has_stay(s) ? STR("not connected at the moment")
		                   : STR_EMPTY;
	if (o->away == 0)
		return STR_EMPTY;
	return o->status && o->status[0] ? str_c(o->status)
	                                 : str_c(shows[o->away].reason);
}

static void
tell(struct session *s, struct str reason)
{
	struct gw_req req = { .kind = GW_REQ_AWAY, .text = reason };
	struct request_to to = { .done = request_ignore };

	str_store(&s->away_told, reason);
	s->away_at = core_clock(s->gw->core)->at;
	request_start(s, &req, REQUEST_MS, &to);
}

static void
on_timer(struct timer *t)
{
	struct session *s = TIMER_OWNER(t, struct session, away);
	struct str reason = reason_of(s);

	if (s->state == SESSION_ONLINE &&
	    !str_is(reason, s->away_told ? s->away_told : ""))
		tell(s, reason);
}

void
away_review(struct session *s)
{
	struct clock *clock = core_clock(s->gw->core);
	int64_t at = clock->at + AWAY_SETTLE_MS;

	if (s->state != SESSION_ONLINE || !s->gw->ops->request[GW_REQ_AWAY] ||
	    timer_is_set(&s->away))
		return;
	if (s->away_at && at < s->away_at + AWAY_EVERY_MS)
		at = s->away_at + AWAY_EVERY_MS;
	timer_set(&s->away, clock, at);
}

void
away_begin(struct session *s)
{
	str_store(&s->away_told, STR_EMPTY);
	s->away_at = 0;
	timer_cancel(&s->away);
	away_review(s);
}

void
away_init(struct session *s)
{
	timer_init(&s->away, on_timer);
}

void
away_release(struct session *s)
{
	timer_cancel(&s->away);
	free(s->away_told);
}
