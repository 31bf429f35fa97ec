#include "irc/irc_format.h"

static const char codes[IRC_NSTYLE] = { [IRC_BOLD] = 0x02,
	[IRC_ITALIC] = 0x1D,
	[IRC_MONOSPACE] = 0x11,
	[IRC_STRIKE] = 0x1E };

char
irc_style_code(enum irc_style style)
{
	return codes[style];
}

static unsigned
styles_at(const struct irc_span *span, size_t n, size_t at)
{
	unsigned on = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (span[i].start <= at && at < span[i].end)
			on |= 1u << span[i].style;
	return on;
}

/* Where one begins or ends next; the end of the text if none does. */
static size_t
next_edge(const struct irc_span *span, size_t n, size_t at, size_t len)
{
	size_t i, edge = len;

	for (i = 0; i < n; i++) {
		if (span[i].start > at && span[i].start < edge)
			edge = span[i].start;
		if (span[i].end > at && span[i].end < edge)
			edge = span[i].end;
	}
	return edge;
}

static void
write_codes(unsigned which, struct buf *out)
{
	char lead[IRC_NSTYLE] = { 0 };
	size_t n = irc_styles_lead(which, lead);

	buf_add(out, lead, n);
}

void
irc_format_write(
    struct str text, const struct irc_span *span, size_t n, struct buf *out)
{
	unsigned on = 0, is;
	size_t at = 0, edge;

	if (n > IRC_SPANS_MAX)
		n = IRC_SPANS_MAX;
	while (at < text.len) {
		is = styles_at(span, n, at);
		write_codes(on ^ is, out);
		on = is;
		edge = next_edge(span, n, at, text.len);
		buf_add(out, text.p + at, edge - at);
		at = edge;
	}
	write_codes(on, out);
}

unsigned
irc_styles_after(unsigned on, struct str piece)
{
	size_t i;
	int k;

	for (i = 0; i < piece.len; i++)
		for (k = 0; k < IRC_NSTYLE && (unsigned char)piece.p[i] < 0x20;
		     k++)
			if (piece.p[i] == codes[k])
				on ^= 1u << k;
	return on;
}

size_t
irc_styles_lead(unsigned on, char out[IRC_NSTYLE])
{
	size_t n = 0;
	int k;

	for (k = 0; k < IRC_NSTYLE; k++)
		if (on & 1u << k)
			out[n++] = codes[k];
	return n;
}
