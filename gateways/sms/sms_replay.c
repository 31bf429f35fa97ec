/*
 * A map by id, and a list in the order of arrival: whoever is at its head is
 * the first to go, when his time is over or the room is needed.
 */
#include <stdlib.h>

#include "lib/list.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "sms/sms_replay.h"

struct seen {
	struct list node;
	struct sms_once once;
};

struct sms_replay {
	struct map by_id;
	struct list order;
	size_t max;
};

static struct str
key_of(const struct sms_once *o)
{
	return str_of((const char *)o->id, sizeof(o->id));
}

struct sms_replay *
sms_replay_new(size_t max)
{
	struct sms_replay *r = xcalloc(1, sizeof(*r));

	map_init(&r->by_id);
	list_init(&r->order);
	r->max = max ? max : SMS_REPLAY_MAX;
	return r;
}

static void
forget(struct sms_replay *r, struct seen *s)
{
	map_del(&r->by_id, key_of(&s->once));
	list_del(&s->node);
	free(s);
}

void
sms_replay_free(struct sms_replay **rp)
{
	struct sms_replay *r = *rp;

	*rp = NULL;
	if (!r)
		return;
	LIST_EACH(&r->order, node)
	forget(r, LIST_ENTRY(node, struct seen, node));
	map_release(&r->by_id);
	free(r);
}

bool
sms_replay_has(
    const struct sms_replay *r, const struct sms_once *o, int64_t now_utc)
{
	const struct seen *s;

	if (o->until_utc == 0)
		return false;
	s = map_get(&r->by_id, key_of(o));
	return s && s->once.until_utc >= now_utc;
}

static void
make_room(struct sms_replay *r, int64_t now_utc)
{
	LIST_EACH(&r->order, node)
	{
		struct seen *s = LIST_ENTRY(node, struct seen, node);

		if (s->once.until_utc >= now_utc && r->by_id.n < r->max)
			return;
		forget(r, s);
	}
}

void
sms_replay_put(struct sms_replay *r, const struct sms_once *o, int64_t now_utc)
{
	struct seen *s;

	if (o->until_utc < now_utc || map_get(&r->by_id, key_of(o)))
		return;
	make_room(r, now_utc);
	s = xcalloc(1, sizeof(*s));
	s->once = *o;
	list_add(&r->order, &s->node);
	map_put(&r->by_id, key_of(&s->once), s);
}

size_t
sms_replay_count(const struct sms_replay *r)
{
	return r->by_id.n;
}
