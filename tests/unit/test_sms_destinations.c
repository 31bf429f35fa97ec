#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sms/sms_destinations.h"

/* list: destinations with blanks between; empty: none was named. */
static bool
goes(const char *home, const char *list, bool premium, const char *to)
{
	static struct sms_destinations d;
	const struct sms_region *at = sms_region_find(str_c(home));
	struct str rest = str_c(list), word;
	struct sms_number n;
	struct err err = ERR_INIT;
	bool ok;

	sms_destinations_init(&d, premium);
	while (list[0] && str_cut(&rest, ' ', &word))
		assert_int_equal(sms_destinations_add(&d, word, NULL), 0);
	assert_int_equal(sms_number_read(str_c(to), at, &n, NULL), 0);
	ok = sms_destinations_check(&d, at, &n, &err) == 0;
	assert_int_equal(err.kind, ok ? ERR_NONE : ERR_NOT_ALLOWED);
	return ok;
}

static void
the_country_at_home_is_let_through_and_no_other(void **state)
{
	(void)state;
	assert_true(goes("FR", "", false, "0612345678"));
	assert_false(goes("FR", "", false, "+4917712345678"));
	assert_true(goes("US", "", false, "2125550123"));
	assert_true(goes("US", "", false, "+14165550123"));
	/* Jamaica has +1, too, and its own price. */
	assert_false(goes("US", "", false, "+18765550123"));
	assert_true(goes("JM", "", false, "+18765550123"));
	assert_false(goes("RU", "", false, "+77011234567"));
	assert_true(goes("GB", "", false, "+447781123456"));
	assert_false(goes("??", "", false, "+33612345678"));
	assert_false(goes("FR", "", false, "+882161234567"));
}

static void
destinations_that_are_named_replace_it(void **state)
{
	(void)state;
	assert_true(goes("FR", "+49 GB", false, "+4917712345678"));
	assert_true(goes("FR", "+49 GB", false, "+447700900123"));
	assert_false(goes("FR", "+49 GB", false, "0612345678"));
	assert_true(goes("FR", "+336", false, "0612345678"));
	assert_false(goes("FR", "+336", false, "0712345678"));
	assert_true(goes("FR", "*", false, "+18765550123"));
}

static void
premium_ranges_are_refused_unless_named(void **state)
{
	(void)state;
	assert_false(goes("FR", "", false, "0899123456"));
	assert_false(goes("US", "", false, "9005550123"));
	assert_false(goes("GB", "", false, "+447012345678"));
	assert_true(goes("GB", "", false, "+447712345678"));
	assert_false(goes("FR", "*", false, "+882161234567"));
	assert_true(goes("FR", "*", true, "+882161234567"));
	assert_false(goes("FR", "+33", false, "0899123456"));
	assert_true(goes("FR", "+33 +3389", false, "0899123456"));
	assert_true(goes("FR", "+338991", false, "0899123456"));
}

/* What it costs cannot be seen. */
static void
a_short_code_goes_nowhere_unless_it_is_named(void **state)
{
	(void)state;
	assert_false(goes("FR", "", false, "36180"));
	assert_false(goes("FR", "FR", false, "36180"));
	assert_false(goes("FR", "+33", false, "36180"));
	assert_false(goes("FR", "*", false, "36180"));
	assert_true(goes("FR", "36180", false, "36180"));
	assert_true(goes("FR", "36180;phone-context=+33", false, "36180"));
	assert_true(goes("FR", "+49 36180", false, "36180"));
	assert_false(goes("FR", "36180", false, "361801"));
	assert_false(goes("FR", "36180", false, "3618"));
	assert_false(goes("FR", "36180;phone-context=+1", false, "36180"));
	/* It is nothing but itself. */
	assert_false(goes("FR", "36180", true, "0612345678"));
	assert_false(goes("FR", "361806", true, "+361806123456"));
}

static void
with_premium_a_short_code_goes_where_its_country_goes(void **state)
{
	(void)state;
	assert_true(goes("FR", "", true, "36180"));
	assert_false(goes("FR", "", true, "12345;phone-context=+1"));
	assert_true(goes("FR", "+336", true, "36180"));
	assert_true(goes("FR", "*", true, "12345;phone-context=+1"));
	assert_true(goes("FR", "US", true, "12345;phone-context=+1"));
	assert_false(goes("FR", "+49", true, "36180"));
}

static void
each_member_of_a_group_counts_and_names_go_nowhere(void **state)
{
	(void)state;
	assert_true(goes("FR", "", false, "0612345678,0712345678"));
	assert_false(goes("FR", "", false, "0612345678,+4917712345678"));
	assert_false(goes("FR", "*", true, "mybank"));
}

static void
what_is_no_destination_is_refused(void **state)
{
	static const char *const bad[] = { "", "+", "33", "XX", "+33x",
		"123456789", "123;phone-context=x", "France",
		"+1234567890123456" };
	static struct sms_destinations d;

	(void)state;
	sms_destinations_init(&d, false);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    sms_destinations_add(&d, str_c(bad[i]), NULL), -1);
	assert_int_equal(d.n, 0);
	for (int i = 0; i < SMS_DESTINATIONS_MAX; i++)
		assert_int_equal(sms_destinations_add(&d, STR("+1"), NULL), 0);
	assert_int_equal(sms_destinations_add(&d, STR("+1"), NULL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_country_at_home_is_let_through_and_no_other),
		cmocka_unit_test(destinations_that_are_named_replace_it),
		cmocka_unit_test(premium_ranges_are_refused_unless_named),
		cmocka_unit_test(a_short_code_goes_nowhere_unless_it_is_named),
		cmocka_unit_test(
		    with_premium_a_short_code_goes_where_its_country_goes),
		cmocka_unit_test(
		    each_member_of_a_group_counts_and_names_go_nowhere),
		cmocka_unit_test(what_is_no_destination_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
