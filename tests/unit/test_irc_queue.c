#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_queue.h"

static struct irc_queue q;
static struct buf out;

static int
setup(void **state)
{
	(void)state;
	irc_queue_init(&q, 2, 1000);
	buf_init(&out, 1000000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	irc_queue_release(&q);
	assert_int_equal(q.n, 0);
	assert_int_equal(q.nbytes, 0);
	buf_release(&out);
	return 0;
}

static int
add(enum irc_rank rank, uint64_t lane, const char *text)
{
	return irc_queue_add(&q,
	    &(struct irc_line){
	        .rank = rank, .lane = lane, .text = str_c(text) });
}

/* All that may leave at this time, joined. */
static const char *
leaves(int64_t now)
{
	void *cookie;

	buf_clear(&out);
	while (irc_queue_pop(&q, now, &out, &cookie))
		;
	return out.p;
}

static void
a_burst_leaves_and_then_one_per_interval(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		add(IRC_RANK_USER, 1, "x");
	assert_string_equal(leaves(0), "xx");
	assert_int_equal(irc_queue_ready_at(&q, 0), 1000);
	assert_string_equal(leaves(999), "");
	assert_string_equal(leaves(1000), "x");
	assert_string_equal(leaves(60000), "xx");
	assert_int_equal(irc_queue_ready_at(&q, 60000), -1);
}

static void
pong_does_not_wait_behind_a_paste(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		add(IRC_RANK_USER, 1, "x");
	leaves(0);
	add(IRC_RANK_URGENT, 0, "PONG");
	assert_int_equal(irc_queue_ready_at(&q, 1), 1);
	assert_string_equal(leaves(1), "PONG");
}

static void
urgent_lines_cost_the_others_their_tokens(void **state)
{
	(void)state;
	add(IRC_RANK_URGENT, 0, "a");
	add(IRC_RANK_URGENT, 0, "b");
	add(IRC_RANK_URGENT, 0, "c");
	add(IRC_RANK_USER, 1, "x");
	assert_string_equal(leaves(0), "abc");
	assert_string_equal(leaves(1999), "");
	assert_string_equal(leaves(2000), "x");
}

static void
a_flood_of_urgent_lines_does_not_silence_the_others(void **state)
{
	(void)state;
	for (int i = 0; i < 500; i++) {
		add(IRC_RANK_URGENT, 0, "p");
		leaves(0);
	}
	add(IRC_RANK_USER, 1, "x");
	assert_string_equal(leaves(3000), "x");
}

static void
ranks_go_in_order(void **state)
{
	(void)state;
	add(IRC_RANK_DROPPABLE, 0, "d");
	add(IRC_RANK_HOUSE, 0, "h");
	add(IRC_RANK_USER, 0, "u");
	add(IRC_RANK_URGENT, 0, "U");
	assert_string_equal(leaves(0), "Uu");
	assert_string_equal(leaves(1000), "h");
	assert_string_equal(leaves(2000), "d");
}

static void
lanes_take_turns_and_keep_their_order(void **state)
{
	(void)state;
	irc_queue_release(&q);
	irc_queue_init(&q, 2, 0);
	add(IRC_RANK_USER, 1, "a1 ");
	add(IRC_RANK_USER, 1, "a2 ");
	add(IRC_RANK_USER, 1, "a3 ");
	add(IRC_RANK_USER, 2, "b1 ");
	add(IRC_RANK_USER, 3, "c1 ");
	add(IRC_RANK_USER, 2, "b2 ");
	assert_string_equal(leaves(0), "a1 b1 c1 a2 b2 a3 ");
}

static void
interval_zero_means_no_waiting(void **state)
{
	(void)state;
	irc_queue_release(&q);
	irc_queue_init(&q, 5, 0);
	for (int i = 0; i < 300; i++)
		add(IRC_RANK_USER, 1, "x");
	assert_int_equal(strlen(leaves(0)), 300);
}

static void
ceilings_of_lines_and_bytes_refuse(void **state)
{
	char big[4096];
	struct irc_line l = { .rank = IRC_RANK_USER,
		.text = { big, sizeof(big) } };
	size_t n = 0;

	(void)state;
	memset(big, 'x', sizeof(big));
	while (irc_queue_add(&q, &l) == 0)
		n++;
	assert_int_equal(n, IRC_QUEUE_BYTES / sizeof(big));
	assert_int_equal(add(IRC_RANK_URGENT, 0, "PONG"), 0);
	irc_queue_release(&q);
	for (n = 0; add(IRC_RANK_USER, n, "x") == 0; n++)
		;
	assert_int_equal(n, IRC_QUEUE_LINES);
	assert_int_equal(add(IRC_RANK_URGENT, 0, "PONG"), 0);
	irc_queue_release(&q);
	for (n = 0; add(IRC_RANK_DROPPABLE, 0, "x") == 0; n++)
		;
	assert_int_equal(n, IRC_QUEUE_DROPPABLE);
}

static void
cookies_come_back_with_their_line(void **state)
{
	int a, b;
	void *cookie;

	(void)state;
	irc_queue_add(&q,
	    &(struct irc_line){
	        .rank = IRC_RANK_USER, .text = STR("a"), .cookie = &a });
	irc_queue_add(&q,
	    &(struct irc_line){
	        .rank = IRC_RANK_URGENT, .text = STR("b"), .cookie = &b });
	assert_true(irc_queue_pop(&q, 0, &out, &cookie));
	assert_ptr_equal(cookie, &b);
	assert_true(irc_queue_pop(&q, 0, &out, &cookie));
	assert_ptr_equal(cookie, &a);
}

static void
delay_says_when_a_new_line_would_leave(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		int64_t delay = irc_queue_delay(&q, 100);

		assert_int_equal(delay, i < 2 ? 0 : (i - 1) * 1000);
		add(IRC_RANK_USER, 1, "x");
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_burst_leaves_and_then_one_per_interval),
		TEST(pong_does_not_wait_behind_a_paste),
		TEST(urgent_lines_cost_the_others_their_tokens),
		TEST(a_flood_of_urgent_lines_does_not_silence_the_others),
		TEST(ranks_go_in_order),
		TEST(lanes_take_turns_and_keep_their_order),
		TEST(interval_zero_means_no_waiting),
		TEST(ceilings_of_lines_and_bytes_refuse),
		TEST(cookies_come_back_with_their_line),
		TEST(delay_says_when_a_new_line_would_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
