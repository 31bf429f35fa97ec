#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "hook_ask.h"
#include "known_key.h"
#include "sms/sms_jwt.h"

static const int64_t now_utc = 1700000000LL * 1000;

enum {
	HS256 = 1 << CRYPTO_SHA256,
	HS_ALL = 1 << CRYPTO_SHA256 | 1 << CRYPTO_SHA384 | 1 << CRYPTO_SHA512,
};

#define URL  "https://gw.example.org/sms/main/in?id=1"
#define BODY "{\"text\":\"hi\"}"
/* printf %s BODY | sha256sum, and so on */
#define BODY_SHA                                                               \
	"e7b995efa755c5ff3b84d2188b58cb4ae916a59470eb3761df8a814f11763500"
#define URL_SHA                                                                \
	"6392c5dc94bca8569c56778a5c687e4f82b4f1735720970512974f04c538751e"
#define NOTHING_SHA                                                            \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct sms_once once;
static struct err err;

static char *
token_of(struct str header, struct str claims, enum crypto_digest alg,
    const char *secret)
{
	uint8_t mac[CRYPTO_DIGEST_MAX];
	struct buf b;
	char *made;
	size_t n;

	buf_init(&b, 64 * 1024);
	crypto_base64url(header, &b);
	buf_addc(&b, '.');
	crypto_base64url(claims, &b);
	n = crypto_hmac(alg, str_c(secret), buf_str(&b), mac);
	buf_addc(&b, '.');
	crypto_base64url(str_of((const char *)mac, n), &b);
	assert_false(buf_is_full(&b));
	made = str_dup(buf_str(&b));
	buf_release(&b);
	return made;
}

static char *
hs256(const char *claims)
{
	return token_of(STR("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"),
	    str_c(claims), CRYPTO_SHA256, "signing key");
}

static const struct sms_proof messagebird = {
	.scheme = SMS_SCHEME_JWT_HS,
	.secret = { "signing key", 11 },
	.header = { "MessageBird-Signature-JWT", 25 },
	.issuer = { "MessageBird", 11 },
	.url_claim = { "url_hash", 8 },
	.body_claim = { "payload_hash", 12 },
	.algs = HS_ALL,
	.leeway_s = 1,
	.skew_s = 300,
};

/* Takes the token over. */
static bool
takes(const struct sms_proof *p, char *token, const char *body)
{
	struct buf value;
	struct sms_pair header = { p->header, STR_EMPTY };
	struct sms_hook_ask a = hook_ask("POST", URL, body, NULL);
	int rc;

	buf_init(&value, 64 * 1024);
	buf_add_str(&value, p->prefix);
	buf_add_str(&value, str_c(token));
	header.value = buf_str(&value);
	a.header = &header;
	a.nheader = 1;
	err = ERR_INIT;
	rc = sms_proof_check(p, &a, now_utc, &once, &err);
	assert_int_equal(rc, err.kind == ERR_NONE ? 0 : -1);
	buf_release(&value);
	free(token);
	return rc == 0;
}

/* RFC 7515 A.1 */
#define JOE_HEAD "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
#define JOE_CLAIMS                                                             \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl" \
	"LmNvbS9pc19yb290Ijp0cnVlfQ"
#define JOE_MAC "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

static bool
opens(const char *token, unsigned algs)
{
	static const char key64[] =
	    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_"
	    "T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
	struct buf key, claims, mac;
	int rc;

	buf_init(&key, 64);
	buf_init(&claims, 1024);
	buf_init(&mac, 1024);
	assert_true(crypto_base64url_decode(str_c(key64), &key));
	err = ERR_INIT;
	rc = sms_jwt_open(
	    str_c(token), algs, buf_str(&key), &claims, &mac, &err);
	if (rc == 0)
		assert_true(
		    str_starts(buf_str(&claims), STR("{\"iss\":\"joe\"")));
	buf_release(&key);
	buf_release(&claims);
	buf_release(&mac);
	return rc == 0;
}

static void
a_published_token_is_opened(void **state)
{
	(void)state;
	assert_true(opens(JOE_HEAD "." JOE_CLAIMS "." JOE_MAC, HS256));
	assert_false(
	    opens(JOE_HEAD "." JOE_CLAIMS "." JOE_MAC, 1 << CRYPTO_SHA512));
	assert_false(opens(JOE_HEAD "." JOE_CLAIMS "." JOE_MAC, 0));
}

