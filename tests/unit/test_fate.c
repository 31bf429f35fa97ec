/*
 * Every state with every input: what may come of it, in one drawing; then
 * every order in which news can come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/fate.h"

/* A letter each: what is there, then what the inputs make of it. */
static char
letter(enum fate f)
{
	return "?DSTQUCEF"[f];
}

static void
every_state_has_an_answer_to_every_input(void **state)
{
	/*                 try sent dlvd retry refd unsure | sent dlvd refd |
	                   expire cancel drop fail doubt resend resume */
	static const char *const drawing[] = { "D DDDDDD DDD DDDDDDD",
		"S SSDSSS SDF SSSSSSS", "T TSDQFU SDF TTTTTTT",
		"Q TQQQQQ SDF ECCFUQQ", "U UUUUUU SDF UUUUUQU",
		"C CCCCCC CCC CCCCCCQ", "E EEEEEE EEE EEEEEQE",
		"F FFFFFF FFF FFFFFQF" };

	(void)state;
	for (int f = 1; f < FATE_N; f++) {
		char got[32] = { letter((enum fate)f), ' ' };
		size_t n = 2;

		for (int in = 0; in < FATE_IN_N; in++) {
			if (in == FATE_IN_REPORT_SENT || in == FATE_IN_EXPIRE)
				got[n++] = ' ';
			got[n++] = letter(
			    fate_next((enum fate)f, (enum fate_input)in));
		}
		assert_string_equal(got, drawing[f - 1]);
	}
}

/*
 * How much is known of an attempt.  Nothing but a person, or the certainty
 * that it was not sent, makes it less.
 */
static int
known(enum fate f)
{
	static const int rank[FATE_N] = {
		[FATE_QUEUED] = 0,
		[FATE_TRYING] = 1,
		[FATE_UNSURE] = 2,
		[FATE_SENT] = 3,
		[FATE_DELIVERED] = 4,
		[FATE_FAILED] = 4,
		[FATE_EXPIRED] = 4,
		[FATE_CANCELLED] = 4,
	};

	return rank[f];
}

static void
steps_only_go_forward(void **state)
{
	(void)state;
	for (int f = 1; f < FATE_N; f++)
		for (int in = 0; in < FATE_IN_N; in++) {
			enum fate to =
			    fate_next((enum fate)f, (enum fate_input)in);
			bool again = in == FATE_IN_RESEND ||
			    in == FATE_IN_RESUME ||
			    (f == FATE_TRYING && in == FATE_IN_RETRY);

			if (to == (enum fate)f)
				continue;
			if (again)
				assert_int_equal(to, FATE_QUEUED);
			else
				assert_true(known(to) > known((enum fate)f));
		}
}

/* What was sent, or may have been, is not tried again but by a person. */
static void
only_what_was_not_sent_is_tried_again(void **state)
{
	(void)state;
	for (int f = 1; f < FATE_N; f++)
		for (int in = 0; in < FATE_IN_N; in++) {
			if (fate_next((enum fate)f, (enum fate_input)in) !=
			        FATE_QUEUED ||
			    f == FATE_QUEUED)
				continue;
			assert_true(in == FATE_IN_RESEND ||
			    in == FATE_IN_RESUME ||
			    (f == FATE_TRYING && in == FATE_IN_RETRY));
			assert_false(f == FATE_SENT || f == FATE_DELIVERED);
		}
	for (int f = 1; f < FATE_N; f++)
		if (fate_next((enum fate)f, FATE_IN_TRY) != (enum fate)f)
			assert_int_equal(f, FATE_QUEUED);
}

/* The outcome and up to two reports, in each of their six orders. */
static enum fate
played(const enum fate_input in[3], const int order[3])
{
	enum fate f = fate_next(FATE_QUEUED, FATE_IN_TRY);

	for (int i = 0; i < 3; i++)
		f = fate_next(f, in[order[i]]);
	return f;
}

