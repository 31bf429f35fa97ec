#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "hook_ask.h"

static const int64_t now_utc = 1700000000LL * 1000;

static struct sms_once once;
static struct err err;

static bool
holds_at(const struct sms_proof *p, const struct sms_hook_ask *a, int64_t at)
{
	int rc;

	err = ERR_INIT;
	rc = sms_proof_check(p, a, at, &once, &err);
	if (rc < 0)
		assert_int_not_equal(err.kind, ERR_NONE);
	else
		assert_int_equal(rc, 0);
	return rc == 0;
}

static bool
holds(const struct sms_proof *p, const struct sms_hook_ask *a)
{
	return holds_at(p, a, now_utc);
}

/*
 * Each byte of the value of the first header is changed in turn, and each
 * beginning of it is tried: none of it may hold.
 */
static void
assert_no_forgery_holds(const struct sms_proof *p, const struct sms_hook_ask *a)
{
	struct sms_hook_ask forged = *a;
	struct sms_pair header[8];
	char value[1024];
	struct str real = a->header[0].value;

	assert_true(a->nheader < 8 && real.len < sizeof(value));
	memcpy(header, a->header, a->nheader * sizeof(header[0]));
	forged.header = header;
	for (size_t i = 0; i < real.len; i++) {
		header[0].value = str_head(real, i);
		assert_false(holds(p, &forged));
		memcpy(value, real.p, real.len);
		value[i] = value[i] == 'A' ? 'B' : 'A';
		header[0].value = str_of(value, real.len);
		/* Hex is the same in both cases. */
		if (!str_eq_nocase(header[0].value, real))
			assert_false(holds(p, &forged));
	}
	/* Twice, whatever the second one is. */
	header[0].value = real;
	header[a->nheader] = header[0];
	forged.nheader = a->nheader + 1;
	assert_false(holds(p, &forged));
	assert_non_null(strstr(err.text, "twice"));
	forged.header = header + 1;
	forged.nheader = a->nheader - 1;
	assert_false(holds(p, &forged));
}

/* Nor with another key, or none. */
static void
assert_proof_and_key_count(
    const struct sms_proof *p, const struct sms_hook_ask *a)
{
	struct sms_proof q = *p;

	assert_no_forgery_holds(p, a);
	q.secret = STR("another");
	assert_false(holds(&q, a));
	q.secret = STR_EMPTY;
	assert_false(holds(&q, a));
}

/* ---- Twilio --------------------------------------------------------------- */

static const struct sms_proof twilio = {
	.scheme = SMS_SCHEME_HMAC,
	.alg = CRYPTO_SHA1,
	.secret = { "12345", 5 },
	.header = { "X-Twilio-Signature", 18 },
	.any_port = true,
	.hash_param = { "bodySHA256", 10 },
	.part = { { SMS_SIGNED_URL, { "", 0 } },
	    { SMS_SIGNED_SORTED_FORM, { "", 0 } } },
	.npart = 2,
};

#define TWILIO_URL "https://gw.example.org/sms/twilio/in"

static const struct sms_pair twilio_form[] = {
	PAIR("MessageSid", "SM00000000000000000000000000000001"),
	PAIR("From", "+15551230001"),
	PAIR("To", "+15550009999"),
	PAIR("Body", "H\xc3\xa9 \xf0\x9f\x98\x80 &=+"),
	PAIR("NumMedia", "0"),
	{ { "", 0 }, { "", 0 } },
};

static struct sms_hook_ask
twilio_ask(void)
{
	static const struct sms_pair header[] = {
		PAIR("x-twilio-signature", "RWW8r9Gn80K2X4iTdrXE1p5/RuE="),
		{ { "", 0 }, { "", 0 } }
	};
	struct sms_hook_ask a =
	    hook_ask("POST", TWILIO_URL, "MessageSid=...", header);

	hook_form(&a, twilio_form);
	return a;
}

