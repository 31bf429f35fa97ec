#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_flowed.h"

static void
check(const char *in, bool del_sp, const char *want)
{
	struct buf out;

	buf_init(&out, 100000);
	mail_flowed(str_c(in), del_sp, &out);
	assert_string_equal(out.p, want);
	buf_release(&out);
}

static void
lines_that_end_in_a_blank_go_on(void **state)
{
	(void)state;
	check("one \ntwo \nthree\nfour\n", false, "one two three\nfour\n");
	check("one \r\ntwo\r\n", false, "one two\n");
	check("one \n\ntwo", false, "one \ntwo\n");
	check("", false, "");
	check("\n", false, "\n");
}

static void
the_blank_goes_with_delsp(void **state)
{
	(void)state;
	check("https://example.org/a/ \nb/c\n", true,
	    "https://example.org/a/b/c\n");
	check("one  \ntwo\n", true, "one two\n");
}

static void
stuffed_blanks_go(void **state)
{
	(void)state;
	check(" From here\n  two\n >no quote\n", false,
	    "From here\n two\n>no quote\n");
}

static void
the_line_above_a_signature_is_never_joined(void **state)
{
	(void)state;
	check("bye \n-- \nRomeo\n", false, "bye \n-- \nRomeo\n");
	check("> bye\n> -- \n> Romeo\n", false, "> bye\n> -- \n> Romeo\n");
	check("bye \n--  \nRomeo\n", false, "bye --  Romeo\n");
}

static void
quotes_of_another_depth_are_apart(void **state)
{
	(void)state;
	check("> one \n> two\nme\n", false, "> one two\nme\n");
	check("> one \nme \n> two \n>> three\n", false,
	    "> one \nme \n> two \n>> three\n");
	check(">>one \n>>two\n", false, ">> one two\n");
}

static void
marks_without_end_are_written_up_to_a_hundred(void **state)
{
	struct buf in, out;

	(void)state;
	buf_init(&in, 10000);
	buf_init(&out, 10000);
	for (int i = 0; i < 5000; i++)
		buf_addc(&in, '>');
	mail_flowed(buf_str(&in), false, &out);
	assert_int_equal(out.len, MAIL_FLOWED_DEPTH_MAX + 2);
	buf_release(&in);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_end_in_a_blank_go_on),
		cmocka_unit_test(the_blank_goes_with_delsp),
		cmocka_unit_test(stuffed_blanks_go),
		cmocka_unit_test(the_line_above_a_signature_is_never_joined),
		cmocka_unit_test(quotes_of_another_depth_are_apart),
		cmocka_unit_test(marks_without_end_are_written_up_to_a_hundred),
	};

	return cmocka_run_group_tests_name("mail_flowed", tests, NULL, NULL);
}
