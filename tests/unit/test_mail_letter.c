/* A letter on its way to the worker, and what must never be in one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/xalloc.h"
#include "smtp/mail_letter.h"

static const struct str references[] = {
	{ "t.1.a.mac@mail.example.org", 26 },
	{ "x@example.net", 13 },
};
static const struct mail_file files[] = {
	{ { "a b.png", 7 }, { "image/png", 9 }, { "\0\xff\r\n", 4 } },
};

static struct mail_letter
full(void)
{
	return (struct mail_letter){
		.env_from = STR("b.12.mac@mail.example.org"),
		.env_to = STR("bob@example.net"),
		.from = STR("alice@mail.example.org"),
		.from_name = STR("Alïce"),
		.to = STR("bob@example.net"),
		.to_name = STR("Bob"),
		.reply_to = STR("r.1.mac@mail.example.org"),
		.cc = STR("Carol <carol@example.net>, dave@example.net"),
		.subject = STR("Größe"),
		.message_id = STR("t.1.b.mac@mail.example.org"),
		.in_reply_to = STR("x@example.net"),
		.reference = references,
		.nreference = 2,
		.date_utc = 1700000000123,
		.body = STR("Hello\n\tworld\n"),
		.jabber_id = STR("alice@example.org"),
		.is_automatic = true,
		.file = files,
		.nfile = 1,
		.wants_dsn = true,
	};
}

static void
what_is_packed_is_read(void **state)
{
	struct mail_letter l = full();
	struct mail_letter_copy copy;
	struct err err = ERR_INIT;
	struct buf bytes, again;

	(void)state;
	assert_int_equal(mail_letter_check(&l, &err), 0);
	buf_init(&bytes, MAIL_LETTER_MAX);
	buf_init(&again, MAIL_LETTER_MAX);
	mail_letter_pack(&l, &bytes);
	assert_int_equal(mail_letter_read(&copy, buf_str(&bytes), &err), 0);
	mail_letter_pack(&copy.letter, &again);
	assert_true(str_eq(buf_str(&bytes), buf_str(&again)));
	assert_true(str_is(copy.letter.from_name, "Alïce"));
	assert_true(str_is(copy.letter.jabber_id, "alice@example.org"));
	assert_int_equal(copy.letter.date_utc, 1700000000123);
	assert_int_equal(copy.letter.file[0].body.len, 4);
	assert_true(copy.letter.is_automatic && copy.letter.wants_dsn);
	buf_release(&bytes);
	buf_release(&again);
}

static void
a_torn_letter_is_none(void **state)
{
	struct mail_letter l = full();
	struct mail_letter_copy copy;
	struct buf bytes;

	(void)state;
	buf_init(&bytes, MAIL_LETTER_MAX);
	mail_letter_pack(&l, &bytes);
	for (size_t n = 0; n < bytes.len; n++) {
		char *part = str_dup(str_head(buf_str(&bytes), n));

		assert_int_equal(
		    mail_letter_read(&copy, str_of(part, n), NULL), -1);
		free(part);
	}
	buf_addc(&bytes, 'x');
	assert_int_equal(mail_letter_read(&copy, buf_str(&bytes), NULL), -1);
	buf_release(&bytes);
}

static int
check(struct mail_letter l, const char *text)
{
	struct err err = ERR_INIT;

	if (mail_letter_check(&l, &err) == 0)
		return 0;
	if (text)
		assert_non_null(strstr(err.text, text));
	return -1;
}

/* The field of a good letter, set to something else. */
#define WITH(member, value, text)                                              \
	do {                                                                   \
		struct mail_letter with = full();                              \
		with.member = value;                                           \
		if (check(with, text) == 0)                                    \
			fail_msg("%s was let through", #member " " #value);    \
	} while (0)

static void
nothing_becomes_a_command_or_a_header(void **state)
{
	(void)state;
	WITH(env_from, STR("a@b.example>\r\nRCPT TO:<x@y"), "the envelope");
	WITH(env_from, STR("a@b.example> SIZE=1"), "the envelope");
	WITH(env_to, STR("bob@example.net\r\nDATA"), "the recipient");
	WITH(env_to, STR("bob@example.net\n"), "the recipient");
	WITH(env_to, STR("böb@example.net"), "the recipient");
	WITH(env_to, STR("bob"), "the recipient");
	WITH(env_to, STR_EMPTY, "the recipient");
	WITH(from, STR("alice@mail.example.org\r\nBcc: x@y"), "the sender");
	WITH(from, STR_EMPTY, "the sender");
	WITH(from_name, STR("A\r\nBcc: x@y.example"), "the name of the sender");
	WITH(to_name, STR("A\nB"), "the name of the recipient");
	WITH(reply_to, STR("a@b.example, c"), "replies");
	WITH(cc, STR("a@b.example,\r\n\r\nbody"), "Cc");
	WITH(subject, STR("a\rb"), "the subject");
	WITH(subject, str_of("a\0b", 3), "the subject");
	WITH(subject, STR("\xff"), "the subject");
	WITH(message_id, STR("a b@c"), "the Message-ID");
	WITH(message_id, STR_EMPTY, "the Message-ID");
	WITH(in_reply_to, STR("a>\r\nX: y"), "In-Reply-To");
	WITH(jabber_id, STR("a\r\nX: y"), "the JID");
	WITH(body, STR("a\rb"), "the body");
	WITH(body, str_of("a\0b", 3), "the body");
}

static void
lists_are_checked_too(void **state)
{
	static const struct str bad_id[] = { { "a\r\nb", 4 } };
	static const struct mail_file bad_file[] = {
		{ { "a\nb", 3 }, { "", 0 }, { "", 0 } },
	};
	struct mail_letter l = full();

	(void)state;
	l.reference = bad_id;
	l.nreference = 1;
	assert_int_equal(check(l, "References"), -1);
	l = full();
	l.nreference = MAIL_REFERENCES_MAX + 1;
	assert_int_equal(check(l, "50 others"), -1);
	l = full();
	l.file = bad_file;
	assert_int_equal(check(l, "of a file"), -1);
	l = full();
	l.nfile = MAIL_LETTER_FILES_MAX + 1;
	assert_int_equal(check(l, "20 files"), -1);
}

static void
what_is_too_large_is_not_sent(void **state)
{
	struct mail_letter l = full();
	struct mail_file two[2];
	char *big = xcalloc(1, MAIL_LETTER_FILES_BYTES);

	(void)state;
	memset(big, 'x', MAIL_LETTER_FILES_BYTES);
	two[0] = two[1] = files[0];
	two[0].body = str_of(big, MAIL_LETTER_FILES_BYTES - 4);
	l.file = two;
	l.nfile = 2;
	assert_int_equal(check(l, NULL), 0);
	two[0].body.len++;
	assert_int_equal(check(l, "bytes at most"), -1);
	l = full();
	l.body = str_of(big, MAIL_LETTER_BODY_MAX);
	assert_int_equal(check(l, NULL), 0);
	l.body.len++;
	assert_int_equal(check(l, "the text of a mail has"), -1);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_is_read),
		cmocka_unit_test(a_torn_letter_is_none),
		cmocka_unit_test(nothing_becomes_a_command_or_a_header),
		cmocka_unit_test(lists_are_checked_too),
		cmocka_unit_test(what_is_too_large_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
