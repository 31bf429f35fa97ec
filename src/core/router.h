/*
 * router.h - a stanza that came in, brought to whom it concerns
 *
 * Checks who sends it and where it points; then a row per kind of address.
 * Whoever sends a message or a presence that cannot be acted on gets an
 * error; errors themselves are never answered.
 */
#ifndef CORE_ROUTER_H
#define CORE_ROUTER_H

#include "core/gateway.h"
#include "lib/buf.h"
#include "xmpp/jid.h"

struct room;
struct session;
struct stanza;

/* A stanza with everything worked out that its handlers ask for. */
struct inlet {
	struct gateway *gw;
	const struct stanza *stanza;
	struct jid from, to;
	struct str type, id;
	struct gw_address at; /* where it points */
	struct str resource;  /* of to, unescaped; empty if none */
	struct buf names;     /* what at borrows from */
	struct buf nick;      /* what resource borrows from */
	struct buf scratch;   /* for stanza_text() */
};

enum { GW_NADDR = GW_ADDR_PERSON + 1 };

typedef void inlet_fn(struct inlet *in);

void router_stanza(struct gateway *gw, const struct stanza *s);

/*
 * Works out from, to and where to points.  -1: err says what is wrong; from
 * and to are set if they are addresses at all, so it can be answered.
 */
int inlet_init(struct inlet *in, struct gateway *gw, const struct stanza *s,
    struct err *err);
void inlet_release(struct inlet *in);

/* Answers a message or presence with an error; errors never. */
void inlet_error(struct inlet *in, const struct err *err);

/* The sender's session on the network it points to; NULL: none. */
struct session *inlet_session(struct inlet *in);
/* ... and the room there. */
struct room *inlet_room(struct inlet *in);
/* ... and the sender in it, under the very address it was joined by. */
struct occupant *inlet_occupant(struct inlet *in);

#endif
