#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smtp/mail_verdict.h"

#define AUTH(...)                                                              \
	((struct mail_record){ .from = { .address = STR("bob@example.net") },  \
	    .auth = { __VA_ARGS__ } })

static void
what_goes_in_circles_is_refused(void **state)
{
	struct mail_verdict_params p = { .spam = MAIL_SPAM_TAKE };
	struct mail_record r = { .nreceived = MAIL_HOPS_MAX - 1 };
	struct mail_reply reply = { 0 };

	(void)state;
	assert_int_equal(mail_verdict(&p, &r, &reply), MAIL_VERDICT_TAKE);
	r.nreceived++;
	assert_int_equal(mail_verdict(&p, &r, &reply), MAIL_VERDICT_REFUSE);
	assert_int_equal(reply.code, 554);
	assert_string_equal(reply.enhanced, "5.4.6");
	r = (struct mail_record){ .nreceived = 2, .has_own_loop = true };
	assert_int_equal(mail_verdict(&p, &r, &reply), MAIL_VERDICT_REFUSE);
}

static void
a_forged_sender_is_refused_as_his_domain_wants_it(void **state)
{
	struct mail_verdict_params p = { .has_authserv = true };
	struct mail_record r =
	    AUTH(.dmarc = STR("fail"), .policy = STR("reject"));
	struct mail_reply reply = { 0 };

	(void)state;
	assert_int_equal(mail_verdict(&p, &r, &reply), MAIL_VERDICT_REFUSE);
	assert_int_equal(reply.code, 550);
	assert_string_equal(reply.enhanced, "5.7.1");
	/* From who is not our MTA, who may write what he likes. */
	assert_int_equal(
	    mail_verdict(&(struct mail_verdict_params){ 0 }, &r, &reply),
	    MAIL_VERDICT_TAKE);
	/* A list breaks what the author's domain has signed. */
	r.class = MAIL_LIST;
	assert_int_equal(mail_verdict(&p, &r, &reply), MAIL_VERDICT_TAKE);
	r = AUTH(.dmarc = STR("fail"), .policy = STR("quarantine"));
	assert_int_equal(mail_verdict(&p, &r, &reply), MAIL_VERDICT_TAKE);
	assert_int_equal(mail_verdict_trust(&p, &r), MAIL_UNVERIFIED);
}

static void
spam_is_treated_as_configured(void **state)
{
	static const struct {
		enum mail_spam spam;
		enum mail_verdict verdict;
	} rows[] = {
		{ MAIL_SPAM_REFUSE, MAIL_VERDICT_REFUSE },
		{ MAIL_SPAM_DROP, MAIL_VERDICT_DROP },
		{ MAIL_SPAM_TAKE, MAIL_VERDICT_TAKE },
	};
	struct mail_record r = { .is_spam = true };
	struct mail_reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    mail_verdict(
		        &(struct mail_verdict_params){ .spam = rows[i].spam },
		        &r, &reply),
		    rows[i].verdict);
}

static void
a_sender_is_verified_by_his_own_domain_only(void **state)
{
	const struct {
		const char *why;
		struct mail_record r;
		enum mail_trust trust;
	} rows[] = {
		{ "dmarc", AUTH(.dmarc = STR("pass")), MAIL_VERIFIED },
		{ "nothing is said", AUTH(.dmarc = STR_EMPTY),
		    MAIL_UNVERIFIED },
		{ "a signature of his domain",
		    AUTH(.dmarc = STR("none"), .dkim = STR("pass"),
		        .dkim_domain = STR("Example.net")),
		    MAIL_VERIFIED },
		{ "of somebody else's",
		    AUTH(.dkim = STR("pass"), .dkim_domain = STR("evil.net")),
		    MAIL_UNVERIFIED },
		{ "of one that ends so",
		    AUTH(.dkim = STR("pass"),
		        .dkim_domain = STR("evilexample.net")),
		    MAIL_UNVERIFIED },
		{ "of a top-level domain",
		    AUTH(.dkim = STR("pass"), .dkim_domain = STR("net")),
		    MAIL_UNVERIFIED },
		{ "spf, of a domain below",
		    AUTH(.spf = STR("pass"),
		        .spf_domain = STR("mx.example.net")),
		    MAIL_VERIFIED },
		{ "spf that failed",
		    AUTH(.spf = STR("fail"), .spf_domain = STR("example.net")),
		    MAIL_UNVERIFIED },
		{ "dmarc knows better",
		    AUTH(.dmarc = STR("fail"), .spf = STR("pass"),
		        .spf_domain = STR("example.net")),
		    MAIL_UNVERIFIED },
	};
	struct mail_verdict_params p = { .has_authserv = true };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (mail_verdict_trust(&p, &rows[i].r) != rows[i].trust)
			fail_msg("%s", rows[i].why);
	p.has_authserv = false;
	assert_int_equal(
	    mail_verdict_trust(&p, &AUTH(.dmarc = STR_EMPTY)), MAIL_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_circles_is_refused),
		cmocka_unit_test(
		    a_forged_sender_is_refused_as_his_domain_wants_it),
		cmocka_unit_test(spam_is_treated_as_configured),
		cmocka_unit_test(a_sender_is_verified_by_his_own_domain_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
