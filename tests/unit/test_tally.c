#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/tally.h"

#define ROMEO  STR("romeo@example.org")
#define JULIET STR("juliet@example.org")
#define MAIN   STR("main")

static struct gw_spent
spent(const struct tallies *t, struct str user, struct str line, int64_t day)
{
	struct gw_spent s;

	tallies_sum(t, user, line, day, &s);
	return s;
}

static void
put(struct tallies *t, struct str user, int64_t day, int64_t units)
{
	struct tally one = { 1, units, 100 * units };

	tallies_put(t, user, MAIN, day, &one);
}

static void
each_user_and_all_of_them_are_counted_by_day(void **state)
{
	struct tallies *t = tallies_new();

	(void)state;
	put(t, ROMEO, 100, 3);
	put(t, ROMEO, 101, 1);
	put(t, JULIET, 101, 5);
	assert_int_equal(spent(t, ROMEO, MAIN, 101).nunits, 1);
	assert_int_equal(spent(t, ROMEO, MAIN, 100).nunits, 4);
	assert_int_equal(spent(t, ROMEO, MAIN, 100).nmessages, 2);
	assert_int_equal(spent(t, STR_EMPTY, MAIN, 101).nunits, 6);
	assert_int_equal(spent(t, STR_EMPTY, MAIN, 101).price, 600);
	assert_int_equal(spent(t, ROMEO, STR("other"), 100).nunits, 0);
	assert_int_equal(spent(t, ROMEO, MAIN, 102).nunits, 0);
	tallies_free(&t);
	assert_null(t);
}

static void
what_did_not_go_out_is_taken_off(void **state)
{
	struct tallies *t = tallies_new();
	struct tally back = { -1, -3, -300 };

	(void)state;
	put(t, ROMEO, 100, 3);
	tallies_put(t, ROMEO, MAIN, 100, &back);
	assert_int_equal(spent(t, ROMEO, MAIN, 100).nmessages, 0);
	assert_int_equal(spent(t, STR_EMPTY, MAIN, 100).price, 0);
	/* Never less than nothing. */
	tallies_put(t, ROMEO, MAIN, 100, &back);
	assert_int_equal(spent(t, ROMEO, MAIN, 100).nunits, 0);
	tallies_free(&t);
}

static void
a_week_later_a_day_is_forgotten(void **state)
{
	struct tallies *t = tallies_new();

	(void)state;
	put(t, ROMEO, 100, 3);
	for (int64_t day = 101; day < 100 + TALLY_DAYS; day++)
		put(t, ROMEO, day, 1);
	assert_int_equal(spent(t, ROMEO, MAIN, 100).nunits, 3 + TALLY_DAYS - 1);
	put(t, ROMEO, 100 + TALLY_DAYS, 1);
	assert_int_equal(spent(t, ROMEO, MAIN, 100).nunits, TALLY_DAYS);
	/* What comes late is of no day that is known. */
	put(t, ROMEO, 100, 50);
	assert_int_equal(spent(t, ROMEO, MAIN, 100).nunits, TALLY_DAYS);
	put(t, ROMEO, -1, 50);
	tallies_prune(t, 200);
	assert_int_equal(spent(t, ROMEO, MAIN, 100).nunits, 0);
	tallies_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_user_and_all_of_them_are_counted_by_day),
		cmocka_unit_test(what_did_not_go_out_is_taken_off),
		cmocka_unit_test(a_week_later_a_day_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
