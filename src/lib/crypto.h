/*
 * crypto.h - the few primitives we use, from libcrypto
 *
 * Fails by ending the program only where libcrypto itself is broken (no
 * random numbers, no memory).
 */
#ifndef LIB_CRYPTO_H
#define LIB_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

enum {
	CRYPTO_SHA1_BYTES = 20,
	CRYPTO_SHA256_BYTES = 32,
	CRYPTO_KEY_BYTES = 32,   /* AES-256 */
	CRYPTO_NONCE_BYTES = 12, /* GCM */
	CRYPTO_TAG_BYTES = 16,
	CRYPTO_SEAL_EXTRA = CRYPTO_NONCE_BYTES + CRYPTO_TAG_BYTES,
};

void crypto_random(void *out, size_t len);
uint32_t crypto_random_u32(void);

/* Lower-case hex of nbytes random bytes, and a NUL: 2 * nbytes + 1 bytes. */
void crypto_random_hex(char *out, size_t nbytes);

void crypto_sha1(struct str in, uint8_t out[CRYPTO_SHA1_BYTES]);
void crypto_sha256(struct str in, uint8_t out[CRYPTO_SHA256_BYTES]);
void crypto_hmac_sha256(
    struct str key, struct str in, uint8_t out[CRYPTO_SHA256_BYTES]);

/*
 * HMAC-SHA-256 with a key that is used over and over: a fifth of the time.
 * One thread at a time.
 */
struct crypto_mac;
struct crypto_mac *crypto_mac_new(struct str key);
void crypto_mac_free(struct crypto_mac **mp);
void crypto_mac(
    struct crypto_mac *m, struct str in, uint8_t out[CRYPTO_SHA256_BYTES]);

/*
 * PBKDF2 with HMAC-SHA-256, 32 bytes.  Slow on purpose, about a microsecond
 * per iteration: not for the loop.
 */
void crypto_pbkdf2_sha256(struct str password, struct str salt,
    unsigned iterations, uint8_t out[CRYPTO_SHA256_BYTES]);

/*
 * AES-256-GCM.  out becomes nonce, ciphertext, tag; the nonce is random.
 * bound is authenticated, not stored: opening needs the same bytes.
 */
int crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], struct str bound,
    struct str plain, struct buf *out);

/* False: not sealed with this key and these bound bytes, or changed. */
bool crypto_open(const uint8_t key[CRYPTO_KEY_BYTES], struct str bound,
    struct str sealed, struct buf *out);

/* RFC 4648 section 4, with padding. */
int crypto_base64(struct str in, struct buf *out);
bool crypto_base64_decode(struct str in, struct buf *out);

#endif
