/*
 * Dialling with a resolver and a connect() of our own: who is tried, in which
 * order, and when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>

#include "lib/buf.h"
#include "net/address.h"
#include "net/dial.h"
#include "net/loop.h"

#include "fake_names.h"

const struct fake_name fake_names[] = {
	{ .host = "six-first.test",
	    .address = { "2a00::1", "2a00::2", "2a00::3", "9.0.0.1",
	        "9.0.0.2" } },
	{ .host = "four-first.test",
	    .address = { "9.0.0.1", "9.0.0.2", "2a00::1" } },
	{ .host = "half-private.test",
	    .address = { "10.0.0.1", "9.0.0.1", "::1", "fd00::1" } },
	{ .host = "silent.test",
	    .address = { "9.9.9.9", "9.9.9.8", "9.0.0.1" } },
	{ .host = "slow.test", .address = { "9.0.0.1" }, .wait_ms = 200 },
	{ .host = "many.test",
	    .address = { "9.0.0.1", "9.0.0.2", "9.0.0.3", "9.0.0.4", "9.0.0.5",
	        "9.0.0.6", "9.0.0.7", "9.0.0.8", "9.0.0.9", "9.0.0.10",
	        "9.0.0.11", "9.0.0.12", "9.0.0.13", "9.0.0.14", "9.0.0.15",
	        "9.0.0.16", "9.0.0.17", "9.0.0.18" } },
	{ .host = "no-six.test", .address = { "9.0.0.1", "2a00::1" } },
	{ .host = NULL },
};

static struct fixture {
	struct loop *loop;
	struct dial *dial;
	struct timer guard;
	struct buf tried; /* addresses that connect() has seen */
	struct buf from;  /* and what the sockets were bound to */
	const struct sockaddr_storage *source;
	unsigned ncalls;
	struct dial_result result;
	int64_t begun_at, took_ms;
} fx;

/*
 * 9.9.x.x never answers; other IPv4 refuses at once; there is no IPv6.  A
 * socket that is not connecting polls as ready, so the silent ones are bound
 * and listening: those stay quiet.
 */
int
connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len)
{
	const struct sockaddr *sa = to.__sockaddr__;
	char text[ADDRESS_TEXT_MAX + 1];

	struct sockaddr_storage from;
	socklen_t fromlen = sizeof(from);
	void *any = &from;

	(void)len;
	assert_int_equal(getsockname(fd, any, &fromlen), 0);
	address_format(any, text);
	buf_addf(&fx.from, "%s ", text);
	address_format(sa, text);
	buf_addf(&fx.tried, "%s ", text);
	assert_int_equal(address_port(sa), 6667);
	errno = sa->sa_family == AF_INET6 ? ENETUNREACH : ECONNREFUSED;
	if (strncmp(text, "9.9.", 4) != 0)
		return -1;
	listen(fd, 1);
	errno = EINPROGRESS;
	return -1;
}

static int
setup(void **state)
{
	fx = (struct fixture){ .loop = loop_new() };
	buf_init(&fx.tried, 4096);
	buf_init(&fx.from, 4096);
	*state = &fx;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dial_close(&fx.dial);
	timer_cancel(&fx.guard);
	loop_free(&fx.loop);
	buf_release(&fx.tried);
	buf_release(&fx.from);
	return 0;
}

static void
on_result(const struct dial_result *r, void *arg)
{
	(void)arg;
	fx.ncalls++;
	fx.result = *r;
	fx.took_ms = loop_clock(fx.loop)->at - fx.begun_at;
	loop_stop(fx.loop);
}

static void
stop(struct timer *t)
{
	(void)t;
	loop_stop(fx.loop);
}

static void
run_for(int64_t ms)
{
	struct clock *c = loop_clock(fx.loop);

	timer_init(&fx.guard, stop);
	timer_set(&fx.guard, c, c->at + ms);
	loop_run(fx.loop);
	timer_cancel(&fx.guard);
}

static void
dial(struct str host, bool private_ok)
{
	struct dial_target to = {
		.host = host,
		.port = 6667,
		.private_ok = private_ok,
		.source = fx.source,
	};

	fx.begun_at = loop_clock(fx.loop)->at;
	fx.dial = dial_new(fx.loop, &to, on_result, NULL);
	assert_int_equal(fx.ncalls, 0);
}

static void
expect_tried(struct str host, bool private_ok, const char *tried)
{
	dial(host, private_ok);
	run_for(3000);
	assert_int_equal(fx.ncalls, 1);
	assert_int_equal(fx.result.fd, -1);
	assert_string_equal(fx.tried.p, tried);
}

