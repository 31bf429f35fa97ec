#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"

/* What holds after every call, whatever it was. */
static void
check(const struct buf *b)
{
	assert_non_null(b->p);
	assert_int_equal(b->p[b->len], '\0');
	assert_true(b->len <= b->max);
	assert_true(b->room <= b->max - b->len);
	if (b->base)
		assert_true(b->p + b->len + b->room < b->base + b->cap);
	else
		assert_int_equal(b->room, 0);
}

static void
an_empty_buffer_is_an_empty_string(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	check(&b);
	assert_string_equal(b.p, "");
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	assert_int_equal(buf_add_str(&b, STR_EMPTY), 0);
	assert_int_equal(buf_addf(&b, "%s", ""), 0);
	buf_clear(&b);
	buf_trim(&b);
	buf_drop(&b, 0);
	buf_truncate(&b, 0);
	check(&b);
	assert_null(b.base);
	buf_release(&b);
	check(&b);
}

static void
what_is_added_stands_in_order_and_is_terminated(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_add(&b, "NICK ", 5);
	buf_addc(&b, 'r');
	buf_add_str(&b, STR("omeo"));
	buf_addf(&b, " %d%s", 12, "\r\n");
	check(&b);
	assert_string_equal(b.p, "NICK romeo 12\r\n");
	assert_true(str_eq(buf_str(&b), STR("NICK romeo 12\r\n")));
	buf_release(&b);
}

static void
the_ceiling_itself_can_be_reached(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < 100; i++) {
		assert_int_equal(buf_addc(&b, 'x'), 0);
		check(&b);
	}
	assert_int_equal(b.len, 100);
	assert_false(buf_is_full(&b));
	assert_int_equal(buf_addc(&b, 'x'), -1);
	assert_true(buf_is_full(&b));
	assert_int_equal(b.len, 100);
	buf_release(&b);
}

static void
an_addition_over_the_ceiling_is_refused_whole_and_for_good(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(buf_add(&b, "12345", 5), 0);
	assert_int_equal(buf_add(&b, "6789", 4), -1);
	check(&b);
	assert_string_equal(b.p, "12345");
	assert_int_equal(buf_addc(&b, '6'), -1);
	assert_int_equal(buf_add(&b, "", 0), -1);
	assert_int_equal(buf_addf(&b, "%s", "6"), -1);
	assert_int_equal(buf_addf(&b, "%s", ""), -1);
	assert_null(buf_reserve(&b, 0));
	buf_drop(&b, 5);
	assert_int_equal(buf_addc(&b, '6'), -1);
	buf_trim(&b);
	assert_true(buf_is_full(&b));
	buf_clear(&b);
	assert_int_equal(buf_add(&b, "12345678", 8), 0);
	check(&b);
	buf_release(&b);
}

static void
a_refused_format_leaves_no_trace(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_add(&b, "12345", 5);
	assert_int_equal(buf_addf(&b, "%s", "abcdef"), -1);
	check(&b);
	assert_string_equal(b.p, "12345");
	buf_release(&b);
}

static void
a_format_longer_than_the_room_is_written_whole(void **state)
{
	char longer[300];
	struct buf b;

	(void)state;
	memset(longer, 'y', sizeof(longer));
	buf_init(&b, 1000);
	buf_addf(&b, "%.*s", 300, longer);
	assert_int_equal(b.len, 300);
	buf_addf(&b, "<%.*s>", 300, longer);
	check(&b);
	assert_int_equal(b.len, 602);
	assert_int_equal(b.p[300], '<');
	assert_int_equal(b.p[601], '>');
	buf_release(&b);
}

static void
reserved_room_is_used_as_far_as_it_is_needed(void **state)
{
	struct buf b;
	char *to;

	(void)state;
	buf_init(&b, 100);
	buf_addc(&b, 'a');
	to = buf_reserve(&b, 50);
	assert_non_null(to);
	memset(to, 'b', 50);
	buf_added(&b, 0);
	check(&b);
	assert_string_equal(b.p, "a");
	to = buf_reserve(&b, 99);
	assert_non_null(to);
	memset(to, 'b', 99);
	buf_added(&b, 2);
	check(&b);
	assert_string_equal(b.p, "abb");
	assert_null(buf_reserve(&b, 98));
	buf_release(&b);
}

static void
dropping_moves_nothing_until_room_is_needed(void **state)
{
	struct buf b;
	const char *p;

	(void)state;
	buf_init(&b, 100);
	buf_add(&b, "0123456789", 10);
	p = b.p;
	buf_drop(&b, 4);
	check(&b);
	assert_ptr_equal(b.p, p + 4);
	assert_string_equal(b.p, "456789");
	buf_drop(&b, 6);
	check(&b);
	assert_ptr_equal(b.p, p);
	buf_release(&b);
}

