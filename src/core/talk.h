/*
 * talk.h - what is said in rooms, on its way to our clients
 */
#ifndef CORE_TALK_H
#define CORE_TALK_H

#include "core/gateway.h"

struct room;

/* A line in a room that we are in; others are dropped. */
void talk_in_room(struct session *s, const struct gw_message *m);

/*
 * Remembers and shows it.  An id that is empty or too long: one of ours is
 * made; no time: now.  own: for a line of our user, else NULL.
 */
struct announce_own;
struct backlog_word;
void talk_line(struct room *r, const struct backlog_word *word,
    const struct announce_own *own);

/* A stanza id of our own: unique, grows with time; 24 bytes and a NUL. */
enum { TALK_ID = 25 };
void talk_new_id(struct session *s, char out[TALK_ID]);

#endif
