/*
 * sms_digits.h - the digits in what people write as a number
 *
 * Drops what only separates (blanks, dashes, dots, brackets, slashes, marks of
 * direction), makes ASCII of other scripts' digits and of a full-width plus.
 *
 * Text       UTF-8.
 * Limits     SMS_DIGITS_MAX; more is `too_long`.
 *
 * Pure.
 */
#ifndef SMS_DIGITS_H
#define SMS_DIGITS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

enum { SMS_DIGITS_MAX = 40 };

struct sms_digits {
	char p[SMS_DIGITS_MAX + 1]; /* digits, "*" and "#"; terminated */
	size_t n;
	bool has_plus;  /* in front of them */
	bool has_mark;  /* "*" or "#" */
	bool has_other; /* something that no number has; not in p */
	bool too_long;
};

enum sms_letters {
	SMS_LETTERS_OTHER, /* are something that no number has */
	SMS_LETTERS_DIGITS /* stand for digits, as on a keypad (E.161) */
};

void sms_digits_read(
    struct str in, enum sms_letters letters, struct sms_digits *out);

static inline struct str
sms_digits_str(const struct sms_digits *d)
{
	return str_of(d->p, d->n);
}

#endif
