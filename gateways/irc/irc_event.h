/*
 * irc_event.h - what the proto reports, told to the core
 *
 * One row per event of irc_proto.h.  Only channels that we are in are told
 * of; being put into one that nobody asked for ends with a PART, since nobody
 * would be seen to read it.
 */
#ifndef IRC_EVENT_H
#define IRC_EVENT_H

#include "irc/irc_link.h"
#include "irc/irc_proto.h"

void irc_event_handle(struct irc_link *l, const struct irc_event *ev);

/* A member as they are shown with these signs. */
void irc_event_member(struct irc_link *l, const struct irc_channel *c,
    const struct gw_person *person, irc_rank_mask mask);

#endif
