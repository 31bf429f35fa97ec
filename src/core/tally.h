/*
 * tally.h - what has gone out by a line, by day and user
 *
 * What is accepted counts at once, so that no burst passes a ceiling; what
 * then certainly does not go out is taken off again.  Days are those of UTC;
 * TALLY_DAYS of them are known.  Pure: no clock, no output.
 */
#ifndef CORE_TALLY_H
#define CORE_TALLY_H

#include <stdint.h>

#include "core/gateway.h"
#include "lib/str.h"

struct owed;
struct tallies;

enum { TALLY_DAYS = 8, TALLY_DAY_MS = 86400000 };

struct tallies *tallies_new(void);
void tallies_free(struct tallies **tp);

/* Of one day, for its user and for all; may be taken off: less than zero. */
struct tally {
	int64_t nmessages, nunits, price;
};
void tallies_put(struct tallies *t, struct str user, struct str line,
    int64_t day, const struct tally *what);

/* A message of ours, with all its pieces, as often as said: 1, or -1. */
void tallies_add(struct tallies *t, const struct owed *o, int times);

/* From a day on; user empty: of all of them; line empty: by all of his. */
void tallies_sum(const struct tallies *t, struct str user, struct str line,
    int64_t day, struct gw_spent *out);

/* Days before that one are forgotten. */
void tallies_prune(struct tallies *t, int64_t day);

#endif
