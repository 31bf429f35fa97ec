/*
 * linebuf.h - lines out of a stream of bytes
 *
 * A line ends at LF; one CR before it is cut too.  A line longer than max is
 * dropped up to its LF, counted, and reading goes on after it, so memory
 * stays bounded whatever the peer does (RFC 1459 2.3, IRCv3 message-tags).
 *
 *	linebuf_feed(&lb, bytes, n);
 *	while (linebuf_next(&lb, &line)) ...
 *
 * Ownership  linebuf_feed() only borrows bytes: the slices of linebuf_next()
 *            point into them or into the buffer.  Drain before they go:
 *            what is left (a line without its end) is copied when
 *            linebuf_next() returns false.
 */
#ifndef LIB_LINEBUF_H
#define LIB_LINEBUF_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

struct linebuf {
	struct buf part;   /* a line whose end has not come yet */
	struct str fed;    /* private: not yet looked at */
	size_t max;        /* longest line, without its end */
	bool skipping;     /* inside a line that is too long */
	bool spent;        /* private: part was returned; clear it */
	uint64_t ndropped; /* lines dropped so far */
};

void linebuf_init(struct linebuf *lb, size_t max_bytes);
void linebuf_release(struct linebuf *lb);
void linebuf_clear(struct linebuf *lb);

/* The last feed has been drained. */
void linebuf_feed(struct linebuf *lb, const void *data, size_t len);
bool linebuf_next(struct linebuf *lb, struct str *line_out);

#endif
