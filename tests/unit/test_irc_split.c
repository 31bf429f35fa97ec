#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_split.h"
#include "lib/buf.h"
#include "lib/utf8.h"

/* Joined, the pieces are the text without newlines; none is too long. */
static size_t
check(struct str text, size_t budget)
{
	struct irc_split s;
	struct str piece;
	struct buf joined, want;
	size_t n = 0, i;

	buf_init(&joined, 100000);
	buf_init(&want, 100000);
	irc_split_init(&s, text, budget);
	for (; irc_split_next(&s, &piece); n++) {
		assert_true(piece.len > 0);
		assert_true(piece.len <= budget);
		assert_true(utf8_is_valid(piece));
		buf_add_str(&joined, piece);
	}
	for (i = 0; i < text.len; i++)
		if (text.p[i] != '\r' && text.p[i] != '\n')
			buf_addc(&want, text.p[i]);
	assert_true(str_eq(buf_str(&joined), buf_str(&want)));
	assert_int_equal(irc_split_count(text, budget, 100000), n);
	buf_release(&joined);
	buf_release(&want);
	return n;
}

static void
what_fits_is_one_piece(void **state)
{
	(void)state;
	assert_int_equal(check(STR("hello"), 32), 1);
	assert_int_equal(check(STR("12345678901234567890123456789012"), 32), 1);
	assert_int_equal(
	    check(STR("123456789012345678901234567890123"), 32), 2);
	assert_int_equal(check(STR(""), 32), 0);
}

static void
each_newline_begins_a_line_and_empty_lines_go(void **state)
{
	(void)state;
	assert_int_equal(check(STR("a\nb\rc\r\nd"), 32), 4);
	assert_int_equal(check(STR("\n\n a\n\n\nb\n"), 32), 2);
	assert_int_equal(check(STR("\r\n\r\n"), 32), 0);
}

static void
cuts_are_behind_spaces(void **state)
{
	struct irc_split s;
	struct str piece;

	(void)state;
	irc_split_init(&s, STR("one two three four five six seven eight"), 32);
	assert_true(irc_split_next(&s, &piece));
	assert_true(str_is(piece, "one two three four five six "));
	assert_true(irc_split_next(&s, &piece));
	assert_true(str_is(piece, "seven eight"));
}

static void
a_long_word_is_cut_between_characters(void **state)
{
	char text[3000];
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		memcpy(text + 3 * i, "\xE2\x82\xAC", 3);
	for (size_t budget = 32; budget < 40; budget++)
		assert_int_equal(check(str_of(text, sizeof(text)), budget),
		    (1000 + budget / 3 - 1) / (budget / 3));
}

static void
an_accent_stays_with_its_letter(void **state)
{
	/* 31 letters, then e + combining acute, then letters. */
	struct str text =
	    STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaae\xCC\x81zzzzzzzzz");
	struct irc_split s;
	struct str piece;

	(void)state;
	irc_split_init(&s, text, 32);
	assert_true(irc_split_next(&s, &piece));
	assert_int_equal(piece.len, 30);
	check(text, 32);
}

static void
a_run_of_accents_alone_does_not_stop_us(void **state)
{
	char text[400];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "\xCC\x81", 2);
	assert_true(check(str_of(text, sizeof(text)), 33) > 10);
}

static void
counting_stops_behind_the_ceiling(void **state)
{
	(void)state;
	assert_int_equal(irc_split_count(STR("a\nb\nc\nd\ne"), 32, 2), 3);
	assert_int_equal(irc_split_count(STR("a\nb"), 32, 2), 2);
}

static void
the_budget_is_what_others_will_see(void **state)
{
	struct irc_split_cost c = {
		.line_max = 512,
		.nick = 3,
		.user = 4,
		.host = 5,
		.command = 7,
		.target = 2,
	};
	size_t plain = irc_split_budget(&c);

	(void)state;
	/* :nic!user@hosts PRIVMSG #c :\r\n */
	assert_int_equal(plain,
	    512 - strlen(":nic!user@hosts PRIVMSG #c :\r\n") -
	        IRC_SPLIT_RESERVE);
	c.action = true;
	assert_int_equal(irc_split_budget(&c), plain - 9);
	c.action = false;
	c.host = 0;
	assert_int_equal(irc_split_budget(&c), plain + 5 - 63);
	c.target = 5000;
	assert_int_equal(irc_split_budget(&c), IRC_SPLIT_MIN);
}

static void
formatting_goes_on_in_the_next_line(void **state)
{
	struct irc_split s;
	struct str piece;
	char codes[IRC_NSTYLE];

	(void)state;
	irc_split_init(&s,
	    STR("a \x02"
	        "bold \x1d"
	        "and more of it that is long\nend\x02\x1d of it"),
	    32);
	assert_true(irc_split_next(&s, &piece));
	assert_int_equal(irc_split_lead(&s, codes), 0);
	assert_true(irc_split_next(&s, &piece));
	assert_int_equal(irc_split_lead(&s, codes), 2);
	assert_memory_equal(codes, "\x02\x1d", 2);
	assert_true(irc_split_next(&s, &piece));
	assert_true(str_is(piece, "end\x02\x1d of it"));
	assert_int_equal(irc_split_lead(&s, codes), 2);
	assert_false(irc_split_next(&s, &piece));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_one_piece),
		cmocka_unit_test(each_newline_begins_a_line_and_empty_lines_go),
		cmocka_unit_test(cuts_are_behind_spaces),
		cmocka_unit_test(a_long_word_is_cut_between_characters),
		cmocka_unit_test(an_accent_stays_with_its_letter),
		cmocka_unit_test(a_run_of_accents_alone_does_not_stop_us),
		cmocka_unit_test(counting_stops_behind_the_ceiling),
		cmocka_unit_test(formatting_goes_on_in_the_next_line),
		cmocka_unit_test(the_budget_is_what_others_will_see),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
