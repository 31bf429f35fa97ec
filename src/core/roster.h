/*
 * roster.h - what the users of a gateway have subscribed to
 *
 * One roster for each user, of contacts (contact.h).  It is kept in the store
 * until he takes them out again, whatever is restarted meanwhile; once the
 * stream is up everybody is told, CONTACTS_BATCH at a time.
 *
 * Limits     limits.contacts of one user, CONTACTS_MAX in all.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/str.h"

struct buf;
struct contact;
struct err;
struct gateway;
struct inlet;
struct session;

enum {
	CONTACTS_MAX = 1000000,
	CONTACTS_BATCH = 20, /* told after the stream came up, */
	CONTACTS_EVERY_MS = 100,
};

/* All of one gateway. */
struct rosters {
	struct gateway *gw;
	struct map by_user;
	size_t n;            /* contacts */
	struct list leaving; /* ended, but the store has not answered yet */
	struct list line;    /* to be told */
	struct timer pace;
	uint64_t load; /* the store's answer we wait for */
	bool loaded;
};

/* All that one user has subscribed to. */
struct roster {
	struct rosters *all;
	char *user; /* bare JID */
	struct list contacts;
	size_t n;
	bool shut; /* he may not use the gateway: he is sent nothing */
};

struct rosters *rosters_new(struct gateway *gw);
void rosters_free(struct rosters **rp);

/* What the store has.  Before the stream is up. */
void rosters_load(struct rosters *all);

/* The stream is up, or down: everybody is told again. */
void rosters_up(struct rosters *all);
void rosters_down(struct rosters *all);

/*
 * Who may use the gateway has changed: who may not any more is told that all
 * he has is gone, and then nothing; who may again sees it.
 */
void rosters_review(struct rosters *all);

/* The gateway stops. */
void rosters_goodbye(struct rosters *all);

/* A user wants to be forgotten; the store is told by somebody else. */
void rosters_forget(struct rosters *all, struct str user);

/* Appends the addresses that a user has subscribed to, one a line. */
void rosters_write(const struct rosters *all, struct str user, struct buf *out);

/* That of a session's user; NULL: he has none. */
struct roster *roster_of(struct session *s);

/* NULL: he has not subscribed to that local part. */
struct contact *roster_find(
    struct rosters *all, struct str user, struct str address);

/* A new one, for what has come in.  NULL: over a ceiling; err may be NULL. */
struct contact *roster_add(struct inlet *in, struct err *err);

/* Forgets it if nothing is in it. */
void roster_check(struct roster *r);

#endif
