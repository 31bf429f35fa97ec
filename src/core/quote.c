#include "core/quote.h"

#include <stdbool.h>

#include "lib/utf8.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* All lines as one, no blank twice, no ">" where a line begins. */
static void
flatten(struct str text, struct buf *out)
{
	bool begins = true, blank = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (is_blank(c) || (begins && c == '>')) {
			begins = begins || c == '\n';
			blank = true;
			continue;
		}
		if (blank && out->len > 0)
			buf_addc(out, ' ');
		buf_addc(out, c);
		begins = blank = false;
	}
}

static size_t
cut_at(struct str line)
{
	size_t cut = utf8_cut(line, QUOTE_MAX), at;

	for (at = cut; at > cut / 2; at--)
		if (line.p[at] == ' ')
			return at;
	return utf8_cut_whole(line, cut);
}

void
quote_write(struct str text, struct buf *out)
{
	struct buf line;
	struct str all;

	buf_init(&line, text.len + 1);
	flatten(text, &line);
	all = buf_str(&line);
	if (all.len <= QUOTE_MAX) {
		buf_add_str(out, all);
	} else {
		buf_add_str(out, str_head(all, cut_at(all)));
		buf_add_str(out, STR("..."));
	}
	buf_release(&line);
}
