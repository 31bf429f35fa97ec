/*
 * Schemes as a profile writes them, filled in for a line.
 */
#include "sms/sms_verify.h"

#include <stdlib.h>

#include "lib/xalloc.h"
#include "sms/sms_pool.h"
#include "sms/sms_template.h"

enum {
	TEXTS_MAX = 64 * 1024,  /* of the profile, copied */
	FILLED_MAX = 64 * 1024, /* of one line, while it is asked */
	LEEWAY_MAX_S = 300,
	JWT_LEEWAY_S = 1,
};

/* One scheme: all but the templates is filled in once and for all. */
struct rule {
	struct sms_proof like;
	struct sms_template *secret, *user, *method;
};

struct sms_verify {
	struct rule rule[SMS_VERIFY_SCHEMES_MAX];
	size_t n;
	struct sms_pool pool; /* texts of the rules */
};

/* ---- words ------------------------------------------------------------- */

static const char *const alg_names[] = { "md5", "sha1", "sha256", "sha384",
	"sha512", NULL };
static const enum crypto_digest algs[] = { CRYPTO_MD5, CRYPTO_SHA1,
	CRYPTO_SHA256, CRYPTO_SHA384, CRYPTO_SHA512 };

static const char *const jwt_alg_names[] = { "HS256", "HS384", "HS512", NULL };
static const enum crypto_digest jwt_algs[] = { CRYPTO_SHA256, CRYPTO_SHA384,
	CRYPTO_SHA512 };

static const char *const encoding_names[] = { "base64", "hex", NULL };
static const char *const port_names[] = { "as-is", "both", NULL };

static const struct {
	const char *name;
	enum sms_signed_kind kind;
} part_words[] = {
	{ "method", SMS_SIGNED_METHOD },
	{ "url", SMS_SIGNED_URL },
	{ "body", SMS_SIGNED_BODY },
	{ "body-sha256", SMS_SIGNED_BODY_SHA256 },
	{ "body-sha256-hex", SMS_SIGNED_BODY_SHA256_HEX },
	{ "sorted-form", SMS_SIGNED_SORTED_FORM },
};

/* ---- reading ------------------------------------------------------------ */

/* Where there is none *out stays as it is. */
static int
get_text(struct sms_verify *v, const struct sms_json *obj, const char *key,
    struct str *out, struct err *err)
{
	const char *text = NULL;

	if (sms_json_get_text(obj, key, &text, err) < 0)
		return -1;
	if (text)
		*out = sms_pool_copy(&v->pool, str_c(text));
	return 0;
}

static int
need_text(struct sms_verify *v, const struct sms_json *obj, const char *key,
    struct str *out, struct err *err)
{
	const char *text;

	if (sms_json_need_text(obj, key, &text, err) < 0)
		return -1;
	*out = sms_pool_copy(&v->pool, str_c(text));
	return 0;
}

static int
need_template(const struct sms_json *obj, const char *key,
    struct sms_template **out, struct err *err)
{
	struct sms_json member;

	if (sms_json_need(obj, key, &member, err) < 0)
		return -1;
	return sms_template_read(&member, out, err);
}

static int
get_seconds(const struct sms_json *obj, const char *key, int64_t max,
    int64_t def, int64_t *out, struct err *err)
{
	*out = def;
	return sms_json_get_int(obj, key, 0, max, out, err);
}

/* Where the proof stands; without a header: as a bearer token. */
static int
read_header(struct sms_verify *v, const struct sms_json *obj,
    struct sms_proof *p, struct err *err)
{
	struct sms_json member;
	bool given = sms_json_get(obj, "header", &member);

	p->header = STR("Authorization");
	p->prefix = given ? STR_EMPTY : STR("Bearer ");
	if (get_text(v, obj, "header", &p->header, err) < 0 ||
	    get_text(v, obj, "prefix", &p->prefix, err) < 0)
		return -1;
	if (p->header.len == 0)
		return sms_json_bad(&member, err, "no name of a header");
	return 0;
}

static int
read_part(struct sms_verify *v, const struct sms_json *at,
    struct sms_signed_part *part, struct err *err)
{
	const char *word;
	struct str s;

