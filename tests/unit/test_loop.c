/* The event loop: turns, hooks, time, signals, bells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "net/loop.h"

static char order[64];

static void
note(char c)
{
	size_t len = strlen(order);

	if (len + 1 < sizeof(order)) {
		order[len] = c;
		order[len + 1] = '\0';
	}
}

struct fixture {
	struct loop *loop;
	struct timer timer, second;
	struct loop_hook core, write, extra;
	int64_t fired_at;
	int count;
};

static struct fixture *fx;

static int
setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .loop = loop_new() };
	order[0] = '\0';
	*state = fx = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	loop_free(&f->loop);
	assert_null(f->loop);
	return 0;
}

static void
stop(struct timer *t)
{
	fx->fired_at = t->due_at;
	note('t');
	loop_stop(fx->loop);
}

static void
stop_after(struct timer *t, int64_t ms)
{
	struct clock *c = loop_clock(fx->loop);

	timer_init(t, stop);
	timer_set(t, c, c->at + ms);
}

static void
note_core(struct loop_hook *h)
{
	(void)h;
	note('c');
}

static void
note_write(struct loop_hook *h)
{
	(void)h;
	note('w');
}

static void
a_timer_fires_when_due_and_not_before(void **state)
{
	struct fixture *f = *state;
	struct clock *c = loop_clock(f->loop);
	int64_t begun_at = c->at;

	stop_after(&f->timer, 50);
	loop_run(f->loop);
	assert_true(c->at - begun_at >= 50);
	assert_true(c->at - begun_at < 1000);
	assert_true(c->utc > 1500000000000);
}

static void
timers_far_apart_all_fire_in_order(void **state)
{
	struct fixture *f = *state;

	stop_after(&f->second, 40);
	stop_after(&f->timer, 5);
	loop_run(f->loop);
	assert_int_equal(f->fired_at, f->timer.due_at);
	loop_run(f->loop);
	assert_int_equal(f->fired_at, f->second.due_at);
}

static void
hooks_run_by_rank_whatever_the_order_of_adding(void **state)
{
	struct fixture *f = *state;

	loop_hook_add(f->loop, &f->write, LOOP_RANK_WRITE, note_write);
	loop_hook_add(f->loop, &f->core, LOOP_RANK_CORE, note_core);
	stop_after(&f->timer, 1);
	loop_run(f->loop);
	assert_memory_equal(order, "cw", 2);
	loop_hook_del(&f->write);
	loop_hook_del(&f->core);
	loop_hook_del(&f->core);
}

static void
write_and_call_up_once(struct loop_hook *h)
{
	(void)h;
	note('w');
	if (fx->count++ == 0)
		loop_again(fx->loop);
}

static void
work_made_by_a_hook_is_seen_before_waiting(void **state)
{
	struct fixture *f = *state;

	loop_hook_add(
	    f->loop, &f->write, LOOP_RANK_WRITE, write_and_call_up_once);
	loop_hook_add(f->loop, &f->core, LOOP_RANK_CORE, note_core);
	stop_after(&f->timer, 20);
	loop_run(f->loop);
	assert_memory_equal(order, "cwcwt", 5);
	loop_hook_del(&f->write);
	loop_hook_del(&f->core);
}

static void
ask_again(struct loop_hook *h)
{
	(void)h;
	fx->count++;
	loop_again(fx->loop);
}

static void
hooks_that_never_rest_do_not_starve_timers(void **state)
{
	struct fixture *f = *state;

	loop_hook_add(f->loop, &f->core, LOOP_RANK_CORE, ask_again);
	stop_after(&f->timer, 20);
	loop_run(f->loop);
	assert_true(f->count > 16);
	loop_hook_del(&f->core);
}

static void
swap_hooks(struct loop_hook *h)
{
	note('s');
	loop_hook_del(h);
	loop_hook_del(&fx->write);
	loop_hook_add(fx->loop, &fx->extra, LOOP_RANK_CORE, note_core);
	loop_again(fx->loop);
}

static void
a_hook_may_delete_itself_and_others_and_add_one(void **state)
{
	struct fixture *f = *state;

	loop_hook_add(f->loop, &f->core, LOOP_RANK_CORE, swap_hooks);
	loop_hook_add(f->loop, &f->write, LOOP_RANK_CORE, note_write);
	stop_after(&f->timer, 1);
	loop_run(f->loop);
	assert_memory_equal(order, "sc", 2);
	assert_null(strchr(order, 'w'));
	loop_hook_del(&f->extra);
}

static void
a_hook_that_was_never_added_can_be_deleted(void **state)
{
	struct loop_hook h = { 0 };

	(void)state;
	loop_hook_del(&h);
}

static void
count_timer(struct timer *t)
{
	fx->count++;
	timer_set(t, loop_clock(fx->loop), loop_clock(fx->loop)->at);
}

static void
a_timer_that_is_always_due_does_not_block_the_loop(void **state)
{
	struct fixture *f = *state;

	timer_init(&f->second, count_timer);
	timer_set(&f->second, loop_clock(f->loop), 0);
	stop_after(&f->timer, 10);
	loop_run(f->loop);
	assert_true(f->count > 0);
	timer_cancel(&f->second);
}

static void
on_signal(int signum, void *arg)
{
	int *seen = arg;

	*seen = signum;
	loop_stop(fx->loop);
}

static void
a_signal_is_handled_on_the_loop(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	int seen = 0;

	assert_int_equal(
	    loop_on_signal(f->loop, SIGHUP, on_signal, &seen, &err), 0);
	kill(getpid(), SIGHUP);
	loop_run(f->loop);
	assert_int_equal(seen, SIGHUP);
}

static void
a_signal_that_cannot_be_watched_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	int seen = 0;

	assert_int_equal(
	    loop_on_signal(f->loop, SIGKILL, on_signal, &seen, &err), -1);
	assert_int_equal(err.kind, ERR_INTERNAL);
}

static void
on_bell(void *arg)
{
	struct fixture *f = arg;

	f->count++;
	f->fired_at = loop_clock(f->loop)->at;
	loop_stop(f->loop);
}

static void *
ring_late(void *arg)
{
	struct loop_bell *bell = arg;

	usleep(60000);
	loop_bell_ring(bell);
	return NULL;
}

static void
another_thread_rings_and_the_clock_has_moved_by_then(void **state)
{
	struct fixture *f = *state;
	struct loop_bell *bell = loop_bell_new(f->loop, on_bell, f);
	int64_t begun_at = loop_clock(f->loop)->at;
	pthread_t thread;

	pthread_create(&thread, NULL, ring_late, bell);
	loop_run(f->loop);
	pthread_join(thread, NULL);
	assert_int_equal(f->count, 1);
	assert_true(f->fired_at - begun_at >= 50);
	loop_bell_close(&bell);
	assert_null(bell);
}

static void
many_rings_are_one_call(void **state)
{
	struct fixture *f = *state;
	struct loop_bell *bell = loop_bell_new(f->loop, on_bell, f);

	for (int i = 0; i < 100; i++)
		loop_bell_ring(bell);
	loop_run(f->loop);
	stop_after(&f->timer, 10);
	loop_run(f->loop);
	assert_int_equal(f->count, 1);
	loop_bell_close(&bell);
}

static void
a_closed_bell_stays_silent(void **state)
{
	struct fixture *f = *state;
	struct loop_bell *bell = loop_bell_new(f->loop, on_bell, f);

	loop_bell_ring(bell);
	loop_bell_close(&bell);
	loop_bell_close(&bell);
	stop_after(&f->timer, 10);
	loop_run(f->loop);
	assert_int_equal(f->count, 0);
}

static void
work_long(void *arg)
{
	struct fixture *f = arg;

	f->count += 10;
}

static void
work_done(void *arg)
{
	struct fixture *f = arg;

	f->count++;
	loop_stop(f->loop);
}

static void
work_is_done_elsewhere_and_told_on_the_loop(void **state)
{
	struct fixture *f = *state;

	loop_work(f->loop, work_long, work_done, f);
	loop_run(f->loop);
	assert_int_equal(f->count, 11);
}

static void
writing_to_a_pipe_without_reader_does_not_kill_us(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	close(fd[0]);
	assert_int_equal(write(fd[1], "x", 1), -1);
	close(fd[1]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void
dawdle_then_stop(struct timer *t)
{
	(void)t;
	usleep(30000);
	loop_stop(fx->loop);
}

static void
the_longest_turn_is_told_once(void **state)
{
	(void)state;
	timer_init(&fx->timer, dawdle_then_stop);
	timer_set(
	    &fx->timer, loop_clock(fx->loop), loop_clock(fx->loop)->at + 5);
	loop_run(fx->loop);
	timer_init(&fx->timer, stop);
	timer_set(
	    &fx->timer, loop_clock(fx->loop), loop_clock(fx->loop)->at + 50);
	loop_run(fx->loop);
	assert_in_range(loop_take_longest_ms(fx->loop), 30, 2000);
	assert_in_range(loop_take_longest_ms(fx->loop), 0, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_timer_fires_when_due_and_not_before),
		T(timers_far_apart_all_fire_in_order),
		T(hooks_run_by_rank_whatever_the_order_of_adding),
		T(work_made_by_a_hook_is_seen_before_waiting),
		T(hooks_that_never_rest_do_not_starve_timers),
		T(a_hook_may_delete_itself_and_others_and_add_one),
		T(a_hook_that_was_never_added_can_be_deleted),
		T(a_timer_that_is_always_due_does_not_block_the_loop),
		T(a_signal_is_handled_on_the_loop),
		T(a_signal_that_cannot_be_watched_is_an_error),
		T(the_longest_turn_is_told_once),
		T(another_thread_rings_and_the_clock_has_moved_by_then),
		T(many_rings_are_one_call),
		T(a_closed_bell_stays_silent),
		T(work_is_done_elsewhere_and_told_on_the_loop),
		T(writing_to_a_pipe_without_reader_does_not_kill_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
