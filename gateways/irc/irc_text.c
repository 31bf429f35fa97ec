/*
 * Most text is clean and is passed on without a copy; only what is not goes
 * through the two passes below: charset, then codes.
 *
 *	colour = 0x03 [ 1*2DIGIT [ "," 1*2DIGIT ] ]
 *	hex    = 0x04 [ 6HEX [ "," 6HEX ] ]
 */
#include "irc/irc_text.h"
#include "irc/irc_format.h"

#include "lib/text.h"
#include "lib/utf8.h"

enum { CONVERTED_MAX = 64 * 1024, REPLACEMENT = 0xFFFD };

/* Shown as it is: no control character (C1 neither) and XML can hold it. */
static bool
is_plain(int32_t c)
{
	if (c < 0x20 || c == 0x7F)
		return c == '\t';
	return (c < 0x80 || c > 0x9F) && utf8_is_xml_char(c);
}

bool
irc_text_is_clean(struct str s)
{
	while (s.len) {
		unsigned char c = (unsigned char)*s.p;

		if (c >= 0x20 && c < 0x7F)
			s = str_of(s.p + 1, s.len - 1);
		else if (!is_plain(utf8_next(&s)))
			return false;
	}
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Bytes of at most max digits at the start of s, or 0 if fewer than min. */
static size_t
run(struct str s, bool (*is)(char), size_t min, size_t max)
{
	size_t n = 0;

	while (n < s.len && n < max && is(s.p[n]))
		n++;
	return n < min ? 0 : n;
}

/* Skips a colour's arguments: one, and a second only behind a comma. */
static struct str
skip_colour(struct str s, bool (*is)(char), size_t min, size_t max)
{
	size_t n = run(s, is, min, max), second;

	if (n == 0)
		return s;
	s = str_skip(s, n);
	if (s.len == 0 || *s.p != ',')
		return s;
	second = run(str_skip(s, 1), is, min, max);
	return second ? str_skip(s, 1 + second) : s;
}

/* Styles that are on, while codes are taken out. */
struct styles {
	struct irc_spans *spans;   /* NULL: nobody wants to know */
	size_t base;               /* of out, where the text begins */
	int32_t since[IRC_NSTYLE]; /* offset in the text; -1: off */
};

static void
style_off(struct styles *st, enum irc_style style, const struct buf *out)
{
	size_t end = out->len - st->base;
	int32_t since = st->since[style];

	st->since[style] = -1;
	if (since < 0 || (size_t)since == end || end > UINT16_MAX ||
	    st->spans->n == IRC_SPANS_MAX)
		return;
	st->spans->v[st->spans->n++] = (struct irc_span){
		.style = style, .start = (uint16_t)since, .end = (uint16_t)end
	};
}

static void
all_off(struct styles *st, const struct buf *out)
{
	for (int i = 0; st->spans && i < IRC_NSTYLE; i++)
		style_off(st, (enum irc_style)i, out);
}

/* A toggle, or 0x0F; other codes have no counterpart. */
static void
note_code(struct styles *st, int32_t c, const struct buf *out)
{
	if (c == 0x0F)
		all_off(st, out);
	for (int i = 0; st->spans && i < IRC_NSTYLE; i++) {
		if (c != irc_style_code((enum irc_style)i))
			continue;
		if (st->since[i] >= 0)
			style_off(st, (enum irc_style)i, out);
		else
			st->since[i] = (int32_t)(out->len - st->base);
	}
}

/* s is UTF-8, or bytes that are not become U+FFFD. */
static void
strip(struct str s, struct buf *out, struct irc_spans *spans)
{
	struct styles st = {
		.spans = spans, .base = out->len, .since = { -1, -1, -1, -1 }
	};

	while (s.len) {
		int32_t c = utf8_next(&s);

		if (c >= 0 && c < 0x20)
			note_code(&st, c, out);
		if (c == 0x03)
			s = skip_colour(s, is_digit, 1, 2);
		else if (c == 0x04)
			s = skip_colour(s, is_hex, 6, 6);
		else if (is_plain(c))
			utf8_put(out, c);
		else if (c == UTF8_BAD || (c > 0x9F && !utf8_is_xml_char(c)))
			utf8_put(out, REPLACEMENT);
	}
	all_off(&st, out);
}

/* Bytes the first byte of a character promises, itself included; 0: none. */
static size_t
promised(unsigned char c)
{
	if (c >= 0xC2 && c <= 0xDF)
		return 2;
	if (c >= 0xE0 && c <= 0xEF)
		return 3;
	return c >= 0xF0 && c <= 0xF4 ? 4 : 0;
}

/* The rest of a character whose end the server has cut off. */
static bool
is_cut_tail(struct str tail)
{
	size_t i;

	if (tail.len == 0 || tail.len >= promised((unsigned char)*tail.p))
		return false;
	for (i = 1; i < tail.len; i++)
		if (((unsigned char)tail.p[i] & 0xC0) != 0x80)
			return false;
	return true;
}

struct str
irc_text_clean(
    struct str raw, size_t line_len, const char *charset, struct buf *scratch)
{
	return irc_text_styled(raw, line_len, charset, scratch, NULL);
}

struct str
irc_text_styled(struct str raw, size_t line_len, const char *charset,
    struct buf *scratch, struct irc_spans *spans)
{
	size_t start = scratch->len, valid;
	struct buf utf8;

	if (irc_text_is_clean(raw))
		return raw;
	valid = utf8_valid_len(raw);
	if (valid < raw.len && line_len >= IRC_FULL_LINE &&
	    is_cut_tail(str_skip(raw, valid)))
		raw = str_head(raw, valid);
	buf_init(&utf8, CONVERTED_MAX);
	if (valid < raw.len && charset && text_to_utf8(charset, raw, &utf8) &&
	    !buf_is_full(&utf8))
		strip(buf_str(&utf8), scratch, spans);
	else
		strip(raw, scratch, spans);
	buf_release(&utf8);
	return str_skip(buf_str(scratch), start);
}

bool
irc_ctcp_parse(struct str text, struct irc_ctcp *out)
{
	struct str rest;

	if (text.len < 2 || *text.p != '\001')
		return false;
	rest = str_skip(text, 1);
	if (rest.p[rest.len - 1] == '\001')
		rest.len--;
	str_cut(&rest, ' ', &out->command);
	out->text = rest.p ? rest : STR_EMPTY;
	return out->command.len > 0;
}
