#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "sms/sms_text.h"

static void
check(const char *in, bool smart, const char *want)
{
	struct buf out;

	buf_init(&out, 1024);
	buf_add_str(&out, STR("> "));
	assert_int_equal(sms_text_write(str_c(in), smart, &out), 0);
	assert_string_equal(out.p + 2, want);
	buf_release(&out);
}

static void
accents_are_made_one_with_their_letters(void **state)
{
	(void)state;
	check("cafe\xcc\x81", false, "café");
	check("", false, "");
}

static void
typography_becomes_what_the_tables_have(void **state)
{
	(void)state;
	check("“It’s – well… é”", true, "\"It's - well... é\"");
	check("a\xc2\xa0"
	      "b\tc\xe2\x80\x8b",
	    true, "a b c");
	check("“It’s”", false, "“It’s”");
}

static void
nothing_changes_where_it_saves_nothing(void **state)
{
	(void)state;
	check("“It’s” 😀", true, "“It’s” 😀");
	check("garçon – oui", true, "garçon – oui");
	check("`x` «ж»", true, "`x` «ж»");
}

static void
the_tag_of_encryption_goes(void **state)
{
	(void)state;
	check("hi \t  \t\t\t\t \t \t \t    \t\t  \t ", false, "hi");
	check(" \t  \t\t\t\t \t \t \t  hi", false, "hi");
	check("hi \t there", false, "hi \t there");
}

static void
what_is_no_text_is_refused(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4);
	assert_int_equal(sms_text_write(STR("a\xff"), true, &out), -1);
	assert_int_equal(out.len, 0);
	assert_int_equal(sms_text_write(STR("hello"), true, &out), -1);
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accents_are_made_one_with_their_letters),
		cmocka_unit_test(typography_becomes_what_the_tables_have),
		cmocka_unit_test(nothing_changes_where_it_saves_nothing),
		cmocka_unit_test(the_tag_of_encryption_goes),
		cmocka_unit_test(what_is_no_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
