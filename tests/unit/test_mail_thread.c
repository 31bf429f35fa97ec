#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "smtp/mail_record.h"
#include "smtp/mail_ref.h"
#include "smtp/mail_thread.h"

static const struct str romeo = { "romeo@example.org", 17 };
static const struct str bob = { "bob@example.net", 15 };
static const struct str eve = { "eve@example.net", 15 };

/* The core: what time it is, and what is kept. */
static struct clock clock_now;
static unsigned nput;

struct fact {
	char name[256], value[4096];
};
static struct fact facts[MAIL_THREADS_USER_MAX + 10];
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
	nput++;
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

static struct mail_threads *all;

static int
set_up(void **state)
{
	(void)state;
	clock_init(&clock_now, 1000, 1000000);
	nfact = 0;
	nput = 0;
	all = mail_threads_new(NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mail_threads_free(&all);
	clock_release(&clock_now);
	return 0;
}

static void
restart(void)
{
	mail_threads_free(&all);
	all = mail_threads_new(NULL);
	for (size_t i = 0; i < nfact; i++)
		mail_threads_fact(all,
		    str_skip(
		        str_c(facts[i].name), sizeof(MAIL_THREADS_PREFIX) - 1),
		    str_c(facts[i].value));
}

static void
later(int64_t ms)
{
	clock_advance(&clock_now, clock_now.at + ms, clock_now.utc + ms);
}

/* A mail of his to that contact; the id of its thread. */
static const char *
says(struct str contact, struct gw_message m, const char *message_id)
{
	const struct mail_thread *t = mail_thread_out(all, romeo, contact, &m);
	static char id[24];

	mail_thread_sent(all, romeo, contact, t, m.subject, str_c(message_id),
	    m.id, m.thread);
	t = mail_thread_out(all, romeo, contact, &m);
	assert_non_null(t);
	memcpy(id, t->id, sizeof(id));
	return id;
}

/* One to him, with what is said of it. */
static struct mail_thread
hears(struct str contact, struct mail_record r, const char *stanza,
    bool *is_new, struct str *answers)
{
	struct mail_thread t = *mail_thread_in(
	    all, romeo, contact, &r, STR_EMPTY, is_new, answers);

	mail_thread_came(all, romeo, contact,
	    mail_thread_in(all, romeo, contact, &r, STR_EMPTY, &(bool){ false },
	        &(struct str){ 0 }),
	    &r, str_c(stanza));
	return t;
}

#define MSG(...)  ((struct gw_message){ __VA_ARGS__ })
#define MAIL(...) ((struct mail_record){ __VA_ARGS__ })

static void
the_first_word_begins_one(void **state)
{
	(void)state;
	assert_null(mail_thread_out(all, romeo, bob, &MSG(.id = STR("a"))));
	assert_string_equal(
	    says(bob, MSG(.id = STR("a")), "t.abc234.1.mac@gw"), "abc234");
	/* Its thread is called as in its Message-ID: that comes back. */
	assert_int_equal(nfact, 1);
	assert_string_equal(
	    facts[0].name, "conv romeo@example.org bob@example.net abc234");
}

static void
what_follows_goes_on_with_the_last(void **state)
{
	const struct mail_thread *t;

	(void)state;
	says(bob, MSG(.id = STR("a"), .subject = STR("Lunch")), "t.x2.1.m@gw");
	t = mail_thread_out(all, romeo, bob, &MSG(.id = STR("b")));
	assert_string_equal(t->id, "x2");
	assert_true(str_is(t->subject, "Lunch"));
	assert_true(str_is(t->last_id, "t.x2.1.m@gw"));
	assert_int_equal(t->nreference, 1);
	assert_null(mail_thread_out(all, romeo, eve, &MSG(.id = STR("b"))));
	assert_null(mail_thread_out(
	    all, STR("juliet@example.org"), bob, &MSG(.id = STR("b"))));
}

static void
another_subject_is_another_conversation(void **state)
{
	(void)state;
	says(bob, MSG(.id = STR("a"), .subject = STR("Lunch")), "t.x2.1.m@gw");
	assert_null(mail_thread_out(
	    all, romeo, bob, &MSG(.id = STR("b"), .subject = STR("Dinner"))));
	says(bob, MSG(.id = STR("b"), .subject = STR("Dinner")), "t.x3.1.m@gw");
	assert_string_equal(mail_thread_out(all, romeo, bob,
	                        &MSG(.id = STR("c"), .subject = STR("lunch")))
	                        ->id,
	    "x2");
}

static void
the_client_s_thread_says_which(void **state)
{
	(void)state;
	says(bob, MSG(.id = STR("a"), .thread = STR("one")), "t.x2.1.m@gw");
	assert_null(mail_thread_out(
	    all, romeo, bob, &MSG(.id = STR("b"), .thread = STR("two"))));
	says(bob, MSG(.id = STR("b"), .thread = STR("two")), "t.x3.1.m@gw");
	assert_string_equal(
	    says(bob, MSG(.id = STR("c"), .thread = STR("one")), "t.x2.2.m@gw"),
	    "x2");
}

static void
a_reply_answers_that_mail_and_no_later_one(void **state)
{
	const struct mail_thread *t;

	(void)state;
	says(bob, MSG(.id = STR("a")), "t.x2.1.m@gw");
	says(bob, MSG(.id = STR("b")), "t.x2.2.m@gw");
	says(bob, MSG(.id = STR("c"), .subject = STR("New")), "t.x3.1.m@gw");
	t = mail_thread_out(
	    all, romeo, bob, &MSG(.id = STR("d"), .reply_to = STR("a")));
	assert_string_equal(t->id, "x2");
	assert_int_equal(t->nreference, 1);
	assert_true(str_is(t->last_id, "t.x2.1.m@gw"));
}

static void
what_is_tried_again_answers_the_same(void **state)
{
	const struct mail_thread *t;

	(void)state;
	says(bob, MSG(.id = STR("a")), "t.x2.1.m@gw");
	t = mail_thread_out(all, romeo, bob, &MSG(.id = STR("a")));
	assert_int_equal(t->nreference, 0);
	says(bob, MSG(.id = STR("b")), "t.x2.2.m@gw");
	says(bob, MSG(.id = STR("c")), "t.x2.3.m@gw");
	t = mail_thread_out(all, romeo, bob, &MSG(.id = STR("b")));
	assert_true(str_is(t->last_id, "t.x2.1.m@gw"));
	assert_int_equal(
	    mail_thread_out(all, romeo, bob, &MSG(.id = STR("d")))->nreference,
	    3);
}

static void
an_answer_finds_what_it_answers(void **state)
{
	struct str answers, ref[] = { STR("t.x2.1.m@gw"), STR("lost@far") };
	struct mail_thread t;
	bool is_new;

	(void)state;
	says(bob, MSG(.id = STR("a"), .thread = STR("one")), "t.x2.1.m@gw");
	t = hears(bob,
	    MAIL(.message_id = STR("1@far"), .in_reply_to = STR("t.x2.1.m@gw")),
	    "m1", &is_new, &answers);
	assert_false(is_new);
	assert_true(str_is(answers, "a"));
	assert_string_equal(t.id, "x2");
	assert_true(str_is(t.xmpp, "one"));
	/* One that was lost on the way is no end of it. */
	t = hears(bob,
	    MAIL(.message_id = STR("2@far"), .reference = ref, .nreference = 2),
	    "m2", &is_new, &answers);
	assert_false(is_new);
	assert_int_equal(answers.len, 0);
	assert_string_equal(t.id, "x2");
	/* And what answers it goes on from there. */
	assert_true(
	    str_is(mail_thread_out(all, romeo, bob, &MSG(.reply_to = STR("m1")))
	               ->last_id,
	        "1@far"));
}

static void
a_stranger_s_mail_begins_one(void **state)
{
	struct str answers, ref[] = { STR("root@far"), STR("2@far") };
	struct mail_thread t, u;
	const struct mail_thread *v;
	bool is_new;

	(void)state;
	t = hears(bob,
	    MAIL(.message_id = STR("3@far"), .reference = ref, .nreference = 2,
	        .subject = STR("Plan")),
	    "m3", &is_new, &answers);
	assert_true(is_new);
	assert_int_equal(strlen(t.id), MAIL_THREAD_ID_LEN);
	assert_true(str_is(t.xmpp, t.id));
	v = mail_thread_out(all, romeo, bob, &MSG(.id = STR("b")));
	assert_int_equal(v->nreference, 3);
	assert_true(str_is(v->reference[0], "root@far"));
	assert_true(str_is(v->last_id, "3@far"));
	assert_true(str_is(v->subject, "Plan"));
	/* Somebody else in it: of the same name, and new with him. */
	u = hears(eve,
	    MAIL(.message_id = STR("4@far"), .in_reply_to = STR("3@far")), "m4",
	    &is_new, &answers);
	assert_true(is_new);
	assert_string_equal(u.id, t.id);
	assert_int_equal(answers.len, 0);
}

static void
who_knows_the_root_only_is_in_the_same_one(void **state)
{
	struct str answers, ref[] = { STR("root@far"), STR("unseen@far") };
	struct mail_thread t, u;
	bool is_new;

	(void)state;
	t = hears(
	    bob, MAIL(.message_id = STR("root@far")), "m1", &is_new, &answers);
	mail_threads_forget(all, romeo);
	assert_int_equal(nfact, 0);
	u = hears(bob,
	    MAIL(.message_id = STR("3@far"), .reference = ref, .nreference = 2),
	    "m3", &is_new, &answers);
	assert_string_equal(u.id, t.id);
}

static void
our_own_id_names_it_when_the_store_is_lost(void **state)
{
	struct str answers;
	const struct mail_thread *t;
	bool is_new;

	(void)state;
	t = mail_thread_in(all, romeo, bob,
	    &MAIL(.message_id = STR("1@far"),
	        .in_reply_to = STR("t.x2.1.m@gw")),
	    STR("x2"), &is_new, &answers);
	assert_string_equal(t->id, "x2");
	assert_true(is_new);
}

static void
a_mail_that_comes_again_changes_nothing(void **state)
{
	struct str answers;
	bool is_new;

	(void)state;
	for (int i = 0; i < 3; i++)
		hears(bob, MAIL(.message_id = STR("1@far")), "m1", &is_new,
		    &answers);
	assert_int_equal(
	    mail_thread_out(all, romeo, bob, &MSG(.id = STR("b")))->nreference,
	    1);
}

static void
a_mail_that_begins_one_does_so_again(void **state)
{
	struct str answers, ref[] = { STR("root@far") };
	bool is_new;

	(void)state;
	for (int i = 0; i < 2; i++) {
		hears(bob,
		    MAIL(.message_id = STR("1@far"), .reference = ref,
		        .nreference = 1),
		    "m1", &is_new, &answers);
		assert_true(is_new);
	}
	hears(bob,
	    MAIL(.message_id = STR("2@far"), .in_reply_to = STR("1@far")), "m2",
	    &is_new, &answers);
	assert_false(is_new);
}

static void
a_contact_is_the_same_in_any_case(void **state)
{
	(void)state;
	says(bob, MSG(.id = STR("a"), .subject = STR("Re: Lunch")),
	    "t.x2.1.m@gw");
	assert_non_null(mail_thread_out(all, romeo, STR("Bob@Example.net"),
	    &MSG(.subject = STR("AW: lunch"))));
	assert_true(mail_thread_knows(all, romeo, STR("BOB@example.net")));
	assert_false(mail_thread_knows(all, romeo, eve));
}

static void
a_ticket_says_whose_mail_it_was(void **state)
{
	static const struct mail_refs refs = { .key = "some key" };
	struct mail_thread_owner who;
	mail_ref_text id;

	(void)state;
	says(bob, MSG(.id = STR("a")), "t.x2.lr.aaaaaaaaaaaaaaaa@gw");
	mail_ref_message(&refs, STR("x3"), 369, id);
	says(eve, MSG(.id = STR("b")), id);
	assert_true(mail_thread_whose(all, &refs, 369, &who));
	assert_true(str_eq(who.user, romeo));
	assert_true(str_eq(who.contact, eve));
	assert_false(mail_thread_whose(all, &refs, 370, &who));
}

static void
the_first_and_the_last_mails_are_kept(void **state)
{
	const struct mail_thread *t;
	char id[32], stanza[16];

	(void)state;
	for (int i = 0; i < 60; i++) {
		snprintf(id, sizeof(id), "t.x2.%d.m@gw", i);
		snprintf(stanza, sizeof(stanza), "s%d", i);
		says(bob, MSG(.id = str_c(stanza)), id);
	}
	t = mail_thread_out(all, romeo, bob, &MSG(.id = STR("z")));
	assert_int_equal(t->nreference, MAIL_THREAD_MAILS);
	assert_true(str_is(t->reference[0], "t.x2.0.m@gw"));
	assert_true(str_is(t->reference[1], "t.x2.40.m@gw"));
	assert_true(str_is(t->last_id, "t.x2.59.m@gw"));
}

static void
it_is_kept_once_a_minute_and_over_restarts(void **state)
{
	struct str answers;
	const struct mail_thread *t;
	bool is_new;

	(void)state;
	says(bob,
	    MSG(.id = STR("a"), .thread = STR("one"),
	        .subject = STR("Lunch or not")),
	    "t.x2.1.m@gw");
	hears(bob,
	    MAIL(.message_id = STR("1@far"), .in_reply_to = STR("t.x2.1.m@gw")),
	    "m1", &is_new, &answers);
	says(bob, MSG(.id = STR("b"), .thread = STR("one")), "t.x2.2.m@gw");
	assert_int_equal(nput, 1);
	later(61 * 1000);
	assert_int_equal(nput, 2);
	later(1000);
	says(eve, MSG(.id = STR("c")), "t.x9.1.m@gw");
	restart();
	t = mail_thread_out(all, romeo, bob, &MSG(.reply_to = STR("m1")));
	assert_string_equal(t->id, "x2");
	assert_int_equal(t->nreference, 2);
	assert_true(str_is(t->xmpp, "one"));
	assert_true(str_is(t->subject, "Lunch or not"));
	t = mail_thread_in(all, romeo, bob,
	    &MAIL(.in_reply_to = STR("t.x2.2.m@gw")), STR_EMPTY, &is_new,
	    &answers);
	assert_true(str_is(answers, "b"));
	assert_string_equal(
	    mail_thread_out(all, romeo, eve, &MSG(.id = STR("d")))->id, "x9");
}

static void
what_was_not_yet_kept_is_at_the_end(void **state)
{
	(void)state;
	says(bob, MSG(.id = STR("a")), "t.x2.1.m@gw");
	says(bob, MSG(.id = STR("b")), "t.x2.2.m@gw");
	assert_int_equal(nput, 1);
	restart();
	assert_int_equal(
	    mail_thread_out(all, romeo, bob, &MSG(.id = STR("c")))->nreference,
	    2);
}

static void
the_oldest_make_room(void **state)
{
	char id[40], subject[16];

	(void)state;
	for (int i = 0; i < MAIL_THREADS_USER_MAX + 1; i++) {
		snprintf(id, sizeof(id), "t.x%d.1.m@gw", i);
		snprintf(subject, sizeof(subject), "s%d", i);
		says(bob, MSG(.id = str_c(subject), .subject = str_c(subject)),
		    id);
		later(1);
	}
	assert_int_equal(nfact, MAIL_THREADS_USER_MAX);
	restart();
	assert_null(
	    mail_thread_out(all, romeo, bob, &MSG(.subject = STR("s0"))));
	assert_non_null(
	    mail_thread_out(all, romeo, bob, &MSG(.subject = STR("s1"))));
	/* In the order of time, though facts come in none. */
	assert_string_equal(
	    mail_thread_out(all, romeo, bob, &MSG(.id = STR("n")))->id, "x200");
	later((int64_t)(MAIL_THREAD_DAYS + 1) * 24 * 3600 * 1000);
	says(bob, MSG(.id = STR("q"), .subject = STR("q")), "t.y.1.m@gw");
	assert_int_equal(nfact, 1);
}

static void
what_is_damaged_is_let_be(void **state)
{
	static const char *const names[] = { "", "a", "a b", "a b ", "a b X",
		"a b ../x" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		mail_threads_fact(all, str_c(names[i]), STR("1"));
	mail_threads_fact(
	    all, STR("romeo@example.org bob@example.net x2"), STR("?"));
	assert_int_equal(
	    mail_thread_out(all, romeo, bob, &MSG(.id = STR("a")))->nreference,
	    0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_first_word_begins_one),
		TEST(what_follows_goes_on_with_the_last),
		TEST(another_subject_is_another_conversation),
		TEST(the_client_s_thread_says_which),
		TEST(a_reply_answers_that_mail_and_no_later_one),
		TEST(what_is_tried_again_answers_the_same),
		TEST(an_answer_finds_what_it_answers),
		TEST(a_stranger_s_mail_begins_one),
		TEST(who_knows_the_root_only_is_in_the_same_one),
		TEST(our_own_id_names_it_when_the_store_is_lost),
		TEST(a_mail_that_comes_again_changes_nothing),
		TEST(a_mail_that_begins_one_does_so_again),
		TEST(a_contact_is_the_same_in_any_case),
		TEST(a_ticket_says_whose_mail_it_was),
		TEST(the_first_and_the_last_mails_are_kept),
		TEST(it_is_kept_once_a_minute_and_over_restarts),
		TEST(what_was_not_yet_kept_is_at_the_end),
		TEST(the_oldest_make_room),
		TEST(what_is_damaged_is_let_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
