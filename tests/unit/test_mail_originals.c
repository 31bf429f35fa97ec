#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/mail_originals.h"

static const struct str romeo = { "romeo@example.org", 17 };
static const struct str bob = { "bob@example.net", 15 };
static const struct str eve = { "eve@example.net", 15 };
static struct str from;

static void
the_last_one_is_found(void **state)
{
	struct mail_originals *all = mail_originals_new();

	(void)state;
	assert_int_equal(
	    mail_originals_last(all, romeo, STR_EMPTY, &from).len, 0);
	mail_originals_put(all, romeo, bob, STR("one"));
	mail_originals_put(all, romeo, eve, STR("two"));
	assert_true(
	    str_is(mail_originals_last(all, romeo, STR_EMPTY, &from), "two"));
	assert_true(str_eq(from, eve));
	assert_true(str_is(
	    mail_originals_last(all, romeo, STR("BOB@example.net"), &from),
	    "one"));
	assert_int_equal(mail_originals_last(
	                     all, STR("juliet@example.org"), STR_EMPTY, &from)
	                     .len,
	    0);
	mail_originals_forget(all, romeo);
	assert_int_equal(
	    mail_originals_last(all, romeo, STR_EMPTY, &from).len, 0);
	mail_originals_free(&all);
}

static void
the_oldest_make_room(void **state)
{
	struct mail_originals *all = mail_originals_new();
	char *text = malloc(MAIL_ORIGINALS_TEXT * 2);
	char user[20];

	(void)state;
	mail_originals_put(all, romeo, bob, STR("first"));
	for (int i = 0; i < MAIL_ORIGINALS_USER; i++)
		mail_originals_put(all, romeo, eve, STR("next"));
	assert_int_equal(mail_originals_last(all, romeo, bob, &from).len, 0);
	memset(text, 'x', MAIL_ORIGINALS_TEXT * 2);
	for (int i = 0; i < MAIL_ORIGINALS_BYTES / MAIL_ORIGINALS_TEXT; i++) {
		snprintf(user, sizeof(user), "u%d", i);
		mail_originals_put(all, str_c(user), bob,
		    str_of(text, MAIL_ORIGINALS_TEXT * 2));
	}
	assert_int_equal(mail_originals_last(all, romeo, eve, &from).len, 0);
	assert_int_equal(mail_originals_last(all, str_c(user), bob, &from).len,
	    MAIL_ORIGINALS_TEXT);
	free(text);
	mail_originals_free(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_one_is_found),
		cmocka_unit_test(the_oldest_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
