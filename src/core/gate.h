/*
 * gate.h - when the next session may dial a network
 *
 * After a restart everybody dials at once, which servers take for an attack.
 * Each network lets `burst` dials through and then one each interval_ms; who
 * has to wait is given a time of his own, in the order of asking, so there is
 * no queue to keep.  Who does not need his any more gives it back, and the
 * next to ask has it.
 *
 *	at = gate_reserve(&gates, network, burst, interval_ms, now);
 *
 * A name of a network and an address of ours makes a gate for that address.
 *
 * And it is a circuit breaker: a network that turns GATE_USERS different
 * users away within GATE_WINDOW_MS means all of us, and more dials make it
 * worse.
 *
 *	OPEN --users turned away--> SHUT --GATE_PAUSE_MS--> TRIAL
 *	  ^                          ^                        |
 *	  +------ somebody stays ----|--------+---------------+
 *	                             +-- turned away, twice the pause
 *
 * On trial one dial goes each GATE_TRIAL_MS.
 *
 * Memory     One small entry per network that was dialled lately; idle ones
 *            go when there are more than GATE_IDLE_MAX.
 */
#ifndef CORE_GATE_H
#define CORE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/map.h"
#include "lib/str.h"

enum {
	GATE_IDLE_MAX = 256,
	GATE_SPARE = 16, /* times given back; more are lost */
	GATE_USERS = 3,
	GATE_WINDOW_MS = 60 * 1000,
	GATE_PAUSE_MS = 60 * 1000, /* the first; it doubles, up to */
	GATE_PAUSE_MAX_MS = 3600 * 1000,
	GATE_TRIAL_MS = 10 * 1000,
};

struct gates {
	struct map by_network;
};

void gates_init(struct gates *g);
void gates_release(struct gates *g);

/* Not before which moment: now, or later.  interval_ms 0: no pace. */
int64_t gate_reserve(struct gates *g, struct str network, unsigned burst,
    int64_t interval_ms, int64_t now_at);

/* The time that somebody was given will not be used. */
void gate_return(struct gates *g, struct str network, int64_t at);

/*
 * The time that somebody was given has come.  False: he needs another, since
 * it was shut meanwhile, or another is on trial.
 */
bool gate_claim(struct gates *g, struct str network, int64_t now_at);

/*
 * That user was turned away, with words that fit all of us.  0, or for how
 * long the gate has been shut because of that.
 */
int64_t gate_turned_away(struct gates *g, struct str network, struct str user,
    struct str why, int64_t now_at);

/* How often it was shut since somebody stayed; 0: it is open. */
unsigned gate_pauses(const struct gates *g, struct str network);

/* 0: it is not shut (now).  And what the network said. */
int64_t gate_shut_until(
    const struct gates *g, struct str network, int64_t now_at);
struct str gate_why(const struct gates *g, struct str network);

/* Somebody who was let in at since_at has stayed.  True: it was shut. */
bool gate_let_in(struct gates *g, struct str network, int64_t since_at);

#endif
