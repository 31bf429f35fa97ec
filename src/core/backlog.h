/*
 * backlog.h - the last messages of one room, as one session saw them
 *
 * A ring with ceilings in messages and bytes.  Each line has a number that
 * only grows, so an occupant who was away can be given what it missed.
 * Messages that speak of others (replies, corrections) find them here, by any
 * of their names.  A session has one more for what is said one to one; `from`
 * is the other person there.
 * Pure: no clock, no output.
 */
#ifndef CORE_BACKLOG_H
#define CORE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gateway.h"
#include "lib/list.h"
#include "lib/str.h"

enum {
	BACKLOG_MAX = 100,
	BACKLOG_MAX_BYTES = 64 * 1024,
	BACKLOG_ID = 40,
	BACKLOG_SPANS = 32,
	BACKLOG_PARTS = 4096 /* bytes */
};

/* A message, as it is added.  What is not known is empty. */
struct backlog_word {
	enum gw_msg_kind kind;
	bool own;           /* said by our user */
	bool is_network_id; /* id is what the network calls it, too */
	struct str id;      /* stanza-id, cut to BACKLOG_ID - 1 */
	struct str own_id;  /* what our user's client called it */
	struct str from;    /* nick; empty: the room itself */
	struct str body;
	struct str reply_to;   /* id of the message that it answers, */
	struct str reply_nick; /* and who said that */
	struct str corrects;   /* id of the message that it stands for */
	struct str identity;   /* of who said it (identity.h) */
	struct str parts;      /* gw_message's; up to BACKLOG_PARTS are kept */
	const struct gw_span *span;
	size_t nspan; /* of body; up to BACKLOG_SPANS are kept */
	int64_t at_utc;
};

/* The same, kept; id is terminated. */
struct backlog_line {
	struct list node;
	uint64_t seq;
	int64_t at_utc;
	enum gw_msg_kind kind;
	bool own, is_network_id;
	char id[BACKLOG_ID];
	struct str own_id, from, body, reply_to, reply_nick, corrects, identity;
	struct str parts;
	const struct gw_span *span;
	size_t nspan;
	struct list reactions; /* reaction.h */
};

struct backlog {
	struct list lines; /* oldest first */
	size_t n, bytes;
	uint64_t last_seq; /* BACKLOG_MAX: never a line; lower: prepended */
};

void backlog_init(struct backlog *b);
void backlog_release(struct backlog *b);

/* Copied; the oldest make room.  Returns its number. */
uint64_t backlog_add(struct backlog *b, const struct backlog_word *word);

/*
 * The newest line with that stanza-id, also of one of its parts, or that our
 * user's client called so; NULL: none, or not any more.
 */
struct backlog_line *backlog_find(const struct backlog *b, struct str id);

/* Its name for the network; empty: it has none there. */
struct str backlog_network_id(const struct backlog_line *line);

/* What our user's client called so, as it was last corrected; or NULL. */
const struct backlog_line *backlog_newest(
    const struct backlog *b, struct str own_id);

/* An older one, in front of all; false: there is no place for it. */
bool backlog_prepend(struct backlog *b, const struct backlog_word *word);

/* The line of that id, if it is still there, was not said after all. */
void backlog_forget(struct backlog *b, struct str id);

/* What a client asks for on joining (XEP-0045 7.2.13); -1: did not say. */
struct backlog_wish {
	int64_t max_lines, max_chars, since_utc;
	uint64_t after_seq; /* only lines with a higher number */
};

enum { BACKLOG_DEFAULT_LINES = 20 };

/*
 * The first line to send so that all after it fit the wish, or NULL for
 * none; go on with backlog_next().
 */
const struct backlog_line *backlog_from(
    const struct backlog *b, const struct backlog_wish *w);
const struct backlog_line *backlog_first(const struct backlog *b);
const struct backlog_line *backlog_last(const struct backlog *b);
const struct backlog_line *backlog_next(
    const struct backlog *b, const struct backlog_line *line);
const struct backlog_line *backlog_before(
    const struct backlog *b, const struct backlog_line *line);

#endif
