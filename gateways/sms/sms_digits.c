/*
 * One character after another.  "(0)" behind a country is how letterheads say
 * "or dial this zero instead": of an international number it is dropped.
 */
#include "sms/sms_digits.h"
#include "lib/utf8.h"

static const int32_t zeros[] = { '0', 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6,
	0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0,
	0x0f20, 0x1040, 0x17e0, 0x1810, 0xff10 };

static const struct {
	int32_t first, last;
} separator[] = {
	{ '\t', '\r' },
	{ ' ', ' ' },
	{ '(', ')' },
	{ '-', '/' },
	{ '[', '[' },
	{ ']', ']' },
	{ 0xa0, 0xa0 },
	{ 0xad, 0xad },
	{ 0xb7, 0xb7 },
	{ 0x2000, 0x2015 },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x2212, 0x2212 },
	{ 0x3000, 0x3000 },
	{ 0xfeff, 0xfeff },
	{ 0xff08, 0xff09 },
	{ 0xff0d, 0xff0f },
};

static const char keypad[] = "22233344455566677778889999";

static int
digit_of(int32_t c)
{
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
		if (c >= zeros[i] && c <= zeros[i] + 9)
			return '0' + (int)(c - zeros[i]);
	return -1;
}

static int
letter_digit(int32_t c)
{
	int32_t lower = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;

	return lower >= 'a' && lower <= 'z' ? keypad[lower - 'a'] : -1;
}

static bool
is_separator(int32_t c)
{
	for (size_t i = 0; i < sizeof(separator) / sizeof(separator[0]); i++)
		if (c >= separator[i].first && c <= separator[i].last)
			return true;
	return false;
}

static void
put(struct sms_digits *d, int c)
{
	if (d->n == SMS_DIGITS_MAX) {
		d->too_long = true;
		return;
	}
	d->p[d->n++] = (char)c;
	d->p[d->n] = '\0';
}

static void
take(struct sms_digits *d, int32_t c, enum sms_letters letters)
{
	int digit = digit_of(c);

	if (digit < 0 && letters == SMS_LETTERS_DIGITS)
		digit = letter_digit(c);
	if (digit >= 0) {
		put(d, digit);
	} else if (c == '*' || c == '#') {
		d->has_mark = true;
		put(d, (int)c);
	} else if ((c == '+' || c == 0xff0b) && d->n == 0 && !d->has_plus) {
		d->has_plus = true;
	} else if (!is_separator(c)) {
		d->has_other = true;
	}
}

/* Does the number so far say a country, rather than begin at home? */
static bool
is_international(const struct sms_digits *d)
{
	return d->n > 0 && (d->has_plus || strncmp(d->p, "00", 2) == 0);
}

void
sms_digits_read(struct str in, enum sms_letters letters, struct sms_digits *out)
{
	*out = (struct sms_digits){ .n = 0 };
	while (in.len > 0) {
		if (str_starts(in, STR("(0)")) && is_international(out))
			in = str_skip(in, 3);
		else
			take(out, utf8_next(&in), letters);
	}
}
