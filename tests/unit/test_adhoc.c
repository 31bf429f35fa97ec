#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "xmpp/adhoc.h"
#include "xmpp/component.h"
#include "xmpp/form.h"
#include "xmpp/iq.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

/* ---- a component that writes into a buffer ------------------------------ */

struct component {
	struct buf out;
	struct xmlw w;
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
	return xmlw_end(&c->w, err);
}

bool
component_is_up(const struct component *c)
{
	(void)c;
	return true;
}

/* ---- commands under test -------------------------------------------------- */

enum { DOMAIN = 1, ROOM = 2 };

static struct component c;
static struct clock clk;
static struct iq_table *iqs;
static struct adhoc *adhoc;
static unsigned where;
static bool is_admin;
static uint64_t token;

static void
on_status(struct adhoc_call *call)
{
	adhoc_finish(call, ADHOC_INFO, STR("all is well"));
}

static void
show(struct adhoc_call *call, unsigned stage, bool last, const char *note)
{
	const struct form_field f = { .type = FORM_TEXT, .var = "x" };
	const struct adhoc_form form = { .stage = stage,
		.last = last,
		.note_type = ADHOC_ERROR,
		.note = note };

	form_write(adhoc_show(call, &form), "form", NULL, NULL, &f, 1);
	adhoc_shown(call);
}

/* Two forms, then what was typed. */
static void
on_wizard(struct adhoc_call *call)
{
	char text[128];
	struct str first;

	if (call->stage == 0) {
		show(call, 0, false, NULL);
		return;
	}
	if (call->stage == 1 && call->answer)
		assert_int_equal(
		    adhoc_set(call, "first", form_value(call->answer, "x")), 0);
	if (call->stage == 1) {
		show(call, 1, true, NULL);
		return;
	}
	first = form_value(call->answer, "x");
	if (first.len == 0) {
		show(call, 1, true, "say something");
		return;
	}
	snprintf(text, sizeof(text), STR_FMT "+" STR_FMT,
	    STR_ARG(adhoc_get(call, "first")), STR_ARG(first));
	adhoc_finish(call, ADHOC_WARN, str_c(text));
}

static void
on_later(struct adhoc_call *call)
{
	token = adhoc_keep(call, 5000);
}

static void
on_strict(struct adhoc_call *call)
{
	struct err err;

	if (!call->answer) {
		show(call, 0, true, NULL);
		return;
	}
	err_set(&err,
	    str_is(form_value(call->answer, "x"), "bad") ? ERR_BAD_INPUT
	                                                 : ERR_DENIED,
	    "no");
	adhoc_fail(call, &err);
}

static const struct adhoc_command commands[] = {
	{ "status", "Status", DOMAIN | ROOM, on_status, NULL },
	{ "wizard", "Wizard", DOMAIN, on_wizard, NULL },
	{ "later", "Later", DOMAIN, on_later, NULL },
	{ "strict", "Strict", DOMAIN, on_strict, NULL },
	{ "admin", "Admin", DOMAIN, on_wizard, "admin" },
};

static bool
may(const struct adhoc_command *command, void *user)
{
	assert_ptr_equal(user, &clk);
	return !command->arg || is_admin;
}

static void
on_command(struct iq_ask *ask, const struct stanza *command)
{
	adhoc_call(adhoc, ask, command, where, &clk);
}

static const struct iq_row rows[] = {
	{ "set", "command", NS_COMMANDS, on_command },
	{ NULL, NULL, NULL, NULL },
};

static unsigned nerrors;

static void
log_line(enum log_level level, const char *line, void *arg)
{
	(void)line, (void)arg;
	nerrors += level == LOG_ERROR;
}

static int
begin(void **state)
{
	(void)state;
	c = (struct component){ .out = { 0 } };
	buf_init(&c.out, 1024 * 1024);
	xmlw_init(&c.w, &c.out, 100 * 1024);
	clock_init(&clk, 1000, 0);
	iqs = iq_new(&clk, NULL, rows, NULL, NULL);
	adhoc = adhoc_new(&clk, iqs, 0, may);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		adhoc_add(adhoc, &commands[i]);
	where = DOMAIN;
	is_admin = false;
	nerrors = 0;
	log_set_sink(log_line, NULL);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	adhoc_free(&adhoc);
	iq_free(&iqs);
	clock_release(&clk);
	buf_release(&c.out);
	log_set_sink(NULL, NULL);
	assert_int_equal(nerrors, 0);
	return 0;
}

/* The answer to a command as u@a/r; borrowed until the next call. */
static const char *
put_from(const char *from, const char *attrs, const char *form)
{
	char xml[2048];
	struct stanza *s;

	snprintf(xml, sizeof(xml),
	    "<iq type='set' from='%s' to='gw' id='7'><command xmlns='%s' %s>"
	    "%s</command></iq>",
	    from, NS_COMMANDS, attrs, form);
	s = stanza_parse(str_c(xml));
	assert_non_null(s);
	buf_clear(&c.out);
	iq_stanza(iqs, &c, s);
	stanza_free(&s);
	return c.out.p;
}

