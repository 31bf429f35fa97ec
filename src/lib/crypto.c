/*
 * A thin layer over the EVP interface of libcrypto.
 *
 * RFC 4648 4, 5	base64, strict: no white space, canonical padding
 * RFC 8032 5.1	Ed25519, checked only
 * RFC 8017 8.2	RSASSA-PKCS1-v1_5, signed only
 * SP 800-38D	AES-GCM with random 96-bit nonces: fine for fewer than 2^32
 *		seals under one key
 */
#include <limits.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "lib/crypto.h"
#include "lib/xalloc.h"

/* Without random numbers or hashes nothing we promise can be kept. */
static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "passerelle: libcrypto failed: %s\n", what);
	abort();
}

void
crypto_random(void *out, size_t len)
{
	must(len <= INT_MAX && RAND_bytes(out, (int)len) == 1, "random");
}

uint32_t
crypto_random_u32(void)
{
	uint32_t n;

	crypto_random(&n, sizeof(n));
	return n;
}

void
crypto_random_hex(char *out, size_t nbytes)
{
	static const char digit[] = "0123456789abcdef";
	unsigned char *raw = (unsigned char *)out + nbytes;

	/*
	 * Drawn into the second half and spread from the front: digit pair i
	 * never overtakes byte i.
	 */
	crypto_random(raw, nbytes);
	for (size_t i = 0; i < nbytes; i++) {
		unsigned char c = raw[i];

		out[2 * i] = digit[c >> 4];
		out[2 * i + 1] = digit[c & 15];
	}
	out[2 * nbytes] = '\0';
}

void
crypto_sha1(struct str in, uint8_t out[CRYPTO_SHA1_BYTES])
{
	must(EVP_Digest(in.p, in.len, out, NULL, EVP_sha1(), NULL) == 1,
	    "SHA-1");
}

void
crypto_sha256(struct str in, uint8_t out[CRYPTO_SHA256_BYTES])
{
	must(EVP_Digest(in.p, in.len, out, NULL, EVP_sha256(), NULL) == 1,
	    "SHA-256");
}

void
crypto_hmac_sha256(
    struct str key, struct str in, uint8_t out[CRYPTO_SHA256_BYTES])
{
	must(key.len <= INT_MAX, "HMAC key");
	/* A NULL key would mean "the one before". */
	must(HMAC(EVP_sha256(), key.len ? key.p : "", (int)key.len,
	         (const unsigned char *)in.p, in.len, out, NULL) != NULL,
	    "HMAC-SHA-256");
}

static const EVP_MD *
digest_of(enum crypto_digest alg)
{
	switch (alg) {
	case CRYPTO_MD5:
		return EVP_md5();
	case CRYPTO_SHA1:
		return EVP_sha1();
	case CRYPTO_SHA256:
		return EVP_sha256();
	case CRYPTO_SHA384:
		return EVP_sha384();
	case CRYPTO_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

/* What libcrypto queued about a refusal is nobody's business later. */
static size_t
answer(bool ok, unsigned n)
{
	if (!ok)
		ERR_clear_error();
	return ok ? n : 0;
}

size_t
crypto_digest(
    enum crypto_digest alg, struct str in, uint8_t out[CRYPTO_DIGEST_MAX])
{
	unsigned n = 0;
	bool ok = EVP_Digest(in.p, in.len, out, &n, digest_of(alg), NULL) == 1;

	return answer(ok, n);
}

size_t
crypto_hmac(enum crypto_digest alg, struct str key, struct str in,
    uint8_t out[CRYPTO_DIGEST_MAX])
{
	unsigned n = 0;
	bool ok;

	must(key.len <= INT_MAX, "HMAC key");
	ok = HMAC(digest_of(alg), key.len ? key.p : "", (int)key.len,
	         (const unsigned char *)in.p, in.len, out, &n) != NULL;
	return answer(ok, n);
}

bool
crypto_ed25519_verify(const uint8_t key[CRYPTO_ED25519_KEY_BYTES],
    struct str in, const uint8_t signature[CRYPTO_ED25519_SIGNATURE_BYTES])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, key, CRYPTO_ED25519_KEY_BYTES);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok;

	must(c != NULL, "memory");
	ok = pkey && EVP_DigestVerifyInit(c, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestVerify(c, signature, CRYPTO_ED25519_SIGNATURE_BYTES,
	        (const unsigned char *)in.p, in.len) == 1;
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(pkey);
	return answer(ok, 1) == 1;
}

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192 };

