#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/upload.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "net/http_client.h"
#include "xmpp/component.h"
#include "xmpp/iq.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

/* ---- a component that writes into a buffer ---------------------------- */

struct component {
	struct buf out;
	struct xmlw w;
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
	(void)on;
	return true;
}

struct str
component_domain(const struct component *on)
{
	(void)on;
	return STR("sms.example.org");
}

/* ---- a client whose requests are read from a buffer --------------------- */

struct http_call {
	http_fn *fn;
	void *arg;
};

static struct buf requests;
static struct http_call *call;
static int clients;

struct http_client *
http_client_new(
    struct loop *loop, const struct http_client_params *p, struct err *err)
{
	static char one;

	(void)loop;
	(void)p;
	(void)err;
	clients++;
	return (struct http_client *)(void *)&one;
}

void
http_client_free(struct http_client **cp)
{
	clients -= *cp != NULL;
	*cp = NULL;
}

struct http_call *
http_client_call(
    struct http_client *c, const struct http_request *r, http_fn *fn, void *arg)
{
	(void)c;
	assert_null(call);
	buf_addf(&requests, "%s " STR_FMT "\n", r->method, STR_ARG(r->url));
	for (size_t i = 0; i < r->nheader; i++)
		buf_addf(&requests, STR_FMT ": " STR_FMT "\n",
		    STR_ARG(r->header[i].name), STR_ARG(r->header[i].value));
	buf_addf(&requests, "\n" STR_FMT, STR_ARG(r->body));
	call = calloc(1, sizeof(*call));
	*call = (struct http_call){ fn, arg };
	return call;
}

void
http_call_cancel(struct http_call **callp)
{
	if (*callp) {
		assert_ptr_equal(*callp, call);
		free(call);
		call = NULL;
	}
	*callp = NULL;
}

static void
http_answers(enum http_result result, int status)
{
	struct http_response r = { .result = result, .status = status };
	struct http_call done = *call;

	if (result != HTTP_ANSWERED)
		err_set(&r.err, ERR_UNREACHABLE, "nobody is there");
	free(call);
	call = NULL;
	done.fn(&r, done.arg);
}

/* ---- the service ----------------------------------------------------------- */

static struct clock clk;
static struct iq_table *iqs;
static struct upload *upload;
static struct buf told;

static void
on_told(void *arg, struct str url, const struct err *err)
{
	assert_int_equal(url.len > 0, err->kind == ERR_NONE);
	buf_addf(&told, "%s=" STR_FMT "%s ", (const char *)arg, STR_ARG(url),
	    err->kind ? err->text : "");
}

static void
pass(int64_t ms)
{
	clock_advance(&clk, clk.at + ms, clk.utc + ms);
}

static uint64_t
put(const char *name)
{
	struct gw_file f = { STR("picture.jpg"), STR("image/jpeg"),
		STR("JPEG") };
	struct err err = ERR_INIT;
	char *arg;
	uint64_t id;

	memcpy(&arg, &name, sizeof(arg));
	id = upload_put(upload, &f, on_told, arg, &err);
	assert_int_equal(id == 0, err.kind != ERR_NONE);
	return id;
}

/*
 * Answers the first question written to that address about that; the text is
 * what stands inside of the iq.  Fails if there is none.
 */
static void
answers(const char *to, const char *about, const char *type, const char *text)
{
	char want[200];
	const char *at, *id, *end;
	struct stanza *s;
	struct buf xml;

	snprintf(want, sizeof(want), "to='%s'", to);
	for (at = stream.out.p; (at = strstr(at, "<iq ")); at++) {
		end = strstr(at, "</iq>");
		if (strstr(at, want) && strstr(at, want) < end &&
		    strstr(at, about) && strstr(at, about) < end)
			break;
	}
	if (!at)
		fail_msg("nobody asked %s: %s", to, stream.out.p);
	id = strstr(at, " id='") + 5;
	buf_init(&xml, 4000);
	buf_addf(&xml,
	    "<iq from='%s' to='sms.example.org' type='%s' id='%.*s'>%s</iq>",
	    to, type, (int)strcspn(id, "'"), id, text);
	s = stanza_parse(buf_str(&xml));
	assert_non_null(s);
	iq_stanza(iqs, &stream, s);
	stanza_free(&s);
	buf_release(&xml);
}

