/*
 * invitation.h - somebody is asked into a room, either way
 *
 * XEP-0045 1.34	7.8 mediated, through the room
 * XEP-0249 1.2	direct, to the person who is invited
 *
 * Both become the same request to the network.  A direct one that names a room
 * of somewhere else cannot: it is refused, or goes as the words it comes with.
 */
#ifndef CORE_INVITATION_H
#define CORE_INVITATION_H

#include <stdbool.h>

struct gw_event;
struct inlet;
struct room;
struct session;
struct stanza;

/* Our user, inside, has the room invite somebody; answered. */
void invitation_by_room(
    struct inlet *in, struct room *r, const struct stanza *invite);

/*
 * A message to somebody, or to room/nick; false: it invites nobody, or can only
 * be said.
 */
bool invitation_direct(struct inlet *in);

/* Somebody invites our user. */
void invitation_in(struct session *s, const struct gw_event *ev);

#endif
