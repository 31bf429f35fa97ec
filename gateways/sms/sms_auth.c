/*
 * RFC 7617	Basic
 * RFC 6750 2.1	Bearer
 * RFC 6749 4.4	client credentials; 2.3.1: as Basic, form-encoded first
 *
 * ovh: "$1$" and the SHA-1 of secret, consumer, method, URL, body and time,
 * joined by "+".
 */
#include "sms/sms_auth.h"

#include <inttypes.h>
#include <stdlib.h>

#include <jansson.h>

#include "lib/crypto.h"
#include "lib/secret.h"
#include "lib/xalloc.h"
#include "sms/sms_bearer.h"
#include "sms/sms_template.h"

enum {
	CLAIMS_MAX = 20,
	TEXT_MAX = 64 * 1024, /* of what is filled in */
	SIGNED_MAX = 2 * 1024 * 1024,
	MS_PER_S = 1000,
	JWT_TTL_S = 300,
	JWT_TTL_MAX_S = 24 * 60 * 60,
	/* Whose clock is further off has another problem. */
	CLOCK_OFF_MAX_MS = 24 * 60 * 60 * 1000,
};

enum kind {
	KIND_NONE,
	KIND_BASIC,
	KIND_BEARER,
	KIND_HEADER,
	KIND_OVH,
	KIND_JWT_RS256,
	KIND_OAUTH2_CC,
	NKIND
};

static const char *const kind_names[NKIND + 1] = {
	[KIND_NONE] = "none",
	[KIND_BASIC] = "basic",
	[KIND_BEARER] = "bearer",
	[KIND_HEADER] = "header",
	[KIND_OVH] = "ovh",
	[KIND_JWT_RS256] = "jwt-rs256",
	[KIND_OAUTH2_CC] = "oauth2-cc",
};

/* Templates, by what they are for. */
enum slot { SLOT_A, SLOT_B, SLOT_C, SLOT_D, NSLOT };

struct claim {
	char *name;
	struct sms_template *text; /* or */
	int64_t number;
};

struct sms_auth {
	enum kind kind;
	struct sms_template *slot[NSLOT];
	char *header;
	struct claim claim[CLAIMS_MAX];
	size_t nclaim;
	int64_t ttl_s;
	bool client_in_body;
};

struct sms_auth_state {
	struct sms_bearer token;
	int64_t ahead_ms; /* the provider's clock */
};

/* ---- reading ------------------------------------------------------------ */

static const char *const client_words[] = { "header", "body", NULL };

static int
read_claim(struct sms_auth *a, const struct sms_json *member, struct err *err)
{
	struct claim *c;

	if (a->nclaim == CLAIMS_MAX)
		return sms_json_bad(
		    member, err, "more than %d claims", CLAIMS_MAX);
	if (strcmp(member->key, "iat") == 0 ||
	    strcmp(member->key, "exp") == 0 || strcmp(member->key, "jti") == 0)
		return sms_json_bad(
		    member, err, "this claim is added by itself");
	c = &a->claim[a->nclaim++];
	c->name = str_dup(str_c(member->key));
	if (sms_json_kind(member) == SMS_JSON_NUMBER)
		return sms_json_int(
		    member, INT32_MIN, INT64_MAX / 2, &c->number, err);
	return sms_template_read(member, &c->text, err);
}

static int
read_claims(struct sms_auth *a, const struct sms_json *obj, struct err *err)
{
	struct sms_json claims, member;
	void *at = NULL;

	if (!sms_json_get(obj, "claims", &claims))
		return 0;
	if (sms_json_kind(&claims) != SMS_JSON_OBJECT)
		return sms_json_bad(&claims, err, "not an object");
	while (sms_json_next(&claims, &at, &member))
		if (read_claim(a, &member, err) < 0)
			return -1;
	return 0;
}

static int
read_jwt(struct sms_auth *a, const struct sms_json *obj, struct err *err)
{
	a->ttl_s = JWT_TTL_S;
	if (sms_json_get_int(obj, "ttl_s", 10, JWT_TTL_MAX_S, &a->ttl_s, err) <
	    0)
		return -1;
	return read_claims(a, obj, err);
}

