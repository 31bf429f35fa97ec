#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_ref.h"

static const struct mail_refs refs = { .key = "one key" };
static const struct mail_refs other = { .key = "another key" };
static const int64_t week = INT64_C(604800000);
static const int64_t now = INT64_C(604800000) * 2900 + 12345;

static void
a_bounce_says_whose_it_is(void **state)
{
	static const uint64_t tickets[] = { 1, 31, 32, 123456789, UINT64_MAX };
	mail_ref_text text;
	uint64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof(tickets) / sizeof(tickets[0]); i++) {
		struct mail_where w;

		mail_ref_bounce(&refs, tickets[i], now, text);
		mail_where_read(str_c(text), &w);
		assert_int_equal(w.kind, MAIL_WHERE_BOUNCE);
		assert_true(mail_ref_bounce_read(&refs, str_c(text), now, &t));
		assert_true(t == tickets[i]);
	}
}

static void
a_mail_server_may_change_the_case(void **state)
{
	mail_ref_text text;
	uint64_t t;

	(void)state;
	mail_ref_bounce(&refs, 77, now, text);
	for (char *p = text; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	assert_true(mail_ref_bounce_read(&refs, str_c(text), now, &t));
	assert_int_equal(t, 77);
}

static void
a_bounce_is_good_for_a_week_or_two(void **state)
{
	mail_ref_text text;
	uint64_t t;

	(void)state;
	mail_ref_bounce(&refs, 77, now, text);
	assert_true(mail_ref_bounce_read(&refs, str_c(text), now + week, &t));
	assert_false(
	    mail_ref_bounce_read(&refs, str_c(text), now + 2 * week, &t));
	assert_false(mail_ref_bounce_read(&refs, str_c(text), now - week, &t));
}

static void
nobody_else_can_have_made_one(void **state)
{
	mail_ref_text text, changed;
	char id[MAIL_REF_ID_MAX + 1];
	uint64_t t;
	size_t len;

	(void)state;
	mail_ref_bounce(&refs, 77, now, text);
	assert_false(mail_ref_bounce_read(&other, str_c(text), now, &t));
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		memcpy(changed, text, sizeof(changed));
		changed[i] = changed[i] == 'x' ? 'y' : 'x';
		assert_false(
		    mail_ref_bounce_read(&refs, str_c(changed), now, &t));
		assert_false(
		    mail_ref_bounce_read(&refs, str_of(text, i), now, &t));
	}
	/* Of another kind, with the right MAC. */
	mail_ref_reply(&refs, STR("abc"), text);
	assert_false(mail_ref_bounce_read(&refs, str_c(text), now, &t));
	assert_true(mail_ref_reply_read(&refs, str_c(text), id));
	assert_string_equal(id, "abc");
	mail_ref_message(&refs, STR("abc"), 5, text);
	assert_false(mail_ref_reply_read(&refs, str_c(text), id));
	assert_false(mail_ref_reply_read(&other, str_c(text), id));
}

static void
a_message_id_says_which_thread_and_message(void **state)
{
	char whole[128], thread[MAIL_REF_ID_MAX + 1];
	mail_ref_text text;
	uint64_t t;

	(void)state;
	mail_ref_message(
	    &refs, STR("k3j4h5g6k3j4h5g6k3j4h5g"), UINT64_MAX, text);
	(void)snprintf(whole, sizeof(whole), "%s@mail.example.org", text);
	assert_true(mail_ref_message_read(&refs, str_c(whole), thread, &t));
	assert_string_equal(thread, "k3j4h5g6k3j4h5g6k3j4h5g");
	assert_true(t == UINT64_MAX);
	assert_true(mail_ref_message_read(&refs, str_c(text), thread, &t));
	assert_false(mail_ref_message_read(&other, str_c(whole), thread, &t));
	assert_false(mail_ref_message_read(
	    &refs, STR("20260101.1234@example.net"), thread, &t));
	assert_false(mail_ref_message_read(&refs, STR(""), thread, &t));
	assert_false(mail_ref_message_read(&refs, STR("@"), thread, &t));
}

static void
a_token_is_known_by_its_hash(void **state)
{
	char token[MAIL_TOKEN_LEN + 1], second[MAIL_TOKEN_LEN + 1];
	char hash[MAIL_TOKEN_HASH_LEN + 1], local[64];
	struct mail_where w;

	(void)state;
	mail_token_new(token);
	mail_token_new(second);
	assert_string_not_equal(token, second);
	mail_token_hash(str_c(token), hash);
	assert_null(strstr(hash, token));
	assert_true(mail_token_is(str_c(token), str_c(hash)));
	assert_false(mail_token_is(str_c(second), str_c(hash)));
	assert_false(mail_token_is(STR(""), str_c(hash)));
	(void)snprintf(local, sizeof(local), "disk.%s", token);
	mail_where_read(str_c(local), &w);
	assert_int_equal(w.kind, MAIL_WHERE_TARGET);
	assert_string_equal(w.token, token);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bounce_says_whose_it_is),
		cmocka_unit_test(a_mail_server_may_change_the_case),
		cmocka_unit_test(a_bounce_is_good_for_a_week_or_two),
		cmocka_unit_test(nobody_else_can_have_made_one),
		cmocka_unit_test(a_message_id_says_which_thread_and_message),
		cmocka_unit_test(a_token_is_known_by_its_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
