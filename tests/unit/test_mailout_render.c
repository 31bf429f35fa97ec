/* The bytes of a mail, and that they say what the letter says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gmime/gmime.h>

#include "smtp/mailout/mailout_render.h"

static struct buf out;
static struct err err;

static int
set_up(void **state)
{
	(void)state;
	buf_init(&out, MAILOUT_BYTES_MAX);
	err = ERR_INIT;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

static struct mail_letter
plain(void)
{
	return (struct mail_letter){
		.env_from = STR("b.1@mail.example.org"),
		.env_to = STR("bob@example.net"),
		.from = STR("alice@mail.example.org"),
		.to = STR("bob@example.net"),
		.subject = STR("Hello"),
		.message_id = STR("t.1@mail.example.org"),
		.date_utc = 1700000000999,
		.body = STR("Hello\n"),
	};
}

static void
render(const struct mail_letter *l)
{
	buf_clear(&out);
	if (mailout_render(l, &out, &err) < 0)
		fail_msg("%s", err.text);
}

/* Line ends as in the letter; the caller's to free(). */
static char *
text_of_body(void)
{
	GMimeStream *s = g_mime_stream_mem_new_with_buffer(out.p, out.len);
	GMimeParser *parser = g_mime_parser_new_with_stream(s);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);
	GMimeObject *part = g_mime_message_get_mime_part(m);
	char *text, *to;

	assert_true(GMIME_IS_TEXT_PART(part));
	assert_string_equal(
	    g_mime_text_part_get_charset((GMimeTextPart *)part), "utf-8");
	text = g_mime_text_part_get_text((GMimeTextPart *)part);
	to = text;
	for (char *p = text; *p; p++)
		if (*p != '\r')
			*to++ = *p;
	*to = '\0';
	g_object_unref(m);
	g_object_unref(parser);
	g_object_unref(s);
	return text;
}

static void
a_plain_mail_to_the_letter(void **state)
{
	struct mail_letter l = plain();

	(void)state;
	render(&l);
	assert_string_equal(out.p,
	    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
	    "From: alice@mail.example.org\r\n"
	    "To: bob@example.net\r\n"
	    "Subject: Hello\r\n"
	    "Message-Id: <t.1@mail.example.org>\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n"
	    "\r\n"
	    "Hello\r\n");
}

static void
every_header_to_the_letter(void **state)
{
	static const struct str references[] = {
		{ "a@example.net", 13 },
		{ "b@example.net", 13 },
	};
	struct mail_letter l = plain();

	(void)state;
	l.from_name = STR("Alice");
	l.to_name = STR("Bob, the 2nd");
	l.reply_to = STR("r.1@mail.example.org");
	l.cc = STR("Carol <carol@example.net>, dave@example.net");
	l.in_reply_to = STR("b@example.net");
	l.reference = references;
	l.nreference = 2;
	l.is_automatic = true;
	l.jabber_id = STR("alice@example.org");
	render(&l);
	assert_true(str_starts(buf_str(&out),
	    STR("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
	        "From: Alice <alice@mail.example.org>\r\n"
	        "Reply-To: r.1@mail.example.org\r\n"
	        "To: \"Bob, the 2nd\" <bob@example.net>\r\n"
	        "Cc: Carol <carol@example.net>, dave@example.net\r\n"
	        "Subject: Hello\r\n"
	        "Message-Id: <t.1@mail.example.org>\r\n"
	        "In-Reply-To: <b@example.net>\r\n"
	        "References: <a@example.net> <b@example.net>\r\n"
	        "Auto-Submitted: auto-generated\r\n"
	        "Jabber-ID: alice@example.org\r\n"
	        "MIME-Version: 1.0\r\n")));
}

static void
whatever_is_said_arrives(void **state)
{
	static const char *const body[] = {
		"one line\n",
		"\n",
		"\n\n\n",
		"Grüße\n",
		"only latin-1: \xc3\xa4\n",
		"€ 你好 🙂\n",
		".\n..\n.x\n",
		"From here to there\n",
		"a blank at the end \n",
		"a tab\tin the middle\n",
		"=3D is no equals sign\n",
		"--\n--- \n-- x\n",
		NULL,
	};
	struct mail_letter l = plain();

	(void)state;
	for (size_t i = 0; body[i]; i++) {
		char *text;

		l.body = str_c(body[i]);
		render(&l);
		text = text_of_body();
		assert_string_equal(text, body[i]);
		g_free(text);
	}
}

static void
a_last_line_need_not_end(void **state)
{
	struct mail_letter l = plain();
	char *text;

	(void)state;
	l.body = STR("no end");
	render(&l);
	text = text_of_body();
	assert_string_equal(text, "no end\n");
	g_free(text);
	l.body = STR_EMPTY;
	render(&l);
	assert_true(str_ends(buf_str(&out), STR("\r\n\r\n\r\n")));
}

