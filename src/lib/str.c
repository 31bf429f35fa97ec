/*
 * A borrowed slice of bytes.
 */
#include <stdlib.h>

#include "lib/str.h"
#include "lib/xalloc.h"

static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool
str_eq_nocase(struct str a, struct str b)
{
	size_t i;

	if (a.len != b.len)
		return false;
	for (i = 0; i < a.len; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

/* Fowler's, Noll's and Vo's. */
uint32_t
str_spread(struct str s)
{
	uint32_t h = 2166136261;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619;
	return h;
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int diff = n ? memcmp(a.p, b.p, n) : 0;

	return diff ? diff : (a.len > b.len) - (a.len < b.len);
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq(str_head(s, prefix.len), prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len &&
	    str_eq(str_skip(s, s.len - suffix.len), suffix);
}

ptrdiff_t
str_find(struct str s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

	return at ? at - s.p : -1;
}

bool
str_has(struct str s, char c)
{
	return str_find(s, c) >= 0;
}

struct str
str_skip(struct str s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return n ? str_of(s.p + n, s.len - n) : s;
}

struct str
str_head(struct str s, size_t n)
{
	return str_of(s.p, n < s.len ? n : s.len);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.len && is_blank(s.p[0]))
		s = str_skip(s, 1);
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool
str_cut(struct str *rest, char sep, struct str *part)
{
	ptrdiff_t at;

	if (!rest->p)
		return false;
	at = str_find(*rest, sep);
	if (at < 0) {
		*part = *rest;
		*rest = (struct str){ NULL, 0 };
		return true;
	}
	*part = str_head(*rest, (size_t)at);
	*rest = str_of(rest->p + at + 1, rest->len - (size_t)at - 1);
	return true;
}

int
str_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
str_to_uint(struct str s, uint64_t max, uint64_t *n_out)
{
	uint64_t n = 0, digit;
	size_t i;

	if (s.len == 0)
		return false;
	for (i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		digit = (uint64_t)(s.p[i] - '0');
		if (n > (max - digit) / 10 || digit > max)
			return false;
		n = n * 10 + digit;
	}
	*n_out = n;
	return true;
}

char *
str_dup(struct str s)
{
	char *z = xmalloc(s.len + 1);

	if (s.len)
		memcpy(z, s.p, s.len);
	z[s.len] = '\0';
	return z;
}

/* The copy comes first: s may point into what is replaced. */
void
str_store(char **slot, struct str s)
{
	char *z = str_dup(s);

	free(*slot);
	*slot = z;
}

struct str
str_put(char **to, struct str s)
{
	struct str at = str_of(*to, s.len);

	if (s.len > 0)
		memcpy(*to, s.p, s.len);
	*to += s.len;
	return at;
}
