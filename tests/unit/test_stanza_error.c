#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

#define STANZAS "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"

static struct buf out, scratch;
static struct xmlw w;

static int
set_up(void **state)
{
	(void)state;
	buf_init(&out, 64 * 1024);
	buf_init(&scratch, 64 * 1024);
	xmlw_init(&w, &out, 64 * 1024);
	xmlw_stanza(&w, "iq", STR("a@b"), STR("c@d"), "error", STR("i"));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_release(&out);
	buf_release(&scratch);
	return 0;
}

/* What was written, as the receiver reads it.  Free the stanza. */
static struct stanza *
read_back(struct stanza_error *e)
{
	struct stanza *s;

	assert_int_equal(xmlw_end(&w, NULL), 0);
	s = stanza_parse(buf_str(&out));
	assert_non_null(s);
	assert_true(stanza_error_read(s, e, &scratch));
	return s;
}

static void
an_error_has_type_condition_and_text(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set(&err, ERR_NOT_FOUND, "no channel <#x> & so on");
	stanza_error_write(&w, &err);
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(out.p,
	    "<iq from='a@b' to='c@d' type='error' id='i'>"
	    "<error type='cancel'><item-not-found " STANZAS "/>"
	    "<text " STANZAS " xml:lang='en'>"
	    "no channel &lt;#x&gt; &amp; so on</text></error></iq>");
}

static void
an_error_without_text_has_no_text_element(void **state)
{
	struct err err = { .kind = ERR_UNSUPPORTED };

	(void)state;
	stanza_error_write(&w, &err);
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_null(strstr(out.p, "<text"));
}

/* Conditions are fewer than kinds: what comes back may be its neighbour. */
static enum err_kind
read_as(enum err_kind kind)
{
	switch (kind) {
	case ERR_INTERNAL: /* theirs is their protocol fault to us */
		return ERR_PROTOCOL;
	case ERR_POLICY:
		return ERR_TOO_BIG;
	case ERR_UNSUITABLE:
		return ERR_NOT_INSIDE;
	default:
		return kind;
	}
}

static void
every_kind_has_a_stanza_error(void **state)
{
	(void)state;
	for (int kind = ERR_NONE + 1; kind < ERR_NKIND; kind++) {
		struct err err = { .kind = (enum err_kind)kind };
		struct stanza_error e;
		struct stanza *s;

		buf_clear(&out);
		xmlw_stanza(
		    &w, "iq", STR("a@b"), STR("c@d"), "error", STR_EMPTY);
		stanza_error_write(&w, &err);
		s = read_back(&e);
		assert_true(e.type.len > 0);
		assert_int_equal(stanza_error_kind(&e), read_as(err.kind));
		stanza_free(&s);
	}
}

static void
gone_names_the_new_address_as_a_uri(void **state)
{
	struct err err = { .kind = ERR_GONE };
	struct stanza_error e;
	struct stanza *s;

	(void)state;
	stanza_error_write_gone(
	    &w, STR("#caf\xc3\xa9%net@irc.example.org/a b@c"), &err);
	s = read_back(&e);
	assert_true(str_is(e.condition, "gone"));
	assert_true(
	    str_is(e.uri, "xmpp:%23caf%C3%A9%25net@irc.example.org/a%20b%40c"));
	stanza_free(&s);
}

static void
gone_works_for_a_domain_too(void **state)
{
	struct err err = { .kind = ERR_GONE };
	struct stanza_error e;
	struct stanza *s;

	(void)state;
	stanza_error_write_gone(&w, STR("irc.example.org"), &err);
	s = read_back(&e);
	assert_true(str_is(e.uri, "xmpp:irc.example.org"));
	stanza_free(&s);
}

