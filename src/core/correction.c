#include "core/correction.h"

#include <stdbool.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t';
}

/* The first word of s, and where it ends in s, with the blanks before it. */
static struct str
first_word(struct str s, size_t *end)
{
	size_t start = 0;

	while (start < s.len && is_blank(s.p[start]))
		start++;
	*end = start;
	while (*end < s.len && !is_blank(s.p[*end]))
		++*end;
	return str_of(s.p + start, *end - start);
}

static struct str
last_word(struct str s, size_t *start)
{
	size_t end = s.len;

	while (end > 0 && is_blank(s.p[end - 1]))
		end--;
	*start = end;
	while (*start > 0 && !is_blank(s.p[*start - 1]))
		--*start;
	return str_of(s.p + *start, end - *start);
}

static bool
is_empty(struct str s)
{
	return str_trim(s).len == 0;
}

/* Takes equal words off both beginnings; what was taken last of `is`. */
static struct str
skip_common(struct str *was, struct str *is)
{
	struct str taken = STR_EMPTY, word;
	size_t nwas, nis;

	for (;;) {
		word = first_word(*is, &nis);
		if (word.len == 0 || !str_eq(first_word(*was, &nwas), word))
			return taken;
		taken = word;
		*was = str_skip(*was, nwas);
		*is = str_skip(*is, nis);
	}
}

static struct str
cut_common(struct str *was, struct str *is)
{
	struct str taken = STR_EMPTY, word;
	size_t nwas, nis;

	for (;;) {
		word = last_word(*is, &nis);
		if (word.len == 0 || !str_eq(last_word(*was, &nwas), word))
			return taken;
		taken = word;
		*was = str_head(*was, nwas);
		*is = str_head(*is, nis);
	}
}

/* One side, with a word beside it where it would be nothing. */
static void
write_side(struct str s, struct str before, struct str after, bool beside,
    struct buf *out)
{
	s = str_trim(s);
	if (beside && before.len) {
		buf_add_str(out, before);
		buf_add_str(out, s.len ? STR(" ") : STR_EMPTY);
	}
	buf_add_str(out, s);
	if (beside && before.len == 0 && after.len) {
		buf_add_str(out, s.len ? STR(" ") : STR_EMPTY);
		buf_add_str(out, after);
	}
}

void
correction_write(struct str was, struct str is, struct buf *out)
{
	struct str whole = str_trim(is), before, after;
	bool beside;
	size_t start = out->len;

	before = skip_common(&was, &is);
	after = cut_common(&was, &is);
	if (is_empty(was) && is_empty(is))
		return;
	if (is_empty(was) && before.len == 0 && after.len == 0) {
		buf_add_str(out, whole);
		return;
	}
	beside = is_empty(was) || is_empty(is);
	write_side(was, before, after, beside, out);
	buf_add_str(out, STR(" -> "));
	write_side(is, before, after, beside, out);
	if (out->len - start <= CORRECTION_MAX &&
	    !str_has(str_skip(buf_str(out), start), '\n'))
		return;
	buf_truncate(out, start);
	buf_add_str(out, whole);
}
