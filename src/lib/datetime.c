#include "lib/datetime.h"

#include <stddef.h>
#include <stdlib.h>
#include <time.h>

enum { ZONE_MAX = 14 * 60, QUARTER_MS = 15 * 60 * 1000 };

/* What has been found so far; -1: not yet. */
struct guess {
	int year, month, day;
	int hour, minute, second;
	int zone;
	bool has_zone;
	int half; /* of the day: 1 am, 2 pm; 0: not told */
};

/* Digits at the beginning of *s, up to max of them; -1: there are none. */
static int
number(struct str *s, size_t max)
{
	size_t n = 0;
	int v = 0;

	while (n < max && n < s->len && s->p[n] >= '0' && s->p[n] <= '9')
		v = 10 * v + (s->p[n++] - '0');
	*s = str_skip(*s, n);
	return n ? v : -1;
}

static bool
skip(struct str *s, char c)
{
	if (s->len == 0 || *s->p != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

/* "+0100", "+01:00", "Z", "UTC", "GMT"; nothing but that. */
static bool
read_zone(struct str s, struct guess *g)
{
	int sign = s.len && *s.p == '-' ? -1 : 1, hours, minutes;

	if (str_is(s, "Z") || str_is(s, "UTC") || str_is(s, "GMT")) {
		g->has_zone = true;
		g->zone = 0;
		return true;
	}
	if (!skip(&s, '+') && !skip(&s, '-'))
		return false;
	hours = number(&s, 2);
	(void)skip(&s, ':');
	minutes = s.len ? number(&s, 2) : 0;
	if (hours < 0 || minutes < 0 || minutes > 59 || s.len)
		return false;
	g->zone = sign * (60 * hours + minutes);
	g->has_zone = true;
	return true;
}

/* "10:00", "10:00:00.5", with or without a zone right behind it. */
static bool
read_clock(struct str s, struct guess *g)
{
	int hour = number(&s, 2), minute, second = 0;

	if (hour < 0 || !skip(&s, ':'))
		return false;
	minute = number(&s, 2);
	if (skip(&s, ':'))
		second = number(&s, 2);
	if (skip(&s, '.'))
		(void)number(&s, 9);
	if (minute < 0 || second < 0 || (s.len && !read_zone(s, g)))
		return false;
	g->hour = hour;
	g->minute = minute;
	g->second = second;
	return true;
}

/* "2026-01-05", with or without "T" and a clock behind it. */
static bool
read_date(struct str s, struct guess *g)
{
	int year = number(&s, 4), month, day;

	if (year < 1970 || !skip(&s, '-'))
		return false;
	month = number(&s, 2);
	if (!skip(&s, '-'))
		return false;
	day = number(&s, 2);
	if (month < 1 || day < 0 || (s.len && !skip(&s, 'T')))
		return false;
	if (s.len && !read_clock(s, g))
		return false;
	g->year = year;
	g->month = month;
	g->day = day;
	return true;
}

static bool
read_month(struct str s, struct guess *g)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int i;

	for (i = 0; i < 12; i++)
		if (s.len >= 3 &&
		    str_eq_nocase(str_head(s, 3), str_of(names + 3 * i, 3))) {
			g->month = i + 1;
			return true;
		}
	return false;
}

static bool
read_number(struct str s, struct guess *g)
{
	size_t digits = s.len;
	int v = number(&s, 4);

	if (v < 0 || s.len)
		return false;
	if (digits == 4)
		g->year = v;
	else if (g->day < 0)
		g->day = v;
	return true;
}

static void
read_half(struct str s, struct guess *g)
{
	if (str_eq_nocase(s, STR("am")))
		g->half = 1;
	else if (str_eq_nocase(s, STR("pm")))
		g->half = 2;
}

/* What a word is; names of days and of zones are passed over. */
static void
read_word(struct str s, struct guess *g)
{
	if (read_date(s, g) || read_clock(s, g) || read_zone(s, g) ||
	    read_month(s, g) || read_number(s, g))
		return;
	read_half(s, g);
}

static void
read_all(struct str text, struct guess *g)
{
	size_t n;

	for (; text.len; text = str_skip(text, n + 1)) {
		for (n = 0; n < text.len; n++)
			if (text.p[n] == ' ' || text.p[n] == ',')
				break;
		read_word(str_head(text, n), g);
	}
}

static bool
is_complete(const struct guess *g)
{
	return g->year >= 1970 && g->month >= 1 && g->month <= 12 &&
	    g->day >= 1 && g->day <= 31 && g->hour >= 0 && g->hour <= 23 &&
	    g->minute <= 59 && g->second <= 60;
}

/* As if it were UTC, ms. */
static int64_t
as_told(const struct guess *g)
{
	struct tm tm = { .tm_year = g->year - 1900,
		.tm_mon = g->month - 1,
		.tm_mday = g->day,
		.tm_hour = g->hour,
		.tm_min = g->minute,
		.tm_sec = g->second };

	if (g->half == 2 && g->hour < 12)
		tm.tm_hour += 12;
	else if (g->half == 1 && g->hour == 12)
		tm.tm_hour = 0;
	return (int64_t)timegm(&tm) * 1000;
}

bool
datetime_guess(
    struct str text, int64_t now_utc, int64_t *utc_out, int *zone_minutes_out)
{
	struct guess g = { .year = -1, .month = -1, .day = -1, .hour = -1 };
	int64_t told, off;

	read_all(text, &g);
	if (!is_complete(&g))
		return false;
	told = as_told(&g);
	off = told - now_utc;
	if (!g.has_zone && llabs(off) <= ZONE_MAX * INT64_C(60000) + QUARTER_MS)
		g.zone = (int)((off + (off < 0 ? -1 : 1) * QUARTER_MS / 2) /
		             QUARTER_MS) *
		    15;
	else if (!g.has_zone)
		return false;
	if (g.zone < -ZONE_MAX || g.zone > ZONE_MAX)
		return false;
	*utc_out = told - g.zone * INT64_C(60000);
	*zone_minutes_out = g.zone;
	return true;
}
