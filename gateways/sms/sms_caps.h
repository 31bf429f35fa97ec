/*
 * sms_caps.h - how much may go out in a day
 *
 * For a user, for a line, or for both: each is asked about with what has gone
 * out since sms_caps_day(), and what one more message takes.  Over a cap
 * nothing is queued; the user is told which, and when the next day begins.
 *
 * Time       A day is one of UTC.
 *
 * Pure.
 */
#ifndef SMS_CAPS_H
#define SMS_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

/* What has gone out, or may; money in millionths of a currency. */
struct sms_amount {
	uint64_t messages, parts;
	int64_t money;
};

struct sms_caps {
	struct sms_amount day; /* 0: no cap of that kind */
	char currency[8];      /* of the money, for people; or "" */
};

/* "12.50": millionths.  ERR_BAD_INPUT: not an amount of money. */
int sms_caps_money(struct str text, int64_t *out, struct err *err);

/* When the day of now_utc began. */
int64_t sms_caps_day(int64_t now_utc);

/*
 * whose: "by line main", "from you".  ERR_BUSY when spent and more together
 * are over a cap; ERR_TOO_BIG when more alone is.
 */
int sms_caps_check(const struct sms_caps *caps, const struct sms_amount *spent,
    const struct sms_amount *more, const char *whose, int64_t now_utc,
    struct err *err);

#endif
