/*
 * past.h - what was said before, as a network tells it unasked
 *
 * Servers tell who joins what was said there last, bouncers what their user
 * has missed.  That is history: it is shown with the time at which it was
 * said (XEP-0203), kept at that time, and not told again to those who know
 * it.  While a room is still being listed it goes where its history is, so
 * who joins gets it in its place.
 */
#ifndef CORE_PAST_H
#define CORE_PAST_H

#include <stdbool.h>

#include "core/gateway.h"

struct backlog;
struct session;

/* Is it to be shown with its time? */
bool past_is(struct session *s, const struct gw_message *m);

/*
 * When it was said; 0: now, as it is of what a network says is of a time to
 * come, beyond what clocks differ by.
 */
int64_t past_time(struct session *s, const struct gw_message *m);

/*
 * Is it known from before?  By its id; where one of them has none, by who
 * said what and when.
 */
bool past_is_known(const struct backlog *b, const struct gw_message *m);

#endif
