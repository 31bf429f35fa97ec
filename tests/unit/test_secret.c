#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/secret.h"

static void
a_secret_is_a_copy(void **state)
{
	char typed[] = "hunter2";
	struct secret s = { 0 };

	(void)state;
	assert_int_equal(secret_str(&s).len, 0);
	assert_int_equal(secret_set(&s, str_c(typed)), 0);
	secret_wipe(typed, sizeof(typed));
	assert_int_equal(typed[0], 0);
	assert_true(str_is(secret_str(&s), "hunter2"));
	assert_int_equal(s.p[s.len], 0);
	secret_release(&s);
	assert_null(s.p);
	secret_release(&s);
}

static void
setting_replaces_even_by_a_part_of_itself(void **state)
{
	struct secret s = { 0 };

	(void)state;
	assert_int_equal(secret_set(&s, STR("correct horse")), 0);
	assert_int_equal(secret_set(&s, str_skip(secret_str(&s), 8)), 0);
	assert_true(str_is(secret_str(&s), "horse"));
	secret_release(&s);
}

static void
too_long_a_secret_changes_nothing(void **state)
{
	static char big[SECRET_MAX + 1];
	struct secret s = { 0 };

	(void)state;
	assert_int_equal(secret_set(&s, STR("old")), 0);
	assert_int_equal(secret_set(&s, str_of(big, sizeof(big))), -1);
	assert_true(str_is(secret_str(&s), "old"));
	assert_int_equal(secret_set(&s, str_of(big, SECRET_MAX)), 0);
	secret_release(&s);
}

static void
comparison_is_exact(void **state)
{
	(void)state;
	assert_true(secret_eq(STR("abc"), STR("abc")));
	assert_false(secret_eq(STR("abc"), STR("abd")));
	assert_false(secret_eq(STR("abc"), STR("abcd")));
	assert_true(secret_eq(STR_EMPTY, str_of(NULL, 0)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_a_copy),
		cmocka_unit_test(setting_replaces_even_by_a_part_of_itself),
		cmocka_unit_test(too_long_a_secret_changes_nothing),
		cmocka_unit_test(comparison_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
