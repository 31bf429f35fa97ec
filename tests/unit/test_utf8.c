#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/utf8.h"

static const struct {
	const char *why;
	struct str in;
} bad[] = {
	{ "tail alone", { "\x80", 1 } },
	{ "overlong slash", { "\xc0\xaf", 2 } },
	{ "overlong in three", { "\xe0\x9f\xbf", 3 } },
	{ "overlong in four", { "\xf0\x8f\xbf\xbf", 4 } },
	{ "surrogate", { "\xed\xa0\x80", 3 } },
	{ "over U+10FFFF", { "\xf4\x90\x80\x80", 4 } },
	{ "never a byte", { "\xff", 1 } },
	{ "cut in two", { "\xc3", 1 } },
	{ "cut in three", { "\xe2\x82", 2 } },
	{ "cut in four", { "\xf0\x9f\x98", 3 } },
	{ "tail missing", { "\xe2\x82x", 3 } },
};

static void
every_character_survives_put_and_next(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 16);
	for (int32_t c = 0; c <= 0x10ffff; c++) {
		struct str s;

		if (c == 0xd800)
			c = 0xe000;
		buf_clear(&b);
		assert_int_equal(utf8_put(&b, c), 0);
		s = buf_str(&b);
		assert_int_equal(utf8_valid_len(s), s.len);
		assert_int_equal(utf8_next(&s), c);
		assert_int_equal(s.len, 0);
	}
	buf_release(&b);
}

static void
bad_bytes_are_skipped_one_by_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct str s = bad[i].in;

		if (utf8_is_valid(s))
			fail_msg("valid: %s", bad[i].why);
		assert_int_equal(utf8_next(&s), UTF8_BAD);
		assert_int_equal(s.len, bad[i].in.len - 1);
	}
}

static void
valid_length_ends_before_the_first_bad_byte(void **state)
{
	char text[64];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		memset(text, 'a', sizeof(text));
		text[at] = (char)0xff;
		assert_int_equal(
		    utf8_valid_len(str_of(text, sizeof(text))), at);
	}
	assert_int_equal(utf8_valid_len(STR_EMPTY), 0);
}

static void
cut_never_splits_a_character(void **state)
{
	/* 1, 2, 3 and 4 bytes: borders at 0 1 3 6 10 */
	struct str s = STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };

	(void)state;
	for (size_t max = 0; max < sizeof(want) / sizeof(want[0]); max++)
		assert_int_equal(utf8_cut(s, max), want[max]);
	/* Rubbish must not cut to nothing. */
	assert_int_equal(utf8_cut(STR("\x80\x80\x80\x80\x80\x80"), 5), 5);
}

static void
count_counts_characters(void **state)
{
	(void)state;
	assert_int_equal(utf8_count(STR_EMPTY), 0);
	assert_int_equal(utf8_count(STR("a\xc3\xa9\xe2\x82\xac")), 3);
}

static void
xml_allows_what_xml_1_0_allows(void **state)
{
	static const int32_t yes[] = { '\t', '\n', '\r', ' ', 0x7f, 0x85,
		0xd7ff, 0xe000, 0xfffd, 0x10000, 0x10fffd };
	static const int32_t no[] = { UTF8_BAD, 0, 1, 0xb, 0xc, 0x1b, 0x1f,
		0xd800, 0xdfff, 0xfdd0, 0xfdef, 0xfffe, 0xffff, 0x1fffe,
		0x10ffff, 0x110000 };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(utf8_is_xml_char(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(utf8_is_xml_char(no[i]));
}

static void
one_illegal_byte_anywhere_is_not_xml(void **state)
{
	char text[40];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		memset(text, 'z', sizeof(text));
		assert_true(utf8_is_xml(str_of(text, sizeof(text))));
		text[at] = 0x1f;
		assert_false(utf8_is_xml(str_of(text, sizeof(text))));
		text[at] = '\t';
		assert_true(utf8_is_xml(str_of(text, sizeof(text))));
	}
}

static void
a_cut_tears_nothing_apart(void **state)
{
	static const struct {
		const char *text;
		size_t at, cut;
	} row[] = {
		{ "abcdefgh", 6, 6 },
		{ "abcdefgh", 0, 0 },
		{ "abcdefgh", 8, 8 },
		{ "abcde\xcc\x81", 5, 4 },
		{ "ab\xcc\x81\xcc\x82xyz", 4, 4 }, /* no better in its half */
		{ "abcdefghi\xcc\x81\xcc\x82xyz", 11, 8 },
		{ "abcdefg👩‍👧x", 11, 7 },  /* in front of the joiner */
		{ "abcdefgh👩‍👧x", 15, 8 }, /* behind it */
		{ "abcdefgh👍🏽x", 12, 8 },
		{ "abcdefgh🇫🇷🇩🇪", 12, 8 },
		{ "abcdefgh🇫🇷🇩🇪", 16, 16 },
		{ "abcdefgh🇫🇷🇩🇪", 20, 16 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_int_equal(
		    utf8_cut_whole(str_c(row[i].text), row[i].at), row[i].cut);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_survives_put_and_next),
		cmocka_unit_test(bad_bytes_are_skipped_one_by_one),
		cmocka_unit_test(valid_length_ends_before_the_first_bad_byte),
		cmocka_unit_test(cut_never_splits_a_character),
		cmocka_unit_test(count_counts_characters),
		cmocka_unit_test(xml_allows_what_xml_1_0_allows),
		cmocka_unit_test(one_illegal_byte_anywhere_is_not_xml),
		cmocka_unit_test(a_cut_tears_nothing_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
