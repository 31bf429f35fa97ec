/*
 * What a network sees of a user: made from his JID, and always the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "irc/irc_mask.h"

static struct irc_mask
mask_of(const char *bare, const char *prefix)
{
	struct address_prefix p = { 0 };
	struct irc_mask m;

	if (prefix)
		assert_int_equal(
		    address_prefix_parse(&p, str_c(prefix), NULL), 0);
	irc_mask_of(&m, str_c(bare), &p);
	return m;
}

static void
one_person_has_one_mask(void **state)
{
	struct irc_mask a = mask_of("romeo@example.org", "127.0.0.0/8");
	struct irc_mask b = mask_of("romeo@example.org", "127.0.0.0/8");
	struct irc_mask c = mask_of("juliet@example.org", "127.0.0.0/8");

	(void)state;
	assert_string_equal(a.user, b.user);
	assert_string_equal(a.digits, b.digits);
	assert_string_equal(a.host, b.host);
	assert_string_not_equal(a.user, c.user);
	assert_string_not_equal(a.digits, c.digits);
	assert_int_equal(strlen(a.user), IRC_MASK_USER);
	assert_int_equal(a.user[0], 'x');
	assert_true(str_starts(str_c(a.digits), STR("127.")));
	assert_true(str_ends(str_c(a.host), STR(".example.org")));
	assert_true(str_starts(str_c(a.host), str_c(a.user + 1)));
}

static void
without_a_prefix_there_is_no_address(void **state)
{
	struct irc_mask m = mask_of("romeo@example.org", NULL);

	(void)state;
	assert_int_equal(m.address.ss_family, 0);
	assert_string_equal(m.digits, "");
}

static void
a_domain_that_is_no_host_gives_way_to_the_address(void **state)
{
	static const char *const odd[] = { "romeo@b\xc3\xbc"
		                           "cher.example",
		"romeo@[2001:db8::1]", "romeo@-x.example",
		"romeo@an-unusually-long-name-of-a-domain.which.no.server."
		"would.take.example" };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct irc_mask m = mask_of(odd[i], "2001:db8::/64");

		assert_string_equal(m.host, m.digits);
		assert_true(str_starts(str_c(m.host), STR("2001:db8:")));
	}
}

static void
an_address_never_begins_with_a_colon(void **state)
{
	struct irc_mask m = mask_of("romeo@example.org", "::/96");

	(void)state;
	assert_true(str_starts(str_c(m.digits), STR("0:")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_person_has_one_mask),
		cmocka_unit_test(without_a_prefix_there_is_no_address),
		cmocka_unit_test(
		    a_domain_that_is_no_host_gives_way_to_the_address),
		cmocka_unit_test(an_address_never_begins_with_a_colon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