static void
twilio_signs_url_and_form(void **state)
{
	struct sms_hook_ask a = twilio_ask();
	struct sms_pair changed[6];

	(void)state;
	assert_true(holds(&twilio, &a));
	assert_true(once.until_utc == 0);
	assert_proof_and_key_count(&twilio, &a);
	/* In whatever order the fields come. */
	memcpy(changed, twilio_form, sizeof(changed));
	changed[0] = twilio_form[4];
	changed[4] = twilio_form[0];
	hook_form(&a, changed);
	assert_true(holds(&twilio, &a));
	/* Twilio counts a pair that stands there twice once. */
	changed[5] = twilio_form[1];
	a.nfield = 6;
	assert_true(holds(&twilio, &a));
	changed[5].value = STR("x");
	assert_false(holds(&twilio, &a));
	a.nfield = 4;
	assert_false(holds(&twilio, &a));
	a = twilio_ask();
	a.url = STR("https://gw.example.org/sms/twilio/other");
	assert_false(holds(&twilio, &a));
}

static void
twilio_may_sign_with_the_port_or_without(void **state)
{
	static const char *const same[] = { TWILIO_URL,
		"https://gw.example.org:443/sms/twilio/in",
		"https://gw.example.org:8443/sms/twilio/in" };
	static const char *const other[] = {
		"https://gw.example.org:/sms/twilio/in?x",
		"http://gw.example.org/sms/twilio/in", "gw.example.org", "://",
		"", "https://[::1/sms/twilio/in"
	};
	struct sms_proof strict = twilio;
	struct sms_hook_ask a = twilio_ask();

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		a.url = str_c(same[i]);
		assert_true(holds(&twilio, &a));
	}
	strict.any_port = false;
	assert_false(holds(&strict, &a));
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		a.url = str_c(other[i]);
		assert_false(holds(&twilio, &a));
	}
}

/* With the port that belongs to the scheme, and inside of brackets. */
static void
the_port_of_an_address_is_found(void **state)
{
	/* HMAC-SHA1("12345", "https://[2001:db8::1]:443/in") */
	const struct sms_pair *header =
	    PAIRS(PAIR("X-Twilio-Signature", "ogTIbp0IIOPYtgNxS7j2Ob9EhTU="));
	struct sms_hook_ask a =
	    hook_ask("POST", "https://[2001:db8::1]/in", "", header);

	(void)state;
	assert_true(holds(&twilio, &a));
	a.url = STR("https://[2001:db8::1]:443/in");
	assert_true(holds(&twilio, &a));
	a.url = STR("https://[2001:db8::2]/in");
	assert_false(holds(&twilio, &a));
}

#define TWILIO_SHA                                                             \
	"015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"

static struct sms_hook_ask
twilio_json_ask(void)
{
	static const struct sms_pair header[] = {
		PAIR("X-Twilio-Signature", "zWQ14aKRh9x7mjjNoTT1yytbxBQ="),
		{ { "", 0 }, { "", 0 } }
	};
	static const struct sms_pair query[] = { PAIR("bodySHA256", TWILIO_SHA),
		{ { "", 0 }, { "", 0 } } };
	struct sms_hook_ask a =
	    hook_ask("POST", "https://gw.example.org/x?bodySHA256=" TWILIO_SHA,
	        "{\"a\":1}", header);

	hook_query(&a, query);
	return a;
}

static void
twilio_signs_json_by_its_hash_in_the_url(void **state)
{
	struct sms_hook_ask a = twilio_json_ask();
	struct sms_pair twice[2];

	(void)state;
	assert_true(holds(&twilio, &a));
	assert_proof_and_key_count(&twilio, &a);
	a.body = STR("{\"a\":2}");
	assert_false(holds(&twilio, &a));
	a.body = STR_EMPTY;
	assert_false(holds(&twilio, &a));
	a = twilio_json_ask();
	twice[0] = twice[1] = a.query[0];
	a.query = twice;
	a.nquery = 2;
	assert_false(holds(&twilio, &a));
}

