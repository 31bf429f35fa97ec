/*
 *	jid = [ node "@" ] domain [ "/" resource ]
 *
 * RFC 7622 3.1	cut at the first "/" and then at the first "@" before it
 * RFC 6122	the profiles, because servers still apply them
 * XEP-0106	escaping; ours reaches every byte
 */
#include "lib/text.h"
#include "lib/utf8.h"

#include "xmpp/jid.h"

_Static_assert((int)JID_PART_MAX == (int)TEXT_PREP_MAX, "one limit");

/* ---- parse ------------------------------------------------------------ */

static int
bad_part(struct err *err, const char *part, struct str text)
{
	struct str shown = str_head(text, utf8_cut(text, 80));

	if (text.len == 0)
		return err_set(err, ERR_BAD_INPUT,
		    "not an XMPP address: the %s is empty", part);
	if (text.len > JID_PART_MAX)
		return err_set(err, ERR_BAD_INPUT,
		    "not an XMPP address: the %s is over %d bytes", part,
		    JID_PART_MAX);
	return err_set(err, ERR_BAD_INPUT,
	    "not an XMPP address: the %s \"" STR_FMT "\" is not allowed", part,
	    STR_ARG(shown));
}

/* Bytes written to out, -1 if there is nothing left or it is refused. */
static int
prepare(enum text_profile profile, struct str in, char *out)
{
	int len = text_prep_received(profile, in, out);

	return len > 0 ? len : -1;
}

/* No empty label: at the end it would be lost, elsewhere nobody resolves it. */
static bool
has_empty_label(const char *p, int len)
{
	for (int i = 0; i < len; i++)
		if (p[i] == '.' && (i == 0 || i + 1 == len || p[i + 1] == '.'))
			return true;
	return false;
}

static int
prepare_domain(struct str in, char *out)
{
	int len = prepare(TEXT_NAMEPREP, in, out);

	if (len > 1 && out[len - 1] == '.')
		len--;
	return len < 0 || has_empty_label(out, len) ? -1 : len;
}

/* NULL p: that part is missing; present and empty is an error. */
static int
set_parts(struct jid *j, struct str node, struct str domain,
    struct str resource, struct err *err)
{
	char *q = &j->text[0];
	int n = 0, d, r = 0;

	if (node.p) {
		n = prepare(TEXT_NODEPREP, node, q);
		if (n < 0)
			return bad_part(err, "part before @", node);
		q += n;
		*q++ = '@';
	}
	d = prepare_domain(domain, q);
	if (d < 0)
		return bad_part(err, "domain", domain);
	q += d;
	if (resource.p) {
		*q++ = '/';
		r = prepare(TEXT_RESOURCEPREP, resource, q);
		if (r < 0)
			return bad_part(err, "part after /", resource);
		q += r;
	}
	*q = '\0';
	j->node_len = (uint16_t)n;
	j->domain_len = (uint16_t)d;
	j->resource_len = (uint16_t)r;
	return 0;
}

int
jid_parse(struct jid *j, struct str text, struct err *err)
{
	struct str node = { NULL, 0 }, resource = { NULL, 0 };
	ptrdiff_t at = str_find(text, '/');

	if (at >= 0) {
		resource = str_skip(text, (size_t)at + 1);
		text.len = (size_t)at;
	}
	at = str_find(text, '@');
	if (at >= 0) {
		node = str_head(text, (size_t)at);
		text = str_skip(text, (size_t)at + 1);
	}
	return set_parts(j, node, text, resource, err);
}

int
jid_make(struct jid *j, struct str node, struct str domain, struct str resource,
    struct err *err)
{
	if (node.len == 0)
		node.p = NULL;
	if (resource.len == 0)
		resource.p = NULL;
	return set_parts(j, node, domain, resource, err);
}

/* ---- reversible names ------------------------------------------------- */

/* How much of what is not ASCII is escaped. */
enum zeal {
	ONLY_INVALID,    /* what is not UTF-8 */
	EACH_REFUSED,    /* and each character that the profile touches */
	ALL_BEYOND_ASCII /* everything: some combination is refused */
};

/* The byte that s begins with as `\hh`; 0 if it does not, or for `\00`. */
static unsigned char
escaped_byte(struct str s)
{
	int high, low;

	if (s.len < 3 || s.p[0] != '\\')
		return 0;
	high = str_hex_digit(s.p[1]);
	low = str_hex_digit(s.p[2]);
	return high < 0 || low < 0 ? 0 : (unsigned char)(high << 4 | low);
}

