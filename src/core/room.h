/*
 * room.h - a room of a network, as one session sees it
 *
 *	IDLE --somebody comes--> WAITING --online--> JOINING --JOINED--> LISTING
 *	                            ^                                      |
 *	                        link lost                             MEMBERS_END
 *	                            |                                      v
 *	                            +------------------------------- JOINED
 *
 * Members are people of the network; occupants (occupant.h) are resources of
 * our user.  When the link comes back the room is joined again and the
 * members that are not reported again are gone: nobody sees more than the
 * difference.
 */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/backlog.h"
#include "core/gateway.h"
#include "core/identity.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/secret.h"

struct arrears;
struct person;
struct session;

enum room_state {
	ROOM_IDLE,
	ROOM_WAITING,
	ROOM_JOINING,
	ROOM_LISTING,
	ROOM_JOINED
};

enum {
	ROOM_JOIN_MS = 45000,     /* for the network to let us in */
	ROOM_JOIN_EACH_MS = 3000, /* more for each room: flood control */
	ROOM_RETRY_MS = 60000,    /* until the next try to get back in */
	ROOM_LINGER_MS = 120000,  /* kept so long when clients got lost */
	ROOM_OCCUPANTS_MAX = 50,  /* resources of one user in one room */
};

struct member {
	struct list in_room;   /* room->order */
	struct list in_person; /* person->members */
	struct room *room;
	struct person *person;
	enum gw_role role;
	enum gw_standing standing;
	bool fresh;        /* reported since we (re)joined */
	bool owed, unseen; /* arrears.h: to be shown; not shown yet */
	char identity[IDENTITY_BYTES];
};

struct room {
	struct session *s;
	char *name; /* the network's spelling */
	char *key;
	enum room_state state;
	struct arrears *arrears; /* NULL: clients are owed nothing */
	struct map members;      /* by person->key */
	struct list order;
	struct list occupants;
	size_t noccupant;
	char *subject, *subject_by; /* NULL: none */
	char *subject_was; /* what those inside were shown, while LISTING */
	int64_t subject_utc;
	unsigned flags; /* GW_ROOM_* */
	struct backlog backlog;
	uint64_t history; /* the store's answer we wait for: history.h */
	struct secret password;
	gw_req_id join;
	enum gw_refusal refusal; /* from REFUSED, for the DONE that follows */
	char *forward;
	struct timer linger;
	struct timer retry; /* WAITING although the session is online */
	bool stays; /* also without clients, and after a restart: stay.h */
	bool again; /* joined before: the next MEMBERS_END is a return */
};

struct room *room_find(struct session *s, struct str name);

/* Found or made.  NULL: over the ceiling. */
struct room *room_get(struct session *s, struct str name, struct err *err);
void room_free(struct room **rp);

/* Ask the network to let us in, if online and not done yet. */
void room_enter(struct room *r);

/* How long that may take beside all other rooms, in ms. */
int64_t room_patience(const struct room *r);

/* Nothing can happen before that moment: joins that wait have longer. */
void room_postpone(struct room *r, int64_t at);

/* Nobody of ours is left: leave it (reason may be empty) and free it. */
void room_abandon(struct room *r, struct str reason);

/* After an occupant went: abandon, linger (if lost) or go on. */
void room_check(struct room *r, bool lost, struct str reason);

/* Is anybody of ours inside, or coming? */
bool room_is_wanted(const struct room *r);
bool room_has_inside(const struct room *r);

struct member *room_member(struct room *r, struct str nick);

/* Our own membership, or NULL. */
struct member *room_self(struct room *r);

/* What it may do, the room being as it is. */
enum gw_role member_role(const struct member *m);

void member_free(struct member **mp);

/* Who waits goes in, if we are inside and there is nothing to wait for. */
void room_let_in(struct room *r);

/* The link is down: members are stale, the rooms wait. */
void room_link_lost(struct room *r);

/*
 * Everybody of ours is out: told with status and reason; frees the room.
 * status as muc.h, actor and reason may be empty.
 */
void room_expel(
    struct room *r, int status, struct str actor, struct str reason);

/* The same at our shutdown: they stay in the store, and are asked later. */
void room_suspend(struct room *r, int status, struct str reason);

/* Whoever is on the way in is told why not. */
void room_refuse_joining(
    struct room *r, enum gw_refusal why, const struct err *err);

/* Events (event.c). */
void room_on_joined(struct room *r, const struct gw_event *ev);
void room_on_members_end(struct room *r, const struct gw_event *ev);
void room_on_member(struct room *r, const struct gw_event *ev);
void room_on_standing(struct room *r, const struct gw_event *ev);
void room_on_member_left(struct room *r, const struct gw_event *ev);
void room_on_subject(struct room *r, const struct gw_event *ev);
void room_on_refused(struct room *r, const struct gw_event *ev);
void room_on_left(struct room *r, const struct gw_event *ev);
void room_on_flags(struct room *r, const struct gw_event *ev);

#endif
