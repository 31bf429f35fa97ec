#include "irc/irc_nick.h"

#include <stdio.h>

#include "lib/buf.h"
#include "lib/text.h"
#include "lib/utf8.h"

enum { ASCII_MAX = 4096 };

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_special(char c)
{
	return c != '\0' && strchr("[]\\^_{|}`", c) != NULL;
}

static bool
may_begin(char c)
{
	return is_letter(c) || is_special(c);
}

static bool
may_follow(char c)
{
	return may_begin(c) || is_digit(c) || c == '-';
}

bool
irc_nick_is_valid(struct str nick)
{
	size_t i;

	if (nick.len == 0 || nick.len >= IRC_NICK_BYTES || !may_begin(*nick.p))
		return false;
	for (i = 1; i < nick.len; i++)
		if (!may_follow(nick.p[i]))
			return false;
	return true;
}

/* One '_' for each run of what a nick cannot hold, none at the end. */
static size_t
squeeze(struct str ascii, size_t max, char *out)
{
	bool gap = false, said = false;
	size_t n = 0, i;

	for (i = 0; i < ascii.len && n + gap < max; i++) {
		char c = ascii.p[i];

		if (!may_follow(c)) {
			gap = n > 0;
			continue;
		}
		if (gap || (n == 0 && !may_begin(c)))
			out[n++] = '_';
		gap = false;
		if (n == max)
			break;
		out[n++] = c;
		said = said || is_letter(c) || is_digit(c);
	}
	return said ? n : 0;
}

/* Letters that are no letter with an accent. */
static const struct {
	int32_t c;
	const char *ascii;
} letters[] = {
	{ 0x00C6, "AE" },
	{ 0x00D0, "D" },
	{ 0x00D8, "O" },
	{ 0x00DE, "Th" },
	{ 0x00DF, "ss" },
	{ 0x00E6, "ae" },
	{ 0x00F0, "d" },
	{ 0x00F8, "o" },
	{ 0x00FE, "th" },
	{ 0x0110, "D" },
	{ 0x0111, "d" },
	{ 0x0126, "H" },
	{ 0x0127, "h" },
	{ 0x0131, "i" },
	{ 0x0141, "L" },
	{ 0x0142, "l" },
	{ 0x0152, "OE" },
	{ 0x0153, "oe" },
	{ 0x1E9E, "SS" },
};

/* What is no ASCII after all becomes a space. */
static void
spell(struct str in, struct buf *out)
{
	while (in.len) {
		int32_t c = utf8_next(&in);
		const char *ascii = " ";
		size_t i;

		if (c >= 0 && c < 0x80) {
			buf_addc(out, (char)c);
			continue;
		}
		for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
			if (letters[i].c == c)
				ascii = letters[i].ascii;
		buf_addf(out, "%s", ascii);
	}
}

static size_t
map_one(struct str wish, size_t max, char *out)
{
	struct buf plain, ascii;
	size_t n = 0;

	buf_init(&plain, ASCII_MAX);
	buf_init(&ascii, ASCII_MAX);
	if (text_to_ascii(str_head(wish, TEXT_PREP_MAX), &plain)) {
		spell(buf_str(&plain), &ascii);
		n = squeeze(buf_str(&ascii), max, out);
	}
	buf_release(&plain);
	buf_release(&ascii);
	return n;
}

static size_t
limit(size_t max)
{
	if (max == 0)
		return IRC_NICK_MAX;
	return max < IRC_NICK_BYTES ? max : IRC_NICK_BYTES - 1;
}

size_t
irc_nick_map(
    struct str wish, struct str fallback, size_t max, char out[IRC_NICK_BYTES])
{
	size_t n;

	max = limit(max);
	n = map_one(wish, max, out);
	if (n == 0)
		n = map_one(fallback, max, out);
	if (n == 0) {
		n = max < 5 ? max : 5;
		memcpy(out, "guest", n);
	}
	out[n] = '\0';
	return n;
}

size_t
irc_nick_alternate(
    struct str base, unsigned n, size_t max, char out[IRC_NICK_BYTES])
{
	char tail[12];
	size_t len, keep;

	if (n <= 2)
		len =
		    (size_t)snprintf(tail, sizeof(tail), "%.*s", (int)n, "__");
	else
		len = (size_t)snprintf(tail, sizeof(tail), "%u", n - 1);
	max = limit(max);
	if (len > max)
		len = max;
	keep = base.len < max - len ? base.len : max - len;
	if (keep)
		memcpy(out, base.p, keep);
	memcpy(out + keep, tail, len);
	out[keep + len] = '\0';
	return keep + len;
}
