#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "xmpp/stanza.h"

#define assert_str(s, z)                                                       \
	do {                                                                   \
		struct str got_ = (s);                                         \
		assert_int_equal(got_.len, strlen(z));                         \
		assert_memory_equal(got_.p, z, got_.len);                      \
	} while (0)

static struct buf scratch;

static int
begin(void **state)
{
	(void)state;
	buf_init(&scratch, 4096);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	buf_release(&scratch);
	return 0;
}

static void
the_default_namespace_is_the_components(void **state)
{
	struct stanza *s = stanza_parse(STR("<message to='a@b'/>"));

	(void)state;
	assert_true(stanza_is(s, "message", "jabber:component:accept"));
	assert_false(stanza_is(s, "message", "jabber:client"));
	assert_false(stanza_is(s, "iq", NULL));
	stanza_free(&s);
	assert_null(s);
	s = stanza_parse(STR("<message a='>' xmlns='jabber:client'/>"));
	assert_str(stanza_ns(s), "jabber:client");
	stanza_free(&s);
}

static void
a_missing_attribute_is_empty_and_an_empty_one_is_there(void **state)
{
	struct stanza *s = stanza_parse(STR("<iq id='' type='get'/>"));

	(void)state;
	assert_str(stanza_attr(s, "type"), "get");
	assert_str(stanza_attr(s, "id"), "");
	assert_true(stanza_has_attr(s, "id"));
	assert_str(stanza_attr(s, "to"), "");
	assert_false(stanza_has_attr(s, "to"));
	stanza_free(&s);
}

static void
children_are_found_by_name_and_namespace(void **state)
{
	struct stanza *s = stanza_parse(
	    STR("<message>text<x xmlns='a'/><y xmlns='b'/><x xmlns='b' n='2'/>"
	        "<z xmlns=''/></message>"));
	const struct stanza *c = stanza_child(s, "x", NULL);

	(void)state;
	assert_str(stanza_ns(c), "a");
	c = stanza_next(c, NULL, "b");
	assert_str(stanza_name(c), "y");
	c = stanza_next(c, "x", "b");
	assert_str(stanza_attr(c, "n"), "2");
	assert_null(stanza_next(c, "x", NULL));
	assert_str(stanza_ns(stanza_child(s, "z", NULL)), "");
	assert_null(stanza_child(s, "x", "c"));
	assert_null(stanza_child(stanza_child(s, "w", NULL), "x", NULL));
	stanza_free(&s);
}

static void
text_in_one_piece_is_borrowed_and_in_several_is_joined(void **state)
{
	struct stanza *s = stanza_parse(
	    STR("<m><body>a &lt;\xc3\xa9</body><mixed>one <b>two</b>three"
	        "<c/>four</mixed><none/></m>"));

	(void)state;
	assert_str(stanza_child_text(s, "body", NULL, &scratch), "a <\xc3\xa9");
	assert_int_equal(scratch.len, 0);
	assert_str(
	    stanza_child_text(s, "mixed", NULL, &scratch), "one threefour");
	assert_str(stanza_child_text(s, "none", NULL, &scratch), "");
	assert_str(stanza_child_text(s, "other", NULL, &scratch), "");
	stanza_free(&s);
}

static void
a_nested_stanza_keeps_its_own_namespace(void **state)
{
	struct stanza *s = stanza_parse(
	    STR("<message><forwarded xmlns='urn:xmpp:forward:0'><message "
	        "xmlns='jabber:client' from='r@a'><body>x</body></message>"
	        "</forwarded></message>"));
	const struct stanza *f =
	    stanza_child(s, "forwarded", "urn:xmpp:forward:0");
	const struct stanza *m = stanza_child(f, "message", "jabber:client");

	(void)state;
	assert_str(stanza_attr(m, "from"), "r@a");
	assert_str(
	    stanza_child_text(m, "body", "jabber:client", &scratch), "x");
	stanza_free(&s);
}

static void
what_is_not_one_element_is_refused(void **state)
{
	const struct str bad[] = { STR(""), STR("x"), STR("<a>"),
		STR("<a></b>"), STR("<a b=c/>"), STR("<a>\x01</a>"),
		STR("<a>\xff</a>"), STR("<a/\0>") };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(stanza_parse(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_namespace_is_the_components),
		cmocka_unit_test(
		    a_missing_attribute_is_empty_and_an_empty_one_is_there),
		cmocka_unit_test(children_are_found_by_name_and_namespace),
		cmocka_unit_test(
		    text_in_one_piece_is_borrowed_and_in_several_is_joined),
		cmocka_unit_test(a_nested_stanza_keeps_its_own_namespace),
		cmocka_unit_test(what_is_not_one_element_is_refused),
	};

	return cmocka_run_group_tests(tests, begin, finish);
}
