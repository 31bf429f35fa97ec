#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "sms/sms_profile.h"

/* One that has a bit of everything. */
static const char whole[] =
    "{\"profile\":1,\"name\":\"try\",\"title\":\"Try\","
    "\"docs\":[\"https://try.example/\"],\"unverified\":[\"all\"],"
    "\"vars\":{"
    "\"base\":{\"default\":\"https://{space}.try.example\","
    "\"operator\":true},"
    "\"space\":{\"required\":true,\"label\":\"Your space\"},"
    "\"key\":{\"required\":true,\"secret\":true},"
    "\"sim\":{}},"
    "\"numbers\":{\"from\":\"digits\",\"to\":\"e164\",\"in\":\"nat:1\"},"
    "\"limits\":{\"chars\":1600,\"unit\":\"gsm\",\"parts\":8,"
    "\"split\":\"gateway\",\"rate\":0.5,\"dlr\":\"all\",\"media\":3,"
    "\"countries\":[\"1\",\"33\"]},"
    "\"price\":{\"currency\":\"EUR\",\"sms\":0.05},"
    "\"maps\":{\"coding\":{\"gsm7\":\"0\",\"ucs2\":\"8\"}},"
    "\"let\":{\"sum\":\"{to}{key|sha1|cut:4}\",\"twice\":\"{sum}{sum}\"},"
    "\"idempotent\":true,\"opt_out\":\"gateway\","
    "\"send\":{\"sms\":{\"url\":\"{base}/a/{space}/send\","
    "\"headers\":{\"X-Sum\":\"{twice}\",\"X-Sim?\":\"{sim}\"},"
    "\"json\":{\"to\":[\"{to}\"],\"from\":\"{from}\",\"text?\":\"{text}\","
    "\"n\":\"{segments}\",\"sim?\":\"{sim|int}\",\"fix\":true,"
    "\"coding\":\"{coding|map:coding|int}\",\"none?\":{\"a?\":\"{sim}\"}},"
    "\"accept\":{\"status\":[200,201],\"ok\":[{\"path\":\"ok\",\"in\":"
    "[\"yes\"]}],\"id\":\"ids\",\"parts\":\"n\"}},"
    "\"mms\":{\"method\":\"PUT\",\"url\":\"https://{space}.x.example/m?v=1\","
    "\"query\":{\"k\":\"{key}\",\"s?\":\"{sim}\"},"
    "\"form\":{\"To\":\"{to}\",\"Media[n1]\":\"{media}\",\"Body?\":"
    "\"{text}\",\"all?\":\"{to_list}\"},\"accept\":{\"parts\":\"l\"}},"
    "\"group\":{\"url\":\"{base}/g\",\"json\":{\"all\":{\"$each\":"
    "\"to_list\",\"do\":{\"n\":\"{item|digits}\"}},\"m\":{\"$each\":"
    "\"media\",\"do\":[\"{item}\",\"{item_type}\"]}}}},"
    "\"errors\":[{\"if\":{\"path\":\"code\",\"in\":[7]},\"class\":"
    "\"opted-out\",\"text\":\"why\"},"
    "{\"if\":{\"path\":\"code\",\"in\":[8]},\"class\":\"throttle\","
    "\"after_ms\":{\"path\":\"why\",\"regex\":\"([0-9]+) ms\"}},"
    "{\"if\":[{\"status\":[400]},{\"path\":\"code\",\"exists\":true}],"
    "\"class\":\"auth\",\"after_ms\":77}],"
    "\"hooks\":{\"inbound\":{\"body\":\"json\",\"each\":\"events\","
    "\"when\":{\"path\":\"t\",\"in\":[\"mo\"]},"
    "\"map\":{\"from\":\"f\",\"to\":\"o\",\"text\":\"x\",\"id\":\"i\","
    "\"time\":\"w\",\"group\":\"g\",\"media\":{\"path\":\"m\",\"map\":"
    "{\"url\":\"u\",\"type\":\"c\",\"size\":\"s\"}},\"part_ref\":\"pr\","
    "\"part_no\":\"pn\",\"part_total\":\"pt\",\"charset\":\"cs\"},"
    "\"decode\":{\"text\":\"percent\"},"
    "\"reply\":{\"status\":202,\"type\":\"text/plain\",\"body\":\"ACK\"}},"
    "\"status\":{\"body\":\"json\",\"each\":\"events\","
    "\"when\":{\"path\":\"t\",\"in\":[\"dlr\"]},"
    "\"map\":{\"id\":\"i\",\"our_id\":\"_query.id\",\"state\":\"st\","
    "\"error\":\"e\",\"text\":\"why\"},"
    "\"states\":{\"DELIVRD\":\"delivered\",\"EXP\":\"expired\","
    "\"GONE\":\"failed\",\"*\":\"unknown\"},"
    "\"errors\":{\"12\":\"bad-recipient\"}}},"
    "\"poll\":{\"every_s\":60,\"list\":{\"url\":\"{base}/in?since={since}\"},"
    "\"each\":\"\",\"item\":{\"url\":\"{base}/in/{item}\"},"
    "\"ack\":{\"method\":\"DELETE\",\"url\":\"{base}/in/{item}\"},"
    "\"map\":{\"from\":\"s\",\"text\":\"x\"}},"
    "\"auth\":{\"kind\":\"basic\",\"user\":\"{space}\",\"password\":\"{key}\"},"
    "\"check\":{\"url\":\"{base}/me\",\"accept\":{\"ok\":{\"path\":\"me\","
    "\"exists\":true}}},"
    "\"verify\":{\"scheme\":\"path-token\"}}";

