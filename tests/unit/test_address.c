/* Which addresses are private, and how addresses read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/address.h"

static struct sockaddr *
parse(const char *text, struct sockaddr_storage *ss)
{
	void *any = ss;
	struct sockaddr_in *v4 = any;
	struct sockaddr_in6 *v6 = any;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (ss->ss_family == AF_INET)
		assert_int_equal(inet_pton(AF_INET, text, &v4->sin_addr), 1);
	else
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
	return any;
}

static void
private_addresses_are_known_to_the_last_bit(void **state)
{
	static const struct {
		const char *address;
		bool is_private;
	} rows[] = {
		/* this network */
		{ "0.0.0.0", true },
		{ "0.255.255.255", true },
		{ "1.0.0.0", false },
		/* RFC 1918 */
		{ "9.255.255.255", false },
		{ "10.0.0.0", true },
		{ "10.255.255.255", true },
		{ "11.0.0.0", false },
		{ "172.15.255.255", false },
		{ "172.16.0.0", true },
		{ "172.31.255.255", true },
		{ "172.32.0.0", false },
		{ "192.167.255.255", false },
		{ "192.168.0.1", true },
		{ "192.169.0.0", false },
		/* carrier NAT */
		{ "100.63.255.255", false },
		{ "100.64.0.0", true },
		{ "100.127.255.255", true },
		{ "100.128.0.0", false },
		/* loopback */
		{ "126.255.255.255", false },
		{ "127.0.0.1", true },
		{ "127.255.255.255", true },
		{ "128.0.0.0", false },
		/* link-local, where clouds keep their metadata */
		{ "169.253.255.255", false },
		{ "169.254.169.254", true },
		{ "169.255.0.0", false },
		/* protocol assignments, benchmarking */
		{ "192.0.0.1", true },
		{ "192.0.1.0", false },
		{ "198.17.255.255", false },
		{ "198.18.0.0", true },
		{ "198.19.255.255", true },
		{ "198.20.0.0", false },
		/* multicast and above */
		{ "223.255.255.255", false },
		{ "224.0.0.1", true },
		{ "240.0.0.1", true },
		{ "255.255.255.255", true },
		/* anybody */
		{ "8.8.8.8", false },
		{ "2001:470::1", false },
		{ "2a00:1450::1", false },
		/* unspecified, loopback, IPv4 inside */
		{ "::", true },
		{ "::1", true },
		{ "::127.0.0.1", true },
		{ "::8.8.8.8", false },
		{ "::ffff:8.8.8.8", false },
		{ "::ffff:10.0.0.1", true },
		{ "::ffff:127.0.0.1", true },
		{ "::ffff:169.254.169.254", true },
		/* NAT64, well-known and local; 6to4; Teredo */
		{ "64:ff9b::8.8.8.8", false },
		{ "64:ff9b::192.168.1.1", true },
		{ "64:ff9b:1::8.8.8.8", true },
		{ "2002:0a00:0001::1", true },
		{ "2002:0808:0808::1", false },
		{ "2001::1", true },
		/* discard only, unique local, link-local, site-local */
		{ "100::1", true },
		{ "fbff::1", false },
		{ "fc00::1", true },
		{ "fdff::1", true },
		{ "fe7f::1", false },
		{ "fe80::1", true },
		{ "febf::1", true },
		{ "fec0::1", true },
		{ "ff02::1", true },
	};
	struct sockaddr_storage ss;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (address_is_private(parse(rows[i].address, &ss)) !=
		    rows[i].is_private)
			fail_msg("%s", rows[i].address);
}

static void
other_families_are_private(void **state)
{
	struct sockaddr sa = { .sa_family = AF_UNIX };

	(void)state;
	assert_true(address_is_private(&sa));
}

static void
an_address_reads_as_people_write_it(void **state)
{
	static const char *const rows[] = { "127.0.0.1", "2a00:1450::1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" };
	struct sockaddr_storage ss;
	struct sockaddr local = { .sa_family = AF_UNIX };
	char text[ADDRESS_TEXT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		address_format(parse(rows[i], &ss), text);
		assert_string_equal(text, rows[i]);
	}
	address_format(&local, text);
	assert_string_equal(text, "");
}

static void
the_port_goes_in_and_comes_out(void **state)
{
	struct sockaddr_storage ss;
	struct sockaddr *v4 = parse("127.0.0.1", &ss), *v6;

	(void)state;
	address_set_port(v4, 6697);
	assert_int_equal(address_port(v4), 6697);
	v6 = parse("::1", &ss);
	address_set_port(v6, 65535);
	assert_int_equal(address_port(v6), 65535);
}

