/*
 * What operators see of seats, and can do about them.
 */
#include <stdlib.h>

#include "core/metrics.h"
#include "core/seat_admin.h"
#include "core/seat_base.h"
#include "lib/xalloc.h"

/* The one that is named, else each. */
static struct gateway *
next(struct core *c, struct gateway *only, struct gateway *prev)
{
	if (only)
		return prev ? NULL : only;
	return core_next_gateway(c, prev);
}

static int
by_key(const void *a, const void *b)
{
	const struct seat *const *x = a, *const *y = b;

	return str_cmp(str_c((*x)->key), str_c((*y)->key));
}

/* In the order of rooms and names; by_key.n of them, to be freed. */
static struct seat **
sorted(const struct seats *all)
{
	struct seat **v = xcalloc(all->by_key.n + 1, sizeof(struct seat *));
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&all->by_key, &it))
		v[n++] = it.value;
	qsort(v, n, sizeof(struct seat *), by_key);
	return v;
}

static void
write_row(const struct seat *s, struct buf *out)
{
	int64_t age_s = (seat_clock(s)->at - s->since_at) / 1000;

	(void)buf_addf(out, "%s in %s: %s, %lld s", s->name, s->room,
	    s->state == SEAT_INSIDE ? "inside" : "outside", (long long)age_s);
	if (s->state == SEAT_INSIDE)
		(void)buf_addf(out, ", as %s", s->nick);
	else if (s->err.kind != ERR_NONE)
		(void)buf_addf(out, ": %s", s->err.text);
	(void)buf_addc(out, '\n');
}

static size_t
count_inside(const struct seats *all)
{
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&all->by_key, &it))
		n += ((const struct seat *)it.value)->state == SEAT_INSIDE;
	return n;
}

void
seat_write_list(struct core *c, struct gateway *only, struct buf *out)
{
	struct gateway *gw = NULL;

	while (gw = next(c, only, gw), gw) {
		size_t n = gw->seats->by_key.n;
		struct seat **v = sorted(gw->seats);

		if (n > 0 || only)
			(void)buf_addf(out, "%s: %zu inside, %zu outside\n",
			    gw->domain, count_inside(gw->seats),
			    n - count_inside(gw->seats));
		for (size_t i = 0; i < n && i < SEAT_LIST_MAX; i++)
			write_row(v[i], out);
		free(v);
	}
}

static size_t
enter(struct seats *all, struct str room)
{
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&all->by_key, &it)) {
		struct seat *s = it.value;

		if (!str_is(room, s->room))
			continue;
		seat_enter(s);
		n++;
	}
	return n;
}

int
seat_order_enter(struct core *c, struct gateway *only, struct str room,
    struct buf *out, struct err *err)
{
	struct gateway *gw = NULL;
	size_t n = 0;

	while (gw = next(c, only, gw), gw)
		n += enter(gw->seats, room);
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "nobody of ours is to sit in " STR_FMT,
		    STR_ARG(str_head(room, 100)));
	(void)buf_addf(out, "Whoever is outside of " STR_FMT " tries now.\n",
	    STR_ARG(room));
	return 0;
}

void
seat_write_metrics(struct core *c, struct buf *out)
{
	const char *name = "passerelle_seats";
	struct gateway *gw = NULL;

	metrics_family(out, name, "gauge",
	    "Addresses of ours that are to be in rooms of other services.");
	while (gw = next(c, NULL, gw), gw) {
		struct str domain = gateway_domain(gw);
		size_t in = count_inside(gw->seats);

		metrics_add(out, name,
		    (struct metrics_label[]){
		        { "gateway", domain }, { "state", STR("inside") } },
		    2, (int64_t)in);
		metrics_add(out, name,
		    (struct metrics_label[]){
		        { "gateway", domain }, { "state", STR("outside") } },
		    2, (int64_t)(gw->seats->by_key.n - in));
	}
}
