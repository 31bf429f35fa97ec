#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "sms/sms_filter.h"
#include "sms/sms_template.h"

static const char *const own_names[] = { "base", "region", "user", "empty",
	NULL };
static const char *const table_names[] = { "coding", NULL };
static struct sms_table *tables[1];

static struct sms_scope scope;

static const struct sms_pair pairs[] = {
	{ { "base", 4 }, { "https://api.example/v1/", 23 } },
	{ { "region", 6 }, { "eu-1", 4 } },
	{ { "user", 4 }, { "a/b?&=\r\n \xc3\xa9", 11 } },
	{ { "empty", 5 }, { "", 0 } },
};
static struct sms_pairs line;
static const struct str recipients[] = { { "+33611", 6 }, { "+33622", 6 } };
static struct sms_message_vars m;

static int
set_up(void **state)
{
	static struct sms_scope base;
	struct sms_json_file f;
	struct sms_json root;
	struct err err = ERR_INIT;

	(void)state;
	base = (struct sms_scope){ .name = sms_message_names };
	scope = (struct sms_scope){ .name = own_names,
		.table_name = table_names,
		.table = tables,
		.up = &base };
	if (sms_json_open(
	        &f, "t", STR("{\"gsm7\":\"0\",\"ucs2\":\"8\"}"), &err) < 0)
		return -1;
	root = sms_json_root(&f);
	tables[0] = sms_table_read(&root, NULL, &err);
	sms_json_close(&f);
	line = sms_pairs_of(pairs, sizeof(pairs) / sizeof(pairs[0]), NULL);
	m = (struct sms_message_vars){ .to = STR("+15550001234"),
		.from = STR("MyBank"),
		.text = STR("H\xc3\xa9 \"&\" {x}\n"),
		.coding = STR("ucs2"),
		.segments = 3,
		.now_utc = 1700000000123,
		.to_list = recipients,
		.nto = 2 };
	sms_message_vars_init(&m, &line.vars);
	return tables[0] ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	sms_table_free(&tables[0]);
	return 0;
}

static const struct {
	const char *text, *want;
} texts[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "{to}", "+15550001234" },
	{ "a{to}b{from}c", "a+15550001234bMyBankc" },
	{ "{{{to}}}", "{+15550001234}" },
	{ "{to|digits}", "15550001234" },
	{ "{to|00}", "0015550001234" },
	{ "{to|nat:1}", "5550001234" },
	{ "{to|nat:33}", "15550001234" },
	{ "{to|e164}", "+15550001234" },
	{ "{from|digits}", "MyBank" },
	{ "{from|lower}", "mybank" },
	{ "{from|upper}", "MYBANK" },
	{ "{from|cut:2}", "My" },
	{ "{text|cut:2}", "H\xc3\xa9" },
	{ "{coding|map:coding}", "8" },
	{ "{from|map:coding}", "" },
	{ "{from|map:coding|default:x y}", "x y" },
	{ "{empty}", "" },
	{ "{empty|default:}", "" },
	{ "{segments}", "3" },
	{ "{now}", "1700000000" },
	{ "{now|iso}", "2023-11-14T22:13:20Z" },
	{ "{to_list}", "+33611,+33622" },
	{ "{to_list|digits|join:<}", "33611<33622" },
	{ "{to_list|first}", "+33611" },
	{ "{from|hex}", "4d7942616e6b" },
	{ "{from|b64}", "TXlCYW5r" },
	{ "{user|urlenc}", "a%2Fb%3F%26%3D%0D%0A%20%C3%A9" },
	{ "{empty|md5}", "d41d8cd98f00b204e9800998ecf8427e" },
	{ "{empty|sha1}", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ "{empty|sha256}",
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
	    "5" },
};

static struct sms_template *
made(const char *text)
{
	struct err err = ERR_INIT;
	struct sms_template *t = sms_template_new(text, &scope, &err);

	if (!t)
		fail_msg("%s: %s", text, err.text);
	return t;
}

