/*
 * The first byte is the budget, the rest the text.  The pieces are not empty,
 * not too long with their formatting, have no newline, end between characters, and joined are the
 * text without its newlines.
 */
#include <stdlib.h>

#include "irc/irc_split.h"
#include "lib/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

/* The next byte of text that is no newline must be the one of the piece. */
static void
compare(struct str *text, struct str piece)
{
	size_t i;

	for (i = 0; i < piece.len; i++) {
		while (text->len && (*text->p == '\r' || *text->p == '\n'))
			*text = str_skip(*text, 1);
		check(text->len > 0 && *text->p == piece.p[i]);
		*text = str_skip(*text, 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct irc_split s;
	struct str text, left, piece;
	char codes[IRC_NSTYLE];
	size_t budget, n = 0;
	bool valid;

	if (size == 0)
		return 0;
	budget = data[0] < IRC_SPLIT_MIN ? IRC_SPLIT_MIN : data[0];
	text = left = str_of((const char *)data + 1, size - 1);
	valid = utf8_is_valid(text);
	irc_split_init(&s, text, budget);
	for (; irc_split_next(&s, &piece); n++) {
		check(piece.len > 0 &&
		    piece.len + irc_split_lead(&s, codes) <= budget);
		check(!str_has(piece, '\r') && !str_has(piece, '\n'));
		check(!valid || utf8_is_valid(piece));
		compare(&left, piece);
	}
	for (; left.len; left = str_skip(left, 1))
		check(*left.p == '\r' || *left.p == '\n');
	check(irc_split_count(text, budget, size) == n);
	return 0;
}