/* Nobody is at a terminal to be asked. */
static int
no_passphrase(char *to, int size, int writing, void *arg)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

struct crypto_rsa {
	EVP_PKEY *key;
};

static EVP_PKEY *
read_pem(struct str pem)
{
	BIO *in = BIO_new_mem_buf(pem.p, (int)pem.len);
	EVP_PKEY *key;

	must(in != NULL, "memory");
	key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
	BIO_free(in);
	ERR_clear_error();
	return key;
}

struct crypto_rsa *
crypto_rsa_new(struct str pem, struct err *err)
{
	struct crypto_rsa *k;
	EVP_PKEY *key;
	int bits;

	if (pem.len == 0 || pem.len > INT_MAX) {
		err_set(err, ERR_BAD_INPUT, "there is no private key");
		return NULL;
	}
	key = read_pem(pem);
	bits = key && EVP_PKEY_is_a(key, "RSA") ? EVP_PKEY_get_bits(key) : 0;
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
		err_set(err, ERR_BAD_INPUT,
		    "not a private RSA key of %d to %d bits in PEM form, "
		    "without a passphrase",
		    RSA_BITS_MIN, RSA_BITS_MAX);
		EVP_PKEY_free(key);
		return NULL;
	}
	k = xcalloc(1, sizeof(*k));
	k->key = key;
	return k;
}

void
crypto_rsa_free(struct crypto_rsa **kp)
{
	if (*kp)
		EVP_PKEY_free((*kp)->key);
	free(*kp);
	*kp = NULL;
}

int
crypto_rsa_sign(const struct crypto_rsa *k, struct str in, struct buf *out)
{
	size_t len = (size_t)EVP_PKEY_get_size(k->key);
	char *room = buf_reserve(out, len);
	EVP_MD_CTX *c;

	if (!room)
		return -1;
	c = EVP_MD_CTX_new();
	must(c &&
	        EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, k->key) == 1 &&
	        EVP_DigestSign(c, (unsigned char *)room, &len,
	            (const unsigned char *)in.p, in.len) == 1,
	    "RSA signature");
	EVP_MD_CTX_free(c);
	buf_added(out, len);
	return 0;
}

struct crypto_mac {
	EVP_MAC_CTX *ctx; /* holds the key */
};

struct crypto_mac *
crypto_mac_new(struct str key)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(
		                    OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end() };
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	struct crypto_mac *m = xcalloc(1, sizeof(*m));

	must(hmac != NULL, "HMAC");
	m->ctx = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	must(m->ctx && key.len &&
	        EVP_MAC_init(
	            m->ctx, (const unsigned char *)key.p, key.len, params) == 1,
	    "HMAC key");
	return m;
}

void
crypto_mac_free(struct crypto_mac **mp)
{
	if (*mp)
		EVP_MAC_CTX_free((*mp)->ctx);
	free(*mp);
	*mp = NULL;
}

void
crypto_mac(
    struct crypto_mac *m, struct str in, uint8_t out[CRYPTO_SHA256_BYTES])
{
	size_t len;

	/* Without a key: the one it has. */
	must(EVP_MAC_init(m->ctx, NULL, 0, NULL) == 1 &&
	        EVP_MAC_update(m->ctx, (const unsigned char *)in.p, in.len) ==
	            1 &&
	        EVP_MAC_final(m->ctx, out, &len, CRYPTO_SHA256_BYTES) == 1,
	    "HMAC-SHA-256");
}