static struct sms_profile *
read_whole(void)
{
	struct err err = ERR_INIT;
	struct sms_profile *p =
	    sms_profile_read("try.json", str_c(whole), &err);

	if (!p)
		fail_msg("%s", err.text);
	return p;
}

static const struct sms_pair pairs[] = {
	{ { "base", 4 }, { "https://try.example/v1/", 23 } },
	{ { "space", 5 }, { "eu-1", 4 } },
	{ { "key", 3 }, { "s3&cret", 7 } },
};
static const struct str recipients[] = { { "+12125550001", 12 },
	{ "+33612345678", 12 } };
static const struct str media[] = { { "https://m.example/1", 19 },
	{ "https://m.example/2", 19 } };
static const struct str types[] = { { "image/png", 9 }, { "text/vcard", 10 } };
static struct sms_pairs line;

static struct sms_message_vars
message(void)
{
	struct sms_message_vars m = { .to = STR("+12125550001"),
		.from = STR("+12125550002"),
		.text = STR("H\xc3\xa9 \"\n"),
		.coding = STR("gsm7"),
		.segments = 2,
		.since_utc = 5000,
		.to_list = recipients,
		.nto = 2,
		.media = media,
		.media_type = types,
		.nmedia = 2 };

	line = sms_pairs_of(pairs, 3, NULL);
	return m;
}

/* ---- reading ---------------------------------------------------------- */

static void
everything_in_a_profile_is_read(void **state)
{
	struct sms_profile *p = read_whole();
	const struct sms_limits *l = sms_profile_limits(p);
	const struct sms_profile_var *v = sms_profile_var(p, 1);

	(void)state;
	assert_string_equal(sms_profile_name(p), "try");
	assert_string_equal(sms_profile_docs(p), "https://try.example/");
	assert_string_equal(sms_profile_unverified(p, 0), "all");
	assert_null(sms_profile_unverified(p, 1));
	assert_string_equal(v->name, "space");
	assert_string_equal(v->label, "Your space");
	assert_true(v->required && !v->secret && !v->operator_only);
	assert_true(sms_profile_var(p, 0)->operator_only);
	assert_true(sms_profile_var(p, 2)->secret);
	assert_null(sms_profile_var(p, 4));
	assert_int_equal(l->chars, 1600);
	assert_int_equal(l->unit, SMS_UNIT_GSM);
	assert_int_equal(l->interval_ms, 2000);
	assert_int_equal(l->dlr, SMS_DLR_ALL);
	assert_true(l->gateway_splits && l->dedups);
	assert_true(sms_profile_obeys_stop(p));
	assert_string_equal(l->countries.text[1], "33");
	assert_int_equal(sms_profile_price(p)->sms, 50000);
	assert_true(sms_profile_can(p, SMS_SEND_GROUP));
	assert_true(sms_profile_needs_number(p));
	assert_int_equal(sms_poll_every_ms(sms_profile_poll(p)), 60000);
	sms_profile_free(&p);
}

static void
a_default_may_be_made_of_other_variables(void **state)
{
	struct sms_profile *p = read_whole();
	struct sms_message_vars m = message();
	struct err err = ERR_INIT;
	struct buf b;

	(void)state;
	(void)m;
	buf_init(&b, 1000);
	assert_int_equal(sms_profile_default(p, 0, &line.vars, &b, &err), 0);
	assert_string_equal(b.p, "https://eu-1.try.example");
	buf_release(&b);
	sms_profile_free(&p);
}

