#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_msg.h"

static void
assert_str(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg(
		    "got \"" STR_FMT "\", want \"%s\"", STR_ARG(got), want);
}

/* ---- reading ---------------------------------------------------------- */

static const struct {
	const char *why;
	const char *line;
	const char *tags, *nick, *user, *host, *cmd;
	size_t nparam;
	const char *param[3];
} lines[] = {
	{ "all parts", "@a=b;c :n!u@h PRIVMSG #c :hi  there", "a=b;c", "n", "u",
	    "h", "PRIVMSG", 2, { "#c", "hi  there" } },
	{ "command alone", "PING", "", "", "", "", "PING", 0, { "" } },
	{ "double spaces", ":s  MODE   #c  +o   al ", "", "s", "", "", "MODE",
	    3, { "#c", "+o", "al" } },
	{ "spaces first", "  PING :x", "", "", "", "", "PING", 1, { "x" } },
	{ "empty trailing", "TOPIC #c :", "", "", "", "", "TOPIC", 2,
	    { "#c", "" } },
	{ "colon inside a middle", "JOIN a:b", "", "", "", "", "JOIN", 1,
	    { "a:b" } },
	{ "trailing with colon", "PRIVMSG a ::)", "", "", "", "", "PRIVMSG", 2,
	    { "a", ":)" } },
	{ "nick and host only", ":n@h QUIT", "", "n", "", "h", "QUIT", 0,
	    { "" } },
	{ "nick and user only", ":n!u QUIT", "", "n", "u", "", "QUIT", 0,
	    { "" } },
	{ "at sign in the user", ":n!u@x@h QUIT", "", "n", "u@x", "h", "QUIT",
	    0, { "" } },
	{ "at sign before the bang", ":a@b!c QUIT", "", "a@b", "c", "", "QUIT",
	    0, { "" } },
	{ "empty prefix", ": PING x", "", "", "", "", "PING", 1, { "x" } },
	{ "empty tags", "@ PING x", "", "", "", "", "PING", 1, { "x" } },
	{ "CR ends it", "PING a\rQUIT", "", "", "", "", "PING", 1, { "a" } },
};

static void
lines_are_read_generously(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct irc_msg m;

		if (irc_msg_parse(&m, str_c(lines[i].line)) < 0)
			fail_msg("refused: %s", lines[i].why);
		assert_str(m.tags, lines[i].tags);
		assert_str(m.nick, lines[i].nick);
		assert_str(m.user, lines[i].user);
		assert_str(m.host, lines[i].host);
		assert_str(m.cmd, lines[i].cmd);
		assert_int_equal(m.nparam, lines[i].nparam);
		for (size_t j = 0; j < m.nparam && j < 3; j++)
			assert_str(m.param[j], lines[i].param[j]);
	}
}

static void
a_line_without_a_command_is_none(void **state)
{
	static const char *const none[] = { "", " ", "@a=b", "@a=b ", ":pre",
		":pre ", "@t :pre ", "\r", "@", ":" };

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct irc_msg m;

		assert_int_equal(irc_msg_parse(&m, str_c(none[i])), -1);
		assert_int_equal(m.cmd.len, 0);
		assert_int_equal(m.nparam, 0);
	}
}

static void
fifteen_parameters_are_read_and_no_more(void **state)
{
	struct irc_msg m;

	(void)state;
	assert_int_equal(
	    irc_msg_parse(&m, STR("MODE 1 2 3 4 5 6 7 8 9 a b c d e f g :h")),
	    0);
	assert_int_equal(m.nparam, IRC_PARAM_MAX);
	assert_str(m.param[14], "f");
}

static void
a_nul_ends_the_line(void **state)
{
	struct irc_msg m;

	(void)state;
	assert_int_equal(irc_msg_parse(&m, STR("PING ab\0cd")), 0);
	assert_str(m.param[0], "ab");
}