static void
nobody_s_signature_begins_in_a_chat(void **state)
{
	struct mail_letter l = plain();
	char *text;

	(void)state;
	l.body = STR("-- \nthis is text\n -- \n");
	render(&l);
	text = text_of_body();
	assert_string_equal(text, "--\nthis is text\n -- \n");
	g_free(text);
}

static void
long_lines_are_folded(void **state)
{
	static char line[5000];
	struct mail_letter l = plain();
	struct str rest, part;
	char *text;

	(void)state;
	memset(line, 'x', sizeof(line));
	l.body = str_of(line, sizeof(line));
	l.subject = str_of(line, MAIL_LINE_MAX);
	l.from_name = str_of(line, MAIL_LINE_MAX);
	render(&l);
	rest = buf_str(&out);
	for (; str_cut(&rest, '\n', &part);)
		assert_true(part.len <= 998 + 1);
	text = text_of_body();
	assert_int_equal(strlen(text), sizeof(line) + 1);
	g_free(text);
}

static void
files_are_bytes_with_names(void **state)
{
	static const struct mail_file file[] = {
		{ { "größe.png", 11 }, { "image/png", 9 },
		    { "\0\r\n\xff", 4 } },
		{ { "m.eml", 5 }, { "message/rfc822", 14 }, { "x", 1 } },
		{ { "", 0 }, { "no type; at=all", 15 }, { "", 0 } },
	};
	struct mail_letter l = plain();

	(void)state;
	l.file = file;
	l.nfile = 3;
	render(&l);
	assert_non_null(strstr(out.p, "Content-Type: multipart/mixed; "));
	assert_non_null(strstr(out.p,
	    "Content-Type: image/png; name*=UTF-8''gr%C3%B6%C3%9Fe.png\r\n"
	    "Content-Disposition: attachment; "
	    "filename*=UTF-8''gr%C3%B6%C3%9Fe.png\r\n"));
	assert_non_null(strstr(out.p, "\r\n\r\nAA0K/w==\r\n"));
	assert_non_null(strstr(out.p,
	    "Content-Type: application/octet-stream; "
	    "name=m.eml\r\n"));
	assert_non_null(strstr(out.p,
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Disposition: attachment\r\n"));
}

static void
names_cannot_be_what_they_are_not(void **state)
{
	struct mail_letter l = plain();

	(void)state;
	l.from_name = STR("\"Boss\" <boss@example.net>");
	l.subject = STR("=?utf-8?q?not=20decoded?=");
	render(&l);
	assert_non_null(strstr(out.p,
	    "From: \"\\\"Boss\\\" <boss@example.net>\" "
	    "<alice@mail.example.org>\r\n"));
}

static void
what_is_no_address_is_not_sent(void **state)
{
	struct mail_letter l = plain();

	(void)state;
	l.cc = STR(",,,");
	assert_int_equal(mailout_render(&l, &out, &err), -1);
	assert_non_null(strstr(err.text, "Cc"));
}

#define HEAD                                                                   \
	"Date: x\r\nFrom: x\r\nTo: x\r\nMessage-ID: x\r\n"                     \
	"MIME-Version: 1.0\r\nContent-Type: x\r\n"

static void
what_a_server_cannot_be_given_is_seen(void **state)
{
	static const char *const bad[] = {
		HEAD "\r\nbare\nLF\r\n",
		HEAD "\r\nbare\rCR\r\n",
		HEAD "\r\neight \xc3\xa4 bits\r\n",
		HEAD "\r\nno end",
		HEAD "no body\r\n",
		"Date: x\r\n\r\nincomplete\r\n",
		"",
		NULL,
	};
	char line[1100] = HEAD "\r\n";
	size_t len = strlen(line);

	(void)state;
	assert_int_equal(
	    mailout_render_check(STR(HEAD "\r\nfine\r\n"), &err), 0);
	for (size_t i = 0; bad[i]; i++)
		if (mailout_render_check(str_c(bad[i]), &err) == 0)
			fail_msg("%zu was let through", i);
	memset(line + len, 'x', 999);
	memcpy(line + len + 999, "\r\n", 2);
	assert_int_equal(
	    mailout_render_check(str_of(line, len + 1001), &err), -1);
	assert_int_equal(mailout_render_check(str_of(line, len), &err), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_plain_mail_to_the_letter),
		T(every_header_to_the_letter),
		T(whatever_is_said_arrives),
		T(a_last_line_need_not_end),
		T(nobody_s_signature_begins_in_a_chat),
		T(long_lines_are_folded),
		T(files_are_bytes_with_names),
		T(names_cannot_be_what_they_are_not),
		T(what_is_no_address_is_not_sent),
		T(what_a_server_cannot_be_given_is_seen),
	};
	int rc;

	mailout_render_begin();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	mailout_render_end();
	return rc;
}