	if (sms_json_text(at, &word, err) < 0)
		return -1;
	s = sms_pool_copy(&v->pool, str_c(word));
	if (str_starts(s, STR("header:")) && s.len > 7) {
		*part = (struct sms_signed_part){ SMS_SIGNED_HEADER,
			str_skip(s, 7) };
		return 0;
	}
	if (s.len >= 2 && s.p[0] == '\'' && s.p[s.len - 1] == '\'') {
		*part = (struct sms_signed_part){ SMS_SIGNED_LITERAL,
			str_of(s.p + 1, s.len - 2) };
		return 0;
	}
	for (size_t i = 0; i < sizeof(part_words) / sizeof(part_words[0]); i++)
		if (str_is(s, part_words[i].name)) {
			*part = (struct sms_signed_part){ part_words[i].kind,
				STR_EMPTY };
			return 0;
		}
	return sms_json_bad(at, err,
	    "not one of url, method, body, body-sha256, body-sha256-hex, "
	    "sorted-form, \"header:NAME\", \"'literal'\"");
}

static bool
covers_header(const struct sms_proof *p, struct str name)
{
	for (size_t i = 0; i < p->npart; i++)
		if (p->part[i].kind == SMS_SIGNED_HEADER &&
		    str_eq_nocase(p->part[i].text, name))
			return true;
	return false;
}

static bool
covers_body(const struct sms_proof *p)
{
	for (size_t i = 0; i < p->npart; i++)
		if (p->part[i].kind >= SMS_SIGNED_BODY)
			return true;
	return false;
}

static int
read_message(struct sms_verify *v, const struct sms_json *obj,
    struct sms_proof *p, struct err *err)
{
	struct sms_json list, at;

	if (sms_json_need(obj, "message", &list, err) < 0)
		return -1;
	if (sms_json_count(&list) > SMS_PROOF_PARTS_MAX)
		return sms_json_bad(
		    &list, err, "more than %d parts", SMS_PROOF_PARTS_MAX);
	while (sms_json_at(&list, p->npart, &at))
		if (read_part(v, &at, &p->part[p->npart++], err) < 0)
			return -1;
	if (!covers_body(p))
		return sms_json_bad(&list, err,
		    "it must be a list that has the body, or its hash, in it");
	return 0;
}

/* A time or a nonce that nothing signs could be changed by anybody. */
static int
read_freshness(struct sms_verify *v, const struct sms_json *obj,
    struct sms_proof *p, struct err *err)
{
	struct str once = STR_EMPTY;

	if (get_text(v, obj, "skew_header", &p->skew_header, err) < 0 ||
	    get_text(v, obj, "once", &once, err) < 0 ||
	    get_seconds(obj, "skew_s", SMS_PROOF_SKEW_MAX_S, SMS_PROOF_SKEW_S,
	        &p->skew_s, err) < 0)
		return -1;
	if (p->skew_header.len > 0 && !covers_header(p, p->skew_header))
		return sms_json_bad(obj, err,
		    "skew_header is not in the message that is signed");
	if (once.len > 0 && !covers_header(p, once))
		return sms_json_bad(
		    obj, err, "once is not in the message that is signed");
	p->once = once.len > 0;
	return 0;
}

static int
read_signed(struct sms_verify *v, const struct sms_json *obj, struct rule *r,
    struct err *err)
{
	struct sms_proof *p = &r->like;
	unsigned alg = 2, encoding = 0, port = 0;

	if (need_template(obj, "secret", &r->secret, err) < 0 ||
	    need_text(v, obj, "header", &p->header, err) < 0 ||
	    get_text(v, obj, "prefix", &p->prefix, err) < 0 ||
	    get_text(v, obj, "body_sha256_param", &p->hash_param, err) < 0 ||
	    sms_json_get_word(obj, "alg", alg_names, &alg, err) < 0 ||
	    sms_json_get_word(obj, "encoding", encoding_names, &encoding, err) <
	        0 ||
	    sms_json_get_word(obj, "url_port", port_names, &port, err) < 0 ||
	    read_message(v, obj, p, err) < 0 ||
	    read_freshness(v, obj, p, err) < 0)
		return -1;
	p->alg = algs[alg];
	p->is_hex = encoding == 1;
	p->any_port = port == 1;
	return 0;
}