static void
tags_come_one_by_one(void **state)
{
	static const char *const want[][2] = { { "msgid", "1" },
		{ "+msgid", "a=b" }, { "flag", "" }, { "time", "" }, { "", "" },
		{ "", "x" } };
	struct str rest = STR("msgid=1;+msgid=a=b;flag;time=;;=x"), key, raw;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		assert_true(irc_tag_next(&rest, &key, &raw));
		assert_str(key, want[i][0]);
		assert_str(raw, want[i][1]);
	}
	assert_false(irc_tag_next(&rest, &key, &raw));
	rest = STR_EMPTY;
	assert_false(irc_tag_next(&rest, &key, &raw));
}

static void
tag_values_lose_their_escapes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	irc_tag_unescape(STR("a\\:b\\sc\\\\d\\re\\nf\\xg\\"), &b);
	assert_str(buf_str(&b), "a;b c\\d\re\nfxg");
	buf_release(&b);
}

static void
server_time_is_read_and_rubbish_is_not(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} times[] = {
		{ "1970-01-01T00:00:00.000Z", 0 },
		{ "2026-11-05T12:34:56.789Z", 1793882096789 },
		{ "2024-02-29T23:59:60Z", 1709251200000 },
		{ "2026-11-05T12:34:56.7Z", 1793882096700 },
		{ "", -1 },
		{ "2026-11-05T12:34:56", -1 },
		{ "2026-13-05T12:34:56Z", -1 },
		{ "2026-11-05 12:34:56Z", -1 },
		{ "1793882096", -1 },
		{ "2026-11-05T12:34:5", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		assert_int_equal(
		    irc_time_parse(str_c(times[i].text)), times[i].ms);
}

static void
numerics_are_three_digits(void **state)
{
	struct irc_msg m;

	(void)state;
	irc_msg_parse(&m, STR(":s 005 x"));
	assert_int_equal(irc_msg_numeric(&m), 5);
	irc_msg_parse(&m, STR(":s 0005 x"));
	assert_int_equal(irc_msg_numeric(&m), 0);
	irc_msg_parse(&m, STR(":s 4a5 x"));
	assert_int_equal(irc_msg_numeric(&m), 0);
}

static void
lines_with_secrets_are_known(void **state)
{
	(void)state;
	assert_true(irc_line_is_secret(STR("PASS :x")));
	assert_true(irc_line_is_secret(STR("authenticate abc")));
	assert_true(irc_line_is_secret(STR("PRIVMSG NickServ :identify x")));
	assert_true(irc_line_is_secret(STR("JOIN #c key")));
	assert_false(irc_line_is_secret(STR("JOIN #c")));
	assert_false(irc_line_is_secret(STR("PRIVMSG #c :pass")));
	assert_false(irc_line_is_secret(STR("")));
}

/* ---- building --------------------------------------------------------- */

static void
a_line_is_built(void **state)
{
	struct irc_out o;
	struct str line;

	(void)state;
	irc_out_init(&o, "KICK");
	irc_out_middle(&o, STR("#c"));
	irc_out_middle(&o, STR("al"));
	irc_out_trailing(&o, STR(": go away"));
	assert_int_equal(irc_out_end(&o, &line, NULL), 0);
	assert_str(line, "KICK #c al :: go away\r\n");
}

static void
tags_go_in_front_with_their_values_escaped(void **state)
{
	char big[IRC_TAGS_MAX];
	struct irc_out o;
	struct str line;

	(void)state;
	irc_out_init(&o, "TAGMSG");
	irc_out_middle(&o, STR("#c"));
	irc_out_tag(&o, "+a", STR("x; \\y\r\nz"));
	irc_out_tag(&o, "+b", STR(""));
	assert_int_equal(irc_out_end(&o, &line, NULL), 0);
	assert_str(line, "@+a=x\\:\\s\\\\y\\r\\nz;+b= TAGMSG #c\r\n");
	irc_out_init(&o, "A");
	irc_out_tag(&o, "a", str_of("\0", 1));
	assert_int_equal(irc_out_end(&o, &line, NULL), -1);
	irc_out_init(&o, "A");
	memset(big, ';', sizeof(big));
	irc_out_tag(&o, "a", str_of(big, sizeof(big)));
	assert_int_equal(irc_out_end(&o, &line, NULL), -1);
}

static void
no_field_can_carry_a_second_line(void **state)
{
	static const struct str bad[] = { { "a\rb", 3 }, { "a\nb", 3 },
		{ "a\0b", 3 }, { "\r\n", 2 }, { "a\001b", 3 }, { "\n", 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct irc_out o;
		struct str line;
		struct err err = ERR_INIT;

		irc_out_init(&o, "A");
		irc_out_trailing(&o, bad[i]);
		assert_int_equal(irc_out_end(&o, &line, &err), -1);
		assert_int_equal(err.kind, ERR_BAD_INPUT);
		irc_out_init(&o, "A");
		irc_out_middle(&o, bad[i]);
		irc_out_middle(&o, STR("fine"));
		assert_int_equal(irc_out_end(&o, &line, NULL), -1);
		irc_out_init(&o, "A");
		irc_out_ctcp(&o, STR("ACTION"), bad[i]);
		assert_int_equal(irc_out_end(&o, &line, NULL), -1);
		irc_out_init(&o, "A");
		irc_out_ctcp(&o, bad[i], STR("x"));
		assert_int_equal(irc_out_end(&o, &line, NULL), -1);
		irc_out_raw(&o, bad[i]);
		assert_int_equal(irc_out_end(&o, &line, NULL), -1);
	}
}

static void
a_middle_is_one_word(void **state)
{
	(void)state;
	assert_true(irc_is_middle(STR("#c")));
	assert_true(irc_is_middle(STR("a:b")));
	assert_false(irc_is_middle(STR("")));
	assert_false(irc_is_middle(STR(":a")));
	assert_false(irc_is_middle(STR("a b")));
	assert_false(irc_is_middle(STR("a\0b")));
}

static void
ctcp_gets_its_quotes_from_us_only(void **state)
{
	struct irc_out o;
	struct str line;

	(void)state;
	irc_out_init(&o, "PRIVMSG");
	irc_out_middle(&o, STR("#c"));
	irc_out_ctcp(&o, STR("ACTION"), STR("waves a hand"));
	assert_int_equal(irc_out_end(&o, &line, NULL), 0);
	assert_str(line, "PRIVMSG #c :\001ACTION waves a hand\001\r\n");
}

static void
lines_of_512_bytes_pass_and_513_are_refused(void **state)
{
	char text[600];
	struct irc_out o;
	struct str line;
	struct err err = ERR_INIT;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t n = 480; n < sizeof(text); n++) {
		size_t whole = strlen("PRIVMSG #c :") + n + 2;
		int rc;

		irc_out_init(&o, "PRIVMSG");
		irc_out_middle(&o, STR("#c"));
		irc_out_trailing(&o, str_of(text, n));
		rc = irc_out_end(&o, &line, &err);
		assert_int_equal(rc, whole <= IRC_OUT_MAX ? 0 : -1);
		if (rc == 0)
			assert_int_equal(line.len, whole);
		else
			assert_int_equal(err.kind, ERR_TOO_BIG);
	}
}

static void
nothing_follows_a_trailing_parameter(void **state)
{
	struct irc_out o;
	struct str line;

	(void)state;
	irc_out_init(&o, "A");
	irc_out_trailing(&o, STR("b"));
	irc_out_middle(&o, STR("c"));
	assert_int_equal(irc_out_end(&o, &line, NULL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read_generously),
		cmocka_unit_test(a_line_without_a_command_is_none),
		cmocka_unit_test(fifteen_parameters_are_read_and_no_more),
		cmocka_unit_test(a_nul_ends_the_line),
		cmocka_unit_test(tags_come_one_by_one),
		cmocka_unit_test(tag_values_lose_their_escapes),
		cmocka_unit_test(server_time_is_read_and_rubbish_is_not),
		cmocka_unit_test(numerics_are_three_digits),
		cmocka_unit_test(lines_with_secrets_are_known),
		cmocka_unit_test(a_line_is_built),
		cmocka_unit_test(tags_go_in_front_with_their_values_escaped),
		cmocka_unit_test(no_field_can_carry_a_second_line),
		cmocka_unit_test(a_middle_is_one_word),
		cmocka_unit_test(ctcp_gets_its_quotes_from_us_only),
		cmocka_unit_test(lines_of_512_bytes_pass_and_513_are_refused),
		cmocka_unit_test(nothing_follows_a_trailing_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
