#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "xmpp/form.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

static const struct form_option option[] = {
	{ "On", { "on", 2 } },
	{ NULL, { "off", 3 } },
	{ "As before", { "", 0 } },
};

static const struct form_field field[] = {
	{ .type = FORM_HIDDEN, .var = "FORM_TYPE", .value = { "urn:x", 5 } },
	{ .type = FORM_FIXED, .value = { "Read <this>", 11 } },
	{ .type = FORM_TEXT,
	    .var = "nick",
	    .label = "Nickname",
	    .desc = "On IRC",
	    .required = true,
	    .value = { "ro&meo", 6 } },
	{ .type = FORM_SECRET, .var = "pw", .value = { "hunter2", 7 } },
	{ .type = FORM_LINES, .var = "perform", .value = { "a\n\nb", 4 } },
	{ .type = FORM_BOOL, .var = "tls", .value = { "true", 4 } },
	{ .type = FORM_BOOL, .var = "raw" },
	{ .type = FORM_LIST, .var = "mode", .option = option, .noption = 3 },
	{ .type = FORM_JID, .var = "owner" },
};
enum { NFIELD = sizeof(field) / sizeof(field[0]) };

static void
a_form_is_written_from_its_table(void **state)
{
	struct buf out;
	struct xmlw w;

	(void)state;
	buf_init(&out, 8192);
	xmlw_init(&w, &out, 8192);
	xmlw_fragment(&w);
	form_write(&w, "form", "Title", "Fill in", field, NFIELD);
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(out.p,
	    "<x xmlns='jabber:x:data' type='form'>"
	    "<title>Title</title><instructions>Fill in</instructions>"
	    "<field var='FORM_TYPE' type='hidden'><value>urn:x</value></field>"
	    "<field type='fixed'><value>Read &lt;this&gt;</value></field>"
	    "<field var='nick' type='text-single' label='Nickname'>"
	    "<desc>On IRC</desc><required/><value>ro&amp;meo</value></field>"
	    "<field var='pw' type='text-private'/>"
	    "<field var='perform' type='text-multi'><value>a</value>"
	    "<value></value><value>b</value></field>"
	    "<field var='tls' type='boolean'><value>1</value></field>"
	    "<field var='raw' type='boolean'><value>0</value></field>"
	    "<field var='mode' type='list-single'>"
	    "<option label='On'><value>on</value></option>"
	    "<option><value>off</value></option>"
	    "<option label='As before'><value></value></option></field>"
	    "<field var='owner' type='jid-single'/></x>");
	buf_release(&out);
}

static void
several_values_are_written_as_several(void **state)
{
	static const struct str who[] = { { "a@b", 3 }, { "c@d", 3 } };
	struct buf out;
	struct xmlw w;

	(void)state;
	buf_init(&out, 8192);
	xmlw_init(&w, &out, 8192);
	xmlw_fragment(&w);
	form_begin(&w, "result", NULL, NULL);
	form_add_type(&w, "urn:y");
	form_add_text(&w, "n", "Number", STR("7"));
	form_add(&w,
	    &(struct form_field){
	        .type = FORM_JIDS, .var = "who", .values = who, .nvalue = 2 });
	xmlw_close(&w);
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(out.p,
	    "<x xmlns='jabber:x:data' type='result'>"
	    "<field var='FORM_TYPE' type='hidden'><value>urn:y</value></field>"
	    "<field var='n' type='text-single' label='Number'>"
	    "<value>7</value></field>"
	    "<field var='who' type='jid-multi'><value>a@b</value>"
	    "<value>c@d</value></field></x>");
	buf_release(&out);
}

static struct stanza *
answer(const char *fields)
{
	static char xml[64 * 1024];

	snprintf(xml, sizeof(xml),
	    "<command xmlns='http://jabber.org/protocol/commands'>"
	    "<x xmlns='jabber:x:data' type='submit'>%s</x></command>",
	    fields);
	return stanza_parse(str_c(xml));
}

static void
values_are_found_by_their_names(void **state)
{
	struct stanza *s =
	    answer("<field var='nick'><value>a&lt;b</value></field>"
	           "<field var='many'><value>1</value><value>2"
	           "</value><value/></field>"
	           "<field var='t'><value>true</value></field>"
	           "<field var='empty'/>");
	const struct stanza *x = form_find(s);
	struct str two[2];
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_true(form_is_submit(x, NULL));
	assert_true(form_is_submit(x, "urn:x"));
	assert_false(form_is_cancelled(x));
	assert_true(str_is(form_value(x, "nick"), "a<b"));
	assert_int_equal(form_values(x, "many", two, 2), 3);
	assert_true(str_is(two[1], "2"));
	form_lines(x, "many", &b);
	assert_string_equal(b.p, "1\n2\n");
	assert_true(form_bool(x, "t"));
	assert_false(form_bool(x, "nick"));
	assert_true(form_has(x, "empty"));
	assert_int_equal(form_value(x, "empty").len, 0);
	assert_false(form_has(x, "none"));
	assert_int_equal(form_value(x, "none").len, 0);
	buf_release(&b);
	stanza_free(&s);
}

