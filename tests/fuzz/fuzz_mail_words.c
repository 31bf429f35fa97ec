/*
 * All of it is a line, a text, a name and, behind its first line, which is a
 * type, a file.  What comes out can be in a stanza, is no longer than it may
 * be, and goes through a second time unchanged.
 */
#include <stdlib.h>

#include "lib/utf8.h"
#include "smtp/mail_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
check_line(struct str s, size_t max)
{
	check(s.len <= max);
	check(utf8_is_xml(s));
	check(str_eq(s, str_trim(s)));
	for (size_t i = 0; i < s.len; i++)
		check((unsigned char)s.p[i] >= 0x20);
}

static void
line_and_name(struct str in, struct buf *once, struct buf *twice)
{
	buf_clear(once);
	buf_clear(twice);
	mail_words_line(in, 60, once);
	check_line(buf_str(once), 60);
	mail_words_line(buf_str(once), 60, twice);
	check(str_eq(buf_str(once), buf_str(twice)));
	buf_clear(once);
	mail_words_name(in, once);
	check_line(buf_str(once), MAIL_WORDS_NAME_MAX);
	check(!mail_words_is_address_like(buf_str(once)));
}

static void
text(struct str in, struct buf *once, struct buf *twice)
{
	buf_clear(once);
	buf_clear(twice);
	mail_words_text(in, 60, once);
	check(once->len <= 60);
	check(utf8_is_xml(buf_str(once)));
	mail_words_text(buf_str(once), 60, twice);
	check(str_eq(buf_str(once), buf_str(twice)));
}

static void
file(struct str in, struct buf *once, struct buf *twice)
{
	struct str mime;

	buf_clear(once);
	buf_clear(twice);
	if (!str_cut(&in, '\n', &mime))
		mime = STR_EMPTY;
	mail_words_file(in, mime, once);
	check_line(buf_str(once), MAIL_WORDS_FILE_MAX);
	check(once->len > 0 && once->p[0] != '.' && once->p[0] != '-');
	check(!str_has(buf_str(once), '/') && !str_has(buf_str(once), '\\'));
	/* Cutting may make an ending. */
	if (in.len > MAIL_WORDS_FILE_MAX / 4)
		return;
	mail_words_file(buf_str(once), mime, twice);
	check(str_eq(buf_str(once), buf_str(twice)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct buf once, twice;

	buf_init(&once, 4096);
	buf_init(&twice, 4096);
	line_and_name(in, &once, &twice);
	text(in, &once, &twice);
	file(in, &once, &twice);
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
