/*
 * moderation.h - a moderator of a room takes back what somebody has said
 *
 * XEP-0425 0.3	as clients ask for it; what comes of it is retraction.h
 *
 * Only where the network can take messages back (GW_ROOM_REDACTS), and only
 * of messages that have a name there.
 */
#ifndef CORE_MODERATION_H
#define CORE_MODERATION_H

struct iq_ask;
struct stanza;

void moderation_on_set(struct iq_ask *ask, const struct stanza *moderate);

#endif
