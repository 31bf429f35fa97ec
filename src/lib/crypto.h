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
#include "lib/err.h"
#include "lib/str.h"

enum {
	CRYPTO_SHA1_BYTES = 20,
	CRYPTO_SHA256_BYTES = 32,
	CRYPTO_DIGEST_MAX = 64, /* bytes of the longest digest */
	CRYPTO_ED25519_KEY_BYTES = 32,
	CRYPTO_ED25519_SIGNATURE_BYTES = 64,
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
 * What other people's protocols ask for: MD5 and SHA-1 are here to be read,
 * never to be chosen.  Answers the bytes written, 0 if this libcrypto is
 * forbidden to do it (MD5 in FIPS mode).
 */
enum crypto_digest {
	CRYPTO_MD5,
	CRYPTO_SHA1,
	CRYPTO_SHA256,
	CRYPTO_SHA384,
	CRYPTO_SHA512,
};
size_t crypto_digest(
    enum crypto_digest alg, struct str in, uint8_t out[CRYPTO_DIGEST_MAX]);
size_t crypto_hmac(enum crypto_digest alg, struct str key, struct str in,
    uint8_t out[CRYPTO_DIGEST_MAX]);

/* RFC 8032 5.1.  Also false for a key that is no point of the curve. */
bool crypto_ed25519_verify(const uint8_t key[CRYPTO_ED25519_KEY_BYTES],
    struct str in, const uint8_t signature[CRYPTO_ED25519_SIGNATURE_BYTES]);

/*
 * A private RSA key from PEM, without a passphrase, of 2048 to 8192 bits;
 * signing is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2), RS256 in JOSE.
 */
struct crypto_rsa;
struct crypto_rsa *crypto_rsa_new(struct str pem, struct err *err);
void crypto_rsa_free(struct crypto_rsa **kp);
int crypto_rsa_sign(const struct crypto_rsa *k, struct str in, struct buf *out);

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

/* Section 5, "base64url", without padding: what JOSE has (RFC 7515 2). */
int crypto_base64url(struct str in, struct buf *out);
bool crypto_base64url_decode(struct str in, struct buf *out);

/* Lower case.  Decoding takes both cases, and nothing but whole bytes. */
int crypto_hex(struct str in, struct buf *out);
bool crypto_hex_decode(struct str in, struct buf *out);

#endif