static void
prefixes_are_read_or_refused_with_a_reason(void **state)
{
	static const char *const good[] = { "127.0.0.0/8", "0.0.0.0/0",
		"192.0.2.4/30", "2001:db8::/64", "::/0", "2001:db8::4/126" };
	static const char *const bad[] = { "", "/", "127.0.0.1", "127.0.0.0/",
		"127.0.0.0/31", "127.0.0.0/32", "127.0.0.1/8", "x/8",
		"2001:db8::1/64", "2001:db8::/127", "2001:db8::/129", "1.2.3/8",
		"127.0.0.0/-1", "127.0.0.0/8 ", "127.0.0.0/8/8",
		"11111111111111111111111111111111111111111111111111/8" };
	struct address_prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(
		    address_prefix_parse(&p, str_c(good[i]), NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(
		    address_prefix_parse(&p, str_c(bad[i]), &err), -1);
		assert_int_equal(err.kind, ERR_BAD_INPUT);
	}
}

static void
check_in_prefix(const char *prefix, uint8_t fill, const char *want)
{
	char text[ADDRESS_TEXT_MAX + 1];
	uint8_t seed[ADDRESS_SEED];
	struct sockaddr_storage ss;
	struct address_prefix p;

	memset(seed, fill, sizeof(seed));
	assert_int_equal(address_prefix_parse(&p, str_c(prefix), NULL), 0);
	address_in_prefix(&p, seed, &ss);
	address_format((struct sockaddr *)&ss, text);
	assert_string_equal(text, want);
	assert_int_equal(address_port((struct sockaddr *)&ss), 0);
}

static void
a_seed_stands_for_an_address_of_the_prefix(void **state)
{
	(void)state;
	check_in_prefix("127.0.0.0/8", 0x5a, "127.90.90.90");
	check_in_prefix("192.0.2.16/28", 0x05, "192.0.2.21");
	check_in_prefix(
	    "2001:db8:1:2::/64", 0xab, "2001:db8:1:2:abab:abab:abab:abab");
	check_in_prefix("2001:db8::/33", 0xff,
	    "2001:db8:7fff:ffff:"
	    "ffff:ffff:ffff:ffff");
	/* For nobody: the network, and everybody in it. */
	check_in_prefix("192.0.2.16/28", 0x00, "192.0.2.17");
	check_in_prefix("192.0.2.16/28", 0xff, "192.0.2.30");
	check_in_prefix("192.0.2.4/30", 0xff, "192.0.2.6");
}

static void
mapped_addresses_are_those_they_map(void **state)
{
	struct sockaddr_storage a, b;
	struct sockaddr *v4 = parse("192.0.2.1", &a);
	struct sockaddr *v6 = parse("::ffff:192.0.2.1", &b);

	(void)state;
	address_set_port(v4, 113);
	address_set_port(v6, 113);
	assert_true(address_eq(v4, v6));
	assert_true(address_eq(v6, v6));
	address_set_port(v6, 114);
	assert_false(address_eq(v4, v6));
	v6 = parse("::ffff:192.0.2.2", &b);
	address_set_port(v6, 113);
	assert_false(address_eq(v4, v6));
	b.ss_family = AF_UNIX;
	assert_false(address_eq(v4, v6));
}

static void
digits_are_told_from_names(void **state)
{
	(void)state;
	assert_true(address_is_digits(STR("0.0.0.0")));
	assert_true(address_is_digits(STR("::")));
	assert_true(address_is_digits(STR("2001:db8::1")));
	assert_false(address_is_digits(STR("")));
	assert_false(address_is_digits(STR("localhost")));
	assert_false(address_is_digits(STR("192.0.2")));
	assert_false(address_is_digits(STR("192.0.2.1\0")));
}

static void
a_range_holds_what_begins_with_it(void **state)
{
	static const struct {
		const char *range, *address;
		bool is_in;
	} rows[] = {
		{ "10.0.0.0/8", "10.255.0.1", true },
		{ "10.0.0.0/8", "11.0.0.1", false },
		{ "10.0.0.0/8", "::ffff:10.0.0.1", true },
		{ "10.0.0.0/8", "::10.0.0.1", false },
		{ "10.1.2.3", "10.1.2.3", true },
		{ "10.1.2.3", "10.1.2.2", false },
		{ "10.1.2.2/31", "10.1.2.3", true },
		{ "10.1.2.3/32", "10.1.2.3", true },
		{ "0.0.0.0/0", "192.0.2.1", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::1", "::1", true },
		{ "::1", "127.0.0.1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "127.0.0.1", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
	};
	struct sockaddr_storage ss;
	struct address_prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;

		if (address_range_parse(&p, str_c(rows[i].range), &err) < 0)
			fail_msg("%s: %s", rows[i].range, err.text);
		if (address_in_range(&p, parse(rows[i].address, &ss)) !=
		    rows[i].is_in)
			fail_msg("%s in %s", rows[i].address, rows[i].range);
	}
}

static void
what_is_no_range_is_refused(void **state)
{
	static const char *const bad[] = { "", "/8", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.1/8", "::1/64", "::/129", "localhost", "10.0.0.0/8/8",
		"10.0.0.0/-1", "10.0.0", " 10.0.0.1" };
	struct address_prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;

		if (address_range_parse(&p, str_c(bad[i]), &err) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(err.kind, ERR_BAD_INPUT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_holds_what_begins_with_it),
		cmocka_unit_test(what_is_no_range_is_refused),
		cmocka_unit_test(mapped_addresses_are_those_they_map),
		cmocka_unit_test(digits_are_told_from_names),
		cmocka_unit_test(private_addresses_are_known_to_the_last_bit),
		cmocka_unit_test(other_families_are_private),
		cmocka_unit_test(an_address_reads_as_people_write_it),
		cmocka_unit_test(the_port_goes_in_and_comes_out),
		cmocka_unit_test(prefixes_are_read_or_refused_with_a_reason),
		cmocka_unit_test(a_seed_stands_for_an_address_of_the_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
