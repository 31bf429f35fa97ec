/*
 * store.h - what must survive a restart
 *
 * One SQLite file (WAL, synchronous=FULL) behind typed operations; no caller
 * sees SQL.  Operations are queued and done in order by one thread of the
 * store, as many as are waiting in one transaction (group commit); what came
 * of them is told on the loop.  Nothing here waits for the disk but
 * store_open(), store_settle() and store_close().
 *
 *	store_setting_put(st, user, gw, net, STR_EMPTY, STR("nick"), nick,
 *	    false, on_kept, s);              // on_kept(true, s) once durable
 *	s->load = store_settings_load(st, user, gw, on_settings, s);
 *	...
 *	store_cancel(st, s->load);           // before s goes
 *
 * Order      A load sees every put queued before it and none queued after.
 *            Callbacks come in the order of the calls, but for operations
 *            refused because the queue is full: those come first.
 * Thread     Everything here is called on the loop thread, and so are all
 *            callbacks: never from inside the call that queued them.
 * Reentry    A callback may queue and cancel; it must not close the store.
 * Ownership  Arguments are copied.  Rows given to a callback are borrowed for
 *            that call; those that were secret are wiped after it.
 * Limits     STORE_QUEUE_MAX operations, STORE_QUEUE_BYTES in all: above,
 *            an operation is refused (ok = false) and nothing is kept of it.
 *            One name or address: STORE_NAME_MAX bytes, one value
 *            STORE_VALUE_MAX; longer is refused the same way.
 * Trouble    When a commit fails, its operations and all that follow are
 *            answered ok = false, store_is_ok() turns false, and one error
 *            is logged.  The database is closed and opened again before
 *            anything else is tried (a failed fsync may have lost pages that
 *            SQLite believes written); a probe is written with growing
 *            delays until it succeeds.  Nothing refused is repeated by the
 *            store: on_state() is when the owners can.  When the disk is
 *            full, a reserve beside the database is given up: what is queued
 *            is written then, but store_is_ok() is false until there is room
 *            for it again, so that nothing new is begun.
 * Secrets    Sealed with AES-256-GCM under the first key of the key file,
 *            bound to every column of the key they are stored under: moved to
 *            another row they do not open.  A value that does not open is
 *            left out of a load and logged.
 */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/str.h"

struct log_ctx;
struct loop;
struct store;

enum {
	STORE_QUEUE_MAX = 65536,              /* operations */
	STORE_QUEUE_BYTES = 64 * 1024 * 1024, /* of their arguments */
	STORE_NAME_MAX = 3 * 1024 + 2,        /* a full JID, RFC 7622 3.1 */
	STORE_VALUE_MAX = 64 * 1024,
	STORE_ROWS_MAX = 256, /* operations in one transaction */
	STORE_GROUP_MS = 5,   /* and time spent on them before the commit */
};

struct store_params {
	const char *path;     /* of the database; made if missing, 0600 */
	const char *key_file; /* one key per line; made if missing, 0600 */
	struct loop *loop;    /* NULL: callbacks run in store_poll() only */
	const struct log_ctx *log;
	int64_t retry_min_ms; /* between probes in trouble; 0: 1 s */
	int64_t retry_max_ms; /* 0: 60 s */

	/* Trouble has begun (ok = false) or is over.  May be NULL. */
	void (*on_state)(bool ok, void *arg);
	void *arg;
};

enum store_open_result {
	STORE_OPENED,
	STORE_IN_USE,  /* another instance has it: exit EX_TEMPFAIL */
	STORE_TOO_NEW, /* written by a later version of this program */
	STORE_DAMAGED, /* not a database of ours, or a damaged one */
	STORE_BAD_KEY, /* key file: unreadable, readable by others, malformed,
	                  or not the one the secrets were sealed with */
	STORE_IO,      /* cannot be made, read or written */
};

/*
 * Takes the lock (PATH.lock), brings the schema up to date, checks it, starts
 * the thread.  NULL with *why_out and err: err names the file and says what to
 * do about it.  why_out may be NULL.
 */
struct store *store_open(const struct store_params *params,
    enum store_open_result *why_out, struct err *err);

