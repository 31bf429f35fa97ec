#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "xmpp/jid.h"

static const struct {
	const char *why;
	const char *in;
	const char *node, *domain, *resource; /* domain NULL: refused */
} jids[] = {
	{ "bare domain", "irc.example.org", "", "irc.example.org", "" },
	{ "bare", "romeo@example.org", "romeo", "example.org", "" },
	{ "full", "romeo@example.org/orchard", "romeo", "example.org",
	    "orchard" },
	{ "domain and resource", "example.org/a", "", "example.org", "a" },
	{ "slash and at in the resource", "a@b/c@d/e", "a", "b", "c@d/e" },
	{ "at in the resource only", "b/c@d", "", "b", "c@d" },
	{ "channel", "#Chan%Net@IRC.example.org/Nick[x]", "#chan%net",
	    "irc.example.org", "Nick[x]" },
	{ "trailing dot", "a@example.org./r", "a", "example.org", "r" },
	{ "IPv4", "a@127.0.0.1", "a", "127.0.0.1", "" },
	{ "IPv6", "a@[::1]", "a", "[::1]", "" },
	{ "folded", "\xc3\x89t\xc3\xa9@b/\xc3\x89", "\xc3\xa9t\xc3\xa9", "b",
	    "\xc3\x89" },
	{ "space in the resource", "a@b/c d", "a", "b", "c d" },
	{ "nothing", "", NULL, NULL, NULL },
	{ "no node", "@b", NULL, NULL, NULL },
	{ "no domain", "a@", NULL, NULL, NULL },
	{ "no domain, resource", "a@/c", NULL, NULL, NULL },
	{ "empty resource", "a@b/", NULL, NULL, NULL },
	{ "two at signs", "a@b@c", NULL, NULL, NULL },
	{ "space in the node", "a b@c", NULL, NULL, NULL },
	{ "space in the domain", "a@b c", NULL, NULL, NULL },
	{ "only a dot", "a@.", NULL, NULL, NULL },
	{ "two dots at the end", "a@b..", NULL, NULL, NULL },
	{ "empty label", "a@b..c", NULL, NULL, NULL },
	{ "dot in front", "a@.b", NULL, NULL, NULL },
	{ "control in the resource", "a@b/\x01", NULL, NULL, NULL },
	{ "bad UTF-8", "a@b/\xff", NULL, NULL, NULL },
	{ "nothing but a soft hyphen", "\xc2\xad@b", NULL, NULL, NULL },
};

static void
an_address_has_three_parts(void **state)
{
	struct jid j;

	(void)state;
	for (size_t i = 0; i < sizeof(jids) / sizeof(jids[0]); i++) {
		struct err err = ERR_INIT;
		int rc = jid_parse(&j, str_c(jids[i].in), &err);

		if (!jids[i].domain) {
			if (rc == 0)
				fail_msg("parsed: %s", jids[i].why);
			assert_int_equal(err.kind, ERR_BAD_INPUT);
			continue;
		}
		if (rc < 0)
			fail_msg("%s: %s", jids[i].why, err.text);
		assert_true(str_is(jid_node(&j), jids[i].node));
		assert_true(str_is(jid_domain(&j), jids[i].domain));
		assert_true(str_is(jid_resource(&j), jids[i].resource));
	}
}

static void
bare_and_full_are_slices_of_the_text(void **state)
{
	struct jid j;

	(void)state;
	assert_int_equal(jid_parse(&j, STR("A@B/c"), NULL), 0);
	assert_true(str_is(jid_bare(&j), "a@b"));
	assert_true(str_is(jid_full(&j), "a@b/c"));
	assert_string_equal(j.text, "a@b/c");
	assert_int_equal(jid_parse(&j, STR("B"), NULL), 0);
	assert_true(str_is(jid_bare(&j), "b"));
	assert_true(str_is(jid_full(&j), "b"));
	assert_int_equal(jid_parse(&j, STR("B/c"), NULL), 0);
	assert_true(str_is(jid_bare(&j), "b"));
	assert_true(str_is(jid_full(&j), "b/c"));
}

