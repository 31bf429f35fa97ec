/*
 * XML 1.0 2.2, 2.4, 3.3.3	characters, escapes, attribute normalisation
 * RFC 6120 11.1		what XMPP leaves of XML
 *
 * Nearly every value is clean: then it is looked at once, eight bytes at a
 * time, and copied once.
 */
#include <assert.h>

#include "lib/utf8.h"

#include "xmpp/xmlw.h"

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))
#define BIT(c)       (UINT64_C(1) << ((c)&63))

enum where { IN_TEXT, IN_ATTR };

/* ASCII that cannot be copied as it is. */
static const uint64_t special[][2] = {
	[IN_TEXT] = { (BIT(' ') - BIT(0) - BIT('\t') - BIT('\n')) | BIT('&') |
	        BIT('<') | BIT('>'),
	    0 },
	[IN_ATTR] = { (BIT(' ') - BIT(0)) | BIT('"') | BIT('&') | BIT('\'') |
	        BIT('<') | BIT('>'),
	    0 },
};

/* ---- values ----------------------------------------------------------- */

/* Not zero if one of the eight bytes is zero (exact as a whole). */
static inline uint64_t
zero_byte(uint64_t w)
{
	return (w - EACH_BYTE(1)) & ~w & EACH_BYTE(0x80);
}

/* ASCII from space on, without " & ' < >.  Some clean bytes are refused. */
static inline bool
is_clean8(const char *p)
{
	uint64_t w, dirty;

	memcpy(&w, p, sizeof(w));
	dirty = (w | (w - EACH_BYTE(0x20))) & EACH_BYTE(0x80);
	dirty |= zero_byte(w ^ EACH_BYTE('"'));
	dirty |= zero_byte((w | EACH_BYTE(1)) ^ EACH_BYTE('\'')); /* & too */
	dirty |= zero_byte((w | EACH_BYTE(2)) ^ EACH_BYTE('>'));  /* < too */
	return !dirty;
}

/*
 * Bytes of the character at p if it is one of those that fill nearly all
 * text beyond ASCII: 2 bytes, or 3 with a first byte that allows any tails.
 * 0: utf8_next() must look.
 */
static inline size_t
common_len(const unsigned char *p, size_t len)
{
	if (len < 2 || (p[1] & 0xc0) != 0x80)
		return 0;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return 2;
	if (len < 3 || (p[2] & 0xc0) != 0x80)
		return 0;
	return (p[0] >= 0xe1 && p[0] <= 0xec) || p[0] == 0xee ? 3 : 0;
}

/* How much of the beginning of s can be copied as it is. */
static size_t
clean_len(struct str s, enum where where)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, n;

	while (i < s.len) {
		if (s.len - i >= 8 && is_clean8(s.p + i)) {
			i += 8;
			continue;
		}
		/* Leave the slow way again after at most one word. */
		for (n = i + 8; i < s.len && i < n && p[i] < 0x80; i++)
			if (special[where][p[i] >> 6] & BIT(p[i]))
				return i;
		while (i < s.len && p[i] >= 0x80) {
			n = common_len(p + i, s.len - i);
			if (n == 0)
				return i;
			i += n;
		}
	}
	return i;
}

/* What clean_len() stopped at. */
static void
put_special(struct buf *out, struct str *s)
{
	struct str before = *s, entity;
	int32_t c = utf8_next(s);

	switch (c) {
	case '<':
		entity = STR("&lt;");
		break;
	case '>':
		entity = STR("&gt;");
		break;
	case '&':
		entity = STR("&amp;");
		break;
	case '"':
		entity = STR("&quot;");
		break;
	case '\'':
		entity = STR("&apos;");
		break;
	case '\t':
		entity = STR("&#9;");
		break;
	case '\n':
		entity = STR("&#10;");
		break;
	case '\r':
		entity = STR("&#13;");
		break;
	default:
		entity = utf8_is_xml_char(c)
		    ? str_of(before.p, before.len - s->len)
		    : STR("\xef\xbf\xbd");
	}
	buf_add_str(out, entity);
}

/* Escaping only makes it longer: what is too long now can never fit. */
static bool
has_room(struct xmlw *w, size_t len)
{
	if (len > w->max || w->out->len - w->start > w->max - len)
		w->too_big = true;
	return !w->too_big;
}

static void
put_value(struct xmlw *w, struct str s, enum where where)
{
	if (!has_room(w, s.len))
		return;
	while (s.len > 0) {
		size_t n = clean_len(s, where);

		if (n > 0)
			buf_add(w->out, s.p, n);
		s.p += n;
		s.len -= n;
		if (s.len > 0)
			put_special(w->out, &s);
	}
}

/* ---- tags ------------------------------------------------------------- */

/*
 * Everything below asks for room once and then copies: a stanza has dozens
 * of pieces, most of them shorter than a call is long.
 */

