#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/clock.h"

/* Writes its name down when it fires. */
struct bell {
	char name;
	int again_ms; /* set again this much later; -1: not */
	struct bell *cancels, *sets;
	struct timer timer;
};

static struct clock clk;
static struct buf rung;

static void
on_bell(struct timer *t)
{
	struct bell *b = TIMER_OWNER(t, struct bell, timer);

	assert_false(timer_is_set(t));
	buf_addc(&rung, b->name);
	if (b->cancels)
		timer_cancel(&b->cancels->timer);
	if (b->sets)
		timer_set(&b->sets->timer, &clk, clk.at);
	if (b->again_ms >= 0)
		timer_set(t, &clk, clk.at + b->again_ms);
}

static void
bell_init(struct bell *b, char name)
{
	*b = (struct bell){ .name = name, .again_ms = -1 };
	timer_init(&b->timer, on_bell);
}

static const char *
advance(int64_t at)
{
	buf_clear(&rung);
	clock_advance(&clk, at, 1000000 + at);
	return rung.p;
}

static int
set_up(void **state)
{
	(void)state;
	clock_init(&clk, 100, 1000100);
	buf_init(&rung, 1 << 20);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	clock_release(&clk);
	buf_release(&rung);
	return 0;
}

static void
time_is_what_it_was_set_to(void **state)
{
	(void)state;
	assert_int_equal(clk.at, 100);
	assert_int_equal(clk.utc, 1000100);
	assert_int_equal(clock_next(&clk), -1);
	advance(250);
	assert_int_equal(clk.at, 250);
	assert_int_equal(clk.utc, 1000250);
}

static void
timers_fire_in_the_order_they_are_due(void **state)
{
	struct bell a, b, c;

	(void)state;
	bell_init(&a, 'a');
	bell_init(&b, 'b');
	bell_init(&c, 'c');
	timer_set(&c.timer, &clk, 300);
	timer_set(&a.timer, &clk, 150);
	timer_set(&b.timer, &clk, 200);
	assert_int_equal(clock_next(&clk), 150);
	assert_string_equal(advance(149), "");
	assert_string_equal(advance(150), "a");
	assert_int_equal(clock_next(&clk), 200);
	assert_string_equal(advance(1000), "bc");
	assert_int_equal(clock_next(&clk), -1);
}

static void
timers_due_at_the_same_time_fire_in_the_order_they_were_set(void **state)
{
	struct bell b[26];
	int i;

	(void)state;
	for (i = 0; i < 26; i++) {
		bell_init(&b[i], (char)('a' + i));
		timer_set(&b[i].timer, &clk, 500);
	}
	timer_set(&b[0].timer, &clk, 500);
	assert_string_equal(advance(500), "bcdefghijklmnopqrstuvwxyza");
}

static void
a_timer_that_is_set_again_fires_once_at_its_new_time(void **state)
{
	struct bell a, b;

	(void)state;
	bell_init(&a, 'a');
	bell_init(&b, 'b');
	timer_set(&a.timer, &clk, 200);
	timer_set(&b.timer, &clk, 250);
	timer_set(&a.timer, &clk, 300);
	assert_int_equal(clock_next(&clk), 250);
	assert_string_equal(advance(299), "b");
	assert_string_equal(advance(300), "a");
	timer_set(&a.timer, &clk, 900);
	timer_set(&b.timer, &clk, 800);
	timer_set(&a.timer, &clk, 400);
	assert_int_equal(clock_next(&clk), 400);
	assert_string_equal(advance(899), "ab");
	assert_string_equal(advance(900), "");
}

static void
a_cancelled_timer_does_not_fire(void **state)
{
	struct bell a, b;

	(void)state;
	bell_init(&a, 'a');
	bell_init(&b, 'b');
	timer_cancel(&a.timer);
	timer_set(&a.timer, &clk, 200);
	timer_set(&b.timer, &clk, 200);
	assert_true(timer_is_set(&a.timer));
	timer_cancel(&a.timer);
	timer_cancel(&a.timer);
	assert_false(timer_is_set(&a.timer));
	assert_string_equal(advance(200), "b");
}

static void
a_time_that_has_passed_is_due_at_once(void **state)
{
	struct bell a;

	(void)state;
	bell_init(&a, 'a');
	timer_set(&a.timer, &clk, 5);
	assert_int_equal(clock_next(&clk), 100);
	assert_string_equal(advance(100), "a");
}

static void
a_callback_may_cancel_and_set_any_timer(void **state)
{
	struct bell a, b, c;

	(void)state;
	bell_init(&a, 'a');
	bell_init(&b, 'b');
	bell_init(&c, 'c');
	a.cancels = &b;
	a.sets = &c;
	timer_set(&a.timer, &clk, 200);
	timer_set(&b.timer, &clk, 200);
	assert_string_equal(advance(200), "a");
	assert_int_equal(clock_next(&clk), 200);
	assert_string_equal(advance(200), "c");
}

