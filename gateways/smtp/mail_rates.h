/*
 * mail_rates.h - how many mails somebody may hand in, or get
 *
 * A token bucket for each name, such as an IP address or a user.  A name that
 * was not heard of for long has a full one and is forgotten.
 *
 * Pure.
 *
 * Limits     MAIL_RATES_MAX names: those that are new while so many are busy
 *            make the one that waited longest start afresh.
 */
#ifndef MAIL_RATES_H
#define MAIL_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/map.h"
#include "lib/str.h"

enum { MAIL_RATES_MAX = 20000 };

struct mail_rates {
	struct map map;
	struct list list; /* who was heard of last is last */
	unsigned burst;
	int64_t interval_ms;
};

/* per_minute 0: no limit.  Twice as many may come at once. */
void mail_rates_init(struct mail_rates *r, unsigned per_minute);
void mail_rates_release(struct mail_rates *r);

/* One more of that name now; false: it is to wait, and was not counted. */
bool mail_rates_take(struct mail_rates *r, struct str name, int64_t now_at);

#endif