static void
comparison_is_by_normal_form(void **state)
{
	struct jid a, b;

	(void)state;
	assert_int_equal(jid_parse(&a, STR("Romeo@Example.org/x"), NULL), 0);
	assert_int_equal(jid_parse(&b, STR("romeo@example.org./X"), NULL), 0);
	assert_true(jid_eq_bare(&a, &b));
	assert_false(jid_eq(&a, &b));
	assert_int_equal(jid_parse(&b, STR("romeo@example.org/x"), NULL), 0);
	assert_true(jid_eq(&a, &b));
	assert_int_equal(jid_parse(&b, STR("romeo@example.orgy/x"), NULL), 0);
	assert_false(jid_eq_bare(&a, &b));
}

static void
parts_may_be_missing_when_made(void **state)
{
	struct jid j;

	(void)state;
	assert_int_equal(jid_make(&j, STR("A"), STR("B"), STR("C"), NULL), 0);
	assert_true(str_is(jid_full(&j), "a@b/C"));
	assert_int_equal(jid_make(&j, STR_EMPTY, STR("b"), STR_EMPTY, NULL), 0);
	assert_true(str_is(jid_full(&j), "b"));
	assert_int_equal(
	    jid_make(&j, STR("a"), STR_EMPTY, STR_EMPTY, NULL), -1);
	/* A part is a part: no second at sign gets in. */
	assert_int_equal(
	    jid_make(&j, STR("a@b"), STR("c"), STR_EMPTY, NULL), -1);
	assert_int_equal(
	    jid_make(&j, STR("a"), STR("c/d"), STR_EMPTY, NULL), -1);
}

static void
three_parts_of_1023_bytes_fit(void **state)
{
	char part[JID_PART_MAX + 1];
	struct str fits = { part, JID_PART_MAX }, over = { part, sizeof(part) };
	struct err err = ERR_INIT;
	struct jid j;

	(void)state;
	memset(part, 'p', sizeof(part));
	assert_int_equal(jid_make(&j, fits, fits, fits, NULL), 0);
	assert_int_equal(jid_full(&j).len, JID_MAX);
	assert_int_equal(jid_make(&j, fits, fits, over, &err), -1);
	assert_non_null(strstr(err.text, "over 1023 bytes"));
	assert_int_equal(jid_make(&j, over, fits, fits, NULL), -1);
}

static void
the_error_names_the_part_and_forges_no_line(void **state)
{
	struct err err = ERR_INIT;
	struct jid j;

	(void)state;
	assert_int_equal(jid_parse(&j, STR("a@b c"), &err), -1);
	assert_string_equal(
	    err.text, "not an XMPP address: the domain \"b c\" is not allowed");
	assert_int_equal(jid_parse(&j, STR("a\nb@c"), &err), -1);
	assert_null(strchr(err.text, '\n'));
}

static const struct {
	const char *raw, *node, *resource;
} names[] = {
	{ "#passerelle", "#passerelle", "#passerelle" },
	{ "Nick[x]", "Nick[x]", "Nick[x]" },
	{ "bob@example.net", "bob\\40example.net", "bob@example.net" },
	{ " \"&'/:<>@", "\\20\\22\\26\\27\\2f\\3a\\3c\\3e\\40",
	    "\\20\"&'/:<>@" },
	{ "a b ", "a\\20b\\20", "a b\\20" },
	{ "\\o/", "\\o\\2f", "\\o/" },
	{ "\\20", "\\5c20", "\\5c20" },
	{ "\\C3x", "\\5cC3x", "\\5cC3x" },
	{ "\\5c20", "\\5c5c20", "\\5c5c20" },
	{ "\\00", "\\5c00", "\\5c00" },
	{ "\\", "\\", "\\" },
	{ "\\4@", "\\4\\40", "\\4@" },
	{ "\x01\x1f\x7f", "\\01\\1f\\7f", "\\01\\1f\\7f" },
	{ "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9" },
	{ "\xc3\x89", "\\c3\\89", "\xc3\x89" },
	{ "stra\xc3\x9f"
	  "e",
	    "stra\\c3\\9fe",
	    "stra\xc3\x9f"
	    "e" },
	{ "e\xcc\x81", "e\\cc\\81", "e\\cc\\81" },
	{ "\xf0\x9f\x98\x80", "\\f0\\9f\\98\\80", "\\f0\\9f\\98\\80" },
	{ "\xe9t\xe9", "\\e9t\\e9", "\\e9t\\e9" },
	/* Right to left alone stays; mixed it is refused as a whole. */
	{ "\xd7\x90\xd7\x91", "\xd7\x90\xd7\x91", "\xd7\x90\xd7\x91" },
	{ "#\xd7\x90", "#\\d7\\90", "#\\d7\\90" },
};