static void
little_is_needed(void **state)
{
	struct err err = ERR_INIT;
	struct sms_profile *p = sms_profile_read("a.json",
	    STR("{\"profile\":1,\"name\":\"a\",\"send\":{\"sms\":{\"url\":"
	        "\"https://x/{to}\",\"text\":\"{text}\"}}}"),
	    &err);

	(void)state;
	assert_non_null(p);
	assert_non_null(sms_profile_auth(p));
	assert_non_null(sms_profile_verify(p));
	assert_string_equal(sms_profile_title(p), "a");
	assert_false(sms_profile_needs_number(p));
	assert_null(sms_profile_hook(p, SMS_INBOUND));
	sms_profile_free(&p);
}

/* Replaces the first `old` in a profile; then it must be refused so. */
static const struct {
	const char *old, *new, *why;
} wrong[] = {
	{ "\"profile\":1", "\"profile\":2",
	    "try.json: profile: not between 1 and 1" },
	{ "\"name\":\"try\"", "\"name\":\"Try It\"",
	    "try.json: name \"Try It\": small letters, digits and dashes "
	    "only" },
	{ "\"limits\"", "\"limts\"",
	    "try.json: key \"limts\" is not known; \"limits\"?" },
	{ "\"rate\":0.5", "\"rate\":0",
	    "try.json: limits.rate: not a number of messages a second, 0.0001 "
	    "to 1000" },
	{ "\"sim\":{}", "\"to\":{}",
	    "try.json: vars.to: every message has a variable of that name" },
	{ "\"sim\":{}", "\"sim\":{\"requird\":true}",
	    "try.json: vars.sim: key \"requird\" is not known; \"required\"?" },
	{ "{base}/a/{space}", "{base}/a/{spce}",
	    "try.json: send.sms.url: \"{spce}\": there is no such variable; "
	    "\"{space}\"?" },
	{ "{base}/a/{space}", "ftp://x/",
	    "try.json: send.sms.url: begins neither with https:// nor with a "
	    "variable" },
	{ "\"X-Sum\"", "\"Host\"",
	    "try.json: send.sms.headers: Host is made by the gateway" },
	{ "\"X-Sum\"", "\"X Sum\"",
	    "try.json: send.sms.headers: \"X Sum\" is not the name of a "
	    "header" },
	{ "\"fix\":true", "\"fix\":\"{sim|ent}\"",
	    "try.json: send.sms.json.fix: there is no filter \"ent\"; "
	    "\"int\"?" },
	{ "map:coding", "map:codng",
	    "try.json: send.sms.json.coding: there is no table \"codng\" in "
	    "maps" },
	{ "\"form\"", "\"text\":\"\",\"form\"",
	    "try.json: send.mms.text: a second body; only one of form, "
	    "multipart, json, text" },
	{ "\"$each\":\"to_list\"", "\"$each\":\"to\"",
	    "try.json: send.group.json.all.$each: word \"to\" is not known; "
	    "there is to_list, media" },
	{ "\"opted-out\"", "\"opted_out\"",
	    "try.json: errors.0.class: word \"opted_out\" is not known; "
	    "\"opted-out\"?" },
	{ "\"status\":[200,201]", "\"status\":[99]",
	    "try.json: send.sms.accept.status.0: not between 100 and 599" },
	{ "\"DELIVRD\":\"delivered\"", "\"DELIVRD\":\"delivrd\"",
	    "try.json: hooks.status.states.DELIVRD: word \"delivrd\" is not "
	    "known; \"delivered\"?" },
	{ "\"from\":\"f\"", "\"frm\":\"f\"",
	    "try.json: hooks.inbound.map: key \"frm\" is not known; "
	    "\"from\"?" },
	{ "\"state\":\"st\",", "",
	    "try.json: hooks.status.map: \"state\" and \"id\" or \"our_id\" "
	    "have to be there" },
	{ "\"each\":\"events\"", "\"each\":7",
	    "try.json: hooks.inbound.each: not text (\"...\")" },
	{ "\"type\":\"text/plain\"", "\"type\":\"a\\r\\nb\"",
	    "try.json: hooks.inbound.reply: a control character in the type" },
	{ "\"every_s\":60", "\"every_s\":1",
	    "try.json: poll.every_s: not between 5 and 86400" },
	{ "\"sum\":\"{to}{key|sha1|cut:4}\"", "\"sum\":\"{twice}\"",
	    "try.json: let.sum: \"{twice}\": there is no such variable" },
	{ "\"default\":\"https://{space}.try.example\"",
	    "\"default\":\"https://{to}.try.example\"",
	    "try.json: vars.base.default: \"{to}\": there is no such "
	    "variable" },
	{ "\"scheme\":\"path-token\"", "\"scheme\":\"path-tokn\"", NULL },
	{ "\"in\":\"nat:1\"", "\"in\":\"national\"",
	    "try.json: numbers.in: not one of e164, digits, 00, "
	    "nat:CALLING-CODE" },
};

