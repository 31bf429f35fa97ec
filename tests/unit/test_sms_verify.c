#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "hook_ask.h"
#include "sms/sms_template.h"
#include "sms/sms_verify.h"

static const int64_t now_utc = 1700000000LL * 1000;

static const char *const names[] = { "secret", "user", "unset", "method",
	"allow", "long", NULL };
static const struct sms_scope scope = { .name = names };

static struct sms_pair settings[] = {
	PAIR("secret", "key"),
	PAIR("user", "Aladdin"),
	PAIR("unset", ""),
	PAIR("method", "sha256"),
	PAIR("allow", "192.0.2.0/24"),
};

static struct err err;
static struct sms_once once;

static struct sms_verify *
read_it(const char *json)
{
	struct sms_json_file f;
	struct sms_json root;
	struct sms_verify *v;

	err = ERR_INIT;
	assert_int_equal(sms_json_open(&f, "x.json", str_c(json), &err), 0);
	f.scope = &scope;
	root = sms_json_root(&f);
	v = sms_verify_read(&root, &err);
	/* Nothing of the file is needed any more. */
	sms_json_close(&f);
	assert_int_equal(v != NULL, err.kind == ERR_NONE);
	return v;
}

static struct sms_pairs
a_line(void)
{
	return sms_pairs_of(
	    settings, sizeof(settings) / sizeof(settings[0]), NULL);
}

static enum sms_verified
check(const struct sms_verify *v, const struct sms_hook_ask *a,
    const struct sms_replay *seen)
{
	struct sms_pairs line = a_line();

	err = ERR_INIT;
	return sms_verify_check(v, &line.vars, a, seen, now_utc, &once, &err);
}

static int
try_it(const struct sms_verify *v)
{
	struct sms_pairs line = a_line();

	err = ERR_INIT;
	return sms_verify_try(v, &line.vars, &err);
}

static bool
is_on(const struct sms_verify *v)
{
	struct sms_pairs line = a_line();

	return sms_verify_is_on(v, &line.vars);
}

#define CAPCOM6                                                                \
	"{\"scheme\":\"hmac\",\"alg\":\"sha256\",\"encoding\":\"hex\","        \
	"\"header\":\"X-Signature\",\"message\":[\"body\","                    \
	"\"header:X-Timestamp\"],\"skew_header\":\"X-Timestamp\","             \
	"\"skew_s\":300,\"secret\":\"{secret}\"}"

static struct sms_hook_ask
capcom6_ask(void)
{
	static const struct sms_pair header[] = {
		PAIR("X-Signature",
		    "26b66b0a73ee9efdccc00488b37a179421486dd936f75aa2da3140da7"
		    "7b0c7d7"),
		PAIR("X-Timestamp", "1700000000"),
		{ { "", 0 }, { "", 0 } },
	};

	return hook_ask("POST", "https://gw.example.org/in",
	    "{\"event\":\"sms:received\"}", header);
}

static void
a_scheme_is_read_and_filled_in(void **state)
{
	struct sms_verify *v = read_it(CAPCOM6);
	struct sms_hook_ask a = capcom6_ask();

	(void)state;
	assert_int_equal(try_it(v), 0);
	assert_true(is_on(v));
	assert_int_equal(check(v, &a, NULL), SMS_AUTHENTIC);
	assert_true(once.until_utc == now_utc + 300 * 1000);
	a.body = STR("{}");
	assert_int_equal(check(v, &a, NULL), SMS_FORGED);
	assert_true(once.until_utc == 0);
	assert_int_equal(err.kind, ERR_AUTH);
	sms_verify_free(&v);
	assert_null(v);
	sms_verify_free(&v);
}

