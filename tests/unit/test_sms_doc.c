#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "sms/sms_doc.h"
#include "sms/sms_extract.h"
#include "sms/sms_template.h"

static struct str
header(const void *arg, const char *name)
{
	(void)arg;
	return str_eq_nocase(str_c(name), STR("X-From")) ? STR("+1555")
	                                                 : STR_EMPTY;
}

static struct sms_doc *
doc(enum sms_doc_kind kind, struct str body, const char *query)
{
	const struct sms_doc_source source = { .body = body,
		.query = str_c(query),
		.status = 202,
		.header = header };
	struct err err = ERR_INIT;
	struct sms_doc *d = sms_doc_new(kind, &source, &err);

	if (!d)
		fail_msg("%s", err.text);
	return d;
}

/* What an extractor finds, joined by '|'. */
static void
assert_finds(struct sms_doc *d, const char *extractor, const char *want)
{
	struct sms_json_file f;
	struct sms_json root, v;
	struct sms_extract *x;
	struct sms_finds finds;
	struct sms_pool pool;
	struct err err = ERR_INIT;
	struct buf text, got;

	buf_init(&text, 4000);
	buf_init(&got, 4000);
	buf_addf(&text, "[%s]", extractor);
	if (sms_json_open(&f, "x", buf_str(&text), &err) < 0)
		fail_msg("%s", err.text);
	root = sms_json_root(&f);
	assert_true(sms_json_at(&root, 0, &v));
	x = sms_extract_read(&v, &err);
	if (!x)
		fail_msg("%s: %s", extractor, err.text);
	sms_pool_init(&pool, 10000);
	finds.n = 0;
	sms_extract_all(x, d, NULL, &pool, &finds);
	for (size_t i = 0; i < finds.n; i++) {
		buf_addf(&got, "%s" STR_FMT, i ? "|" : "",
		    STR_ARG(finds.at[i].text));
		if (finds.at[i].type.len)
			buf_addf(&got, ";" STR_FMT, STR_ARG(finds.at[i].type));
		if (finds.at[i].size.len)
			buf_addf(&got, ";" STR_FMT, STR_ARG(finds.at[i].size));
	}
	if (!str_is(buf_str(&got), want))
		fail_msg("%s: got %s, want %s", extractor, got.p, want);
	sms_extract_free(&x);
	sms_pool_release(&pool);
	sms_json_close(&f);
	buf_release(&text);
	buf_release(&got);
}

static const char json[] =
    "{\"data\":{\"id\":42,\"ok\":true,\"none\":null,\"f\":1.5,"
    "\"to\":[{\"n\":\"+1\"},{\"x\":\"y\"},{\"n\":\"+3\"}],"
    "\"tags\":[\"a\",\"b\"]},"
    "\"media\":[{\"url\":\"u1\",\"ct\":\"image/png\",\"s\":7},"
    "{\"url\":\"u2\"}],\"word\":\"Code 77 [ 1500 ]\",\"csv\":\"a, b,,c\"}";

