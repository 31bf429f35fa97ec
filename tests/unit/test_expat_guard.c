#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <expat.h>

#include "lib/buf.h"
#include "lib/str.h"
#include "xmpp/expat_guard.h"
#include "xmpp/stanza.h"
#include "xmpp/strophe.h"

/* ---- a parser as libstrophe makes one, its events written down --------- */

static const XML_Memory_Handling_Suite suite = { malloc, realloc, free };
static struct buf seen;

static void
on_start(void *arg, const XML_Char *name, const XML_Char **attrs)
{
	(void)arg;
	buf_addf(&seen, "<%s", name);
	for (; *attrs; attrs += 2)
		buf_addf(&seen, " %s=%s", attrs[0], attrs[1]);
	buf_addc(&seen, '>');
}

static void
on_end(void *arg, const XML_Char *name)
{
	(void)arg;
	buf_addf(&seen, "</%s>", name);
}

static void
on_text(void *arg, const XML_Char *s, int len)
{
	(void)arg;
	buf_addc(&seen, '[');
	buf_add(&seen, s, (size_t)len);
	buf_addc(&seen, ']');
}

static XML_Parser
parser_new(void)
{
	XML_Parser p = XML_ParserCreate_MM(NULL, &suite, "|");

	XML_SetUserData(p, NULL);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	buf_clear(&seen);
	return p;
}

static enum XML_Status
feed(XML_Parser p, struct str s)
{
	return XML_Parse(p, s.p, (int)s.len, 0);
}

static int
begin(void **state)
{
	(void)state;
	buf_init(&seen, 16 * 1024 * 1024);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	buf_release(&seen);
	return 0;
}

static struct expat_guard_stats
stats(void)
{
	struct expat_guard_stats s;

	expat_guard_stats(&s);
	return s;
}

/* n times text between head and tail; buf_release() it. */
static struct buf
repeated(const char *head, const char *text, size_t n, const char *tail)
{
	struct buf b;

	buf_init(&b, 64 * 1024 * 1024);
	buf_add_str(&b, str_c(head));
	while (n--)
		buf_add_str(&b, str_c(text));
	buf_add_str(&b, str_c(tail));
	assert_false(buf_is_full(&b));
	return b;
}

static void
feed_in_reads(XML_Parser p, struct str s)
{
	for (; s.len; s = str_skip(s, 4096))
		assert_int_equal(feed(p, str_head(s, 4096)), XML_STATUS_OK);
}

/* ---- tests ------------------------------------------------------------ */

static void
libstrophe_parses_through_the_guard(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(strophe_self_test(&err), 0);
}

static void
sixty_thousand_children_cost_four_thousand(void **state)
{
	struct buf xml =
	    repeated("<message from='a@b'>", "<b/>", 60000, "</message>");
	struct expat_guard_stats before, after;
	struct stanza *s;
	const struct stanza *c;
	size_t n = 0;

	(void)state;
	assert_true(xml.len > 240000);
	expat_guard_reset_peak();
	before = stats();
	s = stanza_parse(buf_str(&xml));
	after = stats();
	assert_non_null(s);
	assert_true(stanza_is_truncated(s));
	assert_true(str_is(stanza_attr(s, "from"), "a@b"));
	for (c = stanza_child(s, "b", NULL); c; c = stanza_next(c, "b", NULL))
		n++;
	assert_int_equal(n, GUARD_ELEMENTS_MAX - 1);
	/* and the root that libstrophe puts around it */
	assert_int_equal(
	    after.npassed - before.npassed, GUARD_ELEMENTS_MAX + 1);
	assert_int_equal(
	    after.ndropped - before.ndropped, 60001 - GUARD_ELEMENTS_MAX);
	assert_true(after.memory_peak - before.memory < 2 * 1024 * 1024);
	stanza_free(&s);
	buf_release(&xml);
}

static void
deep_nesting_is_cut_and_the_stream_lives(void **state)
{
	struct buf down = repeated("<message>", "<a>", 35000, "");
	struct buf up = repeated("", "</a>", 35000, "</message>");
	XML_Parser p = parser_new();
	uint64_t id = expat_guard_newest();
	struct expat_guard_stats before, after;

	(void)state;
	feed(p, STR("<s xmlns='x'>"));
	expat_guard_reset_peak();
	before = stats();
	feed_in_reads(p, buf_str(&down));
	feed_in_reads(p, buf_str(&up));
	after = stats();
	assert_null(expat_guard_error(id));
	assert_int_equal(after.ntruncated - before.ntruncated, 1);
	assert_int_equal(after.npassed - before.npassed, GUARD_DEPTH_MAX);
	assert_true(after.memory_peak - before.memory < 16 * 1024 * 1024);
	buf_clear(&seen);
	assert_int_equal(feed(p, STR("<presence/>")), XML_STATUS_OK);
	assert_string_equal(seen.p, "<x|presence></x|presence>");
	XML_ParserFree(p);
	buf_release(&down);
	buf_release(&up);
}

