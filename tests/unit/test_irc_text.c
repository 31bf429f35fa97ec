#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_text.h"
#include "lib/utf8.h"

static const struct {
	const char *why, *in, *out;
	size_t line_len;
} texts[] = {
	{ "plain", "hello\tworld", "hello\tworld", 20 },
	{ "UTF-8", "caf\xC3\xA9 \xF0\x9F\x98\x80",
	    "caf\xC3\xA9 \xF0\x9F\x98\x80", 20 },
	{ "bold, italic, underline", "\002b\002 \035i\035 \037u\037", "b i u",
	    20 },
	{ "strike, mono, reverse, reset", "\036s\036\021m\021\026r\026\017",
	    "smr", 20 },
	{ "colour with one digit", "\0034red", "red", 20 },
	{ "colour with two digits", "\00304red", "red", 20 },
	{ "always two digits", "\003123", "3", 20 },
	{ "two colours", "\0034,12x", "x", 20 },
	{ "comma that is text", "\0034,x", ",x", 20 },
	{ "comma without a colour", "\003,4x", ",4x", 20 },
	{ "bare colour", "\003x", "x", 20 },
	{ "colour at the end", "x\003", "x", 20 },
	{ "comma at the end", "x\0034,", "x,", 20 },
	{ "hex colour", "\004ff0000x", "x", 20 },
	{ "two hex colours", "\004ff0000,00ff00x", "x", 20 },
	{ "too short to be hex", "\004ff00x", "ff00x", 20 },
	{ "second hex too short", "\004ff0000,00x", ",00x", 20 },
	{ "other controls", "a\007b\033c\177d\001e", "abcde", 20 },
	{ "C1 controls",
	    "a\xC2\x85"
	    "b",
	    "ab", 20 },
	{ "windows-1252", "caf\xE9 \x80", "caf\xC3\xA9 \xE2\x82\xAC", 20 },
	{ "overlong is not UTF-8", "\xC0\xAF", "\xC3\x80\xC2\xAF", 20 },
	{ "cut tail of a full line", "abc\xE2\x82", "abc", 510 },
	{ "cut tail of four", "abc\xF0\x9F\x98", "abc", 510 },
	{ "no cut tail in a short line", "abc\xE9", "abc\xC3\xA9", 20 },
	{ "not a tail though full",
	    "abc\xE9"
	    "d",
	    "abc\xC3\xA9"
	    "d",
	    510 },
	{ "a tail of tails is not cut", "ab\x82\x82",
	    "ab\xE2\x80\x9A\xE2\x80\x9A", 510 },
	{ "noncharacters",
	    "a\xEF\xBF\xBE"
	    "b",
	    "a\xEF\xBF\xBD"
	    "b",
	    20 },
	{ "only codes", "\002\017", "", 20 },
};

static void
text_is_made_fit_for_people(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct str got;

		buf_clear(&b);
		got = irc_text_clean(
		    str_c(texts[i].in), texts[i].line_len, "windows-1252", &b);
		if (!str_is(got, texts[i].out))
			fail_msg("%s: got \"" STR_FMT "\"", texts[i].why,
			    STR_ARG(got));
		assert_true(utf8_is_xml(got));
		assert_true(irc_text_is_clean(got));
	}
	buf_release(&b);
}

static void
clean_text_is_not_copied(void **state)
{
	struct str in = STR("hello w\xC3\xB6rld");
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_ptr_equal(irc_text_clean(in, 20, "windows-1252", &b).p, in.p);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
every_byte_and_pair_of_bytes_becomes_clean(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (unsigned i = 0; i < 65536; i++) {
		char two[2] = { (char)(i >> 8), (char)i };
		struct str got;

		buf_clear(&b);
		got = irc_text_clean(str_of(two, 2), 20, "windows-1252", &b);
		assert_true(irc_text_is_clean(got));
	}
	buf_release(&b);
}

static void
an_unknown_charset_still_gives_text(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_true(str_is(
	    irc_text_clean(STR("a\xE9"), 9, "no-such", &b), "a\xEF\xBF\xBD"));
	assert_true(
	    str_is(irc_text_clean(STR("a\xE9"), 9, NULL, &b), "a\xEF\xBF\xBD"));
	buf_release(&b);
}

static void
ctcp_is_recognised(void **state)
{
	static const struct {
		const char *in, *command, *text;
	} ctcps[] = {
		{ "\001ACTION waves\001", "ACTION", "waves" },
		{ "\001ACTION waves", "ACTION", "waves" },
		{ "\001ACTION\001", "ACTION", "" },
		{ "\001ACTION \001", "ACTION", "" },
		{ "\001VERSION\001", "VERSION", "" },
		{ "\001PING  1 2\001", "PING", " 1 2" },
		{ "\001\001", NULL, NULL },
		{ "\001", NULL, NULL },
		{ "\001 x\001", NULL, NULL },
		{ "ACTION", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ctcps) / sizeof(ctcps[0]); i++) {
		struct irc_ctcp c;
		bool is = irc_ctcp_parse(str_c(ctcps[i].in), &c);

		assert_int_equal(is, ctcps[i].command != NULL);
		if (!is)
			continue;
		assert_true(str_is(c.command, ctcps[i].command));
		assert_true(str_is(c.text, ctcps[i].text));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_made_fit_for_people),
		cmocka_unit_test(clean_text_is_not_copied),
		cmocka_unit_test(every_byte_and_pair_of_bytes_becomes_clean),
		cmocka_unit_test(an_unknown_charset_still_gives_text),
		cmocka_unit_test(ctcp_is_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
