/*
 * sms_jwt.h - JSON web tokens, in and out
 *
 * RFC 7515 compact serialisation, RFC 7519 claims.  In: HS256, HS384 and
 * HS512, of which the caller names those that are allowed; what the token
 * says of itself only chooses among these, so neither `none` nor a public key
 * used as a secret gets anywhere.  Out: RS256.
 *
 * Limits     SMS_JWT_MAX bytes.
 */
#ifndef SMS_JWT_H
#define SMS_JWT_H

#include <stdint.h>

#include "lib/buf.h"
#include "sms/sms_proof.h"

enum { SMS_JWT_MAX = 8 * 1024 };

/*
 * The claims, as JSON text, and the MAC, of a token that was made with that
 * secret.  algs: 1 << enum crypto_digest.  -1: ERR_AUTH.
 */
int sms_jwt_open(struct str token, unsigned algs, struct str secret,
    struct buf *claims_out, struct buf *mac_out, struct err *err);

/* As sms_proof_check(), for jwt-hs. */
int sms_jwt_check(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err);

/* Appends a token with these claims, which are JSON.  -1: no room. */
int sms_jwt_sign(
    const struct crypto_rsa *key, struct str claims, struct buf *out);

#endif