static const char *
put(const char *attrs, const char *form)
{
	return put_from("u@a/r", attrs, form);
}

/* node and session of what was answered last, with an action. */
static const char *
attrs(const char *node, const char *action)
{
	static char text[256];
	static char id[64];
	const char *p = strstr(c.out.p, "sessionid='");

	if (p)
		snprintf(
		    id, sizeof(id), "%.*s", (int)strcspn(p + 11, "'"), p + 11);
	snprintf(text, sizeof(text), "node='%s' sessionid='%s' action='%s'",
	    node, id, action);
	return text;
}

#define X(value)                                                               \
	"<x xmlns='jabber:x:data' type='submit'><field var='x'><value>" value  \
	"</value></field></x>"

static void
assert_has(const char *xml, const char *part)
{
	if (!strstr(xml, part))
		fail_msg("no %s in %s", part, xml);
}

/* ---- tests ------------------------------------------------------------------ */

static void
a_command_without_a_form_ends_at_once(void **state)
{
	const char *xml;

	(void)state;
	xml = put("node='status' action='execute'", "");
	assert_has(xml, "type='result'");
	assert_has(xml, "status='completed'");
	assert_has(xml, "<note type='info'>all is well</note>");
	put("node='status'", "");
	assert_has(put(attrs("status", "next"), X("1")), "<session-expired ");
}

static void
stages_follow_each_other_and_keep_values(void **state)
{
	const char *xml;

	(void)state;
	xml = put("node='wizard'", "");
	assert_has(xml, "status='executing'");
	assert_has(xml, "<actions execute='next'><next/></actions>");
	xml = put(attrs("wizard", "next"), X("one"));
	assert_has(
	    xml, "<actions execute='complete'><prev/><complete/></actions>");
	xml = put(attrs("wizard", "complete"), X("two"));
	assert_has(xml, "<note type='warn'>one+two</note>");
	assert_has(xml, "status='completed'");
}

static void
execute_in_the_middle_does_the_default(void **state)
{
	(void)state;
	put("node='wizard'", "");
	put(attrs("wizard", "execute"), X("one"));
	assert_has(put(attrs("wizard", ""), X("two")), "one+two");
}

static void
prev_shows_the_form_before(void **state)
{
	(void)state;
	put("node='wizard'", "");
	put(attrs("wizard", "next"), X("one"));
	assert_has(
	    put(attrs("wizard", "prev"), ""), "<actions execute='next'>");
	put(attrs("wizard", "next"), X("other"));
	assert_has(put(attrs("wizard", "complete"), X("two")), "other+two");
}

static void
a_form_can_be_shown_again_with_what_was_wrong(void **state)
{
	const char *xml;

	(void)state;
	put("node='wizard'", "");
	put(attrs("wizard", "next"), X("one"));
	xml = put(attrs("wizard", "complete"), X(""));
	assert_has(xml, "status='executing'");
	assert_has(xml, "<note type='error'>say something</note>");
	assert_has(put(attrs("wizard", "complete"), X("two")), "one+two");
}

static void
cancel_ends_it(void **state)
{
	(void)state;
	put("node='wizard'", "");
	assert_has(put(attrs("wizard", "cancel"), ""), "status='canceled'");
	assert_has(put(attrs("wizard", "next"), X("1")), "<session-expired ");
	put("node='wizard'", "");
	assert_has(put(attrs("wizard", "next"),
	               "<x xmlns='jabber:x:data' type='cancel'/>"),
	    "status='canceled'");
}

static void
what_does_not_fit_is_refused_as_the_document_says(void **state)
{
	(void)state;
	assert_has(put("node='what'", ""), "<item-not-found ");
	assert_has(
	    put("node='status' action='jump'", ""), "<malformed-action ");
	assert_has(put("node='status' action='next'", ""), "<bad-action ");
	assert_has(put("node='status' sessionid='x'", ""), "<bad-sessionid ");
	put("node='wizard'", "");
	assert_has(put(attrs("wizard", "prev"), ""), "<bad-action ");
	assert_has(put(attrs("wizard", "complete"), X("1")), "<bad-action ");
	assert_has(put(attrs("wizard", "next"), ""), "<bad-payload ");
	assert_has(put(attrs("status", "next"), X("1")), "<bad-sessionid ");
	assert_has(put(attrs("wizard", "next"), X("1")), "status='executing'");
}

static void
a_session_belongs_to_one_resource(void **state)
{
	(void)state;
	put("node='wizard'", "");
	assert_has(put_from("u@a/other", attrs("wizard", "next"), X("1")),
	    "<bad-sessionid ");
	assert_has(put(attrs("wizard", "next"), X("1")), "status='executing'");
}

