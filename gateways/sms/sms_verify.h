/*
 * sms_verify.h - "verify" of a profile: what webhooks have to prove
 *
 * An object, or a list of objects of which one has to hold:
 *
 *	path-token   nothing more than the path that only the provider knows
 *	hmac         secret, header, message; alg (sha256), encoding (base64),
 *	             prefix, url_port ("as-is", "both"), skew_header, skew_s,
 *	             once (header with a nonce), body_sha256_param
 *	ed25519      secret (the public key); else as hmac
 *	jwt-hs       secret, algs; header and prefix (Authorization, Bearer),
 *	             issuer, body_claim, url_claim, leeway_s, skew_s
 *	vonage-sig   secret; method (md5hash, md5, sha1, sha256, sha512), skew_s
 *	plivo-v3     secret
 *	basic        user, secret
 *	bearer-eq    secret; header and prefix (Authorization, Bearer)
 *	param-eq     param, secret
 *	ip-allow     allow: addresses and ranges, by commas
 *
 * message is a list of: url, method, body, body-sha256, body-sha256-hex,
 * sorted-form, "header:NAME", "'literal'".  It must cover the body, and the
 * headers that are named for time and nonce.
 *
 * secret, user, method and allow are templates; the others are text.  One
 * whose secret renders empty, as an optional setting does that is not set, is
 * not asked for; if none is left the path alone counts.
 */
#ifndef SMS_VERIFY_H
#define SMS_VERIFY_H

#include "sms/sms_json.h"
#include "sms/sms_proof.h"
#include "sms/sms_replay.h"

enum { SMS_VERIFY_SCHEMES_MAX = 8 };

struct sms_verify;

/* NULL: err says what is wrong with it. */
struct sms_verify *sms_verify_read(const struct sms_json *v, struct err *err);
void sms_verify_free(struct sms_verify **vp);

/* Can the settings of a line be used?  -1: ERR_BAD_INPUT. */
int sms_verify_try(
    const struct sms_verify *v, const struct sms_vars *line, struct err *err);

/* Is there more than the path, with the settings of that line? */
bool sms_verify_is_on(const struct sms_verify *v, const struct sms_vars *line);

enum sms_verified {
	SMS_AUTHENTIC,
	SMS_REPLAYED, /* and so was it before: answer as then, do nothing */
	SMS_FORGED,   /* err says why; 403, one line in the log */
};

/*
 * *once_out is for sms_replay_put(), when what the request told is on disk.
 * seen may be NULL; v, too: then the path is all that is asked for.
 */
enum sms_verified sms_verify_check(const struct sms_verify *v,
    const struct sms_vars *line, const struct sms_hook_ask *ask,
    const struct sms_replay *seen, int64_t now_utc, struct sms_once *once_out,
    struct err *err);

#endif
