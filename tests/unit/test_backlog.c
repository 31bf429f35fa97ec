/* The last messages of a room: ceilings, and what a client asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/backlog.h"

static const struct backlog_wish all = { -1, -1, -1, 0 };

static void
say(struct backlog *b, const char *body, int64_t at)
{
	backlog_add(b,
	    &(struct backlog_word){ .id = STR("id"),
	        .from = STR("nick"),
	        .body = str_c(body),
	        .at_utc = at });
}

static size_t
count(const struct backlog *b, const struct backlog_wish *w)
{
	const struct backlog_line *l = backlog_from(b, w);
	size_t n = 0;

	for (; l; l = backlog_next(b, l))
		n++;
	return n;
}

static void
lines_come_back_in_order(void **state)
{
	const struct backlog_line *l;
	struct backlog b;

	(void)state;
	backlog_init(&b);
	say(&b, "one", 1000);
	say(&b, "two", 2000);
	l = backlog_from(&b, &all);
	assert_true(str_is(l->body, "one"));
	assert_true(str_is(l->from, "nick"));
	l = backlog_next(&b, l);
	assert_true(str_is(l->body, "two"));
	assert_null(backlog_next(&b, l));
	assert_ptr_equal(backlog_last(&b), l);
	backlog_release(&b);
}

static void
the_oldest_make_room_by_count(void **state)
{
	const struct backlog_wish many = { 1000, -1, -1, 0 };
	struct backlog b;
	int i;

	(void)state;
	backlog_init(&b);
	for (i = 0; i < 3 * BACKLOG_MAX; i++)
		say(&b, "x", i);
	assert_int_equal(b.n, BACKLOG_MAX);
	assert_int_equal(count(&b, &many), BACKLOG_MAX);
	assert_int_equal(backlog_from(&b, &many)->at_utc, 2 * BACKLOG_MAX);
	backlog_release(&b);
}

static void
the_oldest_make_room_by_bytes(void **state)
{
	static char big[10000];
	struct backlog b;
	int i;

	(void)state;
	backlog_init(&b);
	memset(big, 'x', sizeof(big));
	for (i = 0; i < 50; i++)
		backlog_add(&b,
		    &(struct backlog_word){
		        .id = STR("id"), .body = str_of(big, sizeof(big)) });
	assert_in_range(b.bytes, 1, BACKLOG_MAX_BYTES);
	assert_in_range(b.n, 1, 7);
	backlog_release(&b);
}

static void
a_wish_limits_lines_characters_and_time(void **state)
{
	const struct backlog_wish lines = { 2, -1, -1, 0 };
	const struct backlog_wish none = { 0, -1, -1, 0 };
	const struct backlog_wish chars = { -1, 7, -1, 0 };
	const struct backlog_wish since = { -1, -1, 3000, 0 };
	struct backlog b;

	(void)state;
	backlog_init(&b);
	say(&b, "one", 1000);
	say(&b, "zwölf", 2000);
	say(&b, "abc", 3000);
	say(&b, "def", 4000);
	assert_int_equal(count(&b, &lines), 2);
	assert_int_equal(count(&b, &none), 0);
	assert_int_equal(count(&b, &chars), 2);
	assert_int_equal(count(&b, &since), 2);
	backlog_release(&b);
}

static void
who_was_away_gets_what_came_after(void **state)
{
	struct backlog_wish w = all;
	struct backlog b;
	int i;

	(void)state;
	backlog_init(&b);
	for (i = 0; i < 60; i++)
		say(&b, "x", i);
	assert_int_equal(count(&b, &w), BACKLOG_DEFAULT_LINES);
	w.after_seq = BACKLOG_MAX + 10;
	assert_int_equal(count(&b, &w), 50);
	w.after_seq = BACKLOG_MAX + 60;
	assert_null(backlog_from(&b, &w));
	backlog_release(&b);
}

static void
what_was_before_goes_in_front_as_far_as_there_is_place(void **state)
{
	struct backlog_wish w = all;
	struct backlog b;
	int i;

	(void)state;
	backlog_init(&b);
	say(&b, "now", 1000);
	for (i = 1; i < BACKLOG_MAX; i++)
		assert_true(backlog_prepend(&b,
		    &(struct backlog_word){ .id = STR("x"),
		        .from = STR("juliet"),
		        .body = STR("before"),
		        .at_utc = 1000 - i }));
	assert_false(backlog_prepend(&b,
	    &(struct backlog_word){ .id = STR("x"),
	        .from = STR("juliet"),
	        .body = STR("too old"),
	        .at_utc = 1 }));
	assert_true(str_is(backlog_last(&b)->body, "now"));
	w.after_seq = backlog_last(&b)->seq - 1;
	assert_int_equal(count(&b, &w), 1);
	w.after_seq = 0;
	w.max_lines = BACKLOG_MAX;
	assert_int_equal(count(&b, &w), BACKLOG_MAX);
	assert_int_equal(
	    backlog_from(&b, &w)->at_utc, 1000 - (BACKLOG_MAX - 1));
	backlog_release(&b);
}

static void
what_was_not_said_after_all_is_forgotten(void **state)
{
	struct backlog_wish w = all;
	struct backlog b;

	(void)state;
	backlog_init(&b);
	backlog_add(&b,
	    &(struct backlog_word){ .id = STR("a"),
	        .from = STR("me"),
	        .body = STR("one"),
	        .at_utc = 1 });
	backlog_add(&b,
	    &(struct backlog_word){ .id = STR("b"),
	        .from = STR("me"),
	        .body = STR("two"),
	        .at_utc = 2 });
	backlog_forget(&b, STR("a"));
	backlog_forget(&b, STR("c"));
	assert_int_equal(count(&b, &w), 1);
	assert_string_equal(backlog_last(&b)->id, "b");
	backlog_release(&b);
}

static void
a_message_is_found_by_any_of_its_names(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b);
	backlog_add(&b,
	    &(struct backlog_word){ .id = STR("s1"),
	        .own = true,
	        .own_id = STR("c1"),
	        .body = STR("wrod") });
	backlog_add(&b,
	    &(struct backlog_word){ .id = STR("s2"),
	        .own = true,
	        .own_id = STR("c2"),
	        .corrects = STR("c1"),
	        .body = STR("word") });
	backlog_add(&b, &(struct backlog_word){ .body = STR("nameless") });
	assert_true(str_is(backlog_find(&b, STR("s1"))->body, "wrod"));
	assert_true(str_is(backlog_find(&b, STR("c1"))->body, "wrod"));
	assert_null(backlog_find(&b, STR("c3")));
	assert_null(backlog_find(&b, STR_EMPTY));
	assert_true(str_is(backlog_newest(&b, STR("c1"))->body, "word"));
	assert_true(str_is(backlog_newest(&b, STR("c2"))->body, "word"));
	assert_null(backlog_newest(&b, STR("s1")));
	backlog_release(&b);
}

static void
a_message_is_found_by_the_ids_of_its_parts(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b);
	backlog_add(&b,
	    &(struct backlog_word){ .id = STR("s1"),
	        .parts = STR("s2\ns3\n"),
	        .body = STR("one\ntwo\nthree") });
	backlog_add(&b, &(struct backlog_word){ .id = STR("s4") });
	assert_true(str_is(str_c(backlog_find(&b, STR("s2"))->id), "s1"));
	assert_true(str_is(str_c(backlog_find(&b, STR("s3"))->id), "s1"));
	assert_null(backlog_find(&b, STR("s")));
	assert_null(backlog_find(&b, STR("s2\n")));
	assert_null(backlog_find(&b, STR_EMPTY));
	backlog_release(&b);
}

static void
a_long_id_is_cut_not_overrun(void **state)
{
	struct backlog b;
	char id[200];

	(void)state;
	backlog_init(&b);
	memset(id, 'i', sizeof(id));
	backlog_add(&b, &(struct backlog_word){ .id = str_of(id, sizeof(id)) });
	assert_int_equal(strlen(backlog_last(&b)->id), BACKLOG_ID - 1);
	backlog_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_back_in_order),
		cmocka_unit_test(the_oldest_make_room_by_count),
		cmocka_unit_test(the_oldest_make_room_by_bytes),
		cmocka_unit_test(a_wish_limits_lines_characters_and_time),
		cmocka_unit_test(who_was_away_gets_what_came_after),
		cmocka_unit_test(
		    what_was_before_goes_in_front_as_far_as_there_is_place),
		cmocka_unit_test(what_was_not_said_after_all_is_forgotten),
		cmocka_unit_test(a_message_is_found_by_any_of_its_names),
		cmocka_unit_test(a_message_is_found_by_the_ids_of_its_parts),
		cmocka_unit_test(a_long_id_is_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
