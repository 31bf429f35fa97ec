/*
 * sms_gsm.h - what a text costs on the air: GSM 03.38 and UCS-2
 *
 * A text whose characters all are in the GSM table or its extension is
 * counted in septets, the extension two each; any other text in units of
 * UTF-16.  One part takes 160 or 70 of them, each part of a longer text 153 or
 * 67, as the rest of its 140 octets joins it to the others; what takes two is
 * never cut in half, so parts are not always full.
 *
 * Text       UTF-8; what is none counts as U+FFFD.
 * Source     3GPP TS 23.038 6.2.1, TS 23.040 9.2.3.24.1.
 *
 * Pure.
 */
#ifndef SMS_GSM_H
#define SMS_GSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

enum sms_coding { SMS_GSM7, SMS_UCS2, SMS_NCODING };

enum {
	SMS_GSM7_SINGLE = 160,
	SMS_GSM7_JOINED = 153,
	SMS_UCS2_SINGLE = 70,
	SMS_UCS2_JOINED = 67,
	SMS_GSM_ESCAPE = 0x1b,
};

struct sms_count {
	enum sms_coding coding;
	size_t nunits; /* septets, or units of UTF-16; without headers */
	size_t nparts; /* an empty text is one */
};

struct sms_count sms_gsm_count(struct str text);

/* Can all of it be said in septets? */
bool sms_gsm_holds(struct str text);

/* Of one character: 1 or 2; 0: it cannot be said in that coding. */
unsigned sms_gsm_cost(enum sms_coding coding, int32_t c);

/*
 * Appends one octet for each septet, not packed.  False, nothing appended: a
 * character of it is not in the tables, or no room.
 */
bool sms_gsm_encode(struct str text, struct buf *out);

/*
 * The reverse, for octets that are not packed.  An unknown character of the
 * extension is shown as the basic one (TS 23.038 6.2.1.1), an octet over 0x7f
 * as U+FFFD.  -1: no room.
 */
int sms_gsm_decode(struct str septets, struct buf *out);

/* Appends text as UTF-16, big endian.  -1: no room. */
int sms_ucs2_encode(struct str text, struct buf *out);

/* The same in hexadecimal, upper case. */
int sms_ucs2_hex(struct str text, struct buf *out);

/*
 * The reverse of sms_ucs2_encode().  A half of a pair alone, or half a unit
 * at the end, becomes U+FFFD.  -1: no room.
 */
int sms_ucs2_decode(struct str octets, struct buf *out);

#endif