static void
what_is_not_three_parts_is_no_token(void **state)
{
	static const char *const bad[] = { "", ".", "..", "...", "x", "x.y.z",
		JOE_HEAD, JOE_HEAD "." JOE_CLAIMS, JOE_HEAD "." JOE_CLAIMS ".",
		JOE_HEAD ".." JOE_MAC, "." JOE_CLAIMS "." JOE_MAC,
		JOE_HEAD "." JOE_CLAIMS "." JOE_MAC ".",
		JOE_HEAD "." JOE_CLAIMS "." JOE_MAC "=",
		JOE_HEAD "=." JOE_CLAIMS "." JOE_MAC,
		JOE_HEAD "." JOE_CLAIMS "." JOE_MAC "\n",
		" " JOE_HEAD "." JOE_CLAIMS "." JOE_MAC };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(opens(bad[i], HS256));
		assert_int_equal(err.kind, ERR_AUTH);
	}
}

static void
a_token_that_was_cut_or_changed_is_refused(void **state)
{
	char token[] = JOE_HEAD "." JOE_CLAIMS "." JOE_MAC;
	size_t len = sizeof(token) - 1;

	(void)state;
	for (size_t i = 0; i < len; i++) {
		char was = token[i];

		token[i] = was == 'A' ? 'B' : 'A';
		assert_false(opens(token, HS256));
		token[i] = '\0';
		assert_false(opens(token, HS256));
		token[i] = was;
	}
	assert_true(opens(token, HS256));
}

static void
no_other_algorithm_is_taken(void **state)
{
	static const char *const bad[] = { "{\"alg\":\"none\"}",
		"{\"alg\":\"None\"}", "{\"alg\":\"RS256\"}",
		"{\"alg\":\"hs256\"}", "{\"alg\":\"HS256 \"}",
		"{\"alg\":\"HS1\"}", "{\"alg\":\"\"}", "{\"alg\":null}",
		"{\"alg\":[\"HS256\"]}", "{\"alg\":256}", "{}", "[]",
		"\"HS256\"", "", "{", "null",
		"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}" };
	const char *claims = "{\"iss\":\"MessageBird\",\"exp\":1700000100}";
	struct sms_proof p = messagebird;
	struct buf b;

	(void)state;
	p.url_claim = p.body_claim = STR_EMPTY;
	assert_true(takes(&p, hs256(claims), ""));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *t = token_of(
		    str_c(bad[i]), str_c(claims), CRYPTO_SHA256, "signing key");

		assert_false(takes(&p, t, ""));
	}
	/* `none` as it is meant: without anything behind the last dot. */
	buf_init(&b, 1024);
	crypto_base64url(STR("{\"alg\":\"none\"}"), &b);
	buf_addc(&b, '.');
	crypto_base64url(str_c(claims), &b);
	buf_addc(&b, '.');
	assert_false(takes(&p, str_dup(buf_str(&b)), ""));
	assert_non_null(strstr(err.text, "\"none\""));
	buf_release(&b);
}

/* The MAC is of the algorithm that the header names, and that is allowed. */
static void
each_allowed_algorithm_is_taken(void **state)
{
	static const struct {
		const char *header;
		enum crypto_digest alg;
	} row[] = {
		{ "{\"alg\":\"HS256\"}", CRYPTO_SHA256 },
		{ "{\"alg\":\"HS384\"}", CRYPTO_SHA384 },
		{ "{\"alg\":\"HS512\"}", CRYPTO_SHA512 },
	};
	struct str claims = STR("{\"iss\":\"MessageBird\",\"exp\":1700000100}");
	struct sms_proof p = messagebird;

	(void)state;
	p.url_claim = p.body_claim = STR_EMPTY;
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++) {
			p.algs = HS_ALL;
			assert_int_equal(
			    takes(&p,
			        token_of(str_c(row[i].header), claims,
			            row[k].alg, "signing key"),
			        ""),
			    i == k);
			p.algs = 1U << row[k].alg;
			assert_int_equal(
			    takes(&p,
			        token_of(str_c(row[i].header), claims,
			            row[i].alg, "signing key"),
			        ""),
			    i == k);
		}
}

#define CLAIMS(more) "{\"iss\":\"MessageBird\"," more "}"
#define HASHES       "\"url_hash\":\"" URL_SHA "\",\"payload_hash\":\"" BODY_SHA "\""

