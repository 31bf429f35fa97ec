/*
 * GSM 7 bit default alphabet and its extension (3GPP TS 23.038 6.2.1), and
 * UCS-2, which phones read as UTF-16.
 *
 * 0x09 is the capital C with cedilla; the small one is not in the table,
 * whatever some networks make of it.
 */
#include "sms/sms_gsm.h"
#include "lib/utf8.h"

enum {
	REPLACEMENT = 0xfffd,
	LEAD = 0xd800,
	TRAIL = 0xdc00,
	SUPPLEMENT = 0x10000
};

static const uint16_t basic[128] = { '@', 0xa3, '$', 0xa5, 0xe8, 0xe9, 0xf9,
	0xec, 0xf2, 0xc7, '\n', 0xd8, 0xf8, '\r', 0xc5, 0xe5, 0x394, '_', 0x3a6,
	0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, SMS_GSM_ESCAPE,
	0xc6, 0xe6, 0xdf, 0xc9, ' ', '!', '"', '#', 0xa4, '%', '&', '\'', '(',
	')', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6',
	'7', '8', '9', ':', ';', '<', '=', '>', '?', 0xa1, 'A', 'B', 'C', 'D',
	'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R',
	'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 0xc4, 0xd6, 0xd1, 0xdc, 0xa7,
	0xbf, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
	'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0xe4,
	0xf6, 0xf1, 0xfc, 0xe0 };

static const struct {
	uint16_t c;
	uint8_t code;
} extension[] = {
	{ '\f', 0x0a },
	{ '^', 0x14 },
	{ '{', 0x28 },
	{ '}', 0x29 },
	{ '\\', 0x2f },
	{ '[', 0x3c },
	{ '~', 0x3d },
	{ ']', 0x3e },
	{ '|', 0x40 },
	{ 0x20ac, 0x65 },
};

enum { NEXTENSION = sizeof(extension) / sizeof(extension[0]) };

static const struct {
	size_t single, joined;
} room[SMS_NCODING] = {
	[SMS_GSM7] = { SMS_GSM7_SINGLE, SMS_GSM7_JOINED },
	[SMS_UCS2] = { SMS_UCS2_SINGLE, SMS_UCS2_JOINED },
};

/* Its septet, or -1.  Most characters are where ASCII has them. */
static int
basic_code(int32_t c)
{
	if (c == SMS_GSM_ESCAPE)
		return -1;
	if (c >= 0 && c < 128 && basic[c] == c)
		return (int)c;
	for (int i = 0; i < 128; i++)
		if (basic[i] == c)
			return i;
	return -1;
}

/* The septet behind the escape, or -1. */
static int
extension_code(int32_t c)
{
	for (size_t i = 0; i < NEXTENSION; i++)
		if (extension[i].c == c)
			return extension[i].code;
	return -1;
}

static int32_t
next_char(struct str *s)
{
	int32_t c = utf8_next(s);

	return c == UTF8_BAD ? REPLACEMENT : c;
}

unsigned
sms_gsm_cost(enum sms_coding coding, int32_t c)
{
	if (coding == SMS_UCS2)
		return c < SUPPLEMENT ? 1 : 2;
	if (basic_code(c) >= 0)
		return 1;
	return extension_code(c) >= 0 ? 2 : 0;
}

bool
sms_gsm_holds(struct str text)
{
	while (text.len > 0)
		if (sms_gsm_cost(SMS_GSM7, next_char(&text)) == 0)
			return false;
	return true;
}

static size_t
count_units(enum sms_coding coding, struct str text)
{
	size_t n = 0;

	while (text.len > 0)
		n += sms_gsm_cost(coding, next_char(&text));
	return n;
}

/* What does not fit whole begins the next part. */
static size_t
count_joined(enum sms_coding coding, struct str text)
{
	size_t nparts = 1, used = 0;

	while (text.len > 0) {
		unsigned cost = sms_gsm_cost(coding, next_char(&text));

		if (used + cost > room[coding].joined) {
			nparts++;
			used = 0;
		}
		used += cost;
	}
	return nparts;
}