/* A signature over the URL alone says nothing about a body. */
static void
a_body_that_nothing_signs_is_refused(void **state)
{
	/* HMAC-SHA1("12345", "https://gw.example.org/x") */
	const struct sms_pair *header =
	    PAIRS(PAIR("X-Twilio-Signature", "V2cX9bwf5W5HGuiSC7ma+U17Fkw="));
	struct sms_hook_ask a =
	    hook_ask("POST", "https://gw.example.org/x", "", header);

	(void)state;
	assert_true(holds(&twilio, &a));
	a.body = STR("{\"from\":\"+1\"}");
	assert_false(holds(&twilio, &a));
	assert_non_null(strstr(err.text, "nothing signs it"));
}

/* ---- SignalWire, capcom6, Sinch -------------------------------------------- */

static void
signalwire_signs_url_and_raw_body(void **state)
{
	const struct sms_proof p = {
		.scheme = SMS_SCHEME_HMAC,
		.alg = CRYPTO_SHA1,
		.is_hex = true,
		.secret = STR("PSK"),
		.header = STR("X-SignalWire-Signature"),
		.part = { { SMS_SIGNED_URL, STR_EMPTY },
		    { SMS_SIGNED_BODY, STR_EMPTY } },
		.npart = 2,
	};
	struct sms_hook_ask a =
	    hook_ask("POST", "https://gw.example.org/in", "{\"a\":1}",
	        PAIRS(PAIR("X-SignalWire-Signature",
	            "8329f40b9129c25fcbefc4cf5a47918ff773129c")));

	(void)state;
	assert_true(holds(&p, &a));
	assert_proof_and_key_count(&p, &a);
	a.body = STR("{\"a\":1} ");
	assert_false(holds(&p, &a));
}

#define CAPCOM6_HEADERS                                                        \
	PAIR("X-Signature",                                                    \
	    "26b66b0a73ee9efdccc00488b37a179421486dd936f75aa2da3140da77b0c7d"  \
	    "7"),                                                              \
	    PAIR("X-Timestamp", "1700000000")

static const struct sms_proof capcom6 = {
	.scheme = SMS_SCHEME_HMAC,
	.alg = CRYPTO_SHA256,
	.is_hex = true,
	.secret = { "key", 3 },
	.header = { "X-Signature", 11 },
	.skew_header = { "X-Timestamp", 11 },
	.skew_s = 300,
	.part = { { SMS_SIGNED_BODY, { "", 0 } },
	    { SMS_SIGNED_HEADER, { "X-Timestamp", 11 } } },
	.npart = 2,
};

static void
capcom6_signs_body_and_time(void **state)
{
	struct sms_hook_ask a = hook_ask("POST", "https://gw.example.org/in",
	    "{\"event\":\"sms:received\"}", PAIRS(CAPCOM6_HEADERS));

	(void)state;
	assert_true(holds(&capcom6, &a));
	assert_true(once.until_utc == now_utc + 300 * 1000);
	assert_proof_and_key_count(&capcom6, &a);
	a.body = STR("{\"event\":\"sms:received\"}\n");
	assert_false(holds(&capcom6, &a));
}

