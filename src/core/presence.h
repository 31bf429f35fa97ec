/*
 * presence.h - presence that comes in: joins, nicks, leaving, subscriptions
 */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include "lib/str.h"

struct gateway;
struct inlet;

void presence_in(struct inlet *in);

/*
 * A client that was inside before our restart and is still there: the same
 * as if it joined again.
 */
void presence_restore(struct gateway *gw, struct str jid, struct str room_jid,
    struct str nick, struct str password);

#endif