struct sms_count
sms_gsm_count(struct str text)
{
	struct sms_count n = { .coding = SMS_UCS2, .nparts = 1 };

	if (sms_gsm_holds(text))
		n.coding = SMS_GSM7;
	n.nunits = count_units(n.coding, text);
	if (n.nunits > room[n.coding].single)
		n.nparts = count_joined(n.coding, text);
	return n;
}

/* ---- septets ---------------------------------------------------------- */

static bool
encode_char(int32_t c, struct buf *out)
{
	int code = basic_code(c);

	if (code >= 0)
		return buf_addc(out, (char)code) == 0;
	code = extension_code(c);
	return code >= 0 && buf_addc(out, SMS_GSM_ESCAPE) == 0 &&
	    buf_addc(out, (char)code) == 0;
}

bool
sms_gsm_encode(struct str text, struct buf *out)
{
	size_t was = out->len;

	while (text.len > 0) {
		if (!encode_char(next_char(&text), out)) {
			buf_truncate(out, was);
			return false;
		}
	}
	return true;
}

static int32_t
extension_char(unsigned char code)
{
	for (size_t i = 0; i < NEXTENSION; i++)
		if (extension[i].code == code)
			return extension[i].c;
	/* A second escape is for tables to come: a space until then. */
	return code == SMS_GSM_ESCAPE ? ' ' : basic[code];
}

int
sms_gsm_decode(struct str septets, struct buf *out)
{
	bool escaped = false;

	for (size_t i = 0; i < septets.len; i++) {
		unsigned char code = (unsigned char)septets.p[i];
		int32_t c = REPLACEMENT;

		if (code == SMS_GSM_ESCAPE && !escaped && i + 1 < septets.len) {
			escaped = true;
			continue;
		}
		if (code < 128)
			c = escaped || code == SMS_GSM_ESCAPE
			    ? extension_char(code)
			    : basic[code];
		escaped = false;
		if (utf8_put(out, c) < 0)
			return -1;
	}
	return 0;
}

/* ---- UTF-16 ----------------------------------------------------------- */

/* One or two units of it; how many. */
static unsigned
units_of(int32_t c, uint16_t unit[2])
{
	if (c < SUPPLEMENT) {
		unit[0] = (uint16_t)c;
		return 1;
	}
	c -= SUPPLEMENT;
	unit[0] = (uint16_t)(LEAD + (c >> 10));
	unit[1] = (uint16_t)(TRAIL + (c & 0x3ff));
	return 2;
}

int
sms_ucs2_encode(struct str text, struct buf *out)
{
	while (text.len > 0) {
		uint16_t unit[2];
		unsigned n = units_of(next_char(&text), unit);

		for (unsigned i = 0; i < n; i++) {
			const char two[] = { (char)(unit[i] >> 8),
				(char)(unit[i] & 0xff) };

			if (buf_add(out, two, sizeof(two)) < 0)
				return -1;
		}
	}
	return 0;
}

int
sms_ucs2_hex(struct str text, struct buf *out)
{
	while (text.len > 0) {
		uint16_t unit[2];
		unsigned n = units_of(next_char(&text), unit);

		for (unsigned i = 0; i < n; i++)
			if (buf_addf(out, "%04X", (unsigned)unit[i]) < 0)
				return -1;
	}
	return 0;
}

static int32_t
unit_at(struct str s, size_t i)
{
	if (s.len < i + 2)
		return -1;
	return (
	    int32_t)((unsigned char)s.p[i] << 8 | (unsigned char)s.p[i + 1]);
}

/* The character at the beginning of s, which is not empty. */
static int32_t
next_utf16(struct str *s)
{
	int32_t first = unit_at(*s, 0), second = unit_at(*s, 2);
	bool is_pair = first >= LEAD && first < TRAIL && second >= TRAIL &&
	    second < TRAIL + 0x400;

	*s = str_skip(*s, is_pair ? 4 : 2);
	if (is_pair)
		return SUPPLEMENT + ((first - LEAD) << 10) + (second - TRAIL);
	if (first < 0 || (first >= LEAD && first < TRAIL + 0x400))
		return REPLACEMENT;
	return first;
}

int
sms_ucs2_decode(struct str octets, struct buf *out)
{
	while (octets.len > 0)
		if (utf8_put(out, next_utf16(&octets)) < 0)
			return -1;
	return 0;
}
