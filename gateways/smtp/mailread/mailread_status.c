#include "smtp/mailread/mailread_status.h"

static size_t
digits(struct str s, size_t at, size_t max)
{
	size_t n = 0;

	while (at + n < s.len && n <= max && s.p[at + n] >= '0' &&
	    s.p[at + n] <= '9')
		n++;
	return n;
}

/* Bytes of a status at the beginning of s; 0: there is none. */
static size_t
status_len(struct str s)
{
	size_t n, at = 1;

	if (s.len < 5 || !strchr("245", s.p[0]))
		return 0;
	for (int i = 0; i < 2; i++) {
		if (at >= s.len || s.p[at] != '.')
			return 0;
		n = digits(s, at + 1, 3);
		if (n == 0 || n > 3)
			return 0;
		at += 1 + n;
	}
	return at < s.len && (s.p[at] == '.' || digits(s, at, 1)) ? 0 : at;
}

struct str
mailread_status(struct str value)
{
	return str_head(value, status_len(value));
}

/* The first that stands alone: no part of an address of a host. */
static struct str
find(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		struct str rest = str_skip(text, i);
		size_t n = i == 0 || strchr(" \t\n#(-<[", text.p[i - 1])
		    ? status_len(rest)
		    : 0;

		if (n > 0)
			return str_head(rest, n);
	}
	return STR_EMPTY;
}

struct str
mailread_status_better(struct str status, struct str text)
{
	struct str found;

	if (status.len > 0 && !str_ends(status, STR(".0.0")))
		return status;
	found = find(text);
	if (found.len == 0 || (status.len > 0 && status.p[0] != found.p[0]))
		return status;
	return found;
}
