#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_sets.h"

static struct mail_gateway mail;

/* The core: what time it is, and what was kept last. */
static struct clock clock_now;
static char kept_name[100], kept_value[1000];
static unsigned nput;

struct clock *
gateway_clock(struct gateway *gw)
{
	(void)gw;
	return &clock_now;
}

void
gateway_fact_put(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	(void)gw;
	(void)network;
	(void)snprintf(kept_name, sizeof(kept_name), STR_FMT, STR_ARG(name));
	(void)snprintf(kept_value, sizeof(kept_value), STR_FMT, STR_ARG(value));
	nput++;
}

static int
set_up(void **state)
{
	(void)state;
	nput = 0;
	clock_init(&clock_now, 1000, INT64_C(1699963200000));
	return mail_sets_noun.open(&mail, NULL, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	mail_sets_noun.close(&mail);
	clock_release(&clock_now);
	return 0;
}

static const gw_ticket three[] = { 257, 513, 769 };
static gw_ticket found[GW_BUNDLED_MAX];

static void
a_mail_of_several_is_known_by_its_first(void **state)
{
	(void)state;
	mail_sets_put(&mail, three, 3);
	mail_sets_put(&mail, three, 3);
	assert_int_equal(nput, 1);
	assert_string_equal(kept_name, "set 257");
	assert_string_equal(kept_value, "19675 513 769");
	assert_int_equal(mail_sets_get(&mail, 257, found), 3);
	assert_memory_equal(found, three, sizeof(three));
	assert_int_equal(mail_sets_get(&mail, 513, found), 1);
	assert_int_equal(found[0], 513);
}

static void
one_alone_is_no_set(void **state)
{
	(void)state;
	mail_sets_put(&mail, three, 1);
	assert_int_equal(nput, 0);
	assert_int_equal(mail_sets_get(&mail, 257, found), 1);
	assert_int_equal(found[0], 257);
}

/* It was not sent; the next attempt takes another with it, or leaves one. */
static void
the_last_attempt_is_known(void **state)
{
	(void)state;
	mail_sets_put(&mail, three, 2);
	mail_sets_put(&mail, three, 3);
	assert_string_equal(kept_value, "19675 513 769");
	assert_int_equal(mail_sets_get(&mail, 257, found), 3);
	mail_sets_put(&mail, three, 1);
	assert_string_equal(kept_name, "set 257");
	assert_string_equal(kept_value, "");
	assert_int_equal(mail_sets_get(&mail, 257, found), 1);
}

static void
it_lasts_as_long_as_reports_may_come(void **state)
{
	static const gw_ticket other[] = { 1, 2 };

	(void)state;
	mail_sets_noun.on_fact(&mail, STR("257"), STR("19675 513 769"));
	assert_int_equal(mail_sets_get(&mail, 257, found), 3);
	clock_now.utc += 15 * INT64_C(86400000);
	mail_sets_put(&mail, other, 2);
	assert_int_equal(nput, 2);
	assert_int_equal(mail_sets_get(&mail, 257, found), 1);
	assert_int_equal(mail_sets_get(&mail, 1, found), 2);
}

static void
what_is_damaged_is_left_out(void **state)
{
	(void)state;
	mail_sets_noun.on_fact(&mail, STR("x"), STR("19675 513"));
	mail_sets_noun.on_fact(&mail, STR("257"), STR(""));
	mail_sets_noun.on_fact(&mail, STR("257"), STR("19675"));
	mail_sets_noun.on_fact(&mail, STR("257"), STR("19675 y"));
	assert_int_equal(mail_sets_get(&mail, 257, found), 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mail_of_several_is_known_by_its_first),
		TEST(one_alone_is_no_set),
		TEST(the_last_attempt_is_known),
		TEST(it_lasts_as_long_as_reports_may_come),
		TEST(what_is_damaged_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
