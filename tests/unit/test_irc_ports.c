#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "irc/irc_ports.h"

#define T(f) cmocka_unit_test(f)

static void
ports_and_ranges_are_read(void **state)
{
	struct irc_ports p;

	(void)state;
	assert_true(irc_ports_parse(&p, STR(" 6660-6669  6697 ")));
	assert_true(irc_ports_has(&p, 6660) && irc_ports_has(&p, 6669));
	assert_true(irc_ports_has(&p, 6697));
	assert_false(irc_ports_has(&p, 6659) || irc_ports_has(&p, 6670));
	assert_false(irc_ports_has(&p, 0));
	assert_string_equal(p.text, "6660-6669  6697");
	assert_true(irc_ports_parse(&p, STR_EMPTY));
	assert_false(irc_ports_has(&p, 6697));
}

static void
what_is_no_port_is_refused(void **state)
{
	static const char *const bad[] = { "0", "65536", "-", "1-", "-5", "9-8",
		"ircs", "6697,6660", "1-2-3",
		"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 "
		"24 "
		"25 26 27 28 29 30 31 32 33" };
	struct irc_ports p = { .n = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(irc_ports_parse(&p, str_c(bad[i])));
	assert_int_equal(p.n, 7);
	assert_int_equal(irc_port_of(STR("65535")), 65535);
	assert_int_equal(irc_port_of(STR("65536")), 0);
	assert_int_equal(irc_port_of(STR("x")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(ports_and_ranges_are_read),
		T(what_is_no_port_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