static int
read_header(struct sms_auth *a, const struct sms_json *obj, struct err *err)
{
	const char *name;

	if (sms_json_need_text(obj, "name", &name, err) < 0)
		return -1;
	a->header = str_dup(str_c(name));
	return 0;
}

static int
read_oauth(struct sms_auth *a, const struct sms_json *obj, struct err *err)
{
	unsigned where = 0;

	if (sms_json_get_word(obj, "client_in", client_words, &where, err) < 0)
		return -1;
	a->client_in_body = where == 1;
	return 0;
}

/* ---- filling in --------------------------------------------------------- */

struct filled {
	struct sms_pool pool;
	struct str slot[NSLOT];
};

/* 0: to be released. */
static int
fill(const struct sms_auth *a, const struct sms_vars *vars, struct filled *f,
    struct err *err)
{
	sms_pool_init(&f->pool, TEXT_MAX);
	for (int i = 0; i < NSLOT; i++) {
		f->slot[i] = STR_EMPTY;
		if (a->slot[i] &&
		    sms_template_text(
		        a->slot[i], vars, &f->pool, &f->slot[i], err) < 0) {
			sms_pool_release(&f->pool);
			return -1;
		}
	}
	return 0;
}

/* Everything that a kind asks for in its requests. */
struct adding {
	const struct sms_auth *a;
	struct sms_auth_state *s;
	const struct sms_vars *vars;
	const struct str *slot;
	int64_t now_utc;
	struct sms_request *r;
};

static int
wiped(struct buf *b, int rc)
{
	secret_wipe(b->p, b->len);
	buf_release(b);
	return rc;
}

static int
add_bearer(struct sms_request *r, struct str token, struct err *err)
{
	struct buf value;

	buf_init(&value, TEXT_MAX);
	buf_add_str(&value, STR("Bearer "));
	buf_add_str(&value, token);
	return wiped(&value,
	    sms_request_add_header(
	        r, STR("Authorization"), buf_str(&value), err));
}

static int
basic_value(struct str user, struct str password, struct buf *out)
{
	struct buf both;

	buf_init(&both, TEXT_MAX);
	buf_add_str(&both, user);
	buf_addc(&both, ':');
	buf_add_str(&both, password);
	buf_add_str(out, STR("Basic "));
	crypto_base64(buf_str(&both), out);
	return wiped(&both, buf_is_full(out) || buf_is_full(&both) ? -1 : 0);
}

static int
add_basic(struct sms_request *r, struct str user, struct str password,
    struct err *err)
{
	struct buf value;
	int rc;

	buf_init(&value, TEXT_MAX);
	rc = basic_value(user, password, &value) < 0
	    ? err_set(err, ERR_TOO_BIG, "user and password are too long")
	    : sms_request_add_header(
	          r, STR("Authorization"), buf_str(&value), err);
	return wiped(&value, rc);
}

static int
none(const struct adding *x, struct err *err)
{
	(void)x;
	(void)err;
	return 0;
}

static int
basic(const struct adding *x, struct err *err)
{
	return add_basic(x->r, x->slot[SLOT_A], x->slot[SLOT_B], err);
}

static int
bearer(const struct adding *x, struct err *err)
{
	return add_bearer(x->r, x->slot[SLOT_A], err);
}

static int
header(const struct adding *x, struct err *err)
{
	return sms_request_add_header(
	    x->r, str_c(x->a->header), x->slot[SLOT_A], err);
}

/* ---- ovh ----------------------------------------------------------------- */

static void
ovh_signed(const struct adding *x, const char *at, struct buf *out)
{
	const struct str part[] = { x->slot[SLOT_B], x->slot[SLOT_C],
		str_c(x->r->method), x->r->url, x->r->body, str_c(at) };

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (i > 0)
			buf_addc(out, '+');
		buf_add_str(out, part[i]);
	}
}

