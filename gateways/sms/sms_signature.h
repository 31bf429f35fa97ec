/*
 * sms_signature.h - schemes that sign a text made of the request
 *
 * As sms_proof_check(), for one scheme each.
 */
#ifndef SMS_SIGNATURE_H
#define SMS_SIGNATURE_H

#include "sms/sms_proof.h"

int sms_signature_hmac(const struct sms_proof *p,
    const struct sms_hook_ask *ask, int64_t now_utc, struct sms_once *once_out,
    struct err *err);
int sms_signature_ed25519(const struct sms_proof *p,
    const struct sms_hook_ask *ask, int64_t now_utc, struct sms_once *once_out,
    struct err *err);
int sms_signature_vonage(const struct sms_proof *p,
    const struct sms_hook_ask *ask, int64_t now_utc, struct sms_once *once_out,
    struct err *err);
int sms_signature_plivo(const struct sms_proof *p,
    const struct sms_hook_ask *ask, int64_t now_utc, struct sms_once *once_out,
    struct err *err);

/* False: not base64, or not hex, of 32 bytes. */
bool sms_signature_key(struct str text, uint8_t out[CRYPTO_ED25519_KEY_BYTES]);

#endif