/*
 * Does everything queued, ends the thread, gives up the lock.  No callback is
 * called any more, now or later.
 */
void store_close(struct store **stp);

/*
 * A key for one purpose, the same after each start: made of the oldest in the
 * key file, so that a new one above it changes nothing.
 */
void store_derive(
    const struct store *st, struct str purpose, uint8_t out[CRYPTO_KEY_BYTES]);

/*
 * False: the last commit failed, or has used the reserve.  As told by the last
 * callback round.
 */
bool store_is_ok(const struct store *st);

/* Calls back what is done by now.  The loop does this by itself. */
void store_poll(struct store *st);

/*
 * Waits until everything queued so far is done and calls it all back, with
 * what those callbacks queued in turn.  For tests and for shutting down.
 */
void store_settle(struct store *st);

/*
 * After the commit: ok, it is durable; else it was not kept.  NULL where a
 * store_done_fn is asked for means that nobody waits.
 */
typedef void store_done_fn(bool ok, void *arg);

/* Names one load until it has called back.  0 is never issued. */
typedef uint64_t store_load_id;

/*
 * That load never calls back.  One that has called back is harmless, and so is
 * 0, even without a store.
 */
void store_cancel(struct store *st, store_load_id id);

/* ---- settings --------------------------------------------------------- */

/*
 * What a user (bare JID) has set on a gateway (its domain).  network and room
 * are empty for settings of the wider scope.
 */
struct store_setting {
	struct str network, room, name, value;
	bool secret;
};

/* ok = false: nothing is known, v is NULL.  Rows come in no promised order. */
typedef void store_settings_fn(
    bool ok, const struct store_setting *v, size_t n, void *arg);

/* fn is always called unless cancelled. */
store_load_id store_settings_load(struct store *st, struct str user,
    struct str gateway, store_settings_fn *fn, void *arg);

/* An empty value deletes. */
void store_setting_put(struct store *st, struct str user, struct str gateway,
    struct str network, struct str room, struct str name, struct str value,
    bool secret, store_done_fn *done, void *arg);

/*
 * Erases everything kept about a user on a gateway: settings, occupants,
 * what was said.  The
 * freed pages are overwritten, and the log is emptied into the file.
 */
void store_forget(struct store *st, struct str user, struct str gateway,
    store_done_fn *done, void *arg);

/* ---- occupants -------------------------------------------------------- */

/* One resource of a user inside a room. */
struct store_occupant {
	struct str gateway;
	struct str jid;  /* full */
	struct str room; /* the local part, exactly as the client wrote it */
	struct str nick;
	struct str password; /* of the room, or empty; sealed */
};

typedef void store_occupants_fn(
    bool ok, const struct store_occupant *v, size_t n, void *arg);

/* Replaces what was there for gateway, jid and room. */
void store_occupant_put(struct store *st, const struct store_occupant *o,
    store_done_fn *done, void *arg);
void store_occupant_del(struct store *st, struct str gateway, struct str jid,
    struct str room, store_done_fn *done, void *arg);

/* That resource is gone from every room of the gateway. */
void store_occupants_del_jid(struct store *st, struct str gateway,
    struct str jid, store_done_fn *done, void *arg);

/* All of a gateway, ordered by jid, room. */
store_load_id store_occupants_load(
    struct store *st, struct str gateway, store_occupants_fn *fn, void *arg);

/* ---- contacts --------------------------------------------------------- */

/* What a user (bare JID) has subscribed to. */
struct store_contact {
	struct str user;
	struct str address; /* local part; empty: the gateway itself */
};

typedef void store_contacts_fn(
    bool ok, const struct store_contact *v, size_t n, void *arg);

void store_contact_put(struct store *st, struct str gateway, struct str user,
    struct str address, store_done_fn *done, void *arg);
void store_contact_del(struct store *st, struct str gateway, struct str user,
    struct str address, store_done_fn *done, void *arg);

/* All of a gateway, ordered by user, address. */
store_load_id store_contacts_load(
    struct store *st, struct str gateway, store_contacts_fn *fn, void *arg);

/* ---- facts ------------------------------------------------------------ */

/* Something small learnt from a network, such as its case mapping. */
struct store_fact {
	struct str network, name, value;
};

