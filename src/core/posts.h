/*
 * posts.h - what waits in the inbox to be posted into rooms
 *
 * The inbox keeps posts as it keeps what is for users (inbox.h), addressed to
 * a seat (seat_key()).  They differ in how they end: a room sends each post
 * to all who are inside, us among them, and that is when it is there.
 *
 *	WAITING --> WRITTEN --> TAKEN --> seen: forgotten
 *	   ^           |          |
 *	   +-----------+----------+   put out, stream gone, not seen in time:
 *	                              nobody knows whether it is there
 *
 * Never twice    What may be there already is looked for before it is
 *                written again: in the room's history, asked for on entering,
 *                and in its archive (XEP-0313), where it has one.  So is what
 *                waits when the program starts.
 * Order          Of one seat, as they were kept.
 * Came back      Not inside: the seat enters again.  No voice, too fast, the
 *                server away: later, INBOX_GIVE_UP_MS at most.  Else it is a
 *                dead letter.
 * Not seen       POSTS_SEEN_MS after it was written the room is asked whether
 *                we are inside; who is, and has not seen it, is patient
 *                POSTS_TRIES times.
 * Limits         POSTS_OPEN of a seat that are not seen.
 */
#ifndef CORE_POSTS_H
#define CORE_POSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/str.h"

struct addressee;
struct arrival;
struct gateway;
struct inbox;
struct inlet;
struct seat;

enum {
	POSTS_OPEN = 10,
	POSTS_SEEN_MS = 20 * 1000,
	POSTS_TRIES = 3,
	POSTS_SKEW_MS = 10 * 60 * 1000, /* between our clock and the room's */
};

/* ---- for seats -------------------------------------------------------- */

/* It is inside, and has been told what was said before; it is not. */
void posts_seat_settled(struct gateway *gw, struct str key);
void posts_seat_left(struct gateway *gw, struct str key);

/* It is inside: what was written before asked_at should have been seen. */
void posts_seat_answers(struct gateway *gw, struct str key, int64_t asked_at);

/* When the room is to be asked, for want of a post; INT64_MAX: never. */
int64_t posts_missed_at(struct gateway *gw, struct str key);

/* Since when there may be posts of it in the room; 0: all is known. */
int64_t posts_unsure_since(struct gateway *gw, struct str key);

/* The seat is taken away. */
void posts_give_up(struct gateway *gw, struct str key);

/* Something that we have said in the room. */
struct post_seen {
	struct str id, origin_id; /* that we gave it */
	struct str body;
	bool is_past;
};
void posts_seen(
    struct gateway *gw, struct str key, const struct post_seen *seen);

/* A message of type error. */
void posts_bounced(struct seat *s, struct inlet *in);

/* ---- for the inbox ---------------------------------------------------- */

/* All of a seat that can be known of the past is known. */
void posts_are_sure(struct addressee *u);

/* May its next one be written now? */
bool posts_may_go(const struct addressee *u);

/* It may be in its room already; or certainly not. */
void posts_unsure(struct arrival *a, bool is_unsure);

/* It was written; the server has taken it; it is tried once more. */
void posts_written(struct arrival *a);
void posts_taken(struct arrival *a);
void posts_revived(struct arrival *a);

/* What is too old ends. */
void posts_prune(struct inbox *in);

#endif
