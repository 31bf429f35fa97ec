/*
 * irc_scram.h - the client's side of SCRAM-SHA-256, without the dear part
 *
 * Neither side says the password, and both prove that they know it.
 *
 *	irc_scram_first(s, user, nonce, out);
 *	irc_scram_challenge(s, what came);
 *	    derive a key of s->salt and s->iterations, elsewhere
 *	irc_scram_answer(s, key, out);
 *	irc_scram_verify(s, what came);
 *
 * Limits     A message of 1024 bytes, iterations between the two numbers
 *            below: fewer would give the password away to who listens in,
 *            more would let a server burn our time.
 * Source     RFC 5802, 7677; no channel binding.
 */
#ifndef IRC_SCRAM_H
#define IRC_SCRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/crypto.h"
#include "lib/str.h"

enum {
	IRC_SCRAM_MAX = 1024,
	IRC_SCRAM_ITERATIONS_MIN = 4096,
	IRC_SCRAM_ITERATIONS_MAX = 200000,
};

struct irc_scram {
	struct buf nonce; /* ours, then both */
	struct buf auth;  /* what is signed */
	struct buf salt;
	unsigned iterations;
	bool answered;
	uint8_t signature[CRYPTO_SHA256_BYTES]; /* what the server must say */
};

void irc_scram_init(struct irc_scram *s);
void irc_scram_release(struct irc_scram *s); /* may be begun again */

/* Appends the first message.  -1: does not fit. */
int irc_scram_first(
    struct irc_scram *s, struct str user, struct str nonce, struct buf *out);

/* NULL: salt and iterations are known; else what is wrong with it. */
const char *irc_scram_challenge(struct irc_scram *s, struct str in);

/* Appends the second message; key is PBKDF2 of the password. */
int irc_scram_answer(struct irc_scram *s,
    const uint8_t key[CRYPTO_SHA256_BYTES], struct buf *out);

/* The server knows the password, too. */
bool irc_scram_verify(const struct irc_scram *s, struct str in);

#endif
