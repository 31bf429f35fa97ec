/* What a worker says of a mail, and what is not believed of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/pack.h"
#include "smtp/mail_result.h"

static struct mail_result
refused(void)
{
	struct mail_result r = { .fate = GW_REFUSED,
		.code = 550,
		.enhanced = "5.1.1",
		.text = STR("no such user") };

	err_set(&r.err, ERR_NOT_FOUND, "mx.example.net: no such user");
	return r;
}

static void
what_is_packed_is_read(void **state)
{
	struct mail_result r = refused(), got;
	struct buf b;

	(void)state;
	buf_init(&b, MAIL_RESULT_PACKED_MAX);
	mail_result_pack(&r, &b);
	assert_true(mail_result_read(&got, buf_str(&b)));
	assert_int_equal(got.fate, GW_REFUSED);
	assert_int_equal(got.err.kind, ERR_NOT_FOUND);
	assert_string_equal(got.err.text, "mx.example.net: no such user");
	assert_int_equal(got.code, 550);
	assert_string_equal(got.enhanced, "5.1.1");
	assert_true(str_is(got.text, "no such user"));
	for (size_t n = 0; n < b.len; n++)
		assert_false(mail_result_read(&got, str_head(buf_str(&b), n)));
	buf_release(&b);
}

static void
what_servers_write_is_made_one_line(void **state)
{
	struct mail_result r = refused(), got;
	struct buf b;

	(void)state;
	r.text = STR("a\r\nb \xff\x01 c");
	memset(r.err.text, 'x', sizeof(r.err.text) - 1);
	r.err.text[sizeof(r.err.text) - 2] =
	    (char)0xc3; /* cut in an u-umlaut */
	buf_init(&b, MAIL_RESULT_PACKED_MAX);
	mail_result_pack(&r, &b);
	assert_true(mail_result_read(&got, buf_str(&b)));
	assert_true(str_starts(got.text, STR("a b ")));
	buf_release(&b);
}

static bool
takes(struct mail_result r)
{
	struct mail_result got;
	struct buf b;
	bool ok;

	buf_init(&b, MAIL_RESULT_PACKED_MAX);
	mail_result_pack(&r, &b);
	ok = mail_result_read(&got, buf_str(&b));
	buf_release(&b);
	return ok;
}

static void
what_cannot_be_is_not_believed(void **state)
{
	struct mail_result r = refused();

	(void)state;
	assert_true(takes(r));
	r.fate = GW_DELIVERED;
	assert_false(takes(r));
	r.fate = GW_SENT; /* with an error */
	assert_false(takes(r));
	r = refused();
	r.code = 150;
	assert_false(takes(r));
	r.code = 450; /* and 5.1.1 */
	assert_false(takes(r));
	r = refused();
	r.is_broken = true;
	assert_false(takes(r));
	r.fate = GW_RETRY;
	assert_true(takes(r));
}

static void
enhanced_codes_have_a_form(void **state)
{
	struct mail_result r = { .code = 550 };

	(void)state;
	mail_result_enhance(&r, STR("5.7.26"));
	assert_string_equal(r.enhanced, "5.7.26");
	mail_result_enhance(&r, STR("4.7.26"));
	assert_string_equal(r.enhanced, "");
	mail_result_enhance(&r, STR("5.7"));
	assert_string_equal(r.enhanced, "");
	mail_result_enhance(&r, STR("5.7.1.1"));
	assert_string_equal(r.enhanced, "");
	mail_result_enhance(&r, STR("5.7.x"));
	assert_string_equal(r.enhanced, "");
	mail_result_enhance(&r, STR("5.7.1000"));
	assert_string_equal(r.enhanced, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_is_read),
		cmocka_unit_test(what_servers_write_is_made_one_line),
		cmocka_unit_test(what_cannot_be_is_not_believed),
		cmocka_unit_test(enhanced_codes_have_a_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
