#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sms/sms_clean.h"
#include "sms/sms_decode.h"

static const struct {
	struct str raw;
	const char *text, *line;
} rows[] = {
	{ { "a\r\nb\rc\n", 7 }, "a\nb\nc\n", "a b c" },
	{ { "a\tb  c", 6 }, "a\tb  c", "a b c" },
	{ { "\0a\x07\x1b[1mb\x7f", 9 }, "a[1mb", "a [1mb" },
	{ { "\xff\xc3(\xed\xa0\x80", 6 },
	    "\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	    "\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ { "\xef\xbf\xbe\xc2\x85x", 6 }, "x", "x" },
	{ { "", 0 }, "", "" },
};

static void
only_what_people_can_be_shown_is_left(void **state)
{
	struct sms_pool pool;

	(void)state;
	sms_pool_init(&pool, 10000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str text = sms_clean_text(rows[i].raw, 100, &pool);
		struct str line = sms_clean_line(rows[i].raw, 100, &pool);

		if (!str_is(text, rows[i].text))
			fail_msg("%zu: text %s", i, text.p);
		if (!str_is(line, rows[i].line))
			fail_msg("%zu: line %s", i, line.p);
	}
	sms_pool_release(&pool);
}

static void
what_is_too_long_is_cut_between_characters(void **state)
{
	struct sms_pool pool;

	(void)state;
	sms_pool_init(&pool, 10000);
	assert_true(str_is(sms_clean_text(STR("ab\xc3\xa9"
	                                      "c"),
	                       3, &pool),
	    "ab"));
	assert_true(str_is(sms_clean_text(STR("ab\xc3\xa9"
	                                      "c"),
	                       4, &pool),
	    "ab\xc3\xa9"));
	assert_true(str_is(sms_clean_line(STR("a b c"), 3, &pool), "a b"));
	sms_pool_release(&pool);
}

static const struct {
	enum sms_decode how;
	const char *text, *charset, *want;
} codings[] = {
	{ SMS_DECODE_NONE, "a", "", "a" },
	{ SMS_DECODE_HEX, "48e9", "ISO-8859-1", "H\xc3\xa9" },
	{ SMS_DECODE_HEX, "48e", "UTF-8", "48e" },
	{ SMS_DECODE_HEX, "00480065", "ucs2", "He" },
	{ SMS_DECODE_HEX, "0065", "GSM-7", "@e" },
	{ SMS_DECODE_BASE64, "SMOp", "utf-8", "H\xc3\xa9" },
	{ SMS_DECODE_PERCENT, "a%E9", "ISO-8859-1", "a\xc3\xa9" },
	{ SMS_DECODE_PERCENT, "100%41", "UTF-8", "100%41" },
	{ SMS_DECODE_MAYBE_BASE64, "abcd", "", "abcd" },
	{ SMS_DECODE_HEX, "6162", "UTF-8//TRANSLIT", "ab" },
	{ SMS_DECODE_HEX, "6162", "no-such-charset", "ab" },
	{ SMS_DECODE_HEX, "6162",
	    "a-charset-with-a-name-that-is-longer-than-any-that-there-is",
	    "ab" },
};

static void
codings_and_charsets_become_text(void **state)
{
	struct sms_pool pool;

	(void)state;
	sms_pool_init(&pool, 10000);
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		struct str charset = str_c(codings[i].charset), got;
		bool done;

		got = sms_decode(codings[i].how, str_c(codings[i].text),
		    charset, &pool, &done);
		if (done)
			got = sms_charset_to_utf8(charset, got, &pool);
		if (!str_is(got, codings[i].want))
			fail_msg("%zu: " STR_FMT, i, STR_ARG(got));
	}
	assert_true(sms_charset_is_binary(STR("8-bit")));
	assert_false(sms_charset_is_binary(STR("")));
	sms_pool_release(&pool);
}

static void
base64_is_taken_for_that_only_where_it_must_be(void **state)
{
	char text[241];
	struct sms_pool pool;
	struct str got;
	bool done;

	(void)state;
	sms_pool_init(&pool, 10000);
	for (size_t i = 0; i < 240; i += 4)
		memcpy(text + i, "SMOp", 4);
	got = sms_decode(SMS_DECODE_MAYBE_BASE64, str_of(text, 240), STR_EMPTY,
	    &pool, &done);
	assert_true(done);
	assert_int_equal(got.len, 180);
	text[7] = ' ';
	got = sms_decode(SMS_DECODE_MAYBE_BASE64, str_of(text, 240), STR_EMPTY,
	    &pool, &done);
	assert_false(done);
	memset(text, 'a', 240); /* bytes that are no UTF-8 */
	got = sms_decode(SMS_DECODE_MAYBE_BASE64, str_of(text, 240), STR_EMPTY,
	    &pool, &done);
	assert_false(done);
	assert_int_equal(got.len, 240);
	sms_pool_release(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_people_can_be_shown_is_left),
		cmocka_unit_test(what_is_too_long_is_cut_between_characters),
		cmocka_unit_test(codings_and_charsets_become_text),
		cmocka_unit_test(
		    base64_is_taken_for_that_only_where_it_must_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
