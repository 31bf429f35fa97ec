/* Dates of XEP-0082 and the elements of XEP-0045. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "xmpp/muc.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

static void
a_date_is_written_and_read_back(void **state)
{
	char text[25];
	int64_t utc;

	(void)state;
	muc_datetime(1767607200123, text);
	assert_string_equal(text, "2026-01-05T10:00:00.123Z");
	assert_true(muc_datetime_parse(str_c(text), &utc));
	assert_int_equal(utc, 1767607200123);
}

static void
dates_are_read_in_all_their_forms(void **state)
{
	static const struct {
		const char *text;
		int64_t utc; /* -1: refused */
	} row[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T01:00:00+01:00", 0 },
		{ "1969-12-31T23:00:00-01:00", -1 },
		{ "1970-01-01T00:00:00.5Z", 500 },
		{ "1970-01-01T00:00:00.123456Z", 123 },
		{ "1970-01-01T00:00:00", -1 },
		{ "1970-13-01T00:00:00Z", -1 },
		{ "1970-01-01 00:00:00Z", -1 },
		{ "", -1 },
		{ "1970", -1 },
		{ "1970-01-01T00:00:00+99:99", -1 },
	};
	int64_t utc;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool ok = muc_datetime_parse(str_c(row[i].text), &utc);

		assert_int_equal(ok, row[i].utc >= 0);
		if (ok)
			assert_int_equal(utc, row[i].utc);
	}
}

static void
an_item_has_what_is_known_and_no_more(void **state)
{
	struct muc_item item = { .affiliation = "none",
		.role = "none",
		.nick = STR("new<"),
		.status = { 303, 110 } };
	struct buf out;
	struct xmlw w;

	(void)state;
	buf_init(&out, 10000);
	xmlw_init(&w, &out, 10000);
	xmlw_fragment(&w);
	muc_write_item(&w, &item);
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(out.p,
	    "<x xmlns='http://jabber.org/protocol/muc#user'>"
	    "<item affiliation='none' role='none' nick='new&lt;'/>"
	    "<status code='303'/><status code='110'/></x>");
	buf_release(&out);
}

static void
statuses_are_found_whatever_else_is_there(void **state)
{
	struct stanza *s = stanza_parse(
	    STR("<x xmlns='http://jabber.org/protocol/muc#user'><item/>"
	        "<status/><status code='x'/><status code='99999'/>"
	        "<status code='110'/><status code='201'/></x>"));

	(void)state;
	assert_non_null(s);
	assert_true(muc_has_status(s, MUC_SELF));
	assert_true(muc_has_status(s, MUC_CREATED));
	assert_false(muc_has_status(s, MUC_KICKED));
	assert_false(muc_has_status(s, 0));
	assert_false(muc_has_status(NULL, MUC_SELF));
	stanza_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_date_is_written_and_read_back),
		cmocka_unit_test(dates_are_read_in_all_their_forms),
		cmocka_unit_test(an_item_has_what_is_known_and_no_more),
		cmocka_unit_test(statuses_are_found_whatever_else_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
