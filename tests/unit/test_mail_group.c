#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/gateway.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_group.h"
#include "smtp/mail_spelling.h"

static const struct str romeo = { "romeo@example.org", 17 };
static const struct str juliet = { "juliet@example.org", 18 };

static char domain[] = "mail.example.org";
static struct mail_gateway mail = { .opt = { .domain = domain } };

/* The core: what was kept last. */
static char kept_name[100], kept_value[1000];
static unsigned nput;

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

struct str
gateway_domain(struct gateway *gw)
{
	(void)gw;
	return str_c(domain);
}

static int
set_up(void **state)
{
	(void)state;
	nput = 0;
	(void)mail_group_noun.open(&mail, NULL, NULL);
	(void)mail_spelling_noun.open(&mail, NULL, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mail_group_noun.close(&mail);
	mail_spelling_noun.close(&mail);
	return 0;
}

static const struct str people[] = { { "bob@example.net", 15 },
	{ "Carol@Example.NET", 17 }, { "romeo@mail.example.org", 22 },
	{ "BOB@example.net", 15 }, { "no address", 10 } };

static bool
note(struct str conv, size_t n)
{
	struct buf name;
	bool ok;

	buf_init(&name, 100);
	ok = mail_group_note(&mail, romeo, conv, people, n, &name);
	if (ok)
		assert_string_equal(name.p, "t.c1");
	buf_release(&name);
	return ok;
}

static void
all_but_ourselves_are_answered(void **state)
{
	struct mail_group g;

	(void)state;
	assert_true(note(STR("c1"), 5));
	assert_true(mail_group_find(&mail, romeo, STR("t.c1"), STR_EMPTY, &g));
	assert_int_equal(g.n, 2);
	assert_true(str_is(g.address[0], "bob@example.net"));
	assert_true(str_is(g.address[1], "Carol@example.net"));
}

static void
a_group_is_of_one_user(void **state)
{
	struct mail_group g;

	(void)state;
	assert_true(note(STR("c1"), 2));
	assert_false(
	    mail_group_find(&mail, juliet, STR("t.c1"), STR_EMPTY, &g));
	assert_false(mail_group_find(&mail, romeo, STR("t.c2"), STR_EMPTY, &g));
	assert_false(mail_group_find(&mail, romeo, STR("c1"), STR_EMPTY, &g));
	assert_false(mail_group_find(&mail, romeo, STR("t."), STR_EMPTY, &g));
}

static void
one_is_no_group(void **state)
{
	(void)state;
	assert_false(note(STR("c1"), 1));
	assert_false(note(STR(""), 2));
	assert_false(note(STR("far.too.long.for.a.conversation"), 2));
}

static void
too_many_are_none(void **state)
{
	struct str address[MAIL_GROUP_PEOPLE + 1];
	char text[MAIL_GROUP_PEOPLE + 1][20];
	struct mail_group g;
	struct buf name;

	(void)state;
	buf_init(&name, 100);
	for (int i = 0; i <= MAIL_GROUP_PEOPLE; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "p%d@x", i);
		address[i] = str_c(text[i]);
	}
	assert_false(mail_group_note(
	    &mail, romeo, STR("c1"), address, MAIL_GROUP_PEOPLE + 1, &name));
	assert_true(mail_group_note(
	    &mail, romeo, STR("c1"), address, MAIL_GROUP_PEOPLE, &name));
	assert_true(mail_group_find(&mail, romeo, STR("t.c1"), STR_EMPTY, &g));
	assert_int_equal(g.n, MAIL_GROUP_PEOPLE);
	buf_release(&name);
}

static void
it_lasts_and_goes_with_its_user(void **state)
{
	struct mail_group g;

	(void)state;
	assert_true(note(STR("c1"), 2));
	assert_false(note(STR("c1"), 2));
	assert_int_equal(nput, 1);
	assert_string_equal(kept_name, "grp romeo@example.org c1");
	assert_string_equal(kept_value, "bob@example.net Carol@example.net");
	tear_down(NULL);
	set_up(NULL);
	mail_group_noun.on_fact(
	    &mail, STR("romeo@example.org c1"), str_c(kept_value));
	assert_true(mail_group_find(&mail, romeo, STR("t.c1"), STR_EMPTY, &g));
	mail_group_noun.forget(&mail, juliet);
	assert_true(mail_group_find(&mail, romeo, STR("t.c1"), STR_EMPTY, &g));
	mail_group_noun.forget(&mail, romeo);
	assert_false(mail_group_find(&mail, romeo, STR("t.c1"), STR_EMPTY, &g));
	assert_string_equal(kept_value, "");
}

