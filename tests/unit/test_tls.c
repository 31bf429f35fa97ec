/* What of TLS needs no peer; the rest is in test_link.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/tls.h"

#define PIN_A "00112233445566778899aabbccddeeff"
#define PIN_B "00112233445566778899AABBCCDDEEFF"
#define COLON "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"

static void
a_pin_is_64_hex_digits_in_any_dress(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ PIN_A PIN_B, true },
		{ COLON ":" COLON, true },
		{ "", false },
		{ PIN_A, false },
		{ PIN_A PIN_A "0", false },
		{ PIN_A PIN_A "00", false },
		{ PIN_A "00112233445566778899aabbccddeefg", false },
		{ PIN_A " " PIN_A, false },
		{ "sha256:" PIN_A PIN_A, false },
	};
	static const uint8_t want[4] = { 0xcc, 0xdd, 0xee, 0xff };
	uint8_t pin[TLS_PIN_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    tls_parse_pin(str_c(rows[i].text), pin), rows[i].good);
		if (rows[i].good)
			assert_memory_equal(pin + 28, want, 4);
	}
}

static void
the_same_authorities_are_loaded_once(void **state)
{
	struct tls_context *list = NULL, *first, *second;
	struct err err = ERR_INIT;

	(void)state;
	first = tls_context(&list, NULL, &err);
	second = tls_context(&list, NULL, &err);
	assert_non_null(first);
	assert_ptr_equal(first, second);
	tls_context_free(&list);
	assert_null(list);
}

static void
a_file_without_authorities_is_an_error(void **state)
{
	struct tls_context *list = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_null(tls_context(&list, "/dev/null", &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
	assert_non_null(strstr(err.text, "/dev/null"));
	assert_null(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_is_64_hex_digits_in_any_dress),
		cmocka_unit_test(the_same_authorities_are_loaded_once),
		cmocka_unit_test(a_file_without_authorities_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