/* Not before it was kept: the provider may have to send it again. */
static void
a_replay_is_one_once_it_was_kept(void **state)
{
	struct sms_verify *v = read_it(CAPCOM6);
	struct sms_replay *seen = sms_replay_new(0);
	struct sms_hook_ask a = capcom6_ask();

	(void)state;
	assert_int_equal(check(v, &a, seen), SMS_AUTHENTIC);
	assert_int_equal(check(v, &a, seen), SMS_AUTHENTIC);
	sms_replay_put(seen, &once, now_utc);
	assert_int_equal(check(v, &a, seen), SMS_REPLAYED);
	a.body = STR("{}");
	assert_int_equal(check(v, &a, seen), SMS_FORGED);
	sms_replay_free(&seen);
	sms_verify_free(&v);
}

static void
one_of_several_is_enough(void **state)
{
	struct sms_verify *v =
	    read_it("[{\"scheme\":\"basic\",\"user\":"
	            "\"{user}\",\"secret\":\"x\"}," CAPCOM6 "]");
	struct sms_hook_ask a = capcom6_ask();

	(void)state;
	assert_int_equal(check(v, &a, NULL), SMS_AUTHENTIC);
	assert_true(once.until_utc > 0);
	a.nheader = 0;
	assert_int_equal(check(v, &a, NULL), SMS_FORGED);
	/* The first one is the one to complain. */
	assert_non_null(strstr(err.text, "Authorization"));
	sms_verify_free(&v);
}

static void
what_is_not_set_is_not_asked_for(void **state)
{
	struct sms_verify *v =
	    read_it("{\"scheme\":\"bearer-eq\",\"secret\":\"{unset}\"}");
	struct sms_hook_ask a = capcom6_ask();

	(void)state;
	assert_int_equal(try_it(v), 0);
	assert_false(is_on(v));
	assert_int_equal(check(v, &a, NULL), SMS_AUTHENTIC);
	sms_verify_free(&v);
	/* But the other one is. */
	v = read_it("[{\"scheme\":\"bearer-eq\",\"secret\":\"{unset}\"},"
	            "{\"scheme\":\"bearer-eq\",\"secret\":\"{secret}\"}]");
	assert_true(is_on(v));
	assert_int_equal(check(v, &a, NULL), SMS_FORGED);
	sms_verify_free(&v);
	/* With the path as one of them it is enough. */
	v = read_it("[{\"scheme\":\"bearer-eq\",\"secret\":\"{secret}\"},"
	            "{\"scheme\":\"path-token\"}]");
	assert_false(is_on(v));
	assert_int_equal(check(v, &a, NULL), SMS_AUTHENTIC);
	sms_verify_free(&v);
}

/* As the profiles that come with the program write them. */
static void
every_scheme_can_be_written(void **state)
{
	static const char *const good[] = {
		"{\"scheme\":\"path-token\"}",
		"{\"scheme\":\"hmac\",\"alg\":\"sha1\",\"encoding\":\"base64\","
		"\"header\":\"X-Twilio-Signature\",\"message\":[\"url\","
		"\"sorted-form\"],\"url_port\":\"both\",\"body_sha256_param\":"
		"\"bodySHA256\",\"secret\":\"{secret}\"}",
		"{\"scheme\":\"hmac\",\"header\":\"S\",\"message\":[\"body\","
		"\"'.'\",\"header:N\",\"'.'\",\"header:T\"],\"skew_header\":"
		"\"t\",\"once\":\"n\",\"secret\":\"{secret}\"}",
		"{\"scheme\":\"ed25519\",\"header\":\"S\",\"message\":"
		"[\"header:T\",\"'|'\",\"body\"],\"skew_header\":\"T\","
		"\"skew_s\":300,\"secret\":\"A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHd"
		"yGZBJVMbg=\"}",
		"{\"scheme\":\"jwt-hs\",\"header\":\"J\",\"algs\":[\"HS256\","
		"\"HS384\",\"HS512\"],\"issuer\":\"M\",\"body_claim\":\"p\","
		"\"url_claim\":\"u\",\"leeway_s\":1,\"secret\":\"{secret}\"}",
		"{\"scheme\":\"vonage-sig\",\"method\":\"{method}\",\"secret\":"
		"\"{secret}\"}",
		"{\"scheme\":\"plivo-v3\",\"secret\":\"{secret}\"}",
		"{\"scheme\":\"basic\",\"user\":\"{user}\",\"secret\":"
		"\"{secret}\"}",
		"{\"scheme\":\"bearer-eq\",\"header\":\"X-Key\",\"secret\":"
		"\"{secret}\"}",
		"{\"scheme\":\"param-eq\",\"param\":\"k\",\"secret\":"
		"\"{secret}\"}",
		"{\"scheme\":\"ip-allow\",\"allow\":\"{allow}\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct sms_verify *v = read_it(good[i]);

		if (!v)
			fail_msg("%s: %s", good[i], err.text);
		assert_int_equal(try_it(v), 0);
		sms_verify_free(&v);
	}
}

