#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "smtp/mail_rates.h"

static const struct str one = { "192.0.2.1", 9 };
static const struct str two = { "192.0.2.2", 9 };

static void
each_name_has_its_own(void **state)
{
	struct mail_rates r;

	(void)state;
	mail_rates_init(&r, 2);
	for (int i = 0; i < 4; i++)
		assert_true(mail_rates_take(&r, one, 1000));
	assert_false(mail_rates_take(&r, one, 1000));
	assert_true(mail_rates_take(&r, two, 1000));
	assert_true(mail_rates_take(&r, one, 1000 + 30000));
	assert_false(mail_rates_take(&r, one, 1000 + 30000));
	mail_rates_release(&r);
}

static void
nought_is_no_limit(void **state)
{
	struct mail_rates r;

	(void)state;
	mail_rates_init(&r, 0);
	for (int i = 0; i < 1000; i++)
		assert_true(mail_rates_take(&r, one, 1000));
	assert_int_equal(r.map.n, 0);
	mail_rates_release(&r);
}

static void
who_has_been_quiet_is_forgotten(void **state)
{
	struct mail_rates r;
	char name[16];

	(void)state;
	mail_rates_init(&r, 60);
	for (int i = 0; i < MAIL_RATES_MAX + 100; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_true(mail_rates_take(&r, str_c(name), 1000));
		assert_true(r.map.n <= MAIL_RATES_MAX);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		assert_true(mail_rates_take(&r, str_c(name), 100000));
	}
	assert_true(r.map.n < MAIL_RATES_MAX - 200);
	mail_rates_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_name_has_its_own),
		cmocka_unit_test(nought_is_no_limit),
		cmocka_unit_test(who_has_been_quiet_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
