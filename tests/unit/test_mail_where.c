#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_where.h"

#define TOKEN "abcdefghijklmnopqrst234567"

static const struct row {
	const char *local;
	enum mail_where_kind kind;
	const char *name, *detail, *slug, *token, *severity, *jid;
} rows[] = {
	{ "alice", MAIL_WHERE_NAME, "alice", "", "alice", "", "", "" },
	{ "Alice", MAIL_WHERE_NAME, "alice", "", "alice", "", "", "" },
	{ "alice.smith", MAIL_WHERE_NAME, "alice.smith", "", "alice.smith", "",
	    "", "" },
	{ "alice+lists.x", MAIL_WHERE_NAME, "alice", "lists.x", "alice+lists.x",
	    "", "", "" },
	{ "disk.crit", MAIL_WHERE_NAME, "disk.crit", "", "disk", "", "crit",
	    "" },
	{ "disk+warn", MAIL_WHERE_NAME, "disk", "warn", "disk", "", "warn",
	    "" },
	{ "crit", MAIL_WHERE_NAME, "crit", "", "crit", "", "", "" },
	{ TOKEN, MAIL_WHERE_TARGET, "", "", "", TOKEN, "", "" },
	{ "disk." TOKEN, MAIL_WHERE_TARGET, "", "", "disk", TOKEN, "", "" },
	{ "DISK+ABCDEFGHIJKLMNOPQRST234567", MAIL_WHERE_TARGET, "", "", "disk",
	    TOKEN, "", "" },
	{ "n.disk." TOKEN, MAIL_WHERE_TARGET, "", "", "disk", TOKEN, "", "" },
	{ "n+disk+" TOKEN, MAIL_WHERE_TARGET, "", "", "disk", TOKEN, "", "" },
	{ "n." TOKEN, MAIL_WHERE_TARGET, "", "", "", TOKEN, "", "" },
	{ "n.disk", MAIL_WHERE_NAME, "disk", "", "disk", "", "", "" },
	{ "a.b." TOKEN, MAIL_WHERE_RESERVED, "", "", "", "", "", "" },
	{ "disk.array." TOKEN ".info", MAIL_WHERE_TARGET, "", "", "disk.array",
	    TOKEN, "info", "" },
	{ "disk.crit." TOKEN, MAIL_WHERE_TARGET, "", "", "disk.crit", TOKEN, "",
	    "" },
	{ "disk.bcdefghijklmnopqrst234567", MAIL_WHERE_NAME,
	    "disk.bcdefghijklmnopqrst234567", "",
	    "disk.bcdefghijklmnopqrst234567", "", "", "" },
	{ "b.c.d", MAIL_WHERE_BOUNCE, "", "", "", "", "", "" },
	{ "B.c", MAIL_WHERE_BOUNCE, "", "", "", "", "", "" },
	{ "r.c.d", MAIL_WHERE_REPLY, "", "", "", "", "", "" },
	{ "t.c", MAIL_WHERE_RESERVED, "", "", "", "", "", "" },
	{ "x", MAIL_WHERE_RESERVED, "", "", "", "", "", "" },
	{ "n", MAIL_WHERE_RESERVED, "", "", "", "", "", "" },
	{ "Postmaster", MAIL_WHERE_POSTMASTER, "postmaster", "", "postmaster",
	    "", "", "" },
	{ "abuse+x", MAIL_WHERE_POSTMASTER, "abuse", "x", "abuse+x", "", "",
	    "" },
	{ "romeo=40montague.example", MAIL_WHERE_COMPUTED, "", "", "", "", "",
	    "romeo@montague.example" },
	{ "d=5c27artagnan=40x.y", MAIL_WHERE_COMPUTED, "", "", "", "", "",
	    "d\\27artagnan@x.y" },
	{ "a=3db=40x", MAIL_WHERE_COMPUTED, "", "", "", "", "", "a=b@x" },
	{ "romeo=4", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "romeo=4x.y", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "=40x.y", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "romeo=40", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "romeo=40x=40y", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "romeo=40x=2fy", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "romeo=40x=0ay", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ ".a", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "alice.", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "al..ice", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "al+.ice", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "a%b", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "\"alice\"", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "al ice", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ "bücher", MAIL_WHERE_NOWHERE, "", "", "", "", "", "" },
	{ TOKEN TOKEN "0123456789012", MAIL_WHERE_NOWHERE, "", "", "", "", "",
	    "" },
};

static void
each_form_is_told_from_the_others(void **state)
{
	struct mail_where w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];

		mail_where_read(str_c(r->local), &w);
		if (w.kind != r->kind)
			print_error("%s: %d\n", r->local, w.kind);
		assert_int_equal(w.kind, r->kind);
		assert_string_equal(w.name, r->name);
		assert_string_equal(w.detail, r->detail);
		assert_string_equal(w.slug, r->slug);
		assert_string_equal(w.token, r->token);
		assert_string_equal(w.severity, r->severity);
		assert_string_equal(w.jid, r->jid);
	}
}

static void
some_names_nobody_gets(void **state)
{
	static const char *const bad[] = { "root", "postmaster", "abuse",
		"mailer-daemon", "x", "b.x", "n.x", "alice+x", "disk.crit",
		TOKEN, "a=40b", "Alice", "alice.", "", "al ice", "no-reply",
		"abcdefghijk" };
	struct mail_where w;

	(void)state;
	assert_true(mail_where_is_name(STR("alice"), 10));
	assert_true(mail_where_is_name(STR("al_ic-e.2"), 10));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mail_where_is_name(str_c(bad[i]),
		    i + 1 < sizeof(bad) / sizeof(bad[0]) ? 64 : 10));
	/* An operator may call a target so. */
	mail_where_read(STR("root"), &w);
	assert_int_equal(w.kind, MAIL_WHERE_NAME);
	assert_true(w.is_reserved);
}

static void
computed_names_come_back(void **state)
{
	static const struct {
		const char *jid, *local; /* NULL: there is none */
	} row[] = {
		{ "romeo@montague.example", "romeo=40montague.example" },
		{ "d\\27artagnan@x.y", "d=5c27artagnan=40x.y" },
		{ ".a..b@x", "=2ea=2e.b=40x" },
		{ "bücher@x", "b=c3=bccher=40x" },
		{ "abcdefghijklmnopqrstuvwxyz@abcdefghijklmnopqrstuvwxyz."
		  "abcdefghijklmnopqrstuvwxyz",
		    NULL },
	};
	struct mail_where w;
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		buf_clear(&out);
		assert_int_equal(mail_where_computed(str_c(row[i].jid), &out),
		    row[i].local ? 0 : -1);
		if (!row[i].local)
			continue;
		assert_string_equal(out.p, row[i].local);
		mail_where_read(buf_str(&out), &w);
		assert_int_equal(w.kind, MAIL_WHERE_COMPUTED);
		assert_string_equal(w.jid, row[i].jid);
	}
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_told_from_the_others),
		cmocka_unit_test(some_names_nobody_gets),
		cmocka_unit_test(computed_names_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
