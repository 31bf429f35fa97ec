/*
 * The small words of mails: headers, ids, statuses, charsets, kinds.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "smtp/mailread/mailread_class.h"
#include "smtp/mailread/mailread_headers.h"
#include "smtp/mailread/mailread_ids.h"
#include "smtp/mailread/mailread_pool.h"
#include "smtp/mailread/mailread_status.h"
#include "smtp/mailread/mailread_text.h"

static struct mailread_pool pool;
static struct mailread_headers h;

static void
is(struct str s, const char *expected)
{
	if (!str_is(s, expected))
		fail_msg("\"" STR_FMT "\" is not \"%s\"", STR_ARG(s), expected);
}

static struct str
read_headers(const char *head)
{
	struct str rest = str_c(head);

	mailread_headers_read(&h, &pool, &rest);
	return rest;
}

static void
headers_are_unfolded_and_trimmed(void **state)
{
	(void)state;
	is(read_headers("Subject:  one\r\n\ttwo \r\n  three\r\n"
	                "X-Empty:\r\nFrom : a@b\nnonsense\r\nsubject: again\r\n"
	                "\r\nbody\r\n"),
	    "body\r\n");
	assert_int_equal(h.n, 4);
	is(mailread_header(&h, "SUBJECT"), "one two   three");
	is(mailread_header(&h, "From"), "a@b");
	is(mailread_header(&h, "X-Empty"), "");
	assert_true(mailread_header_has(&h, "x-empty"));
	assert_false(mailread_header_has(&h, "To"));
	assert_int_equal(mailread_header_count(&h, "Subject"), 2);
}

static void
blocks_end_where_the_bytes_end(void **state)
{
	(void)state;
	is(read_headers(""), "");
	assert_int_equal(h.n, 0);
	is(read_headers("\r\nx: y"), "x: y");
	assert_int_equal(h.n, 0);
	read_headers(" x: y\r\nz: 1");
	is(mailread_header(&h, "z"), "1");
	read_headers(":\r\n: x\r\na:\r\n");
	assert_int_equal(h.n, 1);
}

static void
more_headers_than_are_kept_do_no_harm(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < MAILREAD_HEADERS_MAX + 10; i++)
		buf_addf(&b, "x: %d\r\n", i);
	buf_add_str(&b, STR("\r\nbody"));
	is(read_headers(b.p), "body");
	assert_int_equal(h.n, MAILREAD_HEADERS_MAX);
	buf_release(&b);
}

static void
ids_have_a_form(void **state)
{
	struct str id[3];

	(void)state;
	is(mailread_id(str_c("<a@b>")), "a@b");
	is(mailread_id(str_c(" (x) < a@b > <c@d>")), "a@b");
	is(mailread_id(str_c("a@b")), "a@b");
	is(mailread_id(str_c("words only")), "");
	is(mailread_id(str_c("<a b@c> <d@e>")), "d@e");
	is(mailread_id(str_c("<a@b")), "");
	is(mailread_id(str_c("broken <e@f <a@b>")), "a@b");
	is(mailread_id(str_c("<no-at-all>")), "no-at-all");
	assert_int_equal(mailread_ids(str_c("<1><2> <3>\r\n <4>"), id, 3), 3);
	is(id[0], "1"); /* what began it */
	is(id[1], "3"); /* and the newest */
	is(id[2], "4");
}

static void
a_status_is_what_it_looks_like(void **state)
{
	(void)state;
	is(mailread_status(str_c("5.1.1")), "5.1.1");
	is(mailread_status(str_c("5.1.10 (no such)")), "5.1.10");
	is(mailread_status(str_c("3.1.1")), "");
	is(mailread_status(str_c("5.1.1.1")), "");
	is(mailread_status(str_c("5.1.1234")), "");
	is(mailread_status(str_c("5.")), "");
	is(mailread_status_better(str_c("5.0.0"), str_c("550 5.2.2 full")),
	    "5.2.2");
	is(mailread_status_better(str_c("5.1.1"), str_c("550 5.2.2 full")),
	    "5.1.1");
	is(mailread_status_better(str_c("5.0.0"), str_c("450 4.2.2 full")),
	    "5.0.0");
	is(mailread_status_better(str_c(""), str_c("[5.2.2.7] #5.4.1")),
	    "5.4.1");
	is(mailread_status_better(str_c("5.0.0"), str_c("no")), "5.0.0");
}

static void
to_utf8(const char *raw, const char *charset, const char *expected)
{
	struct buf out;

	buf_init(&out, 1000);
	mailread_to_utf8(str_c(raw), str_c(charset), &out);
	is(buf_str(&out), expected);
	buf_release(&out);
}

