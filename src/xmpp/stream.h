/*
 * stream.h - one XEP-0114 stream by libstrophe under libuv, for component.c
 *
 * Dials one address at a time, shakes hands, tells what comes and why it
 * ended.  When to try, how long to wait and what to write is component.c's.
 * All that libstrophe needs to work and to stay harmless is in the .c.
 *
 *	stream_dial(s, "127.0.0.1", 5347, &err)
 *	    --> opened --> up --> stanza, stanza ... --> down
 *
 * Reentry    A callback may call anything here, stream_free() too; nothing
 *            is called back after that.
 * Errors     down() comes once for each stream_dial() that returned 0.
 */
#ifndef XMPP_STREAM_H
#define XMPP_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"
#include "xmpp/component.h"

struct loop;
struct stanza;
struct stream;

struct stream_ops {
	void (*opened)(void *arg); /* connected; the handshake has begun */
	void (*up)(void *arg);
	void (*stanza)(const struct stanza *s, void *arg);
	void (*ending)(void *arg); /* a stream error: the server should close */
	void (*writable)(void *arg); /* the socket takes more again */

	/* The socket is closed.  err is what was said, or what happened. */
	void (*down)(enum component_end why, const struct err *err, void *arg);
};

struct stream_params {
	const char *domain; /* copied, as the secret */
	struct str secret;
	int64_t
	    silence_ms; /* what is sent and not acknowledged so long ends it */
};

/* Once per process: see component_setup(). */
int stream_setup(unsigned nstreams, struct err *err);

struct stream *stream_new(struct loop *loop, const struct stream_params *p,
    const struct stream_ops *ops, void *arg);
void stream_free(
    struct stream **sp); /* drops the connection, if there is one */

/* address is numeric.  -1: it cannot even be tried. */
int stream_dial(
    struct stream *s, const char *address, uint16_t port, struct err *err);

/* down() follows soon, with this error.  Harmless when it is on its way. */
void stream_hang_up(struct stream *s, const struct err *why);

/* Between a dial and its down(). */
bool stream_is_open(const struct stream *s);

/*
 * Writes what the socket takes and drops it from out; writable() tells when
 * it takes more.  Only when up.
 */
void stream_write(struct stream *s, struct buf *out);

#endif
