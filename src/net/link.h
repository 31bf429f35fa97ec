/*
 * link.h - one byte stream, over TCP or TLS to a host, or from who came to us
 *
 * Resolves without blocking, tries all addresses (IPv6 and IPv4 raced, RFC
 * 8305), checks who answers (TLS 1.2 or later, SNI, host name or pinned
 * fingerprint), then carries bytes.  One function tells what happens.
 *
 *	l = link_open(loop, &params, on_link, me);
 *	link_write(l, "NICK x\r\n", 8);
 *	link_close(&l);
 *
 * Reentry    The callback may link_close() the link; nothing is called back
 *            after that.  link_open() never calls back before it returned.
 * Output     Collected and written once per loop turn; TCP_NODELAY is on.
 * Errors     The text names the peer and reads as a sentence of its own.
 * Limits     out_max bytes wait at most; link_write() over it refuses whole.
 *            While paused nothing is read and TCP holds the peer back.
 * Memory     An idle link keeps no read buffer and no write buffer.
 */
#ifndef NET_LINK_H
#define NET_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct link;
struct loop;
struct sockaddr;
struct sockaddr_storage;
struct tls_server;

struct link_params {
	struct str host; /* name or address; copied */
	uint16_t port;
	bool tls;
	bool verify; /* false: any certificate, said in the log */

	/*
	 * SHA-256 of the certificate in hex, colons allowed: that one and no
	 * other, instead of verify.  Or empty.
	 */
	struct str pin;
	struct str identity; /* what we show (identity.h); copied; or empty */
	const char *ca_file; /* NULL: the system's; must stay */

	/* Copied; NULL: the system's choice.  See dial.h. */
	const struct sockaddr_storage *source;

	/* Addresses as in address_is_private() may be dialled. */
	bool private_ok;
	int64_t connect_ms; /* deadline until LINK_UP; 0: 30 s */
	size_t out_max;     /* 0: 256 KiB */
};

enum link_event_type {
	LINK_UP,      /* bytes may flow, the peer is who it should be */
	LINK_DATA,    /* data, len: borrowed for the call */
	LINK_DRAINED, /* the output buffer is empty again */
	LINK_DOWN,    /* last event; err says why (ERR_NONE: the peer closed) */
};

struct link_event {
	enum link_event_type type;
	const char *data;
	size_t len;
	struct err err;
	bool permanent; /* DOWN: trying again will not help (certificate,
	                   address refused by policy) */
	bool hung_up;   /* DOWN before UP: it took the connection, and closed
	                   it before it said who it is */
};

typedef void link_fn(struct link *l, const struct link_event *ev, void *arg);

/* Never NULL: what is wrong arrives as LINK_DOWN. */
struct link *link_open(
    struct loop *loop, const struct link_params *p, link_fn *fn, void *arg);

/*
 * One that has come in (listener.h): it is up from the start, and LINK_UP is
 * not said.  Takes the descriptor, which does not block.  name: who it is, for
 * logs.  NULL: it cannot be watched, and is closed.
 */
struct link *link_accept(
    struct loop *loop, int fd, const char *name, size_t out_max);

/* At once after link_accept(): whom to tell. */
void link_attach(struct link *l, link_fn *fn, void *arg);

/*
 * The server's side of TLS begins when what is queued has been written; until
 * then, and until LINK_UP, nothing is read as it is.  There is no deadline.
 */
void link_start_tls(struct link *l, struct tls_server *s);

/* Drops what has not been written; frees in the end.  NULL is accepted. */
void link_close(struct link **lp);

/*
 * As link_close(), but what is queued is still written and the peer's end of
 * the stream awaited, for LINK_FINISH_MS at most.  Before LINK_UP nothing is.
 */
enum { LINK_FINISH_MS = 2000 };
void link_finish(struct link **lp);

/*
 * 0, or -1 when out_max would be passed; before LINK_UP it waits.  After
 * LINK_DOWN it is dropped, and 0.
 */
int link_write(struct link *l, const void *data, size_t len);
size_t link_queued(const struct link *l);

/* Stop or go on reading. */
void link_pause(struct link *l, bool paused);

/* "address port" of the peer, once up; for logs. */
struct str link_peer(const struct link *l);

/* Is it the connection of these two, addresses and ports?  See address_eq(). */
bool link_is_between(const struct link *l, const struct sockaddr *local,
    const struct sockaddr *peer);

/* True, if TLS; for status. */
bool link_is_tls(const struct link *l);

#endif
