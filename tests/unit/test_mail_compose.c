#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_compose.h"

enum { SAID_MAX = 4 };

/* What is said, one after the other, and what comes of it. */
struct row {
	const char *said[SAID_MAX];
	const char *own; /* <subject/> of the first */
	const char *conversation;
	bool answers;
	const char *subject, *body;
};

static const struct row rows[] = {
	{ { "hi" }, "", "", false, "Message from Romeo", "hi\n" },
	{ { "hi", "are you there?" }, "", "", false, "Message from Romeo",
	    "hi\n\nare you there?\n" },
	{ { "hi" }, "Lunch", "", false, "Lunch", "hi\n" },
	{ { "Subject: Lunch\n\nhi" }, "", "", false, "Lunch", "hi\n" },
	{ { "subject:Lunch\r\n\r\nhi" }, "", "", false, "Lunch", "hi\n" },
	{ { "Subject: Lunch" }, "", "", false, "Lunch", "" },
	{ { "Subject: Lunch\nhi" }, "", "", false, "Message from Romeo",
	    "Subject: Lunch\nhi\n" },
	{ { "Subject: Lunch\n\nhi" }, "Dinner", "", false, "Dinner",
	    "Subject: Lunch\n\nhi\n" },
	{ { "hi" }, "", "Lunch", true, "Re: Lunch", "hi\n" },
	{ { "hi" }, "", "Re: Lunch", true, "Re: Lunch", "hi\n" },
	{ { "hi" }, "Re: Lunch", "Lunch", true, "Re: Lunch", "hi\n" },
	{ { "hi" }, "Lunch", "Lunch", true, "Re: Lunch", "hi\n" },
	{ { "hi" }, "Dinner", "Lunch", true, "Dinner", "hi\n" },
	/* Tried again: it began the conversation. */
	{ { "hi" }, "", "Lunch", false, "Lunch", "hi\n" },
	{ { "hi", ".send" }, "", "", false, "Message from Romeo", "hi\n" },
	{ { "hi\n.send\n" }, "", "", false, "Message from Romeo", "hi\n" },
	{ { "hi.send" }, "", "", false, "Message from Romeo", "hi.send\n" },
	{ { "a\tb\x01"
	    "c\r\nd" },
	    "", "", false, "Message from Romeo", "a\tbc\nd\n" },
	{ { "hi" }, "two\r\nBcc: x@y", "", false, "two Bcc: x@y", "hi\n" },
};

static void
what_was_said_becomes_one_mail(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct gw_message m[SAID_MAX] = { 0 };
		const struct gw_message *v[SAID_MAX];
		struct mail_compose_in in = { .message = v,
			.subject = str_c(r->conversation),
			.answers = r->answers,
			.sender = STR("Romeo") };
		struct mail_composed out;

		for (; in.n < SAID_MAX && r->said[in.n]; in.n++) {
			m[in.n].body = str_c(r->said[in.n]);
			v[in.n] = &m[in.n];
		}
		m[0].subject = str_c(r->own);
		assert_int_equal(mail_compose(&in, &out, NULL), 0);
		assert_string_equal(out.subject.p, r->subject);
		assert_string_equal(out.body.p, r->body);
		mail_composed_release(&out);
	}
}

static bool
is_png(const void *arg, struct str url)
{
	(void)arg;
	return str_ends(url, STR(".png"));
}

static void
files_are_links_unless_they_go_along(void **state)
{
	const struct gw_attachment a = { .url = STR("https://u/1.png") };
	const struct gw_message words = {
		.body = STR("look"), .attachment = &a, .nattachment = 1
	};
	const struct gw_message link = { .body = STR("https://u/1.png"),
		.attachment = &a,
		.nattachment = 1 };
	const struct gw_message *v[] = { &words, &link };
	struct mail_compose_in in = {
		.message = v, .n = 2, .sender = STR("Romeo")
	};
	struct mail_composed out;

	(void)state;
	assert_int_equal(mail_compose(&in, &out, NULL), 0);
	assert_string_equal(
	    out.body.p, "look\nhttps://u/1.png\n\nhttps://u/1.png\n");
	mail_composed_release(&out);
	in.is_file = is_png;
	assert_int_equal(mail_compose(&in, &out, NULL), 0);
	assert_string_equal(out.body.p, "look\n");
	mail_composed_release(&out);
}

static void
actions_say_who_does_it(void **state)
{
	const struct gw_message m = { .kind = GW_MSG_ACTION,
		.body = STR("waves") };
	const struct gw_message *v[] = { &m };
	struct mail_compose_in in = {
		.message = v, .n = 1, .sender = STR("Romeo")
	};
	struct mail_composed out;

	(void)state;
	assert_int_equal(mail_compose(&in, &out, NULL), 0);
	assert_string_equal(out.body.p, "* Romeo waves\n");
	mail_composed_release(&out);
}

static void
nothing_to_say_is_known(void **state)
{
	const struct gw_attachment a = { .url = STR("https://u/1.png") };
	struct gw_message m = { .body = STR(" \n") };

	(void)state;
	assert_true(mail_compose_is_empty(&m));
	m.body = STR(".send");
	assert_true(mail_compose_is_empty(&m));
	assert_true(mail_compose_is_sent(&m));
	m.body = STR("Subject: x");
	assert_true(mail_compose_is_empty(&m));
	assert_true(str_is(mail_compose_subject(&m), "x"));
	m.attachment = &a;
	m.nattachment = 1;
	assert_false(mail_compose_is_empty(&m));
	assert_false(mail_compose_is_sent(&m));
}

static void
a_text_has_a_ceiling(void **state)
{
	static char text[MAIL_COMPOSE_MAX + 1];
	const struct gw_message m = { .body = { text, sizeof(text) } };
	const struct gw_message *v[] = { &m, &m };
	struct mail_compose_in in = { .message = v, .n = 2 };
	struct mail_composed out;
	struct err err = ERR_INIT;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(mail_compose(&in, &out, &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	mail_composed_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_said_becomes_one_mail),
		cmocka_unit_test(files_are_links_unless_they_go_along),
		cmocka_unit_test(actions_say_who_does_it),
		cmocka_unit_test(nothing_to_say_is_known),
		cmocka_unit_test(a_text_has_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
