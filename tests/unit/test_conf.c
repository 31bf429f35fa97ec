/*
 * One section: values of each type, defaults, comparison.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/conf.h"
#include "core/config.h"

static const struct gw_option table[] = {
	{ "text", GW_OPT_STR, "\"a b\"", 0, 0 },
	{ "number", GW_OPT_INT, "7", -5, 100 },
	{ "any", GW_OPT_INT, "0", 0, 0 },
	{ "truth", GW_OPT_BOOL, "yes", 0, 0 },
	{ "list", GW_OPT_LIST, "{ a, \"b c\" ,d }", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option more[] = {
	{ "needed", GW_OPT_STR, NULL, 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static struct config_report rep;
static struct conf *c;

static int
set_up(void **state)
{
	(void)state;
	rep = (struct config_report){ 0 };
	c = conf_new("f", "block", STR("title"), 3, table, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	config_report_release(&rep);
	conf_free(&c);
	return 0;
}

static void
set(const char *option, const char *value)
{
	conf_set(c, option, 9, &value, 1, &rep);
}

static void
assert_str(struct str s, const char *expected)
{
	assert_true(str_is(s, expected));
}

static void
what_is_not_given_has_its_default(void **state)
{
	(void)state;
	conf_complete(c, &rep);
	assert_int_equal(rep.n, 0);
	assert_str(conf_str(c, "text"), "a b");
	assert_int_equal(conf_int(c, "number"), 7);
	assert_true(conf_bool(c, "truth"));
	assert_int_equal(conf_list_len(c, "list"), 3);
	assert_str(conf_list_at(c, "list", 1), "b c");
	assert_str(conf_list_at(c, "list", 2), "d");
	assert_false(conf_is_set(c, "text"));
	assert_int_equal(conf_line(c, "text"), 3);
}

static void
what_is_given_has_its_line(void **state)
{
	(void)state;
	set("text", "");
	conf_complete(c, &rep);
	assert_str(conf_str(c, "text"), "");
	assert_true(conf_is_set(c, "text"));
	assert_int_equal(conf_line(c, "text"), 9);
	assert_int_equal(conf_line(c, NULL), 3);
}

static const struct {
	const char *option, *value;
	int64_t is;
	bool is_bad;
} numbers[] = {
	{ "number", "-5", -5, false },
	{ "number", "100", 100, false },
	{ "number", "101", 7, true },
	{ "number", "-6", 7, true },
	{ "number", "", 7, true },
	{ "number", "1x", 7, true },
	{ "number", "0x10", 7, true },
	{ "number", "99999999999999999999", 7, true },
	{ "any", "-9223372036854775807", -INT64_MAX, false },
	{ "truth", "no", 0, false },
	{ "truth", "False", 0, false },
	{ "truth", "off", 0, false },
	{ "truth", "YES", 1, false },
	{ "truth", "true", 1, false },
	{ "truth", "on", 1, false },
	{ "truth", "1", 1, true },
	{ "truth", "", 1, true },
};

static void
a_bad_value_is_told_and_the_default_stands_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		set(numbers[i].option, numbers[i].value);
		conf_complete(c, &rep);
		assert_int_equal(rep.n, numbers[i].is_bad);
		assert_int_equal(conf_int(c, numbers[i].option), numbers[i].is);
		config_report_release(&rep);
	}
}

static void
a_control_character_is_no_text(void **state)
{
	(void)state;
	set("text", "a\nb");
	set("list", "a\tb");
	assert_int_equal(rep.n, 2);
	assert_string_equal(
	    rep.v[0].text, "f:9: text: not UTF-8 text on one line");
}

static void
what_has_no_default_must_be_given(void **state)
{
	(void)state;
	conf_free(&c);
	c = conf_new("f", "block", STR("title"), 3, table, more);
	conf_complete(c, &rep);
	assert_int_equal(rep.n, 1);
	assert_string_equal(rep.v[0].text,
	    "f:3: block \"title\" has no needed; add needed = ...");
	assert_true(conf_knows(c, "needed"));
	assert_false(conf_knows(c, "other"));
}

static void
sections_are_found_by_name_in_order(void **state)
{
	const struct conf *s;

	(void)state;
	conf_add(c, conf_new("f", "x", STR("1"), 4, table, NULL));
	conf_add(c, conf_new("f", "y", STR("2"), 5, table, NULL));
	conf_add(c, conf_new("f", "x", STR("3"), 6, table, NULL));
	s = conf_next(c, "x", NULL);
	assert_str(conf_title(s), "1");
	s = conf_next(c, "x", s);
	assert_str(conf_title(s), "3");
	assert_null(conf_next(c, "x", s));
	assert_null(conf_only(c, "z"));
}

static void
sameness_counts_values_and_not_lines(void **state)
{
	struct conf *d = conf_new("g", "block", STR("title"), 8, table, NULL);

	(void)state;
	set("number", "7"); /* the default, but written */
	conf_complete(c, &rep);
	conf_complete(d, &rep);
	assert_true(conf_same_options(c, d, NULL));
	set("text", "else");
	assert_false(conf_same_options(c, d, NULL));
	assert_true(conf_same_options(c, d, table + 1));
	assert_false(conf_same(c, d, "text"));
	assert_true(conf_same(c, d, "number"));
	conf_free(&d);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_given_has_its_default),
		TEST(what_is_given_has_its_line),
		TEST(a_bad_value_is_told_and_the_default_stands_in),
		TEST(a_control_character_is_no_text),
		TEST(what_has_no_default_must_be_given),
		TEST(sections_are_found_by_name_in_order),
		TEST(sameness_counts_values_and_not_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
