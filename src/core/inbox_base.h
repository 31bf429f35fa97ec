/*
 * inbox_base.h - the inside of the inbox, for its own files
 *
 *	inbox.c      users and messages, their states, what the store has
 *	intake.c     what comes in, until it is on disk
 *	delivery.c   what is written, confirmed, comes back
 *	posts.c      what goes into rooms; posts_past.c looks for it there
 *	notice.c     what the gateway itself has to say
 */
#ifndef CORE_INBOX_BASE_H
#define CORE_INBOX_BASE_H

#include "core/inbox.h"
#include "core/instance.h"
#include "lib/backoff.h"
#include "lib/map.h"

struct posts_past;

/* A user with something in here; or a seat in a room, by its key. */
struct addressee {
	struct inbox *in;
	char *user;
	struct posts_past *past; /* of a seat; else NULL */
	bool is_unsure;      /* ... some of its may be in the room already */
	struct list waiting; /* by id */
	struct list out;     /* written, or handed over */
	size_t nowed;        /* not handed over yet; those being kept, too */
	size_t n;            /* all of them */
	struct list ready;   /* in in->ready: something may be written */
	struct timer retry;  /* set: not before that */
	struct backoff backoff;
	bool is_doubtful; /* it came back lately: one at a time */
	bool is_probing;  /* ... and that one is out */
	bool is_full;     /* so the log says, until half is gone */
};

/* What came together. */
struct batch {
	struct list node;
	struct inbox *in;
	struct arrival *v[GW_ARRIVALS_MAX];
	bool is_new[GW_ARRIVALS_MAX];
	store_load_id load[GW_ARRIVALS_MAX]; /* the store's answers */
	bool is_unwanted[GW_ARRIVALS_MAX];   /* acknowledged and dropped */
	size_t n, ndone;
	bool ok;
	gw_kept_fn *fn;
	void *arg;
};

struct inbox {
	struct gateway *gw;
	struct map users;            /* struct addressee by bare JID */
	struct map by_id;            /* struct arrival by the bytes of its id */
	struct list batches;         /* being kept */
	struct list ready;           /* users to write for, one message each */
	struct list handed, foreign; /* by age */
	struct list dead, quarantined; /* by id */
	struct list fresh; /* not in the archive: the account is not read */
	size_t n[ARRIVAL_QUARANTINED + 1];
	struct arrival *alone;  /* nothing else is written while it is out */
	enum component_end end; /* of the last stream */
	struct timer again, expire, prune;
	store_load_id load;
	struct list early; /* notices from before it was loaded; notice.c */
	size_t nearly;
	uint64_t last_id;
	bool is_loaded, is_writing;
	bool is_full; /* as of a user */
};

#define ARRIVAL(n)   LIST_ENTRY(n, struct arrival, node)
#define ADDRESSEE(n) LIST_ENTRY(n, struct addressee, ready)

static inline struct clock *
inbox_clock(const struct inbox *in)
{
	return core_clock(in->gw->core);
}

static inline struct store *
inbox_store(const struct inbox *in)
{
	return core_store(in->gw->core);
}

/* Found or made. */
struct addressee *inbox_addressee(struct inbox *in, struct str user);

/* Gone if nothing is for him any more. */
void inbox_check(struct addressee *u);

/* Has it something that may be written now?  Then it stands in the line. */
void inbox_line_up(struct addressee *u);

/* Counts it; it was nowhere.  Its mark and its list are the caller's. */
void inbox_join(struct inbox *in, struct arrival *a, struct addressee *u,
    enum arrival_state state);
void inbox_set_state(
    struct inbox *in, struct arrival *a, enum arrival_state state);

/* By id; what is put back is old, so it is looked for from the front. */
void inbox_insert(struct list *to, struct arrival *a);

/* Out of memory, and out of the store as well; its user may go with it. */
void inbox_forget_one(struct inbox *in, struct arrival *a);
void inbox_erase(struct inbox *in, struct arrival *a);

/* What changed of it, to the store. */
void inbox_save(struct inbox *in, const struct arrival *a);

/* Its end, logged, and administrators are told. */
void inbox_bury(struct inbox *in, struct arrival *a, struct str why);
void inbox_quarantine(struct inbox *in, struct arrival *a, struct str why);

/* delivery.c: what is handed over is forgotten in time. */
void delivery_init(struct inbox *in);
void delivery_release(struct inbox *in);
/* It came back, and is tried again later, or too old. */
void delivery_wait(struct inbox *in, struct arrival *a, struct str why);
void delivery_stands_handed(struct inbox *in, struct arrival *a);
void delivery_on_retry(struct timer *t);
void delivery_on_taken(struct confirm_mark *mark, bool taken);

/* notice.c: those from before it was loaded. */
void notice_release(struct inbox *in);
void notice_drop(struct inbox *in);

#endif
