#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "smtp/mail_glob.h"

static void
patterns_fit_as_people_expect(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} rows[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "*", "anything", true },
		{ "abc", "ABC", true },
		{ "abc", "abcd", false },
		{ "a?c", "abc", true },
		{ "a?c", "ac", false },
		{ "*down*", "host is DOWN now", true },
		{ "*down*", "host is up now", false },
		{ "*@example.org", "root@example.org", true },
		{ "*@example.org", "root@example.org.evil.example", false },
		{ "*@example.org", "@example.org", true },
		{ "a*b*c", "axxbyyc", true },
		{ "a*b*c", "axxcyyb", false },
		{ "a**", "a", true },
		{ "*ab", "aab", true },
		{ "*aab*", "aaab", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (mail_glob(str_c(rows[i].pattern), str_c(rows[i].text)) !=
		    rows[i].fits)
			fail_msg("%s / %s", rows[i].pattern, rows[i].text);
}

static void
many_stars_cost_little(void **state)
{
	enum { TEXT = 2000 };
	char *text = malloc(TEXT);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', TEXT);
	assert_false(
	    mail_glob(STR("*a*a*a*a*a*a*a*a*a*a*a*a*a*b"), str_of(text, TEXT)));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_fit_as_people_expect),
		cmocka_unit_test(many_stars_cost_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
