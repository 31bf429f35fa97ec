#include <inttypes.h>
#include <stdlib.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/xalloc.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"
#include "sms/sms_tenant.h"

static const char prefix[] = "tenant ";
static const char released[] = "released ";

/* A number that somebody has, or had. */
struct tenant {
	char *number;
	char *user; /* NULL: nobody */
	int64_t released_utc;
};

void
sms_tenants_init(struct sms_tenants *all)
{
	map_init(&all->map);
}

void
sms_tenants_release(struct sms_tenants *all)
{
	struct map_iter it = { 0 };

	while (map_next(&all->map, &it)) {
		struct tenant *t = it.value;

		free(t->number);
		free(t->user);
		free(t);
	}
	map_release(&all->map);
}

static struct tenant *
tenant_get(struct sms_gateway *sms, struct str number)
{
	struct tenant *t = map_get(&sms->tenants.map, number);

	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->number = str_dup(number);
		map_put(&sms->tenants.map, str_c(t->number), t);
	}
	return t;
}

static void
keep(struct sms_gateway *sms, const struct tenant *t)
{
	struct buf name, value;

	buf_init(&name, 256);
	buf_init(&value, 4096);
	buf_addf(&name, "%s%s", prefix, t->number);
	if (t->user)
		buf_addf(&value, "%s", t->user);
	else
		buf_addf(&value, "%s%" PRId64, released, t->released_utc);
	gateway_fact_put(sms->gw, STR_EMPTY, buf_str(&name), buf_str(&value));
	buf_release(&name);
	buf_release(&value);
}

/* ---- lines of the pool ------------------------------------------------ */

static bool
is_free(const struct sms_line *l)
{
	const struct sms_gateway *sms = l->sms;
	const struct tenant *t =
	    map_get(&sms->tenants.map, sms_number_str(&l->number));

	return l->is_pool && l->nuser == 0 &&
	    (!t ||
	        gateway_clock(sms->gw)->utc - t->released_utc >=
	            SMS_QUARANTINE_MS);
}

struct sms_line *
sms_tenant_free_line(struct sms_gateway *sms)
{
	LIST_EACH(&sms->order, n)
	{
		struct sms_line *l = LIST_ENTRY(n, struct sms_line, node);

		if (is_free(l))
			return l;
	}
	return NULL;
}

struct sms_line *
sms_tenant_line_of(struct sms_gateway *sms, struct str user)
{
	LIST_EACH(&sms->order, n)
	{
		struct sms_line *l = LIST_ENTRY(n, struct sms_line, node);

		if (l->is_pool && sms_line_is_of(l, user))
			return l;
	}
	return NULL;
}

/* ---- coming and going ------------------------------------------------- */

static void
set_user(struct tenant *t, struct str user)
{
	free(t->user);
	t->user = user.len ? str_dup(user) : NULL;
}

void
sms_tenant_move_in(struct sms_line *l, struct str user)
{
	struct tenant *t = tenant_get(l->sms, sms_number_str(&l->number));

	set_user(t, user);
	sms_line_give(l, user);
	keep(l->sms, t);
}

void
sms_tenant_move_out(struct sms_line *l)
{
	struct tenant *t = tenant_get(l->sms, sms_number_str(&l->number));

	set_user(t, STR_EMPTY);
	t->released_utc = gateway_clock(l->sms->gw)->utc;
	sms_line_give(l, STR_EMPTY);
	keep(l->sms, t);
}

static void
apply(struct sms_gateway *sms, const struct tenant *t)
{
	LIST_EACH(&sms->order, n)
	{
		struct sms_line *l = LIST_ENTRY(n, struct sms_line, node);

		if (l->is_pool && str_is(sms_number_str(&l->number), t->number))
			sms_line_give(l, t->user ? str_c(t->user) : STR_EMPTY);
	}
}

bool
sms_tenant_fact(struct sms_gateway *sms, struct str name, struct str value)
{
	struct tenant *t;
	uint64_t utc = 0;

	if (!str_starts(name, str_c(prefix)))
		return false;
	t = tenant_get(sms, str_skip(name, sizeof(prefix) - 1));
	if (str_starts(value, str_c(released))) {
		(void)str_to_uint(
		    str_skip(value, sizeof(released) - 1), INT64_MAX, &utc);
		set_user(t, STR_EMPTY);
		t->released_utc = (int64_t)utc;
	} else {
		set_user(t, value);
	}
	apply(sms, t);
	return true;
}
