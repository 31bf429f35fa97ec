#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "smtp/mail_seen.h"

static void
the_same_mail_for_the_same_target_is_known(void **state)
{
	struct mail_seen s;
	uint8_t a[MAIL_SEEN_BYTES], b[MAIL_SEEN_BYTES], c[MAIL_SEEN_BYTES];

	(void)state;
	mail_seen_init(&s, 0);
	mail_seen_key(STR("hash"), STR("disk"), a);
	mail_seen_key(STR("hash"), STR("nas"), b);
	mail_seen_key(STR("other"), STR("disk"), c);
	assert_false(mail_seen_has(&s, a, 0));
	mail_seen_put(&s, a, 0);
	assert_true(mail_seen_has(&s, a, MAIL_SEEN_MS - 1));
	assert_false(mail_seen_has(&s, a, MAIL_SEEN_MS));
	assert_false(mail_seen_has(&s, b, 0));
	assert_false(mail_seen_has(&s, c, 0));
	mail_seen_put(&s, a, 10);
	assert_int_equal(s.by_key.n, 1);
	mail_seen_release(&s);
}

static void
the_oldest_makes_room(void **state)
{
	struct mail_seen s;
	uint8_t key[MAIL_SEEN_BYTES] = { 0 };

	(void)state;
	mail_seen_init(&s, 3);
	for (uint8_t i = 0; i < 10; i++) {
		key[0] = i;
		mail_seen_put(&s, key, i);
		assert_true(s.by_key.n <= 3);
	}
	key[0] = 6;
	assert_false(mail_seen_has(&s, key, 10));
	for (uint8_t i = 7; i < 10; i++) {
		key[0] = i;
		assert_true(mail_seen_has(&s, key, 10));
	}
	key[0] = 77;
	mail_seen_put(&s, key, 2 * MAIL_SEEN_MS);
	assert_int_equal(s.by_key.n, 1);
	mail_seen_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_mail_for_the_same_target_is_known),
		cmocka_unit_test(the_oldest_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