static void
charsets_are_what_they_are_taken_for(void **state)
{
	(void)state;
	to_utf8("\344", "ISO-8859-1", "\303\244");
	to_utf8("\200", "iso-8859-1", "\342\202\254"); /* the euro sign */
	to_utf8("\304\343", "GB2312", "\344\275\240");
	to_utf8("\303\244", "us-ascii", "\303\244");
	to_utf8("\303\244", "", "\303\244");
	to_utf8("\303\244", "utf-8//TRANSLIT", "\303\244");
	to_utf8("\303\244", "no such", "\303\244");
	to_utf8("\344", "utf-8", "\344"); /* for mail_words_text() */
}

static void
pages_name_their_charset(void **state)
{
	(void)state;
	is(mailread_html_charset(STR("<meta http-equiv=\"Content-Type\" "
	                             "content=\"text/html; charset=koi8-r\">")),
	    "koi8-r");
	is(mailread_html_charset(STR("<META CHARSET='utf-8'>")), "utf-8");
	is(mailread_html_charset(STR("<p>charset</p>")), "");
}

static void
a_stub_says_nothing(void **state)
{
	(void)state;
	assert_true(mailread_is_stub(STR(" \r\n\r\n")));
	assert_true(mailread_is_stub(STR("Your client cannot show HTML.")));
	assert_true(mailread_is_stub(STR("View it in your browser: URL")));
	assert_false(mailread_is_stub(STR("Yes.")));
}

static struct mail_record
classify(const char *head)
{
	struct mail_record r = { .class = MAIL_ORDINARY };

	read_headers(head);
	mailread_class(&r, &pool, &h, STR("mail.a.org"));
	return r;
}

static void
programs_say_that_they_are_some(void **state)
{
	(void)state;
	assert_false(classify("From: a@b\r\n").is_auto);
	assert_false(classify("Auto-Submitted: no\r\n").is_auto);
	is(classify("Auto-Submitted: Auto-Replied (away)\r\n").auto_kind,
	    "auto-replied");
	is(classify("Precedence: bulk\r\n").auto_kind, "bulk");
	assert_false(classify("Precedence: first-class\r\n").is_auto);
	is(classify("X-Autoreply: yes\r\n").auto_kind, "auto-replied");
	assert_int_equal(classify("X-Auto-Reply:\r\n").class, MAIL_AUTO);
}

static void
lists_say_how_they_are_left(void **state)
{
	struct mail_record r;

	(void)state;
	r = classify("List-Id: \"The, list\" <Dev.A.org>\r\n"
	             "List-Post: NO\r\n"
	             "List-Unsubscribe: <http://a.org/u>, <mailto:u@a.org>\r\n"
	             "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
	assert_int_equal(r.class, MAIL_LIST);
	is(r.list_id, "dev.a.org");
	is(r.list_post, "");
	is(r.unsubscribe, "mailto:u@a.org"); /* no clear text for it */
	assert_false(r.one_click);           /* that needs https */
	r = classify("List-Post: <mailto:dev@a.org?subject=x>\r\n");
	is(r.list_post, "dev@a.org");
	assert_int_equal(classify("Precedence: list\r\n").class, MAIL_LIST);
}

static void
urgency_and_spam_are_seen(void **state)
{
	(void)state;
	is(classify("X-Priority: 1 (Highest)\r\n").importance, "high");
	is(classify("Importance: Low\r\nX-Priority: 1\r\n").importance, "low");
	is(classify("Priority: non-urgent\r\n").importance, "low");
	is(classify("From: a@b\r\n").importance, "");
	assert_true(classify("X-Spam-Flag: YES\r\n").is_spam);
	assert_true(classify("X-Spam-Status: Yes, score=9\r\n").is_spam);
	assert_false(classify("X-Spam-Status: No, score=1\r\n").is_spam);
	is(classify("X-Alert-Level: Disaster\r\n").severity, "Disaster");
}

static void
a_loop_has_been_here_before(void **state)
{
	struct mail_record r;

	(void)state;
	r = classify("Received: from x by mail.a.org with LMTP\r\n"
	             "Received: from y by MAIL.A.ORG (z)\r\n"
	             "Received: from mail.a.org by c.org\r\n");
	assert_int_equal(r.nreceived, 3);
	assert_true(r.has_own_loop);
	r = classify("Received: from x by mail.a.org with LMTP\r\n"
	             "Received: from y by mail.a.org.evil.org (z)\r\n");
	assert_false(r.has_own_loop);
}

static int
setup(void **state)
{
	(void)state;
	mailread_pool_init(&pool);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	mailread_pool_release(&pool);
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(headers_are_unfolded_and_trimmed),
		TEST(blocks_end_where_the_bytes_end),
		TEST(more_headers_than_are_kept_do_no_harm),
		TEST(ids_have_a_form),
		TEST(a_status_is_what_it_looks_like),
		TEST(charsets_are_what_they_are_taken_for),
		TEST(pages_name_their_charset),
		TEST(a_stub_says_nothing),
		TEST(programs_say_that_they_are_some),
		TEST(lists_say_how_they_are_left),
		TEST(urgency_and_spam_are_seen),
		TEST(a_loop_has_been_here_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