static void
a_huge_start_tag_does_not_hold_up_what_follows(void **state)
{
	XML_Parser p = parser_new();
	struct buf value = repeated("<message a='", "0123456789", 24000, "'/>");
	struct expat_guard_stats before, after;

	(void)state;
	feed(p, STR("<s>"));
	expat_guard_reset_peak();
	before = stats();
	feed_in_reads(p, buf_str(&value));
	after = stats();
	/* under the limit of text: passed on whole, at once */
	assert_int_equal(after.nstanzas - before.nstanzas, 1);
	assert_int_equal(after.ntruncated, before.ntruncated);
	assert_true(after.memory_peak < 4 * 1024 * 1024);
	XML_ParserFree(p);
	buf_release(&value);
}

static void
attributes_beyond_the_limit_are_dropped(void **state)
{
	XML_Parser p = parser_new();
	struct expat_guard_stats before = stats(), after;
	struct buf xml;
	size_t n = 0;

	(void)state;
	buf_init(&xml, 1024 * 1024);
	buf_addf(&xml, "<s><m");
	for (unsigned i = 0; i < 20000; i++)
		buf_addf(&xml, " a%u='%u'", i, i);
	buf_addf(&xml, "/>");
	feed_in_reads(p, buf_str(&xml));
	buf_release(&xml);
	after = stats();
	for (size_t i = 0; i < seen.len; i++)
		n += seen.p[i] == '=';
	assert_int_equal(n, GUARD_ATTRS_MAX);
	assert_int_equal(after.ntruncated - before.ntruncated, 1);
	XML_ParserFree(p);
}

static void
a_quarter_megabyte_of_line_feeds_is_one_piece_of_text(void **state)
{
	struct buf xml =
	    repeated("<message><body>", "\n", 250000, "</body></message>");
	struct expat_guard_stats before = stats(), after;
	struct stanza *s = stanza_parse(buf_str(&xml));
	struct buf scratch;

	(void)state;
	after = stats();
	assert_int_equal(after.ntexts - before.ntexts, 1);
	buf_init(&scratch, 0);
	assert_int_equal(
	    stanza_child_text(s, "body", NULL, &scratch).len, 250000);
	assert_false(stanza_is_truncated(s));
	buf_release(&scratch);
	stanza_free(&s);
	buf_release(&xml);
}

static void
too_much_text_truncates(void **state)
{
	struct buf xml = repeated(
	    "<message><body>", "0123456789", 30000, "</body></message>");
	struct stanza *s = stanza_parse(buf_str(&xml));

	(void)state;
	assert_true(stanza_is_truncated(s));
	stanza_free(&s);
	buf_release(&xml);
}

static void
text_between_children_counts_as_children(void **state)
{
	struct buf xml = repeated("<message>", "x<b/>", 4000, "</message>");
	struct expat_guard_stats before = stats(), after;
	struct stanza *s = stanza_parse(buf_str(&xml));

	(void)state;
	after = stats();
	assert_true(stanza_is_truncated(s));
	assert_true(
	    after.npassed - before.npassed + after.ntexts - before.ntexts <=
	    GUARD_CHILDREN_MAX + 2);
	stanza_free(&s);
	buf_release(&xml);
}

static void
mixed_content_keeps_its_order(void **state)
{
	XML_Parser p = parser_new();

	(void)state;
	feed(p,
	    STR("<s> <m>one &amp;\n<b>two</b> three<![CDATA[<4>]]>"
	        "<c/>five</m> </s>"));
	assert_string_equal(seen.p,
	    "<s><m>[one &\n]<b>[two]</b>[ three<4>]<c></c>[five]</m></s>");
	XML_ParserFree(p);
}

static void
what_was_cut_does_not_stick_to_the_next_stanza(void **state)
{
	struct buf deep = repeated("<m>", "<a>", 70, "");
	struct buf up = repeated("", "</a>", 70, "</m>");
	XML_Parser p = parser_new();

	(void)state;
	feed(p, STR("<s>"));
	feed(p, buf_str(&deep));
	feed(p, buf_str(&up));
	assert_non_null(strstr(
	    seen.p, "<" GUARD_NS "|truncated></" GUARD_NS "|truncated></m>"));
	buf_clear(&seen);
	feed(p, STR("<m>hello<b/></m>"));
	assert_string_equal(seen.p, "<m>[hello]<b></b></m>");
	XML_ParserFree(p);
	buf_release(&deep);
	buf_release(&up);
}