/* Also true for `\00`, which stands for itself but looks like an escape. */
static bool
looks_escaped(struct str s)
{
	return s.len >= 3 && s.p[0] == '\\' && str_hex_digit(s.p[1]) >= 0 &&
	    str_hex_digit(s.p[2]) >= 0;
}

static char *
put_escape(char *q, unsigned char c)
{
	static const char digit[] = "0123456789abcdef";

	*q++ = '\\';
	*q++ = digit[c >> 4];
	*q++ = digit[c & 15];
	return q;
}

static bool
is_kept_by(enum text_profile profile, struct str s)
{
	char out[TEXT_PREP_MAX];
	int len = text_prep_into(profile, s, out);

	if (len < 0)
		return false;
	if (profile == TEXT_NODEPREP)
		return str_eq_nocase(s, str_of(out, (size_t)len));
	return str_eq(s, str_of(out, (size_t)len));
}

/* Whether the ASCII character at i may stand as it is. */
static bool
is_plain_ascii(enum text_profile profile, struct str raw, size_t i)
{
	char c = raw.p[i];

	if (c == '\\')
		return !looks_escaped(str_skip(raw, i));
	if (c <= 0x1f || c == 0x7f)
		return false;
	if (profile == TEXT_RESOURCEPREP)
		return c != ' ' || (i > 0 && i + 1 < raw.len);
	return !strchr(" \"&'/:<>@", c);
}

static bool
is_plain_beyond(enum text_profile profile, enum zeal zeal, struct str c)
{
	struct str rest = c;

	if (zeal == ALL_BEYOND_ASCII || utf8_next(&rest) == UTF8_BAD)
		return false;
	return zeal == ONLY_INVALID || is_kept_by(profile, c);
}

/* Into out, JID_PART_MAX bytes; the length, or -1 if that is too short. */
static int
escape_into(
    enum text_profile profile, enum zeal zeal, struct str raw, char *out)
{
	char *q = out;
	size_t i = 0;

	while (i < raw.len) {
		struct str rest = str_skip(raw, i);
		size_t n;
		bool plain;

		if ((unsigned char)raw.p[i] < 0x80) {
			n = 1;
			plain = is_plain_ascii(profile, raw, i);
		} else {
			(void)utf8_next(&rest);
			n = raw.len - i - rest.len;
			plain = is_plain_beyond(
			    profile, zeal, str_of(raw.p + i, n));
		}
		if ((size_t)(q - out) + (plain ? n : 3 * n) > JID_PART_MAX)
			return -1;
		for (; n > 0; n--, i++) {
			if (plain)
				*q++ = raw.p[i];
			else
				q = put_escape(q, (unsigned char)raw.p[i]);
		}
	}
	return (int)(q - out);
}

/*
 * Characters that are fine alone may be refused or changed together (the
 * rule for right-to-left text, composition), so the whole is what counts.
 * Nearly always the first, most readable form is good.
 */
static int
escape(enum text_profile profile, struct str raw, struct buf *out)
{
	char text[JID_PART_MAX];

	if (raw.len == 0 || raw.len > JID_PART_MAX || str_has(raw, '\0'))
		return -1;
	for (int zeal = ONLY_INVALID; zeal <= ALL_BEYOND_ASCII; zeal++) {
		int n = escape_into(profile, (enum zeal)zeal, raw, text);
		struct str s = str_of(text, n > 0 ? (size_t)n : 0);

		if (n < 0)
			return -1;
		if (is_kept_by(profile, s))
			return buf_add_str(out, s);
	}
	return -1; /* not reached: ASCII that was escaped is kept */
}

static int
unescape(struct str s, struct buf *out)
{
	size_t before = out->len;

	while (s.len > 0) {
		unsigned char c = escaped_byte(s);
		size_t n = c ? 3 : 1;

		if (buf_addc(out, c ? (char)c : s.p[0]) < 0) {
			buf_truncate(out, before);
			return -1;
		}
		s = str_skip(s, n);
	}
	return 0;
}

int
jid_escape_node(struct str raw, struct buf *out)
{
	return escape(TEXT_NODEPREP, raw, out);
}

int
jid_escape_resource(struct str raw, struct buf *out)
{
	return escape(TEXT_RESOURCEPREP, raw, out);
}

int
jid_unescape_node(struct str node, struct buf *out)
{
	return unescape(node, out);
}

int
jid_unescape_resource(struct str resource, struct buf *out)
{
	return unescape(resource, out);
}
