#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/gateway.h"
#include "lib/buf.h"
#include "smtp/mail_wishes.h"

static const struct str romeo = { "romeo@example.org", 17 };

/* The core: what is to be kept, "name=value". */
static char kept[256];

void
gateway_fact_put(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	(void)gw;
	(void)network;
	snprintf(kept, sizeof(kept), STR_FMT "=" STR_FMT, STR_ARG(name),
	    STR_ARG(value));
}

static void
what_is_wished_is_kept(void **state)
{
	struct mail_wishes *all = mail_wishes_new(NULL);
	struct err err = ERR_INIT;
	struct buf out;

	(void)state;
	assert_int_equal(mail_wishes_of(all, romeo).welcome, MAIL_WELCOME_ALL);
	assert_int_equal(
	    mail_wishes_put(all, romeo, STR("welcome"), STR("Ask"), &err), 0);
	assert_int_equal(
	    mail_wishes_put(all, romeo, STR("files"), STR("no"), &err), 0);
	assert_string_equal(kept, "opt romeo@example.org=welcome:ask files:no");
	assert_int_equal(mail_wishes_of(all, romeo).welcome, MAIL_WELCOME_ASK);
	mail_wishes_free(&all);
	all = mail_wishes_new(NULL);
	mail_wishes_fact(all, romeo, STR("welcome:ask files:no odd:x y"));
	assert_true(mail_wishes_of(all, romeo).no_files);
	buf_init(&out, 500);
	mail_wishes_write(all, romeo, &out);
	assert_string_equal(
	    out.p, "welcome: ask\nsubjects: yes\nquotes: no\nfiles: no\n");
	buf_release(&out);
	mail_wishes_forget(all, romeo);
	assert_string_equal(kept, "opt romeo@example.org=");
	assert_false(mail_wishes_of(all, romeo).no_files);
	mail_wishes_free(&all);
}

static void
what_cannot_be_wished_is_said(void **state)
{
	struct mail_wishes *all = mail_wishes_new(NULL);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
	    mail_wishes_put(all, romeo, STR("welcome"), STR("x"), &err), -1);
	assert_string_equal(
	    err.text, "welcome is all, contacts, ask, and not \"x\"");
	assert_int_equal(
	    mail_wishes_put(all, romeo, STR("color"), STR("x"), &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	mail_wishes_free(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wished_is_kept),
		cmocka_unit_test(what_cannot_be_wished_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
