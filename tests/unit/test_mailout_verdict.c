/* From what was answered to what became of a mail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smtp/mailout/mailout_verdict.h"

struct row {
	const char *why;
	int mail, rcpt, data, last;
	bool committed;
	enum gw_fate fate;
	int code;
	bool broken, of_connection;
};

static const struct row rows[] = {
	{ "all was taken", 250, 250, 250, 250, true, GW_SENT, 250,
	    .broken = false },
	{ "what is not only 250", 251, 252, 251, 251, true, GW_SENT, 251,
	    .broken = false },
	{ "nothing was sent, whatever was answered", 250, 250, 250, 250, false,
	    GW_RETRY, 0, .broken = false, .of_connection = true },
	{ "the mail is refused", 250, 250, 554, 554, true, GW_REFUSED, 554,
	    .broken = false },
	{ "the mail is put off", 250, 250, 451, 451, true, GW_RETRY, 451,
	    .broken = false },
	{ "nothing was answered to the mail", 250, 250, 354, 0, true, GW_UNSURE,
	    0, .broken = false },
	{ "half an answer to the mail", 250, 250, 0, 0, true, GW_UNSURE, 0,
	    .broken = false },
	{ "nonsense was answered to the mail", 250, 250, 25, 0, true, GW_UNSURE,
	    0, .broken = false },
	{ "it hung up before the mail", 250, 250, 354, 0, false, GW_RETRY, 0,
	    .broken = false, .of_connection = true },
	{ "DATA is refused, it has no recipient", 250, 550, 554, 554, false,
	    GW_REFUSED, 550, .broken = false },
	{ "DATA is refused for good, the recipient for now", 250, 450, 554, 554,
	    false, GW_RETRY, 450, .broken = false },
	{ "DATA is refused for good, the recipient for now, by BDAT", 250, 452,
	    503, 503, false, GW_RETRY, 452, .broken = false },
	{ "the sender is refused", 550, 0, 0, 550, false, GW_REFUSED, 550,
	    .broken = false },
	{ "the sender is put off", 451, 0, 0, 451, false, GW_RETRY, 451,
	    .broken = false },
	{ "a login is wanted", 530, 0, 0, 530, false, GW_RETRY, 530,
	    .broken = true },
	{ "closing, at once", 421, 0, 0, 421, false, GW_RETRY, 421,
	    .broken = false, .of_connection = true },
	{ "closing, at the recipient", 250, 421, 0, 421, false, GW_RETRY, 421,
	    .broken = false, .of_connection = true },
	{ "closing instead of taking it", 250, 250, 421, 421, true, GW_RETRY,
	    421, .broken = false },
	{ "it lets nobody in", 0, 0, 0, 554, false, GW_RETRY, 554,
	    .broken = false, .of_connection = true },
	{ "it said nothing", 0, 0, 0, 0, false, GW_RETRY, 0, .broken = false,
	    .of_connection = true },
	{ "3yz to a recipient", 250, 354, 0, 354, false, GW_RETRY, 0,
	    .broken = false, .of_connection = true },
};

static struct mailout_answer
answer(int code)
{
	return (struct mailout_answer){ .code = code, .text = STR("text\r\n") };
}

static struct mailout_story
story_of(const struct row *r)
{
	return (struct mailout_story){ .host = STR("mx.example.net"),
		.mail = answer(r->mail),
		.rcpt = answer(r->rcpt),
		.data = answer(r->data),
		.last = answer(r->last),
		.was_committed = r->committed };
}

static void
each_row_has_its_fate(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct mailout_story s = story_of(row);
		struct mail_result r;

		mailout_verdict(&s, &r);
		if (r.fate != row->fate || r.code != row->code ||
		    r.is_broken != row->broken ||
		    (r.err.kind == ERR_NONE) != (r.fate == GW_SENT) ||
		    mailout_verdict_is_of_connection(&s) != row->of_connection)
			fail_msg("%s: fate %d code %d broken %d: %s", row->why,
			    r.fate, r.code, r.is_broken, r.err.text);
	}
}

static void
words_are_for_people(void **state)
{
	struct mailout_story s = story_of(&rows[0]);
	struct mail_result r;

	(void)state;
	s.rcpt.code = 550;
	s.rcpt.text = STR("5.1.1 no such user here\r\n");
	mailout_verdict(&s, &r);
	assert_string_equal(
	    r.err.text, "mx.example.net said: 550 5.1.1 no such user here");
	assert_string_equal(r.enhanced, "5.1.1");
	assert_true(str_is(r.text, "no such user here"));
	s.rcpt.text = STR("4.1.1 of another class");
	mailout_verdict(&s, &r);
	assert_string_equal(r.enhanced, "");
	assert_true(str_is(r.text, "4.1.1 of another class"));
}

static void
the_failure_of_the_connection_says_why(void **state)
{
	struct mailout_story s = { .host = STR("mx") };
	struct mail_result r;

	(void)state;
	mailout_verdict(&s, &r);
	assert_string_equal(r.err.text, "mx hung up");
	assert_int_equal(r.err.kind, ERR_UNREACHABLE);
	err_set(&s.failure, ERR_TIMEOUT, "mx does not answer");
	mailout_verdict(&s, &r);
	assert_string_equal(r.err.text, "mx does not answer");
	s.last = answer(421); /* says more */
	mailout_verdict(&s, &r);
	assert_string_equal(r.err.text, "mx said: 421 text");
	s.is_broken = true; /* but not than this */
	mailout_verdict(&s, &r);
	assert_string_equal(r.err.text, "mx does not answer");
	assert_true(r.is_broken);
}

static void
what_may_have_been_sent_is_never_broken(void **state)
{
	struct mailout_story s = story_of(&rows[5]);
	struct mail_result r;

	(void)state;
	s.is_broken = true;
	err_set(&s.failure, ERR_TIMEOUT, "mx does not answer");
	mailout_verdict(&s, &r);
	assert_int_equal(r.fate, GW_UNSURE);
	assert_false(r.is_broken);
	assert_string_equal(
	    r.err.text, "it may have been sent: mx does not answer");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_has_its_fate),
		cmocka_unit_test(words_are_for_people),
		cmocka_unit_test(the_failure_of_the_connection_says_why),
		cmocka_unit_test(what_may_have_been_sent_is_never_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
