/*
 * person.h - somebody on the network, as one session sees them
 *
 * Kept while they share a room with us; known once, however many rooms.
 */
#ifndef CORE_PERSON_H
#define CORE_PERSON_H

#include <stdbool.h>

#include "core/gateway.h"
#include "lib/list.h"

struct occupant;
struct session;

/* What is told of somebody is cut to so many bytes. */
enum { PERSON_TEXT_MAX = 400 };

struct person {
	struct session *s;
	char *key;      /* folded nick: key of every map they are in */
	char *nick;     /* the network's spelling */
	char *resource; /* escaped for a JID; NULL: as nick */
	char *user, *host, *account, *realname; /* NULL: not known */
	char *away;                             /* NULL: here */
	unsigned flags;                         /* GW_PERSON_* */
	bool is_gone; /* of arrears.h: not our user, whoever has the nick now */
	struct list members; /* rooms they are in: struct member */
	uint64_t whisper;    /* occupant of ours that wrote to room/nick last */
};

struct person *person_find(struct session *s, struct str nick);
struct person *person_get(struct session *s, struct str nick);

/* Takes over what is known; empty changes nothing.  True: it changed. */
bool person_learn(struct person *p, const struct gw_person *what);

/* They have another nick now; the keys of all maps follow. */
void person_rename(struct person *p, struct str nick);

/* Forgets them if they are in no room. */
void person_check(struct person *p);
void person_free(struct person **pp);

/* Is it our own user? */
bool person_is_self(const struct person *p);

/* Their name as a resource, escaped. */
struct str person_resource(const struct person *p);

/* The network folds names in another way now. */
void person_refold_all(struct session *s);

#endif
