/*
 * outcast.h - who is kept out of a room, as the network lists it
 */
#ifndef CORE_OUTCAST_H
#define CORE_OUTCAST_H

struct inlet;
struct iq_ask;
struct room;

/* Answers with the list (XEP-0045 9.2), at once or later. */
void outcast_list(struct iq_ask *ask, struct inlet *in, struct room *r);

#endif
