#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sms/sms_caps.h"

static const struct sms_caps caps = {
	.day = { .messages = 10, .parts = 15, .money = 2500000 },
	.currency = "EUR",
};
/* 22:30 UTC */
static const int64_t evening =
    1700000000000 - 1700000000000 % 86400000 + 22 * 3600000 + 30 * 60000;

static void
check(struct sms_amount spent, struct sms_amount more, enum err_kind kind,
    const char *text)
{
	struct err err = ERR_INIT;
	int rc =
	    sms_caps_check(&caps, &spent, &more, "by line main", evening, &err);

	assert_int_equal(rc, kind == ERR_NONE ? 0 : -1);
	assert_int_equal(err.kind, kind);
	assert_string_equal(err.text, text);
}

static void
up_to_a_cap_all_goes(void **state)
{
	const struct sms_amount spent = { 9, 14, 2400000 };

	(void)state;
	check(spent, (struct sms_amount){ 1, 1, 100000 }, ERR_NONE, "");
	check((struct sms_amount){ 0, 0, 0 },
	    (struct sms_amount){ 10, 15, 2500000 }, ERR_NONE, "");
}

static void
over_a_cap_the_words_say_which_and_until_when(void **state)
{
	(void)state;
	check((struct sms_amount){ 10, 10, 0 }, (struct sms_amount){ 1, 1, 0 },
	    ERR_BUSY,
	    "not sent: at most 10 messages may go out by line main in a day, "
	    "and 10 messages have; the next day begins in 1:30 hours");
	check((struct sms_amount){ 5, 14, 0 }, (struct sms_amount){ 1, 2, 0 },
	    ERR_BUSY,
	    "not sent: at most 15 parts may go out by line main in a day, and "
	    "14 parts have; the next day begins in 1:30 hours");
	check((struct sms_amount){ 5, 5, 2450000 },
	    (struct sms_amount){ 1, 1, 75000 }, ERR_BUSY,
	    "not sent: at most 2.50 EUR may go out by line main in a day, and "
	    "2.45 EUR have; the next day begins in 1:30 hours");
}

static void
what_no_day_has_room_for_is_too_big(void **state)
{
	(void)state;
	check((struct sms_amount){ 0, 0, 0 }, (struct sms_amount){ 1, 16, 0 },
	    ERR_TOO_BIG,
	    "not sent: it takes 16 parts, and at most 15 parts may go out by "
	    "line main in a day");
}

static void
more_than_there_ever_was_is_still_over(void **state)
{
	const struct sms_amount spent = { UINT64_MAX, 0, 0 };
	const struct sms_caps none = { .day = { 0, 0, 0 } };

	(void)state;
	assert_int_equal(
	    sms_caps_check(&caps, &spent, &(struct sms_amount){ 1, 1, 0 }, "",
	        evening, NULL),
	    -1);
	assert_int_equal(
	    sms_caps_check(&none, &spent, &(struct sms_amount){ 1, 1, 9 }, "",
	        evening, NULL),
	    0);
}

static void
money_is_read_as_people_write_it(void **state)
{
	static const struct {
		const char *text;
		int64_t n; /* -1: refused */
	} row[] = {
		{ "12.50", 12500000 },
		{ "0.000001", 1 },
		{ "3", 3000000 },
		{ "0", 0 },
		{ "", -1 },
		{ ".5", -1 },
		{ "5.", -1 },
		{ "1.0000001", -1 },
		{ "-1", -1 },
		{ "1,5", -1 },
		{ "99999999999", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t n = -1;
		int rc = sms_caps_money(str_c(row[i].text), &n, NULL);

		assert_int_equal(rc, row[i].n < 0 ? -1 : 0);
		assert_int_equal(n, row[i].n);
	}
}

static void
a_day_begins_at_midnight(void **state)
{
	(void)state;
	assert_int_equal(sms_caps_day(0), 0);
	assert_int_equal(sms_caps_day(86399999), 0);
	assert_int_equal(sms_caps_day(86400000), 86400000);
	assert_int_equal(sms_caps_day(-1), -86400000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(up_to_a_cap_all_goes),
		cmocka_unit_test(over_a_cap_the_words_say_which_and_until_when),
		cmocka_unit_test(what_no_day_has_room_for_is_too_big),
		cmocka_unit_test(more_than_there_ever_was_is_still_over),
		cmocka_unit_test(money_is_read_as_people_write_it),
		cmocka_unit_test(a_day_begins_at_midnight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
