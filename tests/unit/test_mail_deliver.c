#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/mail_deliver.h"
#include "smtp/mail_thread.h"

static struct mail_thread thread;
static struct mail_deliver_style style;
static struct mail_deliver_facts facts;
static struct mail_record record;

static int
set_up(void **state)
{
	(void)state;
	thread = (struct mail_thread){ .id = "abc", .xmpp = STR("abc") };
	style = (struct mail_deliver_style){ .subjects = true, .files = true };
	facts = (struct mail_deliver_facts){
		.user = STR("romeo@example.org"),
		.line = STR("mail"),
		.contact = STR("bob@example.net"),
		.domain = STR("mail.example.org"),
		.thread = &thread,
		.trust = MAIL_UNKNOWN,
		.now_utc = INT64_C(1750000000000),
	};
	record = (struct mail_record){
		.from = { .address = STR("bob@example.net"),
		    .name = STR("Bob B.") },
		.text = STR("hello\n"),
		.fresh = STR("hello\n"),
		.hash = STR("0123456789abcdef0123456789abcdef"),
		.message_id = STR("1@far"),
	};
	return 0;
}

static void
body_is(const char *body)
{
	struct mail_delivery *d = mail_delivery_new(&style, &facts, &record);

	assert_string_equal(d->body.p, body);
	assert_true(str_eq(d->message.body, buf_str(&d->body)));
	mail_delivery_free(&d);
}

static void
what_it_is_stands_in_the_message(void **state)
{
	struct mail_delivery *d;

	(void)state;
	record.subject = STR("Re: Lunch");
	facts.answers = STR("m17");
	d = mail_delivery_new(&style, &facts, &record);
	record = (struct mail_record){ 0 };
	facts = (struct mail_deliver_facts){ 0 };
	assert_true(str_is(d->arrival.user, "romeo@example.org"));
	assert_true(str_is(d->arrival.line, "mail"));
	assert_int_equal(d->arrival.key.len, MAIL_DELIVER_KEY);
	assert_true(str_is(d->message.from, "bob@example.net"));
	assert_true(str_is(d->message.title, "Bob B."));
	assert_true(str_is(d->message.subject, "Re: Lunch"));
	assert_true(str_is(d->message.thread, "abc"));
	assert_true(str_is(d->message.reply_to, "m17"));
	assert_int_equal(d->message.id.len, 17);
	assert_int_equal(d->message.type, GW_TYPE_CHAT);
	assert_ptr_equal(d->arrival.message, &d->message);
	mail_delivery_free(&d);
}

static void
each_who_gets_it_gets_one_of_his_own(void **state)
{
	struct mail_delivery *romeo, *again, *juliet;

	(void)state;
	romeo = mail_delivery_new(&style, &facts, &record);
	again = mail_delivery_new(&style, &facts, &record);
	facts.user = STR("juliet@example.org");
	juliet = mail_delivery_new(&style, &facts, &record);
	assert_true(str_eq(romeo->arrival.key, again->arrival.key));
	assert_false(str_eq(romeo->arrival.key, juliet->arrival.key));
	assert_false(str_eq(romeo->message.id, juliet->message.id));
	mail_delivery_free(&romeo);
	mail_delivery_free(&again);
	mail_delivery_free(&juliet);
}

static void
a_name_that_looks_like_an_address_is_not_shown(void **state)
{
	struct mail_delivery *d;

	(void)state;
	record.from.name = STR("boss@example.org");
	d = mail_delivery_new(&style, &facts, &record);
	assert_int_equal(d->message.title.len, 0);
	mail_delivery_free(&d);
}

