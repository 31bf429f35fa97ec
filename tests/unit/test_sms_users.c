#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "sms/sms_users.h"

enum { ROOM = 200 };

static char *user[ROOM];
static size_t n;

static int
begin(void **state)
{
	(void)state;
	n = 0;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	while (n > 0)
		free(user[--n]);
	return 0;
}

static int
add(const char *word)
{
	return sms_users_add(user, &n, str_c(word), NULL);
}

static void
they_are_written_as_addresses_are(void **state)
{
	static const char *const pairs[][2] = {
		{ "Romeo@Example.ORG", "romeo@example.org" },
		{ "Example.NET", "example.net" },
		{ "example.com.", "example.com" },
		{ "\xc3\x89lodie@example.org", "\xc3\xa9lodie@example.org" },
		{ "a@b\xc3\xbc"
		  "cher.example",
		    "a@b\xc3\xbc"
		    "cher.example" },
		{ "it\\27s@[::1]", "it\\27s@[::1]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_int_equal(add(pairs[i][0]), 0);
		assert_int_equal(n, i + 1);
		assert_string_equal(user[i], pairs[i][1]);
	}
}

static void
what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = { "", "@", "romeo@", "@example.org",
		"romeo@example.org/phone", "example.org/x", "a@b@example.org",
		"romeo@example.org, juliet@example.org", "*", "*@example.org/",
		"two words", "two words@example.org", "xmpp:a@example.org",
		"\xff@example.org", "." };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    sms_users_add(user, &n, str_c(bad[i]), &err), -1);
		assert_int_equal(err.kind, ERR_BAD_INPUT);
	}
	assert_int_equal(n, 0);
}

static void
nobody_is_there_twice(void **state)
{
	(void)state;
	assert_int_equal(add("romeo@example.org"), 0);
	assert_int_equal(add("ROMEO@example.org"), 0);
	assert_int_equal(n, 1);
}

static void
so_many_people_can_get_what_comes_in_and_no_more(void **state)
{
	struct err err = ERR_INIT;
	char who[64];

	(void)state;
	assert_int_equal(add("example.org"), 0);
	for (int i = 0; i < SMS_PEOPLE_MAX; i++) {
		(void)snprintf(who, sizeof(who), "u%d@example.org", i);
		assert_int_equal(add(who), 0);
	}
	assert_int_equal(
	    sms_users_add(user, &n, STR("more@example.org"), &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	assert_int_equal(add("u1@example.org"), 0);
	assert_int_equal(add("example.net"), 0);
	assert_int_equal(n, SMS_PEOPLE_MAX + 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    they_are_written_as_addresses_are, begin, end),
		cmocka_unit_test_setup_teardown(
		    what_is_no_address_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(
		    nobody_is_there_twice, begin, end),
		cmocka_unit_test_setup_teardown(
		    so_many_people_can_get_what_comes_in_and_no_more, begin,
		    end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