/* The same mail: its conversation is called the same for both of them. */
static void
each_user_has_his_own(void **state)
{
	struct mail_group g;
	struct buf name;

	(void)state;
	buf_init(&name, 100);
	assert_true(note(STR("c1"), 2));
	assert_true(
	    mail_group_note(&mail, juliet, STR("c1"), people, 2, &name));
	assert_false(note(STR("c1"), 2));
	assert_true(mail_group_find(&mail, romeo, STR("t.c1"), STR_EMPTY, &g));
	assert_true(mail_group_find(&mail, juliet, STR("t.c1"), STR_EMPTY, &g));
	buf_release(&name);
}

static void
first_of(struct str id, const char *address)
{
	struct mail_group g;

	assert_true(mail_group_find(&mail, romeo, STR("t.c1"), id, &g));
	assert_true(str_is(g.address[0], address));
}

/* Another writes, and is the first from then on. */
static void
what_was_said_stays_with_its_people(void **state)
{
	const struct str turned[] = { people[1], people[0] };
	char id[16];
	struct buf name;

	(void)state;
	buf_init(&name, 100);
	assert_true(note(STR("c1"), 2));
	mail_group_pin(&mail, romeo, STR("t.c1"), STR("m1"));
	mail_group_pin(&mail, romeo, STR("t.c1"), STR_EMPTY);
	mail_group_pin(&mail, juliet, STR("t.c1"), STR("m1"));
	assert_true(mail_group_note(&mail, romeo, STR("c1"), turned, 2, &name));
	first_of(STR("m1"), "bob@example.net");
	first_of(STR("m2"), "Carol@example.net");
	first_of(STR_EMPTY, "Carol@example.net");
	for (int i = 0; i < MAIL_GROUP_PINS; i++) {
		(void)snprintf(id, sizeof(id), "x%d", i);
		mail_group_pin(&mail, romeo, STR("t.c1"), str_c(id));
	}
	first_of(STR("m1"), "Carol@example.net");
	buf_release(&name);
}

/* ---- spellings -------------------------------------------------------- */

static void
spelled(const char *address, const char *as)
{
	struct buf out;

	buf_init(&out, 1000);
	mail_spelling_write(&mail, str_c(address), &out);
	assert_string_equal(out.p, as);
	buf_release(&out);
}

static void
who_writes_says_how_he_is_spelled(void **state)
{
	(void)state;
	spelled("bob@example.net", "bob@example.net");
	mail_spelling_note(&mail, STR("bob@Example.net"));
	assert_int_equal(nput, 0);
	mail_spelling_note(&mail, STR("BobBy@Example.net"));
	spelled("bobby@example.net", "BobBy@example.net");
	assert_string_equal(kept_name, "name bobby@example.net");
	assert_string_equal(kept_value, "BobBy@Example.net");
	mail_spelling_note(&mail, STR("BobBy@Example.net"));
	assert_int_equal(nput, 1);
	mail_spelling_note(&mail, STR("Bobby@example.net"));
	spelled("bobby@example.net", "Bobby@example.net");
	mail_spelling_note(&mail, STR("bobby@example.net"));
	spelled("bobby@example.net", "bobby@example.net");
	assert_string_equal(kept_value, "");
	mail_spelling_note(&mail, STR("no address"));
	mail_spelling_noun.on_fact(
	    &mail, STR("eve@example.net"), STR("Eve@example.net"));
	mail_spelling_noun.on_fact(
	    &mail, STR("joe@example.net"), STR("Eve@example.com"));
	spelled("eve@example.net", "Eve@example.net");
	spelled("joe@example.net", "joe@example.net");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_but_ourselves_are_answered),
		TEST(a_group_is_of_one_user),
		TEST(one_is_no_group),
		TEST(too_many_are_none),
		TEST(each_user_has_his_own),
		TEST(what_was_said_stays_with_its_people),
		TEST(it_lasts_and_goes_with_its_user),
		TEST(who_writes_says_how_he_is_spelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