static void
an_attribute_in_a_namespace_cannot_replace_a_plain_one(void **state)
{
	struct stanza *s = stanza_parse(
	    STR("<message xmlns:x='u' from='real@a' x:from='forged@b' "
	        "xml:lang='de' lang='xx'/>"));

	(void)state;
	assert_true(str_is(stanza_attr(s, "from"), "real@a"));
	assert_true(str_is(stanza_attr(s, "xml:lang"), "de"));
	assert_true(str_is(stanza_attr(s, "lang"), "xx"));
	stanza_free(&s);
}

static void
a_document_type_stops_the_parser(void **state)
{
	XML_Parser p = parser_new();
	uint64_t id = expat_guard_newest();

	(void)state;
	assert_int_equal(
	    feed(p, STR("<!DOCTYPE s [<!ENTITY a 'b'>]><s><m>&a;</m>")),
	    XML_STATUS_ERROR);
	assert_string_equal(expat_guard_error(id), "document type declaration");
	assert_string_equal(seen.p, "");
	XML_ParserFree(p);
}

static void
ill_formed_input_is_told_and_final(void **state)
{
	XML_Parser p = parser_new();
	uint64_t id = expat_guard_newest();
	struct expat_guard_stats before = stats();

	(void)state;
	assert_int_equal(feed(p, STR("<s><m></n>")), XML_STATUS_ERROR);
	assert_non_null(expat_guard_error(id));
	assert_int_equal(feed(p, STR("</m>")), XML_STATUS_ERROR);
	assert_int_equal(stats().nfailed, before.nfailed + 1);

	/* until libstrophe resets it for the next connection */
	assert_int_equal(XML_ParserReset(p, NULL), XML_TRUE);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	assert_null(expat_guard_error(id));
	buf_clear(&seen);
	assert_int_equal(feed(p, STR("<s><m>x</m>")), XML_STATUS_OK);
	assert_string_equal(seen.p, "<s><m>[x]</m>");
	XML_ParserFree(p);
}

static void
one_endless_tag_stops_the_parser(void **state)
{
	XML_Parser p = parser_new();
	uint64_t id = expat_guard_newest();
	struct buf part = repeated("", "aaaaaaaa", 8192, "");
	enum XML_Status st = feed(p, STR("<s><m a='"));
	size_t fed = 0;

	(void)state;
	expat_guard_reset_peak();
	while (st == XML_STATUS_OK) {
		st = feed(p, buf_str(&part));
		fed += part.len;
		assert_true(fed <= GUARD_TOKEN_MAX + 2 * part.len);
	}
	assert_string_equal(expat_guard_error(id), "one tag is too long");
	assert_true(stats().memory_peak < 8 * 1024 * 1024);
	XML_ParserFree(p);
	buf_release(&part);
}

static void
nesting_without_end_stops_the_parser(void **state)
{
	XML_Parser p = parser_new();
	uint64_t id = expat_guard_newest();
	struct buf part = repeated("", "<a>", 1000, "");
	enum XML_Status st = feed(p, STR("<s>"));
	unsigned n = 0;

	(void)state;
	while (st == XML_STATUS_OK && n++ < 1000)
		st = feed(p, buf_str(&part));
	assert_int_equal(st, XML_STATUS_ERROR);
	assert_non_null(expat_guard_error(id));
	assert_true(n <= GUARD_DEPTH_STOP / 1000 + 1);
	XML_ParserFree(p);
	buf_release(&part);
}

/* Feeds n new names; each chunk ends between stanzas, or inside of one. */
static void
feed_new_names(XML_Parser p, unsigned n, bool ends_between)
{
	static unsigned last;
	struct buf b;

	buf_init(&b, 1024 * 1024);
	while (n > 0 && !expat_guard_error(expat_guard_newest())) {
		for (unsigned i = 0; i < 1000; i++, n--)
			buf_addf(&b, "<q:n%u/>", last++);
		if (!ends_between)
			buf_truncate(&b, b.len - 2);
		feed(p, buf_str(&b));
		buf_clear(&b);
		if (!ends_between)
			buf_addf(&b, "/>");
		buf_clear(&seen);
	}
	buf_release(&b);
}

