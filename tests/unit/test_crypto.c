#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/crypto.h"

#include "known_key.h"

static const uint8_t key[CRYPTO_KEY_BYTES] = "a key of thirty-two bytes......";

static void
assert_hex(const uint8_t *p, size_t len, const char *want)
{
	char got[2 * CRYPTO_DIGEST_MAX + 1];

	for (size_t i = 0; i < len; i++)
		snprintf(got + 2 * i, 3, "%02x", p[i]);
	assert_string_equal(got, want);
}

static void
digests_match_the_published_ones(void **state)
{
	uint8_t out[CRYPTO_SHA256_BYTES];

	(void)state;
	/* FIPS 180-4 examples */
	crypto_sha1(STR("abc"), out);
	assert_hex(
	    out, CRYPTO_SHA1_BYTES, "a9993e364706816aba3e25717850c26c9cd0d89d");
	crypto_sha256(STR("abc"), out);
	assert_hex(out, CRYPTO_SHA256_BYTES,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	/* RFC 4231 test case 2 */
	crypto_hmac_sha256(
	    STR("Jefe"), STR("what do ya want for nothing?"), out);
	assert_hex(out, CRYPTO_SHA256_BYTES,
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
}

static void
an_empty_key_is_not_the_one_before(void **state)
{
	uint8_t a[CRYPTO_SHA256_BYTES], b[CRYPTO_SHA256_BYTES];

	(void)state;
	crypto_hmac_sha256(str_of(NULL, 0), STR("x"), a);
	crypto_hmac_sha256(STR("other"), STR("x"), b);
	crypto_hmac_sha256(str_of(NULL, 0), STR("x"), b);
	assert_memory_equal(a, b, sizeof(a));
}

/* RFC 7914 11 */
static void
a_key_is_derived_as_published(void **state)
{
	uint8_t made[CRYPTO_SHA256_BYTES];
	static const uint8_t head[] = { 0x55, 0xac, 0x04, 0x6e, 0x56, 0xe3,
		0x08, 0x9f };

	(void)state;
	crypto_pbkdf2_sha256(STR("passwd"), STR("salt"), 1, made);
	assert_memory_equal(made, head, sizeof(head));
}

static void
random_hex_is_hex_and_differs(void **state)
{
	char a[33], b[33];

	(void)state;
	crypto_random_hex(a, 16);
	crypto_random_hex(b, 16);
	assert_int_equal(strlen(a), 32);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_string_not_equal(a, b);
	assert_true(crypto_random_u32() != crypto_random_u32() ||
	    crypto_random_u32() != crypto_random_u32());
}

static void
what_is_sealed_can_be_opened(void **state)
{
	static const char *const plain[] = { "", "p", "a longer password" };
	struct buf sealed, out;

	(void)state;
	buf_init(&sealed, 1024);
	buf_init(&out, 1024);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct str in = str_c(plain[i]);

		buf_clear(&sealed);
		buf_clear(&out);
		assert_int_equal(crypto_seal(key, STR("me"), in, &sealed), 0);
		assert_int_equal(sealed.len, in.len + CRYPTO_SEAL_EXTRA);
		assert_true(
		    crypto_open(key, STR("me"), buf_str(&sealed), &out));
		assert_true(str_eq(buf_str(&out), in));
	}
	buf_release(&sealed);
	buf_release(&out);
}

static void
a_changed_bit_anywhere_is_noticed(void **state)
{
	struct buf sealed, out;

	(void)state;
	buf_init(&sealed, 1024);
	buf_init(&out, 1024);
	assert_int_equal(
	    crypto_seal(key, STR("user/net"), STR("secret"), &sealed), 0);
	for (size_t i = 0; i < sealed.len; i++) {
		sealed.p[i] ^= 1;
		assert_false(
		    crypto_open(key, STR("user/net"), buf_str(&sealed), &out));
		sealed.p[i] ^= 1;
	}
	assert_false(
	    crypto_open(key, STR("user/other"), buf_str(&sealed), &out));
	assert_false(crypto_open(key, STR("user/net"),
	    str_head(buf_str(&sealed), CRYPTO_SEAL_EXTRA - 1), &out));
	assert_int_equal(out.len, 0);
	buf_release(&sealed);
	buf_release(&out);
}

static void
sealing_over_the_ceiling_adds_nothing(void **state)
{
	struct buf small;

	(void)state;
	buf_init(&small, 20);
	assert_int_equal(crypto_seal(key, STR(""), STR("secret"), &small), -1);
	assert_int_equal(small.len, 0);
	buf_release(&small);
}

/* RFC 4648 section 10 */
static const char *const base64[][2] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xff\xef\xbe~", "/+++fg==" },
};

static void
base64_matches_the_published_vectors(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	for (size_t i = 0; i < sizeof(base64) / sizeof(base64[0]); i++) {
		buf_clear(&b);
		assert_int_equal(crypto_base64(str_c(base64[i][0]), &b), 0);
		assert_string_equal(b.p, base64[i][1]);
		buf_clear(&b);
		assert_true(crypto_base64_decode(str_c(base64[i][1]), &b));
		assert_true(str_is(buf_str(&b), base64[i][0]));
	}
	buf_release(&b);
}

