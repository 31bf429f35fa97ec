#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "xmpp/component.h"
#include "xmpp/iq.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

/* ---- a component that writes into a buffer ------------------------------ */

struct component {
	struct buf out;
	struct xmlw w;
	bool up;
};

struct xmlw *
component_begin(struct component *c, const char *name, struct str from,
    struct str to, const char *type, struct str id)
{
	xmlw_stanza(&c->w, name, from, to, type, id);
	return &c->w;
}

int
component_end(struct component *c, struct err *err)
{
	size_t start = c->w.start;

	if (xmlw_end(&c->w, err) < 0)
		return -1;
	if (c->up)
		return 0;
	buf_truncate(&c->out, start);
	return err_set(err, ERR_UNREACHABLE, "down");
}

bool
component_is_up(const struct component *c)
{
	return c->up;
}

/* ---- the table under test ------------------------------------------------ */

static struct component c;
static struct clock clk;
static struct iq_table *t;
static struct buf logged;
static unsigned nerrors;
static uint64_t token;
static int64_t keep_ms;

static void
on_version(struct iq_ask *ask, const struct stanza *query)
{
	(void)query;
	xmlw_leaf(iq_result(ask), "query", "jabber:iq:version");
	iq_done(ask);
}

static void
on_keep(struct iq_ask *ask, const struct stanza *child)
{
	(void)child;
	token = iq_keep(ask, keep_ms);
}

static void
on_forget(struct iq_ask *ask, const struct stanza *child)
{
	(void)ask, (void)child;
}

static void
on_twice(struct iq_ask *ask, const struct stanza *child)
{
	struct err err;

	(void)child;
	iq_ok(ask);
	err_set(&err, ERR_INTERNAL, "again");
	iq_fail(ask, &err);
	xmlw_leaf(iq_result(ask), "x", "y");
	iq_done(ask);
}

static void
on_huge(struct iq_ask *ask, const struct stanza *child)
{
	static char text[300 * 1024];

	(void)child;
	memset(text, 'x', sizeof(text));
	xmlw_text(iq_result(ask), str_of(text, sizeof(text)));
	iq_done(ask);
}

static const struct iq_row rows[] = {
	{ "get", "query", "jabber:iq:version", on_version },
	{ "get", "query", "keep", on_keep },
	{ "get", "query", "forget", on_forget },
	{ "set", "query", "twice", on_twice },
	{ "get", "query", "huge", on_huge },
	{ NULL, NULL, NULL, NULL },
};

static void
log_line(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	buf_addf(&logged, "%s\n", line);
	nerrors += level == LOG_ERROR;
}

static int
begin(void **state)
{
	(void)state;
	c = (struct component){ .up = true };
	buf_init(&c.out, 1024 * 1024);
	xmlw_init(&c.w, &c.out, COMPONENT_STANZA_MAX);
	buf_init(&logged, 64 * 1024);
	nerrors = 0;
	token = 0;
	keep_ms = 1000;
	log_set_sink(log_line, NULL);
	clock_init(&clk, 1000, 0);
	t = iq_new(&clk, NULL, rows, NULL, NULL);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	iq_free(&t);
	clock_release(&clk);
	log_set_sink(NULL, NULL);
	buf_release(&logged);
	buf_release(&c.out);
	return 0;
}

/* What is answered to an iq; borrowed until the next call. */
static const char *
put(const char *xml)
{
	struct stanza *s = stanza_parse(str_c(xml));

	assert_non_null(s);
	buf_clear(&c.out);
	iq_stanza(t, &c, s);
	stanza_free(&s);
	return c.out.p;
}

#define HEAD "from='u@a/r' to='gw' id='7'"

static size_t
count(const char *haystack, const char *needle)
{
	size_t n = 0;

	for (; strstr(haystack, needle); n++)
		haystack = strstr(haystack, needle) + 1;
	return n;
}

static void
assert_error(const char *xml, const char *condition)
{
	assert_int_equal(count(xml, "<iq "), 1);
	assert_non_null(strstr(xml, "type='error'"));
	assert_non_null(strstr(xml, condition));
}

/* ---- questions ------------------------------------------------------------ */

static void
a_question_goes_to_its_row_and_the_answer_back(void **state)
{
	(void)state;
	assert_string_equal(put("<iq type='get' " HEAD
	                        "><query xmlns='jabber:iq:version'/></iq>"),
	    "<iq from='gw' to='u@a/r' type='result' id='7'>"
	    "<query xmlns='jabber:iq:version'/></iq>");
}

