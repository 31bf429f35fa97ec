/*
 * store_inbox.h - what came in and has no end yet, as the store keeps it
 *
 * See store.h for order, threads, ownership and trouble.
 */
#ifndef CORE_STORE_INBOX_H
#define CORE_STORE_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/store.h"

enum store_arrival_state {
	STORE_ARRIVAL_WAITING,     /* to be written to the XMPP server */
	STORE_ARRIVAL_HANDED,      /* it has it; may still come back */
	STORE_ARRIVAL_DEAD,        /* nobody can have it */
	STORE_ARRIVAL_QUARANTINED, /* streams die of it */
};

struct store_arrival {
	uint64_t id; /* grows with time; unique in its gateway */
	struct str gateway, user, line;
	struct str key;     /* empty: nothing tells that it comes again */
	struct str contact; /* who it is from, for people */
	struct str why;     /* of the last two states, for people */
	struct str letter;  /* letter.h */
	enum store_arrival_state state;
	int64_t at_utc, changed_utc;
	unsigned tries;  /* how often it came back */
	unsigned deaths; /* of streams, with it under way */
};

/* ok: kept, and is_new, or it was here before under its key and is dropped. */
typedef void store_arrived_fn(bool ok, bool is_new, void *arg);

/*
 * All n of them in one transaction; fn is called for each, in order, with its
 * own arg.  One whose key is known on its line from another batch is dropped.
 * batch is a number that was never used before.
 */
void store_arrivals_put(struct store *st, const struct store_arrival *v,
    size_t n, uint64_t batch, store_arrived_fn *fn, void *const *arg,
    store_load_id *id_out);

/* ok = false: nothing is known, v is NULL.  Oldest first. */
typedef void store_arrivals_fn(
    bool ok, const struct store_arrival *v, size_t n, void *arg);

/* All of a gateway; those of the last two states without their letters. */
store_load_id store_arrivals_load(
    struct store *st, struct str gateway, store_arrivals_fn *fn, void *arg);

/* One, whole, whatever its state; n is 0 if there is none. */
store_load_id store_arrival_load(struct store *st, struct str gateway,
    uint64_t id, store_arrivals_fn *fn, void *arg);

/* state, changed_utc, tries, deaths and why of that gateway's id. */
void store_arrival_set(struct store *st, const struct store_arrival *a,
    store_done_fn *done, void *arg);
void store_arrival_del(struct store *st, struct str gateway, uint64_t id,
    store_done_fn *done, void *arg);

/* What has such an end, and keys, that are older. */
void store_arrivals_prune(struct store *st, struct str gateway,
    int64_t dead_before_utc, int64_t keys_before_utc, store_done_fn *done,
    void *arg);

#endif
