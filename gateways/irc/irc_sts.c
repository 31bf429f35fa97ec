#include "irc/irc_sts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/xalloc.h"

enum { DAY_MS = 24 * 3600 * 1000 };

struct policy {
	int64_t until_utc;
	int64_t written_utc; /* until, as it was written down */
	uint16_t port;
	char host[];
};

/* ---- what is said ----------------------------------------------------- */

bool
irc_sts_parse(struct str value, struct irc_sts *out)
{
	struct str one, name;
	uint64_t n;

	*out = (struct irc_sts){ 0 };
	while (str_cut(&value, ',', &one)) {
		str_cut(&one, '=', &name);
		if (str_is(name, "port") && str_to_uint(one, UINT16_MAX, &n)) {
			out->port = (uint16_t)n;
		} else if (str_is(name, "duration") &&
		    str_to_uint(one, UINT32_MAX, &n)) {
			out->has_duration = true;
			out->duration_ms = (int64_t)n * 1000;
		}
	}
	if (out->duration_ms > (int64_t)IRC_STS_DAYS_MAX * DAY_MS)
		out->duration_ms = (int64_t)IRC_STS_DAYS_MAX * DAY_MS;
	return out->port || out->has_duration;
}

/* ---- what is remembered ----------------------------------------------- */

void
irc_sts_init(struct irc_sts_hosts *h)
{
	map_init(&h->by_host);
}

void
irc_sts_release(struct irc_sts_hosts *h)
{
	struct map_iter it = { 0 };

	while (map_next(&h->by_host, &it))
		free(it.value);
	map_release(&h->by_host);
}

static void
forget(struct irc_sts_hosts *h, struct policy *p)
{
	map_del(&h->by_host, str_c(p->host));
	free(p);
}

uint16_t
irc_sts_port(const struct irc_sts_hosts *h, struct str host, int64_t now_utc)
{
	const struct policy *p = map_get(&h->by_host, host);

	return p && now_utc < p->until_utc ? p->port : 0;
}

/* NULL: there are too many. */
static struct policy *
get(struct irc_sts_hosts *h, struct str host)
{
	struct policy *p = map_get(&h->by_host, host);

	if (p || host.len == 0 || h->by_host.n >= IRC_STS_HOSTS_MAX)
		return p;
	p = xcalloc(1, sizeof(*p) + host.len + 1);
	memcpy(p->host, host.p, host.len);
	map_put(&h->by_host, str_c(p->host), p);
	return p;
}

/* A tenth of its time may be lost with us before it is written again. */
static bool
is_stale(const struct policy *p, int64_t duration_ms)
{
	return p->until_utc - p->written_utc > duration_ms / 10;
}

bool
irc_sts_remember(struct irc_sts_hosts *h, struct str host, uint16_t port,
    int64_t duration_ms, int64_t now_utc, struct buf *value_out)
{
	struct policy *p =
	    duration_ms ? get(h, host) : map_get(&h->by_host, host);
	bool moved;

	if (!p)
		return false;
	if (duration_ms == 0) {
		forget(h, p);
		return true;
	}
	moved = p->port != port || now_utc + duration_ms < p->until_utc;
	p->port = port;
	p->until_utc = now_utc + duration_ms;
	if (!moved && !is_stale(p, duration_ms))
		return false;
	p->written_utc = p->until_utc;
	buf_addf(value_out, "%u %" PRId64, (unsigned)port, p->until_utc);
	return true;
}

void
irc_sts_recall(struct irc_sts_hosts *h, struct str host, struct str value)
{
	struct str port;
	uint64_t number, until;
	struct policy *p;

	str_cut(&value, ' ', &port);
	if (!str_to_uint(port, UINT16_MAX, &number) || number == 0 ||
	    !str_to_uint(value, INT64_MAX, &until))
		return;
	p = get(h, host);
	if (!p)
		return;
	p->port = (uint16_t)number;
	p->until_utc = p->written_utc = (int64_t)until;
}