static void
the_order_of_news_does_not_matter(void **state)
{
	static const int order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	static const struct {
		enum fate_input in[3];
		enum fate end;
	} row[] = {
		{ { FATE_IN_SENT, FATE_IN_REPORT_SENT,
		      FATE_IN_REPORT_DELIVERED },
		    FATE_DELIVERED },
		{ { FATE_IN_SENT, FATE_IN_REPORT_SENT, FATE_IN_REPORT_REFUSED },
		    FATE_FAILED },
		{ { FATE_IN_UNSURE, FATE_IN_REPORT_SENT,
		      FATE_IN_REPORT_DELIVERED },
		    FATE_DELIVERED },
		{ { FATE_IN_UNSURE, FATE_IN_REPORT_SENT,
		      FATE_IN_REPORT_REFUSED },
		    FATE_FAILED },
		{ { FATE_IN_UNSURE, FATE_IN_REPORT_SENT, FATE_IN_REPORT_SENT },
		    FATE_SENT },
		{ { FATE_IN_DELIVERED, FATE_IN_REPORT_SENT,
		      FATE_IN_REPORT_DELIVERED },
		    FATE_DELIVERED },
	};

	(void)state;
	for (size_t r = 0; r < sizeof(row) / sizeof(row[0]); r++)
		for (int o = 0; o < 6; o++)
			assert_int_equal(
			    played(row[r].in, order[o]), row[r].end);
}

static void
the_worst_piece_is_what_the_message_is(void **state)
{
	(void)state;
	assert_int_equal(fate_worst(FATE_DELIVERED, FATE_QUEUED), FATE_QUEUED);
	assert_int_equal(fate_worst(FATE_UNSURE, FATE_SENT), FATE_UNSURE);
	assert_int_equal(fate_worst(FATE_FAILED, FATE_UNSURE), FATE_FAILED);
	for (int a = 1; a < FATE_N; a++)
		for (int b = 1; b < FATE_N; b++)
			assert_int_equal(fate_worst((enum fate)a, (enum fate)b),
			    fate_worst((enum fate)b, (enum fate)a));
}

/* ---- words ------------------------------------------------------------ */

static void
a_receipt_comes_at_its_stage(void **state)
{
	static const struct {
		enum gw_stage stage;
		bool reports;
		const char *at; /* letters of the states */
	} row[] = {
		{ GW_STAGE_ACCEPTED, true, "DSTQUCEF" },
		{ GW_STAGE_SENT, true, "DS" },
		{ GW_STAGE_DELIVERED, true, "D" },
		{ GW_STAGE_DELIVERED, false, "DS" },
	};

	(void)state;
	for (size_t r = 0; r < sizeof(row) / sizeof(row[0]); r++)
		for (int f = 1; f < FATE_N; f++) {
			struct fate_view v = { .fate = (enum fate)f,
				.asks = true,
				.stage = row[r].stage,
				.reports = row[r].reports };
			bool want = strchr(row[r].at, letter((enum fate)f));

			assert_int_equal(
			    !!(fate_due(&v) & FATE_SAY_RECEIPT), want);
			v.asks = false;
			assert_false(fate_due(&v) & FATE_SAY_RECEIPT);
			v.asks = true;
			v.told = FATE_SAY_RECEIPT;
			assert_false(fate_due(&v) & FATE_SAY_RECEIPT);
		}
}

static void
bad_news_are_told_once(void **state)
{
	struct fate_view v = { .fate = FATE_FAILED };

	(void)state;
	assert_int_equal(fate_due(&v), FATE_SAY_FAILED);
	v.told = FATE_SAY_FAILED;
	assert_int_equal(fate_due(&v), 0);
	v = (struct fate_view){ .fate = FATE_CANCELLED, .own_wish = true };
	assert_int_equal(fate_due(&v), 0);
	v.own_wish = false;
	assert_int_equal(fate_due(&v), FATE_SAY_FAILED);
}

static void
unsure_waits_and_may_end_well(void **state)
{
	struct fate_view v = { .fate = FATE_UNSURE };

	(void)state;
	assert_int_equal(fate_due(&v), 0);
	v.waited = true;
	assert_int_equal(fate_due(&v), FATE_SAY_UNSURE);
	v.told = FATE_SAY_UNSURE;
	assert_int_equal(fate_due(&v), 0);
	v.fate = FATE_DELIVERED;
	assert_int_equal(fate_due(&v), FATE_SAY_AFTER);
	v.fate = FATE_FAILED;
	assert_int_equal(fate_due(&v), FATE_SAY_FAILED);
	v.fate = FATE_DELIVERED;
	v.asks = true;
	assert_int_equal(fate_due(&v), FATE_SAY_RECEIPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_has_an_answer_to_every_input),
		cmocka_unit_test(steps_only_go_forward),
		cmocka_unit_test(only_what_was_not_sent_is_tried_again),
		cmocka_unit_test(the_order_of_news_does_not_matter),
		cmocka_unit_test(the_worst_piece_is_what_the_message_is),
		cmocka_unit_test(a_receipt_comes_at_its_stage),
		cmocka_unit_test(bad_news_are_told_once),
		cmocka_unit_test(unsure_waits_and_may_end_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
