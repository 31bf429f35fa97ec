#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/quote.h"

static void
the_beginning_is_quoted_on_one_line(void **state)
{
	static const struct {
		const char *text, *quoted;
	} row[] = {
		{ "", "" },
		{ " \n\t ", "" },
		{ "hello", "hello" },
		{ "  two\n\nlines ", "two lines" },
		{ "> > older\n> and newer\nself > all",
		    "older and newer self > all" },
		{ "exactly forty bytes are not cut, not one",
		    "exactly forty bytes are not cut, not one" },
		{ "what is longer is cut behind a word, and dots say so",
		    "what is longer is cut behind a word, and..." },
		{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
		    "abcdefghijklmnopqrstuvwxyzabcdefghijklmn..." },
		{ "ééééééééééééééééééééé", "éééééééééééééééééééé..." },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 256);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		buf_clear(&out);
		quote_write(str_c(row[i].text), &out);
		assert_string_equal(out.p, row[i].quoted);
	}
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_beginning_is_quoted_on_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