static int
read_algs(const struct sms_json *obj, unsigned *out, struct err *err)
{
	struct sms_json list, at;
	unsigned word;
	size_t i;

	if (sms_json_need(obj, "algs", &list, err) < 0)
		return -1;
	for (i = 0; sms_json_at(&list, i, &at); i++) {
		if (sms_json_word(&at, jwt_alg_names, &word, err) < 0)
			return -1;
		*out |= 1U << jwt_algs[word];
	}
	if (i == 0)
		return sms_json_bad(
		    &list, err, "it must be a list of HS256, HS384, HS512");
	return 0;
}

static int
read_jwt(struct sms_verify *v, const struct sms_json *obj, struct rule *r,
    struct err *err)
{
	struct sms_proof *p = &r->like;

	if (need_template(obj, "secret", &r->secret, err) < 0 ||
	    read_header(v, obj, p, err) < 0 ||
	    read_algs(obj, &p->algs, err) < 0 ||
	    get_text(v, obj, "issuer", &p->issuer, err) < 0 ||
	    get_text(v, obj, "body_claim", &p->body_claim, err) < 0 ||
	    get_text(v, obj, "url_claim", &p->url_claim, err) < 0 ||
	    get_seconds(obj, "leeway_s", LEEWAY_MAX_S, JWT_LEEWAY_S,
	        &p->leeway_s, err) < 0)
		return -1;
	return get_seconds(obj, "skew_s", SMS_PROOF_SKEW_MAX_S,
	    SMS_PROOF_SKEW_S, &p->skew_s, err);
}

static int
read_vonage(struct sms_verify *v, const struct sms_json *obj, struct rule *r,
    struct err *err)
{
	(void)v;
	if (need_template(obj, "secret", &r->secret, err) < 0 ||
	    need_template(obj, "method", &r->method, err) < 0)
		return -1;
	return get_seconds(obj, "skew_s", SMS_PROOF_SKEW_MAX_S,
	    SMS_PROOF_SKEW_S, &r->like.skew_s, err);
}

static int
read_plivo(struct sms_verify *v, const struct sms_json *obj, struct rule *r,
    struct err *err)
{
	(void)v;
	r->like.alg = CRYPTO_SHA256;
	return need_template(obj, "secret", &r->secret, err);
}

static int
read_basic(struct sms_verify *v, const struct sms_json *obj, struct rule *r,
    struct err *err)
{
	(void)v;
	if (need_template(obj, "user", &r->user, err) < 0)
		return -1;
	return need_template(obj, "secret", &r->secret, err);
}

static int
read_bearer(struct sms_verify *v, const struct sms_json *obj, struct rule *r,
    struct err *err)
{
	if (need_template(obj, "secret", &r->secret, err) < 0)
		return -1;
	return read_header(v, obj, &r->like, err);
}

static int
read_param(struct sms_verify *v, const struct sms_json *obj, struct rule *r,
    struct err *err)
{
	if (need_template(obj, "secret", &r->secret, err) < 0)
		return -1;
	return need_text(v, obj, "param", &r->like.param, err);
}

static int
read_allow(struct sms_verify *v, const struct sms_json *obj, struct rule *r,
    struct err *err)
{
	(void)v;
	return need_template(obj, "allow", &r->secret, err);
}

static int
read_nothing(struct sms_verify *v, const struct sms_json *obj, struct rule *r,
    struct err *err)
{
	(void)v;
	(void)obj;
	(void)r;
	(void)err;
	return 0;
}

enum { KEYS_MAX = 16 };