static int
ovh(const struct adding *x, struct err *err)
{
	uint8_t sha[CRYPTO_SHA1_BYTES];
	struct buf text, signature;
	char at[24];
	int rc;

	snprintf(at, sizeof(at), "%" PRId64,
	    (x->now_utc + x->s->ahead_ms) / MS_PER_S);
	buf_init(&text, SIGNED_MAX);
	buf_init(&signature, 64);
	ovh_signed(x, at, &text);
	crypto_sha1(buf_str(&text), sha);
	buf_add_str(&signature, STR("$1$"));
	crypto_hex(str_of((const char *)sha, sizeof(sha)), &signature);
	rc = buf_is_full(&text)
	    ? err_set(err, ERR_TOO_BIG, "the request is too long to be signed")
	    : 0;
	if (rc == 0 &&
	    (sms_request_add_header(
	         x->r, STR("X-Ovh-Application"), x->slot[SLOT_A], err) < 0 ||
	        sms_request_add_header(
	            x->r, STR("X-Ovh-Consumer"), x->slot[SLOT_C], err) < 0 ||
	        sms_request_add_header(
	            x->r, STR("X-Ovh-Timestamp"), str_c(at), err) < 0 ||
	        sms_request_add_header(x->r, STR("X-Ovh-Signature"),
	            buf_str(&signature), err) < 0))
		rc = -1;
	buf_release(&signature);
	return wiped(&text, rc);
}

void
sms_auth_clock(struct sms_auth_state *s, int64_t theirs_utc, int64_t now_utc)
{
	int64_t off = theirs_utc - now_utc;

	if (off < CLOCK_OFF_MAX_MS && off > -CLOCK_OFF_MAX_MS)
		s->ahead_ms = off;
}

/* ---- jwt-rs256 ------------------------------------------------------------- */

static int
claim_value(const struct adding *x, const struct claim *c,
    struct sms_pool *pool, json_t **out, struct err *err)
{
	struct sms_value v = sms_value_int(c->number);

	if (c->text && sms_template_value(c->text, x->vars, pool, &v, err) < 0)
		return -1;
	if (v.kind == SMS_VALUE_INT)
		*out = json_integer(v.n);
	else if (v.kind == SMS_VALUE_BOOL)
		*out = json_boolean(v.n != 0);
	else if (v.kind == SMS_VALUE_LIST)
		return err_set(
		    err, ERR_BAD_INPUT, "the claim %s is a list", c->name);
	else
		*out = json_stringn(v.text.p ? v.text.p : "", v.text.len);
	if (!*out)
		return err_set(
		    err, ERR_BAD_INPUT, "the claim %s is not UTF-8", c->name);
	return 0;
}

/* All but those that tell the time: tokens differ by no more than these. */
static int
make_claims(const struct adding *x, json_t *obj, struct err *err)
{
	struct sms_pool pool;
	json_t *v = NULL;
	int rc = 0;

	sms_pool_init(&pool, TEXT_MAX);
	for (size_t i = 0; i < x->a->nclaim && rc == 0; i++) {
		rc = claim_value(x, &x->a->claim[i], &pool, &v, err);
		if (rc == 0)
			(void)json_object_set_new(
			    obj, x->a->claim[i].name, v); /* UTF-8 */
	}
	sms_pool_release(&pool);
	return rc;
}

static int
jwt_rs256(const struct adding *x, struct err *err)
{
	struct sms_value uuid = sms_vars_get(x->vars, STR("uuid"));
	json_t *claims = json_object();
	int rc = make_claims(x, claims, err);

	if (rc == 0)
		rc = sms_bearer_sign(&x->s->token, x->slot[SLOT_A], claims,
		    x->a->ttl_s, uuid.text, x->now_utc, err);
	json_decref(claims);
	return rc < 0 ? -1 : add_bearer(x->r, str_c(x->s->token.text), err);
}

/* ---- oauth2-cc ------------------------------------------------------------- */

bool
sms_auth_wants_token(
    const struct sms_auth *a, const struct sms_auth_state *s, int64_t now_utc)
{
	return a->kind == KIND_OAUTH2_CC &&
	    !sms_bearer_is_good(&s->token, now_utc);
}

static int
oauth2_cc(const struct adding *x, struct err *err)
{
	if (!sms_bearer_is_good(&x->s->token, x->now_utc))
		return err_set(
		    err, ERR_BUSY, "there is no token yet to send it with");
	return add_bearer(x->r, str_c(x->s->token.text), err);
}

static void
add_form(struct buf *out, const char *name, struct str value)
{
	if (out->len > 0)
		buf_addc(out, '&');
	buf_addf(out, "%s=", name);
	sms_escape_add(value, SMS_ESCAPE_FORM, out);
}