static const struct {
	const char *extractor, *want;
} of_json[] = {
	{ "\"data.id\"", "42" },
	{ "\"data.ok\"", "true" },
	{ "\"data.f\"", "1.5" },
	{ "\"data.none\"", "" },
	{ "\"data.to.0.n\"", "+1" },
	{ "\"data.to.9.n\"", "" },
	{ "\"data.to.n\"", "" },
	{ "\"data.to.*.n\"", "+1|+3" },
	{ "\"data.tags\"", "a|b" },
	{ "\"data.tags.1\"", "b" },
	{ "\"data.id.x\"", "" },
	{ "\"_status\"", "202" },
	{ "\"_query.q\"", "1 2" },
	{ "\"_header.x-from\"", "+1555" },
	{ "\"_header.x-to\"", "" },
	{ "{\"path\":\"data.to\",\"map\":\"n\"}", "+1||+3" },
	{ "{\"path\":\"media\",\"map\":{\"url\":\"url\",\"type\":\"ct\","
	  "\"size\":\"s\"}}",
	    "u1;image/png;7|u2" },
	{ "{\"path\":\"data.to\",\"map\":\"n\",\"when\":{\"path\":\"n\","
	  "\"in\":[\"+3\"]}}",
	    "+3" },
	{ "{\"path\":\"word\",\"regex\":\"\\\\[ *([0-9]+)\"}", "1500" },
	{ "{\"path\":\"word\",\"regex\":\"Code\"}", "Code" },
	{ "{\"path\":\"word\",\"regex\":\"nothing\"}", "" },
	{ "{\"path\":\"csv\",\"split\":\",\"}", "a|b|c" },
	{ "{\"const\":\"x\"}", "x" },
	{ "{\"any\":[\"data.none\",\"data.id\",\"word\"]}", "42" },
	{ "{\"list\":[\"data.id\",\"data.tags\"]}", "42|a|b" },
	{ "{\"path\":\"data.id\",\"table\":{\"42\":\"answer\"}}", "answer" },
	{ "{\"path\":\"data.ok\",\"table\":{\"42\":\"answer\"}}", "" },
	{ "{\"regex\":\"\\\"id\\\":([0-9]+)\"}", "42" },
	{ "\"_root.data.id\"", "42" },
};

static void
values_are_found_in_json(void **state)
{
	struct sms_doc *d =
	    doc(SMS_DOC_JSON, str_of(json, sizeof(json) - 1), "q=1+2&r=%zz");

	(void)state;
	for (size_t i = 0; i < sizeof(of_json) / sizeof(of_json[0]); i++)
		assert_finds(d, of_json[i].extractor, of_json[i].want);
	sms_doc_free(&d);
}

static void
values_are_found_in_forms(void **state)
{
	struct sms_doc *d = doc(SMS_DOC_FORM,
	    STR("Body=H%C3%A9+%26+%00x&To=%2B1&To=%2B2&empty=&NumMedia=2&"
	        "U0=a&U1=b&U2=c&T0=image/png&flag&a.b=dot&&bad=%z"),
	    "id=7");

	(void)state;
	assert_finds(d, "\"To\"", "+1|+2");
	assert_finds(d, "\"a.b\"", "dot");
	assert_finds(d, "\"empty\"", "");
	assert_finds(d, "\"flag\"", "");
	assert_finds(d, "\"bad\"", "%z");
	assert_finds(d, "\"_query.id\"", "7");
	assert_finds(d, "\"id\"", "");
	assert_finds(d,
	    "{\"count\":\"NumMedia\",\"indexed\":\"U[n]\",\"types\":\"T[n]\"}",
	    "a;image/png|b");
	assert_finds(d, "{\"indexed\":\"U[n]\"}", "a|b|c");
	assert_finds(d, "{\"indexed\":\"U[n1]\"}", "b|c");
	sms_doc_free(&d);
}

static void
a_nul_cuts_nothing_off(void **state)
{
	struct sms_doc *d = doc(SMS_DOC_FORM, STR("text=%00a%00%20b&x=1"), "");
	struct sms_pool pool;
	struct sms_finds f;

	(void)state;
	sms_pool_init(&pool, 1000);
	f.n = 0;
	sms_doc_find(d, NULL, "text", &pool, &f);
	assert_int_equal(f.n, 1);
	assert_true(str_eq(f.at[0].text, str_of("\0a\0 b", 5)));
	sms_pool_release(&pool);
	sms_doc_free(&d);
}

static void
the_kind_is_guessed_by_type_and_looks(void **state)
{
	struct sms_doc *d = doc(SMS_DOC_AUTO, STR(" {\"a\":1}"), "b=2");

	(void)state;
	assert_finds(d, "\"a\"", "1");
	sms_doc_free(&d);
	d = doc(SMS_DOC_AUTO, STR(""), "b=2");
	assert_finds(d, "\"b\"", "2");
	sms_doc_free(&d);
	d = doc(SMS_DOC_AUTO, STR("OK; ID=5"), "");
	assert_finds(d, "{\"regex\":\"ID=([0-9]+)\"}", "5");
	sms_doc_free(&d);
}

