#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/bucket.h"

static void
a_burst_passes_then_one_per_interval(void **state)
{
	struct bucket b;
	int64_t now = 1000000;

	(void)state;
	bucket_init(&b, 3, 2000);
	for (int i = 0; i < 3; i++)
		assert_true(bucket_take(&b, now, 1));
	assert_false(bucket_take(&b, now, 1));
	assert_int_equal(bucket_ready_at(&b, now, 1), now + 2000);
	assert_false(bucket_take(&b, now + 1999, 1));
	assert_true(bucket_take(&b, now + 2000, 1));
	assert_false(bucket_take(&b, now + 2000, 1));
}

static void
silence_fills_the_bucket_but_not_more(void **state)
{
	struct bucket b;
	int64_t now = 5000;

	(void)state;
	bucket_init(&b, 2, 1000);
	assert_true(bucket_take(&b, now, 2));
	now += 1000000;
	assert_true(bucket_take(&b, now, 2));
	assert_false(bucket_take(&b, now, 1));
}

static void
what_is_ready_is_ready_now(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 2, 1000);
	assert_int_equal(bucket_ready_at(&b, 77, 2), 77);
	assert_true(bucket_take(&b, 77, 1));
	assert_int_equal(bucket_ready_at(&b, 77, 1), 77);
	assert_int_equal(bucket_ready_at(&b, 77, 2), 1077);
}

static void
more_than_a_burst_waits_for_a_full_bucket(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 2, 1000);
	assert_true(bucket_take(&b, 0, 5));
	assert_int_equal(bucket_ready_at(&b, 0, 1), 4000);
	assert_int_equal(bucket_ready_at(&b, 0, 5), 5000);
}

static void
without_an_interval_nobody_waits(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 1, 0);
	for (int i = 0; i < 100; i++)
		assert_true(bucket_take(&b, 9, 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_passes_then_one_per_interval),
		cmocka_unit_test(silence_fills_the_bucket_but_not_more),
		cmocka_unit_test(what_is_ready_is_ready_now),
		cmocka_unit_test(more_than_a_burst_waits_for_a_full_bucket),
		cmocka_unit_test(without_an_interval_nobody_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
