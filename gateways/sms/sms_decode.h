/*
 * sms_decode.h - text that comes in some coding, in some charset
 *
 *	"decode": {"text": "percent"}
 *
 * "hex", "base64", "percent" (where the charset is said and is not UTF-8) and
 * "maybe-base64" (long, nothing but base64, and UTF-8 inside) make bytes of
 * it first; the charset says what these are.
 */
#ifndef SMS_DECODE_H
#define SMS_DECODE_H

#include <stdbool.h>

#include "lib/str.h"
#include "sms/sms_pool.h"

enum sms_decode {
	SMS_DECODE_NONE,
	SMS_DECODE_HEX,
	SMS_DECODE_BASE64,
	SMS_DECODE_PERCENT,
	SMS_DECODE_MAYBE_BASE64,
};

/* "none", "hex", ...: NULL-terminated. */
extern const char *const sms_decode_names[];

/* Undoes the coding.  *done: bytes in the charset are what it is now. */
struct str sms_decode(enum sms_decode how, struct str text, struct str charset,
    struct sms_pool *pool, bool *done);

/* "8-BIT", "binary": no text at all. */
bool sms_charset_is_binary(struct str charset);

/* Bytes in charset as UTF-8; an empty or unknown one is taken for UTF-8. */
struct str sms_charset_to_utf8(
    struct str charset, struct str bytes, struct sms_pool *pool);

#endif
