/*
 * Tests of irc_modes.c: which modes a channel has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "irc/irc_modes.h"

#define T(fn) cmocka_unit_test(fn)

static void
letters_are_set_and_taken_one_by_one(void **state)
{
	struct irc_modes m = { .limit = 0 };

	(void)state;
	irc_modes_set(&m, 'm', true, STR_EMPTY);
	irc_modes_set(&m, 'z', true, STR_EMPTY);
	irc_modes_set(&m, 'A', true, STR_EMPTY);
	assert_true(irc_modes_has(&m, 'm'));
	assert_true(irc_modes_has(&m, 'z'));
	assert_true(irc_modes_has(&m, 'A'));
	assert_false(irc_modes_has(&m, 'M'));
	assert_false(irc_modes_has(&m, 'a'));
	irc_modes_set(&m, 'm', false, STR_EMPTY);
	assert_false(irc_modes_has(&m, 'm'));
	assert_true(irc_modes_has(&m, 'z'));
}

static void
the_limit_is_known_while_it_is_set(void **state)
{
	struct irc_modes m = { .limit = 0 };

	(void)state;
	irc_modes_set(&m, 'l', true, STR("40"));
	assert_int_equal(m.limit, 40);
	irc_modes_set(&m, 'l', true, STR("forty"));
	assert_int_equal(m.limit, 0);
	assert_true(irc_modes_has(&m, 'l'));
	irc_modes_set(&m, 'l', true, STR("41"));
	irc_modes_set(&m, 'l', false, STR_EMPTY);
	assert_int_equal(m.limit, 0);
}

static void
the_key_is_known_while_it_is_set(void **state)
{
	struct irc_modes m = { .limit = 0 };
	char long_key[IRC_KEY_MAX + 2];

	(void)state;
	memset(long_key, 'x', sizeof(long_key));
	irc_modes_set(&m, 'k', true, STR("sesame"));
	assert_string_equal(m.key, "sesame");
	irc_modes_set(&m, 'k', true, str_of(long_key, IRC_KEY_MAX));
	assert_int_equal(strlen(m.key), IRC_KEY_MAX);
	irc_modes_set(&m, 'k', true, str_of(long_key, IRC_KEY_MAX + 1));
	assert_string_equal(m.key, "");
	assert_true(irc_modes_has(&m, 'k'));
	irc_modes_set(&m, 'k', true, STR("x"));
	irc_modes_set(&m, 'k', false, STR("x"));
	assert_string_equal(m.key, "");
}

static void
what_is_no_letter_changes_nothing(void **state)
{
	struct irc_modes m = { .limit = 0 };

	(void)state;
	irc_modes_set(&m, '!', true, STR_EMPTY);
	irc_modes_set(&m, '[', true, STR_EMPTY);
	irc_modes_set(&m, '\x80', true, STR_EMPTY);
	assert_int_equal(m.letters, 0);
	assert_false(irc_modes_has(&m, '['));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(letters_are_set_and_taken_one_by_one),
		T(the_limit_is_known_while_it_is_set),
		T(the_key_is_known_while_it_is_set),
		T(what_is_no_letter_changes_nothing),
	};

	return cmocka_run_group_tests_name("irc_modes", tests, NULL, NULL);
}
