/* Frames, whole and in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/frame.h"

enum { MAX = 20 };

static void
what_is_written_is_read(void **state)
{
	struct str rest, data;
	struct buf b;
	uint8_t type;

	(void)state;
	buf_init(&b, 100);
	frame_write(&b, 7, STR("hello"));
	frame_write(&b, 255, STR_EMPTY);
	assert_false(buf_is_full(&b));
	rest = buf_str(&b);
	assert_int_equal(frame_read(&rest, MAX, &type, &data), 1);
	assert_int_equal(type, 7);
	assert_true(str_is(data, "hello"));
	assert_int_equal(frame_read(&rest, MAX, &type, &data), 1);
	assert_int_equal(type, 255);
	assert_int_equal(data.len, 0);
	assert_int_equal(rest.len, 0);
	assert_int_equal(frame_read(&rest, MAX, &type, &data), 0);
	buf_release(&b);
}

static void
a_piece_is_no_frame(void **state)
{
	struct str data;
	struct buf b;
	uint8_t type;

	(void)state;
	buf_init(&b, 100);
	frame_write(&b, 1, STR("hello"));
	for (size_t n = 0; n < b.len; n++) {
		struct str rest = str_head(buf_str(&b), n);

		assert_int_equal(frame_read(&rest, MAX, &type, &data), 0);
		assert_int_equal(rest.len, n);
	}
	buf_release(&b);
}

static void
too_long_or_empty_is_an_error_at_once(void **state)
{
	struct str rest, data;
	uint8_t type;

	(void)state;
	rest = STR("\x16\0\0\0");
	assert_int_equal(frame_read(&rest, MAX, &type, &data), -1);
	rest = STR("\x15\0\0\0");
	assert_int_equal(frame_read(&rest, MAX, &type, &data), 0);
	rest = STR("\0\0\0\x80");
	assert_int_equal(frame_read(&rest, MAX, &type, &data), -1);
	rest = STR("\0\0\0\0");
	assert_int_equal(frame_read(&rest, MAX, &type, &data), -1);
}

static void
what_does_not_fit_is_left_out_whole(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 15);
	frame_write(&b, 1, STR("12345"));
	assert_false(buf_is_full(&b));
	frame_write(&b, 1, STR("1"));
	assert_true(buf_is_full(&b));
	assert_int_equal(b.len, FRAME_HEAD_BYTES + 5);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_piece_is_no_frame),
		cmocka_unit_test(too_long_or_empty_is_an_error_at_once),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