static void
an_unknown_namespace_is_unavailable(void **state)
{
	(void)state;
	assert_error(put("<iq type='get' " HEAD "><query xmlns='what'/></iq>"),
	    "<service-unavailable ");
	assert_error(put("<iq type='set' " HEAD
	                 "><query xmlns='jabber:iq:version'/></iq>"),
	    "<service-unavailable ");
}

static void
malformed_questions_are_bad_requests(void **state)
{
	static const char *const bad[] = {
		"<iq type='get' from='u@a/r' to='gw'><query "
		"xmlns='keep'/></iq>",
		"<iq type='get' " HEAD "/>",
		"<iq type='get' " HEAD "><query xmlns='keep'/><b/></iq>",
		"<iq type='what' " HEAD "><query xmlns='keep'/></iq>",
		"<iq " HEAD "><query xmlns='keep'/></iq>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_error(put(bad[i]), "<bad-request ");
}

static void
a_truncated_question_violates_the_policy(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1024 * 1024);
	buf_addf(&b, "<iq type='get' " HEAD "><query xmlns='keep'>");
	for (int i = 0; i < 5000; i++)
		buf_addf(&b, "<a/>");
	buf_addf(&b, "</query></iq>");
	assert_error(put(b.p), "<policy-violation ");
	buf_release(&b);
}

static void
results_and_errors_are_never_answered(void **state)
{
	(void)state;
	assert_string_equal(put("<iq type='result' " HEAD "/>"), "");
	assert_string_equal(put("<iq type='error' " HEAD "><query "
	                        "xmlns='keep'/></iq>"),
	    "");
}

static void
a_forgotten_question_is_answered_and_logged(void **state)
{
	(void)state;
	assert_error(
	    put("<iq type='get' " HEAD "><query xmlns='forget'/></iq>"),
	    "<internal-server-error ");
	assert_int_equal(nerrors, 1);
}

static void
a_second_answer_is_not_sent_and_logged(void **state)
{
	(void)state;
	assert_string_equal(
	    put("<iq type='set' " HEAD "><query xmlns='twice'/></iq>"),
	    "<iq from='gw' to='u@a/r' type='result' id='7'/>");
	assert_int_equal(nerrors, 2);
}

static void
an_answer_that_is_too_big_becomes_an_error(void **state)
{
	(void)state;
	assert_error(put("<iq type='get' " HEAD "><query xmlns='huge'/></iq>"),
	    "<policy-violation ");
}

/* ---- questions kept ------------------------------------------------------- */

static void
a_kept_question_is_answered_later_once(void **state)
{
	struct iq_ask *ask;

	(void)state;
	assert_string_equal(
	    put("<iq type='get' " HEAD "><query xmlns='keep'/></iq>"), "");
	ask = iq_kept(t, token);
	assert_non_null(ask);
	iq_ok(ask);
	assert_string_equal(
	    c.out.p, "<iq from='gw' to='u@a/r' type='result' id='7'/>");
	assert_null(iq_kept(t, token));
	clock_advance(&clk, 60000, 0);
	assert_int_equal(count(c.out.p, "<iq "), 1);
	assert_int_equal(nerrors, 0);
}

static void
a_kept_question_past_its_deadline_times_out(void **state)
{
	(void)state;
	put("<iq type='get' " HEAD "><query xmlns='keep'/></iq>");
	clock_advance(&clk, 1999, 0);
	assert_string_equal(c.out.p, "");
	clock_advance(&clk, 2000, 0);
	assert_error(c.out.p, "<remote-server-timeout ");
	assert_null(iq_kept(t, token));
}

static void
one_user_cannot_have_everything_kept(void **state)
{
	(void)state;
	for (int i = 0; i < IQ_KEPT_EACH; i++)
		assert_string_equal(put("<iq type='get' from='u@a/r' to='gw' "
		                        "id='x'><query xmlns='keep'/></iq>"),
		    "");
	assert_error(put("<iq type='get' from='u@a/other' to='gw' id='x'>"
	                 "<query xmlns='keep'/></iq>"),
	    "<resource-constraint ");
	assert_int_equal(token, 0);
	assert_string_equal(put("<iq type='get' from='v@a/r' to='gw' id='x'>"
	                        "<query xmlns='keep'/></iq>"),
	    "");
}

static void
when_the_stream_is_down_nothing_is_kept(void **state)
{
	(void)state;
	put("<iq type='get' " HEAD "><query xmlns='keep'/></iq>");
	c.up = false;
	iq_stream_down(t);
	assert_null(iq_kept(t, token));
	clock_advance(&clk, 60000, 0);
	assert_string_equal(c.out.p, "");
}