static void
names_are_escaped_where_the_profile_would_touch_them(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str raw = str_c(names[i].raw);

		buf_clear(&b);
		assert_int_equal(jid_escape_node(raw, &b), 0);
		assert_string_equal(b.p, names[i].node);
		buf_clear(&b);
		assert_int_equal(jid_escape_resource(raw, &b), 0);
		assert_string_equal(b.p, names[i].resource);
	}
	buf_release(&b);
}

static void
every_name_comes_back_from_an_address(void **state)
{
	struct buf node, res, back;
	struct jid j;

	(void)state;
	buf_init(&node, 4096);
	buf_init(&res, 4096);
	buf_init(&back, 4096);
	for (unsigned c = 1; c < 256; c++) {
		for (unsigned d = 1; d < 256; d++) {
			char raw[4] = { (char)c, (char)d, '5', 'c' };
			struct str name = str_of(raw, sizeof(raw));

			buf_clear(&node);
			buf_clear(&res);
			assert_int_equal(jid_escape_node(name, &node), 0);
			assert_int_equal(jid_escape_resource(name, &res), 0);
			assert_int_equal(jid_make(&j, buf_str(&node), STR("d"),
			                     buf_str(&res), NULL),
			    0);
			buf_clear(&back);
			jid_unescape_node(buf_str(&node), &back);
			assert_true(str_eq(buf_str(&back), name));
			buf_clear(&back);
			jid_unescape_node(jid_node(&j), &back);
			assert_true(str_eq_nocase(buf_str(&back), name));
			buf_clear(&back);
			jid_unescape_resource(jid_resource(&j), &back);
			assert_true(str_eq(buf_str(&back), name));
		}
	}
	buf_release(&node);
	buf_release(&res);
	buf_release(&back);
}

static void
names_that_no_address_can_hold_are_refused(void **state)
{
	char big[JID_PART_MAX];
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(jid_escape_node(STR_EMPTY, &b), -1);
	assert_int_equal(jid_escape_resource(STR_EMPTY, &b), -1);
	assert_int_equal(jid_escape_node(STR("a\0b"), &b), -1);
	memset(big, ' ', sizeof(big));
	assert_int_equal(jid_escape_node(str_of(big, 342), &b), -1);
	assert_int_equal(b.len, 0);
	assert_int_equal(jid_escape_node(str_of(big, 341), &b), 0);
	assert_int_equal(b.len, 1023);
	buf_release(&b);
}

static void
what_is_no_escape_is_left_alone(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(
	    jid_unescape_node(STR("a\\00\\4\\g0\\C3\\e9\\"), &b), 0);
	assert_string_equal(b.p, "a\\00\\4\\g0\xc3\xe9\\");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_three_parts),
		cmocka_unit_test(bare_and_full_are_slices_of_the_text),
		cmocka_unit_test(comparison_is_by_normal_form),
		cmocka_unit_test(parts_may_be_missing_when_made),
		cmocka_unit_test(three_parts_of_1023_bytes_fit),
		cmocka_unit_test(the_error_names_the_part_and_forges_no_line),
		cmocka_unit_test(
		    names_are_escaped_where_the_profile_would_touch_them),
		cmocka_unit_test(every_name_comes_back_from_an_address),
		cmocka_unit_test(names_that_no_address_can_hold_are_refused),
		cmocka_unit_test(what_is_no_escape_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
