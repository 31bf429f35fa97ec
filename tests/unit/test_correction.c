/* What has changed, in few words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/correction.h"

static void
expect(const char *was, const char *is, const char *text)
{
	struct buf b;

	buf_init(&b, 4096);
	correction_write(str_c(was), str_c(is), &b);
	assert_string_equal(b.p, text);
	buf_release(&b);
}

static void
words_that_differ_are_told(void **state)
{
	(void)state;
	expect("I lvoe you", "I love you", "lvoe -> love");
	expect("one two three", "one 2 3 three", "two -> 2 3");
	expect("good nigth", "good night", "nigth -> night");
}

static void
what_came_or_went_has_a_word_beside_it(void **state)
{
	(void)state;
	expect("I do like it", "I do not like it", "do -> do not");
	expect("I do not like it", "I do like it", "do not -> do");
	expect("world", "hello world", "world -> hello world");
	expect("no no no", "no no", "no no -> no");
}

static void
white_space_is_no_difference(void **state)
{
	(void)state;
	expect("a b", " a  b\n", "");
	expect("a", "a", "");
}

static void
long_differences_are_told_by_the_new_text(void **state)
{
	char is[300], was[300];

	(void)state;
	memset(is, 'x', sizeof(is));
	memset(was, 'y', sizeof(was));
	is[sizeof(is) - 1] = was[sizeof(was) - 1] = '\0';
	expect(was, is, is);
	expect("one", "two\nlines", "two\nlines");
	expect("", "all of it", "all of it");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_that_differ_are_told),
		cmocka_unit_test(what_came_or_went_has_a_word_beside_it),
		cmocka_unit_test(white_space_is_no_difference),
		cmocka_unit_test(long_differences_are_told_by_the_new_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
