#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sms/sms_reported.h"

static void
a_text_is_delivered_when_all_parts_are(void **state)
{
	struct sms_reported *r = sms_reported_new(0);

	(void)state;
	assert_false(sms_reported_part(r, STR("a"), 3, 3));
	assert_false(sms_reported_part(r, STR("a"), 3, 3));
	assert_false(sms_reported_part(r, STR("b"), 2, 2));
	assert_false(sms_reported_part(r, STR("a"), 1, 3));
	assert_true(sms_reported_part(r, STR("a"), 2, 3));
	assert_true(sms_reported_part(r, STR("a"), 2, 3));
	assert_false(sms_reported_part(r, STR("b"), 3, 2));
	assert_false(sms_reported_part(r, STR("b"), 0, 2));
	assert_true(sms_reported_part(r, STR("b"), 1, 2));
	sms_reported_free(&r);
	assert_null(r);
}

static void
what_failed_begins_anew(void **state)
{
	struct sms_reported *r = sms_reported_new(0);

	(void)state;
	assert_false(sms_reported_part(r, STR("a"), 1, 2));
	sms_reported_forget(r, STR("a"));
	sms_reported_forget(r, STR("b"));
	assert_false(sms_reported_part(r, STR("a"), 2, 2));
	assert_true(sms_reported_part(r, STR("a"), 1, 2));
	sms_reported_free(&r);
}

static void
the_first_makes_room(void **state)
{
	struct sms_reported *r = sms_reported_new(2);

	(void)state;
	assert_false(sms_reported_part(r, STR("a"), 1, 2));
	assert_false(sms_reported_part(r, STR("b"), 1, 2));
	assert_false(sms_reported_part(r, STR("c"), 1, 2));
	assert_true(sms_reported_part(r, STR("b"), 2, 2));
	assert_false(sms_reported_part(r, STR("a"), 2, 2));
	sms_reported_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_delivered_when_all_parts_are),
		cmocka_unit_test(what_failed_begins_anew),
		cmocka_unit_test(the_first_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
