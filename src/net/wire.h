/*
 * wire.h - a connected socket, plain or with TLS; no loop, no state
 *
 * Moves bytes as far as the socket lets it and says what it waits for.
 */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"

struct tls;

/* What to wait for on the descriptor; the values of uv_poll_event. */
enum { WIRE_READABLE = 1, WIRE_WRITABLE = 2 };

struct wire {
	int fd;           /* -1: none */
	struct tls *tls;  /* NULL: plain */
	const char *name; /* "host:port", for errors; borrowed */
	int read_wants;   /* WIRE_READABLE, but for odd moments of TLS */
	int write_wants;  /* 0: a write may be tried */
};

enum wire_result {
	WIRE_DONE,    /* all that was asked for */
	WIRE_BLOCKED, /* not now, see the wants */
	WIRE_CLOSED,  /* by the peer; bytes may have been read before */
	WIRE_FAILED,  /* see err; bytes may have been read before */
};

void wire_init(struct wire *s, const char *name);
void wire_close(struct wire *s); /* harmless when closed */

/* DONE: size bytes are there and more may be, with TLS unseen by poll(). */
enum wire_result wire_read(
    struct wire *s, char *to, size_t size, size_t *n_out, struct err *err);

/* Drops from out what was written.  Afterwards out may only grow. */
enum wire_result wire_write(struct wire *s, struct buf *out, struct err *err);

/* Bytes wait in memory that the descriptor will not announce. */
bool wire_has_pending(const struct wire *s);

/* Tells the peer that nothing follows. */
void wire_end_output(struct wire *s);

#endif
