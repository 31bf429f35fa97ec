/*
 * seat.h - our addresses as occupants of rooms of other services
 *
 * The client side of XEP-0045, for gateway_seat_put() and for what is posted
 * (posts.h).  Each seat enters its room by itself, and again whenever it is
 * outside:
 *
 *	       seats_up()        the room is there        status 110
 *	OUT ----------> ASKING ----------------> ENTERING ----------> INSIDE
 *	 ^  after a while   |                       |                  |
 *	 +------------------+-----------------------+------------------+
 *	      no answer, refused, put out, nobody answers our pings
 *
 * Asking     A room that is not there would be made by entering it, so it is
 *            asked first what it can do (XEP-0030); that also tells whether
 *            it has an archive.
 * Again      After SEAT_QUICK_MIN_MS, growing, where it may be over soon;
 *            after SEAT_SLOW_MIN_MS, growing, where somebody has to do
 *            something about it.  gateway_seat_put() tries at once.
 * Silence    SEAT_SILENCE_MS after the last word of a room it is asked
 *            whether we are still inside (XEP-0410).
 *            Different ones have different delays, one the same each time.
 * Nicks      Where the wish is taken, NICK_2 and so on to NICK_9.
 * Limits     GW_SEATS_MAX, SEATS_ENTERING_MAX of them on their way in,
 *            SEATS_PEOPLE_MAX occupants remembered in all.
 */
#ifndef CORE_SEAT_H
#define CORE_SEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"

struct gateway;
struct inlet;
struct seat;
struct seats;
struct stanza;

enum {
	SEAT_ANSWER_MS = 30 * 1000, /* for a question, and to enter */
	SEAT_SUBJECT_MS = 5 * 1000, /* after entering: history ends with it */
	SEAT_SILENCE_MS = 3 * 60 * 1000,
	SEAT_STAYED_MS = 60 * 1000, /* inside so long: delays begin anew */
	SEAT_QUICK_MIN_MS = 1000,
	SEAT_QUICK_MAX_MS = 5 * 60 * 1000,
	SEAT_SLOW_MIN_MS = 5 * 60 * 1000,
	SEAT_SLOW_MAX_MS = 60 * 60 * 1000,
	SEATS_ENTERING_MAX = 50,
	SEATS_ENTERING_MS = 250, /* ... the others look again */
	SEATS_PEOPLE_MAX = 20000,
};

struct seats *seats_new(struct gateway *gw);
void seats_free(struct seats **sp);

/* The stream is up; it is gone, before iq_stream_down(); the program ends. */
void seats_up(struct seats *all);
void seats_down(struct seats *all);
void seats_leave(struct seats *all);

/* A message or a presence from a room for a seat.  False: it is none. */
bool seats_stanza(struct seats *all, struct inlet *in);

/* Does an occupant of a room ask a seat there?  Rooms pass pings on. */
bool seats_is_asked(const struct seats *all, const struct inlet *in);

/* NULL: there is none of that key; of that name in that room. */
struct seat *seats_get(const struct seats *all, struct str key);
struct seat *seats_find(
    const struct seats *all, struct str room, struct str name);

/* Room and local part, "ops@conference.example.org/disk": no bare JID. */
struct str seat_key(const struct seat *s);
struct str seat_room(const struct seat *s);
struct str seat_address(const struct seat *s); /* ours, with a resource */

/* Inside, and all that was said before has been told. */
bool seat_is_settled(const struct seat *s);
bool seat_has_archive(const struct seat *s);

/* Something was posted and should be seen soon; it was. */
void seat_expects(struct seat *s, int64_t ms);

/* The room says that we are not inside, in answer to a post. */
void seat_is_out(struct seat *s, const struct err *err);

#endif
