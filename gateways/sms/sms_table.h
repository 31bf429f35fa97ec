/*
 * sms_table.h - a small table of words: what they say -> what we say
 *
 *	{ "gsm7": "0", "ucs2": "8", "*": "0" }
 *
 * Found as written, else whatever the case of its ASCII letters, else what
 * stands at "*".
 */
#ifndef SMS_TABLE_H
#define SMS_TABLE_H

#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_json.h"

enum { SMS_TABLE_MAX = 500 }; /* words */

struct sms_table;

/* Values are texts, or one of values (NULL-terminated) if that is given. */
struct sms_table *sms_table_read(
    const struct sms_json *obj, const char *const *values, struct err *err);
void sms_table_free(struct sms_table **tp);

/* Terminated, borrowed from the table; NULL: not in it. */
const char *sms_table_get(const struct sms_table *t, struct str word);

#endif
