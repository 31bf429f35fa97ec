/* What goes over the control socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/control_words.h"

#define BYTES(literal) str_of(literal, sizeof(literal) - 1)

static void
words_arrive_as_they_were_said(void **state)
{
	static const char *const said[] = { "queue", "hold", "", "été 📨" };
	struct str word[CONTROL_WORDS_MAX];
	struct err err = ERR_INIT;
	struct buf request;
	size_t n;

	(void)state;
	buf_init(&request, CONTROL_REQUEST_MAX);
	assert_int_equal(control_write(&request, said, 4), 0);
	assert_int_equal(control_read(buf_str(&request), word, &n, &err), 0);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++)
		assert_true(str_is(word[i], said[i]));
	assert_int_equal(control_read(STR_EMPTY, word, &n, &err), 0);
	assert_int_equal(n, 0);
	buf_release(&request);
}

static void
what_is_no_request_is_refused(void **state)
{
	const struct str bad[] = {
		BYTES("status"),
		BYTES("a\0b"),
		BYTES("a\nb\0"),
		BYTES("\033[2J\0"),
		BYTES("\377\0"),
		BYTES("1\0002\0003\0004\0005\0006\0007\0008\0009\00010\00011"
		      "\00012\00013\00014\00015\00016\00017\0"),
	};
	struct str word[CONTROL_WORDS_MAX];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(control_read(bad[i], word, &n, &err), -1);
		assert_int_equal(err.kind, ERR_BAD_INPUT);
	}
}

static void
more_than_a_request_can_have_is_not_written(void **state)
{
	const char *said[CONTROL_WORDS_MAX + 1];
	struct buf request;

	(void)state;
	for (size_t i = 0; i < CONTROL_WORDS_MAX + 1; i++)
		said[i] = "x";
	buf_init(&request, CONTROL_REQUEST_MAX);
	assert_int_equal(
	    control_write(&request, said, CONTROL_WORDS_MAX + 1), -1);
	buf_release(&request);
	buf_init(&request, 10);
	assert_int_equal(control_write(&request, said, 6), -1);
	buf_release(&request);
}

static void
an_answer_that_was_cut_off_means_nothing(void **state)
{
	struct buf answer;
	struct str text;
	int code = -1;

	(void)state;
	buf_init(&answer, 100);
	(void)buf_addf(&answer, "done\n");
	control_end(&answer, 69);
	for (size_t len = 0; len < answer.len; len++)
		assert_int_equal(
		    control_read_end(str_of(answer.p, len), &text, &code), -1);
	assert_int_equal(control_read_end(buf_str(&answer), &text, &code), 0);
	assert_true(str_is(text, "done\n"));
	assert_int_equal(code, 69);
	assert_int_equal(
	    control_read_end(BYTES("x\000256\n"), &text, &code), -1);
	assert_int_equal(control_read_end(BYTES("x\0\n"), &text, &code), -1);
	buf_release(&answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_arrive_as_they_were_said),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(more_than_a_request_can_have_is_not_written),
		cmocka_unit_test(an_answer_that_was_cut_off_means_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