#define ITEMS  "http://jabber.org/protocol/disco#items"
#define INFO   "http://jabber.org/protocol/disco#info"
#define UPLOAD "urn:xmpp:http:upload:0"

static void
has_items(void)
{
	answers("example.org", ITEMS, "result",
	    "<query xmlns='" ITEMS "'><item jid='chat.example.org'/>"
	    "<item jid='example.org' node='x'/>"
	    "<item jid='sms.example.org'/>"
	    "<item jid='up.example.org'/></query>");
}

static void
is_the_service(void)
{
	answers("up.example.org", INFO, "result",
	    "<query xmlns='" INFO "'><feature var='" UPLOAD "'/>"
	    "<x xmlns='jabber:x:data' type='result'>"
	    "<field var='max-file-size'><value>1000</value></field></x>"
	    "</query>");
}

static void
is_something_else(const char *who)
{
	answers(who, INFO, "result",
	    "<query xmlns='" INFO "'><feature var='urn:xmpp:ping'/></query>");
}

static void
gives_a_slot(void)
{
	answers("up.example.org", UPLOAD, "result",
	    "<slot xmlns='" UPLOAD "'>"
	    "<put url='https://up.example.org/1/picture.jpg'>"
	    "<header name='Authorization'>Basic x</header>"
	    "<header name='Host'>evil</header>"
	    "<header name='Cookie'>a\nX: y</header></put>"
	    "<get url='https://get.example.org/1/picture.jpg'/></slot>");
}

static int
set_up(void **state)
{
	static const struct log_ctx quiet;
	static const struct iq_row none[] = { { 0 } };

	(void)state;
	clock_init(&clk, 1000000, 1700000000000);
	buf_init(&stream.out, 1 << 20);
	xmlw_init(&stream.w, &stream.out, 1 << 18);
	buf_init(&told, 1 << 16);
	buf_init(&requests, 1 << 16);
	iqs = iq_new(&clk, &quiet, none, NULL, NULL);
	upload = upload_new(&(struct upload_params){ .clock = &clk,
	    .iqs = iqs,
	    .log = &quiet,
	    .domain = STR("sms.example.org"),
	    .server = STR("example.org") });
	upload_up(upload, &stream);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	upload_free(&upload);
	assert_null(call);
	assert_int_equal(clients, 0);
	iq_free(&iqs);
	buf_release(&stream.out);
	buf_release(&told);
	buf_release(&requests);
	clock_release(&clk);
	return 0;
}

static void
found(void)
{
	has_items();
	is_something_else("chat.example.org");
	is_the_service();
	buf_clear(&stream.out);
}

static void
a_file_is_where_the_server_says(void **state)
{
	(void)state;
	put("a");
	has_items();
	is_something_else("example.org");
	is_something_else("chat.example.org");
	assert_null(strstr(stream.out.p, "to='sms.example.org'"));
	is_the_service();
	assert_non_null(strstr(stream.out.p, "filename='picture.jpg'"));
	assert_non_null(strstr(stream.out.p, "size='4'"));
	assert_non_null(strstr(stream.out.p, "content-type='image/jpeg'"));
	gives_a_slot();
	assert_string_equal(requests.p,
	    "PUT https://up.example.org/1/picture.jpg\n"
	    "Content-Type: image/jpeg\nAuthorization: Basic x\n\nJPEG");
	http_answers(HTTP_ANSWERED, 201);
	pass(1);
	assert_string_equal(told.p, "a=https://get.example.org/1/picture.jpg ");
}

static void
the_service_is_looked_for_once(void **state)
{
	(void)state;
	put("a");
	put("b");
	found();
	buf_clear(&stream.out);
	put("c");
	assert_null(strstr(stream.out.p, "disco"));
	gives_a_slot();
	/* Another stream may be another server. */
	iq_stream_down(iqs);
	upload_down(upload);
	pass(1);
	assert_non_null(strstr(told.p, "b=up.example.org does not answer"));
	assert_int_equal(put("d"), 0);
	upload_up(upload, &stream);
	buf_clear(&stream.out);
	put("e");
	has_items();
}

