#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sms/sms_known.h"

static void
what_is_known_comes_back_from_its_text(void **state)
{
	static struct sms_known k, again;
	struct buf b;

	(void)state;
	buf_init(&b, 40000);
	k.since_utc = 1700000000000;
	sms_known_add(&k, sms_known_hash(STR("a")));
	sms_known_add(&k, 0);
	sms_known_add(&k, UINT64_MAX);
	sms_known_add(&k, 0);
	assert_int_equal(k.n, 3);
	sms_known_write(&k, &b);
	assert_string_equal(b.p,
	    "1700000000 ca978112ca1bbdca "
	    "0000000000000000 ffffffffffffffff");
	assert_true(sms_known_read(&again, buf_str(&b)));
	assert_memory_equal(&again, &k, sizeof(k));
	assert_false(sms_known_read(&again, STR("x")));
	assert_false(sms_known_read(&again, STR("1 00")));
	assert_int_equal(again.n, 0);
	assert_int_equal(again.since_utc, 0);
	buf_release(&b);
}

static void
the_oldest_make_room(void **state)
{
	static struct sms_known k;
	const uint64_t kept[] = { 5, 1500, 7 };
	struct buf b;

	(void)state;
	for (uint64_t i = 1; i <= SMS_KNOWN_MAX + 600; i++)
		sms_known_add(&k, i);
	assert_int_equal(k.n, SMS_KNOWN_MAX);
	assert_false(sms_known_has(&k, 600));
	assert_true(sms_known_has(&k, 601));
	buf_init(&b, 32 * 1024);
	sms_known_write(&k, &b);
	assert_false(buf_is_full(&b));
	buf_release(&b);
	sms_known_keep(&k, kept, 3);
	assert_int_equal(k.n, 1);
	assert_true(sms_known_has(&k, 1500));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_comes_back_from_its_text),
		cmocka_unit_test(the_oldest_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
