#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/str.h"

static void
slices_are_equal_by_their_bytes(void **state)
{
	(void)state;
	assert_true(str_eq(STR("a\0b"), str_of("a\0bc", 3)));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_false(str_eq(STR("a"), STR("ab")));
	assert_true(str_eq(STR(""), str_of(NULL, 0)));
	assert_true(str_is(STR("abc"), "abc"));
	assert_true(str_is(STR_EMPTY, NULL));
	assert_int_equal(str_c(NULL).len, 0);
}

static void
case_matters_only_for_ascii_letters(void **state)
{
	(void)state;
	assert_true(str_eq_nocase(STR("PRIVMSG"), STR("privMsg")));
	assert_false(str_eq_nocase(STR("[x]"), STR("{x}")));
	assert_false(str_eq_nocase(STR("@"), STR("`")));
	assert_false(str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
	assert_false(str_eq_nocase(STR("a"), STR("ab")));
	assert_true(str_eq_nocase(STR_EMPTY, str_of(NULL, 0)));
}

static void
order_is_that_of_unsigned_bytes(void **state)
{
	(void)state;
	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("a"), STR("aa")) < 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
	assert_int_equal(str_cmp(STR("x"), STR("x")), 0);
	assert_int_equal(str_cmp(STR_EMPTY, str_of(NULL, 0)), 0);
	assert_true(str_cmp(STR_EMPTY, STR("a")) < 0);
}

static void
beginnings_and_ends_are_recognised(void **state)
{
	(void)state;
	assert_true(str_starts(STR("#chan"), STR("#")));
	assert_true(str_starts(STR("x"), STR_EMPTY));
	assert_false(str_starts(STR("#"), STR("#c")));
	assert_true(str_ends(STR("a.example"), STR(".example")));
	assert_true(str_ends(STR("x"), STR_EMPTY));
	assert_false(str_ends(STR("example"), STR(".example")));
}

static void
the_first_occurrence_is_found(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("a%b%c"), '%'), 1);
	assert_int_equal(str_find(STR("abc"), '%'), -1);
	assert_int_equal(str_find(str_of(NULL, 0), '%'), -1);
	assert_int_equal(str_find(STR("a\0b"), '\0'), 1);
	assert_true(str_has(STR("a b"), ' '));
	assert_false(str_has(STR_EMPTY, ' '));
}

static void
skip_and_head_never_leave_the_slice(void **state)
{
	struct str s = STR("abc");

	(void)state;
	assert_true(str_is(str_skip(s, 1), "bc"));
	assert_int_equal(str_skip(s, 4).len, 0);
	assert_int_equal(str_skip(str_of(NULL, 0), 4).len, 0);
	assert_true(str_is(str_head(s, 2), "ab"));
	assert_true(str_is(str_head(s, 9), "abc"));
}

static void
trim_takes_white_space_at_both_ends_only(void **state)
{
	(void)state;
	assert_true(str_is(str_trim(STR(" \t\r\na b\r\n ")), "a b"));
	assert_int_equal(str_trim(STR(" \t ")).len, 0);
	assert_int_equal(str_trim(str_of(NULL, 0)).len, 0);
}

static void
cut_gives_every_part_once_and_empty_ones_too(void **state)
{
	struct str rest = STR("a,,b,"), part;

	(void)state;
	assert_true(str_cut(&rest, ',', &part));
	assert_true(str_is(part, "a"));
	assert_true(str_cut(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_true(str_cut(&rest, ',', &part));
	assert_true(str_is(part, "b"));
	assert_true(str_cut(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_false(str_cut(&rest, ',', &part));
	assert_null(rest.p);
	assert_false(str_cut(&rest, ',', &part));
}

static void
cut_of_an_empty_slice_gives_one_empty_part(void **state)
{
	struct str rest = STR_EMPTY, part = STR("x");

	(void)state;
	assert_true(str_cut(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_false(str_cut(&rest, ',', &part));
}

static void
numbers_are_digits_only_and_at_most_max(void **state)
{
	static const struct {
		const char *in, *why;
		uint64_t max, n;
		bool ok;
	} rows[] = {
		{ "0", "zero", 9, 0, true },
		{ "007", "leading zeros", 9, 7, true },
		{ "65535", "the ceiling itself", 65535, 65535, true },
		{ "65536", "one over it", 65535, 0, false },
		{ "9", "digit over a small ceiling", 5, 0, false },
		{ "18446744073709551615", "2^64 - 1", UINT64_MAX, UINT64_MAX,
		    true },
		{ "18446744073709551616", "2^64", UINT64_MAX, 0, false },
		{ "99999999999999999999999", "far over", UINT64_MAX, 0, false },
		{ "", "nothing", 9, 0, false },
		{ "+1", "sign", 9, 0, false },
		{ "-1", "sign", 9, 0, false },
		{ " 1", "space", 9, 0, false },
		{ "1 ", "space behind", 9, 0, false },
		{ "0x1", "hexadecimal", 9, 0, false },
	};
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = 77;
		if (str_to_uint(str_c(rows[i].in), rows[i].max, &n) !=
		        rows[i].ok ||
		    n != (rows[i].ok ? rows[i].n : 77))
			fail_msg("\"%s\": %s", rows[i].in, rows[i].why);
	}
}

static void
a_copy_is_terminated(void **state)
{
	char *z = str_dup(str_of("abcdef", 3)), *empty = str_dup(STR_EMPTY);

	(void)state;
	assert_string_equal(z, "abc");
	assert_string_equal(empty, "");
	free(z);
	free(empty);
}

static void
store_may_copy_from_what_it_replaces(void **state)
{
	char *z = NULL;

	(void)state;
	str_store(&z, STR("nickname"));
	str_store(&z, str_skip(str_c(z), 4));
	assert_string_equal(z, "name");
	free(z);
}

static void
a_hex_digit_has_a_value(void **state)
{
	(void)state;
	assert_int_equal(str_hex_digit('0'), 0);
	assert_int_equal(str_hex_digit('9'), 9);
	assert_int_equal(str_hex_digit('a'), 10);
	assert_int_equal(str_hex_digit('F'), 15);
	assert_int_equal(str_hex_digit('g'), -1);
	assert_int_equal(str_hex_digit('\0'), -1);
	assert_int_equal(str_hex_digit('/'), -1);
}

/* Fowler, Noll and Vo publish these. */
static void
spreading_is_the_same_everywhere(void **state)
{
	(void)state;
	assert_int_equal(str_spread(STR_EMPTY), 0x811c9dc5);
	assert_int_equal(str_spread(STR("a")), 0xe40c292c);
	assert_int_equal(str_spread(STR("foobar")), 0xbf9cf968);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hex_digit_has_a_value),
		cmocka_unit_test(slices_are_equal_by_their_bytes),
		cmocka_unit_test(case_matters_only_for_ascii_letters),
		cmocka_unit_test(order_is_that_of_unsigned_bytes),
		cmocka_unit_test(beginnings_and_ends_are_recognised),
		cmocka_unit_test(the_first_occurrence_is_found),
		cmocka_unit_test(skip_and_head_never_leave_the_slice),
		cmocka_unit_test(trim_takes_white_space_at_both_ends_only),
		cmocka_unit_test(cut_gives_every_part_once_and_empty_ones_too),
		cmocka_unit_test(cut_of_an_empty_slice_gives_one_empty_part),
		cmocka_unit_test(numbers_are_digits_only_and_at_most_max),
		cmocka_unit_test(a_copy_is_terminated),
		cmocka_unit_test(store_may_copy_from_what_it_replaces),
		cmocka_unit_test(spreading_is_the_same_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
