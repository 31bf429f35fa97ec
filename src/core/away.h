/*
 * away.h - what our user's clients say of him, told to the network
 *
 * The most available of his clients inside rooms counts (RFC 6121 4.7.2.1:
 * away, dnd and xa are away, what else there is is here), with its status as
 * the reason.  With nobody inside who stays connected he is away, too.  Told
 * when it has been so for AWAY_SETTLE_MS, and AWAY_EVERY_MS apart at least:
 * networks limit it.
 */
#ifndef CORE_AWAY_H
#define CORE_AWAY_H

#include "lib/str.h"

struct occupant;
struct session;

enum {
	AWAY_SETTLE_MS = 1000,
	AWAY_EVERY_MS = 15000,
	AWAY_TEXT_MAX = 200, /* bytes of a reason */
};

/* A client's show and status; both may be empty. */
void away_note(struct occupant *o, struct str show, struct str status);

/* Somebody came or went: look again, soon. */
void away_review(struct session *s);

/* Logged in: the network takes everybody for here. */
void away_begin(struct session *s);

void away_init(struct session *s);
void away_release(struct session *s);

#endif
