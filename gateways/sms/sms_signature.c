/*
 * What is signed is put together again from the request and compared.
 *
 * RFC 2104	HMAC
 * RFC 8032	Ed25519
 *
 * hmac, ed25519: a list of parts says what the text is; `sorted-form` is
 * Twilio's: name and value of each field run together, by name, each pair
 * once.  vonage-sig and plivo-v3 have texts of their own, below.
 */
#include "sms/sms_signature.h"
#include "lib/buf.h"
#include "lib/secret.h"
#include "lib/xalloc.h"

enum {
	SIGNATURE_MAX = 1024, /* bytes, decoded */
	URL_MAX = 16 * 1024,
	URL_FORMS = 2,
	REMEMBERED_MS = 24 * 60 * 60 * 1000, /* without a time */
};

/* ---- fields in order ----------------------------------------------------- */

struct sorted {
	const struct sms_pair **at;
	size_t n, cap;
};

static int
by_name_and_value(const void *a, const void *b)
{
	const struct sms_pair *x = *(const struct sms_pair *const *)a;
	const struct sms_pair *y = *(const struct sms_pair *const *)b;
	int diff = str_cmp(x->name, y->name);

	return diff ? diff : str_cmp(x->value, y->value);
}

static int
sorted_init(struct sorted *s, size_t cap, struct err *err)
{
	*s = (struct sorted){ 0 };
	if (cap > SMS_PROOF_FIELDS_MAX)
		return err_set(err, ERR_AUTH, "%zu fields, more than %d", cap,
		    SMS_PROOF_FIELDS_MAX);
	s->at = xcalloc(cap + 1, sizeof(s->at[0]));
	s->cap = cap;
	return 0;
}

static void
sorted_add(
    struct sorted *s, const struct sms_pair *pair, size_t n, struct str except)
{
	for (size_t i = 0; i < n && s->n < s->cap; i++)
		if (except.len == 0 || !str_eq(pair[i].name, except))
			s->at[s->n++] = &pair[i];
	qsort(s->at, s->n, sizeof(s->at[0]), by_name_and_value);
}

static void
sorted_release(struct sorted *s)
{
	free(s->at);
}

/* ---- the proof ------------------------------------------------------------ */

static bool
decode(struct str text, bool is_hex, struct buf *out)
{
	return is_hex ? crypto_hex_decode(text, out)
	              : crypto_base64_decode(text, out);
}

static bool
is_mac_of(const struct sms_proof *p, struct str text, struct str signature)
{
	uint8_t mac[CRYPTO_DIGEST_MAX];
	size_t n = crypto_hmac(p->alg, p->secret, text, mac);
	bool same = n > 0 && secret_eq(str_of((const char *)mac, n), signature);

	secret_wipe(mac, sizeof(mac));
	return same;
}

bool
sms_signature_key(struct str text, uint8_t out[CRYPTO_ED25519_KEY_BYTES])
{
	struct buf raw;
	bool ok;

	buf_init(&raw, CRYPTO_ED25519_KEY_BYTES);
	ok = decode(text, text.len == 2 * CRYPTO_ED25519_KEY_BYTES, &raw) &&
	    raw.len == CRYPTO_ED25519_KEY_BYTES;
	if (ok)
		memcpy(out, raw.p, CRYPTO_ED25519_KEY_BYTES);
	buf_release(&raw);
	return ok;
}

static bool
is_ed25519_of(const struct sms_proof *p, struct str text, struct str signature)
{
	uint8_t key[CRYPTO_ED25519_KEY_BYTES];

	return signature.len == CRYPTO_ED25519_SIGNATURE_BYTES &&
	    sms_signature_key(p->secret, key) &&
	    crypto_ed25519_verify(key, text, (const uint8_t *)signature.p);
}

/* ---- the URL -------------------------------------------------------------- */

/*
 * "https://host" ":8443" "/path?query"; false: it is not written like that.
 */