static void
claims_cover_url_and_body(void **state)
{
	(void)state;
	assert_true(takes(&messagebird,
	    hs256(CLAIMS("\"exp\":1700000060,\"nbf\":1700000000," HASHES)),
	    BODY));
	assert_true(once.until_utc == now_utc + 61 * 1000);
	assert_false(takes(&messagebird,
	    hs256(CLAIMS("\"exp\":1700000060," HASHES)), BODY " "));
	assert_false(takes(
	    &messagebird, hs256(CLAIMS("\"exp\":1700000060," HASHES)), ""));
	assert_false(takes(&messagebird,
	    hs256(
	        CLAIMS("\"exp\":1700000060,\"payload_hash\":\"" BODY_SHA "\"")),
	    BODY));
	assert_false(takes(&messagebird,
	    hs256(CLAIMS("\"exp\":1700000060,\"url_hash\":\"" BODY_SHA
	                 "\",\"payload_hash\":\"" BODY_SHA "\"")),
	    BODY));
	assert_false(takes(&messagebird,
	    hs256(CLAIMS("\"exp\":1700000060,\"url_hash\":\"" URL_SHA "\"")),
	    BODY));
	assert_true(takes(&messagebird,
	    hs256(CLAIMS("\"exp\":1700000060,\"url_hash\":\"" URL_SHA "\"")),
	    ""));
	assert_true(takes(&messagebird,
	    hs256(CLAIMS("\"exp\":1700000060,\"payload_hash\":\"" NOTHING_SHA
	                 "\",\"url_hash\":\"" URL_SHA "\"")),
	    ""));
	assert_false(takes(&messagebird,
	    hs256(CLAIMS("\"exp\":1700000060,\"payload_hash\":null,"
	                 "\"url_hash\":\"" URL_SHA "\"")),
	    BODY));
	assert_false(takes(&messagebird,
	    hs256("{\"iss\":\"Messagebird\",\"exp\":1700000060," HASHES "}"),
	    BODY));
	assert_false(takes(
	    &messagebird, hs256("{\"exp\":1700000060," HASHES "}"), BODY));
}

static void
a_token_has_its_time(void **state)
{
	static const struct {
		const char *claims;
		bool good;
		const char *why;
	} row[] = {
		{ "\"exp\":1700000001", true, "not over" },
		{ "\"exp\":1700000000", true, "over, within the leeway" },
		{ "\"exp\":1699999999", false, "over" },
		{ "\"exp\":1700000000.5", true, "a fraction" },
		{ "\"exp\":0", false, "long over" },
		{ "\"exp\":-1", false, "no time" },
		{ "\"exp\":\"1700000001\"", false, "text" },
		{ "\"exp\":1e300", false, "beyond any time" },
		{ "\"exp\":null", false, "nothing" },
		{ "\"exp\":1700000060,\"nbf\":1700000001", true, "leeway" },
		{ "\"exp\":1700000060,\"nbf\":1700000002", false, "not yet" },
		{ "\"nbf\":1600000000", false, "good for ever" },
		{ "\"sub\":\"x\"", false, "no time at all" },
		{ "\"iat\":1700000000", true, "just made" },
		{ "\"iat\":1699999700", true, "at the edge" },
		{ "\"iat\":1699999699", false, "too old" },
		{ "\"iat\":1700000300", true, "their clock is fast" },
		{ "\"iat\":1700000301", false, "made in the future" },
		{ "\"iat\":1600000000,\"exp\":1700000060", true, "exp rules" },
	};
	struct sms_proof p = messagebird;
	char claims[256];

	(void)state;
	p.url_claim = p.body_claim = STR_EMPTY;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(claims, sizeof(claims), CLAIMS("%s"), row[i].claims);
		if (takes(&p, hs256(claims), "") != row[i].good)
			fail_msg("%s: %s", row[i].claims, row[i].why);
	}
	/* Nothing is remembered for ever. */
	assert_true(takes(&p, hs256(CLAIMS("\"exp\":99999999999")), ""));
	assert_true(once.until_utc == now_utc + 24 * 60 * 60 * 1000);
}

