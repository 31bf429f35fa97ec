/*
 * The first four bytes say what the HTML said, the rest is a text.  What is
 * kept lies in it, is empty only if all is, and is cut at the ends of lines.
 */
#include <stdlib.h>

#include "smtp/mail_trim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
check_trimmed(struct str text, const struct mail_trimmed *t)
{
	const char *end = t->fresh.p + t->fresh.len;

	check((str_trim(t->fresh).len == 0) == (str_trim(text).len == 0));
	if (!t->was_trimmed) {
		check(t->fresh.p == text.p && t->fresh.len == text.len);
		return;
	}
	check(t->fresh.p >= text.p && end <= text.p + text.len);
	check(t->fresh.p == text.p || t->fresh.p[-1] == '\n');
	check(end == text.p + text.len || *end == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mail_trim_hint hint = { 0 };
	struct mail_trimmed t;
	struct str text;

	if (size < 5)
		return 0;
	text = str_of((const char *)data + 4, size - 4);
	mail_trim(text, NULL, &t);
	check_trimmed(text, &t);
	hint.quote_at = data[0];
	hint.quote_end = data[0] + data[1];
	hint.signature_at = data[2];
	hint.signature_end = data[2] + data[3];
	mail_trim(text, &hint, &t);
	check_trimmed(text, &t);
	return 0;
}