/* The start tag on top takes no more attributes. */
static void
end_tag_start(struct xmlw *w)
{
	if (w->in_tag)
		buf_addc(w->out, '>');
	w->in_tag = false;
}

void
xmlw_init(struct xmlw *w, struct buf *out, size_t max_stanza_bytes)
{
	w->out = out;
	w->max = max_stanza_bytes;
	w->start = 0;
	w->depth = 0;
	w->in_tag = false;
	w->too_big = false;
}

void
xmlw_fragment(struct xmlw *w)
{
	w->start = w->out->len;
	w->depth = 0;
	w->in_tag = false;
	w->too_big = false;
}

void
xmlw_stanza(struct xmlw *w, const char *name, struct str from, struct str to,
    const char *type, struct str id)
{
	assert(from.len > 0 && to.len > 0);
	xmlw_fragment(w);
	xmlw_open(w, name, NULL);
	xmlw_attr(w, "from", from);
	xmlw_attr(w, "to", to);
	if (type)
		xmlw_attr_c(w, "type", type);
	if (id.len > 0)
		xmlw_attr(w, "id", id);
}

void
xmlw_open(struct xmlw *w, const char *name, const char *ns)
{
	size_t name_len = strlen(name), ns_len = ns ? strlen(ns) : 0;
	bool in_tag = w->in_tag;
	char *q =
	    buf_reserve(w->out, in_tag + 1 + name_len + (ns ? 9 + ns_len : 0));
	char *begin = q;

	assert(w->depth < XMLW_DEPTH_MAX);
	w->open[w->depth++] = name;
	w->in_tag = true;
	if (!q)
		return;
	if (in_tag)
		*q++ = '>';
	*q++ = '<';
	q = mempcpy(q, name, name_len);
	if (ns) {
		q = mempcpy(q, " xmlns='", 8);
		q = mempcpy(q, ns, ns_len);
		*q++ = '\'';
	}
	buf_added(w->out, (size_t)(q - begin));
}

void
xmlw_close(struct xmlw *w)
{
	bool in_tag = w->in_tag;
	const char *name;
	size_t len;
	char *q;

	assert(w->depth > 0);
	name = w->open[--w->depth];
	w->in_tag = false;
	if (in_tag) {
		buf_add(w->out, "/>", 2);
		return;
	}
	len = strlen(name);
	q = buf_reserve(w->out, len + 3);
	if (!q)
		return;
	q = mempcpy(q, "</", 2);
	q = mempcpy(q, name, len);
	*q = '>';
	buf_added(w->out, len + 3);
}

void
xmlw_attr(struct xmlw *w, const char *name, struct str value)
{
	size_t len = strlen(name), clean;
	char *q, *begin;

	assert(w->in_tag);
	if (!has_room(w, value.len))
		return;
	clean = clean_len(value, IN_ATTR);
	q = begin = buf_reserve(w->out, len + clean + 4);
	if (!q)
		return;
	*q++ = ' ';
	q = mempcpy(q, name, len);
	q = mempcpy(q, "='", 2);
	if (clean > 0)
		q = mempcpy(q, value.p, clean);
	if (clean == value.len)
		*q++ = '\'';
	buf_added(w->out, (size_t)(q - begin));
	if (clean < value.len) {
		put_value(w, str_skip(value, clean), IN_ATTR);
		buf_addc(w->out, '\'');
	}
}

void
xmlw_attr_c(struct xmlw *w, const char *name, const char *value)
{
	xmlw_attr(w, name, str_c(value));
}

void
xmlw_attr_u64(struct xmlw *w, const char *name, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	xmlw_attr(w, name, str_of(digits + at, sizeof(digits) - at));
}

void
xmlw_text(struct xmlw *w, struct str text)
{
	assert(w->depth > 0);
	end_tag_start(w);
	put_value(w, text, IN_TEXT);
}

void
xmlw_leaf(struct xmlw *w, const char *name, const char *ns)
{
	xmlw_open(w, name, ns);
	xmlw_close(w);
}

void
xmlw_textel(struct xmlw *w, const char *name, const char *ns, struct str text)
{
	xmlw_open(w, name, ns);
	xmlw_text(w, text);
	xmlw_close(w);
}

void
xmlw_raw(struct xmlw *w, struct str xml)
{
	end_tag_start(w);
	if (has_room(w, xml.len))
		buf_add_str(w->out, xml);
}

int
xmlw_end(struct xmlw *w, struct err *err)
{
	size_t size;

	while (w->depth > 0)
		xmlw_close(w);
	size = w->out->len - w->start;
	if (!w->too_big && !buf_is_full(w->out) && size <= w->max)
		return 0;
	buf_truncate(w->out, w->start);
	if (w->too_big || size > w->max)
		return err_set(
		    err, ERR_TOO_BIG, "a stanza over %zu bytes", w->max);
	return err_set(err, ERR_BUSY, "the output buffer is full");
}