typedef void store_facts_fn(
    bool ok, const struct store_fact *v, size_t n, void *arg);

/* An empty value deletes. */
void store_fact_put(struct store *st, struct str gateway, struct str network,
    struct str name, struct str value, store_done_fn *done, void *arg);
store_load_id store_facts_load(
    struct store *st, struct str gateway, store_facts_fn *fn, void *arg);

/* ---- what was said ---------------------------------------------------- */

/* A conversation of a user, in a room or with one person. */
struct store_talk {
	struct str gateway, user, network;
	struct str name; /* the key of the room or person */
	bool is_room;
};

struct store_line {
	struct str id;     /* as everybody was shown it; unique in its talk */
	struct str own_id; /* that of the user's client, or empty */
	struct str nick;   /* of who said it; empty: the room itself */
	struct str reply_to, reply_nick; /* what it answers, or empty */
	struct str corrects;             /* what it stands for, or empty */
	struct str identity;             /* of who said it, or empty */
	struct str parts; /* ids of its further parts, LF behind each */
	struct str body;
	int64_t at_us; /* since the Epoch; microseconds keep the order */
	unsigned kind; /* enum gw_msg_kind */
	bool own;
	bool is_network_id; /* id is the network's */
};

/* What is asked for; strings empty, the rest zero: all of it. */
struct store_lines_wish {
	int64_t start_utc, end_utc;         /* inclusive; end 0: no end */
	struct str after, before;           /* ids; these two count in n */
	struct str page_after, page_before; /* ... and these do not */
	struct str nick;
	size_t max;
	bool last;             /* the newest max of them */
	bool ends;             /* instead the first and the last, of all */
	const struct str *ids; /* instead these, and no others */
	size_t nids;
};

enum { STORE_LINES_MAX = 250, STORE_COUNT_MAX = 10000 };

struct store_lines {
	const struct store_line *v; /* oldest first, n of them */
	size_t n;
	bool more;      /* beyond max, in the direction that was asked for */
	bool known;     /* all ids of the wish are there; else n is 0 */
	uint64_t count; /* of the whole; over STORE_COUNT_MAX: at least */
};

/* ok = false: nothing is known, l is NULL. */
typedef void store_lines_fn(bool ok, const struct store_lines *l, void *arg);

/* One whose id is there already is left as it is. */
void store_line_put(struct store *st, const struct store_talk *t,
    const struct store_line *l, store_done_fn *done, void *arg);

/* It was taken back; id may be that of a part. */
void store_line_del(struct store *st, const struct store_talk *t, struct str id,
    store_done_fn *done, void *arg);

/* It has another name now; one that has lines of its own keeps only those. */
void store_talk_move(struct store *st, const struct store_talk *t,
    struct str name, store_done_fn *done, void *arg);

/* How much is kept of the conversations of a user: STORE_TALKS_MAX of them. */
struct store_talk_size {
	struct str network, name;
	bool is_room;
	uint64_t nlines;
};

enum { STORE_TALKS_MAX = 500 };

typedef void store_talks_fn(
    bool ok, const struct store_talk_size *v, size_t n, void *arg);

/* Ordered by network, rooms first. */
store_load_id store_talks_load(struct store *st, struct str gateway,
    struct str user, store_talks_fn *fn, void *arg);

/* max up to STORE_LINES_MAX. */
store_load_id store_lines_load(struct store *st, const struct store_talk *t,
    const struct store_lines_wish *wish, store_lines_fn *fn, void *arg);

/*
 * Deletes a part of what is older, and of what a conversation of the gateway
 * has beyond max_lines; called again and again, all of it.
 */
void store_lines_prune(struct store *st, struct str gateway, int64_t oldest_utc,
    int64_t max_lines, store_done_fn *done, void *arg);

/* ---- for the status command ------------------------------------------- */

struct store_stats {
	size_t nqueued;    /* waiting now */
	uint64_t ncommits; /* transactions */
	uint64_t nrows;    /* operations in them */
	uint64_t nfailed;  /* operations answered ok = false */
	int64_t commit_ms; /* the longest commit so far */
};

void store_stats_get(struct store *st, struct store_stats *out);

#endif
