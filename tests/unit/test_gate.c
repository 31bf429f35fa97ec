/*
 * Dials to one network are spread, each has its own time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/gate.h"

static void
a_burst_goes_at_once_and_the_rest_in_order(void **state)
{
	struct gates g;

	(void)state;
	gates_init(&g);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    gate_reserve(&g, STR("net"), 3, 1000, 5000), 5000);
	for (int i = 1; i <= 200; i++)
		assert_int_equal(gate_reserve(&g, STR("net"), 3, 1000, 5000),
		    5000 + i * 1000);
	gates_release(&g);
}

static void
networks_do_not_wait_for_each_other(void **state)
{
	struct gates g;

	(void)state;
	gates_init(&g);
	assert_int_equal(gate_reserve(&g, STR("a"), 1, 1000, 0), 0);
	assert_int_equal(gate_reserve(&g, STR("a"), 1, 1000, 0), 1000);
	assert_int_equal(gate_reserve(&g, STR("b"), 1, 1000, 0), 0);
	gates_release(&g);
}

static void
the_burst_comes_back_with_time(void **state)
{
	struct gates g;

	(void)state;
	gates_init(&g);
	for (int i = 0; i < 4; i++)
		(void)gate_reserve(&g, STR("net"), 2, 1000, 0);
	/* Two are still to come, at 1000 and 2000. */
	assert_int_equal(gate_reserve(&g, STR("net"), 2, 1000, 2500), 3000);
	assert_int_equal(gate_reserve(&g, STR("net"), 2, 1000, 60000), 60000);
	assert_int_equal(gate_reserve(&g, STR("net"), 2, 1000, 60000), 60000);
	assert_int_equal(gate_reserve(&g, STR("net"), 2, 1000, 60000), 61000);
	gates_release(&g);
}

static void
an_interval_of_zero_lets_everybody_through(void **state)
{
	struct gates g;

	(void)state;
	gates_init(&g);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(gate_reserve(&g, STR("net"), 1, 0, 7), 7);
	gates_release(&g);
}

static void
idle_networks_are_forgotten(void **state)
{
	struct gates g;
	char name[16];

	(void)state;
	gates_init(&g);
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		(void)gate_reserve(&g, str_c(name), 1, 1000, i * 10);
		assert_true(g.by_network.n <= GATE_IDLE_MAX + 1);
	}
	gates_release(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_goes_at_once_and_the_rest_in_order),
		cmocka_unit_test(networks_do_not_wait_for_each_other),
		cmocka_unit_test(the_burst_comes_back_with_time),
		cmocka_unit_test(an_interval_of_zero_lets_everybody_through),
		cmocka_unit_test(idle_networks_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
