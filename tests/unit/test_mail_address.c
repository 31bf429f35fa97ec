#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_address.h"

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10

static void
addresses_are_what_rfc_5321_says(void **state)
{
	static const struct {
		const char *text, *local, *domain; /* NULL: refused */
	} row[] = {
		{ "bob@example.net", "bob", "example.net" },
		{ "a.b+c_d-e=f@x", "a.b+c_d-e=f", "x" },
		{ "\"a b\"@example.net", "\"a b\"", "example.net" },
		{ "\"a\\\"@b\"@example.net", "\"a\\\"@b\"", "example.net" },
		{ "\"\"@example.net", "\"\"", "example.net" },
		{ "bob@[192.0.2.1]", "bob", "[192.0.2.1]" },
		{ "bob@[IPv6:2001:db8::1]", "bob", "[IPv6:2001:db8::1]" },
		{ "bücher@bücher.example", "bücher", "bücher.example" },
		{ A60 "abcd@x", A60 "abcd", "x" },
		{ A60 "abcde@x", NULL, NULL },
		{ "b@" A60 "abc.net", "b", A60 "abc.net" },
		{ "b@" A60 "abcd.net", NULL, NULL },
		{ "", NULL, NULL },
		{ "bob", NULL, NULL },
		{ "@example.net", NULL, NULL },
		{ "bob@", NULL, NULL },
		{ ".bob@x", NULL, NULL },
		{ "bob.@x", NULL, NULL },
		{ "b..ob@x", NULL, NULL },
		{ "b ob@x", NULL, NULL },
		{ "b@ob@x", NULL, NULL },
		{ "bob@x y", NULL, NULL },
		{ "bob@-x", NULL, NULL },
		{ "bob@x-", NULL, NULL },
		{ "bob@x..y", NULL, NULL },
		{ "bob@x.", NULL, NULL },
		{ "bob@x_y", NULL, NULL },
		{ "bob@[]", NULL, NULL },
		{ "bob@[192.0.2.1", NULL, NULL },
		{ "\"bob@x", NULL, NULL },
		{ "\"b\nob\"@x", NULL, NULL },
		{ "\"b\\\nob\"@x", NULL, NULL },
		{ "\"b\"ob@x", NULL, NULL },
		{ "bob@x\r\nDATA", NULL, NULL },
		{ "b\xff@x", NULL, NULL },
		{ "<bob@x>", NULL, NULL },
	};
	struct mail_address a;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		err = ERR_INIT;
		if (!row[i].local) {
			assert_int_equal(
			    mail_address_parse(str_c(row[i].text), &a, &err),
			    -1);
			assert_int_equal(err.kind, ERR_BAD_INPUT);
			continue;
		}
		assert_int_equal(
		    mail_address_parse(str_c(row[i].text), &a, &err), 0);
		assert_true(str_is(a.local, row[i].local));
		assert_true(str_is(a.domain, row[i].domain));
	}
}

static void
an_address_says_what_is_odd_about_it(void **state)
{
	struct mail_address a;

	(void)state;
	assert_int_equal(mail_address_parse(STR("\"a\"@[::1]"), &a, NULL), 0);
	assert_true(a.is_quoted && a.is_literal && !a.is_utf8);
	assert_int_equal(mail_address_parse(STR("a@bücher"), &a, NULL), 0);
	assert_true(a.is_utf8 && !a.local_is_utf8);
	assert_int_equal(mail_address_parse(STR("é@b"), &a, NULL), 0);
	assert_true(a.is_utf8 && a.local_is_utf8);
}

static void
paths_lose_their_brackets_and_routes(void **state)
{
	static const struct {
		const char *text, *out, *rest; /* NULL: refused */
	} row[] = {
		{ "<bob@x> SIZE=9", "bob@x", " SIZE=9" },
		{ "<>", "", "" },
		{ "<> BODY=8BITMIME", "", " BODY=8BITMIME" },
		{ "<postmaster>", "postmaster", "" },
		{ "<@a,@b:bob@x>", "bob@x", "" },
		{ "<\"a>b\"@x>z", "\"a>b\"@x", "z" },
		{ "<@a,@b>", NULL, NULL },
		{ "<bob@x", NULL, NULL },
		{ "<\"bob@x>", NULL, NULL },
		{ " <bob@x>", NULL, NULL },
		{ "bob@x", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct str rest = str_c(row[i].text), out;

		assert_int_equal(
		    mail_path_take(&rest, &out, NULL), row[i].out ? 0 : -1);
		if (!row[i].out)
			continue;
		assert_true(str_is(out, row[i].out));
		assert_true(str_is(rest, row[i].rest));
	}
}

static void
what_is_written_to_is_plain_and_in_ascii(void **state)
{
	static const struct {
		const char *text, *out;
		enum err_kind kind;
	} row[] = {
		{ "Bob@Example.NET", "Bob@example.net", ERR_NONE },
		{ "bob@BÜCHER.example", "bob@xn--bcher-kva.example", ERR_NONE },
		{ "\"a b\"@x", NULL, ERR_UNSUITABLE },
		{ "bob@[192.0.2.1]", NULL, ERR_UNSUITABLE },
		{ "bücher@x", NULL, ERR_UNSUITABLE },
		{ "bob@x\xe2\x84\x80.net", NULL, ERR_BAD_INPUT },
	};
	struct mail_address a;
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct err err = ERR_INIT;

		buf_clear(&out);
		assert_int_equal(
		    mail_address_parse(str_c(row[i].text), &a, &err), 0);
		assert_int_equal(mail_address_canonical(&a, &out, &err),
		    row[i].out ? 0 : -1);
		assert_int_equal(err.kind, row[i].kind);
		assert_true(str_is(buf_str(&out), row[i].out));
	}
	buf_release(&out);
}

static void
what_people_type_is_understood(void **state)
{
	static const char *const typed[] = {
		"bob@x",
		"  bob@x\n",
		"mailto:bob@x",
		"MAILTO:bob@x?subject=hi",
		"Bob <bob@x>",
		"\"Bob < the second\" <bob@x>",
		"<bob@x>",
	};
	struct mail_address a;

	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		struct err err = ERR_INIT;
		int rc = mail_address_typed(str_c(typed[i]), &a, &err);

		assert_int_equal(rc, 0);
		assert_true(str_is(a.local, "bob"));
		assert_true(str_is(a.domain, "x"));
	}
	assert_int_equal(mail_address_typed(STR(""), &a, NULL), -1);
	assert_int_equal(mail_address_typed(STR("bob"), &a, NULL), -1);
	assert_int_equal(mail_address_typed(STR(">"), &a, NULL), -1);
}

static void
case_makes_no_other_address(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 64);
	mail_address_fold(STR("Bob@Example.NET"), &out);
	assert_string_equal(out.p, "bob@example.net");
	buf_release(&out);
	assert_true(mail_address_same(STR("Bob@x"), STR("bOB@X")));
	assert_false(mail_address_same(STR("bob@x"), STR("bob@xy")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_what_rfc_5321_says),
		cmocka_unit_test(an_address_says_what_is_odd_about_it),
		cmocka_unit_test(paths_lose_their_brackets_and_routes),
		cmocka_unit_test(what_is_written_to_is_plain_and_in_ascii),
		cmocka_unit_test(what_people_type_is_understood),
		cmocka_unit_test(case_makes_no_other_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
