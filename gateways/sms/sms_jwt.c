/*
 * token = part "." part "." part        each base64url: header, claims, MAC
 *
 * RFC 7515 5.2	checking; `crit` (4.1.11) is refused, we know no extension
 * RFC 7518 3.2	HMAC with SHA-2
 * RFC 7519 4.1	exp, nbf, iat, iss
 */
#include <math.h>

#include <jansson.h>

#include "lib/secret.h"
#include "sms/sms_json.h"
#include "sms/sms_jwt.h"

enum { MS_PER_S = 1000, REMEMBERED_MS = 24 * 60 * 60 * 1000 };

static const struct {
	const char *name;
	enum crypto_digest alg;
} algs_known[] = {
	{ "HS256", CRYPTO_SHA256 },
	{ "HS384", CRYPTO_SHA384 },
	{ "HS512", CRYPTO_SHA512 },
};

/* What a member says; empty: there is none, or it is no text. */
static struct str
text_of(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_string(v)
	    ? str_of(json_string_value(v), json_string_length(v))
	    : STR_EMPTY;
}

/* An object, or NULL. */
static json_t *
parse(struct str text)
{
	json_t *v = sms_json_parse(text, NULL);

	if (json_is_object(v))
		return v;
	json_decref(v);
	return NULL;
}

/* ---- the token ------------------------------------------------------------ */

static int
choose_alg(
    struct str header, unsigned algs, enum crypto_digest *alg, struct err *err)
{
	json_t *h = parse(header);
	bool is_critical = h && json_object_get(h, "crit");
	struct str name = h ? text_of(h, "alg") : STR_EMPTY;
	bool found = false;

	for (size_t i = 0; i < sizeof(algs_known) / sizeof(algs_known[0]); i++)
		if (str_is(name, algs_known[i].name) &&
		    (algs & 1U << algs_known[i].alg)) {
			*alg = algs_known[i].alg;
			found = true;
		}
	if (!h)
		err_set(err, ERR_AUTH, "the header of the token is not JSON");
	else if (!found)
		err_set(err, ERR_AUTH,
		    "the token says alg \"" STR_FMT "\", which is not allowed",
		    STR_ARG(str_head(name, 32)));
	else if (is_critical)
		err_set(err, ERR_AUTH, "the token has extensions");
	json_decref(h);
	return found && !is_critical ? 0 : -1;
}

static int
check_mac(struct str text, struct str part, enum crypto_digest alg,
    struct str secret, struct buf *mac_out, struct err *err)
{
	uint8_t mac[CRYPTO_DIGEST_MAX];
	size_t n = crypto_hmac(alg, secret, text, mac);
	bool ok = n > 0 && crypto_base64url_decode(part, mac_out) &&
	    secret_eq(str_of((const char *)mac, n), buf_str(mac_out));

	secret_wipe(mac, sizeof(mac));
	return ok ? 0
	          : err_set(err, ERR_AUTH,
	                "the token is signed with another key, or something "
	                "was changed");
}

int
sms_jwt_open(struct str token, unsigned algs, struct str secret,
    struct buf *claims_out, struct buf *mac_out, struct err *err)
{
	struct str rest = token, part[3], text;
	enum crypto_digest alg = CRYPTO_SHA256;
	struct buf header;
	size_t n = 0;
	int rc = -1;

	if (token.len > SMS_JWT_MAX)
		return err_set(err, ERR_AUTH, "the token is too long");
	while (n < 3 && str_cut(&rest, '.', &part[n]))
		n++;
	if (n < 3 || rest.p)
		return err_set(
		    err, ERR_AUTH, "that is no token: it has not three parts");
	text = str_head(token, part[0].len + 1 + part[1].len);
	buf_init(&header, SMS_JWT_MAX);
	if (!crypto_base64url_decode(part[0], &header))
		err_set(
		    err, ERR_AUTH, "the header of the token is not base64url");
	else if (choose_alg(buf_str(&header), algs, &alg, err) == 0 &&
	    check_mac(text, part[2], alg, secret, mac_out, err) == 0)
		rc = crypto_base64url_decode(part[1], claims_out)
		    ? 0
		    : err_set(err, ERR_AUTH, "the claims are not base64url");
	buf_release(&header);
	return rc;
}

/* ---- claims --------------------------------------------------------------- */

/*
 * Seconds since the Epoch, perhaps with a fraction; 1: it is there, 0: it is
 * not, -1: it is no time.
 */
static int
time_of(const json_t *claims, const char *key, int64_t *utc_out)
{
	const json_t *v = json_object_get(claims, key);
	double s;

	if (!v)
		return 0;
	s = json_is_number(v) ? json_number_value(v) : -1;
	if (!isfinite(s) || s < 0 || s > 1e11)
		return -1;
	*utc_out = (int64_t)(s * MS_PER_S);
	return 1;
}

