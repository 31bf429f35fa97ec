#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_nick.h"

static const struct {
	const char *wish, *fallback;
	size_t max;
	const char *nick;
} nicks[] = {
	{ "bob", "", 0, "bob" },
	{ "J\xC3\xA9r\xC3\xB4me", "", 0, "Jerome" },
	{ "Stra\xC3\x9F"
	  "e",
	    "", 0, "Strasse" },
	{ "S\xC3\xB8ren \xC3\x86gir", "", 0, "Soren_AEgir" },
	{ "\xC5\x81ukasz", "", 0, "Lukasz" },
	{ "romeo montague", "", 0, "romeo_montague" },
	{ "a.b@c/d", "", 0, "a_b_c_d" },
	{ "  a  b  ", "", 0, "a_b" },
	{ "9lives", "", 0, "_9lives" },
	{ "-x-", "", 0, "_-x-" },
	{ "[away]`^|{}\\_", "", 0, "[away]`^|{}\\_" },
	{ "\xE4\xB8\xAD\xE6\x96\x87", "zhong", 0, "zhong" },
	{ "\xE4\xB8\xAD"
	  "a\xE6\x96\x87"
	  "b",
	    "", 0, "a_b" },
	{ "\xF0\x9F\x98\x80", "", 0, "guest" },
	{ "___", "juliet", 0, "juliet" },
	{ "", "", 0, "guest" },
	{ "", "", 3, "gue" },
	{ "#chan :x\r\nQUIT", "", 0, "chan_x_QUIT" },
	{ "montague", "", 4, "mont" },
	{ "abc def", "", 4, "abc" },
	{ "abc def", "", 5, "abc_d" },
	{ "1", "", 1, "g" },
	{ "\xFF\xFE", "x", 0, "x" },
	{ "abcdefghijklmnopqrstuvwxyz0123456789", "", 0,
	    "abcdefghijklmnopqrstuvwxyz0123" },
};

static void
wishes_become_nicks_that_every_server_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(nicks) / sizeof(nicks[0]); i++) {
		char out[IRC_NICK_BYTES];
		size_t n = irc_nick_map(str_c(nicks[i].wish),
		    str_c(nicks[i].fallback), nicks[i].max, out);

		assert_string_equal(out, nicks[i].nick);
		assert_int_equal(n, strlen(out));
		assert_true(irc_nick_is_valid(str_c(out)));
	}
}

static void
a_valid_nick_maps_to_itself(void **state)
{
	char out[IRC_NICK_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(nicks) / sizeof(nicks[0]); i++) {
		irc_nick_map(str_c(nicks[i].nick), STR_EMPTY, 0, out);
		if (strcmp(nicks[i].nick, "___") != 0)
			assert_string_equal(out, nicks[i].nick);
	}
}

static void
what_servers_refuse_is_not_valid(void **state)
{
	static const char *const bad[] = { "", "9a", "-a", "a b", "a.b", "a!b",
		"a@b", "a:b", "a,b", "#a", "~a", "\xC3\xA9", "a\r", "a/b" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(irc_nick_is_valid(str_c(bad[i])));
	assert_false(irc_nick_is_valid(STR("a\0b")));
}

static void
alternates_differ_and_fit(void **state)
{
	static const char *const want[] = { "bob_", "bob__", "bob2", "bob3" };
	char out[IRC_NICK_BYTES];

	(void)state;
	for (unsigned n = 1; n <= 4; n++) {
		irc_nick_alternate(STR("bob"), n, 9, out);
		assert_string_equal(out, want[n - 1]);
	}
	irc_nick_alternate(STR("montagues"), 1, 9, out);
	assert_string_equal(out, "montague_");
	irc_nick_alternate(STR("montagues"), 11, 9, out);
	assert_string_equal(out, "montagu10");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wishes_become_nicks_that_every_server_takes),
		cmocka_unit_test(a_valid_nick_maps_to_itself),
		cmocka_unit_test(what_servers_refuse_is_not_valid),
		cmocka_unit_test(alternates_differ_and_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
