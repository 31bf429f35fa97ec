/*
 * owed.h - one message that we owe, and its pieces
 */
#ifndef CORE_OWED_H
#define CORE_OWED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/confirm.h"
#include "core/fate.h"
#include "core/gateway.h"
#include "core/store_outbox.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/list.h"

struct flight;
struct lane;
struct line;
struct outbox;
struct owed;

enum {
	OWED_NETWORK_ID_MAX = 255,
	OWED_RETRY_MIN_MS = 5000,
	OWED_RETRY_MAX_MS = 600000
};

enum owed_flag {
	OWED_HELD = 1 << 0,     /* by an operator */
	OWED_OWN_WISH = 1 << 1, /* its sender has cancelled it */
	OWED_ARCHIVED = 1 << 2,
	OWED_GONE = 1 << 3,       /* some of it has gone out, or may have */
	OWED_GIVEN_BACK = 1 << 4, /* it does not count: none of it went out */
};

/* Above the flags: how often it counts for what went out before it was sent
   again.  store_sql_outbox.c counts the same from what is on disk. */
enum { OWED_BEFORE_SHIFT = 8, OWED_BEFORE_MAX = 255 };

struct piece {
	struct owed *owed;
	enum fate fate;
	unsigned no; /* from 1 */
	unsigned tries;
	bool is_flying;    /* given to the network, or about to be */
	bool is_along;     /* ... with another, which counts for both */
	bool maybe_sent;   /* by line, which knows it again: it never goes by
	                      another, and is unsure if it is given up */
	bool is_dropped;   /* cancelled, since another part has failed: both
	                      go again together */
	struct line *line; /* by which it went, or goes next */
	struct flight *flight; /* outbox_send.c: with others, as one */
	struct str name;       /* line LF network id: in the map; or empty */
	int64_t next_utc;      /* queued: not before */
	int64_t flying_at;     /* since when */
};

/* What its head says: constant.  Strings live in one allocation. */
struct owed_head {
	struct str from;    /* full JID of the client */
	struct str to;      /* as it was addressed, bare */
	struct str id;      /* of the stanza, may be empty */
	struct str network; /* of the session */
	struct str contact; /* as the network calls it; room or person */
	struct str key;     /* of that */
	struct str bundle;  /* bundle.h; or empty */
	int64_t hold_ms, hold_max_ms;
	bool is_room;
	bool asks; /* for a receipt */
	bool many; /* pieces are for several people: no order */
	unsigned npieces;
};

struct owed {
	struct list node;    /* in its lane, or among the newborn */
	struct list untold;  /* has something to say */
	struct list unsaved; /* its rows are behind */
	struct outbox *box;
	struct lane *lane; /* while it moves */
	uint64_t id;
	char id_key[sizeof(uint64_t)]; /* of the map */
	struct str user;
	struct owed_head head;
	char *text, *user_text; /* of head and user */
	char *client;           /* of head.from, if another one asks now */
	char *body;             /* packed letter; NULL: gone */
	size_t body_len;
	struct line *line;
	uint64_t nunits;
	int64_t price;
	int64_t accepted_utc, expire_utc, changed_utc;
	enum fate fate; /* of the worst piece */
	unsigned flags; /* OWED_* */
	unsigned told, telling;
	struct confirm_mark mark;
	int64_t settled_at; /* since when nothing has happened */
	unsigned nbusy;     /* store operations that will call back */
	unsigned nflying;
	unsigned nchange; /* of its body, not on disk yet: it waits */
	struct err err;   /* the last bad news */
	struct timer timer;
	bool is_forgotten; /* nothing is written, said or tried of it */
	struct piece *piece;
};

gw_ticket piece_ticket(const struct piece *p);

/*
 * A message; not in any map or lane.  head's strings are copied.  Pieces are
 * queued.
 */
struct owed_params {
	uint64_t id;
	struct str user;
	const struct owed_head *head;
	struct str body;
	struct line *line;
	uint64_t nunits;
	int64_t price, accepted_utc, expire_utc;
};
struct owed *owed_new(struct outbox *b, const struct owed_params *p);

/* Takes it out of wherever it is. */
void owed_free(struct owed **op);

/* From its rows; NULL, logged: they cannot be read. */
struct owed *owed_read(struct outbox *b, const struct store_out *o,
    const struct store_piece *piece, size_t npiece);

/* Its strings in one allocation, *text_out, which is the caller's. */
struct owed_head owed_head_dup(const struct owed_head *h, char **text_out);

/* What goes into the store: head is written to a buffer of the caller's. */
void owed_write_head(const struct owed_head *h, struct buf *out);

struct owed *owed_find(struct outbox *b, uint64_t id);

/* Also when it is forgotten: its attempt still has an outcome. */
struct owed *owed_find_any(struct outbox *b, uint64_t id);

/* What is said of it goes to that client of its user from now on. */
void owed_set_client(struct owed *o, struct str jid);

/* Known by its id, in its lane if it moves, its timer set. */
void owed_add(struct owed *o);

/* The piece is called so by the network. */
void piece_set_name(struct piece *p, struct str network_id);
struct str piece_network_id(const struct piece *p);

/*
 * Something has become of it, and of p if that is not NULL: it is written,
 * said, and those behind it are looked at.
 */
void owed_changed(struct owed *o, struct piece *p);

/* By what the piece goes now: its line, or the fallback of that. */
struct line *piece_line_now(const struct piece *p);

/* Its user is forgotten: it is cancelled, and freed when nothing will call
   back. */
void owed_forget(struct owed *o);

/* It is forgotten: perhaps it is freed now. */
bool owed_is_gone(struct owed *o);

/* The same input for all pieces: how many it has changed. */
unsigned owed_input(struct owed *o, enum fate_input in);

/* It would change one of them. */
bool owed_takes(const struct owed *o, enum fate_input in);

/* A person has it sent again: what may have gone out stays counted. */
void owed_count_again(struct owed *o);

/* When it is looked at next. */
void owed_plan(struct owed *o);

/* Writes how it stands. */
void owed_save(struct owed *o, struct piece *p);
void owed_row(const struct owed *o, struct store_out *out);
void piece_row(const struct piece *p, struct store_piece *out);

/* Its attempt is over, whatever came of it: others may go. */
void piece_land(struct piece *p);

/* Rows that could not be written are, now that the store works. */
void owed_save_all(struct outbox *b);

/* Other words, of the caller's. */
void owed_set_body(struct owed *o, struct str body);

/* What is still to be said to its sender: outbox_tell.c. */
unsigned owed_due(const struct owed *o);
void owed_tell(struct owed *o);

#endif
