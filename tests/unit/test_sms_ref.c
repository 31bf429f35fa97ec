#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sms/sms_ref.h"

static const uint8_t key[SMS_REF_KEY_BYTES] = { 1, 2, 3 };
static const uint8_t other_key[SMS_REF_KEY_BYTES] = { 1, 2, 4 };

static const uint64_t tickets[] = { 1, 0x28a101, 0xff, UINT32_MAX,
	(uint64_t)UINT32_MAX + 1, UINT64_MAX };

static void
a_ticket_comes_back(void **state)
{
	char ref[SMS_REF_MAX + 1];
	uint64_t got;

	(void)state;
	for (size_t i = 0; i < sizeof(tickets) / sizeof(tickets[0]); i++) {
		sms_ref_make(key, STR("main"), tickets[i], ref);
		assert_in_range(strlen(ref), 18, SMS_REF_MAX);
		assert_int_equal(strspn(ref, "0123456789abcdef-"), strlen(ref));
		got = 0;
		assert_true(sms_ref_read(key, STR("main"), str_c(ref), &got));
		assert_true(got == tickets[i]);
	}
}

static void
it_counts_for_its_own_line_and_gateway_only(void **state)
{
	char ref[SMS_REF_MAX + 1];
	uint64_t got = 7;

	(void)state;
	sms_ref_make(key, STR("main"), 0x28a101, ref);
	assert_false(sms_ref_read(key, STR("mai"), str_c(ref), &got));
	assert_false(sms_ref_read(key, STR("moon"), str_c(ref), &got));
	assert_false(sms_ref_read(key, STR("main2"), str_c(ref), &got));
	assert_false(sms_ref_read(key, STR(""), str_c(ref), &got));
	assert_false(sms_ref_read(other_key, STR("main"), str_c(ref), &got));
	assert_true(got == 7);
}

/* Whatever a line is called, it is not another line and another ticket. */
static void
a_name_and_a_ticket_do_not_run_together(void **state)
{
	char a[SMS_REF_MAX + 1], b[SMS_REF_MAX + 1];

	(void)state;
	sms_ref_make(key, STR("main 1"), 0x2, a);
	sms_ref_make(key, STR("main"), 0x12, b);
	assert_string_not_equal(strchr(a, '-'), strchr(b, '-'));
}

static void
any_change_is_noticed(void **state)
{
	char ref[SMS_REF_MAX + 1];
	struct str whole;
	uint64_t got;

	(void)state;
	sms_ref_make(key, STR("main"), 0x28a101, ref);
	whole = str_c(ref);
	for (size_t i = 0; i < whole.len; i++) {
		char was = ref[i];

		assert_false(
		    sms_ref_read(key, STR("main"), str_head(whole, i), &got));
		assert_false(sms_ref_read(
		    key, STR("main"), str_skip(whole, i + 1), &got));
		ref[i] = was == '1' ? '2' : '1';
		assert_false(sms_ref_read(key, STR("main"), whole, &got));
		ref[i] = '\0';
		assert_false(sms_ref_read(key, STR("main"), whole, &got));
		ref[i] = was;
	}
	assert_true(sms_ref_read(key, STR("main"), whole, &got));
}

static void
there_is_one_spelling(void **state)
{
	static const char *const bad[] = { "", "-", "1", "1-", "0-", "g-",
		"-0123456789abcdef", "00000000000000000001-0123456789abcdef",
		"1-0123456789abcdef-", " 1-0123456789abcdef" };
	char ref[SMS_REF_MAX + 1], longer[SMS_REF_MAX + 3];
	uint64_t got;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(
		    sms_ref_read(key, STR("main"), str_c(bad[i]), &got));
	sms_ref_make(key, STR("main"), 0xabcdef, ref);
	snprintf(longer, sizeof(longer), "0%s", ref);
	assert_false(sms_ref_read(key, STR("main"), str_c(longer), &got));
	snprintf(longer, sizeof(longer), "%s0", ref);
	assert_false(sms_ref_read(key, STR("main"), str_c(longer), &got));
	ref[0] = 'A';
	assert_false(sms_ref_read(key, STR("main"), str_c(ref), &got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_comes_back),
		cmocka_unit_test(it_counts_for_its_own_line_and_gateway_only),
		cmocka_unit_test(a_name_and_a_ticket_do_not_run_together),
		cmocka_unit_test(any_change_is_noticed),
		cmocka_unit_test(there_is_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
