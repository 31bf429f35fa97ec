/*
 * tls.h - TLS on a connected socket
 *
 * TLS 1.2 or later.  Who answers is proved by a certificate that an authority
 * vouches for and that bears the name that was dialled (RFC 6125), or by the
 * pinned fingerprint alone.
 *
 *	t = tls_new(tls_context(&cache, ca_file, &err), &peer, fd);
 *	while (r = tls_handshake(t, &err), r is TLS_WANT_...)
 *		wait for that;
 *
 * Memory     Buffers exist only while a record is in them.
 * Errors     The text names the peer; *permanent_out says that trying again
 *            will not help.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

enum { TLS_PIN_BYTES = 32 };

struct tls;
struct tls_context;

/* Whom we expect. */
struct tls_peer {
	struct str host; /* without port */
	uint16_t port;
	bool verify;
	bool has_pin; /* instead of verify */
	uint8_t pin[TLS_PIN_BYTES];
	struct str identity; /* see identity.h; empty: we show none */
};

enum tls_result {
	TLS_DONE,
	TLS_WANT_READ,  /* go on when the socket can be read */
	TLS_WANT_WRITE, /* ... written */
	TLS_CLOSED,     /* the peer has ended the stream */
	TLS_FAILED,     /* the error says why */
};

/* Hex digits of a SHA-256, colons between them allowed. */
bool tls_parse_pin(struct str hex, uint8_t out[TLS_PIN_BYTES]);

/*
 * What all connections that trust the same authorities share.  ca_file NULL:
 * the system's.  Found in the list, or made and added to it; NULL and *err
 * when the file cannot be read.  Free the list after the last connection.
 */
struct tls_context *tls_context(
    struct tls_context **list, const char *ca_file, struct err *err);
void tls_context_free(struct tls_context **list);

/*
 * The other side: who connects to us is shown that certificate, and need show
 * none.  cert_file: PEM, what vouches for it behind it; key_file may be the
 * same.  NULL: err names the file.  May be freed while connections last.
 */
struct tls_server;
struct tls_server *tls_server_new(
    const char *cert_file, const char *key_file, struct err *err);
void tls_server_free(struct tls_server **sp);

/* name: the peer, for errors.  fd as in tls_new(). */
struct tls *tls_accept(struct tls_server *s, const char *name, int fd);

/* NULL: the identity is none.  fd stays the caller's and must outlive it.  peer is copied. */
struct tls *tls_new(struct tls_context *c, const struct tls_peer *peer, int fd);
void tls_free(struct tls **tp);

enum tls_result tls_handshake(
    struct tls *t, struct err *err, bool *permanent_out);

/* What the handshake settled, for the log: "TLSv1.3 ...". */
const char *tls_version(const struct tls *t);

/*
 * TLS_DONE: *n_out bytes (> 0) were moved.  A write that wants something must
 * be repeated with the same bytes; they may have moved and grown.
 */
enum tls_result tls_read(
    struct tls *t, char *to, size_t size, size_t *n_out, struct err *err);
enum tls_result tls_write(struct tls *t, const char *from, size_t len,
    size_t *n_out, struct err *err);

/* Bytes have come from the socket that tls_read() has not returned. */
bool tls_has_pending(const struct tls *t);

/* Tells the peer that nothing follows; does not wait for an answer. */
void tls_finish(struct tls *t);

#endif
