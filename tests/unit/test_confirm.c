#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/confirm.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "xmpp/component.h"
#include "xmpp/iq.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

/* ---- a component that writes into a buffer ---------------------------- */

struct component {
	struct buf out;
	struct xmlw w;
	bool up;
};

static struct component stream;

struct xmlw *
component_begin(struct component *on, const char *name, struct str from,
    struct str to, const char *type, struct str id)
{
	xmlw_stanza(&on->w, name, from, to, type, id);
	return &on->w;
}

int
component_end(struct component *on, struct err *err)
{
	return xmlw_end(&on->w, err);
}

bool
component_is_up(const struct component *on)
{
	return on->up;
}

struct str
component_domain(const struct component *on)
{
	(void)on;
	return STR("sms.example.org");
}

/* ---- marks that say what they were told ------------------------------- */

static struct clock clk;
static struct iq_table *iqs;
static struct confirm *confirm;
static struct buf told, logged;

struct noted {
	struct confirm_mark mark;
	char name;
	struct noted *drops, *adds; /* when it is told */
};

static void
on_told(struct confirm_mark *m, bool taken)
{
	struct noted *n = (struct noted *)(void *)m;

	buf_addf(&told, "%c%c ", n->name, taken ? '+' : '-');
	if (n->drops)
		confirm_drop(&n->drops->mark);
	if (n->adds)
		confirm_add(confirm, &n->adds->mark);
}

static struct noted a, b, c;

static void
add(struct noted *n)
{
	confirm_mark_init(&n->mark, on_told);
	confirm_add(confirm, &n->mark);
}

static void
pass(int64_t ms)
{
	clock_advance(&clk, clk.at + ms, clk.utc + ms);
}

/* True: a ping has been written since, whose id is in out. */
static bool
asked(struct buf *id_out)
{
	struct str all = buf_str(&stream.out), id;
	const char *at = strstr(stream.out.p, " id=");
	bool is_ping = strstr(stream.out.p, "urn:xmpp:ping") != NULL;

	buf_clear(id_out);
	if (is_ping) {
		id = str_skip(all, (size_t)(at - all.p) + 5);
		buf_add_str(id_out, str_head(id, strcspn(id.p, "'\"")));
	}
	buf_clear(&stream.out);
	return is_ping;
}

static void
answer(const struct buf *id, const char *type)
{
	struct stanza *s;
	struct buf xml;

	buf_init(&xml, 1000);
	buf_addf(&xml,
	    "<iq from='sms.example.org' to='sms.example.org' type='%s' "
	    "id='%s'/>",
	    type, id->p);
	s = stanza_parse(buf_str(&xml));
	assert_non_null(s);
	iq_stanza(iqs, &stream, s);
	stanza_free(&s);
	buf_release(&xml);
}

static void
log_line(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	buf_addf(&logged, "%s\n", line);
}

static const struct iq_row no_rows[] = { { NULL, NULL, NULL, NULL } };
static struct buf id;

static int
setup(void **state)
{
	(void)state;
	buf_init(&stream.out, 10000);
	buf_init(&told, 1000);
	buf_init(&logged, 10000);
	buf_init(&id, 100);
	xmlw_init(&stream.w, &stream.out, 10000);
	clock_init(&clk, 1000, 1000);
	log_set_sink(log_line, NULL);
	stream.up = true;
	a = (struct noted){ .name = 'a' };
	b = (struct noted){ .name = 'b' };
	c = (struct noted){ .name = 'c' };
	iqs = iq_new(&clk, NULL, no_rows, NULL, NULL);
	confirm = confirm_new(&clk, iqs, NULL);
	confirm_up(confirm, &stream);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	confirm_free(&confirm);
	iq_free(&iqs);
	log_set_sink(NULL, NULL);
	buf_release(&stream.out);
	buf_release(&told);
	buf_release(&logged);
	buf_release(&id);
	clock_release(&clk);
	return 0;
}

/* ---- tests ------------------------------------------------------------ */

static void
one_ping_confirms_what_came_before_it(void **state)
{
	(void)state;
	add(&a);
	pass(CONFIRM_MS - 1);
	add(&b);
	assert_false(asked(&id));
	pass(1);
	assert_true(asked(&id));
	add(&c);
	pass(10 * CONFIRM_MS);
	assert_false(asked(&id)); /* one is under way at a time */
	assert_int_equal(confirm_oldest_ms(confirm), 11 * CONFIRM_MS);
	confirm_drop(&c.mark);
}

static void
the_answer_sends_the_next(void **state)
{
	struct buf second;

	(void)state;
	buf_init(&second, 100);
	add(&a);
	pass(CONFIRM_MS);
	assert_true(asked(&id));
	add(&b);
	answer(&id, "result");
	assert_string_equal(told.p, "a+ ");
	assert_true(asked(&second));
	answer(&id, "result"); /* again: it says nothing about b */
	assert_string_equal(told.p, "a+ ");
	answer(&second, "error"); /* the server got that far, too */
	assert_string_equal(told.p, "a+ b+ ");
	assert_int_equal(confirm_oldest_ms(confirm), 0);
	pass(10 * CONFIRM_MS);
	assert_false(asked(&id)); /* nothing waits */
	buf_release(&second);
}

static void
a_stream_that_dies_loses_what_is_open_in_order(void **state)
{
	(void)state;
	add(&a);
	pass(CONFIRM_MS);
	assert_true(asked(&id));
	add(&b);
	confirm_down(confirm);
	assert_string_equal(told.p, "a- b- ");
	confirm_up(confirm, &stream);
	answer(&id, "result"); /* of the stream that died */
	add(&c);
	pass(CONFIRM_MS);
	assert_true(asked(&id));
	answer(&id, "result");
	assert_string_equal(told.p, "a- b- c+ ");
}

static void
whoever_is_told_may_change_the_marks(void **state)
{
	(void)state;
	add(&a);
	add(&b);
	confirm_mark_init(&c.mark, on_told);
	a.drops = &b;
	a.adds = &c;
	pass(CONFIRM_MS);
	assert_true(asked(&id));
	answer(&id, "result");
	assert_string_equal(told.p, "a+ ");
	pass(CONFIRM_MS);
	assert_true(asked(&id));
	answer(&id, "result");
	assert_string_equal(told.p, "a+ c+ ");
}

static void
a_lost_answer_is_asked_for_again_and_logged_once(void **state)
{
	(void)state;
	add(&a);
	pass(CONFIRM_MS);
	assert_true(asked(&id));
	add(&b);
	pass(CONFIRM_ANSWER_MS);
	assert_true(asked(&id));
	assert_non_null(strstr(logged.p, "XMPP server does not confirm"));
	buf_clear(&logged);
	pass(CONFIRM_ANSWER_MS);
	assert_true(asked(&id));
	assert_int_equal(logged.len, 0);
	answer(&id, "result");
	assert_string_equal(told.p, "a+ b+ ");
}

static void
one_can_be_asked_for_at_once(void **state)
{
	(void)state;
	add(&a);
	confirm_now(confirm);
	assert_true(asked(&id));
	confirm_now(confirm);
	assert_false(asked(&id));
	confirm_drop(&a.mark);
	confirm_now(confirm);
	assert_int_equal(told.len, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_ping_confirms_what_came_before_it),
		TEST(the_answer_sends_the_next),
		TEST(a_stream_that_dies_loses_what_is_open_in_order),
		TEST(whoever_is_told_may_change_the_marks),
		TEST(a_lost_answer_is_asked_for_again_and_logged_once),
		TEST(one_can_be_asked_for_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
