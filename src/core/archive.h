/*
 * archive.h - what was said, kept for the user who was there
 *
 * One archive for each user and conversation: nobody finds in it what his
 * own session did not see.  A line is there under the id that it was shown
 * with; what the network refused is not there.  Writing never waits: the
 * thread of the store commits lines in groups.  Reading is mam.h.
 */
#ifndef CORE_ARCHIVE_H
#define CORE_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "core/store.h"

struct backlog_line;
struct backlog_word;
struct room;

enum {
	ARCHIVE_FIRST_MS = 60 * 1000,      /* after the start, */
	ARCHIVE_PRUNE_MS = 10 * 60 * 1000, /* and then so often, the old goes */
};

/* From open to close what is too old or too much is deleted. */
void archive_open(struct gateway *gw);
void archive_close(struct gateway *gw);

/* Is anything kept on this gateway? */
bool archive_is_on(const struct gateway *gw);

/*
 * The conversation of a session with a room or a person.  Borrowed from the
 * session, and until its next session_key().
 */
struct store_talk archive_talk(
    struct session *s, bool is_room, struct str name);

/*
 * The place in time of what is shown now, or was said at at_utc (0: now), in
 * microseconds: of two in one millisecond the first comes first, also when it
 * is kept later.
 */
int64_t archive_time(struct gateway *gw, int64_t at_utc);

/* A line of somebody else in a room. */
void archive_line(struct room *r, const struct backlog_line *line);

/* A word one to one, or a line of our user once the network has taken it. */
struct archive_place {
	bool is_room;
	struct str name; /* of the room or person */
	int64_t at_us;   /* archive_time() */
};
/* False: the user does not want it kept. */
bool archive_word(struct session *s, const struct archive_place *at,
    const struct backlog_word *word);

/* The room is called that from now on. */
void archive_move(struct room *r, struct str name);

/* It was taken back; id may be that of a part. */
void archive_forget(
    struct session *s, bool is_room, struct str name, struct str id);

#endif
