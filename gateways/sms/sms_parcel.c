#include "sms/sms_parcel.h"

#include <stdlib.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/xalloc.h"
#include "sms/sms_auth.h"
#include "sms/sms_event.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"
#include "sms/sms_media.h"
#include "sms/sms_pool.h"
#include "sms/sms_profile.h"
#include "sms/sms_rehost.h"
#include "sms/sms_spool.h"

enum {
	PARCELS_MAX = 200,
	PARCEL_BYTES = 256 * 1024,
	/* The hastiest provider wants its answer within two seconds. */
	WAIT_MS = 1500,
	DAY_MS = 24 * 60 * 60 * 1000,
	MIB = 1024 * 1024,
};

struct parcel {
	struct list node; /* in sms->parcels */
	struct sms_line *line;
	struct sms_pool pool; /* of what ev holds */
	struct sms_event ev;
	struct sms_rehosting *wait;
	sms_parcel_fn *take;
	sms_kept_fn *fn;
	void *arg;
};

#define PARCEL(n) LIST_ENTRY(n, struct parcel, node)

/* ---- copying ---------------------------------------------------------- */

static void
copy_group(struct sms_event *ev, struct sms_pool *pool)
{
	struct str *group = sms_pool_array(pool, ev->ngroup, sizeof(*group));

	for (size_t i = 0; group && i < ev->ngroup; i++)
		group[i] = sms_pool_copy(pool, ev->group[i]);
	ev->group = group;
}

static void
copy_media(struct sms_event *ev, struct sms_pool *pool)
{
	struct sms_event_media *to =
	    sms_pool_array(pool, ev->nmedia, sizeof(*to));
	size_t n = 0;

	for (size_t i = 0; to && i < ev->nmedia; i++) {
		const struct sms_event_media *m = &ev->media[i];

		if (sms_media_is_layout(m->type, m->url))
			continue;
		to[n].url = sms_pool_copy(pool, m->url);
		to[n].type = sms_pool_copy(pool, m->type);
		to[n++].size = m->size;
	}
	ev->media = to;
	ev->nmedia = n;
}

static void
copy_event(
    struct sms_event *to, const struct sms_event *ev, struct sms_pool *pool)
{
	struct str *const text[] = { &to->from, &to->to, &to->id[0], &to->id[1],
		&to->text, &to->subject, &to->name, &to->part_ref, &to->our_id,
		&to->state_word };

	*to = *ev;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		*text[i] = sms_pool_copy(pool, *text[i]);
	copy_group(to, pool);
	copy_media(to, pool);
}

/* ---- waiting ---------------------------------------------------------- */

static void
parcel_free(struct parcel *p)
{
	sms_rehost_cancel(&p->wait);
	list_del(&p->node);
	p->line->sms->nparcel--;
	sms_pool_release(&p->pool);
	free(p);
}

static void
hand_on(struct parcel *p)
{
	if (p->take(p->line, &p->ev, p->fn, p->arg) < 0)
		p->fn(p->arg, false);
	parcel_free(p);
}

static void
on_there(void *arg, const struct sms_event_media *media, size_t n)
{
	struct parcel *p = arg;

	p->wait = NULL; /* it ends by itself */
	p->ev.media = media;
	p->ev.nmedia = n;
	hand_on(p);
}

int
sms_parcel_wait(struct sms_line *l, const struct sms_event *ev,
    sms_parcel_fn *take, sms_kept_fn *fn, void *arg)
{
	struct sms_gateway *sms = l->sms;
	struct parcel *p;

	if (sms->nparcel >= PARCELS_MAX)
		return -1;
	p = xcalloc(1, sizeof(*p));
	p->line = l;
	p->take = take;
	p->fn = fn;
	p->arg = arg;
	sms_pool_init(&p->pool, PARCEL_BYTES);
	copy_event(&p->ev, ev, &p->pool);
	list_add(&sms->parcels, &p->node);
	sms->nparcel++;
	if (p->pool.full) {
		parcel_free(p);
		return -1;
	}
	if (p->ev.nmedia == 0)
		hand_on(p); /* a layout of nothing */
	else
		p->wait = sms_rehost(sms->rehost, str_c(l->name), p->ev.media,
		    p->ev.nmedia, on_there, p);
	return 0;
}

void
sms_parcel_drop(struct sms_line *l)
{
	LIST_EACH(&l->sms->parcels, n)
	{
		struct parcel *p = PARCEL(n);

		if (p->line != l)
			continue;
		p->fn(p->arg, false);
		parcel_free(p);
	}
}

/* ---- the provider's own host -------------------------------------------- */

/* What is shown to the provider of a line when a file of its is fetched. */
static bool
dress(void *arg, struct str line, struct sms_request *r)
{
	struct sms_gateway *sms = arg;
	const struct sms_line *l = sms_line_find(sms, line);
	struct sms_value base;
	const struct sms_auth *a;

	if (!l)
		return false;
	base = sms_vars_get(&l->vars.vars, STR("base"));
	if (base.kind != SMS_VALUE_TEXT ||
	    !sms_media_same_origin(base.text, r->url))
		return false;
	a = sms_profile_auth(l->profile);
	/* Without them the provider says no, and that is logged. */
	if (a)
		(void)sms_auth_add(a, l->auth, &l->vars.vars,
		    gateway_clock(sms->gw)->utc, r, NULL);
	return l->owner == NULL;
}

/* ---- the gateway ---------------------------------------------------------- */

static int
open_spool(struct sms_gateway *sms, const struct conf *conf, int64_t keep_ms,
    struct err *err)
{
	struct str dir = conf_str(conf, "media_dir");
	struct err why = ERR_INIT;
	char *path;

	if (dir.len == 0)
		return 0;
	path = str_dup(dir);
	sms->spool = sms_spool_open(path,
	    (uint64_t)conf_int(conf, "media_spool_mb") * MIB, keep_ms, &why);
	free(path);
	return sms->spool
	    ? 0
	    : conf_err(conf, "media_dir", err, "media_dir = %s", why.text);
}

int
sms_parcel_open(
    struct sms_gateway *sms, const struct conf *conf, struct err *err)
{
	int64_t keep_ms = conf_int(conf, "media_days") * DAY_MS;
	struct sms_rehost_params p = { .gw = sms->gw,
		.http = sms->http,
		.file_max = (size_t)conf_int(conf, "media_max_mb") * MIB,
		.keep_ms = keep_ms,
		.wait_ms = WAIT_MS,
		.dress = dress,
		.arg = sms };

	if (open_spool(sms, conf, keep_ms, err) < 0)
		return -1;
	p.spool = sms->spool;
	sms->rehost = sms_rehost_new(&p, err);
	return sms->rehost ? 0 : -1;
}

void
sms_parcel_close(struct sms_gateway *sms)
{
	sms_rehost_free(&sms->rehost);
	sms_spool_close(&sms->spool);
}
