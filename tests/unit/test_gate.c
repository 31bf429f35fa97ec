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
a_turn_given_back_is_the_next_ones(void **state)
{
	struct gates g;
	struct str net = STR("net");

	(void)state;
	gates_init(&g);
	gate_return(&g, net, 5); /* of a gate that nobody knows */
	for (int i = 0; i < 4; i++)
		assert_int_equal(gate_reserve(&g, net, 1, 1000, 0), i * 1000);
	gate_return(&g, net, 2000);
	gate_return(&g, net, 1000);
	assert_int_equal(gate_reserve(&g, net, 1, 1000, 500), 1000);
	/* Its time has come and gone, but nobody else's has since. */
	assert_int_equal(gate_reserve(&g, net, 1, 1000, 2900), 2900);
	assert_int_equal(gate_reserve(&g, net, 1, 1000, 2900), 4000);
	gate_return(&g, net, 4000);
	assert_int_equal(gate_reserve(&g, net, 1, 1000, 5500), 5500);
	assert_int_equal(gate_reserve(&g, net, 1, 1000, 5500), 6500);
	for (int i = 0; i < 2 * GATE_SPARE; i++)
		gate_return(&g, net, 6000);
	for (int i = 0; i < GATE_SPARE; i++)
		assert_int_equal(gate_reserve(&g, net, 1, 1000, 5500), 6000);
	assert_int_equal(gate_reserve(&g, net, 1, 1000, 5500), 7500);
	gates_release(&g);
}

/* What is free in the pause is free for nobody. */
static void
a_turn_given_back_opens_no_gate_that_is_shut(void **state)
{
	struct gates g;
	struct str net = STR("net");

	(void)state;
	gates_init(&g);
	(void)gate_reserve(&g, net, 1, 1000, 0);
	gate_return(&g, net, gate_reserve(&g, net, 1, 1000, 0));
	for (int i = 0; i < GATE_USERS; i++)
		(void)gate_turned_away(&g, net,
		    str_c((char[]){ (char)('a' + i), '\0' }), STR("no"), 0);
	assert_int_equal(gate_reserve(&g, net, 1, 1000, 500), GATE_PAUSE_MS);
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

static void
one_user_means_himself_and_three_mean_us(void **state)
{
	struct gates g;
	struct str net = STR("net"), why = STR("throttled");

	(void)state;
	gates_init(&g);
	for (int i = 0; i < 10; i++)
		assert_int_equal(
		    gate_turned_away(&g, net, STR("a@x"), why, i), 0);
	assert_int_equal(gate_turned_away(&g, net, STR("b@x"), why, 10), 0);
	/* Those two were long ago. */
	assert_int_equal(gate_turned_away(&g, net, STR("c@x"), why, 70011), 0);
	assert_int_equal(gate_pauses(&g, net), 0);
	assert_int_equal(gate_turned_away(&g, net, STR("d@x"), why, 70012), 0);
	assert_int_equal(
	    gate_turned_away(&g, net, STR("a@x"), why, 70013), GATE_PAUSE_MS);
	assert_int_equal(gate_shut_until(&g, net, 70013), 70013 + 60000);
	assert_true(str_is(gate_why(&g, net), "throttled"));
	assert_int_equal(gate_pauses(&g, STR("other")), 0);
	gates_release(&g);
}

static void
shut(struct gates *g, int64_t now_at)
{
	struct str net = STR("net"), why = STR("no");

	assert_int_equal(gate_turned_away(g, net, STR("a"), why, now_at), 0);
	assert_int_equal(gate_turned_away(g, net, STR("b"), why, now_at), 0);
	assert_int_equal(
	    gate_turned_away(g, net, STR("c"), why, now_at), GATE_PAUSE_MS);
}

static void
after_the_pause_one_at_a_time_tries(void **state)
{
	struct gates g;
	struct str net = STR("net");

	(void)state;
	gates_init(&g);
	shut(&g, 0);
	/* Without a burst, and without a pace all the same not before. */
	assert_int_equal(gate_reserve(&g, net, 10, 1000, 5), 60000);
	assert_int_equal(gate_reserve(&g, net, 10, 1000, 5), 61000);
	assert_false(gate_claim(&g, net, 59999));
	assert_true(gate_claim(&g, net, 60000));
	assert_false(gate_claim(&g, net, 61000));
	assert_int_equal(gate_reserve(&g, net, 10, 1000, 61000), 70000);
	assert_true(gate_claim(&g, net, 70000));
	/* Who was online before says nothing; who came after and stayed does. */
	assert_false(gate_let_in(&g, net, 59000));
	assert_true(gate_let_in(&g, net, 60000));
	assert_true(gate_claim(&g, net, 70001));
	assert_false(gate_let_in(&g, net, 70001));
	gates_release(&g);
}

static void
each_pause_is_twice_the_last_up_to_an_hour(void **state)
{
	struct gates g;
	struct str net = STR("net");
	int64_t now_at = 60000, pause = 2 * GATE_PAUSE_MS;

	(void)state;
	gates_init(&g);
	shut(&g, 0);
	/* Who had dialled before counts once. */
	assert_int_equal(
	    gate_turned_away(&g, net, STR("d"), STR("no"), 100), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(
		    gate_turned_away(&g, net, STR("d"), STR("no"), now_at),
		    pause);
		now_at += pause;
		pause = pause * 2 > GATE_PAUSE_MAX_MS ? GATE_PAUSE_MAX_MS
		                                      : pause * 2;
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
		cmocka_unit_test(a_turn_given_back_is_the_next_ones),
		cmocka_unit_test(a_turn_given_back_opens_no_gate_that_is_shut),
		cmocka_unit_test(one_user_means_himself_and_three_mean_us),
		cmocka_unit_test(after_the_pause_one_at_a_time_tries),
		cmocka_unit_test(each_pause_is_twice_the_last_up_to_an_hour),
		cmocka_unit_test(an_interval_of_zero_lets_everybody_through),
		cmocka_unit_test(idle_networks_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