static const struct {
	enum stanza_join why;
	enum err_kind kind;
	const char *type, *condition;
} joins[] = {
	{ STANZA_JOIN_PASSWORD, ERR_AUTH, "auth", "not-authorized" },
	{ STANZA_JOIN_BANNED, ERR_DENIED, "auth", "forbidden" },
	{ STANZA_JOIN_MEMBERS_ONLY, ERR_DENIED, "auth",
	    "registration-required" },
	{ STANZA_JOIN_FULL, ERR_BUSY, "wait", "service-unavailable" },
	{ STANZA_JOIN_NICK_IN_USE, ERR_CONFLICT, "cancel", "conflict" },
	{ STANZA_JOIN_BAD_NICK, ERR_BAD_INPUT, "modify", "not-acceptable" },
	{ STANZA_JOIN_NO_SUCH_ROOM, ERR_NOT_FOUND, "cancel", "item-not-found" },
	{ STANZA_JOIN_TOO_MANY, ERR_BUSY, "wait", "resource-constraint" },
	{ STANZA_JOIN_POLICY, ERR_DENIED, "cancel", "policy-violation" },
	{ STANZA_JOIN_TIMEOUT, ERR_TIMEOUT, "wait", "remote-server-timeout" },
	{ STANZA_JOIN_UNREACHABLE, ERR_UNREACHABLE, "wait",
	    "remote-server-not-found" },
	{ STANZA_JOIN_OTHER, ERR_BUSY, "wait", "resource-constraint" },
	{ STANZA_JOIN_OTHER, ERR_TIMEOUT, "wait", "remote-server-timeout" },
	/* Not "wrong password" and "banned". */
	{ STANZA_JOIN_OTHER, ERR_AUTH, "cancel", "policy-violation" },
	{ STANZA_JOIN_OTHER, ERR_DENIED, "cancel", "policy-violation" },
};

static void
joins_have_their_own_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
		struct err err = { .kind = joins[i].kind };
		struct stanza_error e;
		struct stanza *s;

		buf_clear(&out);
		xmlw_stanza(
		    &w, "presence", STR("a@b"), STR("c@d"), "error", STR_EMPTY);
		stanza_error_write_join(&w, joins[i].why, &err, STR("other@b"));
		s = read_back(&e);
		assert_true(str_is(e.type, joins[i].type));
		assert_true(str_is(e.condition, joins[i].condition));
		assert_int_equal(e.uri.len, 0);
		stanza_free(&s);
	}
}

static void
a_forwarded_join_says_where_to_go(void **state)
{
	struct err err = { .kind = ERR_GONE };
	struct stanza_error e;
	struct stanza *s;

	(void)state;
	stanza_error_write_join(
	    &w, STANZA_JOIN_FORWARD, &err, STR("##x%n@irc.example.org"));
	s = read_back(&e);
	assert_true(str_is(e.condition, "gone"));
	assert_true(str_is(e.uri, "xmpp:%23%23x%25n@irc.example.org"));
	stanza_free(&s);
}

static void
errors_of_others_are_read_in_any_order(void **state)
{
	struct stanza_error e;
	struct stanza *s;

	(void)state;
	s = stanza_parse(
	    STR("<message type='error' from='a@b'><body>x</body>"
	        "<error type='wait' by='b'><text " STANZAS ">not now</text>"
	        "<recipient-unavailable " STANZAS "/>"
	        "<x xmlns='urn:app'/></error></message>"));
	assert_true(stanza_error_read(s, &e, &scratch));
	assert_true(str_is(e.type, "wait"));
	assert_true(str_is(e.condition, "recipient-unavailable"));
	assert_true(str_is(e.text, "not now"));
	assert_int_equal(stanza_error_kind(&e), ERR_ABSENT);
	stanza_free(&s);
}

static void
odd_errors_are_read_by_their_type(void **state)
{
	static const struct {
		const char *xml;
		enum err_kind kind;
	} odd[] = {
		{ "<iq><error type='wait'/></iq>", ERR_BUSY },
		{ "<iq><error type='modify'><new-thing " STANZAS
		  "/></error></iq>",
		    ERR_BAD_INPUT },
		{ "<iq><error type='auth'/></iq>", ERR_AUTH },
		{ "<iq><error type='cancel'/></iq>", ERR_NOT_ALLOWED },
		{ "<iq><error><text " STANZAS "/></error></iq>",
		    ERR_NOT_ALLOWED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct stanza_error e;
		struct stanza *s = stanza_parse(str_c(odd[i].xml));

		assert_true(stanza_error_read(s, &e, &scratch));
		assert_int_equal(stanza_error_kind(&e), odd[i].kind);
		stanza_free(&s);
	}
}

static void
a_stanza_without_error_has_none(void **state)
{
	struct stanza *s = stanza_parse(STR("<iq type='error'/>"));
	struct stanza_error e;

	(void)state;
	assert_false(stanza_error_read(s, &e, &scratch));
	assert_int_equal(e.condition.len, 0);
	stanza_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    an_error_has_type_condition_and_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    an_error_without_text_has_no_text_element, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    every_kind_has_a_stanza_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    gone_names_the_new_address_as_a_uri, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    gone_works_for_a_domain_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    joins_have_their_own_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_forwarded_join_says_where_to_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    errors_of_others_are_read_in_any_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    odd_errors_are_read_by_their_type, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_stanza_without_error_has_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