static void
base64_that_is_not_canonical_is_refused(void **state)
{
	static const char *const bad[] = { "Z", "Zg",
		"Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "Zm9v\n",
		"Zm 9", "Zm9v====", "Zm9vZm9*" };
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (crypto_base64_decode(str_c(bad[i]), &b))
			fail_msg("decoded: %s", bad[i]);
		assert_int_equal(b.len, 0);
	}
	buf_release(&b);
}

static void
a_key_used_again_makes_the_same(void **state)
{
	struct crypto_mac *m = crypto_mac_new(STR("Jefe"));
	uint8_t once[CRYPTO_SHA256_BYTES], again[CRYPTO_SHA256_BYTES];
	static const char *const in[] = { "what do ya want for nothing?", "",
		"a", "what do ya want for nothing?" };

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		crypto_hmac_sha256(STR("Jefe"), str_c(in[i]), once);
		crypto_mac(m, str_c(in[i]), again);
		assert_memory_equal(once, again, sizeof(once));
	}
	crypto_mac_free(&m);
	assert_null(m);
}

/* "abc", and RFC 4231 4.3 (RFC 2202 2 and 3 for the old ones). */
static const struct {
	enum crypto_digest alg;
	size_t len;
	const char *digest, *hmac;
} digests[] = {
	{ CRYPTO_MD5, 16, "900150983cd24fb0d6963f7d28e17f72",
	    "750c783e6ab0b503eaa86e310a5db738" },
	{ CRYPTO_SHA1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d",
	    "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ CRYPTO_SHA256, 32,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad",
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843" },
	{ CRYPTO_SHA384, 48,
	    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
	    "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
	    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
	    "e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649" },
	{ CRYPTO_SHA512, 64,
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce73"
	    "7" },
};

static void
every_digest_matches_the_published_ones(void **state)
{
	uint8_t out[CRYPTO_DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		assert_int_equal(crypto_digest(digests[i].alg, STR("abc"), out),
		    digests[i].len);
		assert_hex(out, digests[i].len, digests[i].digest);
		assert_int_equal(crypto_hmac(digests[i].alg, STR("Jefe"),
		                     STR("what do ya want for nothing?"), out),
		    digests[i].len);
		assert_hex(out, digests[i].len, digests[i].hmac);
	}
}

/* RFC 8032 7.1, test 2. */
static void
ed25519_signatures_are_checked(void **state)
{
	struct buf public_key, sig;

	(void)state;
	buf_init(&public_key, 64);
	buf_init(&sig, 64);
	assert_true(crypto_hex_decode(STR("3d4017c3e843895a92b70aa74d1b7ebc"
	                                  "9c982ccf2ec4968cc0cd55f12af4660c"),
	    &public_key));
	assert_true(crypto_hex_decode(
	    STR("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69"
	        "da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb"
	        "0c00"),
	    &sig));
	assert_true(crypto_ed25519_verify(
	    (uint8_t *)public_key.p, STR("\x72"), (uint8_t *)sig.p));
	assert_false(crypto_ed25519_verify(
	    (uint8_t *)public_key.p, STR("\x73"), (uint8_t *)sig.p));
	for (size_t i = 0; i < sig.len; i++) {
		sig.p[i] ^= 1;
		assert_false(crypto_ed25519_verify(
		    (uint8_t *)public_key.p, STR("\x72"), (uint8_t *)sig.p));
		sig.p[i] ^= 1;
	}
	buf_release(&public_key);
	buf_release(&sig);
}

/* RFC 7515 A.2 */
static void
rsa_signatures_are_as_published(void **state)
{
	struct err err = ERR_INIT;
	struct crypto_rsa *k = crypto_rsa_new(str_c(known_rsa_key), &err);
	struct buf raw, text;

	(void)state;
	assert_non_null(k);
	buf_init(&raw, 1024);
	buf_init(&text, 1024);
	assert_int_equal(
	    crypto_rsa_sign(k,
	        STR("eyJhbGciOiJSUzI1NiJ9."
	            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly"
	            "9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"),
	        &raw),
	    0);
	assert_int_equal(crypto_base64url(buf_str(&raw), &text), 0);
	assert_string_equal(text.p,
	    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
	    "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
	    "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
	    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
	    "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
	    "p0igcN_IoypGlUPQGe77Rw");
	buf_release(&raw);
	buf_release(&text);
	crypto_rsa_free(&k);
	assert_null(k);
}

static const char short_rsa_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALRRM/PYN2YRk0gN\n"
    "tVl0BC2pJPYL6RMANFNE1B2rfuUgc6SafK/l/0SxdK0pX9IOAx+MLVwIKRHcmQsi\n"
    "FjI/BygWFsbxYA8NUWZkChYmxJjum5lZIsUhz5BBA2W5sle+cD9OFkmCupFJ0TP+\n"
    "qgZjCruT44D0fLZqbHjB6XxU4ZLDAgMBAAECgYEAmK1FAwwpZCgvf8vzqKlePFdC\n"
    "r37IO8lphLP7sp+aE2HV6SLRvpJNARoMg+5Lbu1kYZrscUeLls8lWtLi3mqVoERw\n"
    "Ivli+mGEpoOgWECwJVfz4T78uzq6q79AHkqbNTKvEIyvqATdsW6E2bt7HfuprSiR\n"
    "wF1oCqNnoeepI4QbSDkCQQDfP1k/4tmS4slhOBMeA+8S+aL3yHFibLB+Hefag9no\n"
    "FTzQUkXrma4Bk74tyju8yKngxc+gK0oyfl+15FokjxtvAkEAzsV+lJYsQPyCy++U\n"
    "ViFyckfq/ZIQlF36IuH1wFIOjekjFyZV2Bq36AlPQ+Bxzm2dj9HP/AMIRJjcJjSN\n"
    "sCsj7QJACaydGX+jHhJl16iua2aQPapDvakaAMHlBBIXsgh0sPH6qKxoC0WlnLvi\n"
    "SemxnQS1F+B6lt5JYNbJHwC+R0dMUQJAd49dBP/csOsRmmh65l7KtWf+agb2jUPV\n"
    "6iusFTudbNM81hr1klLIumP/sGjshYd+jvWsBLWgJ0IYMgM7Vn1rdQJAVm5UV+UW\n"
    "dOsh78D4jrCTmJs4xYScZ3637ZH9iTO489v/nJoRapxDfl2ECDYAmiYE6vK2jxCd\n"
    "+l9w2WrNN06x2w==\n"
    "-----END PRIVATE KEY-----\n";

static const char other_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTs1aqSMuSpcsgOyf\n"
    "eCp1qBAO0i4XG78ZXwI4EQuTK9GhRANCAATjDD3DSku2dctJWFWsSVFkMudkvoWx\n"
    "Rtdd72IokK0L70RJRz6AqimjvivbRqZTQldaUwo5XckpUlDniwtN+5Cp\n"
    "-----END PRIVATE KEY-----\n";

static void
only_long_rsa_keys_are_taken(void **state)
{
	const char *const bad[] = {
		"", "nonsense", short_rsa_key, other_key,
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = ERR_INIT;
		assert_null(crypto_rsa_new(str_c(bad[i]), &err));
		assert_int_equal(err.kind, ERR_BAD_INPUT);
	}
}

static void
base64url_has_no_padding_and_its_own_digits(void **state)
{
	static const char *const pair[][2] = { { "", "" }, { "f", "Zg" },
		{ "fo", "Zm8" }, { "foo", "Zm9v" },
		{ "\xff\xef\xbe~", "_---fg" } };
	static const char *const bad[] = { "Z", "Zg==", "Zh", "Zm9", "/+++fg",
		"Zm9v\n", "Zm9vZ", "Zm8=", "A" };
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	for (size_t i = 0; i < sizeof(pair) / sizeof(pair[0]); i++) {
		buf_clear(&b);
		assert_int_equal(crypto_base64url(str_c(pair[i][0]), &b), 0);
		assert_string_equal(b.p, pair[i][1]);
		buf_clear(&b);
		assert_true(crypto_base64url_decode(str_c(pair[i][1]), &b));
		assert_true(str_is(buf_str(&b), pair[i][0]));
	}
	buf_clear(&b);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (crypto_base64url_decode(str_c(bad[i]), &b))
			fail_msg("decoded: %s", bad[i]);
		assert_int_equal(b.len, 0);
	}
	buf_release(&b);
}