/* The id and the secret are form-encoded even in the header. */
static int
add_client(const struct filled *f, struct sms_request *r, struct err *err)
{
	struct buf id, secret;
	int rc;

	buf_init(&id, TEXT_MAX);
	buf_init(&secret, TEXT_MAX);
	sms_escape_add(f->slot[SLOT_B], SMS_ESCAPE_FORM, &id);
	sms_escape_add(f->slot[SLOT_C], SMS_ESCAPE_FORM, &secret);
	rc = add_basic(r, buf_str(&id), buf_str(&secret), err);
	buf_release(&id);
	return wiped(&secret, rc);
}

static int
token_request(const struct sms_auth *a, const struct sms_vars *line,
    const struct filled *f, struct sms_request *out, struct err *err)
{
	struct buf url, body;

	buf_init(&url, SMS_REQUEST_URL_MAX);
	if (sms_template_url(
	        a->slot[SLOT_A], line, &url, &out->has_user_host, err) < 0) {
		buf_release(&url);
		return -1;
	}
	buf_init(&body, TEXT_MAX);
	add_form(&body, "grant_type", STR("client_credentials"));
	if (f->slot[SLOT_D].len > 0)
		add_form(&body, "scope", f->slot[SLOT_D]);
	if (a->client_in_body) {
		add_form(&body, "client_id", f->slot[SLOT_B]);
		add_form(&body, "client_secret", f->slot[SLOT_C]);
	}
	out->method = "POST";
	out->url = sms_pool_take(&out->pool, &url);
	out->content_type = STR("application/x-www-form-urlencoded");
	out->body = sms_pool_copy(&out->pool, buf_str(&body));
	(void)wiped(&body, 0);
	return a->client_in_body ? 0 : add_client(f, out, err);
}

int
sms_auth_token_render(const struct sms_auth *a, const struct sms_vars *line,
    struct sms_request *out, struct err *err)
{
	struct filled f;
	int rc;

	*out = (struct sms_request){ 0 };
	if (fill(a, line, &f, err) < 0)
		return -1;
	sms_pool_init(&out->pool, 4 * TEXT_MAX);
	rc = token_request(a, line, &f, out, err);
	if (rc == 0)
		rc = sms_request_add_header(
		    out, STR("Accept"), STR("application/json"), err);
	if (rc == 0 && out->pool.full)
		rc = err_set(err, ERR_TOO_BIG, "the settings are too long");
	if (rc < 0)
		sms_request_release(out);
	sms_pool_release(&f.pool);
	return rc;
}

int
sms_auth_token_answer(struct sms_auth_state *s, int status, struct str body,
    int64_t now_utc, struct err *err)
{
	return sms_bearer_take(&s->token, status, body, now_utc, err);
}

bool
sms_auth_token_refused(struct sms_auth_state *s, int64_t now_utc)
{
	return sms_bearer_refused(&s->token, now_utc);
}

/* ---- kinds ----------------------------------------------------------------- */

enum { KEYS_MAX = 8 };

static const struct kind_info {
	int (*read)(
	    struct sms_auth *a, const struct sms_json *obj, struct err *err);
	int (*add)(const struct adding *x, struct err *err);
	const char *key[KEYS_MAX]; /* all of them */
	const char *slot[NSLOT];   /* those that are templates */
	bool optional[NSLOT];
} kinds[NKIND] = {
	[KIND_NONE] = { NULL, none, { "kind" }, { NULL }, { false } },
	[KIND_BASIC] = { NULL, basic, { "kind", "user", "password" },
	    { "user", "password" }, { false } },
	[KIND_BEARER] = { NULL, bearer, { "kind", "token" }, { "token" },
	    { false } },
	[KIND_HEADER] = { read_header, header, { "kind", "name", "value" },
	    { "value" }, { false } },
	[KIND_OVH] = { NULL, ovh,
	    { "kind", "app_key", "app_secret", "consumer_key" },
	    { "app_key", "app_secret", "consumer_key" }, { false } },
	[KIND_JWT_RS256] = { read_jwt, jwt_rs256,
	    { "kind", "private_key", "ttl_s", "claims" }, { "private_key" },
	    { false } },
	[KIND_OAUTH2_CC] = { read_oauth, oauth2_cc,
	    { "kind", "token_url", "client_id", "client_secret", "scope",
	        "client_in" },
	    { "token_url", "client_id", "client_secret", "scope" },
	    { false, false, false, true } },
};

