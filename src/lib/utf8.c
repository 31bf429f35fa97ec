/*
 * UTF-8 by the table of RFC 3629 section 4.
 *
 *	UTF8-1 = %x00-7F
 *	UTF8-2 = %xC2-DF UTF8-tail
 *	UTF8-3 = %xE0 %xA0-BF UTF8-tail / %xE1-EC 2( UTF8-tail ) /
 *	         %xED %x80-9F UTF8-tail / %xEE-EF 2( UTF8-tail )
 *	UTF8-4 = %xF0 %x90-BF 2( UTF8-tail ) / %xF1-F3 3( UTF8-tail ) /
 *	         %xF4 %x80-8F 2( UTF8-tail )
 *
 * Most text is ASCII, so the scans take eight bytes at a time until one of
 * them is something else.
 */
#include "lib/utf8.h"

#define EACH_BYTE(b) (0x0101010101010101u * (uint64_t)(b))

static uint64_t
load8(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static bool
is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Bytes of the character at p, which is not ASCII; 0: none begins here. */
static size_t
decode(const unsigned char *p, size_t len, int32_t *c_out)
{
	int32_t c;

	if (p[0] < 0xc2 || p[0] > 0xf4 || len < 2 || !is_tail(p[1]))
		return 0;
	if (p[0] < 0xe0) {
		*c_out = (p[0] & 0x1f) << 6 | (p[1] & 0x3f);
		return 2;
	}
	if (len < 3 || !is_tail(p[2]))
		return 0;
	if (p[0] < 0xf0) {
		c = (p[0] & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f);
		*c_out = c;
		return c < 0x800 || (c >= 0xd800 && c <= 0xdfff) ? 0 : 3;
	}
	if (len < 4 || !is_tail(p[3]))
		return 0;
	c = (p[0] & 0x07) << 18 | (p[1] & 0x3f) << 12 | (p[2] & 0x3f) << 6 |
	    (p[3] & 0x3f);
	*c_out = c;
	return c < 0x10000 || c > 0x10ffff ? 0 : 4;
}

int32_t
utf8_next(struct str *s)
{
	const unsigned char *p = (const unsigned char *)s->p;
	int32_t c = UTF8_BAD;
	size_t n;

	if (p[0] < 0x80) {
		s->p++;
		s->len--;
		return p[0];
	}
	n = decode(p, s->len, &c);
	if (n == 0) {
		c = UTF8_BAD;
		n = 1;
	}
	s->p += n;
	s->len -= n;
	return c;
}

int
utf8_put(struct buf *b, int32_t c)
{
	unsigned char u[4];
	size_t n;

	if (c < 0x80) {
		u[0] = (unsigned char)c;
		n = 1;
	} else if (c < 0x800) {
		u[0] = (unsigned char)(0xc0 | c >> 6);
		n = 2;
	} else if (c < 0x10000) {
		u[0] = (unsigned char)(0xe0 | c >> 12);
		n = 3;
	} else {
		u[0] = (unsigned char)(0xf0 | c >> 18);
		n = 4;
	}
	for (size_t i = 1; i < n; i++)
		u[i] = (unsigned char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
	return buf_add(b, u, n);
}

size_t
utf8_valid_len(struct str s)
{
	size_t i = 0;
	int32_t c;

	while (i < s.len) {
		size_t n;

		if (s.len - i >= 8 && !(load8(s.p + i) & EACH_BYTE(0x80))) {
			i += 8;
			continue;
		}
		if ((unsigned char)s.p[i] < 0x80) {
			i++;
			continue;
		}
		n = decode((const unsigned char *)s.p + i, s.len - i, &c);
		if (n == 0)
			break;
		i += n;
	}
	return i;
}

bool
utf8_is_valid(struct str s)
{
	return utf8_valid_len(s) == s.len;
}

size_t
utf8_cut(struct str s, size_t max)
{
	size_t n = max;

	if (s.len <= max)
		return s.len;
	/* At most three steps: a longer run of tails is not UTF-8 anyway. */
	while (n > 0 && max - n < 3 && is_tail((unsigned char)s.p[n]))
		n--;
	return is_tail((unsigned char)s.p[n]) ? max : n;
}

/*
 * What belongs to the character before it: marks of the scripts that are
 * much used, selectors, skin tones, what ends a flag of tags, the later
 * letters of a Korean syllable.  Sorted.
 */
static const struct {
	int32_t first, last;
} extender[] = {
	{ 0x0300, 0x036f },
	{ 0x0483, 0x0489 },
	{ 0x0591, 0x05bd },
	{ 0x05bf, 0x05c7 },
	{ 0x0610, 0x061a },
	{ 0x064b, 0x065f },
	{ 0x0670, 0x0670 },
	{ 0x06d6, 0x06dc },
	{ 0x06df, 0x06e4 },
	{ 0x0900, 0x0903 },
	{ 0x093a, 0x094f },
	{ 0x0981, 0x0983 },
	{ 0x09bc, 0x09cd },
	{ 0x0a3c, 0x0a4d },
	{ 0x0abc, 0x0acd },
	{ 0x0b3c, 0x0b4d },
	{ 0x0bbe, 0x0bcd },
	{ 0x0c3e, 0x0c4d },
	{ 0x0cbc, 0x0ccd },
	{ 0x0d3b, 0x0d4d },
	{ 0x0e31, 0x0e31 },
	{ 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e },
	{ 0x1160, 0x11ff },
	{ 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff },
	{ 0x200c, 0x200d },
	{ 0x20d0, 0x20f0 },
	{ 0x3099, 0x309a },
	{ 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
	{ 0x1f3fb, 0x1f3ff },
	{ 0xe0020, 0xe007f },
	{ 0xe0100, 0xe01ef },
};

enum { JOINER = 0x200d, FLAG_FIRST = 0x1f1e6, FLAG_LAST = 0x1f1ff };

static bool
is_extender(int32_t c)
{
	for (size_t i = 0; i < sizeof(extender) / sizeof(extender[0]); i++)
		if (c <= extender[i].last)
			return c >= extender[i].first;
	return false;
}

/* The character that ends at at, and where it begins; at is not 0. */
static int32_t
char_before(struct str s, size_t at, size_t *start_out)
{
	struct str last;
	size_t start = at - 1;

	while (start > 0 && is_tail((unsigned char)s.p[start]))
		start--;
	*start_out = start;
	last = str_skip(str_head(s, at), start);
	return utf8_next(&last);
}

/* A flag is two letters: is there half of one before at? */
static bool
is_half_flag(struct str s, size_t at)
{
	size_t n = 0;

	while (at > 0) {
		int32_t c = char_before(s, at, &at);

		if (c < FLAG_FIRST || c > FLAG_LAST)
			break;
		n++;
	}
	return n % 2 == 1;
}

static bool
is_whole_before(struct str s, size_t at)
{
	struct str after = str_skip(s, at);
	int32_t c = after.len ? utf8_next(&after) : 0;
	size_t start;

	if (at == 0)
		return true;
	if (is_extender(c) || char_before(s, at, &start) == JOINER)
		return false;
	return c < FLAG_FIRST || c > FLAG_LAST || !is_half_flag(s, at);
}

size_t
utf8_cut_whole(struct str s, size_t at)
{
	size_t cut = at;

	while (cut > at / 2) {
		if (is_whole_before(s, cut))
			return cut;
		(void)char_before(s, cut, &cut);
	}
	return at;
}

size_t
utf8_count(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += !is_tail((unsigned char)s.p[i]);
	return n;
}

bool
utf8_is_xml_char(int32_t c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r';
	if (c >= 0xd800 && c <= 0xdfff)
		return false;
	if (c >= 0xfdd0 && c <= 0xfdef)
		return false;
	return c <= 0x10ffff && (c & 0xfffe) != 0xfffe;
}

/* True only if all eight bytes are 0x20..0x7f. */
static bool
is_plain8(const char *p)
{
	uint64_t w = load8(p);

	/* A borrow out of a byte below 0x20 may spoil others: still exact. */
	return !((w | (w - EACH_BYTE(0x20))) & EACH_BYTE(0x80));
}

bool
utf8_is_xml(struct str s)
{
	while (s.len > 0) {
		if (s.len >= 8 && is_plain8(s.p)) {
			s.p += 8;
			s.len -= 8;
			continue;
		}
		if (!utf8_is_xml_char(utf8_next(&s)))
			return false;
	}
	return true;
}
