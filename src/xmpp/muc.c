/*
 * Rooms as XEP-0045 writes them.
 *
 * XEP-0045 1.34	presence and items
 * XEP-0203 2.0		delayed delivery
 * XEP-0359 0.6		stanza ids
 * XEP-0082 1.1		date and time
 */
#include <stdio.h>
#include <time.h>

#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

bool
muc_has_status(const struct stanza *x, int code)
{
	const struct stanza *st = stanza_child(x, "status", NULL);
	uint64_t n;

	for (; st; st = stanza_next(st, "status", NULL))
		if (str_to_uint(stanza_attr(st, "code"), 999, &n) &&
		    (int)n == code)
			return true;
	return false;
}

/* XEP-0045 10.9 */
static void
write_destroy(struct xmlw *w, const struct muc_item *item)
{
	xmlw_open(w, "destroy", NULL);
	if (item->venue.len)
		xmlw_attr(w, "jid", item->venue);
	if (item->reason.len)
		xmlw_textel(w, "reason", NULL, item->reason);
	xmlw_close(w);
}

void
muc_write_item(struct xmlw *w, const struct muc_item *item)
{
	size_t i;

	xmlw_open(w, "x", NS_MUC_USER);
	xmlw_open(w, "item", NULL);
	xmlw_attr_c(w, "affiliation", item->affiliation);
	xmlw_attr_c(w, "role", item->role);
	if (item->jid.len)
		xmlw_attr(w, "jid", item->jid);
	if (item->nick.len)
		xmlw_attr(w, "nick", item->nick);
	if (item->actor.len) {
		xmlw_open(w, "actor", NULL);
		xmlw_attr(w, "nick", item->actor);
		xmlw_close(w);
	}
	if (item->reason.len && !item->destroyed)
		xmlw_textel(w, "reason", NULL, item->reason);
	xmlw_close(w);
	if (item->destroyed)
		write_destroy(w, item);
	for (i = 0; i < MUC_NSTATUS && item->status[i]; i++) {
		xmlw_open(w, "status", NULL);
		xmlw_attr_u64(w, "code", (uint64_t)item->status[i]);
		xmlw_close(w);
	}
	xmlw_close(w);
}

void
muc_write_private(struct xmlw *w)
{
	xmlw_leaf(w, "x", NS_MUC_USER);
}

void
muc_write_delay(struct xmlw *w, struct str from, int64_t at_utc)
{
	char stamp[25];

	muc_datetime(at_utc, stamp);
	xmlw_open(w, "delay", NS_DELAY);
	xmlw_attr(w, "from", from);
	xmlw_attr_c(w, "stamp", stamp);
	xmlw_close(w);
}

void
muc_write_stanza_id(struct xmlw *w, struct str by, struct str id)
{
	xmlw_open(w, "stanza-id", NS_SID);
	xmlw_attr(w, "by", by);
	xmlw_attr(w, "id", id);
	xmlw_close(w);
}

void
muc_datetime(int64_t at_utc, char out[25])
{
	time_t sec = (time_t)(at_utc / 1000);
	struct tm tm;
	char day[20];

	gmtime_r(&sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, 25, "%s.%03uZ", day, (unsigned)(at_utc % 1000) % 1000u);
}

/* The n digits at *s as a number, or -1; moves behind them and one sep. */
static int
digits(struct str *s, size_t n, char sep)
{
	uint64_t v;

	if (s->len < n || !str_to_uint(str_head(*s, n), 9999, &v))
		return -1;
	*s = str_skip(*s, n);
	if (sep) {
		if (s->len == 0 || s->p[0] != sep)
			return -1;
		*s = str_skip(*s, 1);
	}
	return (int)v;
}

/* "Z", "+01:00" or "-01:00" in minutes; false if it is none. */
static bool
zone(struct str s, int *minutes_out)
{
	int h, m, sign;

	if (str_is(s, "Z")) {
		*minutes_out = 0;
		return true;
	}
	if (s.len != 6 || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	sign = s.p[0] == '-' ? -1 : 1;
	s = str_skip(s, 1);
	h = digits(&s, 2, ':');
	m = digits(&s, 2, 0);
	if (h < 0 || m < 0 || h > 14 || m > 59)
		return false;
	*minutes_out = sign * (h * 60 + m);
	return true;
}

bool
muc_datetime_parse(struct str s, int64_t *utc_out)
{
	int year = digits(&s, 4, '-'), mon = digits(&s, 2, '-');
	int day = digits(&s, 2, 'T'), hour = digits(&s, 2, ':');
	int min = digits(&s, 2, ':'), sec = digits(&s, 2, 0), offset;
	int64_t ms = 0, scale = 100;
	struct tm tm;

	if (year < 1970 || mon < 1 || mon > 12 || day < 1 || day > 31 ||
	    hour < 0 || hour > 23 || min < 0 || min > 59 || sec < 0 || sec > 60)
		return false;
	if (s.len && s.p[0] == '.') {
		for (s = str_skip(s, 1);
		     s.len && s.p[0] >= '0' && s.p[0] <= '9';
		     s = str_skip(s, 1), scale /= 10)
			ms += (s.p[0] - '0') * scale;
	}
	if (!zone(s, &offset))
		return false;
	tm = (struct tm){ .tm_year = year - 1900,
		.tm_mon = mon - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = min,
		.tm_sec = sec };
	*utc_out = ((int64_t)timegm(&tm) - offset * 60) * 1000 + ms;
	return true;
}
