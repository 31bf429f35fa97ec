#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/linebuf.h"

enum { MAX = 16 };

static struct linebuf lb;
static struct buf got; /* every line in <> */

static int
set_up(void **state)
{
	(void)state;
	linebuf_init(&lb, MAX);
	buf_init(&got, 1 << 16);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	linebuf_release(&lb);
	buf_release(&got);
	return 0;
}

/* A copy that is gone afterwards, as a read buffer is. */
static void
feed(struct str bytes)
{
	char *gone = str_dup(bytes);
	struct str line;

	linebuf_feed(&lb, gone, bytes.len);
	while (linebuf_next(&lb, &line)) {
		assert_true(line.len <= MAX);
		buf_addc(&got, '<');
		buf_add_str(&got, line);
		buf_addc(&got, '>');
	}
	free(gone);
	assert_true(lb.part.len <= MAX + 1);
}

static void
lines_end_at_lf_and_lose_one_cr(void **state)
{
	(void)state;
	feed(STR("a b\r\nbare\n\r\n\nx\r\r\n\ry\n"));
	assert_string_equal(got.p, "<a b><bare><><><x\r><\ry>");
	assert_int_equal(lb.ndropped, 0);
}

static void
a_line_without_its_end_waits_for_it(void **state)
{
	(void)state;
	feed(STR("PING"));
	assert_string_equal(got.p, "");
	feed(STR(" :x\r"));
	assert_string_equal(got.p, "");
	feed(STR("\nPONG"));
	assert_string_equal(got.p, "<PING :x>");
	feed(STR_EMPTY);
	feed(STR("\n"));
	assert_string_equal(got.p, "<PING :x><PONG>");
}

static void
any_byte_but_lf_is_part_of_a_line(void **state)
{
	(void)state;
	feed(STR("a\0b\xff\n"));
	assert_true(str_eq(buf_str(&got), STR("<a\0b\xff>")));
}

static void
the_longest_line_passes_and_a_longer_one_does_not(void **state)
{
	(void)state;
	feed(STR("0123456789abcdef\r\n0123456789abcdef\n"));
	assert_string_equal(got.p, "<0123456789abcdef><0123456789abcdef>");
	buf_clear(&got);
	feed(STR("0123456789abcdefg\r\n0123456789abcdef\r\r\nok\n"));
	assert_string_equal(got.p, "<ok>");
	assert_int_equal(lb.ndropped, 2);
}

static void
a_line_that_is_too_long_is_dropped_up_to_its_end(void **state)
{
	int i;

	(void)state;
	feed(STR("before\n"));
	for (i = 0; i < 100000; i++)
		feed(STR("0123456789"));
	assert_null(lb.part.base);
	assert_int_equal(lb.ndropped, 0);
	feed(STR("tail\r\nafter\r\n"));
	assert_string_equal(got.p, "<before><after>");
	assert_int_equal(lb.ndropped, 1);
}

static const char BYTES[] =
    ":a PING\r\n\nx\n0123456789abcdef\r\n0123456789abcdefg\r\n\r\r\n"
    "0123456789abcdef\r\r\nlast\r\n";
static const char LINES[] = "<:a PING><><x><0123456789abcdef><\r><last>";

static void
a_stream_cut_at_any_byte_gives_the_same_lines(void **state)
{
	struct str stream = str_c(BYTES);
	size_t i;

	(void)state;
	for (i = 0; i <= stream.len; i++) {
		buf_clear(&got);
		lb.ndropped = 0;
		feed(str_head(stream, i));
		feed(str_skip(stream, i));
		assert_string_equal(got.p, LINES);
		assert_int_equal(lb.ndropped, 2);
	}
}

static void
a_stream_that_comes_byte_by_byte_gives_the_same_lines(void **state)
{
	struct str stream = str_c(BYTES);
	size_t i;

	(void)state;
	for (i = 0; i < stream.len; i++)
		feed(str_of(stream.p + i, 1));
	assert_string_equal(got.p, LINES);
	assert_int_equal(lb.ndropped, 2);
}

static void
an_idle_stream_holds_no_memory(void **state)
{
	(void)state;
	feed(STR("half a "));
	assert_non_null(lb.part.base);
	feed(STR("line\n"));
	assert_null(lb.part.base);
}

static void
clear_forgets_half_a_line(void **state)
{
	(void)state;
	feed(STR("old con"));
	linebuf_clear(&lb);
	feed(STR("new\n"));
	feed(STR("0123456789abcdefgh"));
	linebuf_clear(&lb);
	feed(STR("newer\n"));
	assert_string_equal(got.p, "<new><newer>");
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(lines_end_at_lf_and_lose_one_cr),
		TEST(a_line_without_its_end_waits_for_it),
		TEST(any_byte_but_lf_is_part_of_a_line),
		TEST(the_longest_line_passes_and_a_longer_one_does_not),
		TEST(a_line_that_is_too_long_is_dropped_up_to_its_end),
		TEST(a_stream_cut_at_any_byte_gives_the_same_lines),
		TEST(a_stream_that_comes_byte_by_byte_gives_the_same_lines),
		TEST(an_idle_stream_holds_no_memory),
		TEST(clear_forgets_half_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
