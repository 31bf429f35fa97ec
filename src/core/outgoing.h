/*
 * outgoing.h - messages of our user on their way to a live network
 *
 * Every id that a client sends ends in exactly one of: reflected (rooms) or
 * taken (one to one, silently), or an error with the same id.  The last
 * OUTGOING_TAIL taken ones are remembered so that a refusal that comes late
 * still finds its stanza.
 */
#ifndef CORE_OUTGOING_H
#define CORE_OUTGOING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "core/talk.h"
#include "lib/list.h"

struct occupant;
struct session;

enum { OUTGOING_TAIL = 32, OUTGOING_MAX = 200 };

/* Its slices point behind it, into the same allocation; but for the body. */
struct outgoing {
	struct list node; /* session->outgoing, or ->taken */
	gw_ticket ticket;
	bool held;  /* waits for the login */
	bool taken; /* GW_SENT came; only what an error needs is kept */
	enum gw_msg_kind kind;
	struct str from;       /* full JID of the sender */
	struct str to;         /* as it was addressed */
	struct str id;         /* stanza id, may be empty */
	struct str origin;     /* origin-id or empty */
	struct str room;       /* key's name; empty: one to one */
	struct str nick;       /* one to one, or one member of the room */
	struct str reply_to;   /* id of what it answers, or empty; */
	struct str reply_nick; /* who said that; empty: need not be said */
	struct str corrects;   /* id of what it stands for, or empty */
	char *body;            /* NULL once taken */
	char *shown; /* to our clients; NULL: the body.  As that, once taken */
	char sid[TALK_ID]; /* stanza-id, once taken */
};

struct outgoing_params {
	enum gw_msg_kind kind;
	struct str from, to, id, origin, room, nick, body;
	struct str reply_to, reply_nick, corrects;
	struct str shown; /* to our clients; empty: the body */
};

/*
 * Sends it, or keeps it for the login that is under way (one to one only).
 * -1: refused; the caller answers.
 */
int outgoing_send(
    struct session *s, const struct outgoing_params *p, struct err *err);

/* The login succeeded: what was held goes. */
void outgoing_release(struct session *s);

/* The session is over: what had no fate is refused with err. */
void outgoing_fail_all(struct session *s, const struct err *err);

void outgoing_on_fate(struct session *s, const struct gw_event *ev);

#endif