static void
claims_that_are_not_an_object_are_refused(void **state)
{
	static const char *const bad[] = { "", "[]", "1", "\"exp\"", "{",
		"{\"exp\":1700000060", "{\"exp\":1700000060}x" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(takes(&messagebird, hs256(bad[i]), BODY));
}

static void
a_bearer_token_is_one_too(void **state)
{
	struct sms_proof p = messagebird;

	(void)state;
	p.header = STR("Authorization");
	p.prefix = STR("Bearer ");
	p.issuer = p.url_claim = STR_EMPTY;
	assert_true(takes(&p,
	    hs256("{\"iat\":1700000000,\"payload_hash\":\"" BODY_SHA "\"}"),
	    BODY));
	assert_true(once.until_utc == now_utc + 300 * 1000);
	p.secret = STR("another key");
	assert_false(takes(&p,
	    hs256("{\"iat\":1700000000,\"payload_hash\":\"" BODY_SHA "\"}"),
	    BODY));
}

/* A public key is not a secret: whoever signs with it as one is refused. */
static void
a_public_key_used_as_a_secret_gets_nowhere(void **state)
{
	static const char public_key[] = "-----BEGIN PUBLIC KEY-----\nAAAA\n"
	                                 "-----END PUBLIC KEY-----\n";
	struct sms_proof p = messagebird;
	struct err why = ERR_INIT;

	(void)state;
	p.secret = str_c(public_key);
	p.url_claim = p.body_claim = STR_EMPTY;
	assert_false(takes(&p,
	    token_of(STR("{\"alg\":\"HS256\"}"),
	        STR(CLAIMS("\"exp\":1700000060")), CRYPTO_SHA256, public_key),
	    ""));
	assert_int_equal(sms_proof_try(&p, &why), -1);
	assert_int_equal(why.kind, ERR_BAD_INPUT);
}

static void
a_token_over_the_limit_is_not_looked_at(void **state)
{
	static char claims[SMS_JWT_MAX];

	(void)state;
	memset(claims, ' ', sizeof(claims) - 1);
	claims[0] = '{';
	claims[sizeof(claims) - 2] = '}';
	assert_false(takes(&messagebird, hs256(claims), ""));
	assert_non_null(strstr(err.text, "too long"));
}

/* RFC 7515 A.2: the same key, another header. */
static void
a_token_of_ours_is_signed(void **state)
{
	struct crypto_rsa *k = crypto_rsa_new(str_c(known_rsa_key), NULL);
	struct buf b;

	(void)state;
	assert_non_null(k);
	buf_init(&b, 4096);
	buf_add_str(&b, STR("Bearer "));
	assert_int_equal(sms_jwt_sign(k, STR("{\"iat\":1}"), &b), 0);
	assert_string_equal(b.p,
	    "Bearer "
	    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjF9.NYJIWdrJBH"
	    "ZdtWadSXKTlv0x9YXSMMUPXlSAnV2BHqQFXvk4VpEHxhw7dtHvrA2Ofyr97B"
	    "k73KKZBADIreT13WF2sW_R2a9Y3Kg0WA9Iy39eB6YkIPz46uQBE6Hq9KA5Et"
	    "LQrFFR4Tkqy5p7ftpb6OYe5NlsN1yw31FJeO6bZeBk5nGE8sEHYyanQQQQae"
	    "p7qYU0B0E0xNZEwdN9rijYb3qm6GvwQv47g1k7MhUQBog2KzLrNSCPL0aou1"
	    "NfS1GCGXsPi2hkNuqWnt-br-TsfiaWlnBZclXQHHOR1onQBP8LoVLXVFRHkN"
	    "In6pzWy9uxMOpaqcKs-vvPLEIG9G9J3w");
	buf_release(&b);
	buf_init(&b, 100);
	assert_int_equal(sms_jwt_sign(k, STR("{\"iat\":1}"), &b), -1);
	buf_release(&b);
	crypto_rsa_free(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_token_is_opened),
		cmocka_unit_test(what_is_not_three_parts_is_no_token),
		cmocka_unit_test(a_token_that_was_cut_or_changed_is_refused),
		cmocka_unit_test(no_other_algorithm_is_taken),
		cmocka_unit_test(each_allowed_algorithm_is_taken),
		cmocka_unit_test(claims_cover_url_and_body),
		cmocka_unit_test(a_token_has_its_time),
		cmocka_unit_test(claims_that_are_not_an_object_are_refused),
		cmocka_unit_test(a_bearer_token_is_one_too),
		cmocka_unit_test(a_public_key_used_as_a_secret_gets_nowhere),
		cmocka_unit_test(a_token_over_the_limit_is_not_looked_at),
		cmocka_unit_test(a_token_of_ours_is_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
