#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "sms/sms_number.h"

struct row {
	const char *home, *in, *out; /* out NULL: refused */
	enum sms_kind kind;
};

typedef int read_fn(struct str in, const struct sms_region *home,
    struct sms_number *out, struct err *err);

static void
check(read_fn *read, const struct row *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct sms_region *home =
		    sms_region_find(str_c(row[i].home));
		struct sms_number got, again;
		struct err err = ERR_INIT;
		int rc = read(str_c(row[i].in), home, &got, &err);

		if (!row[i].out) {
			if (rc == 0)
				fail_msg(
				    "%s was read as %s", row[i].in, got.text);
			assert_int_not_equal(err.kind, ERR_NONE);
			continue;
		}
		if (rc < 0)
			fail_msg("%s: %s", row[i].in, err.text);
		assert_string_equal(got.text, row[i].out);
		assert_int_equal(got.kind, row[i].kind);
		assert_int_equal(
		    sms_number_read(sms_number_str(&got), home, &again, NULL),
		    0);
		assert_string_equal(again.text, got.text);
	}
}

#define CHECK(read, rows) check(read, rows, sizeof(rows) / sizeof((rows)[0]))

static void
numbers_are_understood_as_people_write_them(void **state)
{
	static const struct row rows[] = {
		{ "FR", "+33612345678", "+33612345678", SMS_KIND_E164 },
		{ "FR", "06 12 34 56 78", "+33612345678", SMS_KIND_E164 },
		{ "FR", "06.12.34.56.78", "+33612345678", SMS_KIND_E164 },
		{ "FR", "0033 6 12 34 56 78", "+33612345678", 0 },
		{ "FR", "+33 (0)6 12 34 56 78", "+33612345678", 0 },
		{ "FR", "+33 06 12 34 56 78", "+33612345678", 0 },
		{ "FR", "0033(0)612345678", "+33612345678", 0 },
		{ "FR", "33612345678", "+33612345678", 0 },
		{ "FR", "612345678", "+33612345678", 0 },
		{ "FR", "+1 (212) 555-0123", "+12125550123", 0 },
		{ "US", "(212) 555-0123", "+12125550123", 0 },
		{ "US", "1-212-555-0123", "+12125550123", 0 },
		{ "US", "011 33 6 12 34 56 78", "+33612345678", 0 },
		{ "US", "0033612345678", "+33612345678", 0 },
		{ "GB", "07700 900123", "+447700900123", 0 },
		{ "GB", "+44 (0)7700 900123", "+447700900123", 0 },
		{ "GB", "447700900123", "+447700900123", 0 },
		{ "DE", "0151 12345678", "+4915112345678", 0 },
		{ "DE", "4915112345678", "+4915112345678", 0 },
		{ "IT", "06 698 12345", "+390669812345", 0 },
		{ "IT", "393 331 2345", "+393933312345", 0 },
		{ "RU", "8 916 123-45-67", "+79161234567", 0 },
		{ "RU", "8001234567", "+78001234567", 0 },
		{ "RU", "+79161234567", "+79161234567", 0 },
		{ "HU", "06 30 123 4567", "+36301234567", 0 },
		{ "AU", "0011 33 612345678", "+33612345678", 0 },
		{ "AU", "0412 345 678", "+61412345678", 0 },
		{ "JP", "010-33-612345678", "+33612345678", 0 },
		{ "ES", "612 345 678", "+34612345678", 0 },
		{ "FR", "tel:+33-6-12-34-56-78;ext=5", "+33612345678", 0 },
		{ "FR", "tel:06-12-34-56-78;phone-context=+33", "+33612345678",
		    0 },
		{ "FR", "SMS://%2B33612345678?body=a,b", "+33612345678", 0 },
		{ "FR",
		    "\xef\xbc\x8b\xef\xbc\x93\xef\xbc\x93\xef\xbc\x96"
		    "12345678",
		    "+33612345678", 0 },
		{ "EG",
		    "+\xd9\xa2\xd9\xa0\xd9\xa1\xd9\xa0\xd9\xa0"
		    "1234567",
		    "+201001234567", 0 },
		{ "FR",
		    "\xe2\x80\xaa+33\xc2\xa0"
		    "612\xe2\x80\x91"
		    "345678\xe2\x80\xac",
		    "+33612345678", 0 },
		{ "??", "+33612345678", "+33612345678", 0 },
	};

	(void)state;
	CHECK(sms_number_read, rows);
}

static void
what_is_no_number_is_refused(void **state)
{
	static const struct row rows[] = {
		{ "FR", "", NULL, 0 },
		{ "FR", "+", NULL, 0 },
		{ "FR", "12", NULL, 0 },
		{ "FR", "0612345", NULL, 0 },
		{ "FR", "+0612345678", NULL, 0 },
		{ "FR", "+33", NULL, 0 },
		{ "FR", "+331234", NULL, 0 },
		{ "FR", "+3361234567890123", NULL, 0 },
		{ "US", "555-0123", NULL, 0 },
		{ "??", "0612345678", NULL, 0 },
		{ "??", "12345", NULL, 0 },
		{ "FR", "+33612*45678", NULL, 0 },
		{ "FR", "12345;phone-context=+999", NULL, 0 },
		{ "FR", "12345;phone-context=+3", NULL, 0 },
		{ "FR", "mybank;phone-context=+33", NULL, 0 },
		{ "FR", "123456789012345678901234567890123456789012345", NULL,
		    0 },
	};

	(void)state;
	CHECK(sms_number_read, rows);
}

