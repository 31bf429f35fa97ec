#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "lib/utf8.h"
#include "sms/sms_gsm.h"

struct repeated {
	size_t n;
	const char *what;
	size_t m;
	const char *and_what;
	enum sms_coding coding;
	size_t nunits, nparts;
};

static void
repeat(struct buf *out, const struct repeated *r)
{
	for (size_t i = 0; i < r->n; i++)
		buf_add_str(out, str_c(r->what));
	for (size_t i = 0; i < r->m; i++)
		buf_add_str(out, str_c(r->and_what));
}

static void
texts_cost_what_was_counted_by_hand(void **state)
{
	static const struct repeated row[] = {
		{ 0, "", 0, "", SMS_GSM7, 0, 1 },
		{ 160, "a", 0, "", SMS_GSM7, 160, 1 },
		{ 161, "a", 0, "", SMS_GSM7, 161, 2 },
		{ 306, "a", 0, "", SMS_GSM7, 306, 2 },
		{ 307, "a", 0, "", SMS_GSM7, 307, 3 },
		{ 158, "a", 1, "€", SMS_GSM7, 160, 1 },
		{ 159, "a", 1, "€", SMS_GSM7, 161, 2 },
		{ 80, "€", 0, "", SMS_GSM7, 160, 1 },
		{ 81, "€", 0, "", SMS_GSM7, 162, 2 },
		{ 152, "€", 0, "", SMS_GSM7, 304, 2 },
		{ 153, "€", 0, "", SMS_GSM7, 306, 3 },
		{ 70, "ж", 0, "", SMS_UCS2, 70, 1 },
		{ 71, "ж", 0, "", SMS_UCS2, 71, 2 },
		{ 134, "ж", 0, "", SMS_UCS2, 134, 2 },
		{ 135, "ж", 0, "", SMS_UCS2, 135, 3 },
		{ 35, "😀", 0, "", SMS_UCS2, 70, 1 },
		{ 36, "😀", 0, "", SMS_UCS2, 72, 2 },
		{ 66, "😀", 0, "", SMS_UCS2, 132, 2 },
		{ 67, "😀", 0, "", SMS_UCS2, 134, 3 },
		{ 69, "a", 1, "ç", SMS_UCS2, 70, 1 },
		{ 160, "Ç", 0, "", SMS_GSM7, 160, 1 },
		{ 70, "a", 1, "`", SMS_UCS2, 71, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sms_count n;
		struct buf text;

		buf_init(&text, 4096);
		repeat(&text, &row[i]);
		n = sms_gsm_count(buf_str(&text));
		assert_int_equal(n.coding, row[i].coding);
		assert_int_equal(n.nunits, row[i].nunits);
		assert_int_equal(n.nparts, row[i].nparts);
		buf_release(&text);
	}
}

static void
each_character_of_the_tables_has_its_septet(void **state)
{
	static const char all[] =
	    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;"
	    "<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyz"
	    "äöñüà";
	struct str rest = str_c(all);
	struct buf one;

	(void)state;
	buf_init(&one, 16);
	for (int code = 0; code < 128; code++) {
		struct str c = rest;

		if (code == SMS_GSM_ESCAPE)
			continue;
		(void)utf8_next(&rest);
		c.len -= rest.len;
		buf_clear(&one);
		assert_true(sms_gsm_encode(c, &one));
		assert_int_equal(one.len, 1);
		assert_int_equal(one.p[0], code);
	}
	assert_int_equal(rest.len, 0);
	buf_release(&one);
}

static void
the_extension_costs_two(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 64);
	assert_true(sms_gsm_encode(STR("\f^{}\\[~]|€"), &out));
	assert_true(str_eq(buf_str(&out),
	    STR("\x1b\x0a\x1b\x14\x1b\x28\x1b\x29\x1b\x2f\x1b\x3c\x1b\x3d"
	        "\x1b\x3e\x1b\x40\x1b\x65")));
	buf_clear(&out);
	buf_add_str(&out, STR("x"));
	assert_false(sms_gsm_encode(STR("ab`"), &out));
	assert_true(str_is(buf_str(&out), "x"));
	buf_release(&out);
}

static void
septets_are_read_and_an_unknown_extension_is_basic(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} row[] = {
		{ { "\x00\x01\x1b\x65\x09", 5 }, "@£€Ç" },
		{ { "\x1b\x41z", 3 }, "Az" },
		{ { "a\x1b\x1b"
		    "b",
		      4 },
		    "a b" },
		{ { "a\x1b", 2 }, "a " },
		{ { "\x80\xff", 2 }, "\xef\xbf\xbd\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct buf out;

		buf_init(&out, 64);
		assert_int_equal(sms_gsm_decode(row[i].in, &out), 0);
		assert_string_equal(out.p, row[i].out);
		buf_release(&out);
	}
}

static void
utf_16_is_written_and_read(void **state)
{
	struct buf out, back;

	(void)state;
	buf_init(&out, 64);
	buf_init(&back, 64);
	assert_int_equal(sms_ucs2_encode(STR("aж😀"), &out), 0);
	assert_true(str_eq(buf_str(&out), STR("\0a\x04\x36\xd8\x3d\xde\x00")));
	assert_int_equal(sms_ucs2_decode(buf_str(&out), &back), 0);
	assert_string_equal(back.p, "aж😀");
	buf_clear(&out);
	assert_int_equal(sms_ucs2_hex(STR("aж😀"), &out), 0);
	assert_string_equal(out.p, "00610436D83DDE00");
	buf_release(&out);
	buf_release(&back);
}

static void
half_a_pair_is_a_replacement(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} row[] = {
		{ { "\xd8\x3d", 2 }, "\xef\xbf\xbd" },
		{ { "\xde\x00\0a", 4 },
		    "\xef\xbf\xbd"
		    "a" },
		{ { "\xd8\x3d\0a", 4 },
		    "\xef\xbf\xbd"
		    "a" },
		{ { "\xd8\x3d\xd8\x3d\xde\x00", 6 },
		    "\xef\xbf\xbd"
		    "😀" },
		{ { "\0a\0", 3 }, "a\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct buf out;

		buf_init(&out, 64);
		assert_int_equal(sms_ucs2_decode(row[i].in, &out), 0);
		assert_string_equal(out.p, row[i].out);
		buf_release(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_cost_what_was_counted_by_hand),
		cmocka_unit_test(each_character_of_the_tables_has_its_septet),
		cmocka_unit_test(the_extension_costs_two),
		cmocka_unit_test(
		    septets_are_read_and_an_unknown_extension_is_basic),
		cmocka_unit_test(utf_16_is_written_and_read),
		cmocka_unit_test(half_a_pair_is_a_replacement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