static void
families_take_turns_from_the_one_named_first(void **state)
{
	(void)state;
	expect_tried(STR("six-first.test"), false,
	    "2a00::1 9.0.0.1 2a00::2 9.0.0.2 2a00::3 ");
}

static void
ipv4_goes_first_when_the_resolver_says_so(void **state)
{
	(void)state;
	expect_tried(STR("four-first.test"), false, "9.0.0.1 2a00::1 9.0.0.2 ");
}

static void
private_addresses_of_a_name_are_never_dialled(void **state)
{
	(void)state;
	expect_tried(STR("half-private.test"), false, "9.0.0.1 ");
	assert_false(fx.result.permanent);
}

static void
private_addresses_are_dialled_where_allowed(void **state)
{
	(void)state;
	expect_tried(
	    STR("half-private.test"), true, "10.0.0.1 ::1 9.0.0.1 fd00::1 ");
}

/* Not an address of this machine. */
static void
a_source_is_used_for_its_family_and_no_other(void **state)
{
	struct sockaddr_storage ss = { .ss_family = AF_INET };
	void *any = &ss;
	struct sockaddr_in *v4 = any;

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "192.0.2.77", &v4->sin_addr), 1);
	fx.source = &ss;
	expect_tried(STR("no-six.test"), false, "9.0.0.1 2a00::1 ");
	assert_string_equal(fx.from.p, "192.0.2.77 :: ");
}

static void
an_address_in_digits_is_dialled_as_it_is(void **state)
{
	(void)state;
	expect_tried(STR("9.0.0.7"), false, "9.0.0.7 ");
	assert_string_equal(
	    fx.result.err.text, "9.0.0.7:6667: Connection refused");
}

static void
a_name_with_too_many_addresses_is_not_tried_for_ever(void **state)
{
	(void)state;
	expect_tried(STR("many.test"), false,
	    "9.0.0.1 9.0.0.2 9.0.0.3 9.0.0.4 9.0.0.5 9.0.0.6 9.0.0.7 9.0.0.8 "
	    "9.0.0.9 9.0.0.10 9.0.0.11 9.0.0.12 9.0.0.13 9.0.0.14 9.0.0.15 "
	    "9.0.0.16 ");
}

static void
silent_addresses_get_250_ms_each(void **state)
{
	(void)state;
	dial(STR("silent.test"), false);
	run_for(700);
	assert_string_equal(fx.tried.p, "9.9.9.9 9.9.9.8 9.0.0.1 ");
	assert_int_equal(fx.ncalls, 0); /* two may still answer */
	assert_string_equal(dial_stage(fx.dial), "connecting");
}

static void
that_we_have_no_ipv6_is_not_the_error_told(void **state)
{
	(void)state;
	expect_tried(STR("no-six.test"), false, "9.0.0.1 2a00::1 ");
	assert_non_null(strstr(fx.result.err.text, "refused"));
}

static void
closing_during_the_lookup_is_silent(void **state)
{
	(void)state;
	dial(STR("slow.test"), false);
	run_for(50);
	assert_string_equal(dial_stage(fx.dial), "looking up the name");
	dial_close(&fx.dial);
	run_for(300);
	assert_int_equal(fx.ncalls, 0);
	assert_string_equal(fx.tried.p, "");
}

static void
the_loop_waits_for_a_lookup_that_nobody_needs_any_more(void **state)
{
	(void)state;
	dial(STR("slow.test"), false);
	run_for(10);
	dial_close(&fx.dial);
	loop_free(&fx.loop);
	assert_int_equal(fx.ncalls, 0);
}

static void
closing_between_attempts_is_silent(void **state)
{
	(void)state;
	dial(STR("silent.test"), false);
	run_for(100);
	assert_string_equal(fx.tried.p, "9.9.9.9 ");
	dial_close(&fx.dial);
	run_for(400);
	assert_int_equal(fx.ncalls, 0);
	assert_string_equal(fx.tried.p, "9.9.9.9 ");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(families_take_turns_from_the_one_named_first),
		T(ipv4_goes_first_when_the_resolver_says_so),
		T(private_addresses_of_a_name_are_never_dialled),
		T(private_addresses_are_dialled_where_allowed),
		T(a_source_is_used_for_its_family_and_no_other),
		T(an_address_in_digits_is_dialled_as_it_is),
		T(a_name_with_too_many_addresses_is_not_tried_for_ever),
		T(silent_addresses_get_250_ms_each),
		T(that_we_have_no_ipv6_is_not_the_error_told),
		T(closing_during_the_lookup_is_silent),
		T(the_loop_waits_for_a_lookup_that_nobody_needs_any_more),
		T(closing_between_attempts_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
