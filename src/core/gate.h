/*
 * gate.h - when the next session may dial a network
 *
 * After a restart everybody dials at once, which servers take for an attack.
 * Each network lets `burst` dials through and then one each interval_ms; who
 * has to wait is given a time of his own, in the order of asking, so there is
 * no queue to keep.  A time that is not used is lost.
 *
 *	at = gate_reserve(&gates, network, burst, interval_ms, now);
 *
 * Memory     One small entry per network that was dialled lately; idle ones
 *            go when there are more than GATE_IDLE_MAX.
 */
#ifndef CORE_GATE_H
#define CORE_GATE_H

#include <stdint.h>

#include "lib/map.h"
#include "lib/str.h"

enum { GATE_IDLE_MAX = 256 };

struct gates {
	struct map by_network;
};

void gates_init(struct gates *g);
void gates_release(struct gates *g);

/* Not before which moment: now, or later.  interval_ms 0: always now. */
int64_t gate_reserve(struct gates *g, struct str network, unsigned burst,
    int64_t interval_ms, int64_t now_at);

#endif
