/* Where mail is handed in: what can work, and what would show a password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smtp/mail_submit.h"

static struct mail_submit
local(void)
{
	return (struct mail_submit){
		.host = STR("127.0.0.1"),
		.port = 25,
		.verify = true,
		.helo = STR("mail.example.org"),
		.connect_ms = 1000,
		.reply_ms = 2000,
		.final_ms = 3000,
		.keep_ms = 0,
		.per_connection = 100,
	};
}

static void
what_is_packed_is_read(void **state)
{
	struct mail_submit s = local(), got;
	struct err err = ERR_INIT;
	struct buf bytes, again;

	(void)state;
	s.tls = MAIL_TLS_IMPLICIT;
	s.user = STR("us");
	s.password = STR("secret");
	s.ca_file = STR("/etc/ca.pem");
	s.has_pin = true;
	memset(s.pin, 7, sizeof(s.pin));
	s.keep_ms = 5;
	buf_init(&bytes, MAIL_SUBMIT_MAX);
	buf_init(&again, MAIL_SUBMIT_MAX);
	mail_submit_pack(&s, &bytes);
	assert_int_equal(mail_submit_read(&got, buf_str(&bytes), &err), 0);
	mail_submit_pack(&got, &again);
	assert_true(str_eq(buf_str(&bytes), buf_str(&again)));
	assert_int_equal(got.port, 25);
	assert_int_equal(got.tls, MAIL_TLS_IMPLICIT);
	assert_true(got.verify && got.has_pin);
	for (size_t n = 0; n < bytes.len; n++)
		assert_int_equal(
		    mail_submit_read(&got, str_head(buf_str(&bytes), n), NULL),
		    -1);
	buf_release(&bytes);
	buf_release(&again);
}

static int
check(const struct mail_submit *s, const char *text)
{
	struct err err = ERR_INIT;

	if (mail_submit_check(s, &err) == 0)
		return 0;
	assert_non_null(strstr(err.text, text));
	return -1;
}

static void
no_password_leaves_in_the_clear(void **state)
{
	struct mail_submit s = local();

	(void)state;
	s.user = STR("us");
	s.password = STR("secret");
	assert_int_equal(check(&s, ""), 0);
	s.host = STR("localhost");
	assert_int_equal(check(&s, ""), 0);
	s.host = STR("127.1.2.3");
	assert_int_equal(check(&s, ""), 0);
	s.host = STR("127.0.0.1.example.net");
	assert_int_equal(check(&s, "would show the password"), -1);
	s.host = STR("127.example.net");
	assert_int_equal(check(&s, "would show the password"), -1);
	s.host = STR("mx.example.net");
	assert_int_equal(check(&s, "would show the password"), -1);
	s.tls = MAIL_TLS_STARTTLS;
	assert_int_equal(check(&s, ""), 0);
	s.tls = MAIL_TLS_IMPLICIT;
	assert_int_equal(check(&s, ""), 0);
}

/* The libraries write it into 255 bytes. */
static void
a_login_has_a_ceiling(void **state)
{
	static char name[MAIL_LOGIN_MAX + 1];
	struct mail_submit s = local();

	(void)state;
	memset(name, 'x', sizeof(name));
	s.user = str_of(name, MAIL_LOGIN_MAX);
	s.password = s.user;
	assert_int_equal(check(&s, ""), 0);
	s.password.len++;
	assert_int_equal(check(&s, "200 bytes at most"), -1);
	s.password = STR("a\nb");
	assert_int_equal(check(&s, "control character"), -1);
	s.user = STR_EMPTY;
	s.password = STR("secret");
	assert_int_equal(check(&s, "no user"), -1);
	s.user = STR("us");
	s.password = STR_EMPTY;
	assert_int_equal(check(&s, "no password"), -1);
}

static void
names_are_names(void **state)
{
	struct mail_submit s = local();

	(void)state;
	s.host = STR("a b");
	assert_int_equal(check(&s, "nor the address of a host"), -1);
	s.host = STR_EMPTY;
	assert_int_equal(check(&s, "nor the address of a host"), -1);
	s = local();
	s.helo = STR("a\r\nMAIL");
	assert_int_equal(check(&s, "we cannot call ourselves"), -1);
	s = local();
	s.port = 0;
	assert_int_equal(check(&s, "port 0"), -1);
	s = local();
	s.reply_ms = 0;
	assert_int_equal(check(&s, "out of range"), -1);
}

static void
words_for_tls(void **state)
{
	enum mail_tls tls;

	(void)state;
	assert_true(mail_tls_parse(STR("none"), &tls));
	assert_int_equal(tls, MAIL_TLS_NONE);
	assert_true(mail_tls_parse(STR("starttls"), &tls));
	assert_int_equal(tls, MAIL_TLS_STARTTLS);
	assert_true(mail_tls_parse(STR("implicit"), &tls));
	assert_int_equal(tls, MAIL_TLS_IMPLICIT);
	assert_false(mail_tls_parse(STR("maybe"), &tls));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_is_read),
		cmocka_unit_test(no_password_leaves_in_the_clear),
		cmocka_unit_test(a_login_has_a_ceiling),
		cmocka_unit_test(names_are_names),
		cmocka_unit_test(words_for_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
