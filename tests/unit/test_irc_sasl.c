#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_sasl.h"

static const struct irc_sasl_params all = {
	.account = { "user", 4 },
	.password = { "pencil", 6 },
	.nonce = { "rOprNGfwEbeRWgbNEkqO", 20 },
	.has_certificate = true,
};
static const struct irc_sasl_params password = {
	.account = { "user", 4 },
	.password = { "pencil", 6 },
	.nonce = { "rOprNGfwEbeRWgbNEkqO", 20 },
};

static struct irc_sasl s;
static struct buf out, text;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, 100000);
	buf_init(&text, 100000);
	assert_int_equal(irc_sasl_init(&s, &password), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	irc_sasl_release(&s);
	buf_release(&out);
	buf_release(&text);
	return 0;
}

static void
init(const struct irc_sasl_params *p, const char *offer)
{
	irc_sasl_release(&s);
	assert_int_equal(irc_sasl_init(&s, p), 0);
	irc_sasl_offer(&s, str_c(offer));
}

static const char *
begin(void)
{
	assert_true(irc_sasl_can(&s));
	buf_clear(&out);
	irc_sasl_begin(&s, &out);
	return out.p;
}

static const char *
numeric(unsigned code, const char *list)
{
	buf_clear(&out);
	irc_sasl_numeric(&s, code, str_c(list), &out);
	return out.p;
}

static const char *
challenge(const char *base64)
{
	buf_clear(&out);
	irc_sasl_challenge(&s, str_c(base64), &out);
	return out.p;
}

/* What one line of ours says. */
static const char *
said(void)
{
	struct str line = buf_str(&out);

	buf_clear(&text);
	line = str_skip(line, strlen("AUTHENTICATE "));
	line.len -= 2;
	assert_true(crypto_base64_decode(line, &text));
	return text.p;
}

static const char *
server_says(const char *clear)
{
	struct buf base64;

	buf_init(&base64, 4096);
	crypto_base64(str_c(clear), &base64);
	challenge(base64.p);
	buf_release(&base64);
	return out.p;
}

#define SERVER                                                                 \
	"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"                \
	"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

static void
derived(void)
{
	uint8_t key[CRYPTO_SHA256_BYTES];

	assert_int_equal(s.state, IRC_SASL_DERIVING);
	crypto_pbkdf2_sha256(STR("pencil"), buf_str(&s.talk->scram.salt),
	    s.talk->scram.iterations, key);
	buf_clear(&out);
	irc_sasl_derived(&s, key, &out);
}

