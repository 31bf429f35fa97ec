#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/text.h"

struct row {
	const char *why;
	enum text_profile profile;
	const char *in;
	const char *out; /* NULL: refused */
};

static const struct row rows[] = {
	{ "nothing", TEXT_NODEPREP, "", "" },
	{ "lower-cased", TEXT_NODEPREP, "Romeo#[]{}|", "romeo#[]{}|" },
	{ "space", TEXT_NODEPREP, "a b", NULL },
	{ "quote", TEXT_NODEPREP, "a\"b", NULL },
	{ "ampersand", TEXT_NODEPREP, "a&b", NULL },
	{ "apostrophe", TEXT_NODEPREP, "a'b", NULL },
	{ "slash", TEXT_NODEPREP, "a/b", NULL },
	{ "colon", TEXT_NODEPREP, "a:b", NULL },
	{ "less", TEXT_NODEPREP, "a<b", NULL },
	{ "greater", TEXT_NODEPREP, "a>b", NULL },
	{ "at", TEXT_NODEPREP, "a@b", NULL },
	{ "control", TEXT_NODEPREP, "a\x01", NULL },
	{ "delete", TEXT_NODEPREP, "a\x7f", NULL },
	{ "accent folded", TEXT_NODEPREP, "\xc3\x89t\xc3\xa9",
	    "\xc3\xa9t\xc3\xa9" },
	{ "accent composed", TEXT_NODEPREP, "e\xcc\x81", "\xc3\xa9" },
	{ "sharp s", TEXT_NODEPREP,
	    "stra\xc3\x9f"
	    "e",
	    "strasse" },
	{ "at sign by NFKC", TEXT_NODEPREP,
	    "a\xef\xbc\xa0"
	    "b",
	    NULL },
	{ "emoji", TEXT_NODEPREP, "\xf0\x9f\x98\x80", NULL },
	{ "bad UTF-8", TEXT_NODEPREP, "\xc3", NULL },
	{ "mixed direction", TEXT_NODEPREP, "a\xd7\x90", NULL },
	{ "right to left", TEXT_NODEPREP, "\xd7\x90\xd7\x91",
	    "\xd7\x90\xd7\x91" },

	{ "name", TEXT_NAMEPREP, "IRC.Example.ORG", "irc.example.org" },
	{ "IPv4", TEXT_NAMEPREP, "127.0.0.1", "127.0.0.1" },
	{ "IPv6", TEXT_NAMEPREP, "[FE80::1]", "[fe80::1]" },
	{ "hyphen, underscore", TEXT_NAMEPREP, "a-b_c.d", "a-b_c.d" },
	{ "international", TEXT_NAMEPREP,
	    "B\xc3\x9c"
	    "CHER.example",
	    "b\xc3\xbc"
	    "cher.example" },
	{ "space", TEXT_NAMEPREP, "a b", NULL },
	{ "slash by NFKC", TEXT_NAMEPREP, "\xe2\x84\x80.org", NULL },
	{ "control beside others", TEXT_NAMEPREP, "\xc3\xbc\x01", NULL },

	{ "case kept", TEXT_RESOURCEPREP, "My PC @/<&>", "My PC @/<&>" },
	{ "line feed", TEXT_RESOURCEPREP, "a\nb", NULL },
	{ "sharp s kept", TEXT_RESOURCEPREP, "\xc3\x9f", "\xc3\x9f" },
	{ "emoji", TEXT_RESOURCEPREP, "\xf0\x9f\x98\x80", NULL },
	{ "no-break space", TEXT_RESOURCEPREP,
	    "a\xc2\xa0"
	    "b",
	    "a b" },
};

static void
profiles_follow_rfc_6122(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		bool ok;

		buf_clear(&b);
		ok = text_prep(r->profile, str_c(r->in), &b);
		if (ok != (r->out != NULL))
			fail_msg("%s: %s", r->why, ok ? b.p : "refused");
		if (ok)
			assert_string_equal(b.p, r->out);
		else
			assert_int_equal(b.len, 0);
	}
	buf_release(&b);
}

static void
nul_is_refused_everywhere(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	for (int p = TEXT_NODEPREP; p <= TEXT_RESOURCEPREP; p++) {
		assert_false(text_prep((enum text_profile)p, STR("a\0b"), &b));
		assert_false(
		    text_prep((enum text_profile)p, STR("\xc3\xa9\0b"), &b));
	}
	buf_release(&b);
}