static void
a_short_code_has_its_country_beside_it(void **state)
{
	static const struct row rows[] = {
		{ "FR", "36180", "36180;phone-context=+33", SMS_KIND_SHORT },
		{ "US", "12345", "12345;phone-context=+1", SMS_KIND_SHORT },
		{ "FR", "12345;phone-context=+1", "12345;phone-context=+1",
		    SMS_KIND_SHORT },
		{ "FR", "12;phone-context=+1", "12;phone-context=+1",
		    SMS_KIND_SHORT },
		{ "??", "12345;phone-context=+1", "12345;phone-context=+1",
		    SMS_KIND_SHORT },
		{ "US", "123-456;PHONE-CONTEXT=+44", "123456;phone-context=+44",
		    SMS_KIND_SHORT },
		{ "US", "12345;phone-context=ca-us.phone-context.example.org",
		    "12345;phone-context=+1", SMS_KIND_SHORT },
		{ "FR", "*123#", "*123#;phone-context=+33", SMS_KIND_SHORT },
		{ "FR", "331234", "331234;phone-context=+33", SMS_KIND_SHORT },
		{ "RU", "8001", "8001;phone-context=+7", SMS_KIND_SHORT },
	};

	(void)state;
	CHECK(sms_number_read, rows);
}

static void
letters_stand_for_digits_at_a_prompt_only(void **state)
{
	static const struct row typed[] = {
		{ "US", "1-800-FLOWERS", "+18003569377", SMS_KIND_E164 },
		{ "US", "+1 800 flowers", "+18003569377", SMS_KIND_E164 },
		{ "US", "MyBank", "mybank", SMS_KIND_NAME },
		{ "US", "H&M", "h&m", SMS_KIND_NAME },
	};
	static const struct row read[] = {
		{ "US", "info123", "info123", SMS_KIND_NAME },
		{ "US", "1-800-flowers", "1-800-flowers", SMS_KIND_NAME },
	};

	(void)state;
	CHECK(sms_number_typed, typed);
	CHECK(sms_number_read, read);
}

static void
a_group_is_sorted_and_has_each_once(void **state)
{
	static const struct row rows[] = {
		{ "FR", "+33687654321,+33612345678",
		    "+33612345678,+33687654321", SMS_KIND_GROUP },
		{ "FR", "0687654321, 06 12 34 56 78,,0033687654321",
		    "+33612345678,+33687654321", SMS_KIND_GROUP },
		{ "FR", "+33612345678,+33612345678", "+33612345678",
		    SMS_KIND_E164 },
		{ "FR", "+33612345678,mybank", NULL, 0 },
		{ "FR", "+33612345678,36180", NULL, 0 },
		{ "FR", ",,", NULL, 0 },
	};

	(void)state;
	CHECK(sms_number_read, rows);
}

static void
a_group_has_a_ceiling_that_fits_an_address(void **state)
{
	struct sms_number member[SMS_GROUP_MAX + 1], group, one;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i <= SMS_GROUP_MAX; i++) {
		member[i] = (struct sms_number){ .kind = SMS_KIND_E164 };
		snprintf(member[i].text, sizeof(member[i].text), "+4917%011d",
		    SMS_GROUP_MAX - i);
	}
	assert_int_equal(
	    sms_number_join(member, SMS_GROUP_MAX, STR_EMPTY, &group, NULL), 0);
	assert_int_equal(sms_number_count(&group), SMS_GROUP_MAX);
	assert_int_equal(sms_number_str(&group).len, SMS_NUMBER_MAX - 1);
	sms_number_member(&group, 0, &one);
	assert_string_equal(one.text, "+491700000000001");
	sms_number_member(&group, SMS_GROUP_MAX - 1, &one);
	assert_string_equal(one.text, "+491700000000020");
	assert_int_equal(
	    sms_number_join(member, SMS_GROUP_MAX + 1, STR_EMPTY, &group, &err),
	    -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	/* Our own number is no member. */
	assert_int_equal(sms_number_join(member, SMS_GROUP_MAX + 1,
	                     sms_number_str(&member[3]), &group, NULL),
	    0);
	assert_int_equal(sms_number_join(member, 2, sms_number_str(&member[1]),
	                     &group, NULL),
	    0);
	assert_int_equal(group.kind, SMS_KIND_E164);
}

