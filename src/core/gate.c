#include <stdlib.h>

#include "core/gate.h"
#include "lib/xalloc.h"

/* The generic cell rate algorithm: one number is enough. */
struct gate {
	int64_t next_at; /* when the next dial would be on time */
	char name[];
};

void
gates_init(struct gates *g)
{
	map_init(&g->by_network);
}

void
gates_release(struct gates *g)
{
	struct map_iter it = { 0 };

	while (map_next(&g->by_network, &it))
		free(it.value);
	map_release(&g->by_network);
}

static void
forget_idle(struct gates *g, int64_t now_at)
{
	struct map_iter it = { 0 };

	while (map_next(&g->by_network, &it)) {
		struct gate *gate = it.value;

		if (gate->next_at > now_at)
			continue;
		map_del_value(&g->by_network, str_c(gate->name), gate);
		free(gate);
	}
}

static struct gate *
gate_of(struct gates *g, struct str network, int64_t now_at)
{
	struct gate *gate = map_get(&g->by_network, network);

	if (gate)
		return gate;
	if (g->by_network.n >= GATE_IDLE_MAX)
		forget_idle(g, now_at);
	gate = xcalloc(1, sizeof(*gate) + network.len + 1);
	gate->next_at = now_at;
	memcpy(gate->name, network.p, network.len);
	map_put(&g->by_network, str_c(gate->name), gate);
	return gate;
}

int64_t
gate_reserve(struct gates *g, struct str network, unsigned burst,
    int64_t interval_ms, int64_t now_at)
{
	struct gate *gate;
	int64_t at;

	if (interval_ms == 0)
		return now_at;
	gate = gate_of(g, network, now_at);
	if (gate->next_at < now_at)
		gate->next_at = now_at;
	at = gate->next_at - (int64_t)(burst - 1) * interval_ms;
	gate->next_at += interval_ms;
	return at > now_at ? at : now_at;
}
