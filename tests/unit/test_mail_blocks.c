#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "smtp/mail_blocks.h"

static const struct str romeo = { "romeo@example.org", 17 };

/* The core: what time it is, and what is kept. */
static struct clock clock_now;

struct fact {
	char name[256], value[64];
};
static struct fact facts[MAIL_BLOCKS_USER_MAX + 100];
static size_t nfact;

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
	size_t i = 0;

	(void)gw;
	(void)network;
	while (i < nfact && !str_is(name, facts[i].name))
		i++;
	if (value.len == 0) {
		if (i < nfact)
			facts[i] = facts[--nfact];
		return;
	}
	assert_true(i < sizeof(facts) / sizeof(facts[0]));
	nfact += i == nfact;
	snprintf(facts[i].name, sizeof(facts[i].name), STR_FMT, STR_ARG(name));
	snprintf(
	    facts[i].value, sizeof(facts[i].value), STR_FMT, STR_ARG(value));
}

static struct mail_blocks *all;

static int
set_up(void **state)
{
	(void)state;
	clock_init(&clock_now, 1000, (int64_t)1000 * 24 * 3600 * 1000);
	nfact = 0;
	all = mail_blocks_new(NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mail_blocks_free(&all);
	clock_release(&clock_now);
	return 0;
}

static void
restart(void)
{
	mail_blocks_free(&all);
	all = mail_blocks_new(NULL);
	for (size_t i = 0; i < nfact; i++)
		mail_blocks_fact(all,
		    str_skip(
		        str_c(facts[i].name), sizeof(MAIL_BLOCKS_PREFIX) - 1),
		    str_c(facts[i].value));
}

static void
later(int64_t hours)
{
	int64_t ms = hours * 3600 * 1000;

	clock_advance(&clock_now, clock_now.at + ms, clock_now.utc + ms);
}

static void
put(const char *what, enum mail_rule rule)
{
	struct err err = ERR_INIT;

	assert_int_equal(
	    mail_blocks_put(all, romeo, str_c(what), rule, &err), 0);
}

static enum mail_rule
find(const char *address, const char *list)
{
	return mail_blocks_find(all, romeo, str_c(address), str_c(list));
}

static void
written(const char *expected)
{
	struct buf out;

	buf_init(&out, 4096);
	mail_blocks_write(all, romeo, &out);
	assert_string_equal(out.p, expected);
	buf_release(&out);
}

static void
the_narrowest_rule_counts(void **state)
{
	(void)state;
	put("@Example.NET", MAIL_RULE_BLOCK);
	put("Bob@example.net", MAIL_RULE_ALLOW);
	put("<dev.lists.example.net>", MAIL_RULE_ALLOW);
	assert_int_equal(find("eve@example.net", ""), MAIL_RULE_BLOCK);
	assert_int_equal(find("eve@mx.EXAMPLE.net", ""), MAIL_RULE_BLOCK);
	assert_int_equal(find("eve@notexample.net", ""), MAIL_RULE_NONE);
	assert_int_equal(find("bob@example.net", ""), MAIL_RULE_ALLOW);
	assert_int_equal(
	    find("eve@example.net", "dev.lists.example.net"), MAIL_RULE_ALLOW);
	assert_int_equal(find("eve@example.org", ""), MAIL_RULE_NONE);
	assert_int_equal(mail_blocks_find(all, STR("juliet@example.org"),
	                     STR("eve@example.net"), STR_EMPTY),
	    MAIL_RULE_NONE);
	written("blocked: @example.net\n"
	        "allowed: bob@example.net\n"
	        "allowed: <dev.lists.example.net>\n");
}

static void
a_rule_can_be_taken_away(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put("eve@example.net", MAIL_RULE_BLOCK);
	put("eve@example.net", MAIL_RULE_NONE);
	assert_int_equal(find("eve@example.net", ""), MAIL_RULE_NONE);
	assert_int_equal(nfact, 0);
	assert_int_equal(mail_blocks_put(all, romeo, STR("eve@example.net"),
	                     MAIL_RULE_NONE, &err),
	    -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static void
what_names_nobody_is_refused(void **state)
{
	static const char *const what[] = { "", "@", "<>", " ", "a b@c", "a\nb",
		"<a b>", "@a@b" };

	(void)state;
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(mail_blocks_put(all, romeo, str_c(what[i]),
		                     MAIL_RULE_BLOCK, &err),
		    -1);
		assert_int_equal(err.kind, ERR_BAD_INPUT);
	}
	assert_int_equal(nfact, 0);
}

static void
a_sender_is_asked_about_once_and_five_a_day(void **state)
{
	char from[32];

	(void)state;
	assert_true(
	    mail_blocks_ask(all, romeo, STR("bob@example.net"), STR_EMPTY));
	assert_false(
	    mail_blocks_ask(all, romeo, STR("Bob@example.net"), STR_EMPTY));
	assert_int_equal(find("bob@example.net", ""), MAIL_RULE_ASKED);
	for (int i = 1; i < MAIL_BLOCKS_ASK_DAY; i++) {
		snprintf(from, sizeof(from), "s%d@example.net", i);
		assert_true(
		    mail_blocks_ask(all, romeo, str_c(from), STR_EMPTY));
	}
	assert_false(
	    mail_blocks_ask(all, romeo, STR("s9@example.net"), STR_EMPTY));
	assert_int_equal(find("s9@example.net", ""), MAIL_RULE_NONE);
	later(24);
	assert_true(
	    mail_blocks_ask(all, romeo, STR("s9@example.net"), STR_EMPTY));
	put("bob@example.net", MAIL_RULE_ALLOW);
	assert_int_equal(find("bob@example.net", ""), MAIL_RULE_ALLOW);
	/* A wider rule answers the question, too. */
	put("@example.net", MAIL_RULE_BLOCK);
	assert_int_equal(find("s9@example.net", ""), MAIL_RULE_BLOCK);
}

static void
a_mailing_list_is_asked_about_as_one(void **state)
{
	struct str list = STR("dev.example.net");

	(void)state;
	assert_true(mail_blocks_ask(all, romeo, STR("bob@example.net"), list));
	assert_false(mail_blocks_ask(all, romeo, STR("eve@example.net"), list));
	assert_int_equal(
	    find("eve@example.net", "dev.example.net"), MAIL_RULE_ASKED);
	assert_int_equal(find("eve@example.net", ""), MAIL_RULE_NONE);
	written("waits for your word: <dev.example.net>\n");
}

static void
a_question_that_nobody_answers_is_forgotten(void **state)
{
	(void)state;
	assert_true(
	    mail_blocks_ask(all, romeo, STR("bob@example.net"), STR_EMPTY));
	later(24 * MAIL_BLOCKS_ASK_DAYS + 1);
	assert_int_equal(find("bob@example.net", ""), MAIL_RULE_NONE);
	assert_int_equal(nfact, 0);
	assert_true(
	    mail_blocks_ask(all, romeo, STR("bob@example.net"), STR_EMPTY));
}

static void
the_oldest_questions_make_room(void **state)
{
	char from[32];

	(void)state;
	for (int i = 0; i <= MAIL_BLOCKS_ASKED_MAX; i++) {
		snprintf(from, sizeof(from), "s%d@example.net", i);
		later(i % MAIL_BLOCKS_ASK_DAY == 0 ? 24 : 0);
		assert_true(
		    mail_blocks_ask(all, romeo, str_c(from), STR_EMPTY));
	}
	assert_int_equal(nfact, MAIL_BLOCKS_ASKED_MAX);
}

static void
rules_have_a_ceiling(void **state)
{
	struct err err = ERR_INIT;
	char from[32];

	(void)state;
	for (int i = 0; i < MAIL_BLOCKS_USER_MAX; i++) {
		snprintf(from, sizeof(from), "s%d@example.net", i);
		put(from, MAIL_RULE_BLOCK);
	}
	assert_int_equal(mail_blocks_put(all, romeo, STR("one@example.net"),
	                     MAIL_RULE_BLOCK, &err),
	    -1);
	assert_int_equal(err.kind, ERR_BUSY);
	put("s0@example.net", MAIL_RULE_ALLOW);
}

static void
rules_outlive_restarts(void **state)
{
	(void)state;
	put("@example.net", MAIL_RULE_BLOCK);
	put("<dev.example.net>", MAIL_RULE_ALLOW);
	assert_true(
	    mail_blocks_ask(all, romeo, STR("bob@example.com"), STR_EMPTY));
	restart();
	written("blocked: @example.net\n"
	        "allowed: <dev.example.net>\n"
	        "waits for your word: bob@example.com\n");
	mail_blocks_forget(all, romeo);
	assert_int_equal(nfact, 0);
	written("");
}

static void
what_is_damaged_is_let_be(void **state)
{
	static const char *const names[] = { "", "a", "a ", "a d", "a d ",
		"a x example.net", "a d a b" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		mail_blocks_fact(all, str_c(names[i]), STR("block"));
	mail_blocks_fact(
	    all, STR("romeo@example.org d example.net"), STR("what"));
	written("");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_narrowest_rule_counts),
		TEST(a_rule_can_be_taken_away),
		TEST(what_names_nobody_is_refused),
		TEST(a_sender_is_asked_about_once_and_five_a_day),
		TEST(a_mailing_list_is_asked_about_as_one),
		TEST(a_question_that_nobody_answers_is_forgotten),
		TEST(the_oldest_questions_make_room),
		TEST(rules_have_a_ceiling),
		TEST(rules_outlive_restarts),
		TEST(what_is_damaged_is_let_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
