#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/err.h"
#include "lib/utf8.h"

static void
set_fills_kind_and_text_and_is_always_minus_one(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&err, ERR_AUTH, "SASL: %s %d", "no", 904), -1);
	assert_int_equal(err.kind, ERR_AUTH);
	assert_string_equal(err.text, "SASL: no 904");
	assert_int_equal(err_set(NULL, ERR_AUTH, "nobody asks"), -1);
	assert_int_equal(err_prefix(NULL, "nobody asks"), -1);
}

static void
control_characters_become_question_marks(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set(&err, ERR_PROTOCOL, "a\r\nb\tc%cd%ce", 0x1b, 0x7f);
	assert_string_equal(err.text, "a??b?c?d?e");
	err_prefix(&err, "x\ny");
	assert_string_equal(err.text, "x?y: a??b?c?d?e");
}

static void
a_prefix_keeps_the_kind_and_the_text(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set(&err, ERR_TIMEOUT, "no answer");
	assert_int_equal(err_prefix(&err, "join of %s", "#x"), -1);
	assert_int_equal(err.kind, ERR_TIMEOUT);
	assert_string_equal(err.text, "join of #x: no answer");
}

static void
the_text_may_be_made_from_itself(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set(&err, ERR_BUSY, "first");
	err_set(&err, ERR_BUSY, "second, then %s", err.text);
	assert_string_equal(err.text, "second, then first");
	err_prefix(&err, "%.6s", err.text);
	assert_string_equal(err.text, "second: second, then first");
}

static void
a_long_text_is_cut_between_characters(void **state)
{
	struct err err = ERR_INIT;
	char text[400];
	size_t i, shift;

	(void)state;
	for (shift = 0; shift < 4; shift++) {
		memset(text, 'x', shift);
		for (i = shift; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xf0\x9f\x98\x80", 4);
		text[i] = '\0';
		err_set(&err, ERR_TOO_BIG, "%s", text);
		assert_true(utf8_is_valid(str_c(err.text)));
		assert_true(strlen(err.text) > sizeof(err.text) - 5);
	}
	err_prefix(&err, "%s", "0123456789");
	assert_true(utf8_is_valid(str_c(err.text)));
	assert_true(strlen(err.text) < sizeof(err.text));
}

static void
a_text_that_just_fits_loses_nothing(void **state)
{
	struct err err = ERR_INIT;
	char text[sizeof(err.text)];

	(void)state;
	memset(text, 'x', sizeof(text) - 3);
	memcpy(text + sizeof(text) - 3, "\xc3\xa9", 3);
	err_set(&err, ERR_BAD_INPUT, "%s", text);
	assert_string_equal(err.text, text);
}

static void
every_kind_has_a_name_of_its_own(void **state)
{
	enum err_kind a, b;

	(void)state;
	for (a = ERR_NONE; a < ERR_NKIND; a++) {
		assert_string_not_equal(err_kind_name(a), "unknown");
		for (b = ERR_NONE; b < a; b++)
			assert_string_not_equal(
			    err_kind_name(a), err_kind_name(b));
	}
	assert_string_equal(err_kind_name(ERR_TOO_BIG), "too-big");
	assert_string_equal(err_kind_name(ERR_NKIND), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    set_fills_kind_and_text_and_is_always_minus_one),
		cmocka_unit_test(control_characters_become_question_marks),
		cmocka_unit_test(a_prefix_keeps_the_kind_and_the_text),
		cmocka_unit_test(the_text_may_be_made_from_itself),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(a_text_that_just_fits_loses_nothing),
		cmocka_unit_test(every_kind_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
