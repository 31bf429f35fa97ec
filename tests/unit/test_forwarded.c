/* Who asked, where proxies stand in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "net/forwarded.h"

static void
only_what_trusted_proxies_wrote_counts(void **state)
{
	static const struct {
		const char *peer, *list, *is, *why;
	} rows[] = {
		{ "192.0.2.9", "198.51.100.1", "192.0.2.9", "no proxy at all" },
		{ "10.0.0.1", "", "10.0.0.1", "it says nothing" },
		{ "10.0.0.1", "198.51.100.1", "198.51.100.1", "one proxy" },
		{ "::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1",
		    "one proxy, as a socket of both families shows it" },
		{ "10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1",
		    "two proxies" },
		{ "10.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1",
		    "what he claims himself" },
		{ "10.0.0.1", "198.51.100.1:4711", "198.51.100.1", "a port" },
		{ "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1",
		    "a port behind brackets" },
		{ "10.0.0.1", "2001:db8::1", "2001:db8::1", "no brackets" },
		{ "10.0.0.1", "\"[2001:db8::1]\"", "2001:db8::1", "quotes" },
		{ "10.0.0.1", "198.51.100.1, unknown", "10.0.0.1",
		    "a proxy that does not say" },
		{ "10.0.0.1", "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2",
		    "the last that made sense" },
		{ "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3",
		    "only proxies" },
		{ "10.0.0.1", ",,", "10.0.0.1", "empty entries" },
		{ "10.0.0.1", "[", "10.0.0.1", "half a bracket" },
	};
	struct address_prefix trusted;
	struct sockaddr_storage peer;
	char out[ADDRESS_TEXT_MAX + 1];
	void *any = &peer;

	(void)state;
	assert_int_equal(
	    address_range_parse(&trusted, STR("10.0.0.0/8"), NULL), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(address_parse(str_c(rows[i].peer), &peer));
		forwarded_peer(any, &trusted, 1, str_c(rows[i].list), out);
		if (strcmp(out, rows[i].is) != 0)
			fail_msg("%s: %s", rows[i].why, out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_trusted_proxies_wrote_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
