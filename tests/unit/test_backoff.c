#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/backoff.h"

/* The random number that gives exactly the middle of 1000 ms: no jitter. */
enum { MIDDLE = 250 };

static void
the_delay_doubles_up_to_the_maximum(void **state)
{
	static const int64_t want[] = { 1000, 2000, 4000, 5000, 5000 };
	struct backoff b;

	(void)state;
	backoff_init(&b, 1000, 5000);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		uint32_t middle = (uint32_t)want[i] / 4;

		assert_int_equal(backoff_next(&b, middle), want[i]);
	}
}

static void
jitter_stays_within_a_quarter(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, 1000, 1000);
	for (uint32_t r = 0; r < 5000; r++) {
		int64_t ms = backoff_next(&b, r * 2654435761u);

		assert_in_range(ms, 750, 1250);
	}
	assert_int_equal(backoff_next(&b, 0), 750);
	assert_int_equal(backoff_next(&b, 500), 1250);
}

static void
reset_begins_again(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, 1000, 60000);
	for (int i = 0; i < 100; i++)
		backoff_next(&b, 0);
	backoff_reset(&b);
	assert_int_equal(backoff_next(&b, MIDDLE), 1000);
}

static void
no_delay_at_all_is_possible(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, 0, 0);
	assert_int_equal(backoff_next(&b, 7), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_delay_doubles_up_to_the_maximum),
		cmocka_unit_test(jitter_stays_within_a_quarter),
		cmocka_unit_test(reset_begins_again),
		cmocka_unit_test(no_delay_at_all_is_possible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
