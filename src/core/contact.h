/*
 * contact.h - who has subscribed to whom: to the gateway, networks, people
 *
 * An address of ours that a user has in his roster (XEP-0100 4.4, 4.6; RFC
 * 6121 3).  It is kept in the store until he takes it out again, whatever is
 * restarted meanwhile.  People are watched while there is a session on their
 * network, which is not begun for that.
 *
 *	subscribe  -> kept, then subscribed, and where they are
 *	probe      -> where they are; a server sends it only for what is in a
 *	              roster, so it is a subscription, too, if none was known
 *	available  -> nothing, since a probe comes as well; to who has not
 *	              subscribed, where they are
 *	unsubscribe -> unavailable, unsubscribed, forgotten
 *
 * Limits     limits.contacts of one user, CONTACTS_MAX in all.
 */
#ifndef CORE_CONTACT_H
#define CORE_CONTACT_H

#include <stdbool.h>

#include "lib/str.h"

struct buf;
struct contacts;
struct gateway;
struct gw_event;
struct inlet;
struct session;

enum {
	CONTACTS_MAX = 1000000,
	CONTACTS_BATCH = 20, /* told after the stream came up, */
	CONTACTS_EVERY_MS = 100,
};

struct contacts *contacts_new(struct gateway *gw);
void contacts_free(struct contacts **cp);

/* What the store has.  Before the stream is up. */
void contacts_load(struct contacts *all);

/* The stream is up, or down: everybody is told again. */
void contacts_up(struct contacts *all);
void contacts_down(struct contacts *all);

/*
 * Who may use the gateway has changed: who may not any more is told that all
 * he has is gone, and then nothing; who may again sees it.
 */
void contacts_review(struct contacts *all);

/* The gateway stops. */
void contacts_goodbye(struct contacts *all);

/* A user wants to be forgotten; the store is told by somebody else. */
void contacts_forget(struct contacts *all, struct str user);

/* Appends the addresses that a user has subscribed to, one a line. */
void contacts_write(
    const struct contacts *all, struct str user, struct buf *out);

/* Presence that comes in. */
void contact_subscribe(struct inlet *in);
void contact_unsubscribe(struct inlet *in);
void contact_unsubscribed(struct inlet *in);
void contact_probe(struct inlet *in);
void contact_available(struct inlet *in);

/* A login begins and ends. */
void contacts_online(struct session *s);
void contacts_offline(struct session *s);

/* CONTACT and PERSON_AWAY */
void contact_on_seen(struct session *s, const struct gw_event *ev);
void contact_on_away(struct session *s, const struct gw_event *ev);

#endif