static void
hex_is_whole_bytes(void **state)
{
	static const char *const bad[] = { "0", "0g", "g0", "00 ", "0x00" };
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(crypto_hex(STR("\0\x7f\xff"), &b), 0);
	assert_string_equal(b.p, "007fff");
	assert_int_equal(crypto_hex(STR("ab"), &b), -1);
	buf_clear(&b);
	assert_true(crypto_hex_decode(STR("007FfF"), &b));
	assert_true(str_eq(buf_str(&b), STR("\0\x7f\xff")));
	buf_clear(&b);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(crypto_hex_decode(str_c(bad[i]), &b));
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_match_the_published_ones),
		cmocka_unit_test(an_empty_key_is_not_the_one_before),
		cmocka_unit_test(a_key_used_again_makes_the_same),
		cmocka_unit_test(a_key_is_derived_as_published),
		cmocka_unit_test(random_hex_is_hex_and_differs),
		cmocka_unit_test(what_is_sealed_can_be_opened),
		cmocka_unit_test(a_changed_bit_anywhere_is_noticed),
		cmocka_unit_test(sealing_over_the_ceiling_adds_nothing),
		cmocka_unit_test(base64_matches_the_published_vectors),
		cmocka_unit_test(base64_that_is_not_canonical_is_refused),
		cmocka_unit_test(every_digest_matches_the_published_ones),
		cmocka_unit_test(ed25519_signatures_are_checked),
		cmocka_unit_test(rsa_signatures_are_as_published),
		cmocka_unit_test(only_long_rsa_keys_are_taken),
		cmocka_unit_test(base64url_has_no_padding_and_its_own_digits),
		cmocka_unit_test(hex_is_whole_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
