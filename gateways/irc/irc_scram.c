/*
 * RFC 5802 3, with SHA-256:
 *
 *	ClientKey        HMAC(key, "Client Key")
 *	StoredKey        SHA-256(ClientKey)
 *	ClientProof      ClientKey XOR HMAC(StoredKey, auth)
 *	ServerSignature  HMAC(HMAC(key, "Server Key"), auth)
 *
 * where auth is the first message without "n,,", the server's answer and the
 * second message without its proof, with commas between.
 */
#include "irc/irc_scram.h"

#include "lib/secret.h"

void
irc_scram_init(struct irc_scram *s)
{
	*s = (struct irc_scram){ 0 };
	buf_init(&s->nonce, IRC_SCRAM_MAX);
	buf_init(&s->auth, 4 * IRC_SCRAM_MAX);
	buf_init(&s->salt, IRC_SCRAM_MAX);
}

void
irc_scram_release(struct irc_scram *s)
{
	buf_release(&s->nonce);
	buf_release(&s->auth);
	buf_release(&s->salt);
	irc_scram_init(s);
}

/* A name may hold what separates the fields. */
static void
add_name(struct buf *out, struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] == ',')
			buf_add_str(out, STR("=2C"));
		else if (name.p[i] == '=')
			buf_add_str(out, STR("=3D"));
		else
			buf_addc(out, name.p[i]);
}

int
irc_scram_first(
    struct irc_scram *s, struct str user, struct str nonce, struct buf *out)
{
	irc_scram_release(s);
	buf_add_str(&s->nonce, nonce);
	buf_add_str(&s->auth, STR("n="));
	add_name(&s->auth, user);
	buf_addf(&s->auth, ",r=" STR_FMT, STR_ARG(nonce));
	buf_addf(out, "n,," STR_FMT, STR_ARG(buf_str(&s->auth)));
	return buf_is_full(&s->nonce) || buf_is_full(&s->auth) ||
	        buf_is_full(out)
	    ? -1
	    : 0;
}

/* The value of "x=value"; p NULL: another field, or none. */
static struct str
field(struct str *in, char name)
{
	struct str one;

	if (!str_cut(in, ',', &one) || one.len < 2 || one.p[0] != name ||
	    one.p[1] != '=')
		return (struct str){ NULL, 0 };
	return str_skip(one, 2);
}

/* 0: not a number within the limits. */
static unsigned
iterations(struct str digits)
{
	unsigned n = 0;

	if (digits.len == 0 || digits.len > 7)
		return 0;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return 0;
		n = 10 * n + (unsigned)(digits.p[i] - '0');
	}
	return n < IRC_SCRAM_ITERATIONS_MIN || n > IRC_SCRAM_ITERATIONS_MAX ? 0
	                                                                    : n;
}

const char *
irc_scram_challenge(struct irc_scram *s, struct str in)
{
	struct str rest = in, nonce = field(&rest, 'r');
	struct str salt = field(&rest, 's'), count = field(&rest, 'i');

	if (in.len > IRC_SCRAM_MAX || !nonce.p || !salt.p || !count.p)
		return "the server's challenge is not SCRAM";
	if (nonce.len <= s->nonce.len || !str_starts(nonce, buf_str(&s->nonce)))
		return "the server answers a login that is not ours";
	s->iterations = iterations(count);
	if (s->iterations == 0)
		return "the server asks for too few or too many iterations";
	if (!crypto_base64_decode(salt, &s->salt) || s->salt.len == 0)
		return "the server's salt is not base64";
	buf_clear(&s->nonce);
	buf_add_str(&s->nonce, nonce);
	buf_addf(&s->auth, "," STR_FMT, STR_ARG(in));
	return NULL;
}

static void
hmac(const uint8_t key[CRYPTO_SHA256_BYTES], struct str in,
    uint8_t out[CRYPTO_SHA256_BYTES])
{
	crypto_hmac_sha256(
	    str_of((const char *)key, CRYPTO_SHA256_BYTES), in, out);
}

/* proof: ClientKey, signed. */
static void
prove(const uint8_t key[CRYPTO_SHA256_BYTES], struct str auth,
    uint8_t proof[CRYPTO_SHA256_BYTES])
{
	uint8_t stored[CRYPTO_SHA256_BYTES], signature[CRYPTO_SHA256_BYTES];

	hmac(key, STR("Client Key"), proof);
	crypto_sha256(str_of((const char *)proof, CRYPTO_SHA256_BYTES), stored);
	hmac(stored, auth, signature);
	for (size_t i = 0; i < CRYPTO_SHA256_BYTES; i++)
		proof[i] ^= signature[i];
	secret_wipe(stored, sizeof(stored));
}

int
irc_scram_answer(struct irc_scram *s, const uint8_t key[CRYPTO_SHA256_BYTES],
    struct buf *out)
{
	uint8_t proof[CRYPTO_SHA256_BYTES], server[CRYPTO_SHA256_BYTES];
	size_t from = out->len;

	/* "biws" is base64 of "n,,": no channel binding. */
	buf_addf(out, "c=biws,r=" STR_FMT, STR_ARG(buf_str(&s->nonce)));
	buf_addf(&s->auth, "," STR_FMT, STR_ARG(str_skip(buf_str(out), from)));
	prove(key, buf_str(&s->auth), proof);
	hmac(key, STR("Server Key"), server);
	hmac(server, buf_str(&s->auth), s->signature);
	buf_add_str(out, STR(",p="));
	crypto_base64(str_of((const char *)proof, sizeof(proof)), out);
	secret_wipe(server, sizeof(server));
	s->answered = true;
	return buf_is_full(&s->auth) || buf_is_full(out) ? -1 : 0;
}

bool
irc_scram_verify(const struct irc_scram *s, struct str in)
{
	struct str rest = in, v = field(&rest, 'v');
	struct buf said;
	bool ok;

	if (!s->answered || !v.p)
		return false;
	buf_init(&said, IRC_SCRAM_MAX);
	ok = crypto_base64_decode(v, &said) &&
	    secret_eq(buf_str(&said),
	        str_of((const char *)s->signature, sizeof(s->signature)));
	buf_release(&said);
	return ok;
}