static void
assert_text(const char *text, const char *want)
{
	struct sms_template *t = made(text);
	struct sms_pool pool;
	struct err err = ERR_INIT;
	struct str got;

	sms_pool_init(&pool, 10000);
	if (sms_template_text(t, &m.vars, &pool, &got, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	if (!str_is(got, want))
		fail_msg("%s: got \"" STR_FMT "\", want \"%s\"", text,
		    STR_ARG(got), want);
	sms_pool_release(&pool);
	sms_template_free(&t);
}

static void
names_and_filters_become_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_text(texts[i].text, texts[i].want);
}

static const struct {
	const char *text, *why;
} wrong[] = {
	{ "{tto}", "\"{tto}\": there is no such variable; \"{to}\"?" },
	{ "{to|digit}", "there is no filter \"digit\"; \"digits\"?" },
	{ "{to|map:x}", "there is no table \"x\" in maps" },
	{ "{to|map}", "filter \"map\" needs an argument (:...)" },
	{ "{to|lower:x}", "filter \"lower\" takes no argument" },
	{ "{to|nat:fr}", "filter \"nat\": not a number up to 999" },
	{ "{to", "a \"{\" that is not closed (\"{{\" for a brace)" },
	{ "to}", "a \"}\" that closes nothing (\"}}\" for a brace)" },
	{ "{}", "\"{}\" without a name (\"{{\" for a brace)" },
	{ "{|digits}", "\"{}\" without a name (\"{{\" for a brace)" },
};

static void
what_is_wrong_is_told_when_it_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err err = ERR_INIT;

		assert_null(sms_template_new(wrong[i].text, &scope, &err));
		assert_string_equal(err.text, wrong[i].why);
	}
}

static struct sms_value
value_of(const char *text, struct sms_pool *pool)
{
	struct sms_template *t = made(text);
	struct sms_value v;
	struct err err = ERR_INIT;

	assert_int_equal(sms_template_value(t, &m.vars, pool, &v, &err), 0);
	sms_template_free(&t);
	return v;
}

static void
one_placeholder_alone_keeps_its_type(void **state)
{
	struct sms_pool pool;
	struct sms_value v;

	(void)state;
	sms_pool_init(&pool, 10000);
	v = value_of("{to_list|digits}", &pool);
	assert_int_equal(v.kind, SMS_VALUE_LIST);
	assert_int_equal(v.nitem, 2);
	assert_true(str_is(v.item[1], "33622"));
	v = value_of("{segments}", &pool);
	assert_int_equal(v.kind, SMS_VALUE_INT);
	assert_int_equal(v.n, 3);
	v = value_of("{to|digits|int}", &pool);
	assert_int_equal(v.kind, SMS_VALUE_INT);
	assert_true(v.n == 15550001234);
	v = value_of("{empty|bool}", &pool);
	assert_int_equal(v.kind, SMS_VALUE_BOOL);
	assert_int_equal(v.n, 0);
	v = value_of("{media}", &pool);
	assert_true(sms_value_is_empty(&v));
	v = value_of(" {segments}", &pool);
	assert_int_equal(v.kind, SMS_VALUE_TEXT);
	sms_pool_release(&pool);
}

static void
assert_escaped(const char *text, enum sms_escape how, const char *want)
{
	struct sms_template *t = made(text);
	struct err err = ERR_INIT;
	struct buf b;

	buf_init(&b, 10000);
	assert_int_equal(
	    sms_template_render(t, &m.vars, how, &b, &err), want ? 0 : -1);
	if (want)
		assert_string_equal(b.p, want);
	buf_release(&b);
	sms_template_free(&t);
}

static void
the_place_decides_what_is_escaped(void **state)
{
	(void)state;
	assert_escaped(
	    "{text}", SMS_ESCAPE_FORM, "H%C3%A9+%22%26%22+%7Bx%7D%0A");
	assert_escaped(
	    "{text}", SMS_ESCAPE_QUERY, "H%C3%A9%20%22%26%22%20%7Bx%7D%0A");
	assert_escaped(
	    "{text}", SMS_ESCAPE_JSON, "H\xc3\xa9 \\\"&\\\" {x}\\u000a");
	assert_escaped("a&b={from}", SMS_ESCAPE_QUERY, "a%26b%3DMyBank");
	assert_escaped("X {from}", SMS_ESCAPE_HEADER, "X MyBank");
	assert_escaped("X {user}", SMS_ESCAPE_HEADER, NULL);
}

static const struct {
	const char *text, *want; /* NULL: refused */
	bool host_var;
} urls[] = {
	{ "https://x.example/a", "https://x.example/a", false },
	{ "{base}/send", "https://api.example/v1/send", true },
	{ "https://{region}.x.example/{from}", "https://eu-1.x.example/MyBank",
	    true },
	{ "https://x/{user}/b", "https://x/a%2Fb%3F%26%3D%0D%0A%20%C3%A9/b",
	    false },
	{ "https://x?u={user}", "https://x?u=a%2Fb%3F%26%3D%0D%0A%20%C3%A9",
	    false },
	{ "https://{from}.x/", NULL, true }, /* a capital letter */
	{ "https://{user}.x/", NULL, true },
	{ "https://{empty}.x/", NULL, true },
	{ "{from}/x", NULL, true },
	{ "{empty}/x", NULL, true },
	{ "https://x/{text|cut:1}\xc3\xa9", NULL, false },
};