static void
a_part_has_at_most_1023_bytes(void **state)
{
	char text[TEXT_PREP_MAX + 1];
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	memset(text, 'x', sizeof(text));
	assert_true(text_prep(TEXT_NODEPREP, str_of(text, TEXT_PREP_MAX), &b));
	assert_false(text_prep(TEXT_NODEPREP, str_of(text, sizeof(text)), &b));
	assert_int_equal(b.len, TEXT_PREP_MAX);
	/* U+0149, two bytes, becomes an apostrophe and n: three. */
	buf_clear(&b);
	memcpy(text, "\xc5\x89", 2);
	assert_true(
	    text_prep(TEXT_NODEPREP, str_of(text, TEXT_PREP_MAX - 1), &b));
	assert_int_equal(b.len, TEXT_PREP_MAX);
	assert_false(text_prep(TEXT_NODEPREP, str_of(text, TEXT_PREP_MAX), &b));
	buf_release(&b);
}

static void
preparing_twice_changes_nothing(void **state)
{
	struct buf once, twice;
	char utf8[4];

	(void)state;
	buf_init(&once, 4096);
	buf_init(&twice, 4096);
	for (unsigned c = 0x80; c < 0x3000; c++) {
		size_t n = c < 0x800 ? 2 : 3;

		utf8[0] = (char)(n == 2 ? 0xc0 | c >> 6 : 0xe0 | c >> 12);
		utf8[1] = (char)(0x80 | (c >> 6 * (n - 2) & 0x3f));
		utf8[2] = (char)(0x80 | (c & 0x3f));
		buf_clear(&once);
		buf_clear(&twice);
		if (!text_prep(TEXT_NODEPREP, str_of(utf8, n), &once))
			continue;
		assert_true(text_prep(TEXT_NODEPREP, buf_str(&once), &twice));
		assert_true(str_eq(buf_str(&once), buf_str(&twice)));
	}
	buf_release(&once);
	buf_release(&twice);
}

static void
a_full_buffer_takes_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	assert_false(text_prep(TEXT_NODEPREP, STR("abcd"), &b));
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	assert_false(text_to_ascii(STR("abcd"), &b));
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
legacy_charsets_become_utf8(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_true(text_to_utf8("windows-1252", STR("caf\xe9 \x80"), &b));
	assert_string_equal(b.p, "caf\xc3\xa9 \xe2\x82\xac");
	buf_clear(&b);
	assert_true(text_to_utf8("windows-1252", STR("a\x81z"), &b));
	assert_string_equal(b.p, "a\xef\xbf\xbdz");
	buf_clear(&b);
	assert_true(text_to_utf8("koi8-r", STR("\xf4\xc5\xd3\xd4"), &b));
	assert_string_equal(b.p, "\xd0\xa2\xd0\xb5\xd1\x81\xd1\x82");
	buf_release(&b);
}

static void
a_letter_that_waits_for_an_accent_is_not_lost(void **state)
{
	static const struct {
		const char *charset;
		struct str in, is;
	} lines[] = {
		{ "windows-1255", { "\xf9\xec\xe5\xed", 4 },
		    { "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", 8 } },
		{ "windows-1258", { "a", 1 }, { "a", 1 } },
		{ "windows-1258", { "cha\xec", 4 }, { "ch\xc3\xa1", 4 } },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		buf_clear(&b);
		assert_true(text_to_utf8(lines[i].charset, lines[i].in, &b));
		assert_true(str_eq(buf_str(&b), lines[i].is));
	}
	/* Nor does it turn up in the next text. */
	buf_clear(&b);
	assert_true(text_to_utf8("windows-1258", STR("b"), &b));
	assert_true(str_eq(buf_str(&b), STR("b")));
	buf_release(&b);
}

static void
text_longer_than_one_chunk_is_converted_whole(void **state)
{
	char text[2000];
	struct buf b;

	(void)state;
	memset(text, 0xe9, sizeof(text));
	buf_init(&b, 8192);
	assert_true(
	    text_to_utf8("iso-8859-15", str_of(text, sizeof(text)), &b));
	assert_int_equal(b.len, 2 * sizeof(text));
	for (size_t i = 0; i < b.len; i += 2)
		assert_memory_equal(b.p + i, "\xc3\xa9", 2);
	buf_release(&b);
}

