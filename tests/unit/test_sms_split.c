#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "sms/sms_split.h"

/* The pieces with "|" between them. */
static void
expect(const char *text, const struct sms_room *room, const char *pieces)
{
	struct sms_split s;
	struct str piece;
	struct buf out;
	size_t n = 0;

	buf_init(&out, 8192);
	sms_split_init(&s, str_c(text), room);
	for (; sms_split_next(&s, &piece); n++)
		buf_addf(&out, "%s" STR_FMT, n ? "|" : "", STR_ARG(piece));
	assert_string_equal(out.p, pieces);
	assert_int_equal(sms_split_count(str_c(text), room, 100), n);
	buf_release(&out);
}

static void
what_fits_is_one_piece_and_nothing_is_none(void **state)
{
	const struct sms_room room = { .gsm = 10, .ucs2 = 4 };

	(void)state;
	expect("", &room, "");
	expect("abcdefghij", &room, "abcdefghij");
	expect("ждда", &room, "ждда");
}

static void
cuts_are_behind_blanks(void **state)
{
	const struct sms_room room = { .gsm = 10, .ucs2 = 4 };

	(void)state;
	expect("hello big world", &room, "hello big |world");
	expect("hello\nbigger world", &room, "hello\n|bigger |world");
	expect("abcdefghijklm", &room, "abcdefghij|klm");
}

static void
neither_escape_nor_pair_is_cut(void **state)
{
	const struct sms_room room = { .gsm = 3, .ucs2 = 3 };

	(void)state;
	expect("€€€", &room, "€|€|€");
	expect("a€€", &room, "a€|€");
	expect("😀😀", &room, "😀|😀");
	expect("a😀b😀", &room, "a😀|b😀");
}

static void
each_piece_has_the_coding_that_takes_more(void **state)
{
	const struct sms_room room = { .gsm = 10, .ucs2 = 4 };

	(void)state;
	expect("abcdefghijжж", &room, "abcdefghij|жж");
	expect("жabcdefghij", &room, "жabc|defghij");
	expect("abcdefж", &room, "abcdef|ж");
}

static void
what_people_see_as_one_stays_whole(void **state)
{
	const struct sms_room room = { .gsm = 30, .ucs2 = 15 };

	(void)state;
	/* A family of three is eight units with its joiners; an accent. */
	expect("abcdefghijklm👩‍👩‍👧", &room,
	    "abcdefghijklm|👩‍👩‍👧");
	expect(
	    "жabcdefghijklme\xcc\x82xy", &room, "жabcdefghijklm|e\xcc\x82xy");
	expect("жabcdefghi🇫🇷🇩🇪", &room, "жabcdefghi🇫🇷|🇩🇪");
	expect("жabcdefghijk🇫🇷", &room, "жabcdefghijk|🇫🇷");
}

static void
characters_can_be_the_limit(void **state)
{
	const struct sms_room room = { .gsm = 999, .ucs2 = 999, .chars = 4 };

	(void)state;
	expect("€€€€€", &room, "€€€€|€");
	expect("😀😀😀😀😀", &room, "😀😀😀😀|😀");
}

static void
counting_stops_behind_the_ceiling(void **state)
{
	const struct sms_room room = { .gsm = 1, .ucs2 = 1 };

	(void)state;
	assert_int_equal(sms_split_count(STR("abcdefghij"), &room, 3), 4);
	/* A room that takes nothing still ends. */
	assert_int_equal(sms_split_count(STR("😀😀"), &room, 9), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_one_piece_and_nothing_is_none),
		cmocka_unit_test(cuts_are_behind_blanks),
		cmocka_unit_test(neither_escape_nor_pair_is_cut),
		cmocka_unit_test(each_piece_has_the_coding_that_takes_more),
		cmocka_unit_test(what_people_see_as_one_stays_whole),
		cmocka_unit_test(characters_can_be_the_limit),
		cmocka_unit_test(counting_stops_behind_the_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