static void
other_separators_are_taken_where_they_are_used(void **state)
{
	const struct sms_doc_source source = { .query = STR("a=1;b=2&c=3"),
		.query_sep = "&;" };
	struct err err = ERR_INIT;
	struct sms_doc *d = sms_doc_new(SMS_DOC_QUERY, &source, &err);

	(void)state;
	assert_non_null(d);
	assert_finds(d, "\"b\"", "2");
	assert_finds(d, "\"c\"", "3");
	sms_doc_free(&d);
}

static void
what_is_too_much_is_refused(void **state)
{
	struct sms_doc_source source = { .status = 200 };
	struct err err = ERR_INIT;
	struct sms_doc *d;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i <= SMS_DOC_FIELDS_MAX; i++)
		buf_addf(&b, "a=%d&", i);
	source.body = buf_str(&b);
	d = sms_doc_new(SMS_DOC_FORM, &source, &err);
	assert_null(d);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	source.body = STR("{\"a\":");
	assert_null(sms_doc_new(SMS_DOC_JSON, &source, &err));
	assert_int_equal(err.kind, ERR_PROTOCOL);
	buf_release(&b);
}

static void
one_body_may_hold_many_things(void **state)
{
	static struct json_t *node[SMS_DOC_EACH_MAX];
	struct sms_doc *d =
	    doc(SMS_DOC_JSON, STR("[{\"a\":1},{\"a\":2},{\"a\":3}]"), "");

	(void)state;
	assert_int_equal(sms_doc_each(d, "", node, SMS_DOC_EACH_MAX), 3);
	assert_int_equal(sms_doc_each(d, "", node, 1), 3);
	assert_int_equal(sms_doc_each(d, "x", node, SMS_DOC_EACH_MAX), 0);
	assert_int_equal(sms_doc_each(d, NULL, node, SMS_DOC_EACH_MAX), 1);
	assert_null(node[0]);
	sms_doc_free(&d);
	d = doc(SMS_DOC_JSON, STR("{\"r\":{\"l\":[1,2]},\"o\":{\"z\":1}}"), "");
	assert_int_equal(sms_doc_each(d, "r.l", node, SMS_DOC_EACH_MAX), 2);
	assert_int_equal(sms_doc_each(d, "o", node, SMS_DOC_EACH_MAX), 1);
	assert_int_equal(sms_doc_each(d, "", node, SMS_DOC_EACH_MAX), 1);
	sms_doc_free(&d);
}

/* ---- conditions ------------------------------------------------------- */

static const struct {
	const char *text;
	bool want;
} conds[] = {
	{ "{\"path\":\"data.id\",\"in\":[42]}", true },
	{ "{\"path\":\"data.id\",\"in\":[\"42\",7]}", true },
	{ "{\"path\":\"data.id\",\"in\":[43]}", false },
	{ "{\"path\":\"data.id\",\"not_in\":[43]}", true },
	{ "{\"path\":\"none\",\"not_in\":[43]}", true },
	{ "{\"path\":\"data.id\",\"not_in\":[42]}", false },
	{ "{\"path\":\"data.tags\",\"not_in\":[\"x\",\"b\"]}", false },
	{ "{\"path\":\"data.tags\",\"in\":[\"b\"]}", true },
	{ "{\"path\":\"data.tags\",\"all_in\":[\"b\"]}", false },
	{ "{\"path\":\"data.tags\",\"all_in\":[\"a\",\"b\"]}", true },
	{ "{\"path\":\"none\",\"all_in\":[\"a\"]}", false },
	{ "{\"path\":\"data.tags\",\"exists\":true}", true },
	{ "{\"path\":\"data\",\"exists\":true}", true },
	{ "{\"path\":\"data.none\",\"exists\":true}", false },
	{ "{\"path\":\"data.none\",\"exists\":false}", true },
	{ "{\"status\":[202]}", true },
	{ "{\"status\":[200],\"path\":\"data\",\"exists\":true}", false },
	{ "{\"regex\":\"\\\"ok\\\":true\"}", true },
	{ "{\"path\":\"word\",\"regex\":\"^Code 7\"}", true },
	{ "{\"path\":\"csv\",\"regex\":\"^Code 7\"}", false },
	{ "[{\"status\":[202]},{\"path\":\"x\",\"exists\":true}]", false },
	{ "[]", true },
};

