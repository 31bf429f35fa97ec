#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_flood.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static unsigned
take_many(
    struct mail_flood *f, unsigned n, int64_t at, enum mail_flood_verdict which)
{
	unsigned hits = 0;

	for (unsigned i = 0; i < n; i++)
		hits += mail_flood_take(f, at) == which;
	return hits;
}

static void
a_burst_is_said_the_rest_counted_and_then_put_off(void **state)
{
	struct mail_flood f;
	unsigned n[3] = { 0 };

	(void)state;
	mail_flood_init(&f, &mail_flood_default);
	for (unsigned i = 0; i < 100; i++)
		n[mail_flood_take(&f, 5)]++;
	assert_int_equal(n[MAIL_FLOOD_SAY], 20);
	assert_int_equal(n[MAIL_FLOOD_COUNT], 30);
	assert_int_equal(n[MAIL_FLOOD_DEFER], 50);
}

static void
ten_a_minute_are_said_for_ever(void **state)
{
	struct mail_flood f;

	(void)state;
	mail_flood_init(&f, &mail_flood_default);
	for (int64_t at = 0; at < 3 * HOUR; at += 6 * SECOND)
		assert_int_equal(mail_flood_take(&f, at), MAIL_FLOOD_SAY);
}

static void
no_more_than_the_hard_rule_in_an_hour(void **state)
{
	struct mail_flood f;
	unsigned taken = 0;

	(void)state;
	mail_flood_init(&f, &mail_flood_default);
	take_many(&f, 1000, 0, MAIL_FLOOD_SAY);
	for (int64_t at = HOUR; at < 2 * HOUR; at += 500)
		taken += mail_flood_take(&f, at) != MAIL_FLOOD_DEFER;
	/* 600 come back in an hour, and 600 at most were there. */
	assert_in_range(taken, 590, 1200);
	assert_true(mail_flood_is_over(&f, 2 * HOUR - 500));
	assert_false(mail_flood_is_over(&f, 3 * HOUR));
}

static void
asking_counts_nothing(void **state)
{
	struct mail_flood f;

	(void)state;
	mail_flood_init(&f, &mail_flood_default);
	for (unsigned i = 0; i < 1000; i++)
		assert_false(mail_flood_is_over(&f, 1));
	assert_int_equal(take_many(&f, 1000, 1, MAIL_FLOOD_DEFER), 950);
	assert_true(mail_flood_is_over(&f, 1));
}

static void
switched_off_everything_is_said(void **state)
{
	struct mail_flood f;

	(void)state;
	mail_flood_init(&f, &mail_flood_off);
	assert_int_equal(take_many(&f, 10000, 1, MAIL_FLOOD_SAY), 10000);
}

static void
a_summary_is_due_a_minute_after_the_first(void **state)
{
	struct mail_flood f;

	(void)state;
	mail_flood_init(&f, &mail_flood_default);
	assert_int_equal(mail_flood_due_at(&f), -1);
	mail_flood_count(&f, STR("one"), 1000);
	mail_flood_count(&f, STR("two"), 30000);
	assert_int_equal(mail_flood_due_at(&f), 61000);
	assert_int_equal(f.ncounted, 2);
	assert_string_equal(f.last, "two");
	mail_flood_count(&f, STR("three"), 61000);
	mail_flood_said(&f, 2, 61000);
	assert_int_equal(f.ncounted, 1);
	assert_int_equal(mail_flood_due_at(&f), 121000);
	mail_flood_said(&f, 5, 121000);
	assert_int_equal(mail_flood_due_at(&f), -1);
}

static void
a_long_subject_is_cut_between_characters(void **state)
{
	struct mail_flood f;
	char text[MAIL_FLOOD_SUBJECT_MAX + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + MAIL_FLOOD_SUBJECT_MAX - 1, "\xc3\xa9", 2);
	mail_flood_init(&f, &mail_flood_default);
	mail_flood_count(&f, str_of(text, sizeof(text)), 1);
	assert_int_equal(strlen(f.last), MAIL_FLOOD_SUBJECT_MAX - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_burst_is_said_the_rest_counted_and_then_put_off),
		cmocka_unit_test(ten_a_minute_are_said_for_ever),
		cmocka_unit_test(no_more_than_the_hard_rule_in_an_hour),
		cmocka_unit_test(asking_counts_nothing),
		cmocka_unit_test(switched_off_everything_is_said),
		cmocka_unit_test(a_summary_is_due_a_minute_after_the_first),
		cmocka_unit_test(a_long_subject_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
