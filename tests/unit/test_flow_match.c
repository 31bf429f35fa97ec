#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "flow_match.h"

enum { WHY_MAX = 4096 };

/* Empty: it fits; else why not. */
static const char *
why(const char *pattern, const char *got)
{
	static char text[WHY_MAX];
	struct buf b;
	bool ok;

	buf_init(&b, WHY_MAX);
	ok = flow_match(str_c(pattern), str_c(got), &b);
	snprintf(text, sizeof(text), "%s", b.len ? b.p : "");
	buf_release(&b);
	/* A reason is given exactly when there is one. */
	assert_int_equal(ok, text[0] == '\0');
	return text;
}

#define FITS(pattern, got)    assert_string_equal(why(pattern, got), "")
#define DIFFERS(pattern, got) assert_string_not_equal(why(pattern, got), "")

static void
attributes_are_all_and_equal(void **state)
{
	(void)state;
	FITS("<a x='1' y='2'/>", "<a y='2' x='1'></a>");
	DIFFERS("<a x='1'/>", "<a x='2'/>");
	DIFFERS("<a x='1'/>", "<a/>");
	DIFFERS("<a/>", "<a x='1'/>");
	FITS("<a x='*'/>", "<a x='whatever'/>");
	DIFFERS("<a x='*'/>", "<a/>");
}

static void
address_and_id_of_the_stanza_matter_only_if_they_are_named(void **state)
{
	(void)state;
	FITS("<iq/>", "<iq to='a' id='b' xml:lang='en'/>");
	DIFFERS("<iq to='c'/>", "<iq to='a'/>");
	DIFFERS("<iq><b/></iq>", "<iq><b id='1'/></iq>");
	FITS("<e><text>*</text></e>", "<e><text xml:lang='en'>no</text></e>");
}

static void
children_may_stand_in_any_order_and_none_is_left(void **state)
{
	(void)state;
	FITS("<a><b/><c/></a>", "<a><c/><b/></a>");
	DIFFERS("<a><b/></a>", "<a><b/><c/></a>");
	DIFFERS("<a><b/><c/></a>", "<a><b/></a>");
	FITS("<a><any/></a>", "<a><b/><c/></a>");
	FITS("<a><b/><any/></a>", "<a><b/></a>");
	DIFFERS("<a><b/><any/></a>", "<a><c/></a>");
	/* Two that are alike are two. */
	DIFFERS("<a><b/><b/></a>", "<a><b/></a>");
	FITS("<a><b x='1'/><b x='2'/></a>", "<a><b x='2'/><b x='1'/></a>");
}

static void
namespaces_count_and_are_inherited(void **state)
{
	(void)state;
	FITS("<a xmlns='n'><b/></a>", "<a xmlns='n'><b xmlns='n'/></a>");
	DIFFERS("<a xmlns='n'/>", "<a xmlns='m'/>");
	DIFFERS("<a><b xmlns='n'/></a>", "<a><b/></a>");
}

static void
text_is_compared_decoded(void **state)
{
	(void)state;
	FITS("<a>&lt;&#233;&#x1f339;</a>",
	    "<a>&lt;\303\251\360\237\214\271</a>");
	DIFFERS("<a>b</a>", "<a>c</a>");
	DIFFERS("<a/>", "<a>c</a>");
	FITS("<a>*</a>", "<a>c</a>");
	FITS("<a>one* three</a>", "<a>one\ntwo\n three</a>");
	DIFFERS("<a>one* three</a>", "<a>one, three!</a>");
	FITS("<a x='&apos;&quot;'/>", "<a x='&apos;&quot;'/>");
}

static void
what_is_ill_formed_never_fits(void **state)
{
	(void)state;
	DIFFERS("<a>", "<a/>");
	DIFFERS("<a/>", "<a>");
	DIFFERS("<a/>", "<a></b>");
	DIFFERS("<a x/>", "<a/>");
	DIFFERS("", "<a/>");
}

static void
a_name_in_braces_is_remembered(void **state)
{
	(void)state;
	assert_null(flow_recall(STR("ping")));
	FITS("<iq id='{ping}'/>", "<iq id='17'/>");
	assert_string_equal(flow_recall(STR("ping")), "17");
	FITS("<iq id='{ping}'/>", "<iq id='18'/>");
	assert_string_equal(flow_recall(STR("ping")), "18");
	DIFFERS("<iq id='{ping}'/>", "<iq/>");
	assert_null(flow_recall(STR("pin")));
}

static void
a_star_in_a_line_is_anything(void **state)
{
	(void)state;
	assert_true(flow_match_line(STR("NICK a"), STR("NICK a")));
	assert_false(flow_match_line(STR("NICK a"), STR("NICK ab")));
	assert_true(flow_match_line(STR("USER * 0 *"), STR("USER x 0 * :y")));
	assert_true(flow_match_line(STR("QUIT*"), STR("QUIT")));
	assert_false(flow_match_line(STR("A*C"), STR("AB")));
	assert_true(flow_match_line(STR("A*C*E"), STR("ABCCDE")));
	assert_false(flow_match_line(STR("*x"), STR("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_all_and_equal),
		cmocka_unit_test(
		    address_and_id_of_the_stanza_matter_only_if_they_are_named),
		cmocka_unit_test(
		    children_may_stand_in_any_order_and_none_is_left),
		cmocka_unit_test(namespaces_count_and_are_inherited),
		cmocka_unit_test(text_is_compared_decoded),
		cmocka_unit_test(what_is_ill_formed_never_fits),
		cmocka_unit_test(a_name_in_braces_is_remembered),
		cmocka_unit_test(a_star_in_a_line_is_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