static void
unknown_charsets_are_refused(void **state)
{
	static const char *const bad[] = { "", "klingon", "UTF-8//IGNORE",
		"a-name-that-is-longer-than-any-charset-has" };
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_to_utf8(bad[i], STR("x"), &b));
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
accents_are_dropped_and_nothing_else(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_true(text_to_ascii(
	    STR("\xc3\x89t\xc3\xa9 \xc5\x81 \xe1\xba\xbf e\xcc\x81 \xc3\x9f"),
	    &b));
	assert_string_equal(b.p, "Ete \xc5\x81 e e \xc3\x9f");
	buf_clear(&b);
	assert_false(text_to_ascii(STR("ok \xff"), &b));
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
what_a_charset_has_no_place_for_is_refused_whole(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 2048);
	assert_true(text_from_utf8("iso-8859-15", STR("5 \xe2\x82\xac"), &b));
	assert_true(str_eq(buf_str(&b), STR("5 \xa4")));
	assert_false(text_from_utf8("iso-8859-1", STR("5 \xe2\x82\xac"), &b));
	assert_false(text_from_utf8("klingon", STR("x"), &b));
	assert_false(text_from_utf8("", STR("x"), &b));
	assert_false(text_from_utf8("iso-8859-1//TRANSLIT", STR("x"), &b));
	assert_true(str_eq(buf_str(&b), STR("5 \xa4")));
	buf_clear(&b);
	/* It ends where a text begins. */
	assert_true(text_from_utf8("iso-2022-jp", STR("\xe3\x81\x82"), &b));
	assert_true(str_eq(buf_str(&b), STR("\x1b$B$\"\x1b(B")));
	buf_release(&b);
	buf_init(&b, 4);
	assert_false(text_from_utf8("koi8-r", STR("12345"), &b));
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
accents_become_one_with_their_letters_and_nothing_else_changes(void **state)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ "", "" },
		{ "plain é", "plain é" },
		{ "e\xcc\x81t e\xcc\x80", "ét è" },
		{ "n\xcc\x83 N\xcc\x83 A\xcc\x8a", "ñ Ñ Å" },
		{ "e\xcc\x82\xcc\x81", "\xe1\xba\xbf" },
		{ "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "한" },
		{ "\xe2\x84\xa6 \xe2\x84\xab \xe2\x84\xaa", "Ω Å K" },
		{ "x² ½ ﬁ ™ … ½e\xcc\x81", "x² ½ ﬁ ™ … ½é" },
		{ "x\xcc\x81", "x\xcc\x81" },
		{ "\xcc\x81", "\xcc\x81" },
		{ "👩‍👧 🇫🇷 ж", "👩‍👧 🇫🇷 ж" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 256);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		buf_clear(&out);
		assert_true(text_compose(str_c(row[i].in), &out));
		assert_string_equal(out.p, row[i].out);
	}
	buf_clear(&out);
	assert_false(text_compose(STR("a\xff"), &out));
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static void
a_domain_has_the_letters_of_dns(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} row[] = {
		{ "bücher.example", "xn--bcher-kva.example" },
		{ "BÜCHER.Example", "xn--bcher-kva.example" },
		{ "почта.рф", "xn--80a1acny.xn--p1ai" },
		{ "bü cher.example", NULL },
		{ "bü_cher.example", NULL },
		{ "b\xff", NULL },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 256);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		buf_clear(&out);
		assert_int_equal(text_domain_ascii(str_c(row[i].in), &out),
		    row[i].out != NULL);
		if (row[i].out)
			assert_string_equal(out.p, row[i].out);
	}
	buf_clear(&out);
	assert_false(text_domain_ascii(str_of("a\0b", 3), &out));
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profiles_follow_rfc_6122),
		cmocka_unit_test(nul_is_refused_everywhere),
		cmocka_unit_test(a_part_has_at_most_1023_bytes),
		cmocka_unit_test(preparing_twice_changes_nothing),
		cmocka_unit_test(a_full_buffer_takes_nothing),
		cmocka_unit_test(legacy_charsets_become_utf8),
		cmocka_unit_test(a_letter_that_waits_for_an_accent_is_not_lost),
		cmocka_unit_test(text_longer_than_one_chunk_is_converted_whole),
		cmocka_unit_test(unknown_charsets_are_refused),
		cmocka_unit_test(accents_are_dropped_and_nothing_else),
		cmocka_unit_test(
		    what_a_charset_has_no_place_for_is_refused_whole),
		cmocka_unit_test(
		    accents_become_one_with_their_letters_and_nothing_else_changes),
		cmocka_unit_test(a_domain_has_the_letters_of_dns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
