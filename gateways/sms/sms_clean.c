/*
 * What came from outside, as text that people can be shown.
 */
#include "sms/sms_clean.h"

#include "lib/buf.h"
#include "lib/utf8.h"

enum { REPLACEMENT = 0xfffd, BYTES_OF_ONE = 4 };

static bool
is_control(int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* What stands for c among lines; 0: nothing. */
static int32_t
of_text(int32_t c, struct str rest)
{
	if (c == '\r')
		return rest.len && *rest.p == '\n' ? 0 : '\n';
	if (c == '\n' || c == '\t')
		return c;
	return is_control(c) || !utf8_is_xml_char(c) ? 0 : c;
}

struct str
sms_clean_text(struct str raw, size_t max, struct sms_pool *pool)
{
	struct buf b;

	buf_init(&b, max + BYTES_OF_ONE);
	while (raw.len && b.len < max) {
		int32_t c = utf8_next(&raw);

		c = c == UTF8_BAD ? REPLACEMENT : of_text(c, raw);
		if (c)
			utf8_put(&b, c);
	}
	buf_truncate(&b, utf8_cut(buf_str(&b), max));
	return sms_pool_take(pool, &b);
}

struct str
sms_clean_line(struct str raw, size_t max, struct sms_pool *pool)
{
	bool blank = false;
	struct buf b;

	buf_init(&b, max + BYTES_OF_ONE + 1);
	while (raw.len && b.len < max) {
		int32_t c = utf8_next(&raw);

		if (c == UTF8_BAD)
			c = REPLACEMENT;
		if (c == ' ' || is_control(c) || !utf8_is_xml_char(c)) {
			blank = b.len > 0;
			continue;
		}
		if (blank)
			buf_addc(&b, ' ');
		blank = false;
		utf8_put(&b, c);
	}
	buf_truncate(&b, utf8_cut(buf_str(&b), max));
	return sms_pool_take(pool, &b);
}
