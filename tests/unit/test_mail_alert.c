#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/utf8.h"
#include "smtp/mail_alert.h"
#include "smtp/mail_record.h"

#define TOKEN "abcdefghijklmnopqrstuvwx23"

static const struct mail_alert_style plain = { .title = { "{mark}{subject}",
	                                           15 },
	.body = { "{title}\n{text}", 14 },
	.lines = MAIL_ALERT_LINES,
	.bytes = MAIL_ALERT_BYTES };

static struct mail_alert_facts facts = { .slug = { "disk", 4 },
	.token = { TOKEN, 26 },
	.domain = { "mail.example.org", 16 } };

static struct mail_alert *
made(
    const struct mail_alert_style *style, const char *subject, const char *text)
{
	struct mail_record r = { .subject = str_c(subject),
		.text = str_c(text),
		.from = { STR("root@nas.example"), STR("Root") } };

	return mail_alert_new(style, &facts, &r);
}

static void
assert_body(struct mail_alert *a, const char *want)
{
	if (!str_is(a->message.body, want))
		fail_msg(
		    "is: " STR_FMT "\nnot: %s", STR_ARG(a->message.body), want);
}

static void
a_title_is_bold_and_the_text_follows(void **state)
{
	struct mail_alert *a = made(&plain, "disk full", "sda1: 98%\n\n");

	(void)state;
	assert_body(a, "disk full\nsda1: 98%");
	assert_true(str_is(a->message.subject, "disk full"));
	assert_int_equal(a->message.nspan, 1);
	assert_int_equal(a->message.span[0].kind, GW_SPAN_STRONG);
	assert_int_equal(a->message.span[0].end, 9);
	assert_int_equal(a->rest.body.len, 0);
	assert_ptr_equal(a->arrival.message, &a->message);
	mail_alert_free(&a);
	assert_null(a);
	mail_alert_free(&a);
}

static void
an_empty_text_leaves_the_subject_and_the_other_way(void **state)
{
	struct mail_alert *a = made(&plain, "disk full", " \n");

	(void)state;
	assert_body(a, "disk full");
	mail_alert_free(&a);
	a = made(&plain, "", "what");
	assert_body(a, "(no subject)\nwhat");
	mail_alert_free(&a);
}

static void
many_lines_are_cut_and_the_whole_is_a_file(void **state)
{
	struct mail_alert_style style = plain;
	struct mail_alert *a;

	(void)state;
	style.lines = 2;
	a = made(&style, "s", "1\n2\n3\n4\n");
	assert_body(a, "s\n1\n2\n… (2 more lines)");
	assert_true(str_is(a->rest.body, "1\n2\n3\n4"));
	assert_true(str_is(a->rest.name, "mail.txt"));
	mail_alert_free(&a);
	a = made(&style, "s", "1\n2\n3\n");
	assert_body(a, "s\n1\n2\n… (1 more line)");
	mail_alert_free(&a);
	a = made(&style, "s", "1\n2\n");
	assert_body(a, "s\n1\n2");
	assert_int_equal(a->rest.body.len, 0);
	mail_alert_free(&a);
}

static void
many_bytes_are_cut_at_a_line_or_between_characters(void **state)
{
	struct mail_alert_style style = plain;
	struct mail_alert *a;

	(void)state;
	style.bytes = 8;
	a = made(&style, "s", "12345\n78901\n3");
	assert_body(a, "s\n12345\n… (2 more lines)");
	mail_alert_free(&a);
	a = made(&style, "s", "1234567é9");
	assert_body(a, "s\n1234567…\n… (2 more characters)");
	assert_true(str_is(a->rest.body, "1234567é9"));
	mail_alert_free(&a);
}