void
crypto_pbkdf2_sha256(struct str password, struct str salt, unsigned iterations,
    uint8_t out[CRYPTO_SHA256_BYTES])
{
	must(password.len <= INT_MAX && salt.len <= INT_MAX &&
	        iterations <= INT_MAX,
	    "PBKDF2 input");
	must(
	    PKCS5_PBKDF2_HMAC(password.len ? password.p : "", (int)password.len,
	        (const unsigned char *)salt.p, (int)salt.len, (int)iterations,
	        EVP_sha256(), CRYPTO_SHA256_BYTES, out) == 1,
	    "PBKDF2");
}

/* A context with key, nonce and the bound bytes; seal: 1, open: 0. */
static EVP_CIPHER_CTX *
gcm_begin(const uint8_t *key, const uint8_t *nonce, struct str bound, int seal)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;

	must(c != NULL, "memory");
	must(EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce, seal) ==
	        1,
	    "AES-GCM");
	if (bound.len > 0)
		must(EVP_CipherUpdate(c, NULL, &n,
		         (const unsigned char *)bound.p, (int)bound.len) == 1,
		    "AES-GCM bound bytes");
	return c;
}

int
crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], struct str bound,
    struct str plain, struct buf *out)
{
	uint8_t *nonce, *text;
	EVP_CIPHER_CTX *c;
	char *room;
	int n = 0;

	if (plain.len > INT_MAX || bound.len > INT_MAX)
		return -1;
	room = buf_reserve(out, plain.len + CRYPTO_SEAL_EXTRA);
	if (!room)
		return -1;
	nonce = (uint8_t *)room;
	text = nonce + CRYPTO_NONCE_BYTES;
	crypto_random(nonce, CRYPTO_NONCE_BYTES);
	c = gcm_begin(key, nonce, bound, 1);
	if (plain.len > 0)
		must(EVP_CipherUpdate(c, text, &n,
		         (const unsigned char *)plain.p, (int)plain.len) == 1,
		    "AES-GCM");
	must(EVP_CipherFinal_ex(c, text + plain.len, &n) == 1, "AES-GCM");
	must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, CRYPTO_TAG_BYTES,
	         text + plain.len) == 1,
	    "AES-GCM tag");
	EVP_CIPHER_CTX_free(c);
	buf_added(out, plain.len + CRYPTO_SEAL_EXTRA);
	return 0;
}

bool
crypto_open(const uint8_t key[CRYPTO_KEY_BYTES], struct str bound,
    struct str sealed, struct buf *out)
{
	const uint8_t *nonce = (const uint8_t *)sealed.p;
	uint8_t tag[CRYPTO_TAG_BYTES];
	EVP_CIPHER_CTX *c;
	size_t len;
	char *room;
	int n = 0;
	bool ok;

	if (sealed.len < CRYPTO_SEAL_EXTRA || sealed.len > INT_MAX ||
	    bound.len > INT_MAX)
		return false;
	len = sealed.len - CRYPTO_SEAL_EXTRA;
	room = buf_reserve(out, len);
	if (!room)
		return false;
	memcpy(tag, sealed.p + sealed.len - CRYPTO_TAG_BYTES, sizeof(tag));
	c = gcm_begin(key, nonce, bound, 0);
	if (len > 0)
		must(EVP_CipherUpdate(c, (uint8_t *)room, &n,
		         nonce + CRYPTO_NONCE_BYTES, (int)len) == 1,
		    "AES-GCM");
	must(EVP_CIPHER_CTX_ctrl(
	         c, EVP_CTRL_GCM_SET_TAG, CRYPTO_TAG_BYTES, tag) == 1,
	    "AES-GCM tag");
	ok = EVP_CipherFinal_ex(c, (uint8_t *)room + len, &n) == 1;
	EVP_CIPHER_CTX_free(c);
	/* Text that was not authenticated must not stay around either. */
	if (ok)
		buf_added(out, len);
	else
		OPENSSL_cleanse(room, len);
	return ok;
}

#define BASE64_COMMON                                                          \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char base64_digit[] = BASE64_COMMON "+/";
static const char base64url_digit[] = BASE64_COMMON "-_";

