#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "irc/irc_ranks.h"

struct fixture {
	struct irc_isupport is;
	struct irc_ranks r;
};

static int
set_up(void **state)
{
	static struct fixture f;

	irc_isupport_init(&f.is);
	irc_isupport_token(&f.is, STR("PREFIX=(qaohv)~&@%+"));
	irc_isupport_token(&f.is, STR("CASEMAPPING=ascii"));
	irc_ranks_init(&f.r, &f.is);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	irc_ranks_release(&f->r);
	return 0;
}

static char
rank(const struct irc_ranks *r, const char *channel, const char *nick)
{
	struct irc_channel *c = irc_ranks_channel(r, str_c(channel));

	assert_non_null(c);
	return irc_ranks_highest(r, irc_ranks_get(r, c, str_c(nick)));
}

static void
only_people_with_a_sign_are_kept(void **state)
{
	struct irc_ranks *r = &((struct fixture *)*state)->r;
	struct irc_channel *c = irc_ranks_enter(r, STR("#A"));

	irc_ranks_put(r, c, STR("bob"), "");
	irc_ranks_put(r, c, STR("Juliet"), "ov");
	assert_int_equal(r->nrank, 1);
	assert_int_equal(rank(r, "#a", "JULIET"), 'o');
	assert_int_equal(rank(r, "#a", "bob"), 0);
	irc_ranks_put(r, c, STR("juliet"), "");
	assert_int_equal(r->nrank, 0);
}

static void
a_change_leaves_the_other_signs(void **state)
{
	struct irc_ranks *r = &((struct fixture *)*state)->r;
	struct irc_channel *c = irc_ranks_enter(r, STR("#a"));

	irc_ranks_change(r, c, STR("bob"), 'v', true);
	irc_ranks_change(r, c, STR("bob"), 'o', true);
	irc_ranks_change(r, c, STR("bob"), 'o', true);
	assert_int_equal(rank(r, "#a", "bob"), 'o');
	irc_ranks_change(r, c, STR("bob"), 'o', false);
	assert_int_equal(rank(r, "#a", "bob"), 'v');
	irc_ranks_change(r, c, STR("bob"), 'v', false);
	assert_int_equal(r->nrank, 0);
}

static void
a_letter_that_is_no_sign_changes_nothing(void **state)
{
	struct irc_ranks *r = &((struct fixture *)*state)->r;
	struct irc_channel *c = irc_ranks_enter(r, STR("#a"));

	assert_int_equal(irc_ranks_bit(r, 'x'), 0);
	assert_int_equal(irc_ranks_bit(r, '\0'), 0);
	assert_int_equal(irc_ranks_change(r, c, STR("bob"), 'x', true), 0);
	assert_int_equal(r->nrank, 0);
}

static void
a_new_nick_takes_its_signs_along_everywhere(void **state)
{
	struct irc_ranks *r = &((struct fixture *)*state)->r;

	irc_ranks_put(r, irc_ranks_enter(r, STR("#a")), STR("bob"), "o");
	irc_ranks_put(r, irc_ranks_enter(r, STR("#b")), STR("bob"), "v");
	(void)irc_ranks_enter(r, STR("#c"));
	irc_ranks_rename(r, STR("bob"), STR("rob"));
	assert_int_equal(rank(r, "#a", "rob"), 'o');
	assert_int_equal(rank(r, "#b", "rob"), 'v');
	assert_int_equal(rank(r, "#c", "rob"), 0);
	assert_int_equal(rank(r, "#a", "bob"), 0);
	/* Only the case: it must not lose itself. */
	irc_ranks_rename(r, STR("rob"), STR("ROB"));
	assert_int_equal(rank(r, "#a", "rob"), 'o');
	assert_int_equal(r->nrank, 2);
}

static void
who_goes_leaves_no_sign(void **state)
{
	struct irc_ranks *r = &((struct fixture *)*state)->r;
	struct irc_channel *a = irc_ranks_enter(r, STR("#a"));
	struct irc_channel *b = irc_ranks_enter(r, STR("#b"));

	irc_ranks_put(r, a, STR("bob"), "o");
	irc_ranks_put(r, b, STR("bob"), "o");
	irc_ranks_part(r, a, STR("bob"));
	assert_int_equal(rank(r, "#a", "bob"), 0);
	assert_int_equal(rank(r, "#b", "bob"), 'o');
	irc_ranks_quit(r, STR("bob"));
	assert_int_equal(r->nrank, 0);
}

static void
entering_again_begins_anew(void **state)
{
	struct irc_ranks *r = &((struct fixture *)*state)->r;
	struct irc_channel *c = irc_ranks_enter(r, STR("#a"));

	irc_ranks_put(r, c, STR("bob"), "o");
	irc_modes_set(&c->modes, 'm', true, STR_EMPTY);
	assert_ptr_equal(irc_ranks_enter(r, STR("#A")), c);
	assert_false(irc_modes_has(&c->modes, 'm'));
	assert_int_equal(r->nrank, 0);
	assert_string_equal(c->name, "#A");
	irc_ranks_exit(r, c);
	assert_null(irc_ranks_channel(r, STR("#a")));
}

static void
another_case_mapping_is_followed(void **state)
{
	struct fixture *f = *state;
	struct irc_ranks *r = &f->r;

	irc_ranks_put(r, irc_ranks_enter(r, STR("#a[")), STR("b["), "o");
	assert_null(irc_ranks_channel(r, STR("#a{")));
	irc_isupport_token(&f->is, STR("CASEMAPPING=rfc1459"));
	irc_ranks_refold(r);
	assert_int_equal(rank(r, "#A{", "B{"), 'o');
	assert_int_equal(r->nrank, 1);
}

static void
channels_that_become_one_are_one(void **state)
{
	struct fixture *f = *state;
	struct irc_ranks *r = &f->r;

	irc_ranks_put(r, irc_ranks_enter(r, STR("#[")), STR("b"), "o");
	irc_ranks_put(r, irc_ranks_enter(r, STR("#{")), STR("b"), "o");
	irc_isupport_token(&f->is, STR("CASEMAPPING=rfc1459"));
	irc_ranks_refold(r);
	assert_int_equal(r->channels.n, 1);
	assert_int_equal(rank(r, "#[", "b"), 'o');
	assert_int_equal(r->nrank, 1);
}

static void
there_is_a_ceiling(void **state)
{
	struct irc_ranks *r = &((struct fixture *)*state)->r;
	struct irc_channel *c = irc_ranks_enter(r, STR("#a"));
	char name[32];
	int i;

	for (i = 0; i < IRC_RANKS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		irc_ranks_put(r, c, str_c(name), "v");
	}
	assert_int_equal(r->nrank, IRC_RANKS_MAX);
	for (i = 0; r->channels.n < IRC_RANKS_CHANNELS; i++) {
		snprintf(name, sizeof(name), "#%d", i);
		assert_non_null(irc_ranks_enter(r, str_c(name)));
	}
	assert_null(irc_ranks_enter(r, STR("#one-more")));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(only_people_with_a_sign_are_kept),
		T(a_change_leaves_the_other_signs),
		T(a_letter_that_is_no_sign_changes_nothing),
		T(a_new_nick_takes_its_signs_along_everywhere),
		T(who_goes_leaves_no_sign),
		T(entering_again_begins_anew),
		T(another_case_mapping_is_followed),
		T(channels_that_become_one_are_one),
		T(there_is_a_ceiling),
	};

	return cmocka_run_group_tests_name("irc_ranks", tests, NULL, NULL);
}
