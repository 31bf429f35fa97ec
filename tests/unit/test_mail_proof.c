#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_envelope.h"
#include "smtp/mail_proof.h"
#include "smtp/mail_record.h"

static struct mail_proof proof;

static int
end(void **state)
{
	(void)state;
	mail_proof_release(&proof);
	assert_true(mail_proof_is_empty(&proof));
	return 0;
}

static bool
from_there(const char *address, const char *user)
{
	struct mail_client c = { .address = str_c(address),
		.user = str_c(user) };

	return mail_proof_by_client(&proof, &c, STR("disk"));
}

static void
nothing_proves_nothing(void **state)
{
	(void)state;
	assert_false(from_there("127.0.0.1", ""));
	assert_false(from_there("", ""));
}

static void
a_network_is_a_proof(void **state)
{
	(void)state;
	assert_int_equal(
	    mail_proof_add_network(&proof, STR("192.0.2.0/24"), NULL), 0);
	assert_int_equal(
	    mail_proof_add_network(&proof, STR("2001:db8::1"), NULL), 0);
	assert_true(from_there("192.0.2.7", ""));
	assert_true(from_there("2001:db8::1", ""));
	assert_true(from_there("::ffff:192.0.2.7", ""));
	assert_false(from_there("198.51.100.7", ""));
	assert_false(from_there("2001:db8::2", ""));
	assert_false(from_there("", ""));
	assert_false(from_there("192.0.2.7.example", ""));
	assert_int_equal(mail_proof_add_network(&proof, STR("here"), NULL), -1);
	assert_int_equal(proof.nnetwork, 2);
}

static void
a_login_is_a_proof(void **state)
{
	(void)state;
	assert_int_equal(mail_proof_add_user(&proof, STR("nas"), NULL), 0);
	assert_int_equal(mail_proof_add_user(&proof, STR_EMPTY, NULL), -1);
	assert_true(from_there("", "nas"));
	assert_true(from_there("", "disk"));
	assert_false(from_there("", "printer"));
	assert_false(from_there("", ""));
}

/* Anybody may make one that is called like a user of the file. */
static void
the_login_of_a_target_is_a_proof_for_that_only(void **state)
{
	struct mail_client c = { .user = STR("nas"), .is_target = true };

	(void)state;
	assert_int_equal(mail_proof_add_user(&proof, STR("nas"), NULL), 0);
	assert_false(mail_proof_by_client(&proof, &c, STR("disk")));
	assert_true(mail_proof_by_client(&proof, &c, STR("nas")));
}

static void
a_sender_is_a_proof_if_its_domain_vouches_for_it(void **state)
{
	struct mail_record r = { .from.address = STR("root@nas.example.org"),
		.auth.dmarc = STR("pass") };

	(void)state;
	assert_false(mail_proof_by_sender(&proof, &r));
	assert_int_equal(
	    mail_proof_add_from(&proof, STR("*@nas.example.org"), NULL), 0);
	assert_true(mail_proof_by_sender(&proof, &r));
	r.auth.dmarc = STR("fail");
	assert_false(mail_proof_by_sender(&proof, &r));
	r.auth.dmarc = STR_EMPTY;
	assert_false(mail_proof_by_sender(&proof, &r));
	r.auth.dmarc = STR("pass");
	r.from.address = STR("root@nas.example.org.evil.example");
	assert_false(mail_proof_by_sender(&proof, &r));
	r.from.address = STR_EMPTY;
	assert_false(mail_proof_by_sender(&proof, &r));
}

static void
a_pattern_names_a_domain(void **state)
{
	static const char *const no[] = { "*", "root", "root@*", "*@*", "*@*.*",
		"*@ex?mple.org", "a@b@example.org", "*@org" };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (mail_proof_add_from(&proof, str_c(no[i]), &err) == 0)
			fail_msg("%s", no[i]);
	assert_int_equal(
	    mail_proof_add_from(&proof, STR("*@*.example.org"), NULL), 0);
}

static void
each_kind_has_a_ceiling(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < MAIL_PROOF_MAX; i++)
		assert_int_equal(
		    mail_proof_add_user(&proof, STR("a"), NULL), 0);
	assert_int_equal(mail_proof_add_user(&proof, STR("a"), &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_proves_nothing, end),
		cmocka_unit_test_teardown(a_network_is_a_proof, end),
		cmocka_unit_test_teardown(a_login_is_a_proof, end),
		cmocka_unit_test_teardown(
		    the_login_of_a_target_is_a_proof_for_that_only, end),
		cmocka_unit_test_teardown(
		    a_sender_is_a_proof_if_its_domain_vouches_for_it, end),
		cmocka_unit_test_teardown(a_pattern_names_a_domain, end),
		cmocka_unit_test_teardown(each_kind_has_a_ceiling, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