static const struct reader {
	int (*read)(struct sms_verify *v, const struct sms_json *obj,
	    struct rule *r, struct err *err);
	const char *key[KEYS_MAX]; /* beside scheme */
} readers[SMS_NSCHEME] = {
	[SMS_SCHEME_PATH_TOKEN] = { read_nothing, { "scheme" } },
	[SMS_SCHEME_HMAC] = { read_signed,
	    { "scheme", "secret", "header", "prefix", "alg", "encoding",
	        "message", "url_port", "body_sha256_param", "skew_header",
	        "skew_s", "once" } },
	[SMS_SCHEME_ED25519] = { read_signed,
	    { "scheme", "secret", "header", "prefix", "encoding", "message",
	        "url_port", "body_sha256_param", "skew_header", "skew_s",
	        "once" } },
	[SMS_SCHEME_JWT_HS] = { read_jwt,
	    { "scheme", "secret", "header", "prefix", "algs", "issuer",
	        "body_claim", "url_claim", "leeway_s", "skew_s" } },
	[SMS_SCHEME_VONAGE_SIG] = { read_vonage,
	    { "scheme", "secret", "method", "skew_s" } },
	[SMS_SCHEME_PLIVO_V3] = { read_plivo, { "scheme", "secret" } },
	[SMS_SCHEME_BASIC] = { read_basic, { "scheme", "user", "secret" } },
	[SMS_SCHEME_BEARER_EQ] = { read_bearer,
	    { "scheme", "secret", "header", "prefix" } },
	[SMS_SCHEME_PARAM_EQ] = { read_param, { "scheme", "secret", "param" } },
	[SMS_SCHEME_IP_ALLOW] = { read_allow, { "scheme", "allow" } },
};

static int
read_rule(struct sms_verify *v, const struct sms_json *obj, struct err *err)
{
	const struct reader *reader;
	struct sms_json scheme;
	struct rule *r = &v->rule[v->n];
	unsigned word;

	if (sms_json_kind(obj) != SMS_JSON_OBJECT)
		return sms_json_bad(obj, err, "not an object");
	if (sms_json_need(obj, "scheme", &scheme, err) < 0 ||
	    sms_json_word(&scheme, sms_scheme_names, &word, err) < 0)
		return -1;
	v->n++;
	reader = &readers[word];
	r->like.scheme = (enum sms_scheme)word;
	if (sms_json_keys(obj, reader->key, err) < 0)
		return -1;
	return reader->read(v, obj, r, err);
}

static int
read_rules(struct sms_verify *v, const struct sms_json *at, struct err *err)
{
	struct sms_json one;

	if (sms_json_kind(at) != SMS_JSON_ARRAY)
		return read_rule(v, at, err);
	if (sms_json_count(at) == 0 ||
	    sms_json_count(at) > SMS_VERIFY_SCHEMES_MAX)
		return sms_json_bad(
		    at, err, "not 1 to %d schemes", SMS_VERIFY_SCHEMES_MAX);
	for (size_t i = 0; sms_json_at(at, i, &one); i++)
		if (read_rule(v, &one, err) < 0)
			return -1;
	return 0;
}

struct sms_verify *
sms_verify_read(const struct sms_json *at, struct err *err)
{
	struct sms_verify *v = xcalloc(1, sizeof(*v));
	int rc;

	sms_pool_init(&v->pool, TEXTS_MAX);
	rc = read_rules(v, at, err);
	if (rc == 0 && v->pool.full)
		rc = sms_json_bad(at, err, "its texts are too long");
	if (rc < 0)
		sms_verify_free(&v);
	return v;
}

void
sms_verify_free(struct sms_verify **vp)
{
	struct sms_verify *v = *vp;

	*vp = NULL;
	if (!v)
		return;
	for (size_t i = 0; i < v->n; i++) {
		sms_template_free(&v->rule[i].secret);
		sms_template_free(&v->rule[i].user);
		sms_template_free(&v->rule[i].method);
	}
	sms_pool_release(&v->pool);
	free(v);
}

/* ---- one line ------------------------------------------------------------ */

static int
fill_text(const struct sms_template *t, const struct sms_vars *line,
    struct sms_pool *pool, struct str *out, struct err *err)
{
	return t ? sms_template_text(t, line, pool, out, err) : 0;
}

