#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "xmpp/xmlw.h"

enum { MAX = 1000 };

#define FFFD "\xef\xbf\xbd"

static struct buf out;
static struct xmlw w;

static int
set_up(void **state)
{
	(void)state;
	buf_init(&out, 64 * 1024);
	xmlw_init(&w, &out, MAX);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

static void
begin_message(void)
{
	xmlw_stanza(&w, "message", STR("a@b"), STR("c@d"), NULL, STR_EMPTY);
}

static void
a_stanza_has_its_four_attributes(void **state)
{
	(void)state;
	xmlw_stanza(&w, "message", STR("a@b/r"), STR("c@d"), "chat", STR("i1"));
	xmlw_textel(&w, "body", NULL, STR("hello"));
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(out.p,
	    "<message from='a@b/r' to='c@d' type='chat' id='i1'>"
	    "<body>hello</body></message>");
}

static void
type_and_id_may_be_missing(void **state)
{
	(void)state;
	xmlw_stanza(&w, "presence", STR("a@b"), STR("c@d"), NULL, STR_EMPTY);
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(out.p, "<presence from='a@b' to='c@d'/>");
}

static void
elements_nest_and_the_end_closes_all(void **state)
{
	(void)state;
	begin_message();
	xmlw_open(&w, "x", "http://jabber.org/protocol/muc#user");
	xmlw_open(&w, "item", NULL);
	xmlw_attr_c(&w, "role", "none");
	xmlw_attr_u64(&w, "n", UINT64_MAX);
	xmlw_attr_u64(&w, "z", 0);
	xmlw_leaf(&w, "reason", NULL);
	xmlw_close(&w);
	xmlw_open(&w, "status", NULL);
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(out.p,
	    "<message from='a@b' to='c@d'>"
	    "<x xmlns='http://jabber.org/protocol/muc#user'>"
	    "<item role='none' n='18446744073709551615' z='0'><reason/></item>"
	    "<status/></x></message>");
}

static void
stanzas_follow_each_other(void **state)
{
	(void)state;
	begin_message();
	assert_int_equal(xmlw_end(&w, NULL), 0);
	begin_message();
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(out.p,
	    "<message from='a@b' to='c@d'/><message from='a@b' to='c@d'/>");
}

static const struct {
	const char *why;
	struct str in;
	const char *text, *attr;
} values[] = {
	{ "nothing", { "", 0 }, "", "" },
	{ "specials", { "a<b>&c'd\"e", 10 }, "a&lt;b&gt;&amp;c'd\"e",
	    "a&lt;b&gt;&amp;c&apos;d&quot;e" },
	{ "white space", { "\t\n\r ", 4 }, "\t\n&#13; ", "&#9;&#10;&#13; " },
	{ "NUL", { "a\0b", 3 }, "a" FFFD "b", "a" FFFD "b" },
	{ "control", { "\x02x\x1f", 3 }, FFFD "x" FFFD, FFFD "x" FFFD },
	{ "delete is allowed", { "\x7f", 1 }, "\x7f", "\x7f" },
	{ "two bytes", { "\xc3\xa9", 2 }, "\xc3\xa9", "\xc3\xa9" },
	{ "three bytes", { "\xe2\x82\xac", 3 }, "\xe2\x82\xac",
	    "\xe2\x82\xac" },
	{ "emoji", { "\xf0\x9f\x98\x80", 4 }, "\xf0\x9f\x98\x80",
	    "\xf0\x9f\x98\x80" },
	{ "U+FFFD", { FFFD, 3 }, FFFD, FFFD },
	{ "U+FFFE", { "\xef\xbf\xbe", 3 }, FFFD, FFFD },
	{ "U+FDD0", { "\xef\xb7\x90", 3 }, FFFD, FFFD },
	{ "U+1FFFF", { "\xf0\x9f\xbf\xbf", 4 }, FFFD, FFFD },
	{ "surrogate", { "\xed\xa0\x80", 3 }, FFFD FFFD FFFD, FFFD FFFD FFFD },
	{ "overlong", { "\xc0\xaf", 2 }, FFFD FFFD, FFFD FFFD },
	{ "latin-1", { "caf\xe9!", 5 }, "caf" FFFD "!", "caf" FFFD "!" },
	{ "cut off", { "x\xe2\x82", 3 }, "x" FFFD FFFD, "x" FFFD FFFD },
};

static void
values_of_any_bytes_become_legal_xml(void **state)
{
	char want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		buf_clear(&out);
		xmlw_fragment(&w);
		xmlw_open(&w, "t", NULL);
		xmlw_attr(&w, "a", values[i].in);
		xmlw_text(&w, values[i].in);
		assert_int_equal(xmlw_end(&w, NULL), 0);
		snprintf(want, sizeof(want), "<t a='%s'>%s</t>", values[i].attr,
		    values[i].text);
		if (strcmp(out.p, want) != 0)
			fail_msg("%s: %s", values[i].why, out.p);
	}
}