static void
a_text_of_any_length_fits(void **state)
{
	struct mail_alert_style style = plain;
	struct mail_record r = { .subject = STR("s") };
	struct mail_alert *a;
	char *text = malloc(MAIL_TEXT_MAX);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', MAIL_TEXT_MAX);
	r.text = str_of(text, MAIL_TEXT_MAX);
	style.bytes = 16 * 1024;
	a = mail_alert_new(&style, &facts, &r);
	assert_false(buf_is_full(&a->body));
	assert_true(utf8_is_valid(a->message.body));
	assert_int_equal(a->rest.body.len, MAIL_TEXT_MAX);
	mail_alert_free(&a);
	free(text);
}

static void
templates_choose_what_is_said(void **state)
{
	struct mail_alert_style style = plain;
	struct mail_alert *a;

	(void)state;
	style.title = STR("{slug}: {subject} {nothing} {");
	style.body = STR("{from} <{address}> {text} {title}");
	a = made(&style, "full", "now");
	assert_body(a, "Root <root@nas.example> now disk: full {nothing} {");
	assert_int_equal(a->message.nspan, 0);
	mail_alert_free(&a);
	style = plain;
	style.body = STR("{title}");
	a = made(&style, "full", "now");
	assert_body(a, "full");
	mail_alert_free(&a);
}

static void
a_value_is_no_template(void **state)
{
	struct mail_alert *a = made(&plain, "{text}", "{subject}");

	(void)state;
	assert_body(a, "{text}\n{subject}");
	mail_alert_free(&a);
}

static void
what_is_critical_is_marked_and_names_people(void **state)
{
	struct mail_alert_style style = plain;
	struct mail_alert *a;

	(void)state;
	style.mention = STR("romeo, juliet");
	a = made(&style, "full", "now");
	assert_body(a, "full\nnow");
	mail_alert_free(&a);
	facts.severity = MAIL_SEVERITY_CRIT;
	a = made(&style, "full", "now");
	facts.severity = MAIL_SEVERITY_NONE;
	assert_body(a, "[CRIT] full romeo, juliet\nnow");
	assert_true(str_is(a->message.urgency, "high"));
	mail_alert_free(&a);
}

static void
the_sender_and_what_was_noted_are_shown_on_demand(void **state)
{
	struct mail_alert_style style = plain;
	struct mail_record r = { .subject = STR("s"),
		.text = STR("t"),
		.from = { STR("root@nas.example"), STR_EMPTY },
		.note = { STR("signed, not checked") },
		.nnote = 1 };
	struct mail_alert *a;

	(void)state;
	style.shows_sender = true;
	a = mail_alert_new(&style, &facts, &r);
	assert_body(a, "s\nFrom: root@nas.example\nt\n(signed, not checked)");
	mail_alert_free(&a);
}

static void
a_token_is_nowhere_in_what_is_said(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "to " TOKEN "!", "to ***!" },
		{ "To: Disk.ABCDEFGHIJKLMNOPQRSTUVWX23@mail.example.org",
		    "To: Disk.***@mail.example.org" },
		/* Of another target, whose token we do not know. */
		{ "nas+zzzzzzzzzzzzzzzzzzzzzzzzzz@Mail.Example.Org",
		    "nas+***@Mail.Example.Org" },
		{ "r.abcdefghijkl234567.zyxwvutsrq765432.@mail.example.org",
		    "r.***.***.@mail.example.org" },
		{ "<zzzzzzzzzzzzzzzzzzzzzzzzzz@mail.example.org>",
		    "<***@mail.example.org>" },
		{ "nas@mail.example.org", "nas@mail.example.org" },
		{ "internationalisation@other.example",
		    "internationalisation@other.example" },
		{ "@mail.example.org", "@mail.example.org" },
		{ "@", "@" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out;

		buf_init(&out, 1000);
		mail_alert_mask(
		    str_c(rows[i].text), facts.token, facts.domain, &out);
		assert_string_equal(out.p, rows[i].want);
		buf_release(&out);
	}
}