/* "md5hash" is no HMAC: the secret stands at the end. */
static int
fill_method(struct str word, struct sms_proof *p, struct err *err)
{
	p->is_plain_hash = str_is(word, "md5hash");
	p->alg = CRYPTO_MD5;
	if (p->is_plain_hash)
		return 0;
	for (size_t i = 0; alg_names[i]; i++)
		if (str_is(word, alg_names[i])) {
			p->alg = algs[i];
			return 0;
		}
	return err_set(err, ERR_BAD_INPUT,
	    "the method of signing is \"" STR_FMT
	    "\", not md5hash, md5, sha1, sha256, sha384 or sha512",
	    STR_ARG(str_head(word, 32)));
}

static int
fill(const struct rule *r, const struct sms_vars *line, struct sms_pool *pool,
    struct sms_proof *out, struct err *err)
{
	struct str method = STR_EMPTY;

	*out = r->like;
	if (fill_text(r->secret, line, pool, &out->secret, err) < 0 ||
	    fill_text(r->user, line, pool, &out->user, err) < 0 ||
	    fill_text(r->method, line, pool, &method, err) < 0)
		return -1;
	/* What is not asked for need not be complete. */
	return r->method && out->secret.len > 0 ? fill_method(method, out, err)
	                                        : 0;
}

/* Its secret is a setting that was left out. */
static bool
is_skipped(const struct sms_proof *p)
{
	return p->scheme != SMS_SCHEME_PATH_TOKEN && p->secret.len == 0;
}

int
sms_verify_try(
    const struct sms_verify *v, const struct sms_vars *line, struct err *err)
{
	struct sms_pool pool;
	struct sms_proof p;
	int rc = 0;

	sms_pool_init(&pool, FILLED_MAX);
	for (size_t i = 0; i < v->n && rc == 0; i++) {
		rc = fill(&v->rule[i], line, &pool, &p, err);
		if (rc == 0 && !is_skipped(&p))
			rc = sms_proof_try(&p, err);
	}
	sms_pool_release(&pool);
	return rc;
}

bool
sms_verify_is_on(const struct sms_verify *v, const struct sms_vars *line)
{
	struct sms_pool pool;
	struct sms_proof p;
	bool is_on = false;

	sms_pool_init(&pool, FILLED_MAX);
	for (size_t i = 0; i < v->n; i++) {
		/* One that cannot be filled in holds for nobody. */
		if (fill(&v->rule[i], line, &pool, &p, NULL) < 0 ||
		    (p.scheme != SMS_SCHEME_PATH_TOKEN && !is_skipped(&p)))
			is_on = true;
		else if (p.scheme == SMS_SCHEME_PATH_TOKEN) {
			is_on = false;
			break;
		}
	}
	sms_pool_release(&pool);
	return is_on;
}

/* 1: it holds, 0: it is not asked for, -1: err. */
static int
check_rule(const struct rule *r, const struct sms_vars *line,
    const struct sms_hook_ask *ask, int64_t now_utc, struct sms_once *once_out,
    struct err *err)
{
	struct sms_pool pool;
	struct sms_proof p;
	int rc;

	sms_pool_init(&pool, FILLED_MAX);
	rc = fill(r, line, &pool, &p, err);
	if (rc == 0 && !is_skipped(&p))
		rc = sms_proof_check(&p, ask, now_utc, once_out, err) < 0 ? -1
		                                                          : 1;
	sms_pool_release(&pool);
	return rc;
}

/*
 * Of several schemes the first complaint is told: it is of the one that the
 * profile prefers.
 */
enum sms_verified
sms_verify_check(const struct sms_verify *v, const struct sms_vars *line,
    const struct sms_hook_ask *ask, const struct sms_replay *seen,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	struct err why = ERR_INIT;
	bool asked = false, holds = false;

	*once_out = (struct sms_once){ 0 };
	for (size_t i = 0; v && i < v->n && !holds; i++) {
		struct err *to = asked ? NULL : &why;
		int rc =
		    check_rule(&v->rule[i], line, ask, now_utc, once_out, to);

		holds = rc > 0;
		asked = asked || rc != 0;
	}
	if (asked && !holds) {
		*once_out = (struct sms_once){ 0 };
		err_set(err, why.kind, "%s", why.text);
		return SMS_FORGED;
	}
	return seen && sms_replay_has(seen, once_out, now_utc) ? SMS_REPLAYED
	                                                       : SMS_AUTHENTIC;
}