static bool
split_url(struct str url, struct str *host, struct str *port, struct str *rest)
{
	size_t at = 0, end, colon;

	while (at + 3 <= url.len && memcmp(url.p + at, "://", 3) != 0)
		at++;
	if (at + 3 > url.len)
		return false;
	for (end = at + 3; end < url.len && !strchr("/?#", url.p[end]);)
		end++;
	for (colon = end; colon > at + 3; colon--)
		if (url.p[colon - 1] == ':' || url.p[colon - 1] == ']')
			break;
	/* A bracket ends an IPv6 address, which has colons inside. */
	if (colon == at + 3 || url.p[colon - 1] == ']')
		colon = end + 1;
	*host = str_head(url, colon - 1);
	*port = str_head(str_skip(url, colon - 1), end - (colon - 1));
	*rest = str_skip(url, end);
	return true;
}

/*
 * The URL as it is configured, then with the other idea of its port: some
 * providers sign with the default port, or without one that is there.
 */
static size_t
url_forms(struct str url, bool any_port, struct buf form[URL_FORMS])
{
	struct str host, port, rest;

	for (int i = 0; i < URL_FORMS; i++)
		buf_init(&form[i], URL_MAX);
	buf_add_str(&form[0], url);
	if (!any_port || !split_url(url, &host, &port, &rest))
		return 1;
	buf_add_str(&form[1], host);
	if (port.len == 0)
		buf_add_str(&form[1],
		    str_starts(url, STR("https:")) ? STR(":443") : STR(":80"));
	buf_add_str(&form[1], rest);
	return 2;
}

/* ---- hmac, ed25519 --------------------------------------------------------- */

/* Is the hash of the body in the query, which is signed?  -1: a wrong one. */
static int
check_hash_param(
    const struct sms_proof *p, const struct sms_hook_ask *ask, struct err *err)
{
	uint8_t sha[CRYPTO_SHA256_BYTES];
	struct str value = STR_EMPTY;
	struct buf got;
	size_t n = 0;
	bool ok;

	if (p->hash_param.len > 0)
		n = sms_proof_find(
		    ask->query, ask->nquery, p->hash_param, &value);
	if (n == 0)
		return 0;
	buf_init(&got, sizeof(sha));
	crypto_sha256(ask->body, sha);
	ok = n == 1 && crypto_hex_decode(value, &got) &&
	    secret_eq(str_of((const char *)sha, sizeof(sha)), buf_str(&got));
	buf_release(&got);
	return ok ? 1
	          : err_set(err, ERR_AUTH,
	                "the body is not the one that " STR_FMT " names",
	                STR_ARG(p->hash_param));
}

static int
add_sorted_form(const struct sms_proof *p, const struct sms_hook_ask *ask,
    struct buf *out, struct err *err)
{
	struct sorted s;
	int hashed = check_hash_param(p, ask, err);

	if (hashed != 0)
		return hashed < 0 ? -1 : 0;
	if (!ask->is_form && ask->body.len > 0)
		return err_set(
		    err, ERR_AUTH, "its body is no form, and nothing signs it");
	if (sorted_init(&s, ask->is_form ? ask->nfield : 0, err) < 0)
		return -1;
	sorted_add(&s, ask->field, s.cap, STR_EMPTY);
	for (size_t i = 0; i < s.n; i++) {
		if (i > 0 && by_name_and_value(&s.at[i - 1], &s.at[i]) == 0)
			continue;
		buf_add_str(out, s.at[i]->name);
		buf_add_str(out, s.at[i]->value);
	}
	sorted_release(&s);
	return 0;
}

static void
add_sha256(struct str body, bool is_hex, struct buf *out)
{
	uint8_t sha[CRYPTO_SHA256_BYTES];
	struct str raw = str_of((const char *)sha, sizeof(sha));

	crypto_sha256(body, sha);
	if (is_hex)
		crypto_hex(raw, out);
	else
		buf_add_str(out, raw);
}

static int
add_part(const struct sms_proof *p, const struct sms_signed_part *part,
    const struct sms_hook_ask *ask, struct str url, struct buf *out,
    struct err *err)
{
	struct str value;

