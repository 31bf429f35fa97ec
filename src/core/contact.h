/*
 * contact.h - an address of ours in a user's roster
 *
 * The gateway, a network, or a person there (XEP-0100 4.4, 4.6; RFC 6121 3).
 *
 *	subscribe  -> kept, then subscribed, and where they are
 *	probe      -> where they are; a server sends it only for what is in a
 *	              roster, so it is a subscription, too, if none was known
 *	available  -> nothing, since a probe comes as well; to who has not
 *	              subscribed, where they are
 *	unsubscribe -> unavailable, unsubscribed, forgotten
 */
#ifndef CORE_CONTACT_H
#define CORE_CONTACT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "lib/list.h"
#include "lib/str.h"

struct buf;
struct inlet;
struct roster;
struct session;

struct contact {
	struct list node; /* in its roster; or, saving, among the leaving */
	struct list line; /* while it waits to be told */
	struct roster *roster; /* NULL: ended, only the store still has it */
	uint64_t id;
	char *address; /* local part, as it stands in the JID; "": gateway */
	enum gw_addr_kind kind;
	char *network, *nick;
	bool saving; /* the store has not answered yet */
	bool asked;  /* to be watched, in this login of the session */
	bool here;
	char *away; /* NULL: not known to be */
};

/* Ceilings are the roster's: roster_add(). */
struct contact *contact_new(
    struct roster *r, struct str address, const struct gw_address *at);
void contact_free(struct contact *c);

/* The user is told that it is over, and the store; then it is gone. */
void contact_end(struct contact *c);

/* Initialises out. */
void contact_jid(const struct contact *c, struct buf *out);

/* The user's session there, if it is online; or NULL. */
struct session *contact_session(const struct contact *c);

/* The gateway is; so is who gets what is written to him in any case. */
bool contact_is_always_there(const struct contact *c);

/* Where they are: told now, or if it is news. */
void contact_tell(const struct contact *c);
void contact_set(struct contact *c, bool here, struct str away);

/* Presence that comes in. */
void contact_subscribe(struct inlet *in);
void contact_unsubscribe(struct inlet *in);
void contact_unsubscribed(struct inlet *in);
void contact_probe(struct inlet *in);
void contact_available(struct inlet *in);

#endif
