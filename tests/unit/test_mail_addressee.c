#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_addressee.h"

static void
addresses_say_what_they_are_of(void **state)
{
	static const struct {
		const char *text, *jid;
		bool is_room;
	} rows[] = {
		{ "Romeo@Example.org", "romeo@example.org", false },
		{ " ops@conference.example.org ", "ops@conference.example.org",
		    true },
		{ "ops@muc.example.org", "ops@muc.example.org", true },
		{ "xmpp:ops@example.org?join", "ops@example.org", true },
		{ "xmpp:ops@example.org", "ops@example.org", false },
		{ "xmpp:ops@example.org?message", "ops@example.org", false },
		{ "ops@conferences.example.org", "ops@conferences.example.org",
		    false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out;
		bool is_room;

		buf_init(&out, 1000);
		assert_int_equal(mail_addressee_read(
		                     str_c(rows[i].text), &out, &is_room, NULL),
		    0);
		assert_string_equal(out.p, rows[i].jid);
		assert_int_equal(is_room, rows[i].is_room);
		buf_release(&out);
	}
}

static void
what_is_no_bare_address_is_refused(void **state)
{
	static const char *const rows[] = { "", "romeo", "example.org",
		"romeo@", "@example.org", "romeo@example.org/phone",
		"romeo@example.org.", "a b@example.org", "xmpp:?join",
		"romeo@.example.org" };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;
		bool is_room;

		if (mail_addressee_read(str_c(rows[i]), &out, &is_room, &err) ==
		    0)
			fail_msg("%s", rows[i]);
		assert_int_equal(err.kind, ERR_BAD_INPUT);
		assert_int_equal(out.len, 0);
	}
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_say_what_they_are_of),
		cmocka_unit_test(what_is_no_bare_address_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