static void
conditions_hold_if_all_of_them_do(void **state)
{
	struct sms_doc *d =
	    doc(SMS_DOC_JSON, str_of(json, sizeof(json) - 1), "");

	(void)state;
	for (size_t i = 0; i < sizeof(conds) / sizeof(conds[0]); i++) {
		struct sms_json_file f;
		struct sms_json root;
		struct sms_conds *c;
		struct sms_pool pool;
		struct err err = ERR_INIT;

		assert_int_equal(
		    sms_json_open(&f, "x", str_c(conds[i].text), &err), 0);
		root = sms_json_root(&f);
		c = sms_conds_read(&root, &err);
		if (!c)
			fail_msg("%s: %s", conds[i].text, err.text);
		sms_pool_init(&pool, 1000);
		if (sms_conds_hold(c, d, NULL, &pool) != conds[i].want)
			fail_msg("%s", conds[i].text);
		sms_pool_release(&pool);
		sms_conds_free(&c);
		sms_json_close(&f);
	}
	sms_doc_free(&d);
}

static const struct {
	const char *text, *why;
} wrong[] = {
	{ "{\"pth\":\"a\"}", "x: key \"pth\" is not known; \"path\"?" },
	{ "{}", "x: needs one of path, regex, const, any, list, indexed" },
	{ "{\"path\":\"a\",\"const\":\"b\"}",
	    "x: needs one of path, regex, const, any, list, indexed" },
	{ "\"\"", "x: an empty path" },
	{ "{\"any\":[]}", "x: any: not an array of 1 to 20" },
	{ "{\"any\":[{\"regex\":\"(\"}]}",
	    "x: any.0.regex: not a regular expression: Unmatched ( or \\(" },
	{ "{\"regex\":\"(a)\\\\1\"}",
	    "x: regex: a regular expression that refers back to a group" },
	{ "{\"regex\":\"a{1,21}\"}",
	    "x: regex: a regular expression that counts higher than 20" },
	{ "{\"path\":\"a\",\"table\":\"none\"}",
	    "x: table: there is no table \"none\" in maps" },
	{ "{\"indexed\":\"a\"}", "x: indexed: no \"[n]\" or \"[n1]\" in it" },
	{ "{\"path\":\"a\",\"when\":{\"in\":[1]}}",
	    "x: when: \"path\" is missing" },
	{ "{\"path\":\"a\",\"when\":{\"path\":\"b\"}}",
	    "x: when: nothing is asked: in, not_in, all_in, exists, regex or "
	    "status" },
	{ "{\"path\":\"a\",\"when\":{\"path\":\"b\",\"in\":[1.5]}}",
	    "x: when.in.0: neither text nor a whole number" },
};

static void
what_is_wrong_is_told_when_it_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct sms_json_file f;
		struct sms_json root, v;
		struct err err = ERR_INIT;
		struct buf b;

		buf_init(&b, 1000);
		buf_addf(&b, "[%s]", wrong[i].text);
		assert_int_equal(sms_json_open(&f, "x", buf_str(&b), &err), 0);
		root = sms_json_root(&f);
		assert_true(sms_json_at(&root, 0, &v));
		v.up = NULL;
		assert_null(sms_extract_read(&v, &err));
		assert_string_equal(err.text, wrong[i].why);
		sms_json_close(&f);
		buf_release(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found_in_json),
		cmocka_unit_test(values_are_found_in_forms),
		cmocka_unit_test(a_nul_cuts_nothing_off),
		cmocka_unit_test(the_kind_is_guessed_by_type_and_looks),
		cmocka_unit_test(
		    other_separators_are_taken_where_they_are_used),
		cmocka_unit_test(what_is_too_much_is_refused),
		cmocka_unit_test(one_body_may_hold_many_things),
		cmocka_unit_test(conditions_hold_if_all_of_them_do),
		cmocka_unit_test(what_is_wrong_is_told_when_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