static void
what_is_wrong_is_told_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *at = strstr(whole, wrong[i].old);
		struct err err = ERR_INIT;
		struct buf b;

		assert_non_null(at);
		buf_init(&b, 20000);
		buf_add(&b, whole, (size_t)(at - whole));
		buf_addf(&b, "%s%s", wrong[i].new, at + strlen(wrong[i].old));
		if (sms_profile_read("try.json", buf_str(&b), &err))
			fail_msg("taken: %s", wrong[i].new);
		if (wrong[i].why)
			assert_string_equal(err.text, wrong[i].why);
		buf_release(&b);
	}
}

/* ---- requests --------------------------------------------------------- */

static void
assert_str(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg(
		    "got \"" STR_FMT "\", want \"%s\"", STR_ARG(got), want);
}

static struct sms_request
rendered(const struct sms_profile *p, enum sms_send_kind kind,
    struct sms_message_vars *m)
{
	struct sms_request r;
	struct err err = ERR_INIT;

	sms_message_vars_init(m, &line.vars);
	if (sms_request_render(p, kind, &m->vars, &r, &err) < 0)
		fail_msg("%s", err.text);
	return r;
}

static void
a_request_is_made_of_the_profile(void **state)
{
	struct sms_profile *p = read_whole();
	struct sms_message_vars m = message();
	struct sms_request r = rendered(p, SMS_SEND_SMS, &m);

	(void)state;
	assert_string_equal(r.method, "POST");
	assert_str(r.url, "https://try.example/v1/a/eu-1/send");
	assert_str(r.content_type, "application/json");
	assert_str(r.body,
	    "{\"to\":[\"+12125550001\"],\"from\":\"12125550002\","
	    "\"text\":\"H\xc3\xa9 \\\"\\n\",\"n\":2,\"fix\":true,"
	    "\"coding\":0}");
	assert_int_equal(r.nheader, 1);
	assert_str(r.header[0].name, "X-Sum");
	assert_str(r.header[0].value, "+121255500012f0c+121255500012f0c");
	assert_false(r.has_user_host);
	sms_request_release(&r);
	sms_profile_free(&p);
}

static void
forms_and_queries_repeat_and_number_lists(void **state)
{
	struct sms_profile *p = read_whole();
	struct sms_message_vars m = message();
	struct sms_request r = rendered(p, SMS_SEND_MMS, &m);

	(void)state;
	assert_string_equal(r.method, "PUT");
	assert_str(r.url, "https://eu-1.x.example/m?v=1&k=s3%26cret");
	assert_str(r.body,
	    "To=%2B12125550001&Media1=https%3A%2F%2Fm.example%2F1&"
	    "Media2=https%3A%2F%2Fm.example%2F2&Body=H%C3%A9+%22%0A&"
	    "all=%2B12125550001&all=%2B33612345678");
	assert_true(r.has_user_host);
	sms_request_release(&r);
	sms_profile_free(&p);
}

static void
each_item_of_a_list_makes_an_element(void **state)
{
	struct sms_profile *p = read_whole();
	struct sms_message_vars m = message();
	struct sms_request r = rendered(p, SMS_SEND_GROUP, &m);

	(void)state;
	assert_str(r.body,
	    "{\"all\":[{\"n\":\"12125550001\"},{\"n\":\"33612345678\"}],"
	    "\"m\":[[\"https://m.example/1\",\"image/png\"],"
	    "[\"https://m.example/2\",\"text/vcard\"]]}");
	sms_request_release(&r);
	sms_profile_free(&p);
}

static void
nothing_that_ends_a_line_gets_into_a_header(void **state)
{
	struct sms_profile *p = read_whole();
	struct sms_message_vars m = message();
	struct sms_request r;
	struct err err = ERR_INIT;

	(void)state;
	m.to = STR("1\r\nX-Evil: 1");
	sms_message_vars_init(&m, &line.vars);
	assert_int_equal(
	    sms_request_render(p, SMS_SEND_SMS, &m.vars, &r, &err), -1);
	assert_string_equal(err.text,
	    "profile try: a control character would come into the header "
	    "X-Sum");
	sms_profile_free(&p);
}

