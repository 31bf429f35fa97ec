/*
 * seat_base.h - the inside of seats, for their own files
 *
 *	seats.c      which there are, and the stream they live on
 *	seat.c       how one gets inside, and notices that it is not
 *	seat_in.c    what rooms say
 *	seat_people.c  who else is there
 *	seat_names.c   what rooms call what we have posted
 *	seat_lookup.c  ... before we were started
 */
#ifndef CORE_SEAT_BASE_H
#define CORE_SEAT_BASE_H

#include "core/instance.h"
#include "core/seat.h"
#include "lib/backoff.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/map.h"
#include "lib/secret.h"
#include "xmpp/jid.h"

enum seat_state { SEAT_OUT, SEAT_ASKING, SEAT_ENTERING, SEAT_INSIDE };

enum { SEAT_NICKS = 9, SEAT_PINGS = 2, SEAT_NICK_BYTES = 200 };

struct seat_names;

struct seat {
	struct seats *all;
	char *key, *room, *own; /* seat_key(), seat_room(), seat_address() */
	char *name, *wish;      /* as they were put */
	char *nick;             /* that it has, or asks for */
	struct secret password;
	enum seat_state state;
	bool is_settled;
	bool has_archive, has_ids; /* ... that can be asked for some ids */
	unsigned ntaken;           /* nicks that were taken */
	unsigned nsilent;          /* pings without an answer */
	uint64_t ask;              /* iq that is open, or 0 */
	struct timer due;          /* OUT: try again; else: see on_due() */
	struct backoff quick, slow;
	int64_t heard_at, since_at, asked_at;
	struct err err; /* why it is not inside, last */
	struct map people;
	struct seat_names *names; /* NULL until the first */
	struct list lookups;      /* seat_lookup.c */
};

struct seats {
	struct gateway *gw;
	struct map by_key;
	size_t nentering; /* ASKING or ENTERING */
	size_t npeople;
	bool is_up;
};

static inline struct clock *
seat_clock(const struct seat *s)
{
	return core_clock(s->all->gw->core);
}

/* ---- seat.c ----------------------------------------------------------- */

/* OUT, and nothing is under way. */
void seat_init(struct seat *s);
void seat_release(struct seat *s); /* without a word */

/* Now, if it is outside and the stream is up. */
void seat_enter(struct seat *s);

/* Says goodbye. */
void seat_leave(struct seat *s);

enum seat_again { SEAT_AGAIN_NEVER, SEAT_AGAIN_QUICK, SEAT_AGAIN_SLOW };

/* It is outside, for that reason; never: until the stream is up. */
void seat_goes_out(
    struct seat *s, enum seat_again again, const struct err *err);

/* What the room has answered to our presence. */
void seat_is_inside(struct seat *s, struct str nick);
void seat_is_refused(struct seat *s, const struct stanza *presence);
void seat_settles(struct seat *s);

/* ---- seat_in.c -------------------------------------------------------- */

void seat_presence(struct seat *s, struct inlet *in);
void seat_message(struct seat *s, struct inlet *in);

/* ---- seat_people.c ---------------------------------------------------- */

struct seat_person {
	char *nick, *jid; /* bare; jid: empty if the room does not show it */
	enum gw_standing standing;
};

/* item may be NULL.  Kept only where somebody wants to hear of them. */
void seat_people_put(
    struct seat *s, struct str nick, const struct stanza *item);
void seat_people_del(struct seat *s, struct str nick);
void seat_people_clear(struct seat *s);
const struct seat_person *seat_people_get(
    const struct seat *s, struct str nick);

/* ---- seat_names.c ----------------------------------------------------- */

/* The room calls that stanza of ours so, which was given that id. */
void seat_names_put(struct seat *s, struct str stanza_id, struct str id);

/* What the network calls what somebody means by that id; or empty. */
struct str seat_names_get(const struct seat *s, struct str stanza_id);
void seat_names_free(struct seat *s);

/* ---- seat_lookup.c ---------------------------------------------------- */

/* m answers what the room calls so: told as soon as that is known. */
void seat_lookup(struct seat *s, struct str stanza_id,
    const struct gw_message *m, enum gw_standing standing);
void seat_lookups_drop(struct seat *s);

#endif
