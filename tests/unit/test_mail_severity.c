#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_severity.h"

static void
words_of_many_programs_are_known(void **state)
{
	(void)state;
	assert_int_equal(mail_severity_read(STR("crit")), MAIL_SEVERITY_CRIT);
	assert_int_equal(
	    mail_severity_read(STR(" Critical ")), MAIL_SEVERITY_CRIT);
	assert_int_equal(
	    mail_severity_read(STR("WARNING")), MAIL_SEVERITY_WARN);
	assert_int_equal(mail_severity_read(STR("ok")), MAIL_SEVERITY_INFO);
	assert_int_equal(mail_severity_read(STR("")), MAIL_SEVERITY_NONE);
	assert_int_equal(mail_severity_read(STR("purple")), MAIL_SEVERITY_NONE);
}

static void
numbers_are_those_of_syslog(void **state)
{
	(void)state;
	assert_int_equal(mail_severity_read(STR("0")), MAIL_SEVERITY_CRIT);
	assert_int_equal(mail_severity_read(STR("3")), MAIL_SEVERITY_CRIT);
	assert_int_equal(mail_severity_read(STR("4")), MAIL_SEVERITY_WARN);
	assert_int_equal(mail_severity_read(STR("7")), MAIL_SEVERITY_INFO);
	assert_int_equal(mail_severity_read(STR("8")), MAIL_SEVERITY_NONE);
}

static void
what_is_important_only_warns(void **state)
{
	(void)state;
	assert_int_equal(
	    mail_severity_of_importance(STR("high")), MAIL_SEVERITY_WARN);
	assert_int_equal(
	    mail_severity_of_importance(STR("low")), MAIL_SEVERITY_INFO);
	assert_int_equal(
	    mail_severity_of_importance(STR("medium")), MAIL_SEVERITY_NONE);
}

static void
each_has_an_urgency_of_xep_0131(void **state)
{
	(void)state;
	assert_true(str_is(mail_severity_urgency(MAIL_SEVERITY_CRIT), "high"));
	assert_true(
	    str_is(mail_severity_urgency(MAIL_SEVERITY_WARN), "medium"));
	assert_true(str_is(mail_severity_urgency(MAIL_SEVERITY_INFO), "low"));
	assert_true(str_is(mail_severity_urgency(MAIL_SEVERITY_NONE), ""));
	assert_string_equal(mail_severity_mark(MAIL_SEVERITY_CRIT), "[CRIT] ");
	assert_string_equal(mail_severity_name(MAIL_SEVERITY_WARN), "warn");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_many_programs_are_known),
		cmocka_unit_test(numbers_are_those_of_syslog),
		cmocka_unit_test(what_is_important_only_warns),
		cmocka_unit_test(each_has_an_urgency_of_xep_0131),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