static void
one_special_byte_is_found_wherever_it_is(void **state)
{
	static const char special[] = "<>&'\"\t\n\r\x01\x80\xff";
	char text[40];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		for (size_t i = 0; i + 1 < sizeof(special); i++) {
			memset(text, '~', sizeof(text));
			text[at] = special[i];
			buf_clear(&out);
			xmlw_fragment(&w);
			xmlw_open(&w, "t", NULL);
			xmlw_attr(&w, "a", str_of(text, sizeof(text)));
			assert_int_equal(xmlw_end(&w, NULL), 0);
			/* Never the byte itself: an escape or U+FFFD. */
			assert_true(out.p[6 + at] == '&' ||
			    memcmp(out.p + 6 + at, FFFD, 3) == 0);
		}
	}
}

static void
a_stanza_over_the_ceiling_is_taken_back(void **state)
{
	static char big[MAX + 1];
	struct err err = ERR_INIT;

	(void)state;
	memset(big, 'x', sizeof(big));
	buf_add_str(&out, STR("before"));
	begin_message();
	xmlw_textel(&w, "body", NULL, str_of(big, sizeof(big)));
	assert_int_equal(xmlw_end(&w, &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	assert_string_equal(out.p, "before");

	/* Escaping counts too. */
	memset(big, '&', sizeof(big));
	begin_message();
	xmlw_textel(&w, "body", NULL, str_of(big, MAX / 3));
	assert_int_equal(xmlw_end(&w, &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);

	/* So do many small values. */
	begin_message();
	for (int i = 0; i < 2 * MAX; i++)
		xmlw_text(&w, STR("x"));
	assert_true(out.len < 2 * MAX);
	assert_int_equal(xmlw_end(&w, &err), -1);
	assert_string_equal(out.p, "before");

	begin_message();
	assert_int_equal(xmlw_end(&w, &err), 0);
}

static void
a_full_buffer_keeps_what_was_there(void **state)
{
	struct err err = ERR_INIT;
	struct buf small;

	(void)state;
	buf_init(&small, sizeof("<message from='a@b' to='c@d'/>") - 1);
	xmlw_init(&w, &small, MAX);
	begin_message();
	assert_int_equal(xmlw_end(&w, &err), 0);
	begin_message();
	xmlw_open(&w, "x", "urn:x");
	xmlw_attr_c(&w, "a", "b");
	xmlw_leaf(&w, "y", NULL);
	xmlw_text(&w, STR("hi"));
	assert_int_equal(xmlw_end(&w, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_string_equal(small.p, "<message from='a@b' to='c@d'/>");
	assert_false(buf_is_full(&small));
	buf_release(&small);
}

static void
a_fragment_can_be_put_into_many_stanzas(void **state)
{
	struct buf shared;
	struct xmlw f;

	(void)state;
	buf_init(&shared, MAX);
	xmlw_init(&f, &shared, MAX);
	xmlw_fragment(&f);
	xmlw_textel(&f, "body", NULL, STR("a&b"));
	xmlw_leaf(&f, "no-store", "urn:xmpp:hints");
	assert_int_equal(xmlw_end(&f, NULL), 0);
	for (int i = 0; i < 2; i++) {
		buf_clear(&out);
		begin_message();
		xmlw_raw(&w, buf_str(&shared));
		assert_int_equal(xmlw_end(&w, NULL), 0);
		assert_string_equal(out.p,
		    "<message from='a@b' to='c@d'><body>a&amp;b</body>"
		    "<no-store xmlns='urn:xmpp:hints'/></message>");
	}
	buf_release(&shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_stanza_has_its_four_attributes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    type_and_id_may_be_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    elements_nest_and_the_end_closes_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    stanzas_follow_each_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    values_of_any_bytes_become_legal_xml, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    one_special_byte_is_found_wherever_it_is, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    a_stanza_over_the_ceiling_is_taken_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_full_buffer_keeps_what_was_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_fragment_can_be_put_into_many_stanzas, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