static void
what_a_provider_says_is_never_refused(void **state)
{
	static const struct {
		const char *form, *home, *in, *out, *shown;
	} row[] = {
		{ "e164", "FR", "+33612345678", "+33612345678", "" },
		{ "digits", "FR", "33612345678", "+33612345678", "" },
		{ "00", "FR", "0033612345678", "+33612345678", "" },
		{ "nat:1", "US", "2125550123", "+12125550123", "" },
		{ "nat:1", "US", "12125550123", "+12125550123", "" },
		{ "nat:1", "US", "3312345678", "+13312345678", "" },
		{ "digits", "US", "2125550123", "+12125550123", "" },
		{ "digits", "FR", "36180", "36180;phone-context=+33", "" },
		{ "e164", "FR", "1", "1;phone-context=+33", "" },
		{ "digits", "IN", "56161600", "56161600;phone-context=+91",
		    "" },
		{ "e164", "FR", "*123#", "*123#;phone-context=+33", "" },
		{ "e164", "FR", "MyBank", "mybank", "MyBank" },
		{ "e164", "FR", " My Bank ", "my bank", "My Bank" },
		{ "e164", "FR", "Crédit É", "crédit É", "Crédit É" },
		{ "e164", "FR", "INFO123", "info123", "INFO123" },
		{ "e164", "FR", "a,b;c", "a.b.c", "a,b;c" },
		{ "e164", "FR", "tel:x", "_tel:x", "tel:x" },
		{ "e164", "FR", "---", "_---", "---" },
		{ "e164", "FR", "1234567890123456789", "_1234567890123456789",
		    "1234567890123456789" },
		{ "e164", "FR", "", "unknown", "unknown" },
		{ "e164", "FR", "\x01\xff ", "unknown", "unknown" },
		{ "digits", "??", "36180", "_36180", "36180" },
		{ "digits", "??", "*123#", "_*123#", "*123#" },
		{ "digits", "??", "33612345678", "+33612345678", "" },
		{ "digits", "??", "", "unknown", "unknown" },
		{ "e164", "FR", "someone@example.com", "someone@example.com",
		    "someone@example.com" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sms_number got;
		struct sms_form form;

		assert_int_equal(
		    sms_form_read(str_c(row[i].form), &form, NULL), 0);
		sms_number_received(str_c(row[i].in), &form,
		    sms_region_find(str_c(row[i].home)), &got);
		assert_string_equal(got.text, row[i].out);
		assert_string_equal(got.shown, row[i].shown);
		assert_int_equal(
		    sms_number_is_answerable(&got), row[i].shown[0] == '\0');
	}
}

static void
numbers_are_written_as_the_provider_wants(void **state)
{
	static const struct {
		const char *form, *in, *out;
	} row[] = {
		{ "e164", "+12125550123", "+12125550123" },
		{ "digits", "+12125550123", "12125550123" },
		{ "00", "+12125550123", "0012125550123" },
		{ "nat:1", "+12125550123", "2125550123" },
		{ "nat:1", "+33612345678", "33612345678" },
		{ "e164", "12345;phone-context=+1", "12345" },
		{ "00", "12345;phone-context=+1", "12345" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sms_number n;
		struct sms_form form;
		struct buf out;

		buf_init(&out, 64);
		assert_int_equal(
		    sms_form_read(str_c(row[i].form), &form, NULL), 0);
		assert_int_equal(
		    sms_number_read(str_c(row[i].in), NULL, &n, NULL), 0);
		assert_int_equal(sms_form_write(&form, &n, &out), 0);
		assert_string_equal(out.p, row[i].out);
		buf_release(&out);
	}
}

static void
a_form_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "", "E164", "nat:", "nat:0",
		"nat:1234", "nat:800", "000" };
	struct sms_form form;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sms_form_read(str_c(bad[i]), &form, &err), -1);
}

static void
a_number_says_its_country(void **state)
{
	static const struct {
		const char *digits, *region;
	} row[] = {
		{ "12125550123", "US" },
		{ "14165550123", "CA" },
		{ "18765550123", "JM" },
		{ "79161234567", "RU" },
		{ "77011234567", "KZ" },
		{ "447781123456", "GG" },
		{ "447700900123", "GB" },
		{ "390669812345", "VA" },
		{ "393331234567", "IT" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_string_equal(
		    sms_region_of(str_c(row[i].digits))->code, row[i].region);
	assert_null(sms_region_of(STR("882161234567")));
	assert_int_equal(sms_calling_code(STR("882161234567")), 3);
	assert_int_equal(sms_calling_code(STR("210")), 0);
	assert_null(sms_region_find(STR("XX")));
	assert_string_equal(sms_region_find(STR("fr"))->code, "FR");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_understood_as_people_write_them),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(a_short_code_has_its_country_beside_it),
		cmocka_unit_test(letters_stand_for_digits_at_a_prompt_only),
		cmocka_unit_test(a_group_is_sorted_and_has_each_once),
		cmocka_unit_test(a_group_has_a_ceiling_that_fits_an_address),
		cmocka_unit_test(what_a_provider_says_is_never_refused),
		cmocka_unit_test(numbers_are_written_as_the_provider_wants),
		cmocka_unit_test(a_form_that_is_none_is_refused),
		cmocka_unit_test(a_number_says_its_country),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