static void
to_the_proof(void)
{
	init(&password, "SCRAM-SHA-256");
	assert_string_equal(begin(), "AUTHENTICATE SCRAM-SHA-256\r\n");
	challenge("+");
	assert_string_equal(said(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
	assert_string_equal(server_says(SERVER), "");
	derived();
	said();
	assert_non_null(
	    strstr(text.p, "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
}

static void
scram_proves_both_sides(void **state)
{
	(void)state;
	to_the_proof();
	assert_string_equal(
	    server_says("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
	    "AUTHENTICATE +\r\n");
	numeric(903, "");
	assert_int_equal(s.state, IRC_SASL_DONE);
}

static void
a_server_that_does_not_prove_itself_is_not_believed(void **state)
{
	(void)state;
	to_the_proof();
	numeric(903, "");
	assert_int_equal(s.state, IRC_SASL_REFUSED);
	assert_non_null(s.broken);
	to_the_proof();
	s.offered |= 1u << IRC_MECH_PLAIN;
	assert_string_equal(
	    server_says("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
	    "AUTHENTICATE *\r\n");
	assert_string_equal(numeric(906, ""), "");
	assert_int_equal(s.state, IRC_SASL_REFUSED);
}

static void
a_key_that_comes_too_late_is_nothing(void **state)
{
	uint8_t key[CRYPTO_SHA256_BYTES] = { 0 };

	(void)state;
	init(&password, "SCRAM-SHA-256");
	begin();
	challenge("+");
	server_says(SERVER);
	numeric(904, "");
	assert_int_equal(s.state, IRC_SASL_REFUSED);
	buf_clear(&out);
	irc_sasl_derived(&s, key, &out);
	assert_string_equal(out.p, "");
}

static void
the_best_is_tried_first_and_the_next_when_it_is_refused(void **state)
{
	(void)state;
	init(&all, "PLAIN,X,external,SCRAM-SHA-256");
	assert_string_equal(begin(), "AUTHENTICATE EXTERNAL\r\n");
	assert_string_equal(challenge("+"), "AUTHENTICATE dXNlcg==\r\n");
	assert_string_equal(numeric(904, ""), "AUTHENTICATE SCRAM-SHA-256\r\n");
	assert_string_equal(numeric(904, ""), "AUTHENTICATE PLAIN\r\n");
	challenge("+");
	assert_string_equal(numeric(904, ""), "");
	assert_int_equal(s.state, IRC_SASL_REFUSED);
}

static void
a_list_that_comes_late_is_followed(void **state)
{
	(void)state;
	init(&password, "");
	assert_string_equal(begin(), "AUTHENTICATE PLAIN\r\n");
	assert_string_equal(numeric(908, "EXTERNAL,SCRAM-SHA-256"), "");
	assert_string_equal(numeric(904, ""), "AUTHENTICATE SCRAM-SHA-256\r\n");
	assert_string_equal(numeric(904, ""), "");
	assert_int_equal(s.state, IRC_SASL_MISSING);
}

static void
the_mechanism_that_the_user_wants_is_the_only_one(void **state)
{
	struct irc_sasl_params p = all;

	(void)state;
	p.mechanism = STR("scram-sha-256");
	init(&p, "PLAIN,EXTERNAL");
	assert_false(irc_sasl_can(&s));
	init(&p, "");
	assert_string_equal(begin(), "AUTHENTICATE SCRAM-SHA-256\r\n");
	numeric(904, "");
	assert_int_equal(s.state, IRC_SASL_MISSING);
	assert_true(irc_sasl_knows(STR("plain")));
	assert_false(irc_sasl_knows(STR("CRAM-MD5")));
}

static void
a_certificate_alone_is_enough_for_external(void **state)
{
	const struct irc_sasl_params p = { .has_certificate = true };

	(void)state;
	init(&p, "EXTERNAL,PLAIN,SCRAM-SHA-256");
	assert_string_equal(begin(), "AUTHENTICATE EXTERNAL\r\n");
	assert_string_equal(challenge("+"), "AUTHENTICATE +\r\n");
	numeric(903, "");
	assert_int_equal(s.state, IRC_SASL_DONE);
}

static void
a_certificate_that_nobody_asks_for_is_no_wish(void **state)
{
	const struct irc_sasl_params p = { .has_certificate = true };

	(void)state;
	init(&p, "PLAIN");
	assert_false(irc_sasl_can(&s));
	irc_sasl_missing(&s);
	assert_int_equal(s.state, IRC_SASL_OFF);
	init(&password, "EXTERNAL");
	irc_sasl_missing(&s);
	assert_int_equal(s.state, IRC_SASL_MISSING);
}

static void
a_login_by_other_means_is_one(void **state)
{
	(void)state;
	init(&password, "SCRAM-SHA-256");
	begin();
	numeric(907, "");
	assert_int_equal(s.state, IRC_SASL_DONE);
}

static void
a_challenge_without_end_is_given_up(void **state)
{
	char chunk[401];

	(void)state;
	memset(chunk, 'A', 400);
	chunk[400] = '\0';
	init(&password, "SCRAM-SHA-256");
	begin();
	for (int i = 0; i < 5; i++)
		assert_string_equal(challenge(chunk), "");
	assert_string_equal(challenge(chunk), "AUTHENTICATE *\r\n");
	assert_string_equal(challenge(chunk), "");
	numeric(906, "");
	assert_true(s.state == IRC_SASL_MISSING || s.state == IRC_SASL_REFUSED);
}

static void
plain_has_nothing_to_say_to_questions(void **state)
{
	(void)state;
	init(&password, "PLAIN");
	begin();
	assert_string_equal(server_says("why"), "AUTHENTICATE *\r\n");
	assert_string_equal(challenge("+"), "");
}

static void
a_long_challenge_comes_in_pieces(void **state)
{
	struct buf clear, base64;

	(void)state;
	init(&password, "SCRAM-SHA-256");
	begin();
	challenge("+");
	buf_init(&clear, 4096);
	buf_init(&base64, 4096);
	buf_addf(&clear, "r=rOprNGfwEbeRWgbNEkqO");
	while (clear.len < 300 - strlen(",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
		buf_addc(&clear, 'x');
	buf_addf(&clear, ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
	crypto_base64(buf_str(&clear), &base64);
	assert_int_equal(base64.len, 400);
	assert_string_equal(challenge(base64.p), "");
	assert_int_equal(s.state, IRC_SASL_SENT);
	assert_string_equal(challenge("+"), "");
	assert_int_equal(s.state, IRC_SASL_DERIVING);
	buf_release(&clear);
	buf_release(&base64);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scram_proves_both_sides),
		TEST(a_server_that_does_not_prove_itself_is_not_believed),
		TEST(a_key_that_comes_too_late_is_nothing),
		TEST(the_best_is_tried_first_and_the_next_when_it_is_refused),
		TEST(a_list_that_comes_late_is_followed),
		TEST(the_mechanism_that_the_user_wants_is_the_only_one),
		TEST(a_certificate_alone_is_enough_for_external),
		TEST(a_certificate_that_nobody_asks_for_is_no_wish),
		TEST(a_login_by_other_means_is_one),
		TEST(a_challenge_without_end_is_given_up),
		TEST(plain_has_nothing_to_say_to_questions),
		TEST(a_long_challenge_comes_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