/* What the profile says reaches the scheme. */
static void
schemes_are_asked_as_written(void **state)
{
	static const struct {
		const char *json;
		struct sms_pair header[2];
		enum sms_verified want;
	} row[] = {
		{ "{\"scheme\":\"basic\",\"user\":\"{user}\",\"secret\":\"open "
		  "sesame\"}",
		    { PAIR("Authorization",
		          "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
		        PAIR("a", "b") },
		    SMS_AUTHENTIC },
		{ "{\"scheme\":\"bearer-eq\",\"secret\":\"{secret}\"}",
		    { PAIR("Authorization", "Bearer key"), PAIR("a", "b") },
		    SMS_AUTHENTIC },
		{ "{\"scheme\":\"bearer-eq\",\"secret\":\"{secret}\"}",
		    { PAIR("Authorization", "key"), PAIR("a", "b") },
		    SMS_FORGED },
		{ "{\"scheme\":\"bearer-eq\",\"header\":\"X-Key\",\"secret\":"
		  "\"{secret}\"}",
		    { PAIR("x-key", "key"), PAIR("a", "b") }, SMS_AUTHENTIC },
		{ "{\"scheme\":\"ip-allow\",\"allow\":\"{allow}\"}",
		    { PAIR("a", "b"), PAIR("a", "b") }, SMS_AUTHENTIC },
		{ "{\"scheme\":\"ip-allow\",\"allow\":\"192.0.3.0/24\"}",
		    { PAIR("a", "b"), PAIR("a", "b") }, SMS_FORGED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sms_verify *v = read_it(row[i].json);
		struct sms_hook_ask a =
		    hook_ask("POST", "https://gw.example.org/in", "", NULL);

		a.header = row[i].header;
		a.nheader = 2;
		assert_int_equal(check(v, &a, NULL), row[i].want);
		sms_verify_free(&v);
	}
}

static void
mistakes_are_told_with_their_place(void **state)
{
	static const char *const bad[][2] = {
		{ "[]", "1 to 8" },
		{ "{}", "scheme" },
		{ "{\"scheme\":\"hamc\"}", "scheme" },
		{ "{\"scheme\":\"path-token\",\"secret\":\"x\"}", "secret" },
		{ "[{\"scheme\":\"path-token\"},1]", "object" },
		{ "{\"scheme\":\"plivo-v3\"}", "secret" },
		{ "{\"scheme\":\"plivo-v3\",\"secret\":\"{scret}\"}",
		    "{secret}" },
		{ "{\"scheme\":\"basic\",\"secret\":\"{secret}\"}", "user" },
		{ "{\"scheme\":\"param-eq\",\"secret\":\"{secret}\"}",
		    "param" },
		{ "{\"scheme\":\"ip-allow\"}", "allow" },
		{ "{\"scheme\":\"bearer-eq\",\"header\":\"\",\"secret\":\"x\"}",
		    "header" },
		{ "{\"scheme\":\"jwt-hs\",\"secret\":\"x\"}", "algs" },
		{ "{\"scheme\":\"jwt-hs\",\"secret\":\"x\",\"algs\":[]}",
		    "algs" },
		{ "{\"scheme\":\"jwt-hs\",\"secret\":\"x\",\"algs\":[\"none\"]"
		  "}",
		    "algs" },
		{ "{\"scheme\":\"jwt-hs\",\"secret\":\"x\",\"algs\":[\"RS256\"]"
		  "}",
		    "algs" },
		{ "{\"scheme\":\"jwt-hs\",\"secret\":\"x\",\"algs\":[\"HS256\"]"
		  ",\"leeway_s\":301}",
		    "leeway_s" },
		{ "{\"scheme\":\"hmac\",\"secret\":\"x\",\"header\":\"S\"}",
		    "message" },
		{ "{\"scheme\":\"hmac\",\"secret\":\"x\",\"message\":[\"body\"]"
		  "}",
		    "header" },
		{ "{\"scheme\":\"hmac\",\"secret\":\"x\",\"header\":\"S\","
		  "\"message\":[\"url\"]}",
		    "body" },
		{ "{\"scheme\":\"hmac\",\"secret\":\"x\",\"header\":\"S\","
		  "\"message\":[\"body\",\"'\"]}",
		    "message.1" },
		{ "{\"scheme\":\"hmac\",\"secret\":\"x\",\"header\":\"S\","
		  "\"message\":[\"body\",\"header:\"]}",
		    "message.1" },
		{ "{\"scheme\":\"hmac\",\"secret\":\"x\",\"header\":\"S\","
		  "\"message\":\"body\"}",
		    "message" },
		{ "{\"scheme\":\"hmac\",\"secret\":\"x\",\"header\":\"S\","
		  "\"message\":[\"body\"],\"alg\":\"sha3\"}",
		    "alg" },
		{ "{\"scheme\":\"hmac\",\"secret\":\"x\",\"header\":\"S\","
		  "\"message\":[\"body\"],\"skew_header\":\"T\"}",
		    "skew_header" },
		{ "{\"scheme\":\"hmac\",\"secret\":\"x\",\"header\":\"S\","
		  "\"message\":[\"body\"],\"once\":\"N\"}",
		    "once" },
		{ "{\"scheme\":\"hmac\",\"secret\":\"x\",\"header\":\"S\","
		  "\"message\":[\"body\",\"header:T\"],\"skew_header\":\"T\","
		  "\"skew_s\":90000}",
		    "skew_s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sms_verify *v = read_it(bad[i][0]);

		if (v || !strstr(err.text, bad[i][1]) ||
		    !strstr(err.text, "x.json"))
			fail_msg("%s: %s", bad[i][0], err.text);
	}
}

static void
settings_of_a_line_are_tried(void **state)
{
	static const char *const bad[] = {
		"{\"scheme\":\"ed25519\",\"header\":\"S\",\"message\":"
		"[\"body\"],\"secret\":\"{secret}\"}",
		"{\"scheme\":\"ip-allow\",\"allow\":\"{secret}\"}",
		"{\"scheme\":\"vonage-sig\",\"method\":\"{user}\",\"secret\":"
		"\"{secret}\"}",
		"{\"scheme\":\"plivo-v3\",\"secret\":\"-----BEGIN PUBLIC "
		"KEY-----\"}",
	};
	struct sms_hook_ask a = capcom6_ask();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sms_verify *v = read_it(bad[i]);

		assert_int_equal(try_it(v), -1);
		assert_int_equal(err.kind, ERR_BAD_INPUT);
		/* And what cannot be used lets nobody in. */
		assert_true(is_on(v));
		assert_int_equal(check(v, &a, NULL), SMS_FORGED);
		sms_verify_free(&v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scheme_is_read_and_filled_in),
		cmocka_unit_test(a_replay_is_one_once_it_was_kept),
		cmocka_unit_test(one_of_several_is_enough),
		cmocka_unit_test(what_is_not_set_is_not_asked_for),
		cmocka_unit_test(every_scheme_can_be_written),
		cmocka_unit_test(schemes_are_asked_as_written),
		cmocka_unit_test(mistakes_are_told_with_their_place),
		cmocka_unit_test(settings_of_a_line_are_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
