/*
 * How much may go out in a day.
 */
#include <stdio.h>

#include "sms/sms_caps.h"

enum { MILLION = 1000000, MINUTE_MS = 60000, DAY_MINUTES = 24 * 60 };

#define DAY_MS    (DAY_MINUTES * (int64_t)MINUTE_MS)
#define MONEY_MAX 1000000000 /* whole units */

/* What is counted, in the words of a sentence. */
struct kind {
	uint64_t cap, spent, more;
	const char *what;
	bool is_money;
};

int
sms_caps_money(struct str text, int64_t *out, struct err *err)
{
	struct str rest = text, whole = STR_EMPTY, parts = STR_EMPTY;
	uint64_t units = 0, millionths = 0;
	bool ok = str_cut(&rest, '.', &whole) &&
	    str_to_uint(whole, MONEY_MAX, &units);

	if (ok && rest.p) {
		parts = rest;
		ok = parts.len <= 6 && str_to_uint(parts, MILLION, &millionths);
	}
	if (!ok)
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" is no amount of money; write it like "
		    "12.50",
		    STR_ARG(text));
	for (size_t i = parts.len; i < 6; i++)
		millionths *= 10;
	*out = (int64_t)(units * MILLION + millionths);
	return 0;
}

int64_t
sms_caps_day(int64_t now_utc)
{
	int64_t into = now_utc % DAY_MS;

	return now_utc - (into < 0 ? into + DAY_MS : into);
}

/* "12.5 EUR", "100 messages" */
static void
write_amount(
    const struct sms_caps *caps, const struct kind *k, uint64_t n, char out[64])
{
	char parts[8];
	size_t len = 6;

	if (!k->is_money) {
		snprintf(out, 64, "%llu %s", (unsigned long long)n, k->what);
		return;
	}
	snprintf(
	    parts, sizeof(parts), "%06llu", (unsigned long long)(n % MILLION));
	while (len > 2 && parts[len - 1] == '0')
		parts[--len] = '\0';
	snprintf(out, 64, "%llu.%s%s%s", (unsigned long long)(n / MILLION),
	    parts, caps->currency[0] ? " " : "", caps->currency);
}

static int
over(const struct sms_caps *caps, const struct kind *k, const char *whose,
    int64_t now_utc, struct err *err)
{
	char cap[64], spent[64], more[64];
	int64_t left = sms_caps_day(now_utc) + DAY_MS - now_utc;
	int64_t minutes = (left + MINUTE_MS - 1) / MINUTE_MS;

	write_amount(caps, k, k->cap, cap);
	write_amount(caps, k, k->spent, spent);
	write_amount(caps, k, k->more, more);
	if (k->more > k->cap)
		return err_set(err, ERR_TOO_BIG,
		    "not sent: it takes %s, and at most %s may go out %s in a "
		    "day",
		    more, cap, whose);
	return err_set(err, ERR_BUSY,
	    "not sent: at most %s may go out %s in a day, and %s have; the "
	    "next day begins in %lld:%02lld hours",
	    cap, whose, spent, (long long)(minutes / 60),
	    (long long)(minutes % 60));
}

static uint64_t
positive(int64_t n)
{
	return n > 0 ? (uint64_t)n : 0;
}

int
sms_caps_check(const struct sms_caps *caps, const struct sms_amount *spent,
    const struct sms_amount *more, const char *whose, int64_t now_utc,
    struct err *err)
{
	const struct kind kinds[] = {
		{ caps->day.messages, spent->messages, more->messages,
		    "messages", false },
		{ caps->day.parts, spent->parts, more->parts, "parts", false },
		{ positive(caps->day.money), positive(spent->money),
		    positive(more->money), "", true },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *k = &kinds[i];

		if (k->cap == 0 || k->more == 0)
			continue;
		if (k->more > k->cap || k->spent > k->cap - k->more)
			return over(caps, k, whose, now_utc, err);
	}
	return 0;
}
