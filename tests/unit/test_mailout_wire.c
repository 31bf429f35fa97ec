/* What passes between libesmtp and a server, cut into pieces of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smtp/mailout/mailout_wire.h"

static struct mailout_wire w;

static int
set_up(void **state)
{
	(void)state;
	mailout_wire_init(&w);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mailout_wire_release(&w);
	return 0;
}

/* What libesmtp then sees; the caller's to free(). */
static char *
hear(const char *text, size_t piece)
{
	struct str all = str_c(text);
	char *seen = str_dup(all);

	for (size_t i = 0; i < all.len; i += piece)
		mailout_wire_read(
		    &w, seen + i, all.len - i < piece ? all.len - i : piece);
	return seen;
}

static void
answered(const char *text)
{
	free(hear(text, 1000));
}

static void
said(const char *text)
{
	mailout_wire_wrote(&w, str_c(text));
}

static void
words_that_break_libesmtp_are_blinded(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 80; piece++) {
		char *seen;

		tear_down(NULL);
		set_up(NULL);
		answered("220 CHUNKING here\r\n");
		said("EHLO x\r\n");
		seen = hear("250-mx CHUNKING\r\n250-CHUNKING\r\n"
		            "250-chunking \r\n250-XUSR\r\n250-XEXCH50\r\n"
		            "250-ENHANCEDSTATUSCODES\r\n250-PIPELINING\r\n"
		            "250-SIZE 1000\r\n250-AUTH PLAIN NTLM\r\n"
		            "250-AUTH=EXTERNAL LOGIN\r\n250 DSN\r\n",
		    piece);
		assert_string_equal(seen,
		    "250-mx CHUNKING\r\n250-CHUNKIN-\r\n"
		    "250-chunkin- \r\n250-XUS-\r\n250-XEXCH5-\r\n"
		    "250-ENHANCEDSTATUSCODE-\r\n250-PIPELINING\r\n"
		    "250-SIZE 1000\r\n250-AUTH PLAIN NTL-\r\n"
		    "250-AUTH=EXTERNA- LOGIN\r\n250 DSN\r\n");
		free(seen);
		assert_int_equal(w.size_max, 1000);
		assert_int_equal(w.code, 250);
	}
}

static void
elsewhere_they_are_words(void **state)
{
	char *seen;

	(void)state;
	answered("220 hi\r\n");
	said("EHLO x\r\n");
	answered("250 mx\r\n");
	said("MAIL FROM:<a@b>\r\n");
	seen = hear("250-CHUNKING\r\n250 CHUNKING\r\n", 3);
	assert_string_equal(seen, "250-CHUNKING\r\n250 CHUNKING\r\n");
	free(seen);
}

static void
a_missing_text_gets_its_blank(void **state)
{
	char *seen;

	(void)state;
	seen = hear("250-\r\n250\r\n", 1);
	assert_string_equal(seen, "250-\r\n250 \n");
	free(seen);
	assert_true(w.is_answered);
	assert_int_equal(w.code, 250);
}

static void
what_the_server_said_is_one_line(void **state)
{
	(void)state;
	said("EHLO x\r\n");
	answered("250 mx\r\n");
	said("RCPT TO:<a@b>\r\nDATA\r\n");
	assert_false(w.is_answered);
	answered("550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user\r\n");
	assert_true(w.is_answered);
	assert_int_equal(w.code, 550);
	assert_string_equal(w.text.p, "5.1.1 no 5.1.1 such 5.1.1 user");
	said("QUIT\r\n"); /* it still says why */
	answered("221 bye\r\n");
	assert_true(w.is_answered);
	assert_int_equal(w.code, 550);
}

static void
what_the_server_says_has_a_ceiling(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		answered("250-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n");
	assert_int_equal(w.text.len, MAILOUT_TEXT_MAX);
	assert_false(buf_is_full(&w.text));
}

static void
a_login_is_235_to_auth(void **state)
{
	(void)state;
	said("EHLO x\r\n");
	answered("235 hello\r\n");
	assert_false(w.is_logged_in);
	said("AUTH LOGIN\r\n");
	answered("334 VXNlcm5hbWU6\r\n");
	said("dXM=\r\n");
	answered("334 UGFzc3dvcmQ6\r\n");
	said("TUFJTCBGUk9NOg==\r\n");
	assert_int_equal(w.last, MAILOUT_AUTH);
	answered("235 2.7.0 yes\r\n");
	assert_true(w.is_logged_in);
}

static void
commands_are_known_before_they_leave(void **state)
{
	(void)state;
	said("MAIL FR");
	assert_int_equal(w.last, MAILOUT_GREETING);
	said("OM:<a@b>");
	assert_int_equal(w.last, MAILOUT_MAIL);
	said("\r\nRCPT TO:<MAIL FROM:>\r\n");
	assert_int_equal(w.last, MAILOUT_OTHER);
	said("STARTTLS\r\n");
	assert_int_equal(w.last, MAILOUT_STARTTLS);
}

static void
what_stands_behind_the_answer_to_starttls_is_seen(void **state)
{
	(void)state;
	said("EHLO x\r\n");
	answered("250-mx\r\n250 STARTTLS\r\n");
	said("STARTTLS\r\n");
	answered("220-go\r\n220 on\r\n");
	assert_false(w.is_injected);
	answered("2");
	assert_true(w.is_injected);
}

static void
behind_a_refusal_or_inside_tls_it_is_in_order(void **state)
{
	(void)state;
	said("STARTTLS\r\n");
	answered("454 later\r\n421 and away\r\n");
	assert_false(w.is_injected);
	said("STARTTLS\r\n");
	answered("220 go on\r\n");
	w.is_tls = true;
	answered("250 x\r\n");
	assert_false(w.is_injected);
}

static void
the_answer_to_ehlo_counts_anew_each_time(void **state)
{
	(void)state;
	said("EHLO x\r\n");
	answered("250-mx\r\n250-SIZE 5\r\n250 AUTH PLAIN\r\n");
	assert_int_equal(w.size_max, 5);
	said("EHLO x\r\n");
	answered("250-mx\r\n250 SIZE\r\n");
	assert_int_equal(w.size_max, 0);
	said("EHLO x\r\n");
	answered("250-mx\r\n250 SIZE 99999999999999999999\r\n");
	assert_int_equal(w.size_max, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(words_that_break_libesmtp_are_blinded),
		T(elsewhere_they_are_words),
		T(a_missing_text_gets_its_blank),
		T(what_the_server_said_is_one_line),
		T(what_the_server_says_has_a_ceiling),
		T(a_login_is_235_to_auth),
		T(commands_are_known_before_they_leave),
		T(what_stands_behind_the_answer_to_starttls_is_seen),
		T(behind_a_refusal_or_inside_tls_it_is_in_order),
		T(the_answer_to_ehlo_counts_anew_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
