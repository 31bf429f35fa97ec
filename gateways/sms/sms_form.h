/*
 * sms_form.h - how a provider writes numbers
 *
 * "e164": +12125550123, "digits": 12125550123, "00": 0012125550123, "nat:1":
 * 2125550123 in the country of that calling code, digits elsewhere.  Names and
 * short codes pass as they are.
 *
 * Pure.
 */
#ifndef SMS_FORM_H
#define SMS_FORM_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct sms_number;

enum sms_form_kind {
	SMS_FORM_E164,
	SMS_FORM_DIGITS,
	SMS_FORM_ZEROS,
	SMS_FORM_NATIONAL
};

struct sms_form {
	enum sms_form_kind kind;
	char cc[4]; /* NATIONAL */
};

/* ERR_BAD_INPUT: none of the words above. */
int sms_form_read(struct str word, struct sms_form *out, struct err *err);

/*
 * Appends what the provider is to be given: of a short code its digits, of a
 * name its spelling.  n is no group.  -1: no room.
 */
int sms_form_write(
    const struct sms_form *form, const struct sms_number *n, struct buf *out);

#endif
