/*
 * RFC 7519	JWT
 * RFC 6749 5	answers of a token end point
 */
#include "sms/sms_bearer.h"

#include <stdlib.h>

#include <jansson.h>

#include "lib/buf.h"
#include "lib/secret.h"
#include "sms/sms_json.h"
#include "sms/sms_jwt.h"

enum {
	NAMED_MAX = 128 * 1024,
	MS_PER_S = 1000,
	/* A token that says nothing about its end: that is allowed. */
	FETCHED_TTL_S = 300,
	FETCHED_TTL_MAX_S = 30 * 24 * 60 * 60,
	/* Left of a token's time when it is too late to use it. */
	EARLY_S = 30,
	/* Refused within that time it is not the token that is at fault. */
	NEW_MS = 30 * 1000,
};

void
sms_bearer_drop(struct sms_bearer *t)
{
	if (t->text)
		secret_wipe(t->text, strlen(t->text));
	free(t->text);
	t->text = NULL;
}

bool
sms_bearer_is_good(const struct sms_bearer *t, int64_t now_utc)
{
	return t->text && now_utc < t->until_utc;
}

static void
keep(struct sms_bearer *t, struct str text, int64_t made_utc, int64_t until_utc)
{
	sms_bearer_drop(t);
	t->text = str_dup(text);
	t->made_utc = made_utc;
	t->until_utc = until_utc;
}

/* ---- signed here ---------------------------------------------------------- */

static void
wipe(struct buf *b)
{
	secret_wipe(b->p, b->len);
	buf_release(b);
}

static void
add_times(json_t *claims, int64_t ttl_s, struct str jti, int64_t now_utc)
{
	int64_t now_s = now_utc / MS_PER_S;
	char random[2 * 16 + 1];

	crypto_random_hex(random, 16);
	(void)json_object_set_new(claims, "iat", json_integer(now_s));
	(void)json_object_set_new(claims, "exp", json_integer(now_s + ttl_s));
	(void)json_object_set_new(claims, "jti",
	    jti.len > 0 ? json_stringn(jti.p, jti.len) : json_string(random));
}

/* Key and claims: a token made of the same is good for another request. */
static void
name_it(struct str private_key, const json_t *claims,
    uint8_t out[CRYPTO_SHA256_BYTES])
{
	char *text = json_dumps(claims, JSON_COMPACT);
	struct buf b;

	buf_init(&b, NAMED_MAX);
	buf_add_str(&b, private_key);
	buf_addc(&b, '\0');
	buf_add_str(&b, str_c(text));
	crypto_sha256(buf_str(&b), out);
	free(text);
	wipe(&b);
}

static int
sign(const struct crypto_rsa *key, const json_t *claims, struct buf *token,
    struct err *err)
{
	char *text = json_dumps(claims, JSON_COMPACT);
	int rc = sms_jwt_sign(key, str_c(text), token);

	free(text);
	return rc == 0 ? 0 : err_set(err, ERR_TOO_BIG, "the token is too long");
}

int
sms_bearer_sign(struct sms_bearer *t, struct str private_key, json_t *claims,
    int64_t ttl_s, struct str jti, int64_t now_utc, struct err *err)
{
	uint8_t of[CRYPTO_SHA256_BYTES];
	struct crypto_rsa *key;
	struct buf token;
	int rc;

	name_it(private_key, claims, of);
	/* A clock that was set back may have made it in the future. */
	if (sms_bearer_is_good(t, now_utc) && now_utc >= t->made_utc &&
	    memcmp(of, t->of, sizeof(of)) == 0)
		return 0;
	key = crypto_rsa_new(private_key, err);
	if (!key)
		return -1;
	add_times(claims, ttl_s, jti, now_utc);
	buf_init(&token, SMS_BEARER_MAX);
	rc = sign(key, claims, &token, err);
	if (rc == 0)
		keep(t, buf_str(&token), now_utc,
		    now_utc + ttl_s * MS_PER_S / 2);
	memcpy(t->of, of, sizeof(of));
	crypto_rsa_free(&key);
	wipe(&token);
	return rc;
}

/* ---- fetched --------------------------------------------------------------- */

static double
life_of(const json_t *answer)
{
	const json_t *v = json_object_get(answer, "expires_in");
	double s = 0;

	if (json_is_number(v))
		s = json_number_value(v);
	else if (json_is_string(v)) /* some write it as a text */
		s = strtod(json_string_value(v), NULL);
	if (!(s > 0))
		s = FETCHED_TTL_S;
	if (s > FETCHED_TTL_MAX_S)
		s = FETCHED_TTL_MAX_S;
	/* One with a short life is used for half of it. */
	return s > 2 * EARLY_S ? s - EARLY_S : s / 2;
}

static int
take(struct sms_bearer *t, const json_t *answer, int64_t now_utc,
    struct err *err)
{
	const json_t *token = json_object_get(answer, "access_token");
	struct str text = json_is_string(token)
	    ? str_of(json_string_value(token), json_string_length(token))
	    : STR_EMPTY;

	if (text.len == 0 || text.len > SMS_BEARER_MAX || str_has(text, '\0'))
		return err_set(err, ERR_PROTOCOL,
		    "the answer to the request for a token has no "
		    "access_token");
	keep(t, text, now_utc, now_utc + (int64_t)(life_of(answer) * MS_PER_S));
	return 0;
}

/* 5.2: what the client did wrong is 400 or 401, and has a word. */
static int
refused(int status, const json_t *answer, struct err *err)
{
	const json_t *word = json_object_get(answer, "error");
	const char *why = json_is_string(word) ? json_string_value(word) : "";
	bool is_ours = status == 400 || status == 401 || status == 403;

	return err_set(err, is_ours ? ERR_AUTH : ERR_UNREACHABLE,
	    "the request for a token was answered with %d%s%.60s", status,
	    *why ? ": " : "", why);
}

int
sms_bearer_take(struct sms_bearer *t, int status, struct str body,
    int64_t now_utc, struct err *err)
{
	json_t *answer = sms_json_parse(body, NULL);
	int rc;

	if (status < 200 || status > 299)
		rc = refused(status, answer, err);
	else
		rc = take(t, answer, now_utc, err);
	json_decref(answer);
	return rc;
}

bool
sms_bearer_refused(struct sms_bearer *t, int64_t now_utc)
{
	bool was_old = t->text && now_utc >= t->made_utc + NEW_MS;

	sms_bearer_drop(t);
	return was_old;
}
