#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/crypto.h"

static const uint8_t key[CRYPTO_KEY_BYTES] = "a key of thirty-two bytes......";

static void
assert_hex(const uint8_t *p, size_t len, const char *want)
{
	char got[2 * CRYPTO_SHA256_BYTES + 1];

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
