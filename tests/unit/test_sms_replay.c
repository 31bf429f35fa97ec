#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sms/sms_replay.h"

static struct sms_once
once_of(unsigned n, int64_t until_utc)
{
	struct sms_once o = { .until_utc = until_utc };

	memcpy(o.id, &n, sizeof(n));
	return o;
}

static void
what_was_put_is_there_until_its_time_is_over(void **state)
{
	struct sms_replay *r = sms_replay_new(0);
	struct sms_once a = once_of(1, 1000), b = once_of(2, 1000);

	(void)state;
	assert_false(sms_replay_has(r, &a, 500));
	sms_replay_put(r, &a, 500);
	assert_true(sms_replay_has(r, &a, 500));
	assert_true(sms_replay_has(r, &a, 1000));
	assert_false(sms_replay_has(r, &a, 1001));
	assert_false(sms_replay_has(r, &b, 500));
	sms_replay_put(r, &a, 600);
	assert_int_equal(sms_replay_count(r), 1);
	sms_replay_free(&r);
	assert_null(r);
	sms_replay_free(&r);
}

static void
what_has_no_end_is_not_remembered(void **state)
{
	struct sms_replay *r = sms_replay_new(0);
	struct sms_once a = once_of(1, 0), late = once_of(2, 100);

	(void)state;
	sms_replay_put(r, &a, 500);
	sms_replay_put(r, &late, 500);
	assert_false(sms_replay_has(r, &a, 500));
	assert_int_equal(sms_replay_count(r), 0);
	sms_replay_free(&r);
}

static void
the_oldest_goes_when_it_is_full_and_the_expired_before(void **state)
{
	struct sms_replay *r = sms_replay_new(3);
	struct sms_once o;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		o = once_of(i, 1000 + i);
		sms_replay_put(r, &o, 500);
		assert_true(sms_replay_count(r) <= 3);
	}
	o = once_of(6, 1006);
	assert_false(sms_replay_has(r, &o, 500));
	for (unsigned i = 7; i < 10; i++) {
		o = once_of(i, 1000 + i);
		assert_true(sms_replay_has(r, &o, 500));
	}
	o = once_of(11, 3000);
	sms_replay_put(r, &o, 2000);
	assert_int_equal(sms_replay_count(r), 1);
	assert_true(sms_replay_has(r, &o, 2000));
	sms_replay_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_there_until_its_time_is_over),
		cmocka_unit_test(what_has_no_end_is_not_remembered),
		cmocka_unit_test(
		    the_oldest_goes_when_it_is_full_and_the_expired_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
