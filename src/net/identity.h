/*
 * identity.h - a key and a certificate that a client shows to servers
 *
 * As text: a private key and a certificate that it has signed itself, PEM.
 * Nobody vouches for it; who is told its fingerprint knows it again.
 *
 * Limits     A new one has less than IDENTITY_MAX bytes.
 */
#ifndef NET_IDENTITY_H
#define NET_IDENTITY_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"

struct ssl_st;

enum {
	IDENTITY_MAX = 1000,
	IDENTITY_SHA256_HEX = 2 * 32 + 1,
	IDENTITY_SHA512_HEX = 2 * 64 + 1,
};

/*
 * Appends a new one: P-256, which every server takes, and no end of validity,
 * because a server that has been told the fingerprint trusts that alone.
 */
void identity_new(struct buf *pem);

/* False: it is none. */
bool identity_fingerprints(struct str pem, char sha256[IDENTITY_SHA256_HEX],
    char sha512[IDENTITY_SHA512_HEX]);

/* To be shown when the server asks.  False: it is none. */
bool identity_use(struct ssl_st *ssl, struct str pem);

#endif
