/*
 * Styles both ways.  What people type: the spans are in order, within the
 * text and between characters, and written as codes for IRC and read again
 * they leave the text as it was, each byte in the styles it had.  The same
 * bytes read as a line of IRC are clean, and their spans lie within them.
 */
#include <stdlib.h>

#include "core/styling.h"
#include "irc/irc_format.h"
#include "lib/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 8192 };

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static bool
is_border(struct str text, size_t at)
{
	return at == text.len || ((unsigned char)text.p[at] & 0xC0) != 0x80;
}

static unsigned
styles_at(const struct irc_span *v, size_t n, size_t at)
{
	unsigned on = 0;

	for (size_t i = 0; i < n; i++)
		if (at >= v[i].start && at < v[i].end)
			on |= 1u << v[i].style;
	return on;
}

static void
check_same(struct str text, const struct irc_span *v, size_t n,
    const struct irc_spans *again)
{
	/* More pieces of spans than are kept: the last ones are plain. */
	if (again->n == IRC_SPANS_MAX)
		return;
	for (size_t i = 0; i < text.len; i++)
		check(styles_at(v, n, i) == styles_at(again->v, again->n, i));
}

static size_t
read_typed(struct str text, struct irc_span out[IRC_SPANS_MAX])
{
	struct gw_span span[IRC_SPANS_MAX];
	size_t i, n = styling_read(text, span, IRC_SPANS_MAX);

	check(n <= IRC_SPANS_MAX);
	for (i = 0; i < n; i++) {
		check(span[i].start < span[i].end && span[i].end <= text.len);
		check(is_border(text, span[i].start));
		check(is_border(text, span[i].end));
		check(i == 0 || span[i - 1].start <= span[i].start);
		out[i] = (struct irc_span){ .style = (enum irc_style)(
			                        span[i].kind % IRC_NSTYLE),
			.start = (uint16_t)span[i].start,
			.end = (uint16_t)span[i].end };
	}
	return n;
}

static void
typed(struct str text)
{
	struct irc_span span[IRC_SPANS_MAX];
	struct irc_spans again = { .n = 0 };
	struct buf line, scratch;
	struct str back;
	size_t n = read_typed(text, span);

	buf_init(&line, TEXT_MAX + 2 * IRC_SPANS_MAX);
	buf_init(&scratch, 4 * TEXT_MAX);
	irc_format_write(text, span, n, &line);
	check(!buf_is_full(&line));
	back = irc_text_styled(buf_str(&line), 0, "UTF-8", &scratch, &again);
	check(str_eq(back, text));
	check_same(text, span, n, &again);
	buf_release(&line);
	buf_release(&scratch);
}

static void
received(struct str raw)
{
	struct irc_spans spans = { .n = 0 };
	struct buf scratch;
	struct str text;

	buf_init(&scratch, 8 * TEXT_MAX);
	text = irc_text_styled(raw, raw.len, "windows-1252", &scratch, &spans);
	check(irc_text_is_clean(text));
	check(spans.n <= IRC_SPANS_MAX);
	for (size_t i = 0; i < spans.n; i++)
		check(spans.v[i].start < spans.v[i].end &&
		    spans.v[i].end <= text.len);
	buf_release(&scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_of((const char *)data, size);

	if (size > TEXT_MAX)
		return 0;
	received(text);
	/* What comes from XMPP is legal there. */
	if (irc_text_is_clean(text))
		typed(text);
	return 0;
}
