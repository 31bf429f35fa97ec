/*
 * Schemes that compare a secret, and what all schemes share.
 *
 * RFC 7617	Basic
 * RFC 6750 2.1	Bearer
 */
#include <sys/socket.h>

#include "lib/buf.h"
#include "lib/secret.h"
#include "net/address.h"
#include "sms/sms_jwt.h"
#include "sms/sms_proof.h"
#include "sms/sms_signature.h"

enum {
	BASIC_MAX = 4096,
	MS_PER_S = 1000,
};

/* A time over this one, in the year 5138, counts milliseconds. */
static const uint64_t seconds_max = 99999999999;

size_t
sms_proof_find(
    const struct sms_pair *pair, size_t n, struct str name, struct str *out)
{
	size_t found = 0;

	*out = STR_EMPTY;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(pair[i].name, name))
			continue;
		if (found++ == 0)
			*out = pair[i].value;
	}
	return found;
}

static size_t
find_header(const struct sms_hook_ask *ask, struct str name, struct str *out)
{
	size_t found = 0;

	*out = STR_EMPTY;
	for (size_t i = 0; i < ask->nheader; i++) {
		if (!str_eq_nocase(ask->header[i].name, name))
			continue;
		if (found++ == 0)
			*out = ask->header[i].value;
	}
	return found;
}

int
sms_proof_header(const struct sms_hook_ask *ask, struct str name,
    struct str prefix, struct str *out, struct err *err)
{
	size_t n = find_header(ask, name, out);

	if (n != 1)
		return err_set(err, ERR_AUTH,
		    n ? "the header " STR_FMT " stands there twice"
		      : "there is no header " STR_FMT,
		    STR_ARG(name));
	if (!str_eq_nocase(str_head(*out, prefix.len), prefix))
		return err_set(err, ERR_AUTH,
		    "the header " STR_FMT " does not begin with \"" STR_FMT
		    "\"",
		    STR_ARG(name), STR_ARG(prefix));
	*out = str_trim(str_skip(*out, prefix.len));
	return 0;
}

int
sms_proof_time(struct str text, int64_t skew_s, int64_t now_utc,
    int64_t *utc_out, struct err *err)
{
	uint64_t n;
	int64_t off_ms;

	if (!str_to_uint(text, (uint64_t)INT64_MAX / MS_PER_S / 2, &n))
		return err_set(err, ERR_AUTH, "its time is not a number");
	*utc_out = n > seconds_max ? (int64_t)n : (int64_t)n * MS_PER_S;
	off_ms = *utc_out > now_utc ? *utc_out - now_utc : now_utc - *utc_out;
	if (off_ms > skew_s * MS_PER_S)
		return err_set(err, ERR_AUTH,
		    "it was signed %lld s %s: more than %lld s",
		    (long long)(off_ms / MS_PER_S),
		    *utc_out > now_utc ? "in the future" : "ago",
		    (long long)skew_s);
	return 0;
}

void
sms_proof_once(const struct sms_hook_ask *ask, struct str signature,
    int64_t until_utc, struct sms_once *out)
{
	uint8_t each[3][CRYPTO_SHA256_BYTES];

	/* Hashed one by one, so that they cannot run together. */
	crypto_sha256(signature, each[0]);
	crypto_sha256(ask->body, each[1]);
	crypto_sha256(ask->url, each[2]);
	crypto_sha256(str_of((const char *)each, sizeof(each)), out->id);
	out->until_utc = until_utc;
}

/* ---- schemes ----------------------------------------------------------- */

static int
check_path_token(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	(void)p;
	(void)ask;
	(void)now_utc;
	(void)once_out;
	(void)err;
	return 0;
}

static int
check_basic(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	struct str value;
	struct buf want, got;
	bool ok;

	(void)now_utc;
	(void)once_out;
	if (sms_proof_header(
	        ask, STR("Authorization"), STR("Basic "), &value, err) < 0)
		return -1;
	buf_init(&want, BASIC_MAX);
	buf_init(&got, BASIC_MAX);
	buf_add_str(&want, p->user);
	buf_addc(&want, ':');
	buf_add_str(&want, p->secret);
	ok = !buf_is_full(&want) && crypto_base64_decode(value, &got) &&
	    secret_eq(buf_str(&want), buf_str(&got));
	secret_wipe(want.p, want.len);
	secret_wipe(got.p, got.len);
	buf_release(&want);
	buf_release(&got);
	return ok ? 0 : err_set(err, ERR_AUTH, "another user or password");
}

static int
check_bearer(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	struct str value;

	(void)now_utc;
	(void)once_out;
	if (sms_proof_header(ask, p->header, p->prefix, &value, err) < 0)
		return -1;
	if (!secret_eq(value, p->secret))
		return err_set(err, ERR_AUTH, "another token in " STR_FMT,
		    STR_ARG(p->header));
	return 0;
}