static void
no_form_has_no_values(void **state)
{
	(void)state;
	assert_null(form_find(NULL));
	assert_false(form_is_submit(NULL, NULL));
	assert_false(form_is_cancelled(NULL));
	assert_false(form_has(NULL, "x"));
	assert_int_equal(form_value(NULL, "x").len, 0);
}

static void
another_form_type_is_not_ours(void **state)
{
	struct stanza *s =
	    answer("<field var='FORM_TYPE'><value>urn:other</value></field>");

	(void)state;
	assert_false(form_is_submit(form_find(s), "urn:x"));
	assert_true(form_is_submit(form_find(s), "urn:other"));
	stanza_free(&s);
}

#define NICK "<field var='nick'><value>romeo</value></field>"

static const struct {
	const char *why;
	const char *fields;
	const char *text; /* of the error; NULL: it is fine */
} answers[] = {
	{ "least", NICK, NULL },
	{ "unknown fields are ignored",
	    NICK "<field var='x'><value>&#10;</value></field>", NULL },
	{ "missing", "", "Nickname: must be filled in" },
	{ "empty", "<field var='nick'><value/></field>",
	    "Nickname: must be filled in" },
	{ "two lines", "<field var='nick'><value>a&#10;QUIT</value></field>",
	    "Nickname: one line only" },
	{ "carriage return",
	    "<field var='nick'><value>a&#13;QUIT</value></field>",
	    "Nickname: one line only" },
	{ "secret of two lines",
	    NICK "<field var='pw'><value>a&#13;b</value></field>",
	    "pw: one line only" },
	{ "two values",
	    "<field var='nick'><value>a</value><value>b</value></field>",
	    "Nickname: one value only" },
	{ "lines",
	    NICK "<field var='perform'><value>a</value><value>b</value>"
	         "</field>",
	    NULL },
	{ "boolean", NICK "<field var='tls'><value>false</value></field>",
	    NULL },
	{ "no boolean", NICK "<field var='tls'><value>maybe</value></field>",
	    "tls: yes (1) or no (0)" },
	{ "on the list", NICK "<field var='mode'><value>off</value></field>",
	    NULL },
	{ "empty is on the list", NICK "<field var='mode'><value/></field>",
	    NULL },
	{ "not on the list", NICK "<field var='mode'><value>of</value></field>",
	    "mode: choose one of those on the list" },
	{ "address", NICK "<field var='owner'><value>a@b</value></field>",
	    NULL },
	{ "no address", NICK "<field var='owner'><value>a@</value></field>",
	    "owner: not an XMPP address: the domain is empty" },
	{ "value with elements inside",
	    "<field var='nick'><value>ro<b/>meo</value></field>",
	    "Nickname: must be filled in" },
};

static void
an_answer_is_checked_against_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct stanza *s = answer(answers[i].fields);
		struct err err = ERR_INIT;
		int rc = form_check(form_find(s), field, NFIELD, &err);

		if (rc != (answers[i].text ? -1 : 0))
			fail_msg("%s: %s", answers[i].why, err.text);
		if (answers[i].text)
			assert_string_equal(err.text, answers[i].text);
		stanza_free(&s);
	}
}

static void
too_much_is_refused(void **state)
{
	static char fields[FORM_VALUE_MAX + 200];
	struct err err = ERR_INIT;
	struct stanza *s;

	(void)state;
	snprintf(fields, sizeof(fields),
	    NICK "<field var='perform'><value>%0*d</value></field>",
	    FORM_VALUE_MAX + 1, 0);
	s = answer(fields);
	assert_int_equal(form_check(form_find(s), field, NFIELD, &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	assert_string_equal(err.text, "perform: too long");
	stanza_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_form_is_written_from_its_table),
		cmocka_unit_test(several_values_are_written_as_several),
		cmocka_unit_test(values_are_found_by_their_names),
		cmocka_unit_test(no_form_has_no_values),
		cmocka_unit_test(another_form_type_is_not_ours),
		cmocka_unit_test(an_answer_is_checked_against_the_table),
		cmocka_unit_test(too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
