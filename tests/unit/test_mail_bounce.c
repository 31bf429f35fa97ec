#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/mail_bounce.h"

static const struct mail_refs refs = { .key =
	                                   "a key of thirty-two bytes in all" };
enum { NOW = 1000000000 };

static struct mail_bounce
bounce(const struct mail_dsn_row *row, size_t n)
{
	struct mail_record r = { .class = MAIL_DSN, .dsn = row, .ndsn = n };
	struct mail_bounce b;

	mail_bounce_read(&r, &b);
	return b;
}

/* In the words of real servers. */
static void
a_failure_says_why(void **state)
{
	static const struct {
		const char *status, *diagnostic;
		enum err_kind kind;
		const char *text;
	} rows[] = {
		{ "5.1.1",
		    "smtp; 550 5.1.1 <bob@example.net>: Recipient address "
		    "rejected: User unknown",
		    ERR_NOT_FOUND,
		    "bob@example.net: there is no such mailbox: 550 5.1.1 "
		    "<bob@example.net>: Recipient address rejected: User "
		    "unknown" },
		{ "5.0.0", "smtp; 550 5.1.1 no", ERR_NOT_FOUND, NULL },
		{ "5.0.0", "smtp; 550-5.2.2 full", ERR_BUSY, NULL },
		{ "5.0.0", "bob@example.net: 550 5.7.1 go away", ERR_DENIED,
		    NULL },
		{ "5.0.0", "smtp; 550 Administrative prohibition",
		    ERR_NOT_FOUND, NULL },
		{ "5.0.0", "smtp; 553 sorry", ERR_BAD_INPUT, NULL },
		{ "5.4.4", "X-Postfix; Host or domain name not found",
		    ERR_UNREACHABLE, NULL },
		{ "5.1.2", "", ERR_UNREACHABLE,
		    "bob@example.net: there is no such mail domain: 5.1.2" },
		{ "5.1.10", "", ERR_UNREACHABLE,
		    "bob@example.net: that domain takes no mail: 5.1.10" },
		{ "5.1.3", "", ERR_BAD_INPUT, NULL },
		{ "5.2.2", "smtp; 552 5.2.2 over quota", ERR_BUSY, NULL },
		{ "5.3.4", "smtp; 552 5.3.4 too big", ERR_UNSUITABLE, NULL },
		{ "5.7.26", "smtp; 550 5.7.26 unauthenticated", ERR_POLICY,
		    NULL },
		{ "4.4.7", "smtp; delivery time expired", ERR_TIMEOUT, NULL },
		{ "4.4.1", "X-Postfix; connect to mx: Connection refused",
		    ERR_TIMEOUT, NULL },
		{ "", "", ERR_POLICY,
		    "bob@example.net: the mail server does not take it" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mail_dsn_row row = { .recipient = STR("bob@example.net"),
			.action = STR("failed"),
			.status = str_c(rows[i].status),
			.diagnostic = str_c(rows[i].diagnostic) };
		struct mail_bounce b = bounce(&row, 1);

		assert_int_equal(b.kind, MAIL_BOUNCE_REPORT);
		assert_int_equal(b.fate, GW_REFUSED);
		if (b.err.kind != rows[i].kind)
			fail_msg("%s %s: %s", rows[i].status,
			    rows[i].diagnostic, err_kind_name(b.err.kind));
		if (rows[i].text)
			assert_string_equal(b.err.text, rows[i].text);
		if (strcmp(rows[i].status, "5.0.0") != 0)
			assert_int_equal(b.is_nobody,
			    strncmp(rows[i].status, "5.1.", 4) == 0 &&
			        rows[i].kind != ERR_BAD_INPUT);
	}
}

static void
who_is_not_there_counts_against_who_guesses(void **state)
{
	struct mail_dsn_row row = { .action = STR("failed"),
		.status = STR("5.1.1") };

	(void)state;
	assert_true(bounce(&row, 1).is_nobody);
	row.status = STR("5.2.2");
	assert_false(bounce(&row, 1).is_nobody);
	row = (struct mail_dsn_row){ .action = STR("delayed"),
		.status = STR("4.1.1") };
	assert_false(bounce(&row, 1).is_nobody);
}

static void
the_action_says_what(void **state)
{
	static const struct {
		const char *action;
		enum mail_bounce_kind kind;
		enum gw_fate fate;
	} rows[] = {
		{ "failed", MAIL_BOUNCE_REPORT, GW_REFUSED },
		{ "Delivered", MAIL_BOUNCE_REPORT, GW_DELIVERED },
		{ "relayed", MAIL_BOUNCE_REPORT, GW_SENT },
		{ "expanded", MAIL_BOUNCE_REPORT, GW_SENT },
		{ "delayed", MAIL_BOUNCE_DELAYED, GW_SENT },
		{ "eaten", MAIL_BOUNCE_NOTHING, GW_SENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mail_dsn_row row = { .action = str_c(rows[i].action) };
		struct mail_bounce b = bounce(&row, 1);

		assert_int_equal(b.kind, rows[i].kind);
		assert_int_equal(b.fate, rows[i].fate);
	}
	assert_int_equal(bounce(NULL, 0).kind, MAIL_BOUNCE_NOTHING);
}

static void
of_several_the_worst_counts(void **state)
{
	static const struct mail_dsn_row rows[] = {
		{ .action = { "delivered", 9 } },
		{ .recipient = { "b@c", 3 },
		    .action = { "failed", 6 },
		    .status = { "5.1.1", 5 } },
		{ .action = { "delayed", 7 } },
	};

	(void)state;
	assert_int_equal(bounce(rows, 3).fate, GW_REFUSED);
	assert_string_equal(
	    bounce(rows, 3).err.text, "b@c: there is no such mailbox: 5.1.1");
}

static void
any_of_our_names_says_which_message(void **state)
{
	mail_ref_text sender, id;
	struct mail_record r = { 0 };
	uint64_t ticket = 0;

	(void)state;
	mail_ref_bounce(&refs, 4711, NOW, sender);
	mail_ref_message(&refs, STR("abc"), 4712, id);
	assert_true(mail_bounce_ticket(&refs, &r, str_c(sender), NOW, &ticket));
	assert_int_equal(ticket, 4711);
	ticket = 0;
	r.dsn_envid = str_c(sender);
	assert_true(mail_bounce_ticket(&refs, &r, STR("alice"), NOW, &ticket));
	assert_int_equal(ticket, 4711);
	r = (struct mail_record){ .returned_id = str_c(id) };
	assert_true(mail_bounce_ticket(&refs, &r, STR_EMPTY, NOW, &ticket));
	assert_int_equal(ticket, 4712);
}

static void
a_name_that_we_have_not_made_says_nothing(void **state)
{
	struct mail_record r = { .dsn_envid = STR("b.abc.aaaaaaaaaaaaaaaa"),
		.returned_id = STR("t.abc.b.aaaaaaaaaaaaaaaa@gw"),
		.returned_sender = STR("b.abc.aaaaaaaaaaaaaaaa@gw") };
	uint64_t ticket;

	(void)state;
	assert_false(mail_bounce_ticket(
	    &refs, &r, STR("b.abc.aaaaaaaaaaaaaaaa"), NOW, &ticket));
	assert_false(mail_bounce_ticket(
	    &refs, &(struct mail_record){ 0 }, STR_EMPTY, NOW, &ticket));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_says_why),
		cmocka_unit_test(who_is_not_there_counts_against_who_guesses),
		cmocka_unit_test(the_action_says_what),
		cmocka_unit_test(of_several_the_worst_counts),
		cmocka_unit_test(any_of_our_names_says_which_message),
		cmocka_unit_test(a_name_that_we_have_not_made_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
