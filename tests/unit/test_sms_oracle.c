/*
 * Thousands of texts against the tables of Perl (tests/gsm_oracle.pl).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "sms/sms_gsm.h"

enum { LINE_BYTES = 16384, NTEXT = 4000 };

static struct str
unhex(struct str hex, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i + 1 < hex.len; i += 2)
		buf_addc(out,
		    (char)(str_hex_digit(hex.p[i]) << 4 |
		        str_hex_digit(hex.p[i + 1])));
	return buf_str(out);
}

static uint64_t
number(struct str *line)
{
	struct str word;
	uint64_t n = 0;

	assert_true(str_cut(line, ' ', &word));
	assert_true(str_to_uint(word, UINT32_MAX, &n));
	return n;
}

struct scratch {
	struct buf text, octets, ours;
};

static void
compare(struct str line, struct scratch *s)
{
	struct str hex, coding, text, back;
	struct sms_count n;

	assert_true(str_cut(&line, ' ', &hex));
	assert_true(str_cut(&line, ' ', &coding));
	text = unhex(hex, &s->text);
	n = sms_gsm_count(text);
	assert_int_equal(n.coding == SMS_GSM7, str_is(coding, "gsm7"));
	assert_int_equal(n.nunits, number(&line));
	assert_int_equal(n.nparts, number(&line));
	unhex(line, &s->octets);
	buf_clear(&s->ours);
	if (n.coding == SMS_GSM7)
		assert_true(sms_gsm_encode(text, &s->ours));
	else
		assert_int_equal(sms_ucs2_encode(text, &s->ours), 0);
	assert_true(str_eq(buf_str(&s->ours), buf_str(&s->octets)));
	buf_clear(&s->ours);
	if (n.coding == SMS_GSM7)
		sms_gsm_decode(buf_str(&s->octets), &s->ours);
	else
		sms_ucs2_decode(buf_str(&s->octets), &s->ours);
	back = buf_str(&s->ours);
	assert_true(str_eq(back, text));
}

static void
thousands_of_texts_cost_what_perl_says(void **state)
{
	static char line[LINE_BYTES];
	struct scratch s;
	FILE *perl = popen("tests/gsm_oracle.pl 4000", "r");
	size_t n = 0;

	(void)state;
	assert_non_null(perl);
	buf_init(&s.text, LINE_BYTES);
	buf_init(&s.octets, LINE_BYTES);
	buf_init(&s.ours, LINE_BYTES);
	for (; fgets(line, sizeof(line), perl); n++)
		compare(str_trim(str_c(line)), &s);
	assert_int_equal(pclose(perl), 0);
	assert_int_equal(n, NTEXT);
	buf_release(&s.text);
	buf_release(&s.octets);
	buf_release(&s.ours);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_of_texts_cost_what_perl_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
