/*
 * stay.h - rooms that a user stays in when the last client has left
 *
 * Where the setting "stay_connected" is on (of the room, else of the network,
 * else of the gateway) the room is not left with the last client, and is
 * joined again after every restart of ours, without asking anybody.  The
 * store keeps it as an occupant whose JID ends in an empty resource, which no
 * client has.  Counts in limits.occupants.
 */
#ifndef CORE_STAY_H
#define CORE_STAY_H

#include <stdbool.h>

#include "lib/str.h"

struct account;
struct gateway;
struct room;

/* Does our user want to stay in it? */
bool stay_is_wanted(const struct room *r);

/* Written to the store if wanted and inside, taken away if not wanted. */
void stay_review(struct room *r);

/* It is left for good. */
void stay_forget(struct room *r);

/* What is kept of it has changed, if anything is. */
void stay_store(struct room *r);

/* Settings have changed: rooms with nobody in them may have to be left. */
void stay_review_all(struct account *a);

/* Of a row of the store: is it one of these? */
bool stay_is_row(struct str jid);

/* Joins again what the store has. */
void stay_restore(struct gateway *gw, struct str jid, struct str room_jid,
    struct str nick, struct str password);

#endif
