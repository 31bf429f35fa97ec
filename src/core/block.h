/*
 * block.h - whom the administrators keep out of a gateway
 *
 * A bare JID or a domain, exact as in `access`; kept in the store among the
 * facts that belong to no network, so it outlives restarts until it is
 * lifted.  Administrators themselves are never blocked: see access.c.
 */
#ifndef CORE_BLOCK_H
#define CORE_BLOCK_H

#include <stdbool.h>

#include "core/store.h"
#include "lib/buf.h"
#include "lib/str.h"

struct blocks;
struct gateway;
struct jid;

enum { BLOCKS_MAX = 10000, BLOCK_REASON_MAX = 160 };

struct block {
	char *jid;    /* bare, or a domain */
	char *reason; /* may be empty; shown to who is refused */
};

struct blocks *blocks_new(struct gateway *gw);
void blocks_free(struct blocks **bp);

/* What keeps somebody out: he himself, or his domain; NULL: nothing. */
const struct block *blocks_match(
    const struct blocks *bs, const struct jid *who);

/*
 * From now on; done once it is durable.  The reason is cut.  -1: over
 * BLOCKS_MAX.  jid is normalised.
 */
int blocks_put(struct blocks *bs, struct str jid, struct str reason,
    store_done_fn *done, void *arg, struct err *err);

/* -1: was not blocked. */
int blocks_lift(
    struct blocks *bs, struct str jid, store_done_fn *done, void *arg);

/* Ends the sessions of everybody who is kept out, and what rosters are sent. */
void blocks_enforce(struct blocks *bs);

/* A fact of the store; false: it is none of ours. */
bool blocks_on_fact(struct blocks *bs, struct str name, struct str value);

/* Appends a line for each up to max, and how many there are beyond. */
void blocks_write(const struct blocks *bs, size_t max, struct buf *out);

#endif
