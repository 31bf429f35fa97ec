/*
 * sms_bearer.h - a token that is good for a while: signed here or fetched
 *
 * Released by dropping it.
 */
#ifndef SMS_BEARER_H
#define SMS_BEARER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/str.h"

struct json_t;

enum { SMS_BEARER_MAX = 8 * 1024 };

struct sms_bearer {
	char *text; /* NULL: there is none */
	int64_t made_utc, until_utc;
	uint8_t of[CRYPTO_SHA256_BYTES]; /* what it was signed from */
};

void sms_bearer_drop(struct sms_bearer *t); /* wiped */
bool sms_bearer_is_good(const struct sms_bearer *t, int64_t now_utc);

/*
 * Signed with RS256, with the claims iat, exp and jti added to claims.  One
 * of the same key and claims is kept for half of its time: a signature takes
 * a millisecond.
 */
int sms_bearer_sign(struct sms_bearer *t, struct str private_key,
    struct json_t *claims, int64_t ttl_s, struct str jti, int64_t now_utc,
    struct err *err);

/*
 * What a token end point answered (RFC 6749 5).  -1: ERR_AUTH: refused;
 * ERR_UNREACHABLE, ERR_PROTOCOL.
 */
int sms_bearer_take(struct sms_bearer *t, int status, struct str body,
    int64_t now_utc, struct err *err);

/* Dropped.  False: it was quite new, so another one would not help. */
bool sms_bearer_refused(struct sms_bearer *t, int64_t now_utc);

#endif
