#include "smtp/mail_rates.h"

#include <stdlib.h>

#include "lib/bucket.h"
#include "lib/xalloc.h"

struct rate {
	struct list node;
	char *name;
	struct bucket bucket;
};

#define RATE(n) LIST_ENTRY(n, struct rate, node)

void
mail_rates_init(struct mail_rates *r, unsigned per_minute)
{
	map_init(&r->map);
	list_init(&r->list);
	r->burst = 2 * per_minute;
	r->interval_ms = per_minute ? 60000 / per_minute : 0;
}

static void
rate_free(struct mail_rates *r, struct rate *x)
{
	map_del(&r->map, str_c(x->name));
	list_del(&x->node);
	free(x->name);
	free(x);
}

void
mail_rates_release(struct mail_rates *r)
{
	LIST_EACH(&r->list, n)
	{
		rate_free(r, RATE(n));
	}
	map_release(&r->map);
}

/* The oldest are full again first: a few at a time is enough. */
static void
forget(struct mail_rates *r, int64_t now_at)
{
	for (int i = 0; i < 4 && r->map.n > 0; i++) {
		struct rate *x = RATE(list_first(&r->list));

		if (x->bucket.full_at > now_at && r->map.n < MAIL_RATES_MAX)
			return;
		rate_free(r, x);
	}
}

static struct rate *
rate_get(struct mail_rates *r, struct str name, int64_t now_at)
{
	struct rate *x = map_get(&r->map, name);

	if (x) {
		list_del(&x->node);
	} else {
		forget(r, now_at);
		x = xcalloc(1, sizeof(*x));
		x->name = str_dup(name);
		bucket_init(&x->bucket, r->burst, r->interval_ms);
		map_put(&r->map, str_c(x->name), x);
	}
	list_add(&r->list, &x->node);
	return x;
}

bool
mail_rates_take(struct mail_rates *r, struct str name, int64_t now_at)
{
	return r->burst == 0 ||
	    bucket_take(&rate_get(r, name, now_at)->bucket, now_at, 1);
}