	switch (part->kind) {
	case SMS_SIGNED_LITERAL:
		buf_add_str(out, part->text);
		return 0;
	case SMS_SIGNED_HEADER:
		if (sms_proof_header(ask, part->text, STR_EMPTY, &value, err) <
		    0)
			return -1;
		buf_add_str(out, value);
		return 0;
	case SMS_SIGNED_METHOD:
		buf_add_str(out, ask->method);
		return 0;
	case SMS_SIGNED_URL:
		buf_add_str(out, url);
		return 0;
	case SMS_SIGNED_BODY:
		buf_add_str(out, ask->body);
		return 0;
	case SMS_SIGNED_BODY_SHA256:
	case SMS_SIGNED_BODY_SHA256_HEX:
		add_sha256(
		    ask->body, part->kind == SMS_SIGNED_BODY_SHA256_HEX, out);
		return 0;
	case SMS_SIGNED_SORTED_FORM:
		return add_sorted_form(p, ask, out, err);
	}
	return err_set(err, ERR_INTERNAL, "no such part of a signed text");
}

static int
add_parts(const struct sms_proof *p, const struct sms_hook_ask *ask,
    struct str url, struct buf *out, struct err *err)
{
	buf_clear(out);
	for (size_t i = 0; i < p->npart; i++)
		if (add_part(p, &p->part[i], ask, url, out, err) < 0)
			return -1;
	if (buf_is_full(out))
		return err_set(err, ERR_AUTH, "it is too long to be checked");
	return 0;
}

typedef bool is_signed_fn(
    const struct sms_proof *p, struct str text, struct str signature);

/* 0: it is the signature of one of the forms. */
static int
check_forms(const struct sms_proof *p, const struct sms_hook_ask *ask,
    struct str signature, is_signed_fn *is_signed, struct err *err)
{
	struct buf form[URL_FORMS], text;
	size_t n = url_forms(ask->url, p->any_port, form);
	bool ok = false, failed = false;

	buf_init(&text, SMS_PROOF_TEXT_MAX);
	for (size_t i = 0; i < n && !failed && !ok; i++) {
		failed = buf_is_full(&form[i])
		    ? err_set(err, ERR_AUTH, "its URL is too long") < 0
		    : add_parts(p, ask, buf_str(&form[i]), &text, err) < 0;
		ok = !failed && is_signed(p, buf_str(&text), signature);
	}
	buf_release(&text);
	for (int i = 0; i < URL_FORMS; i++)
		buf_release(&form[i]);
	if (!ok && !failed)
		err_set(err, ERR_AUTH,
		    "it is signed with another key, or "
		    "something was changed");
	return ok ? 0 : -1;
}

/* When it was signed, if it says so, and until when we have to remember. */
static int
check_skew(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, int64_t *until_utc, struct err *err)
{
	struct str value;
	int64_t at_utc;

	*until_utc = p->once ? now_utc + REMEMBERED_MS : 0;
	if (p->skew_header.len == 0)
		return 0;
	if (sms_proof_header(ask, p->skew_header, STR_EMPTY, &value, err) < 0 ||
	    sms_proof_time(value, p->skew_s, now_utc, &at_utc, err) < 0)
		return -1;
	*until_utc = at_utc + p->skew_s * 1000;
	return 0;
}

static int
check_signed(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, is_signed_fn *is_signed, struct sms_once *once_out,
    struct err *err)
{
	struct str value;
	struct buf signature;
	int64_t until_utc;
	int rc = -1;

	if (sms_proof_header(ask, p->header, p->prefix, &value, err) < 0 ||
	    check_skew(p, ask, now_utc, &until_utc, err) < 0)
		return -1;
	buf_init(&signature, SIGNATURE_MAX);
	if (!decode(value, p->is_hex, &signature))
		err_set(err, ERR_AUTH, "the header " STR_FMT " is not %s",
		    STR_ARG(p->header), p->is_hex ? "hex" : "base64");
	else
		rc = check_forms(p, ask, buf_str(&signature), is_signed, err);
	if (rc == 0 && until_utc != 0)
		sms_proof_once(ask, buf_str(&signature), until_utc, once_out);
	buf_release(&signature);
	return rc;
}

