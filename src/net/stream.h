/*
 * stream.h - a connected socket, plain or with TLS; no loop, no state
 *
 * Moves bytes as far as the socket lets it and says what it waits for.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"

struct tls;

/* What to wait for on the descriptor; the values of uv_poll_event. */
enum { STREAM_READABLE = 1, STREAM_WRITABLE = 2 };

struct stream {
	int fd;           /* -1: none */
	struct tls *tls;  /* NULL: plain */
	const char *name; /* "host:port", for errors; borrowed */
	int read_wants;   /* STREAM_READABLE, but for odd moments of TLS */
	int write_wants;  /* 0: a write may be tried */
};

enum stream_result {
	STREAM_DONE,    /* all that was asked for */
	STREAM_BLOCKED, /* not now, see the wants */
	STREAM_CLOSED,  /* by the peer; bytes may have been read before */
	STREAM_FAILED,  /* see err; bytes may have been read before */
};

void stream_init(struct stream *s, const char *name);
void stream_close(struct stream *s); /* harmless when closed */

/* DONE: size bytes are there and more may be, with TLS unseen by poll(). */
enum stream_result stream_read(
    struct stream *s, char *to, size_t size, size_t *n_out, struct err *err);

/* Drops from out what was written.  Afterwards out may only grow. */
enum stream_result stream_write(
    struct stream *s, struct buf *out, struct err *err);

/* Bytes wait in memory that the descriptor will not announce. */
bool stream_has_pending(const struct stream *s);

/* Tells the peer that nothing follows. */
void stream_end_output(struct stream *s);

#endif
