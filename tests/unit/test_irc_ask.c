#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_ask.h"

static struct irc_asks t;

static int
setup(void **state)
{
	(void)state;
	irc_asks_init(&t);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	irc_asks_release(&t);
	assert_int_equal(t.n, 0);
	return 0;
}

static struct irc_ask *
ask(enum irc_ask_kind kind, uint64_t ref, const char *target, const char *other,
    int64_t sent_at)
{
	struct irc_ask *a =
	    irc_ask_new(&t, kind, ref, str_c(target), str_c(other));

	if (sent_at >= 0)
		irc_ask_sent(&t, a, sent_at);
	return a;
}

static struct irc_ask *
find(enum irc_ask_kind kind, const char *name)
{
	return irc_ask_find(
	    &t, IRC_ASK_BIT(kind), IRC_FOLD_RFC1459, str_c(name));
}

static void
the_oldest_of_that_kind_about_that_name_is_found(void **state)
{
	struct irc_ask *first = ask(IRC_ASK_JOIN, 1, "#C[]", "", 0);

	(void)state;
	ask(IRC_ASK_JOIN, 2, "#c[]", "", 0);
	ask(IRC_ASK_PART, 3, "#d", "", 0);
	assert_ptr_equal(find(IRC_ASK_JOIN, "#c{}"), first);
	assert_null(find(IRC_ASK_JOIN, "#c"));
	assert_null(find(IRC_ASK_JOIN, "#d"));
	assert_null(find(IRC_ASK_TOPIC, ""));
	assert_ptr_equal(find(IRC_ASK_JOIN, ""), first);
	irc_ask_free(&t, &first);
	assert_null(first);
	assert_int_equal(find(IRC_ASK_JOIN, "#c{}")->ref, 2);
}

static void
both_names_are_looked_at(void **state)
{
	struct irc_ask *kick = ask(IRC_ASK_KICK, 1, "#c", "al", 0);

	(void)state;
	assert_ptr_equal(find(IRC_ASK_KICK, "#C"), kick);
	assert_ptr_equal(find(IRC_ASK_KICK, "AL"), kick);
	assert_true(str_is(irc_ask_target(kick), "#c"));
}

static void
what_has_not_left_has_no_answer_and_no_deadline(void **state)
{
	struct irc_ask *a = ask(IRC_ASK_JOIN, 1, "#c", "", -1);

	(void)state;
	assert_null(find(IRC_ASK_JOIN, "#c"));
	assert_int_equal(irc_ask_due_at(&t, 10), -1);
	irc_ask_sent(&t, a, 100);
	assert_ptr_equal(find(IRC_ASK_JOIN, "#c"), a);
	assert_int_equal(irc_ask_due_at(&t, 10), 110);
	assert_null(irc_ask_overdue(&t, 109, 10));
	assert_ptr_equal(irc_ask_overdue(&t, 110, 10), a);
}

static void
messages_are_told_first_and_have_no_deadline(void **state)
{
	struct irc_ask *m = ask(IRC_ASK_MESSAGE, 1, "#c", "", 100);

	(void)state;
	assert_int_equal(t.nsent_messages, 1);
	assert_null(find(IRC_ASK_MESSAGE, "#c"));
	irc_ask_told(&t, m);
	assert_ptr_equal(find(IRC_ASK_MESSAGE, "#c"), m);
	assert_int_equal(irc_ask_due_at(&t, 10), -1);
	irc_ask_free(&t, &m);
	assert_int_equal(t.nsent_messages, 0);
}

static void
only_what_left_before_a_mark_is_settled_by_it(void **state)
{
	struct irc_ask *one = ask(IRC_ASK_MESSAGE, 1, "#c", "", 0);
	struct irc_ask *mark, *two;

	(void)state;
	irc_ask_told(&t, one);
	mark = ask(IRC_ASK_SETTLE, 0, "", "", 0);
	two = ask(IRC_ASK_MESSAGE, 2, "#c", "", 0);
	irc_ask_told(&t, two);
	assert_ptr_equal(
	    irc_ask_before(&t, IRC_ASK_BIT(IRC_ASK_MESSAGE), mark), one);
	irc_ask_free(&t, &one);
	assert_null(irc_ask_before(&t, IRC_ASK_BIT(IRC_ASK_MESSAGE), mark));
}

static void
the_table_has_a_ceiling(void **state)
{
	(void)state;
	for (size_t i = 0; i < IRC_ASK_MAX; i++)
		assert_non_null(
		    irc_ask_new(&t, IRC_ASK_JOIN, 1, STR("#c"), STR_EMPTY));
	assert_null(irc_ask_new(&t, IRC_ASK_JOIN, 1, STR("#c"), STR_EMPTY));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_oldest_of_that_kind_about_that_name_is_found),
		TEST(both_names_are_looked_at),
		TEST(what_has_not_left_has_no_answer_and_no_deadline),
		TEST(messages_are_told_first_and_have_no_deadline),
		TEST(only_what_left_before_a_mark_is_settled_by_it),
		TEST(the_table_has_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
