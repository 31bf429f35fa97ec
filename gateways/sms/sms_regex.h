/*
 * sms_regex.h - a regular expression out of a profile
 *
 * POSIX extended ("^OK; ID=([0-9]+)"), on bytes.
 *
 * Limits     SMS_REGEX_MAX bytes, no reference back to a group and no count
 *            above SMS_REGEX_COUNT_MAX: they make matching slow.  Only the
 *            first SMS_REGEX_TEXT_MAX bytes of a text are looked at.
 */
#ifndef SMS_REGEX_H
#define SMS_REGEX_H

#include <stdbool.h>

#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_json.h"

enum {
	SMS_REGEX_MAX = 300,
	SMS_REGEX_COUNT_MAX = 20,
	SMS_REGEX_TEXT_MAX = 16 * 1024,
};

struct sms_regex;

struct sms_regex *sms_regex_read(const struct sms_json *v, struct err *err);
void sms_regex_free(struct sms_regex **rp);

/* What group 1 matched, or all if there is no group.  False: no match. */
bool sms_regex_match(
    const struct sms_regex *r, struct str text, struct str *out);

#endif