static void
what_is_dropped_makes_room_below_the_ceiling(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, 10);
	buf_add(&b, "0123456789", 10);
	for (i = 0; i < 1000; i++) {
		buf_drop(&b, 3);
		assert_int_equal(buf_add(&b, "xyz", 3), 0);
		check(&b);
		assert_int_equal(b.len, 10);
	}
	assert_true(b.cap <= 64);
	buf_release(&b);
}

static void
a_long_queue_moves_as_a_whole_only_now_and_then(void **state)
{
	enum { LEN = 60000, ROUNDS = 200000 };
	size_t i, moves = 0;
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	for (i = 0; i < LEN; i++)
		buf_addc(&b, 'x');
	for (i = 0; i < ROUNDS; i++) {
		size_t before;

		buf_drop(&b, 1);
		before = (size_t)(b.p - b.base);
		buf_addc(&b, 'y');
		moves += (size_t)(b.p - b.base) < before;
	}
	check(&b);
	assert_int_equal(b.len, LEN);
	assert_true(moves < 20);
	assert_true(b.cap <= 4 * LEN);
	buf_release(&b);
}

static void
truncating_undoes_an_addition_and_an_overflow(void **state)
{
	struct buf b;
	size_t mark;

	(void)state;
	buf_init(&b, 10);
	buf_add(&b, "keep", 4);
	mark = b.len;
	buf_add(&b, "gone", 4);
	buf_add(&b, "too long", 8);
	assert_true(buf_is_full(&b));
	buf_truncate(&b, mark);
	check(&b);
	assert_string_equal(b.p, "keep");
	assert_int_equal(buf_add(&b, "123456", 6), 0);
	buf_release(&b);
}

static void
memory_is_kept_by_clear_and_given_back_by_trim(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_add(&b, "abc", 3);
	buf_trim(&b);
	assert_string_equal(b.p, "abc");
	buf_clear(&b);
	assert_non_null(b.base);
	buf_trim(&b);
	assert_null(b.base);
	check(&b);
	assert_int_equal(buf_add(&b, "abc", 3), 0);
	buf_release(&b);
	assert_null(b.base);
}

/* The same steps on a plain array; 40,000 of them hit every corner. */
static void
any_mixture_of_calls_keeps_the_promises(void **state)
{
	enum { MAX = 300 };
	char model[MAX + 1];
	size_t len = 0, n;
	unsigned seed = 1;
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, MAX);
	for (i = 0; i < 40000; i++) {
		char byte = (char)('a' + i % 26);

		seed = seed * 1103515245 + 12345;
		n = (seed >> 8) % 40;
		switch (seed >> 29) {
		case 0:
			n = n < len ? n : len;
			buf_drop(&b, n);
			memmove(model, model + n, len - n);
			len -= n;
			break;
		case 1:
			n = n < len ? n : len;
			buf_truncate(&b, len - n);
			len -= n;
			break;
		case 2:
			if (len == 0)
				buf_trim(&b);
			break;
		default:
			if (n > MAX - len) {
				buf_truncate(&b, 0);
				len = 0;
			}
			memset(model + len, byte, n);
			if (seed & 1) {
				buf_add(&b, model + len, n);
			} else {
				model[len + n] = '\0';
				buf_addf(&b, "%s", model + len);
			}
			len += n;
		}
		check(&b);
		assert_int_equal(b.len, len);
		assert_memory_equal(b.p, model, len);
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_an_empty_string),
		cmocka_unit_test(
		    what_is_added_stands_in_order_and_is_terminated),
		cmocka_unit_test(the_ceiling_itself_can_be_reached),
		cmocka_unit_test(
		    an_addition_over_the_ceiling_is_refused_whole_and_for_good),
		cmocka_unit_test(a_refused_format_leaves_no_trace),
		cmocka_unit_test(
		    a_format_longer_than_the_room_is_written_whole),
		cmocka_unit_test(reserved_room_is_used_as_far_as_it_is_needed),
		cmocka_unit_test(dropping_moves_nothing_until_room_is_needed),
		cmocka_unit_test(what_is_dropped_makes_room_below_the_ceiling),
		cmocka_unit_test(
		    a_long_queue_moves_as_a_whole_only_now_and_then),
		cmocka_unit_test(truncating_undoes_an_addition_and_an_overflow),
		cmocka_unit_test(
		    memory_is_kept_by_clear_and_given_back_by_trim),
		cmocka_unit_test(any_mixture_of_calls_keeps_the_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
