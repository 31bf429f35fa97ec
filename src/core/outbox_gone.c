#include <stdlib.h>

#include "core/instance.h"
#include "core/outbox.h"
#include "core/outbox_gone.h"
#include "lib/xalloc.h"

struct gone {
	char *jid;
	int64_t utc;
};

static void
gone_free(struct outbox *b, struct gone *g)
{
	map_del_value(&b->gone, str_c(g->jid), g);
	free(g->jid);
	free(g);
}

static void
forget_before(struct outbox *b, int64_t utc)
{
	struct map_iter it = { 0 };

	while (map_next(&b->gone, &it)) {
		struct gone *g = it.value;

		if (g->utc < utc)
			gone_free(b, g);
	}
}

/* Not at each of a crowd that leaves together. */
static bool
make_room(struct outbox *b, int64_t now)
{
	if (now - b->gone_swept_utc >= OUTBOX_GONE_MS) {
		b->gone_swept_utc = now;
		forget_before(b, now - OUTBOX_GONE_MS);
	}
	return b->gone.n < OUTBOX_GONE_MAX;
}

void
outbox_client_gone(struct outbox *b, struct str jid)
{
	int64_t now = core_clock(b->gw->core)->utc;
	struct gone *g = map_get(&b->gone, jid);

	if (!g && !make_room(b, now))
		return;
	if (!g) {
		g = xcalloc(1, sizeof(*g));
		g->jid = str_dup(jid);
		map_put(&b->gone, str_c(g->jid), g);
	}
	g->utc = now;
}

void
outbox_client_here(struct outbox *b, struct str jid)
{
	struct gone *g = map_get(&b->gone, jid);

	if (g)
		gone_free(b, g);
}

bool
outbox_is_gone(const struct outbox *b, struct str jid, int64_t since_utc)
{
	const struct gone *g = map_get(&b->gone, jid);

	return g && g->utc >= since_utc;
}

void
outbox_gone_clear(struct outbox *b)
{
	forget_before(b, INT64_MAX);
	map_release(&b->gone);
}