static void
a_command_exists_only_where_it_belongs(void **state)
{
	(void)state;
	where = ROOM;
	assert_has(put("node='wizard'", ""), "<item-not-found ");
	assert_has(put("node='status'", ""), "status='completed'");
	assert_null(adhoc_find(adhoc, STR("wizard"), ROOM, &clk));
	assert_ptr_equal(
	    adhoc_find(adhoc, STR("status"), ROOM, &clk), &commands[0]);
}

static void
rights_are_asked_for_every_step_and_the_list(void **state)
{
	(void)state;
	assert_has(put("node='admin'", ""), "<forbidden ");
	assert_null(adhoc_find(adhoc, STR("admin"), DOMAIN, &clk));
	buf_clear(&c.out);
	xmlw_fragment(&c.w);
	adhoc_write_items(adhoc, &c.w, STR("gw"), DOMAIN, &clk);
	xmlw_end(&c.w, NULL);
	assert_has(c.out.p, "<item jid='gw' node='status' name='Status'/>");
	assert_null(strstr(c.out.p, "Admin"));
	is_admin = true;
	assert_has(put("node='admin'", ""), "status='executing'");
	is_admin = false;
	assert_has(put(attrs("admin", "next"), X("1")), "<forbidden ");
	is_admin = true;
	attrs("admin", "");
	assert_has(put(attrs("admin", "next"), X("1")), "<session-expired ");
}

static void
an_idle_session_expires(void **state)
{
	(void)state;
	put("node='wizard'", "");
	clock_advance(&clk, clk.at + ADHOC_SESSION_MS - 1, 0);
	put(attrs("wizard", "next"), X("1"));
	clock_advance(&clk, clk.at + ADHOC_SESSION_MS - 1, 0);
	assert_has(put(attrs("wizard", "prev"), ""), "status='executing'");
	clock_advance(&clk, clk.at + ADHOC_SESSION_MS, 0);
	assert_has(put(attrs("wizard", "next"), X("1")), "<session-expired ");
}

static void
the_oldest_session_of_a_user_makes_room(void **state)
{
	char first[256], second[256];

	(void)state;
	put("node='wizard'", "");
	snprintf(first, sizeof(first), "%s", attrs("wizard", "next"));
	put_from("u@a/s", "node='wizard'", "");
	snprintf(second, sizeof(second), "%s", attrs("wizard", "next"));
	for (int i = 2; i < ADHOC_USER_MAX; i++)
		put("node='wizard'", "");
	put(first, X("1")); /* the second is the oldest now */
	put("node='wizard'", "");
	assert_has(put_from("u@a/s", second, X("1")), "<session-expired ");
	assert_has(put(first + 0, ""), "<bad-action ");
}

static void
a_kept_step_is_answered_later(void **state)
{
	struct adhoc_call *call;

	(void)state;
	assert_string_equal(put("node='later'", ""), "");
	call = adhoc_kept(adhoc, token);
	assert_non_null(call);
	adhoc_finish(call, ADHOC_INFO, STR("done"));
	assert_has(c.out.p, "<note type='info'>done</note>");
	assert_null(adhoc_kept(adhoc, token));
	assert_null(adhoc_kept(adhoc, 0));
}

static void
a_kept_step_past_its_deadline_is_over(void **state)
{
	(void)state;
	put("node='later'", "");
	clock_advance(&clk, clk.at + 5000, 0);
	assert_has(c.out.p, "<remote-server-timeout ");
	assert_null(adhoc_kept(adhoc, token));
}

static void
bad_input_may_be_tried_again_and_other_errors_end_it(void **state)
{
	(void)state;
	put("node='strict'", "");
	assert_has(put(attrs("strict", "complete"), X("bad")), "<bad-request ");
	assert_has(put(attrs("strict", "complete"), X("good")), "<forbidden ");
	assert_has(
	    put(attrs("strict", "complete"), X("good")), "<session-expired ");
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_command_without_a_form_ends_at_once),
		T(stages_follow_each_other_and_keep_values),
		T(execute_in_the_middle_does_the_default),
		T(prev_shows_the_form_before),
		T(a_form_can_be_shown_again_with_what_was_wrong),
		T(cancel_ends_it),
		T(what_does_not_fit_is_refused_as_the_document_says),
		T(a_session_belongs_to_one_resource),
		T(a_command_exists_only_where_it_belongs),
		T(rights_are_asked_for_every_step_and_the_list),
		T(an_idle_session_expires),
		T(the_oldest_session_of_a_user_makes_room),
		T(a_kept_step_is_answered_later),
		T(a_kept_step_past_its_deadline_is_over),
		T(bad_input_may_be_tried_again_and_other_errors_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
