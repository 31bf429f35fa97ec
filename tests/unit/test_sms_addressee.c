#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sms/sms_addressee.h"
#include "sms/sms_event.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"
#include "sms/sms_profile.h"
#include "sms/sms_ref.h"

static const char profile_text[] =
    "{\"profile\": 1, \"name\": \"p\", \"title\": \"P\","
    " \"vars\": {\"key\": {\"required\": true, \"secret\": true},"
    "            \"extra\": {}},"
    " \"send\": {\"sms\": {\"url\": \"http://127.0.0.1/\"}}}";

/* Three lines: two of one account, one of another. */
struct stage {
	struct sms_gateway sms;
	struct sms_profile *profile;
	struct sms_line line[3];
	struct sms_pair pair[3][2];
	char *name[3];
};

static void
add_line(struct stage *s, size_t i, const char *name, const char *number,
    const char *key)
{
	struct sms_line *l = &s->line[i];

	l->sms = &s->sms;
	s->name[i] = str_dup(str_c(name));
	l->name = s->name[i];
	l->profile = s->profile;
	if (number)
		assert_int_equal(
		    sms_number_read(str_c(number), NULL, &l->number, NULL), 0);
	s->pair[i][0] = (struct sms_pair){ STR("key"), str_c(key) };
	s->pair[i][1] = (struct sms_pair){ STR("extra"), str_c(name) };
	l->vars = sms_pairs_of(s->pair[i], 2, NULL);
	list_add(&s->sms.order, &l->node);
}

static void
open_stage(struct stage *s, const char *first)
{
	struct err err = ERR_INIT;

	*s = (struct stage){ 0 };
	list_init(&s->sms.order);
	s->profile = sms_profile_read("p.json", str_c(profile_text), &err);
	assert_string_equal(err.text, "");
	add_line(s, 0, "one", first, "account");
	add_line(s, 1, "two", "+33600000002", "account");
	add_line(s, 2, "other", "+33600000003", "stranger");
}

static void
close_stage(struct stage *s)
{
	for (size_t i = 0; i < 3; i++)
		free(s->name[i]);
	sms_profile_free(&s->profile);
}

static struct sms_line *
addressee(struct stage *s, const char *to)
{
	const struct sms_event ev = { .to = str_c(to) };

	return sms_addressee(&s->line[0], &ev);
}

static void
the_number_says_which_line_not_the_url(void **state)
{
	struct stage s;

	(void)state;
	open_stage(&s, "+33600000001");
	assert_ptr_equal(addressee(&s, "+33600000001"), &s.line[0]);
	assert_ptr_equal(addressee(&s, "+33600000002"), &s.line[1]);
	assert_null(addressee(&s, "+33600000003"));
	assert_null(addressee(&s, "+33600000004"));
	assert_ptr_equal(addressee(&s, ""), &s.line[0]);
	assert_ptr_equal(addressee(&s, "modem"), &s.line[0]);
	close_stage(&s);
}

static void
a_line_without_a_number_has_what_nobody_else_has(void **state)
{
	struct stage s;

	(void)state;
	open_stage(&s, NULL);
	assert_ptr_equal(addressee(&s, "+33600000004"), &s.line[0]);
	assert_ptr_equal(addressee(&s, "+33600000002"), &s.line[1]);
	close_stage(&s);
}

static void
of_a_group_any_member_may_stand_first(void **state)
{
	const struct str group[] = { STR("+33612345678"), STR("+33600000001") };
	const struct sms_event ev = {
		.to = group[0], .group = group, .ngroup = 2
	};
	struct stage s;

	(void)state;
	open_stage(&s, "+33600000001");
	assert_ptr_equal(sms_addressee(&s.line[0], &ev), &s.line[0]);
	assert_ptr_equal(sms_addressee(&s.line[1], &ev), &s.line[0]);
	close_stage(&s);
}

static void
a_user_s_own_line_is_no_sibling(void **state)
{
	char romeo[] = "romeo@example.org", juliet[] = "juliet@example.org";
	struct stage s;

	(void)state;
	open_stage(&s, "+33600000001");
	s.line[0].owner = romeo;
	assert_null(addressee(&s, "+33600000002"));
	s.line[1].owner = juliet;
	assert_null(addressee(&s, "+33600000002"));
	s.line[1].owner = romeo;
	assert_ptr_equal(addressee(&s, "+33600000002"), &s.line[1]);
	close_stage(&s);
}

static void
a_reference_of_a_sibling_is_read(void **state)
{
	char ref[SMS_REF_MAX + 1];
	uint64_t ticket = 0;
	struct stage s;

	(void)state;
	open_stage(&s, "+33600000001");
	sms_ref_make(s.sms.ref_key, STR("two"), 7, ref);
	assert_ptr_equal(
	    sms_addressee_of_ref(&s.line[0], str_c(ref), &ticket), &s.line[1]);
	assert_int_equal(ticket, 7);
	sms_ref_make(s.sms.ref_key, STR("other"), 7, ref);
	assert_null(sms_addressee_of_ref(&s.line[0], str_c(ref), &ticket));
	close_stage(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_says_which_line_not_the_url),
		cmocka_unit_test(
		    a_line_without_a_number_has_what_nobody_else_has),
		cmocka_unit_test(of_a_group_any_member_may_stand_first),
		cmocka_unit_test(a_user_s_own_line_is_no_sibling),
		cmocka_unit_test(a_reference_of_a_sibling_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