static int
read_slots(struct sms_auth *a, const struct sms_json *obj, struct err *err)
{
	const struct kind_info *k = &kinds[a->kind];
	struct sms_json member;

	for (int i = 0; i < NSLOT && k->slot[i]; i++) {
		if (!sms_json_get(obj, k->slot[i], &member)) {
			if (k->optional[i])
				continue;
			return sms_json_need(obj, k->slot[i], &member, err);
		}
		if (sms_template_read(&member, &a->slot[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
read_auth(struct sms_auth *a, const struct sms_json *obj, struct err *err)
{
	struct sms_json member;
	unsigned word;

	if (sms_json_kind(obj) != SMS_JSON_OBJECT)
		return sms_json_bad(obj, err, "not an object");
	if (sms_json_need(obj, "kind", &member, err) < 0 ||
	    sms_json_word(&member, kind_names, &word, err) < 0)
		return -1;
	a->kind = (enum kind)word;
	if (sms_json_keys(obj, kinds[word].key, err) < 0 ||
	    read_slots(a, obj, err) < 0)
		return -1;
	return kinds[word].read ? kinds[word].read(a, obj, err) : 0;
}

struct sms_auth *
sms_auth_read(const struct sms_json *obj, struct err *err)
{
	struct sms_auth *a = xcalloc(1, sizeof(*a));

	if (read_auth(a, obj, err) < 0)
		sms_auth_free(&a);
	return a;
}

void
sms_auth_free(struct sms_auth **ap)
{
	struct sms_auth *a = *ap;

	*ap = NULL;
	if (!a)
		return;
	for (int i = 0; i < NSLOT; i++)
		sms_template_free(&a->slot[i]);
	for (size_t i = 0; i < a->nclaim; i++) {
		free(a->claim[i].name);
		sms_template_free(&a->claim[i].text);
	}
	free(a->header);
	free(a);
}

struct sms_auth_state *
sms_auth_state_new(void)
{
	return xcalloc(1, sizeof(struct sms_auth_state));
}

void
sms_auth_state_free(struct sms_auth_state **sp)
{
	struct sms_auth_state *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	sms_bearer_drop(&s->token);
	free(s);
}

/* What is empty would be refused by the provider, with less to go by. */
static int
check_slots(const struct sms_auth *a, const struct str *slot, struct err *err)
{
	const struct kind_info *k = &kinds[a->kind];

	for (int i = 0; i < NSLOT && k->slot[i]; i++)
		if (slot[i].len == 0 && !k->optional[i])
			return err_set(
			    err, ERR_BAD_INPUT, "auth.%s is empty", k->slot[i]);
	if (a->kind == KIND_BASIC && str_has(slot[SLOT_A], ':'))
		return err_set(err, ERR_BAD_INPUT,
		    "auth.user has a \":\", which ends the name of a user");
	return 0;
}

int
sms_auth_try(
    const struct sms_auth *a, const struct sms_vars *line, struct err *err)
{
	struct crypto_rsa *key;
	struct filled f;
	int rc;

	if (fill(a, line, &f, err) < 0)
		return -1;
	rc = check_slots(a, f.slot, err);
	if (rc == 0 && a->kind == KIND_JWT_RS256) {
		key = crypto_rsa_new(f.slot[SLOT_A], err);
		rc = key ? 0 : err_prefix(err, "auth.private_key");
		crypto_rsa_free(&key);
	}
	sms_pool_release(&f.pool);
	return rc;
}

int
sms_auth_add(const struct sms_auth *a, struct sms_auth_state *s,
    const struct sms_vars *vars, int64_t now_utc, struct sms_request *r,
    struct err *err)
{
	struct filled f;
	int rc;

	if (fill(a, vars, &f, err) < 0)
		return -1;
	rc = kinds[a->kind].add(
	    &(struct adding){ a, s, vars, f.slot, now_utc, r }, err);
	if (rc == 0 && r->pool.full)
		rc = err_set(err, ERR_TOO_BIG, "the request is too long");
	sms_pool_release(&f.pool);
	return rc;
}