static void
the_subject_is_in_bold_where_something_begins(void **state)
{
	struct mail_delivery *d;

	(void)state;
	record.subject = STR("Lunch");
	facts.is_new = true;
	body_is("Lunch\nhello");
	d = mail_delivery_new(&style, &facts, &record);
	assert_int_equal(d->message.nspan, 1);
	assert_int_equal(d->message.span[0].kind, GW_SPAN_STRONG);
	assert_int_equal(d->message.span[0].start, 0);
	assert_int_equal(d->message.span[0].end, 5);
	mail_delivery_free(&d);
	/* It goes on, whatever mail programs put in front. */
	facts.is_new = false;
	thread.subject = STR("Lunch");
	record.subject = STR("AW: Re: lunch");
	body_is("hello");
	record.subject = STR("Dinner (was: Lunch)");
	body_is("Dinner (was: Lunch)\nhello");
	style.subjects = false;
	body_is("hello");
}

static void
answers_are_without_what_they_answer(void **state)
{
	struct mail_delivery *d;

	(void)state;
	record.text = STR("yes\n\n> no?\n");
	record.fresh = STR("yes\n");
	record.was_trimmed = true;
	body_is("yes\n\n> no?"); /* it answers nothing */
	record.in_reply_to = STR("0@far");
	body_is("yes\n[…]");
	d = mail_delivery_new(&style, &facts, &record);
	assert_true(d->was_trimmed);
	mail_delivery_free(&d);
	style.quotes = true;
	body_is("yes\n\n> no?");
}

static void
what_is_to_be_known_stands_in_brackets(void **state)
{
	(void)state;
	facts.remark = STR("to abuse");
	body_is("[to abuse]\nhello");
	facts.remark = STR_EMPTY;
	facts.trust = MAIL_UNVERIFIED;
	body_is("[sender not verified]\nhello");
	facts.trust = MAIL_VERIFIED;
	record.class = MAIL_AUTO;
	record.auto_kind = STR("auto-replied");
	body_is("[automatic reply]\nhello");
	record.auto_kind = STR("auto-generated");
	body_is("[automatic mail]\nhello");
	record.class = MAIL_MDN;
	body_is("[automatic receipt]\nhello");
	record.class = MAIL_LIST;
	record.list_id = STR("dev.example.net");
	body_is("hello");
	facts.is_new = true;
	body_is("[mailing list dev.example.net]\nhello");
	record.class = MAIL_ORDINARY;
	record.note[0] = STR("signed, not checked");
	record.nnote = 1;
	body_is("[signed, not checked]\nhello");
	facts.contact = STR_EMPTY;
	record.from.address = STR("root");
	record.nnote = 0;
	body_is("[from root]\nhello");
}

static void
who_else_got_it_is_said(void **state)
{
	struct mail_party party[] = {
		{ MAIL_TO, { STR("romeo@mail.example.org"), STR_EMPTY } },
		{ MAIL_TO, { STR("carol@example.net"), STR("Carol") } },
		{ MAIL_CC, { STR("dave@example.net"), STR("x@evil.net") } },
		{ MAIL_CC, { STR("root"), STR_EMPTY } },
		{ MAIL_CC, { STR("\"a b\"@example.net"), STR_EMPTY } },
	};
	struct mail_delivery *d;

	(void)state;
	record.party = party;
	record.nparty = sizeof(party) / sizeof(party[0]);
	record.reply_to[0] =
	    (struct mail_name){ .address = STR("list@example.net") };
	record.nreply_to = 1;
	body_is("To: carol@example.net\nCc: dave@example.net\nhello");
	d = mail_delivery_new(&style, &facts, &record);
	assert_int_equal(d->message.nparty, 3);
	assert_int_equal(d->message.party[0].kind, GW_PARTY_REPLY_TO);
	assert_true(str_is(d->message.party[0].name, "list@example.net"));
	assert_int_equal(d->message.party[1].kind, GW_PARTY_TO);
	assert_true(str_is(d->message.party[1].title, "Carol"));
	assert_int_equal(d->message.party[2].kind, GW_PARTY_CC);
	assert_int_equal(d->message.party[2].title.len, 0);
	mail_delivery_free(&d);
}

