#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "smtp/mailread/mailread_auth.h"
#include "smtp/mailread/mailread_headers.h"
#include "smtp/mailread/mailread_pool.h"

static struct mailread_pool pool;
static struct mail_auth auth;

static void
read_auth_hops(const char *head, unsigned hops)
{
	struct mailread_headers h;
	struct str rest = str_c(head);

	mailread_headers_read(&h, &pool, &rest);
	mailread_auth(&auth, &pool, &h,
	    &(struct mailread_auth_params){ .authserv_id = STR("mx.a.org"),
	        .hops = hops,
	        .from_domain = STR("b.net") });
}

static void
read_auth(const char *head)
{
	read_auth_hops(head, 0);
}

static void
is(struct str s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.p, expected, s.len);
}

/* rspamd, OpenDMARC, Exim, and the letter of the RFC. */
static void
forms_of_real_programs_are_read(void **state)
{
	(void)state;
	read_auth("Authentication-Results: mx.a.org;\r\n"
	          "\tdkim=pass header.d=b.net header.s=s1 header.b=AbC=;\r\n"
	          "\tspf=pass (mx.a.org: domain of x@b.net designates\r\n"
	          " 192.0.2.1 (a \"quoted; one\")) smtp.mailfrom=x@b.net;\r\n"
	          "\tdmarc=pass (policy=reject) header.from=b.net\r\n");
	is(auth.dmarc, "pass");
	is(auth.policy, "reject");
	is(auth.dmarc_domain, "b.net");
	is(auth.spf, "pass");
	is(auth.spf_domain, "b.net");
	is(auth.dkim, "pass");
	is(auth.dkim_domain, "b.net");

	read_auth("Authentication-Results: mx.a.org 1; dmarc=fail "
	          "(p=QUARANTINE dis=none) header.from=b.net\r\n");
	is(auth.dmarc, "fail");
	is(auth.policy, "quarantine");

	read_auth("Authentication-Results: MX.A.ORG;\r\n iprev=pass;\r\n"
	          " spf=softfail smtp.helo=mail.b.net;\r\n"
	          " dmarc/1=none header.from=b.net policy.dmarc=none\r\n");
	is(auth.spf, "softfail");
	is(auth.spf_domain, "mail.b.net");
	is(auth.dmarc, "none");
	is(auth.policy, "none");

	read_auth("Authentication-Results: mx.a.org; none\r\n");
	is(auth.dmarc, "");
}

static void
several_headers_are_one(void **state)
{
	(void)state;
	read_auth("Authentication-Results: mx.a.org; dmarc=pass\r\n"
	          "Authentication-Results: mx.a.org; spf=fail\r\n"
	          "Authentication-Results: mx.a.org; dmarc=fail\r\n");
	is(auth.dmarc, "pass");
	is(auth.spf, "fail");
}

static void
the_signature_of_the_sender_counts(void **state)
{
	(void)state;
	read_auth("Authentication-Results: mx.a.org;"
	          " dkim=fail header.d=b.net; dkim=pass header.d=list.org;"
	          " dkim=pass header.i=@b.net; dkim=pass header.d=c.org\r\n");
	is(auth.dkim, "pass");
	is(auth.dkim_domain, "b.net");
	read_auth("Authentication-Results: mx.a.org;"
	          " dkim=pass header.d=list.org; dkim=fail header.d=b.net\r\n");
	is(auth.dkim, "pass");
	is(auth.dkim_domain, "list.org");
}

static void
nobody_else_is_believed(void **state)
{
	(void)state;
	read_auth("Authentication-Results: mx.evil.org; dmarc=pass\r\n");
	is(auth.dmarc, "");
	read_auth("Authentication-Results: mx.a.org.evil.org; dmarc=pass\r\n");
	is(auth.dmarc, "");
	read_auth("Authentication-Results: (mx.a.org;) x; dmarc=pass\r\n");
	is(auth.dmarc, "");
	read_auth("ARC-Authentication-Results: i=1; mx.a.org; dmarc=pass\r\n");
	is(auth.dmarc, "");
}

static void
what_came_with_the_mail_is_not_believed(void **state)
{
	static const char head[] =
	    "Received: by mx.a.org\r\n"
	    "Authentication-Results: mx.a.org; spf=pass\r\n"
	    "Received: by filter.a.org\r\n"
	    "Authentication-Results: mx.a.org; dmarc=pass\r\n"
	    "Received: by relay.evil.org\r\n"
	    "Authentication-Results: mx.a.org; dkim=pass\r\n";

	(void)state;
	read_auth(head);
	is(auth.spf, "pass");
	is(auth.dmarc, "");
	read_auth_hops(head, 2);
	is(auth.dmarc, "pass");
	is(auth.dkim, "");
}

static void
broken_ones_do_no_harm(void **state)
{
	static const char *const value[] = { "", ";", "(", "mx.a.org",
		"mx.a.org;", "mx.a.org; =", "mx.a.org; dmarc", "mx.a.org; (((",
		"mx.a.org; dmarc=\"", "mx.a.org; dmarc==pass",
		"mx.a.org; dmarc=pa\001ss", "mx.a.org; \\" };
	char head[100];

	(void)state;
	for (size_t i = 0; i < sizeof(value) / sizeof(value[0]); i++) {
		(void)snprintf(head, sizeof(head),
		    "Authentication-Results: %s\r\n", value[i]);
		read_auth(head);
		assert_true(mail_is_word(auth.dmarc));
	}
}

static int
setup(void **state)
{
	(void)state;
	mailread_pool_init(&pool);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	mailread_pool_release(&pool);
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(forms_of_real_programs_are_read),
		TEST(several_headers_are_one),
		TEST(the_signature_of_the_sender_counts),
		TEST(nobody_else_is_believed),
		TEST(what_came_with_the_mail_is_not_believed),
		TEST(broken_ones_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