/* ---- our own requests ------------------------------------------------------ */

static unsigned nanswers;
static char answer_type[16];

static void
on_answer(const struct stanza *s, void *arg)
{
	(void)arg;
	nanswers++;
	snprintf(answer_type, sizeof(answer_type), "%.*s",
	    s ? (int)stanza_attr(s, "type").len : 4,
	    s ? stanza_attr(s, "type").p : "none");
}

static uint64_t
ask(const char *to)
{
	struct xmlw *w;
	uint64_t id;

	nanswers = 0;
	buf_clear(&c.out);
	id = iq_send(
	    t, &c, "get", STR("gw"), str_c(to), 5000, on_answer, NULL, &w);
	if (!id)
		return 0;
	xmlw_leaf(w, "ping", "urn:xmpp:ping");
	iq_send_done(&c);
	return id;
}

/* The answer to what was asked last. */
static void
reply(const char *from, const char *type)
{
	const char *id = strstr(c.out.p, "id='") + 4;
	char xml[256];

	snprintf(xml, sizeof(xml),
	    "<iq type='%s' from='%s' to='gw' id='%.*s'/>", type, from,
	    (int)(strchr(id, '\'') - id), id);
	put(xml);
}

static void
an_answer_counts_from_the_one_who_was_asked_only(void **state)
{
	struct buf asked;

	(void)state;
	assert_int_not_equal(ask("u@a/R"), 0);
	buf_init(&asked, 4096);
	buf_add_str(&asked, buf_str(&c.out));
	reply("u@a/other", "result");
	assert_int_equal(nanswers, 0);
	buf_add_str(&c.out, buf_str(&asked));
	reply("U@A/R", "result");
	assert_int_equal(nanswers, 1);
	assert_string_equal(answer_type, "result");
	buf_add_str(&c.out, buf_str(&asked));
	reply("u@a/R", "result");
	assert_int_equal(nanswers, 1);
	buf_release(&asked);
}

static void
an_error_is_an_answer(void **state)
{
	(void)state;
	ask("u@a/r");
	reply("u@a/r", "error");
	assert_string_equal(answer_type, "error");
}

static void
no_answer_in_time_is_told_once(void **state)
{
	(void)state;
	ask("u@a/r");
	clock_advance(&clk, 6000, 0);
	assert_int_equal(nanswers, 1);
	assert_string_equal(answer_type, "none");
	reply("u@a/r", "result");
	assert_int_equal(nanswers, 1);
}

static void
a_cancelled_request_is_not_told(void **state)
{
	(void)state;
	iq_cancel(t, ask("u@a/r"));
	reply("u@a/r", "result");
	clock_advance(&clk, 6000, 0);
	assert_int_equal(nanswers, 0);
}

static void
on_answer_ask_again(const struct stanza *s, void *arg)
{
	struct xmlw *w;

	(void)s, (void)arg;
	nanswers++;
	assert_int_equal(iq_send(t, &c, "get", STR("gw"), STR("u@a"), 1,
	                     on_answer_ask_again, NULL, &w),
	    0);
}

static void
asking_again_when_the_stream_went_down_is_refused(void **state)
{
	struct xmlw *w;

	(void)state;
	nanswers = 0;
	assert_int_not_equal(iq_send(t, &c, "get", STR("gw"), STR("u@a"), 1000,
	                         on_answer_ask_again, NULL, &w),
	    0);
	iq_send_done(&c);
	c.up = false;
	iq_stream_down(t);
	assert_int_equal(nanswers, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_question_goes_to_its_row_and_the_answer_back),
		T(an_unknown_namespace_is_unavailable),
		T(malformed_questions_are_bad_requests),
		T(a_truncated_question_violates_the_policy),
		T(results_and_errors_are_never_answered),
		T(a_forgotten_question_is_answered_and_logged),
		T(a_second_answer_is_not_sent_and_logged),
		T(an_answer_that_is_too_big_becomes_an_error),
		T(a_kept_question_is_answered_later_once),
		T(a_kept_question_past_its_deadline_times_out),
		T(one_user_cannot_have_everything_kept),
		T(when_the_stream_is_down_nothing_is_kept),
		T(an_answer_counts_from_the_one_who_was_asked_only),
		T(an_error_is_an_answer),
		T(no_answer_in_time_is_told_once),
		T(a_cancelled_request_is_not_told),
		T(asking_again_when_the_stream_went_down_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