static void
polling_asks_for_the_list_then_for_each(void **state)
{
	struct sms_profile *p = read_whole();
	struct sms_message_vars m = message();
	struct sms_request r;
	struct err err = ERR_INIT;

	(void)state;
	sms_message_vars_init(&m, &line.vars);
	assert_int_equal(sms_profile_poll_render(
	                     p, SMS_POLL_LIST, STR_EMPTY, &m.vars, &r, &err),
	    0);
	assert_string_equal(r.method, "GET");
	assert_str(r.url, "https://try.example/v1/in?since=5");
	sms_request_release(&r);
	assert_int_equal(sms_profile_poll_render(
	                     p, SMS_POLL_ACK, STR("a/b"), &m.vars, &r, &err),
	    0);
	assert_string_equal(r.method, "DELETE");
	assert_str(r.url, "https://try.example/v1/in/a%2Fb");
	sms_request_release(&r);
	sms_profile_free(&p);
}

/* ---- answers ---------------------------------------------------------- */

static const struct {
	int status;
	const char *body;
	const char *cls, *text, *ids;
	unsigned parts;
	int64_t after_ms;
} answers[] = {
	{ 200, "{\"ok\":\"yes\",\"ids\":[\"a\",\"b\"],\"n\":2}", "accepted",
	    "accepted", "a,b,", 2, 9 },
	{ 201, "{\"ok\":\"yes\",\"ids\":7}", "accepted", "accepted", "7,", 0,
	    9 },
	{ 202, "{\"ok\":\"yes\",\"ids\":7}", "retry",
	    "it may have been sent, or not (the provider answered 202)", "", 0,
	    9 },
	{ 200, "{\"ok\":\"no\"}", "retry",
	    "it may have been sent, or not (the provider answered 200)", "", 0,
	    9 },
	{ 200, "{\"ok\":\"no\",\"code\":7,\"why\":\"sa\\u0000id  STOP\\n\"}",
	    "opted-out", "sa id STOP", "", 0, 9 },
	{ 200, "{\"code\":8,\"why\":\"wait 1500 ms\"}", "throttle",
	    "too many messages in too short a time", "", 0, 1500 },
	{ 400, "{\"code\":9}", "auth",
	    "the provider does not take our credentials", "", 0, 77 },
	{ 400, "", "permanent",
	    "the provider has refused it (the provider answered 400)", "", 0,
	    9 },
	{ 401, "{", "auth",
	    "the provider does not take our credentials (the provider "
	    "answered 401)",
	    "", 0, 9 },
	{ 429, "", "throttle",
	    "too many messages in too short a time (the provider answered "
	    "429)",
	    "", 0, 9 },
	{ 503, "", "retry",
	    "the provider cannot take it now (the provider answered 503)", "",
	    0, 9 },
	{ 500, "", "retry", /* as this profile is idempotent */
	    "it may have been sent, or not (the provider answered 500)", "", 0,
	    9 },
};

static void
an_answer_is_judged_by_the_profile_then_by_its_status(void **state)
{
	struct sms_profile *p = read_whole();

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct sms_answer a = { .status = answers[i].status,
			.body = str_c(answers[i].body),
			.retry_after_ms = 9 };
		struct sms_verdict v;
		struct buf ids;

		buf_init(&ids, 100);
		sms_answer_judge(p, SMS_SEND_SMS, &a, &v);
		for (size_t j = 0; j < v.nid; j++)
			buf_addf(&ids, STR_FMT ",", STR_ARG(v.id[j]));
		assert_string_equal(sms_class_names[v.cls], answers[i].cls);
		assert_str(v.text, answers[i].text);
		assert_string_equal(ids.p, answers[i].ids);
		assert_int_equal(v.parts, answers[i].parts);
		assert_int_equal(v.maybe_sent,
		    str_starts(str_c(answers[i].text), STR("it may have")));
		assert_int_equal(v.after_ms, answers[i].after_ms);
		buf_release(&ids);
		sms_verdict_release(&v);
	}
	sms_profile_free(&p);
}

