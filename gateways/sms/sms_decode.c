/*
 * Text that comes in some coding, in some charset.
 */
#include "sms/sms_decode.h"

#include "lib/buf.h"
#include "lib/crypto.h"
#include "lib/text.h"
#include "lib/utf8.h"
#include "sms/sms_doc.h"
#include "sms/sms_gsm.h"

enum {
	CHARSET_MAX = 40,
	BYTES_MAX = 256 * 1024,
	LONG_BASE64 = 160, /* shorter ones may be words */
};

const char *const sms_decode_names[] = { "none", "hex", "base64", "percent",
	"maybe-base64", NULL };

/* ---- charsets --------------------------------------------------------- */

static bool
is_one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq_nocase(s, str_c(*words)))
			return true;
	return false;
}

static bool
is_utf8(struct str charset)
{
	static const char *const names[] = { "", "UTF-8", "UTF8", "ASCII",
		"US-ASCII", NULL };

	return is_one_of(charset, names);
}

static bool
is_gsm(struct str charset)
{
	static const char *const names[] = { "GSM-7", "GSM7", "GSM", "GSM0338",
		"GSM03.38", NULL };

	return is_one_of(charset, names);
}

static bool
is_ucs2(struct str charset)
{
	static const char *const names[] = { "UTF-16BE", "UCS-2", "UCS2",
		"UCS-2BE", "UTF-16", NULL };

	return is_one_of(charset, names);
}

bool
sms_charset_is_binary(struct str charset)
{
	static const char *const names[] = { "8-BIT", "8BIT", "BINARY", NULL };

	return is_one_of(charset, names);
}

/* A name that means nothing but itself to iconv. */
static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		        (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		        (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-' ||
		        s.p[i] == '_'))
			return false;
	return s.len > 0 && s.len < CHARSET_MAX;
}

static bool
convert(struct str charset, struct str bytes, struct buf *out)
{
	char name[CHARSET_MAX];

	if (is_gsm(charset))
		return sms_gsm_decode(bytes, out) == 0;
	if (is_ucs2(charset))
		return sms_ucs2_decode(bytes, out) == 0;
	if (!is_name(charset))
		return false;
	memcpy(name, charset.p, charset.len);
	name[charset.len] = '\0';
	return text_to_utf8(name, bytes, out);
}

struct str
sms_charset_to_utf8(struct str charset, struct str bytes, struct sms_pool *pool)
{
	struct buf b;

	if (is_utf8(charset))
		return bytes;
	buf_init(&b, BYTES_MAX);
	if (convert(charset, bytes, &b))
		return sms_pool_take(pool, &b);
	buf_release(&b);
	return bytes;
}

/* ---- codings ---------------------------------------------------------- */

typedef bool decode_fn(struct str in, struct buf *out);

/* As it is, where it is not what it should be. */
static struct str
decode_with(decode_fn *fn, struct str text, struct sms_pool *pool, bool *done)
{
	struct buf b;

	buf_init(&b, BYTES_MAX);
	*done = fn(text, &b) && !buf_is_full(&b);
	if (*done)
		return sms_pool_take(pool, &b);
	buf_release(&b);
	return text;
}

static struct str
maybe_base64(struct str text, struct sms_pool *pool, bool *done)
{
	struct str bytes = text;

	*done = false;
	if (text.len >= LONG_BASE64 && text.len % 4 == 0)
		bytes = decode_with(crypto_base64_decode, text, pool, done);
	if (*done && utf8_is_xml(bytes))
		return bytes;
	*done = false;
	return text;
}

struct str
sms_decode(enum sms_decode how, struct str text, struct str charset,
    struct sms_pool *pool, bool *done)
{
	*done = false;
	switch (how) {
	case SMS_DECODE_HEX:
		return decode_with(crypto_hex_decode, text, pool, done);
	case SMS_DECODE_BASE64:
		return decode_with(crypto_base64_decode, text, pool, done);
	case SMS_DECODE_MAYBE_BASE64:
		return maybe_base64(text, pool, done);
	case SMS_DECODE_PERCENT:
		*done = !is_utf8(charset);
		return *done ? sms_url_decode(text, false, pool) : text;
	case SMS_DECODE_NONE:
		break;
	}
	return text;
}
