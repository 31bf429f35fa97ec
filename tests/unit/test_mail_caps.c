#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "smtp/mail_caps.h"

static const struct str romeo = { "romeo@example.org", 17 };
static const struct str juliet = { "juliet@example.org", 18 };
static const struct mail_caps_limits limits = { .per_hour = 4,
	.per_day = 12,
	.new_per_day = 2,
	.per_recipient_hour = 3 };

/* The core: what time it is, and what was kept last. */
static struct clock clock_now;
static char kept_name[100], kept_value[100];

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
}

static struct mail_caps *caps;
static struct err err;

static int
set_up(void **state)
{
	(void)state;
	/* 2023-11-14 12:00 UTC */
	clock_init(&clock_now, 1000, INT64_C(1699963200000));
	caps = mail_caps_new(NULL, &limits);
	err = ERR_INIT;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mail_caps_free(&caps);
	clock_release(&clock_now);
	return 0;
}

static void
pass(int64_t ms)
{
	clock_advance(&clock_now, clock_now.at + ms, clock_now.utc + ms);
}

/* True: it goes, and is counted. */
static bool
goes(struct str user, const char *to, bool is_new)
{
	const struct mail_caps_mail m = { .to = str_c(to), .is_new = is_new };

	if (mail_caps_check(caps, user, &m, &err) < 0)
		return false;
	mail_caps_note(caps, user, &m);
	return true;
}

static void
an_hour_has_so_many(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_true(goes(romeo, i % 2 ? "a@x" : "b@x", false) &&
		    (pass(30000), true));
	assert_false(goes(romeo, "c@x", false));
	assert_int_equal(err.kind, ERR_BUSY);
	assert_string_equal(err.text,
	    "not sent: you may send 4 mails in an hour; you can go on in 13 "
	    "minutes");
	assert_true(goes(juliet, "c@x", false));
	pass(13 * 60000);
	assert_true(goes(romeo, "c@x", false));
	assert_false(goes(romeo, "d@x", false));
}

static void
one_address_has_fewer(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_true(goes(romeo, "Bob@x", false));
		pass(30000);
	}
	assert_false(goes(romeo, "bob@X", false));
	assert_non_null(strstr(err.text, "3 mails in an hour to one address"));
	assert_true(goes(romeo, "c@x", false));
}

static void
strangers_are_few(void **state)
{
	(void)state;
	assert_true(goes(romeo, "a@x", true));
	assert_true(goes(romeo, "b@x", true));
	assert_false(goes(romeo, "c@x", true));
	assert_non_null(strstr(err.text, "12:00 hours"));
	assert_true(goes(romeo, "c@x", false));
	pass(12 * 3600000);
	assert_true(goes(romeo, "d@x", true));
}

static void
a_restart_forgets_nothing_of_the_day(void **state)
{
	(void)state;
	mail_caps_fact(caps, romeo, STR("19675 12 2 0"));
	assert_false(goes(romeo, "a@x", false));
	assert_non_null(strstr(err.text, "12 mails in a day"));
	mail_caps_fact(caps, juliet, STR("19674 12 2 0"));
	assert_string_equal(kept_name, "caps juliet@example.org");
	assert_string_equal(kept_value, "");
	assert_true(goes(juliet, "a@x", true));
}

/* Or leaving and coming back would be as many mails as one likes. */
static void
who_leaves_is_forgotten_with_the_day(void **state)
{
	(void)state;
	mail_caps_fact(caps, romeo, STR("19675 12 2 0"));
	mail_caps_forget(caps, romeo);
	assert_false(goes(romeo, "a@x", false));
	mail_caps_forget(caps, romeo);
	pass(12 * 3600000);
	assert_true(goes(juliet, "a@x", false));
	mail_caps_fact(caps, juliet, STR("19676 1 0 0"));
	mail_caps_forget(caps, juliet);
	pass(24 * 3600000);
	assert_true(goes(romeo, "a@x", true));
	pass(24 * 3600000);
	mail_caps_forget(caps, romeo);
	assert_string_equal(kept_name, "caps romeo@example.org");
	assert_string_equal(kept_value, "");
}

static void
who_guesses_addresses_is_stopped(void **state)
{
	(void)state;
	mail_caps_fact(caps, romeo, STR("19675 9 0 8"));
	assert_true(goes(romeo, "a@x", false));
	assert_false(goes(romeo, "b@x", false));
	assert_int_equal(err.kind, ERR_DENIED);
	/* Told once. */
	mail_caps_fact(caps, juliet, STR("19675 10 0 0"));
	assert_false(mail_caps_failed(caps, juliet));
	assert_true(mail_caps_failed(caps, juliet));
	assert_false(mail_caps_failed(caps, juliet));
	pass(12 * 3600000);
	assert_true(goes(romeo, "b@x", false));
}

static void
there_is_a_ceiling_for_each(void **state)
{
	char to[20];

	(void)state;
	mail_caps_free(&caps);
	caps = mail_caps_new(NULL, &(struct mail_caps_limits){ 0 });
	for (int i = 0; i < 3 * MAIL_CAPS_TO; i++) {
		(void)snprintf(to, sizeof(to), "%d@x", i);
		assert_true(goes(romeo, to, true));
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_hour_has_so_many),
		TEST(one_address_has_fewer),
		TEST(strangers_are_few),
		TEST(a_restart_forgets_nothing_of_the_day),
		TEST(who_leaves_is_forgotten_with_the_day),
		TEST(who_guesses_addresses_is_stopped),
		TEST(there_is_a_ceiling_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
