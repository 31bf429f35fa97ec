/*
 * Two lines: what stands in a header as a token, and the claims of a token
 * that we make with the key.  Whatever the bytes:
 *
 *	nobody who has not the key makes a token that is opened
 *	a token made with the key gives its claims back, byte for byte
 *	claims are looked at to the end, whatever is in them; those that hold
 *	are of a time that is not over
 */
#include <stdlib.h>

#include "sms/sms_jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ALGS = 1 << CRYPTO_SHA256 | 1 << CRYPTO_SHA512 };

static const int64_t now_utc = 1700000000LL * 1000;

static const struct sms_proof proof = {
	.scheme = SMS_SCHEME_JWT_HS,
	.secret = { "known to two", 12 },
	.header = { "Authorization", 13 },
	.algs = ALGS,
	.leeway_s = 1,
	.skew_s = 300,
};

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
forge(struct str token)
{
	struct buf claims, mac;

	buf_init(&claims, SMS_JWT_MAX);
	buf_init(&mac, CRYPTO_DIGEST_MAX);
	check(sms_jwt_open(token, ALGS, proof.secret, &claims, &mac, NULL) < 0);
	buf_release(&claims);
	buf_release(&mac);
}

static void
make(struct str claims, struct buf *out)
{
	uint8_t mac[CRYPTO_DIGEST_MAX];
	size_t n;

	crypto_base64url(STR("{\"alg\":\"HS256\"}"), out);
	buf_addc(out, '.');
	crypto_base64url(claims, out);
	n = crypto_hmac(CRYPTO_SHA256, proof.secret, buf_str(out), mac);
	buf_addc(out, '.');
	crypto_base64url(str_of((const char *)mac, n), out);
}

static void
open_again(struct str claims)
{
	struct buf token, got, mac;
	struct sms_pair header = { proof.header, STR_EMPTY };
	struct sms_hook_ask ask = { .header = &header, .nheader = 1 };
	struct sms_once once;

	buf_init(&token, SMS_JWT_MAX);
	buf_init(&got, SMS_JWT_MAX);
	buf_init(&mac, CRYPTO_DIGEST_MAX);
	make(claims, &token);
	if (!buf_is_full(&token)) {
		check(sms_jwt_open(buf_str(&token), ALGS, proof.secret, &got,
		          &mac, NULL) == 0);
		check(str_eq(buf_str(&got), claims));
		header.value = buf_str(&token);
		if (sms_proof_check(&proof, &ask, now_utc, &once, NULL) == 0)
			check(once.until_utc >= now_utc);
	}
	buf_release(&token);
	buf_release(&got);
	buf_release(&mac);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_of((const char *)data, size), first;

	str_cut(&rest, '\n', &first);
	forge(first);
	open_again(rest.p ? rest : STR_EMPTY);
	return 0;
}