/* One of exp and iat says how long it is good; else it would be for ever. */
static int
check_times(const struct sms_proof *p, const json_t *claims, int64_t now_utc,
    int64_t *until_utc, struct err *err)
{
	int64_t leeway = p->leeway_s * MS_PER_S, skew = p->skew_s * MS_PER_S;
	int64_t exp_utc = 0, nbf_utc = 0, iat_utc = 0;
	int exp = time_of(claims, "exp", &exp_utc);
	int nbf = time_of(claims, "nbf", &nbf_utc);
	int iat = time_of(claims, "iat", &iat_utc);

	if (exp < 0 || nbf < 0 || iat < 0)
		return err_set(err, ERR_AUTH, "a time in the token is none");
	if (exp == 0 && iat == 0)
		return err_set(
		    err, ERR_AUTH, "the token has neither exp nor iat");
	if (exp == 1 && exp_utc + leeway <= now_utc)
		return err_set(err, ERR_AUTH, "the token has expired");
	if (nbf == 1 && nbf_utc > now_utc + leeway)
		return err_set(err, ERR_AUTH, "the token is not valid yet");
	if (exp == 0 && (iat_utc + skew < now_utc || iat_utc > now_utc + skew))
		return err_set(err, ERR_AUTH,
		    "the token was made more than %lld s from now",
		    (long long)p->skew_s);
	*until_utc = exp == 1 ? exp_utc + leeway : iat_utc + skew;
	if (*until_utc > now_utc + REMEMBERED_MS)
		*until_utc = now_utc + REMEMBERED_MS;
	return 0;
}

/* A claim with the hex SHA-256 of something; may_miss: if that is empty. */
static int
check_hash(const json_t *claims, struct str name, struct str of, bool may_miss,
    struct err *err)
{
	uint8_t sha[CRYPTO_SHA256_BYTES];
	struct str want;
	struct buf got;
	char key[64];
	bool ok;

	if (name.len == 0)
		return 0;
	snprintf(key, sizeof(key), STR_FMT, STR_ARG(name));
	if (may_miss && of.len == 0 && !json_object_get(claims, key))
		return 0;
	want = text_of(claims, key);
	crypto_sha256(of, sha);
	buf_init(&got, sizeof(sha));
	ok = crypto_hex_decode(want, &got) &&
	    secret_eq(str_of((const char *)sha, sizeof(sha)), buf_str(&got));
	buf_release(&got);
	return ok
	    ? 0
	    : err_set(err, ERR_AUTH,
	          "the claim %s of the token does not fit the request", key);
}

static int
check_claims(const struct sms_proof *p, const struct sms_hook_ask *ask,
    const json_t *claims, int64_t now_utc, int64_t *until_utc, struct err *err)
{
	if (p->issuer.len > 0 && !str_eq(text_of(claims, "iss"), p->issuer))
		return err_set(err, ERR_AUTH,
		    "the token was not issued by " STR_FMT, STR_ARG(p->issuer));
	if (check_times(p, claims, now_utc, until_utc, err) < 0 ||
	    check_hash(claims, p->url_claim, ask->url, false, err) < 0 ||
	    check_hash(claims, p->body_claim, ask->body, true, err) < 0)
		return -1;
	return 0;
}

int
sms_jwt_check(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	struct str token;
	struct buf text, mac;
	json_t *claims = NULL;
	int64_t until_utc = 0;
	int rc;

	if (sms_proof_header(ask, p->header, p->prefix, &token, err) < 0)
		return -1;
	buf_init(&text, SMS_JWT_MAX);
	buf_init(&mac, CRYPTO_DIGEST_MAX);
	rc = sms_jwt_open(token, p->algs, p->secret, &text, &mac, err);
	if (rc == 0) {
		claims = parse(buf_str(&text));
		rc = claims
		    ? check_claims(p, ask, claims, now_utc, &until_utc, err)
		    : err_set(err, ERR_AUTH, "the claims are not JSON");
	}
	if (rc == 0)
		sms_proof_once(ask, buf_str(&mac), until_utc, once_out);
	json_decref(claims);
	buf_release(&text);
	buf_release(&mac);
	return rc;
}

/* ---- out ------------------------------------------------------------------ */

int
sms_jwt_sign(const struct crypto_rsa *key, struct str claims, struct buf *out)
{
	size_t before = out->len;
	struct buf mac;
	int rc = -1;

	buf_init(&mac, 1024);
	if (crypto_base64url(STR("{\"alg\":\"RS256\",\"typ\":\"JWT\"}"), out) ==
	        0 &&
	    buf_addc(out, '.') == 0 && crypto_base64url(claims, out) == 0 &&
	    crypto_rsa_sign(
	        key, str_of(out->p + before, out->len - before), &mac) == 0 &&
	    buf_addc(out, '.') == 0)
		rc = crypto_base64url(buf_str(&mac), out);
	buf_release(&mac);
	return rc;
}