int
sms_signature_hmac(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	return check_signed(p, ask, now_utc, is_mac_of, once_out, err);
}

int
sms_signature_ed25519(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	return check_signed(p, ask, now_utc, is_ed25519_of, once_out, err);
}

/* ---- vonage-sig ------------------------------------------------------------ */

/*
 * text = *( "&" name "=" value ) of all fields but `sig`, by name, with "&"
 * and "=" inside values as "_"; then HMAC, or MD5 of text and secret.
 */
static void
add_vonage(struct str name, struct str value, struct buf *out)
{
	buf_addc(out, '&');
	buf_add_str(out, name);
	buf_addc(out, '=');
	for (size_t i = 0; i < value.len; i++)
		buf_addc(out,
		    value.p[i] == '&' || value.p[i] == '=' ? '_' : value.p[i]);
}

static int
vonage_text(const struct sorted *s, struct buf *out, struct err *err)
{
	buf_clear(out);
	for (size_t i = 0; i < s->n; i++) {
		/* Which of two would be read later is anybody's guess. */
		if (i > 0 && str_eq(s->at[i - 1]->name, s->at[i]->name))
			return err_set(err, ERR_AUTH,
			    "the field " STR_FMT " stands there twice",
			    STR_ARG(s->at[i]->name));
		add_vonage(s->at[i]->name, s->at[i]->value, out);
	}
	if (buf_is_full(out))
		return err_set(err, ERR_AUTH, "it is too long to be checked");
	return 0;
}

static bool
is_plain_hash_of(
    const struct sms_proof *p, struct buf *text, struct str signature)
{
	uint8_t hash[CRYPTO_DIGEST_MAX];
	size_t n;

	buf_add_str(text, p->secret);
	n = buf_is_full(text) ? 0 : crypto_digest(p->alg, buf_str(text), hash);
	secret_wipe(text->p, text->len);
	return n > 0 && secret_eq(str_of((const char *)hash, n), signature);
}

static int
check_vonage(const struct sms_proof *p, const struct sms_hook_ask *ask,
    bool with_query, struct str signature, struct err *err)
{
	size_t cap = ask->nfield + (with_query ? ask->nquery : 0);
	struct sorted s;
	struct buf text;
	int rc;

	if (sorted_init(&s, cap, err) < 0)
		return -1;
	sorted_add(&s, ask->field, ask->nfield, STR("sig"));
	if (with_query)
		sorted_add(&s, ask->query, ask->nquery, STR("sig"));
	buf_init(&text, SMS_PROOF_TEXT_MAX);
	rc = vonage_text(&s, &text, err);
	if (rc == 0 &&
	    !(p->is_plain_hash ? is_plain_hash_of(p, &text, signature)
	                       : is_mac_of(p, buf_str(&text), signature)))
		rc = err_set(err, ERR_AUTH,
		    "it is signed with another key, or something was changed");
	buf_release(&text);
	sorted_release(&s);
	return rc;
}

/* The one field of that name, of the body if there are any. */
static int
vonage_field(const struct sms_hook_ask *ask, struct str name, struct str *out,
    struct err *err)
{
	struct str in_query;
	size_t n = sms_proof_find(ask->field, ask->nfield, name, out);
	size_t nquery =
	    sms_proof_find(ask->query, ask->nquery, name, &in_query);

	if (n == 0)
		*out = in_query;
	if (n + nquery != 1)
		return err_set(err, ERR_AUTH,
		    n + nquery ? "the field " STR_FMT " stands there twice"
		               : "there is no field " STR_FMT,
		    STR_ARG(name));
	return 0;
}