static void
a_url_is_escaped_by_where_a_name_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct sms_template *t = made(urls[i].text);
		struct err err = ERR_INIT;
		bool host_var;
		struct buf b;

		buf_init(&b, 10000);
		if (sms_template_url(t, &m.vars, &b, &host_var, &err) !=
		    (urls[i].want ? 0 : -1))
			fail_msg("%s: %s, %s", urls[i].text, b.p, err.text);
		if (urls[i].want)
			assert_string_equal(b.p, urls[i].want);
		assert_int_equal(host_var, urls[i].host_var);
		buf_release(&b);
		sms_template_free(&t);
	}
}

static void
a_base_is_nothing_but_the_beginning_of_a_url(void **state)
{
	static const char *const bad[] = { "", "x", "ftp://x/", "https://",
		"https:///x", "https://u@x/", "https://x/?a", "https://x/#a",
		"https://x/ y", "https://x/\r\nHost: y", "https://:80/",
		"javascript:https://x/", "https://x\\@y/" };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (sms_url_check(str_c(bad[i]), &err) == 0)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(sms_url_check(STR("http://[::1]:8080/x"), &err), 0);
	assert_int_equal(sms_url_check(STR("https://x"), &err), 0);
}

static void
a_name_cannot_climb_out_of_its_path(void **state)
{
	static const struct sms_pair up[] = { { { "user", 4 }, { "..", 2 } } };
	struct sms_pairs vars = sms_pairs_of(up, 1, NULL);
	struct sms_template *t = made("https://x/{user}/y");
	struct err err = ERR_INIT;
	bool host_var;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(
	    sms_template_url(t, &vars.vars, &b, &host_var, &err), -1);
	assert_string_equal(
	    err.text, "{user}: \"..\" cannot be part of a path");
	buf_release(&b);
	sms_template_free(&t);
}

static void
numbers_are_read_as_the_provider_writes_them(void **state)
{
	static const struct {
		const char *format, *in, *want;
	} rows[] = {
		{ "e164", "+15550001234", "+15550001234" },
		{ "e164", " 15550001234", "+15550001234" },
		{ "digits", "15550001234", "+15550001234" },
		{ "00", "0033612345678", "+33612345678" },
		{ "nat:1", "5550001234", "+15550001234" },
		{ "nat:1", "15550001234", "+15550001234" },
		{ "nat:33", "0612345678", "+33612345678" },
		{ "nat:33", "33612345678", "+33612345678" },
		{ "digits", "12345", "12345" },
		{ "digits", "MyBank", "MyBank" },
		{ "digits", "", "" },
	};
	struct sms_number_format f;
	struct sms_pool pool;

	(void)state;
	sms_pool_init(&pool, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str got;

		assert_true(sms_number_format_read(str_c(rows[i].format), &f));
		got = sms_number_tell(&f, str_c(rows[i].in), &pool);
		if (!str_is(got, rows[i].want))
			fail_msg("%s: got " STR_FMT, rows[i].in, STR_ARG(got));
	}
	assert_false(sms_number_format_read(STR("nat:"), &f));
	assert_false(sms_number_format_read(STR("nat:0"), &f));
	assert_true(sms_number_format_read(STR("digits"), &f));
	assert_true(
	    str_is(sms_number_write(&f, STR("12345;phone-context=+33"), &pool),
	        "12345"));
	sms_pool_release(&pool);
}

static void
a_pool_that_is_full_stays_full(void **state)
{
	struct sms_pool pool;

	(void)state;
	sms_pool_init(&pool, 100);
	assert_non_null(sms_pool_alloc(&pool, 50));
	assert_null(sms_pool_alloc(&pool, 51));
	assert_null(sms_pool_alloc(&pool, 1));
	assert_true(pool.full);
	assert_null(sms_pool_array(&pool, SIZE_MAX / 2, 8));
	sms_pool_release(&pool);
	assert_non_null(sms_pool_alloc(&pool, 1));
	sms_pool_release(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_filters_become_text),
		cmocka_unit_test(what_is_wrong_is_told_when_it_is_read),
		cmocka_unit_test(one_placeholder_alone_keeps_its_type),
		cmocka_unit_test(the_place_decides_what_is_escaped),
		cmocka_unit_test(a_url_is_escaped_by_where_a_name_stands),
		cmocka_unit_test(a_base_is_nothing_but_the_beginning_of_a_url),
		cmocka_unit_test(a_name_cannot_climb_out_of_its_path),
		cmocka_unit_test(numbers_are_read_as_the_provider_writes_them),
		cmocka_unit_test(a_pool_that_is_full_stays_full),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