static void
what_broke_at_the_provider_is_unsure(void **state)
{
	static const struct {
		int status;
		enum sms_class cls;
	} rows[] = {
		{ 500, SMS_CLASS_UNSURE },
		{ 502, SMS_CLASS_UNSURE },
		{ 503, SMS_CLASS_RETRY },
		{ 504, SMS_CLASS_UNSURE },
		{ 200, SMS_CLASS_ACCEPTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sms_answer a = { .status = rows[i].status };
		struct sms_verdict v;

		sms_verdict_make(NULL, NULL, &a, &v);
		assert_int_equal(v.cls, rows[i].cls);
		sms_verdict_release(&v);
	}
}

static void
parts_may_be_as_many_as_there_are_things(void **state)
{
	struct sms_profile *p = read_whole();
	const struct sms_answer a = { .status = 200,
		.body = STR("{\"l\":[{},{},{}]}") };
	struct sms_verdict v;

	(void)state;
	sms_answer_judge(p, SMS_SEND_MMS, &a, &v);
	assert_int_equal(v.cls, SMS_CLASS_ACCEPTED);
	assert_int_equal(v.parts, 3);
	sms_verdict_release(&v);
	sms_profile_free(&p);
}

static void
credentials_can_be_tried_without_sending(void **state)
{
	struct sms_profile *p = read_whole();
	const struct sms_answer good = { .status = 200,
		.body = STR("{\"me\":1}") };
	const struct sms_answer bad = { .status = 401 };
	struct sms_message_vars m = message();
	struct sms_request r;
	struct sms_verdict v;
	struct err err = ERR_INIT;

	(void)state;
	(void)m;
	assert_non_null(sms_profile_auth(p));
	assert_true(sms_profile_has_check(p));
	assert_int_equal(sms_profile_check_render(p, &line.vars, &r, &err), 0);
	assert_string_equal(r.method, "GET");
	assert_str(r.url, "https://try.example/v1/me");
	sms_request_release(&r);
	sms_profile_judge_check(p, &good, &v);
	assert_int_equal(v.cls, SMS_CLASS_ACCEPTED);
	sms_verdict_release(&v);
	sms_profile_judge_check(p, &bad, &v);
	assert_int_equal(v.cls, SMS_CLASS_AUTH);
	sms_verdict_release(&v);
	sms_profile_free(&p);
}

/* ---- events ----------------------------------------------------------- */

static void
tell(const struct sms_event *ev, void *arg)
{
	struct buf *b = arg;

	buf_addf(b, "%s", ev->kind == SMS_INBOUND ? "in" : "status");
	if (ev->from.len)
		buf_addf(b, " from=" STR_FMT, STR_ARG(ev->from));
	if (ev->to.len)
		buf_addf(b, " to=" STR_FMT, STR_ARG(ev->to));
	for (size_t i = 0; i < ev->nid; i++)
		buf_addf(b, " id=" STR_FMT, STR_ARG(ev->id[i]));
	if (ev->our_id.len)
		buf_addf(b, " our=" STR_FMT, STR_ARG(ev->our_id));
	if (ev->kind == SMS_STATUS)
		buf_addf(b, " %s", sms_state_names[ev->state]);
	if (ev->state >= SMS_STATE_FAILED)
		buf_addf(b, " %s", sms_class_names[ev->cls]);
	if (ev->text.len)
		buf_addf(b, " text=" STR_FMT, STR_ARG(ev->text));
	if (ev->time_utc)
		buf_addf(b, " at=%lld", (long long)ev->time_utc);
	if (ev->part)
		buf_addf(b, " part=%u/%u of " STR_FMT, ev->part, ev->nparts,
		    STR_ARG(ev->part_ref));
	for (size_t i = 0; i < ev->ngroup; i++)
		buf_addf(b, " with=" STR_FMT, STR_ARG(ev->group[i]));
	for (size_t i = 0; i < ev->nmedia; i++)
		buf_addf(b, " media=" STR_FMT ";" STR_FMT ";%llu",
		    STR_ARG(ev->media[i].url), STR_ARG(ev->media[i].type),
		    (unsigned long long)ev->media[i].size);
	buf_addf(b, "%s\n", ev->is_binary ? " binary" : "");
}

static void
assert_events(enum sms_event_kind kind, struct str body, const char *want)
{
	const struct sms_doc_source source = { .body = body,
		.query = STR("id=ours-1") };
	struct sms_profile *p = read_whole();
	struct err err = ERR_INIT;
	struct buf got;

	buf_init(&got, 100000);
	if (sms_event_parse(p, kind, &source, tell, &got, &err) < 0)
		buf_addf(&got, "%s", err.text);
	assert_string_equal(got.p, want);
	buf_release(&got);
	sms_profile_free(&p);
}

static void
a_webhook_tells_its_events(void **state)
{
	(void)state;
	assert_events(SMS_INBOUND,
	    STR("{\"events\":[{\"t\":\"mo\",\"f\":\"2125550001\",\"o\":"
	        "\"+12125550002\",\"x\":\"a\\r\\nb\\u0000c\\u0007\",\"i\":5,"
	        "\"w\":\"2026-01-05T10:00:00.250+01:00\"},"
	        "{\"t\":\"other\",\"f\":\"1\"},"
	        "{\"t\":\"mo\",\"f\":\"MyBank\",\"x\":\"\",\"pr\":\"r\","
	        "\"pn\":\"1\",\"pt\":2},"
	        "{\"t\":\"mo\",\"x\":\"from nobody\"},{\"t\":\"mo\"}]}"),
	    "in from=+12125550001 to=+12125550002 id=5 text=a\nbc "
	    "at=1767603600000\n"
	    "in from=MyBank part=1/2 of r\n"
	    "in text=from nobody\n");
	assert_events(SMS_INBOUND,
	    STR("{\"events\":{\"t\":\"mo\",\"f\":\"12345\",\"g\":[\"+1212555"
	        "0001\",\"12125550002\"],\"m\":[{\"u\":\"https://x/a b\"},"
	        "{\"u\":\"https://x/y\",\"c\":\"image/png\",\"s\":77},"
	        "{\"u\":\"javascript:x\"}]}}"),
	    "in from=12345 with=+12125550001 with=+12125550002 "
	    "media=https://x/y;image/png;77\n");
	assert_events(SMS_INBOUND,
	    STR("{\"events\":[{\"t\":\"mo\",\"f\":\"12345\",\"x\":"
	        "\"%00H%00%E9%D8%3D%DE%00\",\"cs\":\"UTF-16BE\"},"
	        "{\"t\":\"mo\",\"f\":\"12345\",\"x\":\"100%25\",\"cs\":"
	        "\"UTF-8\"},"
	        "{\"t\":\"mo\",\"f\":\"12345\",\"x\":\"00\",\"cs\":\"8-BIT\"}]"
	        "}"),
	    "in from=12345 text=H\xc3\xa9\xf0\x9f\x98\x80\n"
	    "in from=12345 text=100%25\n"
	    "in from=12345 text=00 binary\n");
	assert_events(SMS_INBOUND, STR("{}"), "");
	assert_events(SMS_INBOUND, STR("{"),
	    "not JSON: line 1: string or '}' expected near end of file");
}

static void
a_report_tells_state_and_class(void **state)
{
	(void)state;
	assert_events(SMS_STATUS,
	    STR("{\"events\":[{\"t\":\"dlr\",\"i\":\"x\",\"st\":\"delivrd\"},"
	        "{\"t\":\"dlr\",\"st\":\"GONE\",\"e\":12,\"why\":\"no "
	        "such\"},"
	        "{\"t\":\"dlr\",\"st\":\"EXP\",\"e\":1},"
	        "{\"t\":\"dlr\",\"st\":\"NEW WORD\"},{\"t\":\"dlr\"}]}"),
	    "status id=x our=ours-1 delivered\n"
	    "status our=ours-1 failed bad-recipient text=no such\n"
	    "status our=ours-1 expired unreachable\n"
	    "status our=ours-1 unknown\n");
}

static void
what_comes_to_the_other_hook_is_still_read(void **state)
{
	(void)state;
	assert_events(SMS_INBOUND,
	    STR("{\"events\":[{\"t\":\"dlr\",\"i\":\"x\",\"st\":\"DELIVRD\"}]"
	        "}"),
	    "status id=x our=ours-1 delivered\n");
}

static void
take_item(struct str item, void *arg)
{
	buf_addf(arg, STR_FMT ",", STR_ARG(item));
}

static void
a_poll_is_read_item_by_item(void **state)
{
	struct sms_profile *p = read_whole();
	struct err err = ERR_INIT;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(sms_poll_items(sms_profile_poll(p),
	                     STR("[1,\"b\",{},null]"), take_item, &b, &err),
	    2);
	assert_string_equal(b.p, "1,b,");
	buf_clear(&b);
	assert_int_equal(sms_poll_events(sms_profile_poll(p),
	                     STR("{\"s\":\"2125550001\",\"x\":\"hi\"}"),
	                     sms_profile_in(p), tell, &b, &err),
	    1);
	assert_string_equal(b.p, "in from=+12125550001 text=hi\n");
	assert_int_equal(sms_poll_items(sms_profile_poll(p), STR("<html>"),
	                     take_item, &b, &err),
	    -1);
	buf_release(&b);
	sms_profile_free(&p);
}

static void
of_a_long_list_the_newest_are_taken(void **state)
{
	struct sms_profile *p = read_whole();
	struct err err = ERR_INIT;
	struct buf list, got;

	(void)state;
	buf_init(&list, 100000);
	buf_init(&got, 100000);
	buf_addf(&list, "[99");
	for (int i = 3000; i > 100; i--)
		buf_addf(&list, ",%d", i);
	buf_addc(&list, ']');
	assert_int_equal(sms_poll_items(sms_profile_poll(p), buf_str(&list),
	                     take_item, &got, &err),
	    SMS_POLL_ITEMS_MAX);
	assert_true(str_starts(buf_str(&got), STR("2001,2002,")));
	assert_true(str_ends(buf_str(&got), STR(",2999,3000,")));
	buf_release(&list);
	buf_release(&got);
	sms_profile_free(&p);
}

static void
a_webhook_with_too_many_events_is_refused_whole(void **state)
{
	struct sms_profile *p = read_whole();
	struct sms_doc_source source = { .status = 0 };
	struct err err = ERR_INIT;
	struct buf body, got;

	(void)state;
	buf_init(&body, 100000);
	buf_init(&got, 100000);
	buf_add_str(&body, STR("{\"events\":[{\"t\":\"mo\"}"));
	for (int i = 0; i < SMS_DOC_EACH_MAX; i++)
		buf_add_str(&body, STR(",{\"t\":\"mo\"}"));
	buf_add_str(&body, STR("]}"));
	source.body = buf_str(&body);
	assert_int_equal(
	    sms_event_parse(p, SMS_INBOUND, &source, tell, &got, &err), -1);
	assert_string_equal(err.text, "more than 1000 events");
	buf_release(&body);
	buf_release(&got);
	sms_profile_free(&p);
}

static void
times_are_read_as_they_come(void **state)
{
	static const struct {
		const char *text;
		int64_t utc;
	} rows[] = {
		{ "1736072400", 1736072400000 },
		{ "1736072400123", 1736072400123 },
		{ "2025-01-05T10:20:00Z", 1736072400000 },
		{ "2025-01-05 10:20:00", 1736072400000 },
		{ "2025-01-05T11:20:00+01:00", 1736072400000 },
		{ "2025-01-05T11:20:00+0100", 1736072400000 },
		{ "2025-01-05T10:20:00.999Z", 1736072400000 },
		{ "Sun, 05 Jan 2025 10:20:00 +0000", 1736072400000 },
		{ "20250105102000", 1736072400000 },
		{ "20251305102000", 0 },
		{ "yesterday", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t utc = sms_time_read(str_c(rows[i].text));

		if (utc != rows[i].utc)
			fail_msg("%s: %lld", rows[i].text, (long long)utc);
	}
}

static void
what_is_answered_is_in_the_profile(void **state)
{
	struct sms_profile *p = read_whole();
	struct sms_reply r = sms_hook_reply(sms_profile_hook(p, SMS_INBOUND));

	(void)state;
	assert_int_equal(r.status, 202);
	assert_string_equal(r.type, "text/plain");
	assert_string_equal(r.body, "ACK");
	r = sms_hook_reply(sms_profile_hook(p, SMS_STATUS));
	assert_int_equal(r.status, 200);
	assert_string_equal(r.body, "");
	sms_profile_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_in_a_profile_is_read),
		cmocka_unit_test(little_is_needed),
		cmocka_unit_test(a_default_may_be_made_of_other_variables),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(a_request_is_made_of_the_profile),
		cmocka_unit_test(forms_and_queries_repeat_and_number_lists),
		cmocka_unit_test(each_item_of_a_list_makes_an_element),
		cmocka_unit_test(nothing_that_ends_a_line_gets_into_a_header),
		cmocka_unit_test(polling_asks_for_the_list_then_for_each),
		cmocka_unit_test(
		    an_answer_is_judged_by_the_profile_then_by_its_status),
		cmocka_unit_test(what_broke_at_the_provider_is_unsure),
		cmocka_unit_test(parts_may_be_as_many_as_there_are_things),
		cmocka_unit_test(credentials_can_be_tried_without_sending),
		cmocka_unit_test(a_webhook_tells_its_events),
		cmocka_unit_test(a_report_tells_state_and_class),
		cmocka_unit_test(what_comes_to_the_other_hook_is_still_read),
		cmocka_unit_test(a_poll_is_read_item_by_item),
		cmocka_unit_test(of_a_long_list_the_newest_are_taken),
		cmocka_unit_test(
		    a_webhook_with_too_many_events_is_refused_whole),
		cmocka_unit_test(times_are_read_as_they_come),
		cmocka_unit_test(what_is_answered_is_in_the_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