/* In the URL or in the body, once in all. */
static int
check_param(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	struct str in_query, in_body;
	size_t nquery, nbody;

	(void)now_utc;
	(void)once_out;
	nquery = sms_proof_find(ask->query, ask->nquery, p->param, &in_query);
	nbody = sms_proof_find(ask->field, ask->nfield, p->param, &in_body);
	if (nquery + nbody != 1)
		return err_set(err, ERR_AUTH,
		    nquery + nbody ? "the field " STR_FMT " stands there twice"
		                   : "there is no field " STR_FMT,
		    STR_ARG(p->param));
	if (!secret_eq(nquery ? in_query : in_body, p->secret))
		return err_set(err, ERR_AUTH, "another token in " STR_FMT,
		    STR_ARG(p->param));
	return 0;
}

static int
check_address(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	struct str rest = p->secret, one;
	struct sockaddr_storage peer;
	struct address_prefix range;

	(void)now_utc;
	(void)once_out;
	if (!address_parse(ask->peer, &peer))
		return err_set(err, ERR_AUTH, "its address cannot be read");
	while (str_cut(&rest, ',', &one))
		if (address_range_parse(&range, str_trim(one), NULL) == 0 &&
		    address_in_range(&range, (struct sockaddr *)&peer))
			return 0;
	return err_set(err, ERR_AUTH, "from " STR_FMT ", which is not listed",
	    STR_ARG(ask->peer));
}

static int
try_addresses(const struct sms_proof *p, struct err *err)
{
	struct str rest = p->secret, one;
	struct address_prefix range;

	while (str_cut(&rest, ',', &one))
		if (address_range_parse(&range, str_trim(one), err) < 0)
			return -1;
	return 0;
}

static int
try_ed25519(const struct sms_proof *p, struct err *err)
{
	uint8_t key[CRYPTO_ED25519_KEY_BYTES];

	if (!sms_signature_key(p->secret, key))
		return err_set(err, ERR_BAD_INPUT,
		    "the public key is not %d bytes in base64 or hex",
		    CRYPTO_ED25519_KEY_BYTES);
	return 0;
}

/*
 * Whoever puts a public key where a shared secret belongs has let everybody
 * sign: that is how a token of the wrong algorithm is taken for a good one.
 */
static bool
is_public(const struct sms_proof *p)
{
	return str_starts(str_trim(p->secret), STR("-----BEGIN"));
}

static const struct scheme {
	int (*check)(const struct sms_proof *p, const struct sms_hook_ask *ask,
	    int64_t now_utc, struct sms_once *once_out, struct err *err);
	int (*try)(const struct sms_proof *p, struct err *err); /* or NULL */
	bool is_open; /* there is no secret */
} schemes[SMS_NSCHEME] = {
	[SMS_SCHEME_PATH_TOKEN] = { check_path_token, NULL, true },
	[SMS_SCHEME_HMAC] = { sms_signature_hmac, NULL, false },
	[SMS_SCHEME_ED25519] = { sms_signature_ed25519, try_ed25519, false },
	[SMS_SCHEME_JWT_HS] = { sms_jwt_check, NULL, false },
	[SMS_SCHEME_VONAGE_SIG] = { sms_signature_vonage, NULL, false },
	[SMS_SCHEME_PLIVO_V3] = { sms_signature_plivo, NULL, false },
	[SMS_SCHEME_BASIC] = { check_basic, NULL, false },
	[SMS_SCHEME_BEARER_EQ] = { check_bearer, NULL, false },
	[SMS_SCHEME_PARAM_EQ] = { check_param, NULL, false },
	[SMS_SCHEME_IP_ALLOW] = { check_address, try_addresses, false },
};

const char *const sms_scheme_names[] = {
	[SMS_SCHEME_PATH_TOKEN] = "path-token",
	[SMS_SCHEME_HMAC] = "hmac",
	[SMS_SCHEME_ED25519] = "ed25519",
	[SMS_SCHEME_JWT_HS] = "jwt-hs",
	[SMS_SCHEME_VONAGE_SIG] = "vonage-sig",
	[SMS_SCHEME_PLIVO_V3] = "plivo-v3",
	[SMS_SCHEME_BASIC] = "basic",
	[SMS_SCHEME_BEARER_EQ] = "bearer-eq",
	[SMS_SCHEME_PARAM_EQ] = "param-eq",
	[SMS_SCHEME_IP_ALLOW] = "ip-allow",
	NULL,
};

int
sms_proof_check(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	const struct scheme *s = &schemes[p->scheme];

	*once_out = (struct sms_once){ 0 };
	/* A key of no bytes is one that everybody has. */
	if (!s->is_open && (p->secret.len == 0 || is_public(p)))
		return err_set(err, ERR_INTERNAL, "%s: there is no secret",
		    sms_scheme_names[p->scheme]);
	return s->check(p, ask, now_utc, once_out, err);
}

int
sms_proof_try(const struct sms_proof *p, struct err *err)
{
	const struct scheme *s = &schemes[p->scheme];

	if (!s->is_open && p->secret.len == 0)
		return err_set(err, ERR_BAD_INPUT, "%s: there is no secret",
		    sms_scheme_names[p->scheme]);
	if (is_public(p))
		return err_set(err, ERR_BAD_INPUT,
		    "%s: that is a key in PEM form, not a secret",
		    sms_scheme_names[p->scheme]);
	if (s->try && s->try(p, err) < 0)
		return err_prefix(err, "%s", sms_scheme_names[p->scheme]);
	return 0;
}