static void
without_a_service_there_is_a_reason(void **state)
{
	(void)state;
	put("a");
	has_items();
	is_something_else("example.org");
	is_something_else("chat.example.org");
	assert_string_equal(told.p, "");
	answers("up.example.org", INFO, "error", "<error type='cancel'/>");
	pass(1);
	assert_string_equal(
	    told.p, "a=the XMPP server has no service for files ");
	/* That is remembered for a while. */
	buf_clear(&stream.out);
	buf_clear(&told);
	put("b");
	pass(1);
	assert_string_equal(
	    told.p, "b=the XMPP server has no service for files ");
	assert_int_equal(stream.out.len, 0);
	pass(UPLOAD_AGAIN_MS);
	put("c");
	has_items();
}

static void
a_server_that_is_silent_is_not_waited_for(void **state)
{
	(void)state;
	put("a");
	pass(UPLOAD_ASK_MS + 1000);
	pass(1);
	assert_non_null(strstr(told.p, "a=the XMPP server has no service"));
	pass(UPLOAD_AGAIN_MS);
	buf_clear(&told);
	buf_clear(&stream.out);
	put("b");
	found();
	pass(UPLOAD_ASK_MS + 1000);
	pass(1);
	assert_non_null(strstr(told.p, "b=up.example.org does not answer"));
}

static void
what_the_service_refuses_is_told(void **state)
{
	(void)state;
	put("a");
	found();
	put("b");
	buf_clear(&stream.out);
	put("c");
	answers("up.example.org", UPLOAD, "error",
	    "<error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:"
	    "ns:xmpp-stanzas'/></error>");
	pass(1);
	assert_string_equal(told.p, "c=up.example.org does not take it ");
	buf_clear(&told);
	buf_clear(&stream.out);
	put("d");
	answers("up.example.org", UPLOAD, "result", "<slot/>");
	pass(1);
	assert_string_equal(told.p, "d=up.example.org does not take it ");
	buf_clear(&told);
	buf_clear(&stream.out);
	put("e");
	gives_a_slot();
	http_answers(HTTP_ANSWERED, 413);
	pass(1);
	assert_string_equal(told.p, "e=the upload was answered with 413 ");
	buf_clear(&told);
	buf_clear(&stream.out);
	put("f");
	gives_a_slot();
	http_answers(HTTP_NOT_SENT, 0);
	pass(1);
	assert_string_equal(told.p, "f=nobody is there ");
}

static void
files_have_a_ceiling(void **state)
{
	static char big[1001];
	struct gw_file f = { STR("a"), STR("b"), { big, sizeof(big) } };
	struct err err = ERR_INIT;

	(void)state;
	put("a");
	found();
	upload_put(upload, &f, on_told, NULL, &err);
	pass(1);
	assert_non_null(strstr(told.p, "1001 bytes"));
	for (int i = 1; i < UPLOAD_JOBS_MAX; i++)
		assert_int_not_equal(put("x"), 0);
	assert_int_equal(put("x"), 0);
}

static void
nobody_is_told_who_does_not_wait(void **state)
{
	uint64_t a, b;

	(void)state;
	a = put("a");
	b = put("b");
	upload_cancel(upload, a);
	found();
	put("c");
	upload_cancel(upload, b);
	upload_cancel(upload, 999);
	upload_cancel(NULL, a);
	buf_clear(&stream.out);
	a = put("d");
	gives_a_slot();
	upload_cancel(upload, a);
	assert_null(call);
	buf_clear(&stream.out);
	b = put("e");
	gives_a_slot();
	http_answers(HTTP_ANSWERED, 200);
	upload_cancel(upload, b);
	pass(10);
	assert_string_equal(told.p, "");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_where_the_server_says),
		TEST(the_service_is_looked_for_once),
		TEST(without_a_service_there_is_a_reason),
		TEST(a_server_that_is_silent_is_not_waited_for),
		TEST(what_the_service_refuses_is_told),
		TEST(files_have_a_ceiling),
		TEST(nobody_is_told_who_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
