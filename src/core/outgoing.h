/*
 * outgoing.h - messages of our user on their way to a live network
 *
 * A message to a room is reflected when it has left (GW_LEFT) or, where the
 * network says so at once, when it was taken (GW_SENT).  Every id ends in
 * exactly one of: accepted (GW_SENT; the reflection stays true, and goes into
 * the archive), or an error
 * with the same id, whose text says whether it may have arrived all the same.
 * Those that were open when the program was killed, or when their sender could
 * not be told, get that error when the stream is up again.
 */
#ifndef CORE_OUTGOING_H
#define CORE_OUTGOING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/backlog.h"
#include "core/gateway.h"
#include "core/identity.h"
#include "core/talk.h"
#include "lib/list.h"

struct occupant;
struct session;

enum { OUTGOING_MAX = 200, OUTGOING_GONE_MAX = 1200 };

/* Its slices point behind it, into the same allocation; but for the body. */
struct outgoing {
	struct list node; /* session->outgoing, or ->gone */
	gw_ticket ticket;
	uint32_t unsettled; /* unsettled.h */
	bool held;          /* waits for the login */
	bool gone;          /* GW_LEFT came */
	bool is_network_id; /* sid is what the network calls it */
	enum gw_msg_kind kind;
	struct str from;       /* full JID of the sender */
	struct str to;         /* as it was addressed */
	struct str id;         /* stanza id, may be empty */
	struct str origin;     /* origin-id or empty */
	struct str room;       /* key's name; empty: one to one */
	struct str nick;       /* one to one, or one member of the room */
	struct str reply_to;   /* id of what it answers, or empty; */
	struct str reply_nick; /* who said that; empty: need not be said */
	struct str answers;    /* the network's id of it, or empty */
	struct str corrects;   /* id of what it stands for, or empty */
	char *body;
	char *shown;          /* to our clients; NULL: the body */
	char *parts;          /* gw_message's, or NULL */
	struct gw_span *span; /* of the body; NULL: none */
	size_t nspan;
	bool typed;                    /* the spans: our clients see to them */
	char sid[BACKLOG_ID];          /* stanza-id, once gone; */
	char identity[IDENTITY_BYTES]; /* and as who; */
	int64_t gone_us;               /* and when */
};

struct outgoing_params {
	enum gw_msg_kind kind;
	struct str from, to, id, origin, room, nick, body;
	struct str reply_to, reply_nick, answers, corrects;
	struct str shown;           /* to our clients; empty: the body */
	const struct gw_span *span; /* of the body */
	size_t nspan;
	bool typed; /* the spans: found in the text, not told by the client */
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

/* The stream is up: what an earlier run, or stream, has left open. */
void outgoing_settle(struct gateway *gw);

#endif