/* At least n bytes, of which there are one to three, as four digits. */
static void
put_group(const char *digit, const unsigned char *p, size_t n, char *q)
{
	uint32_t v = (uint32_t)p[0] << 16;

	if (n > 1)
		v |= (uint32_t)p[1] << 8;
	if (n > 2)
		v |= p[2];
	q[0] = digit[v >> 18];
	q[1] = digit[v >> 12 & 63];
	q[2] = n > 1 ? digit[v >> 6 & 63] : '=';
	q[3] = n > 2 ? digit[v & 63] : '=';
}

static int
encode(const char *digit, struct str in, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)in.p;
	size_t len = (in.len + 2) / 3 * 4;
	char *q;

	if (in.len > SIZE_MAX / 2)
		return -1;
	q = buf_reserve(out, len);
	if (!q)
		return -1;
	for (size_t i = 0; i < in.len; i += 3, q += 4)
		put_group(digit, p + i, in.len - i < 3 ? in.len - i : 3, q);
	buf_added(out, len);
	return 0;
}

int
crypto_base64(struct str in, struct buf *out)
{
	return encode(base64_digit, in, out);
}

int
crypto_base64url(struct str in, struct buf *out)
{
	if (encode(base64url_digit, in, out) < 0)
		return -1;
	if (in.len % 3)
		buf_truncate(out, out->len - (3 - in.len % 3));
	return 0;
}

/* -1: not a digit.  The last two are the alphabet's own. */
static int
base64_value(const char *digit, char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == digit[62] ? 62 : c == digit[63] ? 63 : -1;
}

/* Four digits of which npad are padding; false: not canonical. */
static bool
base64_group(
    const char *digit, const char *p, unsigned npad, unsigned char out[3])
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++) {
		int d = i < 4 - npad ? base64_value(digit, p[i]) : 0;

		if (d < 0)
			return false;
		v = v << 6 | (uint32_t)d;
	}
	out[0] = (unsigned char)(v >> 16);
	out[1] = (unsigned char)(v >> 8);
	out[2] = (unsigned char)v;
	/* Bits that stand for nothing must be zero. */
	return (npad < 1 || out[2] == 0) && (npad < 2 || out[1] == 0);
}

/* npad of the last group is missing, or is there and not looked at. */
static bool
decode(const char *digit, struct str in, unsigned npad, struct buf *out)
{
	size_t before = out->len;

	for (size_t i = 0; i < in.len; i += 4) {
		unsigned pad = i + 4 >= in.len ? npad : 0;
		unsigned char three[3];

		if (!base64_group(digit, in.p + i, pad, three) ||
		    buf_add(out, three, 3 - pad) < 0) {
			buf_truncate(out, before);
			return false;
		}
	}
	return true;
}

bool
crypto_base64_decode(struct str in, struct buf *out)
{
	unsigned npad = 0;

	if (in.len % 4 != 0)
		return false;
	if (in.len > 0 && in.p[in.len - 1] == '=')
		npad = in.p[in.len - 2] == '=' ? 2 : 1;
	return decode(base64_digit, in, npad, out);
}

bool
crypto_base64url_decode(struct str in, struct buf *out)
{
	/* One digit alone is no byte. */
	return in.len % 4 != 1 &&
	    decode(base64url_digit, in, (unsigned)(4 - in.len % 4) % 4, out);
}

int
crypto_hex(struct str in, struct buf *out)
{
	static const char digit[] = "0123456789abcdef";
	char *q;

	if (in.len > SIZE_MAX / 2)
		return -1;
	q = buf_reserve(out, 2 * in.len);
	if (!q)
		return -1;
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)in.p[i];

		*q++ = digit[c >> 4];
		*q++ = digit[c & 15];
	}
	buf_added(out, 2 * in.len);
	return 0;
}

bool
crypto_hex_decode(struct str in, struct buf *out)
{
	size_t before = out->len;

	if (in.len % 2)
		return false;
	for (size_t i = 0; i < in.len; i += 2) {
		int high = str_hex_digit(in.p[i]);
		int low = str_hex_digit(in.p[i + 1]);

		if (high < 0 || low < 0 ||
		    buf_addc(out, (char)(high << 4 | low)) < 0) {
			buf_truncate(out, before);
			return false;
		}
	}
	return true;
}
