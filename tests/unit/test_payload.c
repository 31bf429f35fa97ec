/* What a message of a client is, beside its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "xmpp/payload.h"
#include "xmpp/stanza.h"

#define FALLBACK "<fallback xmlns='urn:xmpp:fallback:0' "

static struct stanza *stanza;
static struct payload payload;

static void
given(const char *inside)
{
	struct buf b;

	buf_init(&b, 65536);
	buf_addf(&b, "<message from='a@b' to='c'>%s</message>", inside);
	stanza = stanza_parse(buf_str(&b));
	buf_release(&b);
	assert_non_null(stanza);
	payload_read(stanza, &payload);
}

static void
done(void)
{
	payload_release(&payload);
	stanza_free(&stanza);
}

static void
expect_body(const char *inside, const char *body)
{
	given(inside);
	assert_true(str_is(payload.body, body));
	done();
}

static void
a_body_is_what_it_is(void **state)
{
	(void)state;
	expect_body("<body>hi &amp; bye</body>", "hi & bye");
	expect_body("<subject>x</subject>", "");
}

static void
what_stands_in_is_taken_out_by_characters(void **state)
{
	(void)state;
	expect_body("<body>&gt; zwölf\nja</body>" FALLBACK
	            "for='urn:xmpp:reply:0'><body start='0' end='8'/>"
	            "</fallback>",
	    "ja");
	expect_body("<body>abcdef</body>" FALLBACK
	            "for='x'><body start='0' end='1'/>"
	            "<body start='4' end='5'/></fallback>",
	    "bcdf");
	expect_body("<body>abc</body>" FALLBACK
	            "for='x'><body start='2'/></fallback>",
	    "ab");
}

static void
without_a_range_it_is_all_of_the_body(void **state)
{
	(void)state;
	expect_body("<body>abc</body>" FALLBACK "for='x'/>", "");
	expect_body("<body>abc</body>" FALLBACK "/>", "");
	expect_body(
	    "<body>abc</body>" FALLBACK "for='x'><body/></fallback>", "");
	expect_body(
	    "<body>abc</body>" FALLBACK "for='x'><subject/></fallback>", "abc");
}

static void
a_link_is_all_there_is(void **state)
{
	(void)state;
	expect_body("<body>https://a/b</body><file-sharing "
	            "xmlns='urn:xmpp:sfs:0'/>" FALLBACK
	            "for='urn:xmpp:sfs:0'/>",
	    "https://a/b");
	expect_body("<body>https://a/b</body><x xmlns='jabber:x:oob'/>" FALLBACK
	            "/>",
	    "https://a/b");
}

static void
odd_ranges_do_no_harm(void **state)
{
	(void)state;
	expect_body("<body>abc</body>" FALLBACK
	            "for='x'><body start='5' end='2'/></fallback>",
	    "abc");
	expect_body("<body>abc</body>" FALLBACK
	            "for='x'><body start='-1' end='x'/></fallback>",
	    "");
	expect_body("<body>abc</body>" FALLBACK
	            "for='x'><body start='1' end='99999999999999999999'/>"
	            "</fallback>",
	    "a");
	expect_body(
	    FALLBACK "for='x'><body start='0' end='2'/></fallback>", "");
}

static void
what_it_speaks_of_is_found(void **state)
{
	(void)state;
	given("<reply xmlns='urn:xmpp:reply:0' to='r@d/n' id='m1'/>"
	      "<replace xmlns='urn:xmpp:message-correct:0' id='m2'/>"
	      "<retract xmlns='urn:xmpp:message-retract:1' id='m3'/>"
	      "<reactions xmlns='urn:xmpp:reactions:0' id='m4'/>");
	assert_true(str_is(payload.reply_to, "m1"));
	assert_true(str_is(payload.reply_jid, "r@d/n"));
	assert_true(str_is(payload.corrects, "m2"));
	assert_true(str_is(payload.retracts, "m3"));
	assert_non_null(payload.reactions);
	assert_false(payload.has_body);
	done();
	given("<apply-to xmlns='urn:xmpp:fasten:0' id='m5'>"
	      "<retract xmlns='urn:xmpp:message-retract:0'/></apply-to>");
	assert_true(str_is(payload.retracts, "m5"));
	done();
	given("<apply-to xmlns='urn:xmpp:fasten:0' id='m5'><other/>"
	      "</apply-to>");
	assert_true(str_is(payload.retracts, ""));
	done();
}

static void
ids_that_are_too_long_name_nothing(void **state)
{
	char id[PAYLOAD_ID_MAX + 2], text[PAYLOAD_ID_MAX + 100];

	(void)state;
	memset(id, 'i', sizeof(id));
	id[sizeof(id) - 1] = '\0';
	snprintf(text, sizeof(text),
	    "<reply xmlns='urn:xmpp:reply:0' id='%s'/>", id);
	given(text);
	assert_true(str_is(payload.reply_to, ""));
	done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_what_it_is),
		cmocka_unit_test(what_stands_in_is_taken_out_by_characters),
		cmocka_unit_test(without_a_range_it_is_all_of_the_body),
		cmocka_unit_test(a_link_is_all_there_is),
		cmocka_unit_test(odd_ranges_do_no_harm),
		cmocka_unit_test(what_it_speaks_of_is_found),
		cmocka_unit_test(ids_that_are_too_long_name_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
