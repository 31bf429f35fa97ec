/*
 * outbox_gone.h - clients that have gone lately
 *
 * An error goes to the client that wrote; a server drops it without a word
 * when that is not there any more.  Who has gone is remembered for as long as
 * errors are sent at all, at most OUTBOX_GONE_MAX of them.
 */
#ifndef CORE_OUTBOX_GONE_H
#define CORE_OUTBOX_GONE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/str.h"

struct outbox;

enum {
	OUTBOX_GONE_MAX = 10000,
	OUTBOX_GONE_MS = 60000,
};

/* Presence of a client, a full JID. */
void outbox_client_gone(struct outbox *b, struct str jid);
void outbox_client_here(struct outbox *b, struct str jid);

/* It has gone since then.  One that writes without presence is there. */
bool outbox_is_gone(const struct outbox *b, struct str jid, int64_t since_utc);

void outbox_gone_clear(struct outbox *b);

#endif
