#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "lib/buf.h"
#include "sms/sms_json.h"
#include "sms/sms_table.h"

static const char *const top_keys[] = { "name", "send", "limits", "sure",
	NULL };

static struct sms_json_file
open_text(const char *text)
{
	struct sms_json_file f;
	struct err err = ERR_INIT;

	if (sms_json_open(&f, "x.json", str_c(text), &err) < 0)
		fail_msg("%s", err.text);
	return f;
}

static void
a_complaint_names_file_key_and_reason(void **state)
{
	struct sms_json_file f =
	    open_text("{\"send\":{\"sms\":[1,{\"id\":5}]}}");
	struct sms_json root = sms_json_root(&f), send, sms, item;
	struct err err = ERR_INIT;
	const char *text = NULL;

	(void)state;
	assert_true(sms_json_get(&root, "send", &send));
	assert_true(sms_json_get(&send, "sms", &sms));
	assert_true(sms_json_at(&sms, 1, &item));
	assert_int_equal(sms_json_get_text(&item, "id", &text, &err), -1);
	assert_string_equal(
	    err.text, "x.json: send.sms.1.id: not text (\"...\")");
	assert_int_equal(err.kind, ERR_BAD_INPUT);
	assert_int_equal(sms_json_need_text(&item, "url", &text, &err), -1);
	assert_string_equal(err.text, "x.json: send.sms.1: \"url\" is missing");
	sms_json_close(&f);
}

static void
an_unknown_key_is_an_error_with_the_nearest_known(void **state)
{
	struct sms_json_file f = open_text("{\"//\":1,\"limit\":{}}");
	struct sms_json_file far = open_text("{\"zzzzzzzz\":{}}");
	struct sms_json root = sms_json_root(&f);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(sms_json_keys(&root, top_keys, &err), -1);
	assert_string_equal(
	    err.text, "x.json: key \"limit\" is not known; \"limits\"?");
	root = sms_json_root(&far);
	assert_int_equal(sms_json_keys(&root, top_keys, &err), -1);
	assert_string_equal(err.text,
	    "x.json: key \"zzzzzzzz\" is not known; there is name, send, "
	    "limits, sure");
	sms_json_close(&f);
	sms_json_close(&far);
}

static void
values_are_of_their_type_and_range(void **state)
{
	struct sms_json_file f =
	    open_text("{\"name\":7,\"sure\":\"yes\",\"send\":null}");
	struct sms_json root = sms_json_root(&f), v;
	struct err err = ERR_INIT;
	const char *text = NULL;
	bool sure = true;
	int64_t n = 3;

	(void)state;
	assert_int_equal(sms_json_get_text(&root, "name", &text, &err), -1);
	assert_int_equal(sms_json_get_bool(&root, "sure", &sure, &err), -1);
	assert_string_equal(err.text, "x.json: sure: neither true nor false");
	assert_int_equal(sms_json_get_int(&root, "name", 1, 5, &n, &err), -1);
	assert_string_equal(err.text, "x.json: name: not between 1 and 5");
	assert_int_equal(sms_json_get_int(&root, "name", 1, 9, &n, &err), 0);
	assert_int_equal(n, 7);
	assert_int_equal(sms_json_get_int(&root, "none", 1, 9, &n, &err), 0);
	assert_int_equal(n, 7);
	assert_false(sms_json_get(&root, "send", &v));
	sms_json_close(&f);
}

static void
a_word_is_one_of_a_list(void **state)
{
	static const char *const words[] = { "gsm", "ucs2", NULL };
	struct sms_json_file f = open_text("{\"a\":\"ucs2\",\"b\":\"ucs-2\"}");
	struct sms_json root = sms_json_root(&f);
	struct err err = ERR_INIT;
	unsigned w = 0;

	(void)state;
	assert_int_equal(sms_json_get_word(&root, "a", words, &w, &err), 0);
	assert_int_equal(w, 1);
	assert_int_equal(sms_json_get_word(&root, "b", words, &w, &err), -1);
	assert_string_equal(
	    err.text, "x.json: b: word \"ucs-2\" is not known; \"ucs2\"?");
	sms_json_close(&f);
}

static void
what_is_no_profile_is_refused(void **state)
{
	struct sms_json_file f;
	struct err err = ERR_INIT;
	struct buf b;

	(void)state;
	assert_int_equal(
	    sms_json_open(&f, "x.json", STR("{\"a\":1,\n\"a\":2}"), &err), -1);
	assert_non_null(strstr(err.text, "x.json:2: duplicate"));
	assert_int_equal(sms_json_open(&f, "x.json", STR("{"), &err), -1);
	assert_int_equal(
	    sms_json_open(&f, "x.json", STR("[\"\\u0000\"]"), &err), -1);
	buf_init(&b, 1 << 20);
	for (int i = 0; i < SMS_JSON_DEPTH_MAX + 1; i++)
		buf_addc(&b, '[');
	assert_int_equal(sms_json_open(&f, "x.json", buf_str(&b), &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	buf_clear(&b);
	while (b.len <= SMS_JSON_FILE_MAX)
		buf_addf(&b, "%100s", "");
	assert_int_equal(sms_json_open(&f, "x.json", buf_str(&b), &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	buf_release(&b);
}

static void
brackets_in_texts_are_no_depth(void **state)
{
	struct json_t *v;
	struct err err = ERR_INIT;

	(void)state;
	v = sms_json_parse(
	    STR("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"{{\"}"),
	    &err);
	assert_non_null(v);
	json_decref(v);
}

static void
a_body_may_have_long_numbers_and_nul(void **state)
{
	struct json_t *v;
	struct err err = ERR_INIT;

	(void)state;
	v = sms_json_parse(STR("{\"id\":123456789012345678901234567890,"
	                       "\"t\":\"a\\u0000b\"}"),
	    &err);
	assert_non_null(v);
	assert_int_equal(json_string_length(json_object_get(v, "t")), 3);
	json_decref(v);
	assert_null(sms_json_parse(STR("{\"id\":"), &err));
	assert_null(sms_json_parse(STR(""), &err));
}

static void
a_table_finds_words_whatever_their_case(void **state)
{
	struct sms_json_file f =
	    open_text("{\"Sent\":\"a\",\"SENT\":\"b\",\"*\":\"c\"}");
	struct sms_json_file bad = open_text("{\"x\":1}");
	struct sms_json root = sms_json_root(&f);
	struct err err = ERR_INIT;
	struct sms_table *t = sms_table_read(&root, NULL, &err);

	(void)state;
	assert_non_null(t);
	assert_string_equal(sms_table_get(t, STR("SENT")), "b");
	assert_string_equal(sms_table_get(t, STR("sent")), "a");
	assert_string_equal(sms_table_get(t, STR("lost")), "c");
	sms_table_free(&t);
	root = sms_json_root(&bad);
	assert_null(sms_table_read(&root, NULL, &err));
	assert_string_equal(err.text, "x.json: x: not text (\"...\")");
	sms_json_close(&f);
	sms_json_close(&bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_complaint_names_file_key_and_reason),
		cmocka_unit_test(
		    an_unknown_key_is_an_error_with_the_nearest_known),
		cmocka_unit_test(values_are_of_their_type_and_range),
		cmocka_unit_test(a_word_is_one_of_a_list),
		cmocka_unit_test(what_is_no_profile_is_refused),
		cmocka_unit_test(brackets_in_texts_are_no_depth),
		cmocka_unit_test(a_body_may_have_long_numbers_and_nul),
		cmocka_unit_test(a_table_finds_words_whatever_their_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
