#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_sts.h"

#define HOST STR("irc.net")

static struct irc_sts_hosts hosts;
static struct buf out;

static int
setup(void **state)
{
	(void)state;
	irc_sts_init(&hosts);
	buf_init(&out, 1000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	irc_sts_release(&hosts);
	buf_release(&out);
	return 0;
}

static void
port_and_duration_are_read_whatever_else_is_told(void **state)
{
	struct irc_sts s;

	(void)state;
	assert_true(irc_sts_parse(STR("port=6697"), &s));
	assert_int_equal(s.port, 6697);
	assert_false(s.has_duration);
	assert_true(irc_sts_parse(STR("duration=10,x=y,port=7000,z"), &s));
	assert_int_equal(s.port, 7000);
	assert_int_equal(s.duration_ms, 10000);
	assert_true(irc_sts_parse(STR("duration=0"), &s));
	assert_true(s.has_duration);
	assert_true(irc_sts_parse(STR("duration=4294967295"), &s));
	assert_int_equal(
	    s.duration_ms, (int64_t)IRC_STS_DAYS_MAX * 24 * 3600 * 1000);
}

static void
nonsense_is_nothing(void **state)
{
	static const char *const bad[] = { "", "port", "port=", "port=0",
		"port=65536", "port=-1", "port= 6697", "duration=x",
		"duration=-1", "Port6697", "," };
	struct irc_sts s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (irc_sts_parse(str_c(bad[i]), &s))
			fail_msg("taken: %s", bad[i]);
}

static void
a_policy_holds_for_its_time(void **state)
{
	(void)state;
	assert_int_equal(irc_sts_port(&hosts, HOST, 1000), 0);
	assert_true(irc_sts_remember(&hosts, HOST, 6697, 500, 1000, &out));
	assert_string_equal(out.p, "6697 1500");
	assert_int_equal(irc_sts_port(&hosts, HOST, 1499), 6697);
	assert_int_equal(irc_sts_port(&hosts, HOST, 1500), 0);
	assert_int_equal(irc_sts_port(&hosts, STR("other"), 1499), 0);
}

static void
it_is_written_down_when_it_matters(void **state)
{
	(void)state;
	irc_sts_remember(&hosts, HOST, 6697, 1000, 0, &out);
	assert_false(irc_sts_remember(&hosts, HOST, 6697, 1000, 50, &out));
	assert_true(irc_sts_remember(&hosts, HOST, 6697, 1000, 200, &out));
	assert_true(irc_sts_remember(&hosts, HOST, 7000, 1000, 201, &out));
	assert_true(irc_sts_remember(&hosts, HOST, 7000, 10, 202, &out));
	buf_clear(&out);
	assert_true(irc_sts_remember(&hosts, HOST, 7000, 0, 203, &out));
	assert_string_equal(out.p, "");
	assert_false(irc_sts_remember(&hosts, HOST, 7000, 0, 203, &out));
	assert_int_equal(irc_sts_port(&hosts, HOST, 203), 0);
}

static void
it_is_known_again(void **state)
{
	(void)state;
	irc_sts_recall(&hosts, HOST, STR("6697 1500"));
	assert_int_equal(irc_sts_port(&hosts, HOST, 1499), 6697);
	irc_sts_recall(&hosts, STR("a"), STR("0 1500"));
	irc_sts_recall(&hosts, STR("b"), STR("70000 1500"));
	irc_sts_recall(&hosts, STR("c"), STR("6697"));
	irc_sts_recall(&hosts, STR("d"), STR("6697 x"));
	assert_int_equal(hosts.by_host.n, 1);
}

static void
hosts_are_bounded(void **state)
{
	char name[20];

	(void)state;
	for (int i = 0; i < IRC_STS_HOSTS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		buf_clear(&out);
		irc_sts_remember(&hosts, str_c(name), 1, 1000, 0, &out);
	}
	assert_int_equal(hosts.by_host.n, IRC_STS_HOSTS_MAX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(port_and_duration_are_read_whatever_else_is_told),
		TEST(nonsense_is_nothing),
		TEST(a_policy_holds_for_its_time),
		TEST(it_is_written_down_when_it_matters),
		TEST(it_is_known_again),
		TEST(hosts_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
