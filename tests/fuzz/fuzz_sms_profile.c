/*
 * Any bytes as a profile.  What is refused is refused with a reason that
 * names the file; what is taken makes requests that are one request each,
 * whatever the message and the settings, and judges any answer.
 */
#include <stdlib.h>

#include "lib/utf8.h"
#include "sms/sms_profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

/* Whatever it is asked for is the same hostile text. */
static bool
get_hostile(const struct sms_vars *v, struct str name, struct sms_value *out)
{
	(void)v;
	(void)name;
	*out = sms_value_text(STR("a/../b?&=#\r\nX: y\\\" \xc3\xa9{to}%0d"));
	return true;
}

static bool
get_tame(const struct sms_vars *v, struct str name, struct sms_value *out)
{
	(void)v;
	*out = sms_value_text(
	    str_is(name, "base") ? STR("https://x.example") : STR("a1"));
	return true;
}

static void
check_request(const struct sms_request *r)
{
	check(str_starts(r->url, STR("http")));
	for (size_t i = 0; i < r->url.len; i++)
		check(r->url.p[i] > ' ' && r->url.p[i] <= '~');
	for (size_t i = 0; i < r->nheader; i++)
		for (size_t j = 0; j < r->header[i].value.len; j++)
			check((uint8_t)r->header[i].value.p[j] >= ' ');
	for (size_t j = 0; j < r->content_type.len; j++)
		check((uint8_t)r->content_type.p[j] >= ' ');
	check(r->url.len <= SMS_REQUEST_URL_MAX);
	check(r->body.len <= SMS_REQUEST_BODY_MAX);
}

static void
try_requests(const struct sms_profile *p, const struct sms_vars *vars)
{
	const struct str list[] = { STR("+12125550001"), STR("+33612345678") };
	struct sms_message_vars m = { .to = STR("+12125550001"),
		.from = STR("My\r\nBank"),
		.text = STR("\"<\xc3\xa9>\r\n"),
		.to_list = list,
		.nto = 2,
		.media = list,
		.nmedia = 2 };

	sms_message_vars_init(&m, vars);
	for (unsigned k = 0; k < SMS_NSEND; k++) {
		struct sms_request r;
		struct err err = ERR_INIT;

		if (sms_request_render(
		        p, (enum sms_send_kind)k, &m.vars, &r, &err) < 0) {
			check(err.kind != ERR_NONE);
			continue;
		}
		check_request(&r);
		sms_request_release(&r);
	}
}

static void
try_answers(const struct sms_profile *p)
{
	static const struct sms_answer answers[] = {
		{ .status = 200, .body = { "{\"a\":[{\"b\":1}]}", 15 } },
		{ .status = 400, .body = { "ID=5; no\n", 9 } },
		{ .status = 503, .body = { "", 0 } },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct sms_verdict v;

		sms_answer_judge(p, SMS_SEND_SMS, &answers[i], &v);
		check(v.cls < SMS_NCLASS && v.text.len > 0);
		check(utf8_is_xml(v.text) && !str_has(v.text, '\n'));
		sms_verdict_release(&v);
	}
}

static void
ignore(const struct sms_event *ev, void *arg)
{
	(void)arg;
	check(ev->kind < SMS_NEVENT);
}

static void
try_events(const struct sms_profile *p)
{
	const struct sms_doc_source source = {
		.body = STR("{\"a\":[{\"b\":1,\"c\":\"x\"},2],\"from\":\"1\"}"),
		.query = STR("id=1&from=2&state=3")
	};

	for (unsigned k = 0; k < SMS_NEVENT; k++)
		if (sms_profile_hook(p, (enum sms_event_kind)k))
			(void)sms_event_parse(p, (enum sms_event_kind)k,
			    &source, ignore, NULL, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sms_vars hostile = { get_hostile, NULL };
	const struct sms_vars tame = { get_tame, NULL };
	struct err err = ERR_INIT;
	struct sms_profile *p =
	    sms_profile_read("f.json", str_of((const char *)data, size), &err);

	if (!p) {
		check(err.kind != ERR_NONE);
		check(str_starts(str_c(err.text), STR("f.json:")));
		return 0;
	}
	try_requests(p, &hostile);
	try_requests(p, &tame);
	try_answers(p);
	try_events(p);
	sms_profile_free(&p);
	return 0;
}
