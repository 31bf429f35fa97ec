#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_scram.h"

/* RFC 7677 3: user "user", password "pencil". */
#define NONCE  "rOprNGfwEbeRWgbNEkqO"
#define BOTH   NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT   "W22ZaJ0SNY7soEsUEjb6gQ=="
#define SERVER "r=" BOTH ",s=" SALT ",i=4096"

static struct irc_scram s;
static struct buf out;

static int
setup(void **state)
{
	(void)state;
	irc_scram_init(&s);
	buf_init(&out, 4096);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	irc_scram_release(&s);
	buf_release(&out);
	return 0;
}

static void
first(void)
{
	buf_clear(&out);
	assert_int_equal(irc_scram_first(&s, STR("user"), STR(NONCE), &out), 0);
}

static void
the_published_dialogue_is_ours(void **state)
{
	uint8_t key[CRYPTO_SHA256_BYTES];

	(void)state;
	first();
	assert_string_equal(out.p, "n,,n=user,r=" NONCE);
	assert_null(irc_scram_challenge(&s, STR(SERVER)));
	assert_int_equal(s.iterations, 4096);
	crypto_pbkdf2_sha256(
	    STR("pencil"), buf_str(&s.salt), s.iterations, key);
	buf_clear(&out);
	assert_int_equal(irc_scram_answer(&s, key, &out), 0);
	assert_string_equal(out.p,
	    "c=biws,r=" BOTH ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	assert_true(irc_scram_verify(
	    &s, STR("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")));
}

static void
a_server_that_proves_something_else_is_noticed(void **state)
{
	static const char *const bad[] = { "", "v=", "e=other-error",
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=",
		"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" };
	uint8_t key[CRYPTO_SHA256_BYTES];

	(void)state;
	first();
	assert_false(irc_scram_verify(
	    &s, STR("v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")));
	assert_null(irc_scram_challenge(&s, STR(SERVER)));
	crypto_pbkdf2_sha256(
	    STR("pencil"), buf_str(&s.salt), s.iterations, key);
	irc_scram_answer(&s, key, &out);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(irc_scram_verify(&s, str_c(bad[i])));
}

static void
a_challenge_that_is_not_for_us_is_refused(void **state)
{
	static const char *const bad[] = { "",
		"r=,s=,i=", "r=" NONCE ",s=" SALT ",i=4096", /* nothing added */
		"r=x" BOTH ",s=" SALT ",i=4096",             /* another nonce */
		"r=" BOTH ",s=,i=4096", "r=" BOTH ",s=!,i=4096",
		"r=" BOTH ",s=" SALT, "r=" BOTH ",s=" SALT ",i=",
		"m=x,r=" BOTH ",s=" SALT ",i=4096", /* an extension */
		"r=" BOTH ",s=" SALT ",i=4095", "r=" BOTH ",s=" SALT ",i=1",
		"r=" BOTH ",s=" SALT ",i=200001",
		"r=" BOTH ",s=" SALT ",i=99999999999999999999",
		"r=" BOTH ",s=" SALT ",i=-4096",
		"r=" BOTH ",s=" SALT ",i=4e3" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		first();
		if (!irc_scram_challenge(&s, str_c(bad[i])))
			fail_msg("taken: %s", bad[i]);
	}
}

static void
a_name_cannot_be_two_fields(void **state)
{
	(void)state;
	assert_int_equal(irc_scram_first(&s, STR("a,r=b"), STR("n"), &out), 0);
	assert_string_equal(out.p, "n,,n=a=2Cr=3Db,r=n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_published_dialogue_is_ours),
		TEST(a_server_that_proves_something_else_is_noticed),
		TEST(a_challenge_that_is_not_for_us_is_refused),
		TEST(a_name_cannot_be_two_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
