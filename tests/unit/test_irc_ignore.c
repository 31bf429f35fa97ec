#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_ignore.h"

static bool
matches(const char *masks, const char *nick, const char *user, const char *host)
{
	struct irc_who who = { str_c(nick), str_c(user), str_c(host) };

	return irc_ignore_matches(str_c(masks), IRC_FOLD_RFC1459, &who);
}

static void
masks_are_of_the_whole_of_the_host_or_of_the_nick(void **state)
{
	(void)state;
	assert_true(matches("ben!*@*", "Ben", "b", "h.example"));
	assert_true(matches("x\n  *!b@*.example  \n", "ben", "b", "h.example"));
	assert_true(matches("*@h.example", "ben", "b", "H.example"));
	assert_true(matches("ben", "ben", "b", "h.example"));
	assert_true(matches("b?n", "ben", "b", "h.example"));
	assert_true(matches("a[b]", "A{B}", "b", "h.example"));
	assert_true(matches("*", "ben", "", ""));
	assert_false(matches("ben", "benny", "b", "h.example"));
	assert_false(matches("b?n", "bn", "b", "h.example"));
	assert_false(matches("*!b@*.example", "ben", "bb", "h.example"));
	assert_false(matches("h.example", "ben", "b", "h.example"));
	assert_false(matches("", "ben", "b", "h.example"));
	assert_false(matches("\n \n", "ben", "b", "h.example"));
}

static void
a_hostile_mask_takes_no_time(void **state)
{
	char mask[IRC_IGNORE_MASK_MAX + 1], host[400];

	(void)state;
	for (size_t i = 0; i < sizeof(mask) - 1; i++)
		mask[i] = i % 2 ? 'a' : '*';
	mask[0] = '@';
	mask[sizeof(mask) - 2] = 'b';
	mask[sizeof(mask) - 1] = '\0';
	memset(host, 'a', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	assert_false(matches(mask, "ben", "", host));
}

static void
what_is_no_mask_is_refused(void **state)
{
	struct err err = ERR_INIT;
	char lines[4 * IRC_IGNORE_LINES_MAX + 8];

	(void)state;
	assert_int_equal(irc_ignore_check(NULL, STR("ben\n\n*@h"), &err), 0);
	assert_int_equal(irc_ignore_check(NULL, STR("ben, eve"), &err), -1);
	assert_int_equal(err.kind, ERR_BAD_INPUT);
	lines[0] = '\0';
	for (int i = 0; i <= IRC_IGNORE_LINES_MAX; i++)
		memcpy(lines + 2 * i, "a\n", 3);
	assert_int_equal(irc_ignore_check(NULL, str_c(lines), &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    masks_are_of_the_whole_of_the_host_or_of_the_nick),
		cmocka_unit_test(a_hostile_mask_takes_no_time),
		cmocka_unit_test(what_is_no_mask_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