static void
only_some_of_many_are_shown(void **state)
{
	struct mail_party party[MAIL_PARTIES_MAX];
	char address[MAIL_PARTIES_MAX][32];

	(void)state;
	for (int i = 0; i < MAIL_PARTIES_MAX; i++) {
		snprintf(address[i], sizeof(address[i]), "p%d@example.net", i);
		party[i] = (struct mail_party){ MAIL_TO,
			{ str_c(address[i]), STR_EMPTY } };
	}
	record.party = party;
	record.nparty = MAIL_PARTIES_MAX;
	body_is("To: p0@example.net, p1@example.net, p2@example.net, "
	        "p3@example.net, p4@example.net and 45 more\nhello");
}

static void
nobody_answers_a_no_reply(void **state)
{
	struct mail_delivery *d;

	(void)state;
	facts.contact = STR("no-reply@example.net");
	d = mail_delivery_new(&style, &facts, &record);
	assert_int_equal(d->message.nparty, 1);
	assert_int_equal(d->message.party[0].kind, GW_PARTY_NO_REPLY);
	mail_delivery_free(&d);
	facts.contact = STR("noreplyton@example.net");
	d = mail_delivery_new(&style, &facts, &record);
	assert_int_equal(d->message.nparty, 0);
	mail_delivery_free(&d);
}

static void
what_is_too_long_is_a_file(void **state)
{
	static char text[MAIL_DELIVER_TEXT + 5000];
	struct mail_delivery *d;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 99; i < sizeof(text); i += 100)
		text[i] = '\n';
	record.text = record.fresh = str_of(text, sizeof(text));
	d = mail_delivery_new(&style, &facts, &record);
	assert_true(d->body.len <= MAIL_DELIVER_TEXT + 100);
	assert_non_null(strstr(d->body.p, "x\n… (51 more lines)"));
	assert_true(d->wants_whole);
	mail_delivery_free(&d);
}

static void
an_empty_mail_says_so(void **state)
{
	struct mail_part part = {
		.name = STR("a.png"), .mime = STR("image/png"), .size = 70
	};
	struct mail_delivery *d;

	(void)state;
	record.was_cut = true;
	body_is("hello\n… (the mail goes on)");
	record.was_cut = false;
	record.text = record.fresh = STR(" \n");
	body_is("(an empty mail)");
	record.part = &part;
	record.npart = 1;
	d = mail_delivery_new(&style, &facts, &record);
	assert_int_equal(d->message.body.len, 0);
	mail_delivery_note(d, part.name, part.mime, part.size, "too large");
	assert_true(
	    str_is(d->message.body, "[a.png, image/png, 70 bytes: too large]"));
	mail_delivery_free(&d);
}

static void
an_old_mail_has_its_date(void **state)
{
	static const struct {
		int64_t late_s;
		bool has;
	} rows[] = { { -3600, false }, { 5, false }, { 3600, true },
		{ 15 * 24 * 3600, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mail_delivery *d;

		record.date_utc = facts.now_utc - rows[i].late_s * 1000;
		d = mail_delivery_new(&style, &facts, &record);
		assert_int_equal(
		    d->message.sent_utc, rows[i].has ? record.date_utc : 0);
		mail_delivery_free(&d);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, set_up)
	const struct CMUnitTest tests[] = {
		TEST(what_it_is_stands_in_the_message),
		TEST(each_who_gets_it_gets_one_of_his_own),
		TEST(a_name_that_looks_like_an_address_is_not_shown),
		TEST(the_subject_is_in_bold_where_something_begins),
		TEST(answers_are_without_what_they_answer),
		TEST(what_is_to_be_known_stands_in_brackets),
		TEST(who_else_got_it_is_said),
		TEST(only_some_of_many_are_shown),
		TEST(nobody_answers_a_no_reply),
		TEST(what_is_too_long_is_a_file),
		TEST(an_empty_mail_says_so),
		TEST(an_old_mail_has_its_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
