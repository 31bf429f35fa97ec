#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "known_key.h"
#include "lib/buf.h"
#include "lib/crypto.h"
#include "sms/sms_auth.h"
#include "sms/sms_template.h"

static const int64_t now_utc = 1700000000LL * 1000;

static const char *const names[] = { "user", "password", "unset", "key", "uuid",
	"to", "colon", "evil", NULL };
static const struct sms_scope scope = { .name = names };

static const struct sms_pair settings[] = {
	{ { "user", 4 }, { "Aladdin", 7 } },
	{ { "password", 8 }, { "open sesame", 11 } },
	{ { "unset", 5 }, { "", 0 } },
	{ { "key", 3 }, { known_rsa_key, sizeof(known_rsa_key) - 1 } },
	{ { "uuid", 4 }, { "u-1", 3 } },
	{ { "to", 2 }, { "+33", 3 } },
	{ { "colon", 5 }, { "a:b", 3 } },
	{ { "evil", 4 }, { "x\r\nY: z", 7 } },
};

static struct err err;
static struct sms_pairs line;
static struct sms_auth_state *state;
static struct sms_request request;

static int
set_up(void **unused)
{
	(void)unused;
	line = sms_pairs_of(
	    settings, sizeof(settings) / sizeof(settings[0]), NULL);
	state = sms_auth_state_new();
	request = (struct sms_request){ .method = "POST",
		.url = STR("https://eu.api.ovh.com/1.0/sms/sms-x/jobs"),
		.body = STR("{\"message\":\"hi\"}") };
	sms_pool_init(&request.pool, 64 * 1024);
	return 0;
}

static int
tear_down(void **unused)
{
	(void)unused;
	sms_request_release(&request);
	sms_auth_state_free(&state);
	assert_null(state);
	sms_auth_state_free(&state);
	return 0;
}

static struct sms_auth *
read_it(const char *json)
{
	struct sms_json_file f;
	struct sms_json root;
	struct sms_auth *a;

	err = ERR_INIT;
	assert_int_equal(sms_json_open(&f, "x.json", str_c(json), &err), 0);
	f.scope = &scope;
	root = sms_json_root(&f);
	a = sms_auth_read(&root, &err);
	sms_json_close(&f);
	assert_int_equal(a != NULL, err.kind == ERR_NONE);
	return a;
}

/* The value of the one header of that name; empty: there is none. */
static struct str
header_of(const struct sms_request *r, const char *name)
{
	struct str found = STR_EMPTY;
	size_t n = 0;

	for (size_t i = 0; i < r->nheader; i++)
		if (str_is(r->header[i].name, name)) {
			found = r->header[i].value;
			n++;
		}
	assert_true(n <= 1);
	return found;
}

static void
assert_header(const char *name, const char *want)
{
	struct str got = header_of(&request, name);

	if (!str_is(got, want))
		fail_msg("%s: " STR_FMT, name, STR_ARG(got));
}

static void
assert_adds(const char *json, const char *name, const char *want)
{
	struct sms_auth *a = read_it(json);

	if (!a)
		fail_msg("%s", err.text);
	assert_int_equal(sms_auth_try(a, &line.vars, &err), 0);
	assert_false(sms_auth_wants_token(a, state, now_utc));
	assert_int_equal(
	    sms_auth_add(a, state, &line.vars, now_utc, &request, &err), 0);
	assert_header(name, want);
	sms_auth_free(&a);
	assert_null(a);
}

static void
nothing_is_added_for_none(void **unused)
{
	(void)unused;
	assert_adds("{\"kind\":\"none\"}", "Authorization", "");
	assert_int_equal(request.nheader, 0);
}