int
sms_signature_vonage(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	struct str sig, at;
	struct buf signature;
	int64_t at_utc;
	int rc;

	if (vonage_field(ask, STR("sig"), &sig, err) < 0 ||
	    vonage_field(ask, STR("timestamp"), &at, err) < 0 ||
	    sms_proof_time(at, p->skew_s, now_utc, &at_utc, err) < 0)
		return -1;
	buf_init(&signature, SIGNATURE_MAX);
	if (!crypto_hex_decode(sig, &signature))
		rc = err_set(err, ERR_AUTH, "the field sig is not hex");
	/* A query of our own, such as an id, is not always signed along. */
	else if (ask->nfield > 0 &&
	    check_vonage(p, ask, false, buf_str(&signature), err) == 0)
		rc = 0;
	else
		rc = check_vonage(p, ask, true, buf_str(&signature), err);
	if (rc == 0)
		sms_proof_once(ask, buf_str(&signature),
		    at_utc + p->skew_s * 1000, once_out);
	buf_release(&signature);
	return rc;
}

/* ---- plivo-v3 -------------------------------------------------------------- */

/*
 * text = url [ "?" query [ "." ] form ] "." nonce
 * query = name "=" value *( "&" name "=" value ), decoded, by name and value
 * form = *( name value ), by name and value
 *
 * "?" stands if there is either, "." between if there are both.
 */
static void
add_plivo_query(const struct sorted *s, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		if (i > 0)
			buf_addc(out, '&');
		buf_add_str(out, s->at[i]->name);
		buf_addc(out, '=');
		buf_add_str(out, s->at[i]->value);
	}
}

static void
add_plivo_form(const struct sorted *s, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		buf_add_str(out, s->at[i]->name);
		buf_add_str(out, s->at[i]->value);
	}
}

static int
plivo_text(const struct sms_hook_ask *ask, struct str nonce, struct buf *out,
    struct err *err)
{
	bool has_form = ask->is_form && !str_is(ask->method, "GET");
	struct str rest = ask->url, bare;
	struct sorted query, form;

	if (ask->body.len > 0 && !has_form)
		return err_set(
		    err, ERR_AUTH, "its body is no form, and nothing signs it");
	if (sorted_init(&query, ask->nquery, err) < 0)
		return -1;
	if (sorted_init(&form, has_form ? ask->nfield : 0, err) < 0) {
		sorted_release(&query);
		return -1;
	}
	sorted_add(&query, ask->query, query.cap, STR_EMPTY);
	sorted_add(&form, ask->field, form.cap, STR_EMPTY);
	str_cut(&rest, '?', &bare);
	buf_add_str(out, bare);
	if (query.n + form.n > 0)
		buf_addc(out, '?');
	add_plivo_query(&query, out);
	if (query.n > 0 && form.n > 0)
		buf_addc(out, '.');
	add_plivo_form(&form, out);
	buf_addc(out, '.');
	buf_add_str(out, nonce);
	sorted_release(&query);
	sorted_release(&form);
	return buf_is_full(out)
	    ? err_set(err, ERR_AUTH, "it is too long to be checked")
	    : 0;
}

/* The header may hold several, of which one has to fit. */
static int
check_plivo(const struct sms_proof *p, struct str text, struct str list,
    struct buf *signature, struct err *err)
{
	struct str one;

	while (str_cut(&list, ',', &one)) {
		buf_clear(signature);
		if (crypto_base64_decode(str_trim(one), signature) &&
		    is_mac_of(p, text, buf_str(signature)))
			return 0;
	}
	return err_set(err, ERR_AUTH,
	    "it is signed with another key, or something was changed");
}

int
sms_signature_plivo(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err)
{
	struct str list, nonce;
	struct buf text, signature;
	int rc;

	if (sms_proof_header(
	        ask, STR("X-Plivo-Signature-V3"), STR_EMPTY, &list, err) < 0 ||
	    sms_proof_header(ask, STR("X-Plivo-Signature-V3-Nonce"), STR_EMPTY,
	        &nonce, err) < 0)
		return -1;
	buf_init(&text, SMS_PROOF_TEXT_MAX);
	buf_init(&signature, SIGNATURE_MAX);
	rc = plivo_text(ask, nonce, &text, err);
	if (rc == 0)
		rc = check_plivo(p, buf_str(&text), list, &signature, err);
	if (rc == 0)
		sms_proof_once(ask, buf_str(&signature),
		    now_utc + REMEMBERED_MS, once_out);
	buf_release(&text);
	buf_release(&signature);
	return rc;
}
