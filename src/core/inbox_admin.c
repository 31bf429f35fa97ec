/*
 * What operators see of what came in, and can do about it.
 */
#include "core/inbox_admin.h"
#include "core/arrival.h"
#include "core/core.h"
#include "core/inbox.h"
#include "core/instance.h"
#include "core/metrics.h"

/* The one that is named, else each. */
static struct gateway *
next(struct core *c, struct gateway *only, struct gateway *prev)
{
	struct gateway *gw = prev;

	if (only)
		return prev ? NULL : only;
	while (gw = core_next_gateway(c, gw), gw)
		if (gw->inbox)
			return gw;
	return NULL;
}

/* ---- lists ------------------------------------------------------------ */

static const char *const state_name[] = {
	[ARRIVAL_KEEPING] = "on its way to the disk",
	[ARRIVAL_WAITING] = "waiting",
	[ARRIVAL_WRITTEN] = "not confirmed by the XMPP server",
	[ARRIVAL_TAKEN] = "not seen in its room",
	[ARRIVAL_HANDED] = "handed over",
	[ARRIVAL_DEAD] = "undeliverable",
	[ARRIVAL_QUARANTINED] = "quarantined",
};

static void
write_row(struct gateway *gw, const struct arrival *a, struct buf *out)
{
	int64_t age_s = (core_clock(gw->core)->utc - a->at_utc) / 1000;

	(void)buf_addf(out, "%llu %s, %s to " STR_FMT ", %lld s",
	    (unsigned long long)a->id, state_name[a->state], a->contact,
	    STR_ARG(inbox_user_of(a)), (long long)age_s);
	if (a->tries > 0)
		(void)buf_addf(out, ", came back %u times", a->tries);
	if (a->why)
		(void)buf_addf(out, ": %s", a->why);
	(void)buf_addc(out, '\n');
}

static void
write_state(
    struct gateway *gw, enum arrival_state state, size_t n, struct buf *out)
{
	const struct arrival *v[INBOX_LIST_MAX];
	size_t shown = inbox_list(gw->inbox, state, v, INBOX_LIST_MAX);

	for (size_t i = 0; i < shown; i++)
		write_row(gw, v[i], out);
	if (n > shown)
		(void)buf_addf(out, "... and %zu more\n", n - shown);
}

void
inbox_write_list(struct core *c, struct gateway *only, struct buf *out)
{
	struct gateway *gw = NULL;

	while (gw = next(c, only, gw), gw) {
		struct inbox_stats s;

		inbox_stats(gw->inbox, &s);
		(void)buf_addf(out,
		    "%s: %zu waiting, %zu not confirmed, %zu handed over\n",
		    gw->domain, s.nwaiting, s.nwritten + s.ntaken, s.nhanded);
		write_state(gw, ARRIVAL_WAITING, s.nwaiting, out);
		write_state(gw, ARRIVAL_WRITTEN, s.nwritten, out);
		write_state(gw, ARRIVAL_TAKEN, s.ntaken, out);
	}
}

void
inbox_write_dead(struct core *c, struct gateway *only, struct buf *out)
{
	struct gateway *gw = NULL;

	while (gw = next(c, only, gw), gw) {
		struct inbox_stats s;

		inbox_stats(gw->inbox, &s);
		(void)buf_addf(out, "%s: %zu undeliverable, %zu quarantined\n",
		    gw->domain, s.ndead, s.nquarantined);
		write_state(gw, ARRIVAL_DEAD, s.ndead, out);
		write_state(gw, ARRIVAL_QUARANTINED, s.nquarantined, out);
	}
}

/* ---- orders ----------------------------------------------------------- */

/* The only gateway that has one of that number. */
static struct gateway *
holder(struct core *c, struct gateway *only, struct str text, uint64_t *id_out,
    struct err *err)
{
	struct gateway *gw = NULL, *found = NULL;
	size_t n = 0;

	if (!str_to_uint(text, UINT64_MAX, id_out)) {
		err_set(err, ERR_BAD_INPUT,
		    STR_FMT " is no number of a message", STR_ARG(text));
		return NULL;
	}
	while (gw = next(c, only, gw), gw) {
		if (!inbox_find(gw->inbox, *id_out))
			continue;
		found = gw;
		n++;
	}
	if (n == 1)
		return found;
	err_set(err, n ? ERR_CONFLICT : ERR_NOT_FOUND,
	    n ? "several gateways have a message %llu: say which by -g DOMAIN"
	      : "there is no message %llu",
	    (unsigned long long)*id_out);
	return NULL;
}

typedef int order_fn(struct inbox *in, uint64_t id, struct err *err);

static int
order(struct core *c, struct gateway *only, struct str text, order_fn *fn,
    const char *done, struct buf *out, struct err *err)
{
	uint64_t id;
	struct gateway *gw = holder(c, only, text, &id, err);

	if (!gw || fn(gw->inbox, id, err) < 0)
		return -1;
	(void)buf_addf(
	    out, "Message %llu is %s.\n", (unsigned long long)id, done);
	return 0;
}

int
inbox_order_release(struct core *c, struct gateway *gw, struct str id,
    struct buf *out, struct err *err)
{
	return order(c, gw, id, inbox_release, "tried once more", out, err);
}

int
inbox_order_delete(struct core *c, struct gateway *gw, struct str id,
    struct buf *out, struct err *err)
{
	return order(c, gw, id, inbox_delete, "forgotten", out, err);
}

/* ---- figures ---------------------------------------------------------- */

static void
write_states(struct gateway *gw, const char *name, struct buf *out)
{
	static const char *const state[] = { "keeping", "waiting",
		"unconfirmed", "unseen", "handed", "dead", "quarantined" };
	struct inbox_stats s;
	size_t n[7];

	inbox_stats(gw->inbox, &s);
	n[0] = s.nkeeping;
	n[1] = s.nwaiting;
	n[2] = s.nwritten;
	n[3] = s.ntaken;
	n[4] = s.nhanded;
	n[5] = s.ndead;
	n[6] = s.nquarantined;
	for (size_t i = 0; i < 7; i++)
		metrics_add(out, name,
		    (struct metrics_label[]){ { "gateway", gateway_domain(gw) },
		        { "state", str_c(state[i]) } },
		    2, (int64_t)n[i]);
}

void
inbox_write_metrics(struct core *c, struct buf *out)
{
	const char *name = "passerelle_inbox_messages";
	struct gateway *gw = NULL;

	metrics_family(
	    out, name, "gauge", "What came in, by how far it has got.");
	while (gw = next(c, NULL, gw), gw)
		write_states(gw, name, out);
	name = "passerelle_inbox_oldest_seconds";
	metrics_family(out, name, "gauge",
	    "Age of the oldest that no XMPP server has confirmed.");
	while (gw = next(c, NULL, gw), gw) {
		struct metrics_label l = { "gateway", gateway_domain(gw) };
		struct inbox_stats s;

		inbox_stats(gw->inbox, &s);
		metrics_add_ms(out, name, &l, 1, s.oldest_ms);
	}
}