/* RFC 7617 2 */
static void
user_and_password_are_basic(void **unused)
{
	(void)unused;
	assert_adds("{\"kind\":\"basic\",\"user\":\"{user}\",\"password\":"
	            "\"{password}\"}",
	    "Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

static void
a_token_is_a_bearer(void **unused)
{
	(void)unused;
	assert_adds("{\"kind\":\"bearer\",\"token\":\"{user}\"}",
	    "Authorization", "Bearer Aladdin");
}

static void
a_header_may_be_any(void **unused)
{
	(void)unused;
	assert_adds("{\"kind\":\"header\",\"name\":\"X-Key\",\"value\":\"App "
	            "{user}\"}",
	    "X-Key", "App Aladdin");
}

static void
no_setting_becomes_a_second_header(void **unused)
{
	static const char *const bad[] = {
		"{\"kind\":\"header\",\"name\":\"X\",\"value\":\"{evil}\"}",
		"{\"kind\":\"bearer\",\"token\":\"{evil}\"}",
		"{\"kind\":\"header\",\"name\":\"X\\r\\nY\",\"value\":\"a\"}",
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sms_auth *a = read_it(bad[i]);

		assert_non_null(a);
		assert_int_equal(
		    sms_auth_add(a, state, &line.vars, now_utc, &request, &err),
		    -1);
		sms_auth_free(&a);
	}
	assert_int_equal(request.nheader, 0);
}

#define OVH                                                                    \
	"{\"kind\":\"ovh\",\"app_key\":\"AK\",\"app_secret\":\"AS\","          \
	"\"consumer_key\":\"CK\"}"

static void
ovh_signs_the_whole_request(void **unused)
{
	(void)unused;
	assert_adds(OVH, "X-Ovh-Signature",
	    "$1$d60e6e61a19f9157c24d9913bc29a524c75cbe5a");
	assert_header("X-Ovh-Application", "AK");
	assert_header("X-Ovh-Consumer", "CK");
	assert_header("X-Ovh-Timestamp", "1700000000");
}

static void
ovh_signs_by_the_clock_of_the_provider(void **unused)
{
	(void)unused;
	sms_auth_clock(state, now_utc + 61 * 1000, now_utc);
	/* One that is off by years is not believed. */
	sms_auth_clock(state, 0, now_utc);
	sms_auth_clock(state, 2 * now_utc, now_utc);
	assert_adds(OVH, "X-Ovh-Timestamp", "1700000061");
}

#define JWT                                                                    \
	"{\"kind\":\"jwt-rs256\",\"private_key\":\"{key}\",\"ttl_s\":300,"     \
	"\"claims\":{\"application_id\":\"{user}\",\"n\":7}}"

static void
add_again(const struct sms_auth *a, int64_t at)
{
	sms_request_release(&request);
	request = (struct sms_request){ .method = "POST" };
	sms_pool_init(&request.pool, 64 * 1024);
	err = ERR_INIT;
	if (sms_auth_add(a, state, &line.vars, at, &request, &err) < 0)
		fail_msg("%s", err.text);
}

static char *
claims_of_request(void)
{
	struct str token = header_of(&request, "Authorization"), part;
	struct buf claims;
	char *made;

	assert_true(str_starts(token, STR("Bearer ey")));
	str_cut(&token, '.', &part);
	str_cut(&token, '.', &part);
	buf_init(&claims, 4096);
	assert_true(crypto_base64url_decode(part, &claims));
	made = str_dup(buf_str(&claims));
	buf_release(&claims);
	return made;
}

static void
a_token_is_signed_and_used_for_half_its_time(void **unused)
{
	struct sms_auth *a = read_it(JWT);
	char *first, *second;

	(void)unused;
	assert_non_null(a);
	assert_int_equal(sms_auth_try(a, &line.vars, &err), 0);
	add_again(a, now_utc);
	first = claims_of_request();
	assert_string_equal(first,
	    "{\"application_id\":\"Aladdin\",\"n\":7,\"iat\":1700000000,"
	    "\"exp\":1700000300,\"jti\":\"u-1\"}");
	add_again(a, now_utc + 149 * 1000);
	second = claims_of_request();
	assert_string_equal(first, second);
	free(second);
	add_again(a, now_utc + 150 * 1000);
	second = claims_of_request();
	assert_non_null(strstr(second, "\"iat\":1700000150"));
	free(second);
	/* The clock was set back: a token of tomorrow is none. */
	add_again(a, now_utc - 1000);
	second = claims_of_request();
	assert_non_null(strstr(second, "\"iat\":1699999999"));
	free(second);
	free(first);
	sms_auth_free(&a);
}

static void
other_claims_are_another_token(void **unused)
{
	struct sms_auth *a = read_it(JWT);
	struct sms_auth *b = read_it(
	    "{\"kind\":\"jwt-rs256\",\"private_key\":\"{key}\",\"claims\":"
	    "{\"sub\":\"{to}\"}}");
	char *claims;

	(void)unused;
	add_again(a, now_utc);
	add_again(b, now_utc);
	claims = claims_of_request();
	assert_true(str_starts(str_c(claims), STR("{\"sub\":\"+33\",")));
	free(claims);
	sms_auth_free(&a);
	sms_auth_free(&b);
}

#define OAUTH(more)                                                            \
	"{\"kind\":\"oauth2-cc\",\"token_url\":\"https://id.example/token\","  \
	"\"client_id\":\"a b\",\"client_secret\":\"c:d\"" more "}"

static void
a_token_is_fetched_first(void **unused)
{
	struct sms_auth *a = read_it(OAUTH(",\"scope\":\"sms send\""));
	struct sms_request r;

	(void)unused;
	assert_non_null(a);
	assert_int_equal(sms_auth_try(a, &line.vars, &err), 0);
	assert_true(sms_auth_wants_token(a, state, now_utc));
	assert_int_equal(
	    sms_auth_add(a, state, &line.vars, now_utc, &request, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(sms_auth_token_render(a, &line.vars, &r, &err), 0);
	assert_string_equal(r.method, "POST");
	assert_true(str_is(r.url, "https://id.example/token"));
	assert_true(
	    str_is(r.content_type, "application/x-www-form-urlencoded"));
	assert_true(
	    str_is(r.body, "grant_type=client_credentials&scope=sms+send"));
	/* "a+b:c%3Ad" */
	assert_true(
	    str_is(header_of(&r, "Authorization"), "Basic YStiOmMlM0Fk"));
	assert_true(str_is(header_of(&r, "Accept"), "application/json"));
	sms_request_release(&r);
	assert_int_equal(sms_auth_token_answer(state, 200,
	                     STR("{\"access_token\":\"t0k\",\"token_type\":"
	                         "\"bearer\",\"expires_in\":3600}"),
	                     now_utc, &err),
	    0);
	assert_false(sms_auth_wants_token(a, state, now_utc));
	add_again(a, now_utc);
	assert_header("Authorization", "Bearer t0k");
	assert_false(sms_auth_wants_token(a, state, now_utc + 3569 * 1000));
	assert_true(sms_auth_wants_token(a, state, now_utc + 3570 * 1000));
	sms_auth_free(&a);
}

static void
a_client_may_stand_in_the_body(void **unused)
{
	struct sms_auth *a = read_it(OAUTH(",\"client_in\":\"body\""));
	struct sms_request r;

	(void)unused;
	assert_int_equal(sms_auth_token_render(a, &line.vars, &r, &err), 0);
	assert_true(str_is(r.body,
	    "grant_type=client_credentials&client_id=a+b&"
	    "client_secret=c%3Ad"));
	assert_true(str_is(header_of(&r, "Authorization"), ""));
	sms_request_release(&r);
	sms_auth_free(&a);
}

static void
answers_without_a_token_are_told_apart(void **unused)
{
	static const struct {
		int status;
		const char *body;
		enum err_kind kind;
	} row[] = {
		{ 400, "{\"error\":\"invalid_client\"}", ERR_AUTH },
		{ 401, "", ERR_AUTH },
		{ 403, "<html>", ERR_AUTH },
		{ 500, "", ERR_UNREACHABLE },
		{ 503, "{\"error\":7}", ERR_UNREACHABLE },
		{ 302, "", ERR_UNREACHABLE },
		{ 200, "", ERR_PROTOCOL },
		{ 200, "[]", ERR_PROTOCOL },
		{ 200, "{\"access_token\":\"\"}", ERR_PROTOCOL },
		{ 200, "{\"access_token\":[\"x\"]}", ERR_PROTOCOL },
		{ 200, "{\"access_token\":\"a\\u0000b\"}", ERR_PROTOCOL },
	};
	struct sms_auth *a = read_it(OAUTH(""));

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		err = ERR_INIT;
		assert_int_equal(sms_auth_token_answer(state, row[i].status,
		                     str_c(row[i].body), now_utc, &err),
		    -1);
		assert_int_equal(err.kind, row[i].kind);
		assert_true(sms_auth_wants_token(a, state, now_utc));
	}
	sms_auth_free(&a);
}

static void
a_token_lives_as_long_as_it_says(void **unused)
{
	static const struct {
		const char *life;
		int64_t good_s;
	} row[] = {
		{ "3600", 3570 },
		{ "\"3600\"", 3570 },
		{ "60", 30 },
		{ "10", 5 },
		{ "0", 270 },
		{ "-5", 270 },
		{ "null", 270 },
		{ "\"soon\"", 270 },
		{ "1e99", 30 * 24 * 60 * 60 - 30 },
	};
	struct sms_auth *a = read_it(OAUTH(""));
	char body[128];

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(body, sizeof(body),
		    "{\"access_token\":\"t\",\"expires_in\":%s}", row[i].life);
		assert_int_equal(sms_auth_token_answer(
		                     state, 200, str_c(body), now_utc, &err),
		    0);
		assert_false(sms_auth_wants_token(
		    a, state, now_utc + row[i].good_s * 1000 - 1));
		assert_true(sms_auth_wants_token(
		    a, state, now_utc + row[i].good_s * 1000));
	}
	sms_auth_free(&a);
}

static void
a_token_that_is_refused_is_fetched_again_once(void **unused)
{
	struct sms_auth *a = read_it(OAUTH(""));
	struct str body = STR("{\"access_token\":\"t\",\"expires_in\":3600}");

	(void)unused;
	assert_int_equal(
	    sms_auth_token_answer(state, 200, body, now_utc, &err), 0);
	assert_true(sms_auth_token_refused(state, now_utc + 60 * 1000));
	assert_true(sms_auth_wants_token(a, state, now_utc + 60 * 1000));
	assert_int_equal(
	    sms_auth_token_answer(state, 200, body, now_utc + 60 * 1000, &err),
	    0);
	/* The new one is refused, too: the account is at fault. */
	assert_false(sms_auth_token_refused(state, now_utc + 61 * 1000));
	assert_false(sms_auth_token_refused(state, now_utc + 61 * 1000));
	sms_auth_free(&a);
}

static void
mistakes_are_told_with_their_place(void **unused)
{
	static const char *const bad[][2] = {
		{ "[]", "object" },
		{ "{}", "kind" },
		{ "{\"kind\":\"digest\"}", "kind" },
		{ "{\"kind\":\"none\",\"user\":\"x\"}", "user" },
		{ "{\"kind\":\"basic\",\"user\":\"x\"}", "password" },
		{ "{\"kind\":\"basic\",\"user\":\"{usr}\",\"password\":\"\"}",
		    "{user}" },
		{ "{\"kind\":\"bearer\"}", "token" },
		{ "{\"kind\":\"header\",\"value\":\"x\"}", "name" },
		{ "{\"kind\":\"jwt-rs256\"}", "private_key" },
		{ "{\"kind\":\"jwt-rs256\",\"private_key\":\"{key}\","
		  "\"claims\":[]}",
		    "claims" },
		{ "{\"kind\":\"jwt-rs256\",\"private_key\":\"{key}\","
		  "\"claims\":{\"exp\":1}}",
		    "claims.exp" },
		{ "{\"kind\":\"jwt-rs256\",\"private_key\":\"{key}\","
		  "\"ttl_s\":1}",
		    "ttl_s" },
		{ "{\"kind\":\"oauth2-cc\",\"token_url\":\"https://x/\"}",
		    "client_id" },
		{ OAUTH(",\"client_in\":\"url\""), "client_in" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sms_auth *a = read_it(bad[i][0]);

		if (a || !strstr(err.text, bad[i][1]) ||
		    !strstr(err.text, "x.json"))
			fail_msg("%s: %s", bad[i][0], err.text);
	}
}

static void
settings_of_a_line_are_tried(void **unused)
{
	static const char *const bad[] = {
		"{\"kind\":\"basic\",\"user\":\"{colon}\",\"password\":\"x\"}",
		"{\"kind\":\"basic\",\"user\":\"x\",\"password\":\"{unset}\"}",
		"{\"kind\":\"bearer\",\"token\":\"{unset}\"}",
		"{\"kind\":\"jwt-rs256\",\"private_key\":\"{user}\"}",
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sms_auth *a = read_it(bad[i]);

		err = ERR_INIT;
		assert_int_equal(sms_auth_try(a, &line.vars, &err), -1);
		assert_int_equal(err.kind, ERR_BAD_INPUT);
		assert_non_null(strstr(err.text, "auth."));
		sms_auth_free(&a);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_added_for_none),
		TEST(user_and_password_are_basic),
		TEST(a_token_is_a_bearer),
		TEST(a_header_may_be_any),
		TEST(no_setting_becomes_a_second_header),
		TEST(ovh_signs_the_whole_request),
		TEST(ovh_signs_by_the_clock_of_the_provider),
		TEST(a_token_is_signed_and_used_for_half_its_time),
		TEST(other_claims_are_another_token),
		TEST(a_token_is_fetched_first),
		TEST(a_client_may_stand_in_the_body),
		TEST(answers_without_a_token_are_told_apart),
		TEST(a_token_lives_as_long_as_it_says),
		TEST(a_token_that_is_refused_is_fetched_again_once),
		TEST(mistakes_are_told_with_their_place),
		TEST(settings_of_a_line_are_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