static void
a_signature_that_is_too_old_or_too_new_is_refused(void **state)
{
	struct sms_hook_ask a = hook_ask("POST", "https://gw.example.org/in",
	    "{\"event\":\"sms:received\"}", PAIRS(CAPCOM6_HEADERS));
	static const char *const bad[] = { "", "-1", "1700000000x", "1.7e9",
		"99999999999999999999", "1699999699", "0", "9999999999999999" };

	(void)state;
	assert_true(holds_at(&capcom6, &a, now_utc + 300 * 1000));
	assert_true(holds_at(&capcom6, &a, now_utc - 300 * 1000));
	assert_false(holds_at(&capcom6, &a, now_utc + 301 * 1000));
	assert_non_null(strstr(err.text, "301 s ago"));
	assert_false(holds_at(&capcom6, &a, now_utc - 301 * 1000));
	assert_non_null(strstr(err.text, "in the future"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t at_utc;

		assert_int_equal(
		    sms_proof_time(str_c(bad[i]), 300, now_utc, &at_utc, &err),
		    -1);
	}
}

/* Milliseconds are understood, too. */
static void
a_time_may_have_milliseconds(void **state)
{
	int64_t at_utc;

	(void)state;
	assert_int_equal(
	    sms_proof_time(STR("1700000000123"), 300, now_utc, &at_utc, &err),
	    0);
	assert_true(at_utc == now_utc + 123);
}

static void
what_is_remembered_is_the_same_request_only(void **state)
{
	struct sms_hook_ask a = hook_ask("POST", "https://gw.example.org/in",
	    "{\"event\":\"sms:received\"}", PAIRS(CAPCOM6_HEADERS));
	struct sms_once first, other;

	(void)state;
	assert_true(holds(&capcom6, &a));
	first = once;
	assert_true(holds_at(&capcom6, &a, now_utc + 1000));
	assert_memory_equal(first.id, once.id, sizeof(first.id));
	/* One token may stand for several requests: each is its own. */
	sms_proof_once(&a, STR("mac"), 1, &first);
	a.body = STR("{}");
	sms_proof_once(&a, STR("mac"), 1, &other);
	assert_memory_not_equal(first.id, other.id, sizeof(first.id));
	a.url = STR("https://gw.example.org/in?id=2");
	sms_proof_once(&a, STR("mac"), 1, &first);
	assert_memory_not_equal(first.id, other.id, sizeof(first.id));
}

static void
sinch_signs_body_nonce_and_time(void **state)
{
	const struct sms_proof p = {
		.scheme = SMS_SCHEME_HMAC,
		.alg = CRYPTO_SHA256,
		.secret = STR("whsec"),
		.header = STR("x-sinch-webhook-signature"),
		.skew_header = STR("x-sinch-webhook-signature-timestamp"),
		.skew_s = 300,
		.part = { { SMS_SIGNED_BODY, STR_EMPTY },
		    { SMS_SIGNED_LITERAL, STR(".") },
		    { SMS_SIGNED_HEADER,
		        STR("x-sinch-webhook-signature-nonce") },
		    { SMS_SIGNED_LITERAL, STR(".") },
		    { SMS_SIGNED_HEADER,
		        STR("x-sinch-webhook-signature-timestamp") } },
		.npart = 5,
	};
	struct sms_hook_ask a = hook_ask("POST", "https://gw.example.org/in",
	    "{\"type\":\"mo_text\"}",
	    PAIRS(PAIR("X-Sinch-Webhook-Signature",
	              "U/rpE+kOTyX2khJwHcgtXvRq9nDn+avWP39KU751OQA="),
	        PAIR("X-Sinch-Webhook-Signature-Nonce", "nonce1"),
	        PAIR("X-Sinch-Webhook-Signature-Timestamp", "1700000000")));

	(void)state;
	assert_true(holds(&p, &a));
	assert_proof_and_key_count(&p, &a);
	a.nheader = 2;
	assert_false(holds(&p, &a));
}

/* ---- Telnyx ---------------------------------------------------------------- */

static void
telnyx_signs_time_and_body_with_ed25519(void **state)
{
	struct sms_proof p = {
		.scheme = SMS_SCHEME_ED25519,
		.secret = STR("A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="),
		.header = STR("telnyx-signature-ed25519"),
		.skew_header = STR("telnyx-timestamp"),
		.skew_s = 300,
		.part = { { SMS_SIGNED_HEADER, STR("telnyx-timestamp") },
		    { SMS_SIGNED_LITERAL, STR("|") },
		    { SMS_SIGNED_BODY, STR_EMPTY } },
		.npart = 3,
	};
	const struct sms_pair *header =
	    PAIRS(PAIR("Telnyx-Signature-Ed25519",
	              "gFUFz3M0SRRrClGayW/1fBre6GcdCZK0Wql/"
	              "WBsuZauIXN5nVv+ZLvPSJXYWvu0Nykmv6NaTfRperFz/bXvbCQ=="),
	        PAIR("Telnyx-Timestamp", "1700000000"));
	struct sms_hook_ask a = hook_ask(
	    "POST", "https://gw.example.org/in", "{\"data\":{}}", header);

	(void)state;
	assert_int_equal(sms_proof_try(&p, &err), 0);
	assert_true(holds(&p, &a));
	assert_true(once.until_utc == now_utc + 300 * 1000);
	assert_proof_and_key_count(&p, &a);
	assert_false(holds_at(&p, &a, now_utc + 301 * 1000));
	a.body = STR("{\"data\":{ }}");
	assert_false(holds(&p, &a));
	p.secret = STR("A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMb==");
	assert_int_equal(sms_proof_try(&p, &err), -1);
	assert_int_equal(err.kind, ERR_BAD_INPUT);
	p.secret = STR("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc86"
	               "64125531b8");
	assert_int_equal(sms_proof_try(&p, &err), 0);
	a.body = STR("{\"data\":{}}");
	assert_true(holds(&p, &a));
}

/* ---- Vonage ---------------------------------------------------------------- */

#define VONAGE_FIELDS                                                          \
	PAIR("api-key", "abcd1234"), PAIR("msisdn", "15551230001"),            \
	    PAIR("to", "15550009999"), PAIR("messageId", "0A0000000123ABCD1"), \
	    PAIR("text", "a&b=c"), PAIR("timestamp", "1578787200"),            \
	    PAIR("nonce", "n-1")

static const int64_t vonage_utc = 1578787200LL * 1000;

static void
vonage_signs_the_fields(void **state)
{
	static const struct {
		enum crypto_digest alg;
		bool is_plain_hash;
		struct str sig;
	} row[] = {
		{ CRYPTO_SHA256, false,
		    { "874305449979FE60FCC3E8EEF9B96E8C7947C377D34456B4F9E30CFA"
		      "B6F4B71D",
		        64 } },
		{ CRYPTO_MD5, false,
		    { "B075011017C34777146A0DD25B890231", 32 } },
		{ CRYPTO_MD5, true,
		    { "0f999a931e1aaffa5637b9695dfcb991", 32 } },
	};
	struct sms_pair field[] = { VONAGE_FIELDS, PAIR("sig", ""),
		PAIR("extra", "x") };
	struct sms_proof p = {
		.scheme = SMS_SCHEME_VONAGE_SIG,
		.secret = STR("s3cr3t"),
		.skew_s = 300,
	};
	struct sms_hook_ask a =
	    hook_ask("POST", "https://gw.example.org/in", "...", NULL);

	(void)state;
	a.field = field;
	for (size_t i = 0; i < 3; i++) {
		p.alg = row[i].alg;
		p.is_plain_hash = row[i].is_plain_hash;
		field[7].value = row[i].sig;
		a.nfield = 8;
		assert_true(holds_at(&p, &a, vonage_utc));
		assert_true(once.until_utc == vonage_utc + 300 * 1000);
		/* Somewhere else in time, one more field, or one less. */
		assert_false(holds_at(&p, &a, vonage_utc + 301 * 1000));
		a.nfield = 9;
		assert_false(holds_at(&p, &a, vonage_utc));
		a.nfield = 7;
		assert_false(holds_at(&p, &a, vonage_utc));
		a.nfield = 8;
		p.secret = STR("other");
		assert_false(holds_at(&p, &a, vonage_utc));
		p.secret = STR("s3cr3t");
		field[7].value = str_head(row[i].sig, row[i].sig.len - 2);
		assert_false(holds_at(&p, &a, vonage_utc));
		field[7].value = STR("");
		assert_false(holds_at(&p, &a, vonage_utc));
	}
	/* The algorithm is ours to choose, not the sender's. */
	p.alg = CRYPTO_SHA256;
	p.is_plain_hash = false;
	field[7].value = row[1].sig;
	assert_false(holds_at(&p, &a, vonage_utc));
}

static void
vonage_fields_may_be_in_the_query(void **state)
{
	struct sms_pair field[] = { VONAGE_FIELDS,
		PAIR("sig",
		    "874305449979fe60fcc3e8eef9b96e8c7947c377d34456b4f9e30cfab6"
		    "f4b71d"),
		PAIR("to", "15550009999") };
	struct sms_pair ours[] = { PAIR("id", "1-2") };
	struct sms_proof p = {
		.scheme = SMS_SCHEME_VONAGE_SIG,
		.alg = CRYPTO_SHA256,
		.secret = STR("s3cr3t"),
		.skew_s = 300,
	};
	struct sms_hook_ask a =
	    hook_ask("GET", "https://gw.example.org/in?...", "", NULL);

	(void)state;
	a.query = field;
	a.nquery = 8;
	assert_true(holds_at(&p, &a, vonage_utc));
	/* The same field twice, even with the same value. */
	a.nquery = 9;
	assert_false(holds_at(&p, &a, vonage_utc));
	assert_non_null(strstr(err.text, "twice"));
	/* As a body, with an id of ours in the URL. */
	a.field = field;
	a.nfield = 8;
	a.query = ours;
	a.nquery = 1;
	assert_true(holds_at(&p, &a, vonage_utc));
	/* A second signature in the query is none. */
	a.query = &field[7];
	assert_false(holds_at(&p, &a, vonage_utc));
}

/* ---- Plivo ----------------------------------------------------------------- */

static const struct sms_proof plivo = {
	.scheme = SMS_SCHEME_PLIVO_V3,
	.alg = CRYPTO_SHA256,
	.secret = { "tok123", 6 },
};

#define PLIVO_HEADERS(sig)                                                     \
	PAIRS(PAIR("X-Plivo-Signature-V3", sig),                               \
	    PAIR("X-Plivo-Signature-V3-Nonce", "12345"))

static void
plivo_signs_url_form_and_nonce(void **state)
{
	const struct sms_pair *form =
	    PAIRS(PAIR("From", "15551230001"), PAIR("To", "15550009999"),
	        PAIR("Text", "Hi there"), PAIR("MessageUUID", "u-1"));
	struct sms_hook_ask a =
	    hook_ask("POST", "https://gw.example.org/sms/plivo/in", "From=...",
	        PLIVO_HEADERS("b/Q+iAOBThsGF+WRK4d2aIkJacq+6TlqINc4C+IVLnA="));

	(void)state;
	hook_form(&a, form);
	assert_true(holds(&plivo, &a));
	assert_proof_and_key_count(&plivo, &a);
	a.nfield = 3;
	assert_false(holds(&plivo, &a));
	a.nfield = 4;
	a.url = STR("https://gw.example.org/sms/plivo/other");
	assert_false(holds(&plivo, &a));
	a.url = STR("https://gw.example.org/sms/plivo/in");
	/* Several signatures: one of them has to be right. */
	a.header =
	    PLIVO_HEADERS("AAAA, b/Q+iAOBThsGF+WRK4d2aIkJacq+6TlqINc4C+IVLnA=");
	assert_true(holds(&plivo, &a));
	a.header = PLIVO_HEADERS("AAAA,,");
	assert_false(holds(&plivo, &a));
	a.is_form = false;
	assert_false(holds(&plivo, &a));
}

static void
plivo_signs_the_query_in_order(void **state)
{
	const struct sms_pair *form =
	    PAIRS(PAIR("From", "15551230001"), PAIR("Text", "x"));
	const struct sms_pair *query = PAIRS(PAIR("b", "2"), PAIR("a", "1"));
	struct sms_hook_ask a = hook_ask("POST",
	    "https://gw.example.org/sms/plivo/in?b=2&a=1", "From=...",
	    PLIVO_HEADERS("paYoESf/NuVUPaq4yiq+GzI4DK1TnaRBBaP7LDx67TM="));

	(void)state;
	hook_form(&a, form);
	hook_query(&a, query);
	assert_true(holds(&plivo, &a));
	assert_proof_and_key_count(&plivo, &a);
	a.nquery = 1;
	assert_false(holds(&plivo, &a));
}

static void
plivo_signs_what_is_asked_for_by_get(void **state)
{
	/* Made by the vendor's own code. */
	struct sms_hook_ask a = hook_ask("GET",
	    "https://gw.example.org/sms/plivo/in?b=2&a=1&b=%201", "",
	    PLIVO_HEADERS("H1Z8BNtHAmGyE/t4KC3OkRsnjsD2HUjmQBFV5/XMTl0="));

	(void)state;
	hook_query(&a, PAIRS(PAIR("b", "2"), PAIR("a", "1"), PAIR("b", " 1")));
	assert_true(holds(&plivo, &a));
	a = hook_ask("GET", "https://gw.example.org/sms/plivo/in", "",
	    PLIVO_HEADERS("uvDsRv5cs7SZ1zhz4gDjq5n/x+HlGEA5rOQ3KDzZye4="));
	assert_true(holds(&plivo, &a));
	a.body = STR("From=1");
	assert_false(holds(&plivo, &a));
}

/* ---- without a signature ---------------------------------------------------- */

static void
basic_wants_user_and_password(void **state)
{
	const struct sms_proof p = {
		.scheme = SMS_SCHEME_BASIC,
		.user = STR("Aladdin"),
		.secret = STR("open sesame"),
	};
	struct sms_hook_ask a = hook_ask("POST", "https://gw.example.org/in",
	    "",
	    PAIRS(PAIR("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")));
	static const char *const bad[] = { "", "Basic", "Basic ",
		"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ", "Bearer x",
		"Basic QWxhZGRpbg==", "Basic QWxhZGRpbjo=",
		"Basic Om9wZW4gc2VzYW1l", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==" };

	(void)state;
	assert_true(holds(&p, &a));
	assert_true(once.until_utc == 0);
	assert_proof_and_key_count(&p, &a);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sms_pair header = { STR("authorization"),
			str_c(bad[i]) };

		a.header = &header;
		assert_false(holds(&p, &a));
	}
}

static void
a_token_is_compared(void **state)
{
	const struct sms_proof p = {
		.scheme = SMS_SCHEME_BEARER_EQ,
		.header = STR("Authorization"),
		.prefix = STR("Bearer "),
		.secret = STR("t0ken"),
	};
	struct sms_hook_ask a = hook_ask("POST", "https://gw.example.org/in",
	    "", PAIRS(PAIR("Authorization", "bearer t0ken")));

	(void)state;
	assert_true(holds(&p, &a));
	assert_proof_and_key_count(&p, &a);
	a.header = PAIRS(PAIR("Authorization", "Bearer t0ken1"));
	assert_false(holds(&p, &a));
	a.header = PAIRS(PAIR("Authorization", "t0ken"));
	assert_false(holds(&p, &a));
}

static void
a_field_is_compared_and_stands_there_once(void **state)
{
	const struct sms_proof p = {
		.scheme = SMS_SCHEME_PARAM_EQ,
		.param = STR("key"),
		.secret = STR("t0ken"),
	};
	struct sms_hook_ask a =
	    hook_ask("POST", "https://gw.example.org/in?key=t0ken", "", NULL);

	(void)state;
	assert_false(holds(&p, &a));
	hook_query(&a, PAIRS(PAIR("key", "t0ken")));
	assert_true(holds(&p, &a));
	hook_form(&a, PAIRS(PAIR("key", "t0ken")));
	assert_false(holds(&p, &a));
	a.nquery = 0;
	assert_true(holds(&p, &a));
	hook_form(&a, PAIRS(PAIR("key", "t0ke")));
	assert_false(holds(&p, &a));
	hook_form(&a, PAIRS(PAIR("KEY", "t0ken")));
	assert_false(holds(&p, &a));
}

static void
an_address_is_looked_up(void **state)
{
	struct sms_proof p = {
		.scheme = SMS_SCHEME_IP_ALLOW,
		.secret = STR("198.51.100.1, 192.0.2.0/24,2001:db8::/32"),
	};
	struct sms_hook_ask a =
	    hook_ask("POST", "https://gw.example.org/in", "", NULL);

	(void)state;
	assert_int_equal(sms_proof_try(&p, &err), 0);
	assert_true(holds(&p, &a));
	a.peer = STR("2001:db8::7");
	assert_true(holds(&p, &a));
	a.peer = STR("192.0.3.7");
	assert_false(holds(&p, &a));
	a.peer = STR_EMPTY;
	assert_false(holds(&p, &a));
	p.secret = STR("192.0.2.0/24,nonsense");
	assert_int_equal(sms_proof_try(&p, &err), -1);
	p.secret = STR("");
	assert_int_equal(sms_proof_try(&p, &err), -1);
}

static void
the_path_may_be_all(void **state)
{
	const struct sms_proof p = { .scheme = SMS_SCHEME_PATH_TOKEN };
	struct sms_hook_ask a =
	    hook_ask("POST", "https://gw.example.org/in", "x", NULL);

	(void)state;
	assert_true(holds(&p, &a));
	assert_int_equal(sms_proof_try(&p, &err), 0);
}

static void
no_scheme_holds_without_its_secret(void **state)
{
	struct sms_hook_ask a = hook_ask("POST", "https://gw.example.org/in",
	    "", PAIRS(PAIR("Authorization", "Basic Og==")));
	struct sms_proof p = { .header = STR("Authorization") };

	(void)state;
	for (int i = 0; i < SMS_NSCHEME; i++) {
		p.scheme = (enum sms_scheme)i;
		if (p.scheme == SMS_SCHEME_PATH_TOKEN)
			continue;
		assert_false(holds(&p, &a));
		assert_int_equal(err.kind, ERR_INTERNAL);
		assert_int_equal(sms_proof_try(&p, &err), -1);
		assert_non_null(sms_scheme_names[i]);
	}
	assert_null(sms_scheme_names[SMS_NSCHEME]);
}

static void
too_many_fields_are_not_sorted(void **state)
{
	static struct sms_pair many[SMS_PROOF_FIELDS_MAX + 1];
	struct sms_hook_ask a = twilio_ask();

	(void)state;
	for (size_t i = 0; i <= SMS_PROOF_FIELDS_MAX; i++)
		many[i] = (struct sms_pair)PAIR("a", "b");
	a.field = many;
	a.nfield = SMS_PROOF_FIELDS_MAX + 1;
	assert_false(holds(&twilio, &a));
	assert_non_null(strstr(err.text, "fields"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twilio_signs_url_and_form),
		cmocka_unit_test(twilio_may_sign_with_the_port_or_without),
		cmocka_unit_test(the_port_of_an_address_is_found),
		cmocka_unit_test(twilio_signs_json_by_its_hash_in_the_url),
		cmocka_unit_test(a_body_that_nothing_signs_is_refused),
		cmocka_unit_test(signalwire_signs_url_and_raw_body),
		cmocka_unit_test(capcom6_signs_body_and_time),
		cmocka_unit_test(
		    a_signature_that_is_too_old_or_too_new_is_refused),
		cmocka_unit_test(a_time_may_have_milliseconds),
		cmocka_unit_test(what_is_remembered_is_the_same_request_only),
		cmocka_unit_test(sinch_signs_body_nonce_and_time),
		cmocka_unit_test(telnyx_signs_time_and_body_with_ed25519),
		cmocka_unit_test(vonage_signs_the_fields),
		cmocka_unit_test(vonage_fields_may_be_in_the_query),
		cmocka_unit_test(plivo_signs_url_form_and_nonce),
		cmocka_unit_test(plivo_signs_the_query_in_order),
		cmocka_unit_test(plivo_signs_what_is_asked_for_by_get),
		cmocka_unit_test(basic_wants_user_and_password),
		cmocka_unit_test(a_token_is_compared),
		cmocka_unit_test(a_field_is_compared_and_stands_there_once),
		cmocka_unit_test(an_address_is_looked_up),
		cmocka_unit_test(the_path_may_be_all),
		cmocka_unit_test(no_scheme_holds_without_its_secret),
		cmocka_unit_test(too_many_fields_are_not_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
