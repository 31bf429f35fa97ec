/*
 * What libconfuse gets to see, and what may be taken out of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/conf_text.h"
#include "core/config.h"

static struct config_report rep;
static struct conf_text t;

static void
look_at(const char *text)
{
	conf_text_init(&t, "f", str_c(text), &rep);
}

static int
set_up(void **state)
{
	(void)state;
	rep = (struct config_report){ 0 };
	t = (struct conf_text){ 0 };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	config_report_release(&rep);
	conf_text_release(&t);
	return 0;
}

static void
comments_become_blanks_and_lines_stay(void **state)
{
	(void)state;
	look_at(
	    "a = 1 # x\n// y\nb = \"# no // comment /*\" /* z\n z */ c = 2");
	assert_true(conf_text_is_sound(&t));
	assert_string_equal(t.clean.p,
	    "a = 1    \n    \nb = \"# no // comment /*\"     \n      c = 2");
}

static void
a_block_is_known_by_the_line_of_its_name(void **state)
{
	(void)state;
	look_at("a\n{\n b \"x\" { l = { 1,\n 2 } }\n}\nc { }\n");
	assert_true(conf_text_is_sound(&t));
	assert_int_equal(t.nblocks, 3); /* in the order they end */
	assert_int_equal(t.block_line[0], 3);
	assert_int_equal(t.block_line[1], 1);
	assert_int_equal(t.block_line[2], 6);
}

static const struct {
	const char *text, *section, *name;
	int line;
	const char *left;
} blanked[] = {
	{ "a = 1 b = 2", "root", "b", 1, "a = 1      " },
	{ "a = 1 b = { 2, 3 } c = 4", "root", "b", 1,
	    "a = 1              c = 4" },
	{ "s { a = 1 } t { a = 2 }", "t", "a", 1, "s { a = 1 } t {       }" },
	{ "s { x \"t\" { y = { 1 } } a = b }", "s", "x", 1,
	    "s {                     a = b }" },
	{ "a = b b = a", "root", "b", 1, "a = b      " },
	{ "a += 'x y' c = 1", "root", "a", 1, "           c = 1" },
	{ "a = 1\na = 2", "root", "a", 2, "a = 1\n     " },
};

static void
one_statement_is_blanked_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(blanked) / sizeof(blanked[0]); i++) {
		look_at(blanked[i].text);
		assert_true(conf_text_blank(
		    &t, blanked[i].section, blanked[i].name, blanked[i].line));
		assert_string_equal(t.clean.p, blanked[i].left);
		assert_false(conf_text_blank(
		    &t, blanked[i].section, blanked[i].name, blanked[i].line));
		conf_text_release(&t);
	}
}

static void
a_blanked_block_is_not_counted_any_more(void **state)
{
	(void)state;
	look_at("a { b { } }\nc { }");
	assert_int_equal(t.nblocks, 3);
	assert_true(conf_text_blank(&t, "root", "a", 1));
	assert_int_equal(t.nblocks, 1);
	assert_int_equal(t.block_line[0], 2);
}

static void
what_does_not_match_is_not_sound(void **state)
{
	static const char *const bad[] = { "a {", "}", "a = \"x", "a = 'x\n",
		"/*", "a = \"\\8\"", "a = *", "a = \xff", "a { } }" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		look_at(bad[i]);
		assert_false(conf_text_is_sound(&t));
		assert_int_equal(rep.n, 1);
		conf_text_release(&t);
		config_report_release(&rep);
	}
}

static void
an_unset_variable_is_told_but_can_be_read_over(void **state)
{
	(void)state;
	unsetenv("TEST_NOT_SET");
	look_at("a = ${TEST_NOT_SET}\nb = '${TEST_NOT_SET}'\n"
	        "c = \"${TEST_NOT_SET:-x}\"\n");
	assert_true(conf_text_is_sound(&t));
	assert_int_equal(rep.n, 1);
	assert_int_equal(rep.v[0].line, 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(comments_become_blanks_and_lines_stay),
		TEST(a_block_is_known_by_the_line_of_its_name),
		TEST(one_statement_is_blanked_and_nothing_else),
		TEST(a_blanked_block_is_not_counted_any_more),
		TEST(what_does_not_match_is_not_sound),
		TEST(an_unset_variable_is_told_but_can_be_read_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
