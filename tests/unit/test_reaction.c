/* Who has reacted to a message, and with what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/reaction.h"

static struct list all;

static bool
change(const char *nick, const char *text, bool on)
{
	return reaction_change(&all, str_c(nick), str_c(text), on);
}

static void
expect(const char *nick, const char *set)
{
	assert_true(str_is(reaction_set(&all, str_c(nick)), set));
}

static void
sets_are_kept_for_each_person(void **state)
{
	(void)state;
	list_init(&all);
	assert_true(change("juliet", "a", true));
	assert_true(change("juliet", "b", true));
	assert_true(change("", "c", true));
	expect("juliet", "a\nb\n");
	expect("", "c\n");
	expect("nurse", "");
	assert_true(change("juliet", "a", false));
	expect("juliet", "b\n");
	assert_true(change("juliet", "b", false));
	expect("juliet", "");
	reaction_release(&all);
}

static void
what_changes_nothing_is_none(void **state)
{
	(void)state;
	list_init(&all);
	assert_false(change("juliet", "a", false));
	assert_true(change("juliet", "a", true));
	assert_false(change("juliet", "a", true));
	assert_false(change("juliet", "", true));
	assert_false(change("juliet", "a\nb", true));
	expect("juliet", "a\n");
	reaction_release(&all);
}

static void
there_is_an_end_to_it(void **state)
{
	char text[REACTION_BYTES + 2], nick[16];
	int i;

	(void)state;
	list_init(&all);
	memset(text, 'x', sizeof(text));
	text[REACTION_BYTES + 1] = '\0';
	assert_false(change("juliet", text, true));
	text[REACTION_BYTES] = '\0';
	for (i = 0; i < REACTION_SET; i++) {
		text[0] = (char)('a' + i);
		assert_true(change("juliet", text, true));
	}
	text[0] = 'z';
	assert_false(change("juliet", text, true));
	for (i = 1; i < REACTION_PEOPLE; i++) {
		snprintf(nick, sizeof(nick), "n%d", i);
		assert_true(change(nick, "a", true));
	}
	assert_false(change("late", "a", true));
	assert_true(change("n1", "b", true));
	reaction_release(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_are_kept_for_each_person),
		cmocka_unit_test(what_changes_nothing_is_none),
		cmocka_unit_test(there_is_an_end_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
