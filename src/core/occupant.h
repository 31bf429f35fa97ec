/*
 * occupant.h - one resource of our user in one room
 *
 * Written to the store as soon as it is inside, so that a restart of ours
 * does not turn people out; see probe.h.
 */
#ifndef CORE_OCCUPANT_H
#define CORE_OCCUPANT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/backlog.h"
#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/list.h"

struct room;

enum occupant_state {
	OCCUPANT_JOINING,
	OCCUPANT_INSIDE,
	OCCUPANT_PROBED, /* inside before the stream broke; asked if it is there */
};

enum { OCCUPANT_JOIN_MS = 60000 };

struct occupant {
	struct list node; /* room->occupants */
	struct room *room;
	uint64_t id;    /* for person.whisper */
	char *jid;      /* full JID of the resource */
	char *room_jid; /* bare JID of the room as this resource writes it */
	char *wish;     /* nick it asked for, then nick it knows; unescaped */
	char *join_id;  /* id of its join, for an error; NULL: none */
	enum occupant_state state;
	struct backlog_wish history;
	uint64_t seen_seq;     /* last line of the backlog it was given */
	struct timer deadline; /* JOINING */
	bool stored;
	unsigned char away; /* how little available: away.h */
	char *status;       /* its reason; NULL: none */
};

struct occupant *occupant_find(struct room *r, struct str jid);
struct occupant *occupant_by_id(struct room *r, uint64_t id);

/* JOINING from now on.  NULL: too many. */
struct occupant *occupant_new(struct room *r, struct str jid,
    struct str room_jid, struct str wish, struct err *err);

/* Says nothing to anybody; removes it from the store. */
void occupant_free(struct occupant **op);

/* The same, but leaves it in the store: we come back. */
void occupant_drop(struct occupant **op);

/* Writes it to the store as it is now. */
void occupant_store(struct occupant *o);

/* Its row is in the store already: whoever frees it takes that away. */
void occupant_is_stored(struct occupant *o);

/* Gives it the whole room (XEP-0045 7.2) and writes it to the store. */
void occupant_enter(struct occupant *o);

/* Something came from it: if we were asking, it is there. */
void occupant_alive(struct occupant *o);

/* Tells it that its join ended outside, and frees it. */
void occupant_refuse(struct occupant *o, enum gw_refusal why,
    const struct err *err, struct str forward);

#endif
