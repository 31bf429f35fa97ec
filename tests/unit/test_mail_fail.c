#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_fail.h"

static void
codes_say_what_a_sender_can_do(void **state)
{
	static const struct {
		int code;
		const char *enhanced;
		enum err_kind kind;
		bool nobody;
	} row[] = {
		{ 550, "5.1.1", ERR_NOT_FOUND, true },
		{ 550, "", ERR_NOT_FOUND, true },
		{ 550, "5.0.0", ERR_NOT_FOUND, true },
		{ 0, "5.1.6", ERR_NOT_FOUND, false },
		{ 550, "5.1.2", ERR_UNREACHABLE, true },
		{ 556, "5.1.10", ERR_UNREACHABLE, true },
		{ 554, "5.4.4", ERR_UNREACHABLE, false },
		{ 501, "5.1.3", ERR_BAD_INPUT, false },
		{ 553, "", ERR_BAD_INPUT, false },
		{ 552, "5.2.2", ERR_BUSY, false },
		{ 452, "4.2.2", ERR_BUSY, false },
		{ 452, "", ERR_BUSY, false },
		{ 552, "", ERR_UNSUITABLE, false },
		{ 552, "5.3.4", ERR_UNSUITABLE, false },
		{ 550, "5.7.1", ERR_DENIED, false },
		{ 550, "5.7.26", ERR_POLICY, false },
		{ 554, "", ERR_POLICY, false },
		{ 0, "5.4.6", ERR_POLICY, false },
		{ 0, "4.4.7", ERR_TIMEOUT, false },
		{ 451, "4.3.0", ERR_BUSY, false },
		{ 451, "", ERR_TIMEOUT, false },
		{ 450, "4.1.1", ERR_NOT_FOUND, false },
		{ 0, "", ERR_POLICY, false },
		{ 0, "5.", ERR_POLICY, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct str enhanced = str_c(row[i].enhanced);

		assert_int_equal(
		    mail_fail_kind(row[i].code, enhanced), row[i].kind);
		assert_int_equal(
		    mail_fail_is_nobody(row[i].code, enhanced), row[i].nobody);
	}
}

static void
the_sentence_has_what_the_server_said(void **state)
{
	struct err err;

	(void)state;
	mail_fail_set(&err, 550, STR("5.1.1"),
	    STR("<bob@example.net>: User unknown\r\nin table"));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_string_equal(err.text,
	    "there is no such mailbox: <bob@example.net>: User unknown in "
	    "table");
	mail_fail_set(&err, 552, STR(""), STR(""));
	assert_string_equal(err.text, "the mail is too large");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_say_what_a_sender_can_do),
		cmocka_unit_test(the_sentence_has_what_the_server_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