static void
a_timer_that_sets_itself_keeps_nobody_from_his_turn(void **state)
{
	struct bell a, b;

	(void)state;
	bell_init(&a, 'a');
	bell_init(&b, 'b');
	a.again_ms = 0;
	timer_set(&a.timer, &clk, 110);
	timer_set(&b.timer, &clk, 120);
	assert_string_equal(advance(130), "ab");
	assert_string_equal(advance(130), "a");
	assert_string_equal(advance(140), "a");
	timer_cancel(&a.timer);
}

static void
free_owner(struct timer *t)
{
	buf_addc(&rung, 'f');
	free(TIMER_OWNER(t, struct bell, timer));
}

static void
a_callback_may_free_its_timer(void **state)
{
	struct bell *b = calloc(1, sizeof(*b));

	(void)state;
	assert_non_null(b);
	timer_init(&b->timer, free_owner);
	timer_set(&b->timer, &clk, 200);
	assert_string_equal(advance(200), "f");
}

static void
release_unsets_what_was_set(void **state)
{
	struct bell a;

	(void)state;
	bell_init(&a, 'a');
	timer_set(&a.timer, &clk, 200);
	clock_release(&clk);
	assert_false(timer_is_set(&a.timer));
	timer_cancel(&a.timer);
	assert_int_equal(clock_next(&clk), -1);
}

static void
a_timer_may_change_its_clock(void **state)
{
	struct clock other;
	struct bell a;

	(void)state;
	clock_init(&other, 0, 0);
	bell_init(&a, 'a');
	timer_set(&a.timer, &other, 50);
	timer_set(&a.timer, &clk, 200);
	assert_int_equal(clock_next(&other), -1);
	assert_string_equal(advance(200), "a");
	clock_release(&other);
}

enum { CROWD = 500 };

static struct {
	struct timer timer;
	int64_t due_at;  /* -1: not set */
	unsigned long n; /* which timer_set() it was */
} crowd[CROWD];
static int64_t last_due_at;
static unsigned long last_n, nset;

static void
on_crowd(struct timer *t)
{
	size_t i = (size_t)((char *)t - (char *)crowd) / sizeof(crowd[0]);

	assert_int_not_equal(crowd[i].due_at, -1);
	assert_true(crowd[i].due_at <= clk.at);
	assert_true(crowd[i].due_at > last_due_at ||
	    (crowd[i].due_at == last_due_at && crowd[i].n > last_n));
	last_due_at = crowd[i].due_at;
	last_n = crowd[i].n;
	crowd[i].due_at = -1;
}

static int64_t
earliest(void)
{
	int64_t at = -1;
	size_t i;

	for (i = 0; i < CROWD; i++)
		if (crowd[i].due_at >= 0 && (at < 0 || crowd[i].due_at < at))
			at = crowd[i].due_at;
	return at;
}

/* Against a plain array that is searched. */
static void
a_crowd_set_moved_and_cancelled_at_random_keeps_order(void **state)
{
	unsigned seed = 7;
	int64_t at = 100;
	size_t i, round;

	(void)state;
	for (i = 0; i < CROWD; i++) {
		timer_init(&crowd[i].timer, on_crowd);
		crowd[i].due_at = -1;
	}
	for (round = 0; round < 20000; round++) {
		seed = seed * 1103515245 + 12345;
		i = (seed >> 8) % CROWD;
		if (seed >> 30 == 0) {
			timer_cancel(&crowd[i].timer);
			crowd[i].due_at = -1;
		} else {
			crowd[i].due_at = at + (seed >> 20) % 300;
			crowd[i].n = ++nset;
			timer_set(&crowd[i].timer, &clk, crowd[i].due_at);
		}
		if (round % 16 == 0)
			assert_int_equal(clock_next(&clk), earliest());
		if (round % 8 == 0) {
			at += (seed >> 16) % 8;
			last_due_at = -1;
			clock_advance(&clk, at, at);
			assert_true(earliest() < 0 || earliest() > at);
		}
	}
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(time_is_what_it_was_set_to),
		TEST(timers_fire_in_the_order_they_are_due),
		TEST(
		    timers_due_at_the_same_time_fire_in_the_order_they_were_set),
		TEST(a_timer_that_is_set_again_fires_once_at_its_new_time),
		TEST(a_cancelled_timer_does_not_fire),
		TEST(a_time_that_has_passed_is_due_at_once),
		TEST(a_callback_may_cancel_and_set_any_timer),
		TEST(a_timer_that_sets_itself_keeps_nobody_from_his_turn),
		TEST(a_callback_may_free_its_timer),
		TEST(release_unsets_what_was_set),
		TEST(a_timer_may_change_its_clock),
		TEST(a_crowd_set_moved_and_cancelled_at_random_keeps_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
