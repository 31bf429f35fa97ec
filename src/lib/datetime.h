/*
 * datetime.h - what time it is, as programs write it for people
 *
 * Reads the forms that clients of other networks answer with:
 *	2026-01-05T10:00:00+01:00
 *	Mon, 05 Jan 2026 10:00:00 +0100
 *	Mon Jan  5 10:00:00 2026
 * One without a zone is taken to be now, somewhere: what it differs from our
 * clock, to the quarter of an hour, is its zone.
 */
#ifndef LIB_DATETIME_H
#define LIB_DATETIME_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/str.h"

/* False: no time that we can read, or in no zone that there is. */
bool datetime_guess(
    struct str text, int64_t now_utc, int64_t *utc_out, int *zone_minutes_out);

#endif