static void
it_is_masked_everywhere(void **state)
{
	struct mail_alert_style style = plain;
	struct mail_record r = { .subject = STR("s " TOKEN),
		.text = STR("t " TOKEN "\nu"),
		.from = { STR(TOKEN "@mail.example.org"), STR("n " TOKEN) } };
	struct mail_alert *a;

	(void)state;
	style.lines = 1;
	style.body = STR("{title} {from} {address} {text}");
	a = mail_alert_new(&style, &facts, &r);
	assert_body(
	    a, "s *** n *** ***@mail.example.org t ***\n… (1 more line)");
	assert_true(str_is(a->rest.body, "t ***\nu"));
	mail_alert_free(&a);
}

static void
subjects_of_cron_are_shortened(void **state)
{
	static const struct {
		const char *subject, *want;
	} rows[] = {
		{ "Cron <root@nas> /usr/local/bin/backup --all",
		    "cron root@nas: backup --all" },
		{ "Cron <root@nas> test -x /usr/sbin/anacron || ( cd / && "
		  "run-parts --report /etc/cron.daily )",
		    "cron root@nas: run-parts --report /etc/cron.daily" },
		{ "Cron <www@web> cd /srv && php cron.php > /dev/null 2>&1",
		    "cron www@web: php cron.php" },
		{ "Cron <a@b> [ -x /usr/lib/php/sessionclean ] && "
		  "/usr/lib/php/sessionclean",
		    "cron a@b: sessionclean" },
		{ "Cron <a@b> make && make install",
		    "cron a@b: make && make install" },
		{ "Cron <a@b> cd /tmp", "cron a@b: cd /tmp" },
		{ "Cron <a@b>", "Cron <a@b>" },
		{ "Cron <", "Cron <" },
		{ "Cron <> x", "Cron <> x" },
		{ "Cron <a@b> ((", "Cron <a@b> ((" },
		{ "Re: Cron <a@b> x", "Re: Cron <a@b> x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out;

		buf_init(&out, 1000);
		mail_alert_subject(str_c(rows[i].subject), &out);
		assert_string_equal(out.p, rows[i].want);
		buf_release(&out);
	}
}

static void
a_file_that_nobody_gets_is_named(void **state)
{
	struct mail_alert *a = made(&plain, "scan", "one page");

	(void)state;
	mail_alert_note(a, STR("page.pdf"), STR("application/pdf"), 12345,
	    "too much for one mail");
	assert_body(a,
	    "scan\none page\n[page.pdf, application/pdf, 12345 bytes: too much "
	    "for one mail]");
	assert_int_equal(a->message.span[0].end, 4);
	mail_alert_free(&a);
}

static void
a_summary_says_how_many_and_the_last(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	mail_alert_digest(37, STR("disk full"), 60000, &out);
	assert_string_equal(
	    out.p, "… and 37 more mails in 60 s; the last: disk full");
	buf_clear(&out);
	mail_alert_digest(1, STR_EMPTY, 59001, &out);
	assert_string_equal(
	    out.p, "… and 1 more mail in 60 s; the last: (no subject)");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_title_is_bold_and_the_text_follows),
		cmocka_unit_test(
		    an_empty_text_leaves_the_subject_and_the_other_way),
		cmocka_unit_test(many_lines_are_cut_and_the_whole_is_a_file),
		cmocka_unit_test(
		    many_bytes_are_cut_at_a_line_or_between_characters),
		cmocka_unit_test(a_text_of_any_length_fits),
		cmocka_unit_test(templates_choose_what_is_said),
		cmocka_unit_test(a_value_is_no_template),
		cmocka_unit_test(what_is_critical_is_marked_and_names_people),
		cmocka_unit_test(
		    the_sender_and_what_was_noted_are_shown_on_demand),
		cmocka_unit_test(a_token_is_nowhere_in_what_is_said),
		cmocka_unit_test(it_is_masked_everywhere),
		cmocka_unit_test(subjects_of_cron_are_shortened),
		cmocka_unit_test(a_file_that_nobody_gets_is_named),
		cmocka_unit_test(a_summary_says_how_many_and_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
