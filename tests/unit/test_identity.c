#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/identity.h"

static void
each_is_another_and_fits(void **state)
{
	char a256[IDENTITY_SHA256_HEX], a512[IDENTITY_SHA512_HEX];
	char b256[IDENTITY_SHA256_HEX], b512[IDENTITY_SHA512_HEX];
	struct buf a, b;

	(void)state;
	buf_init(&a, IDENTITY_MAX);
	buf_init(&b, IDENTITY_MAX);
	identity_new(&a);
	identity_new(&b);
	assert_true(a.len > 0 && !buf_is_full(&a));
	assert_true(identity_fingerprints(buf_str(&a), a256, a512));
	assert_true(identity_fingerprints(buf_str(&b), b256, b512));
	assert_int_equal(strlen(a256), 64);
	assert_int_equal(strlen(a512), 128);
	assert_string_not_equal(a256, b256);
	assert_string_not_equal(a512, b512);
	buf_release(&a);
	buf_release(&b);
}

static void
what_is_none_has_no_fingerprint(void **state)
{
	char sha256[IDENTITY_SHA256_HEX], sha512[IDENTITY_SHA512_HEX];
	struct buf pem;

	(void)state;
	assert_false(identity_fingerprints(STR_EMPTY, sha256, sha512));
	assert_false(identity_fingerprints(STR("nonsense"), sha256, sha512));
	buf_init(&pem, IDENTITY_MAX);
	identity_new(&pem);
	assert_false(identity_fingerprints(
	    str_head(buf_str(&pem), pem.len / 2), sha256, sha512));
	buf_release(&pem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_another_and_fits),
		cmocka_unit_test(what_is_none_has_no_fingerprint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
