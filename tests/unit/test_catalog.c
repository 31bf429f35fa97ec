/* The largest rooms of a network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/catalog.h"

static struct catalog c;

static void
add(const char *name, const char *text, uint64_t n)
{
	catalog_add(&c, str_c(name), str_c(text), n);
}

static void
expect_at(size_t i, const char *name)
{
	assert_true(str_is(catalog_name(catalog_at(&c, i)), name));
}

static void
the_largest_come_first_then_the_alphabet(void **state)
{
	(void)state;
	catalog_init(&c);
	add("#b", "x", 3);
	add("#z", "", 70);
	add("#a", "y", 3);
	add("#s", "", 1);
	catalog_sort(&c);
	expect_at(0, "#z");
	expect_at(1, "#a");
	expect_at(2, "#b");
	expect_at(3, "#s");
	assert_true(str_is(catalog_text(catalog_at(&c, 1)), "y"));
	catalog_release(&c);
	assert_int_equal(c.n, 0);
}

static void
names_are_found_in_any_case(void **state)
{
	(void)state;
	catalog_init(&c);
	add("#One", "", 2);
	add("#two", "", 1);
	catalog_sort(&c);
	assert_int_equal(catalog_find(&c, STR("#oNE")), 0);
	assert_int_equal(catalog_find(&c, STR("#two")), 1);
	assert_int_equal(catalog_find(&c, STR("#three")), 2);
	catalog_release(&c);
}

/* In any order of coming, also when it was read in between. */
static void
the_smallest_make_room(void **state)
{
	char name[32];
	uint64_t i;

	(void)state;
	catalog_init(&c);
	for (i = 0; i < 10000; i++) {
		uint64_t n = (i * 7919) % 10000;

		snprintf(name, sizeof(name), "#%llu", (unsigned long long)n);
		add(name, "t", n);
		if (i % 1000 == 0)
			catalog_sort(&c);
	}
	catalog_sort(&c);
	assert_int_equal(c.n, CATALOG_MAX);
	for (i = 0; i < c.n; i++)
		assert_int_equal(catalog_at(&c, i)->n, 9999 - i);
	catalog_release(&c);
}

static void
long_topics_are_cut_and_bytes_are_bounded(void **state)
{
	char name[300], text[5000];
	size_t i;

	(void)state;
	catalog_init(&c);
	memset(text, 't', sizeof(text));
	for (i = 0; i < CATALOG_MAX; i++) {
		memset(name, 'n', sizeof(name));
		snprintf(name, 8, "#%05zu", i);
		name[6] = 'n';
		catalog_add(
		    &c, str_of(name, sizeof(name)), str_of(text, 5000), i);
	}
	assert_true(c.nbytes <= CATALOG_BYTES);
	catalog_sort(&c);
	assert_int_equal(catalog_at(&c, 0)->n, CATALOG_MAX - 1);
	assert_int_equal(catalog_text(catalog_at(&c, 0)).len, CATALOG_TEXT_MAX);
	catalog_release(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_come_first_then_the_alphabet),
		cmocka_unit_test(names_are_found_in_any_case),
		cmocka_unit_test(the_smallest_make_room),
		cmocka_unit_test(long_topics_are_cut_and_bytes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
