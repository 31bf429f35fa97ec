/* The text that Prometheus reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/metrics.h"
#include "lib/buf.h"

static void
a_family_is_written_as_prometheus_reads_it(void **state)
{
	struct metrics_label labels[] = {
		{ "gateway", STR("sms.example.org") },
		{ "line", STR("a\"b\\c\nd") },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	metrics_family(&out, "passerelle_x_seconds", "gauge", "What it is.");
	metrics_add_ms(&out, "passerelle_x_seconds", labels, 2, 61005);
	metrics_one(&out, "passerelle_y_total", "counter", "Another.", 7);
	assert_string_equal(out.p,
	    "# HELP passerelle_x_seconds What it is.\n"
	    "# TYPE passerelle_x_seconds gauge\n"
	    "passerelle_x_seconds{gateway=\"sms.example.org\","
	    "line=\"a\\\"b\\\\c\\nd\"} 61.005\n"
	    "# HELP passerelle_y_total Another.\n"
	    "# TYPE passerelle_y_total counter\n"
	    "passerelle_y_total 7\n");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_is_written_as_prometheus_reads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
