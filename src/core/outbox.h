/*
 * outbox.h - what we owe: messages that are accepted for a network that
 * stores and forwards, until each has an end and its sender knows
 *
 *	message of a client --> draft --route()--> put --(committed)--> owed
 *	owed --> its lane --> its line --(trying committed)--> ops->send()
 *	     <-- gateway_outcome(), gateway_report() --(committed)--> told
 *
 *	outbox.c	what is read at the start, who is where
 *	owed.h		one message and its pieces
 *	sender.h	users, their sessions, and lanes: one for each
 *			conversation, first come first served
 *	outbox_line.h	lines: how fast, how many at once, pauses
 *	outbox_accept.c	from a client's message to the committed row
 *	outbox_send.c	whose turn it is
 *	bundle.h	what is held, and goes as one
 *	outbox_hold.c	corrections and retractions of that
 *	outbox_report.c	outcomes and reports
 *	outbox_tell.c	receipts, errors, words
 *	outbox_gone.h	to whom an error would go nowhere
 *
 * Opening    Nothing is tried before the XMPP server has answered us once: a
 *            twin of this process, started by mistake, may have our stream.
 * Order      Nothing that a user or the network can see comes before the
 *            commit that makes it true: accepted, trying, outcome.
 * Limits     OUTBOX_MAX messages that move in a gateway, OUTBOX_USER_MAX of
 *            a user; more are refused.
 * Trouble    While the store does not work nothing is accepted or tried;
 *            what comes of what was under way is kept here and written when
 *            it works again.
 */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/confirm.h"
#include "core/fate.h"
#include "core/gateway.h"
#include "core/store.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/map.h"

struct draft;
struct inlet;
struct line;
struct outbox;
struct owed;
struct room;
struct session;
struct tallies;

enum {
	OUTBOX_MAX = 100000,
	OUTBOX_USER_MAX = 1000,
	OUTBOX_DRAFTS_MAX = 200,        /* of a user, while he logs in */
	OUTBOX_ORPHANS_MAX = 10000,     /* reports about nothing we know */
	OUTBOX_REPORTS_MAX = 2000,      /* not yet on disk */
	OUTBOX_SAME_MS = 86400000,      /* the same again is no new message */
	OUTBOX_EXPIRE_MS = 4 * 3600000, /* unless the line says otherwise */
	OUTBOX_UNSURE_MS = 60000,       /* a report may still come */
	OUTBOX_OUTCOME_MS = 600000,     /* then an attempt is unsure */
	OUTBOX_LINGER_MS = 300000,      /* known here after its end */
	OUTBOX_LOGIN_MS = 60000,        /* for drafts */
	OUTBOX_SURE_MS = 600000,        /* to say the same again */
	OUTBOX_TROUBLE_MS = 1000,       /* between looks at the store */
	OUTBOX_LOAD_MS = 5000,          /* what was not read is read again */
	OUTBOX_PRUNE_MS = 3600000,
	OUTBOX_PRUNE_MORE_MS = 1000, /* while there is more */
	OUTBOX_ROWS_DAYS = 30,
};

struct outbox {
	struct gateway *gw;
	store_load_id load, pruning;
	bool is_loaded;
	bool is_open; /* the XMPP server knows us, and nobody else under our
	                 name: nothing is tried before */
	bool is_held; /* nothing is tried until an operator says so */
	char *held_why;
	struct map messages; /* struct owed, by id */
	struct map names;    /* struct piece, by line and network id */
	struct map senders;
	struct list calls; /* struct sender that are to log in this turn */
	struct map lines;
	struct map gone; /* outbox_gone.c */
	int64_t gone_swept_utc;
	struct map orphans;   /* outbox_report.c */
	struct list aging;    /* the same, oldest first */
	struct map sure;      /* outbox_accept.c: what was asked about */
	struct list newborn;  /* struct owed that wait for their commit */
	struct list untold;   /* struct owed with words to say */
	struct list unsaved;  /* struct owed whose rows are behind */
	struct list commands; /* outbox_admin.c: ask the disk */
	struct list refused;  /* outbox_accept.c: or accepted earlier? */
	size_t nrefused;
	struct list reports; /* outbox_report.c: on their way to the disk */
	size_t nreport;
	size_t nnewborn;
	size_t nmoving;
	struct timer trouble, prune;
	struct timer again; /* what could not be read is */
	bool is_unread;     /* the last time it could not be */
	struct tallies *tallies;
	uint64_t naccepted, nended[FATE_N];
};

/* For gateways that are not live; before ops->open(). */
struct outbox *outbox_new(struct gateway *gw);
void outbox_free(struct outbox **bp);

/* Reads what an earlier run has left; until it can. */
void outbox_start(struct outbox *b);

/* -1: it cannot be read. */
int outbox_check_loaded(const struct outbox *b, struct err *err);

/* The stream to the XMPP server is up, and ours alone (twin.h): who was not
   told is told. */
void outbox_up(struct outbox *b);

/*
 * A message of a client, one to one or to a room of his.  It is answered, now
 * or later: with an error, or by what becomes of it.
 */
void outbox_accept(struct inlet *in, struct session *s, struct draft *d);

/* From the session: it can be used, it is over. */
void outbox_online(struct session *s);
void outbox_offline(struct session *s, const struct err *err, bool permanent);

/* Before the turn ends. */
void outbox_turn(struct outbox *b);

/* The program is being stopped: what is kept nowhere yet is refused. */
void outbox_stop(struct outbox *b);

/* Nothing is being tried or kept: what has no outcome would be unsure. */
bool outbox_is_quiet(const struct outbox *b);

/* Something of his waits for it. */
bool outbox_needs(struct session *s);

/* Nothing is tried until it is released, also after a restart. */
void outbox_hold(struct outbox *b, struct str why);
void outbox_release(struct outbox *b);

/* The user is forgotten: what is his goes, and is not tried any more. */
void outbox_forget(struct outbox *b, struct str user);

#endif