/* Expat remembers names for ever; memory must not follow it. */
static void
new_names_for_ever_do_not_fill_the_memory(void **state)
{
	XML_Parser p = parser_new();
	struct expat_guard_stats before = stats();

	(void)state;
	feed(p, STR("<?xml version='1.0'?>\n<s xmlns='d' xmlns:q='u'"));
	feed(p, STR(" a='b'><m/>"));
	expat_guard_reset_peak();
	feed_new_names(p, 300 * 1000, true);
	assert_null(expat_guard_error(expat_guard_newest()));
	assert_true(stats().nexchanged > before.nexchanged + 2);
	assert_true(stats().memory_peak < GUARD_MEMORY_EXCHANGE + 1024 * 1024);
	/* the new parser knows what the stream header declared */
	assert_int_equal(feed(p, STR("<m> <q:x a='1'/>t</m> ")), XML_STATUS_OK);
	assert_string_equal(seen.p, "<d|m>[ ]<u|x a=1></u|x>[t]</d|m>");
	buf_clear(&seen);
	assert_int_equal(feed(p, STR("</s>")), XML_STATUS_OK);
	assert_string_equal(seen.p, "</d|s>");
	XML_ParserFree(p);
}

static void
names_that_never_end_between_stanzas_stop_at_the_limit(void **state)
{
	XML_Parser p = parser_new();

	(void)state;
	feed(p, STR("<s xmlns:q='u'>"));
	expat_guard_reset_peak();
	feed_new_names(p, 2000 * 1000, false);
	assert_non_null(expat_guard_error(expat_guard_newest()));
	assert_true(stats().memory_peak <= GUARD_MEMORY_MAX);
	XML_ParserFree(p);
}

static void
input_split_at_every_byte_gives_the_same_events(void **state)
{
	static const char xml[] =
	    "<s xmlns='d' id='1'> <m from='a' xml:lang='en'>t\xc3\xa9xt &lt;"
	    "<b xmlns='o'>x\r\ny</b>z</m>\n<p/><iq type='get'><q/></iq></s>";
	struct buf whole;
	XML_Parser p = parser_new();

	(void)state;
	feed(p, str_c(xml));
	XML_ParserFree(p);
	buf_init(&whole, 4096);
	buf_add_str(&whole, buf_str(&seen));
	for (size_t cut = 0; cut < sizeof(xml); cut++) {
		p = parser_new();
		feed(p, str_of(xml, cut));
		feed(p, str_skip(str_c(xml), cut));
		assert_string_equal(seen.p, whole.p);
		XML_ParserFree(p);
	}
	p = parser_new();
	for (size_t i = 0; i + 1 < sizeof(xml); i++)
		feed(p, str_of(xml + i, 1));
	assert_string_equal(seen.p, whole.p);
	XML_ParserFree(p);
	buf_release(&whole);
}

static void
a_parser_of_somebody_else_is_left_alone(void **state)
{
	XML_Parser p = XML_ParserCreateNS(NULL, '|');
	struct expat_guard_stats before = stats();

	(void)state;
	XML_SetUserData(p, NULL);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	buf_clear(&seen);
	assert_int_equal(feed(p, STR("<a>x<b/></a>")), XML_STATUS_OK);
	assert_string_equal(seen.p, "<a>[x]<b></b></a>");
	assert_int_equal(stats().npassed, before.npassed);
	XML_ParserFree(p);
}

static void
all_memory_comes_back(void **state)
{
	(void)state;
	assert_int_equal(stats().memory, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libstrophe_parses_through_the_guard),
		cmocka_unit_test(sixty_thousand_children_cost_four_thousand),
		cmocka_unit_test(deep_nesting_is_cut_and_the_stream_lives),
		cmocka_unit_test(
		    a_huge_start_tag_does_not_hold_up_what_follows),
		cmocka_unit_test(attributes_beyond_the_limit_are_dropped),
		cmocka_unit_test(
		    a_quarter_megabyte_of_line_feeds_is_one_piece_of_text),
		cmocka_unit_test(too_much_text_truncates),
		cmocka_unit_test(text_between_children_counts_as_children),
		cmocka_unit_test(mixed_content_keeps_its_order),
		cmocka_unit_test(
		    what_was_cut_does_not_stick_to_the_next_stanza),
		cmocka_unit_test(
		    an_attribute_in_a_namespace_cannot_replace_a_plain_one),
		cmocka_unit_test(a_document_type_stops_the_parser),
		cmocka_unit_test(ill_formed_input_is_told_and_final),
		cmocka_unit_test(one_endless_tag_stops_the_parser),
		cmocka_unit_test(nesting_without_end_stops_the_parser),
		cmocka_unit_test(new_names_for_ever_do_not_fill_the_memory),
		cmocka_unit_test(
		    names_that_never_end_between_stanzas_stop_at_the_limit),
		cmocka_unit_test(
		    input_split_at_every_byte_gives_the_same_events),
		cmocka_unit_test(a_parser_of_somebody_else_is_left_alone),
		cmocka_unit_test(all_memory_comes_back),
	};

	return cmocka_run_group_tests(tests, begin, finish);
}
