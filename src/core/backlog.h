/*
 * backlog.h - the last messages of one room, as one session saw them
 *
 * A ring with ceilings in messages and bytes.  Each line has a number that
 * only grows, so an occupant who was away can be given what it missed.
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

enum { BACKLOG_MAX = 100, BACKLOG_MAX_BYTES = 64 * 1024, BACKLOG_ID = 40 };

struct backlog_line {
	struct list node;
	uint64_t seq;
	int64_t at_utc;
	enum gw_msg_kind kind;
	char id[BACKLOG_ID]; /* stanza-id, terminated */
	struct str from;     /* nick; empty: the room itself */
	struct str body;
};

struct backlog {
	struct list lines; /* oldest first */
	size_t n, bytes;
	uint64_t last_seq; /* BACKLOG_MAX: never a line; lower: prepended */
};

void backlog_init(struct backlog *b);
void backlog_release(struct backlog *b);

/* Copied; the oldest make room.  Returns its number. */
uint64_t backlog_add(struct backlog *b, enum gw_msg_kind kind, struct str id,
    struct str from, struct str body, int64_t at_utc);

/* An older one, in front of all; false: there is no place for it. */
bool backlog_prepend(struct backlog *b, enum gw_msg_kind kind, struct str id,
    struct str from, struct str body, int64_t at_utc);

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
const struct backlog_line *backlog_last(const struct backlog *b);
const struct backlog_line *backlog_next(
    const struct backlog *b, const struct backlog_line *line);

#endif
