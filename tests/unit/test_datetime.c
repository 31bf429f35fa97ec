/* Times as programs write them for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/datetime.h"

/* 2026-01-05T10:00:00Z */
#define NOW INT64_C(1767607200000)

static void
times_are_read_in_the_forms_that_clients_use(void **state)
{
	static const struct {
		const char *text;
		int64_t off_ms; /* from NOW */
		int zone;
	} rows[] = {
		{ "2026-01-05T10:00:00Z", 0, 0 },
		{ "2026-01-05T11:00:00+01:00", 0, 60 },
		{ "2026-01-05T10:00:03.250+0000", 3000, 0 },
		{ "2026-01-05 10:00:00", 0, 0 },
		{ "Mon, 05 Jan 2026 11:30:07 +0130", 7000, 90 },
		{ "Mon Jan  5 10:00:00 2026", 0, 0 },
		{ "Mon Jan 05 12:01:00 2026", 60000, 120 },
		{ "Monday, January 5, 2026 3:45:10 AM", 10000, -375 },
		{ "Mon Jan 5 10:00:00 2026 GMT", 0, 0 },
		{ "Mon Jan 5 11:00:00 2026 CET", 0, 60 },
		{ "Mon Jan 5 00:00:00 2026", 0, -600 },
		{ "5 jan 2026 09:58", -120000, 0 },
		{ "Mon Jan 5 12:05:00 AM 2026", 300000, -600 },
		{ "Mon Jan 5 1:00:00 PM 2026", 0, 180 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t utc = 0;
		int zone = 0;

		if (!datetime_guess(str_c(rows[i].text), NOW, &utc, &zone))
			fail_msg("not read: %s", rows[i].text);
		if (utc - NOW != rows[i].off_ms || zone != rows[i].zone)
			fail_msg("%s: %lld %d", rows[i].text,
			    (long long)(utc - NOW), zone);
	}
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = { "", "tea time", "10:00",
		"Mon Jan  5 2026", "2026-13-05T10:00:00Z",
		"2026-01-05T25:00:00Z", "2026-01-05T10:99:00Z",
		"2026-01-05T10:00:00+99:00", "2026-01-05T10:00:00+1:x",
		"2019-01-05 10:00:00", "99999999999999999999",
		"2026-01-0510:00", "Jan 0 10:00:00 2026" };
	int64_t utc;
	int zone;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (datetime_guess(str_c(texts[i]), NOW, &utc, &zone))
			fail_msg("read: %s", texts[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_in_the_forms_that_clients_use),
		cmocka_unit_test(what_is_no_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
