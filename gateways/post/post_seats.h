/*
 * post_seats.h - people of post who sit in rooms of other services
 *
 * What a user says to one of them, as words of post_gateway.c:
 *
 *	seat ROOM [NICK [PASSWORD]]   from now on he sits there, also after a
 *	                              restart
 *	unseat ROOM                   no longer
 *	seated ROOM                   "inside", or why not, is said to the user
 *	post ROOM                     all of the message is posted there by him:
 *	                              it is sent when it is kept
 */
#ifndef POST_SEATS_H
#define POST_SEATS_H

#include <stdbool.h>

#include "core/gateway.h"
#include "lib/list.h"

/* Facts from before it was ready. */
struct post_seats {
	struct list early;
};

void post_seats_open(struct post_seats *p);
void post_seats_close(struct post_seats *p);

/* False: the fact is none of these. */
bool post_seats_fact(struct post_seats *p, struct str name, struct str value);
void post_seats_ready(struct gateway *gw, struct post_seats *p);

/*
 * One of the words, with what stands behind it.  True: the outcome of that
 * ticket follows by itself.  What is to be said to the user is appended.
 */
bool post_seats_said(struct gateway *gw, gw_ticket t, struct str word,
    struct str arg, const struct gw_message *m, struct buf *out);

/* What somebody there says to them, the first administrator is told. */
void post_seats_heard(struct gateway *gw, struct str room, struct str name,
    const struct gw_message *m, enum gw_standing standing);

#endif
