#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "smtp/mail_bundle.h"

static struct mail_bundles all;
static char first[MAIL_BUNDLE_NAME + 1], name[MAIL_BUNDLE_NAME + 1];

static const struct mail_bundle_in plain = { .user = { "romeo@x", 7 },
	.to = { "bob@y", 5 },
	.now_at = 1000,
	.hold_ms = 20000,
	.max_ms = 90000 };

static int
set_up(void **state)
{
	(void)state;
	mail_bundles_init(&all);
	mail_bundle_pick(&all, &plain, first);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mail_bundles_release(&all);
	return 0;
}

static bool
joins(const struct mail_bundle_in *in)
{
	mail_bundle_pick(&all, in, name);
	return strcmp(name, first) == 0;
}

static void
what_follows_soon_goes_along(void **state)
{
	struct mail_bundle_in in = plain;

	(void)state;
	in.now_at += 89999;
	assert_true(joins(&in));
	in.to = STR("BOB@y");
	assert_true(joins(&in));
	in.now_at++;
	assert_false(joins(&in));
}

static void
what_certainly_joins_is_no_mail_of_its_own(void **state)
{
	struct mail_bundle_in in = plain;

	(void)state;
	in.now_at += 19999;
	assert_true(mail_bundle_joins(&all, &in));
	in.now_at++;
	assert_false(mail_bundle_joins(&all, &in));
	in.subject = STR("Lunch");
	in.now_at = plain.now_at;
	assert_false(mail_bundle_joins(&all, &in));
	in = plain;
	in.hold_ms = 0;
	assert_false(mail_bundle_joins(&all, &in));
	/* It goes at once, with what waits: nothing joins it. */
	assert_true(joins(&in));
	assert_false(mail_bundle_joins(&all, &plain));
	assert_false(joins(&plain));
}

/* The core sends no more of them as one: what follows is counted. */
static void
a_full_one_is_joined_by_nothing(void **state)
{
	(void)state;
	for (int i = 1; i < GW_BUNDLED_MAX; i++) {
		assert_true(mail_bundle_joins(&all, &plain));
		assert_true(joins(&plain));
	}
	assert_false(mail_bundle_joins(&all, &plain));
	assert_false(joins(&plain));
}

static void
each_user_and_address_is_another(void **state)
{
	struct mail_bundle_in in = plain;

	(void)state;
	in.to = STR("eve@y");
	assert_false(joins(&in));
	in = plain;
	in.user = STR("juliet@x");
	assert_false(joins(&in));
	assert_true(joins(&plain));
}

static void
another_subject_or_thread_is_another_mail(void **state)
{
	struct mail_bundle_in in = plain;

	(void)state;
	in.subject = STR("Lunch");
	assert_false(joins(&in));
	memcpy(first, name, sizeof(first));
	/* What says no subject is of the last. */
	assert_true(joins(&plain));
	assert_true(joins(&in));
	in.thread = STR("t1");
	assert_false(joins(&in));
}

static void
an_answer_goes_with_its_conversation(void **state)
{
	struct mail_bundle_in in = plain;

	(void)state;
	in.conv = STR("c1");
	assert_true(joins(&in));
	in.answers = true;
	assert_false(joins(&in));
	memcpy(first, name, sizeof(first));
	assert_true(joins(&in));
	assert_true(joins(&plain));
}

static void
names_are_never_given_twice(void **state)
{
	struct mail_bundle_in in = plain;

	(void)state;
	in.now_at += 90000;
	assert_false(joins(&in));
	memcpy(first, name, sizeof(first));
	in.now_at += 90000;
	assert_false(joins(&in));
}

static void
there_is_a_ceiling(void **state)
{
	struct mail_bundle_in in = plain;
	char to[32];

	(void)state;
	for (int i = 0; i <= MAIL_BUNDLES_MAX; i++) {
		(void)snprintf(to, sizeof(to), "%d@y", i);
		in.to = str_c(to);
		mail_bundle_pick(&all, &in, name);
	}
	assert_int_equal(all.map.n, MAIL_BUNDLES_MAX);
	assert_false(joins(&plain));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_follows_soon_goes_along),
		TEST(what_certainly_joins_is_no_mail_of_its_own),
		TEST(each_user_and_address_is_another),
		TEST(another_subject_or_thread_is_another_mail),
		TEST(an_answer_goes_with_its_conversation),
		TEST(a_full_one_is_joined_by_nothing),
		TEST(names_are_never_given_twice),
		TEST(there_is_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
