#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/gateway.h"
#include "sms/sms_stops.h"

/* The core: what is to be kept, "name=value". */
static char kept[256];

void
gateway_fact_put(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	(void)gw;
	(void)network;
	snprintf(kept, sizeof(kept), STR_FMT "=" STR_FMT, STR_ARG(name),
	    STR_ARG(value));
}

const struct log_ctx *
gateway_log(struct gateway *gw)
{
	(void)gw;
	return NULL;
}

static const struct str line = { "main", 4 };
static const struct str number = { "+33612345678", 12 };

static void
stop_is_obeyed_until_start(void **state)
{
	struct sms_stops all;
	struct err err = ERR_INIT;

	(void)state;
	sms_stops_init(&all, NULL);
	assert_int_equal(sms_stops_check(&all, line, number, &err), 0);
	sms_stops_note(&all, line, number, SMS_WORD_NONE);
	assert_string_equal(kept, "");
	sms_stops_note(&all, line, number, SMS_WORD_STOP);
	assert_string_equal(kept, "stop main +33612345678=1");
	assert_int_equal(sms_stops_check(&all, line, number, &err), -1);
	assert_int_equal(err.kind, ERR_POLICY);
	assert_int_equal(sms_stops_check(&all, STR("other"), number, &err), 0);
	sms_stops_note(&all, line, number, SMS_WORD_START);
	assert_string_equal(kept, "stop main +33612345678=");
	assert_int_equal(sms_stops_check(&all, line, number, &err), 0);
	sms_stops_release(&all);
}

static void
it_is_kept_over_restarts(void **state)
{
	struct sms_stops all;

	(void)state;
	sms_stops_init(&all, NULL);
	assert_true(sms_stops_fact(&all, STR("stop main +33612345678")));
	assert_true(sms_stops_fact(&all, STR("stop main +33612345678")));
	assert_false(sms_stops_fact(&all, STR("last main +33612345678")));
	assert_int_equal(all.map.n, 1);
	assert_int_equal(sms_stops_check(&all, line, number, NULL), -1);
	sms_stops_release(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_is_obeyed_until_start),
		cmocka_unit_test(it_is_kept_over_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
