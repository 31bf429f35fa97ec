#include "smtp/smtp_path.h"

#include "lib/utf8.h"

enum { LABEL_MAX = 63, DEL = 0x7f };

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] > DEL)
			return false;
	return true;
}

static bool
is_printable(char c)
{
	return (unsigned char)c > ' ' && c != DEL;
}

/* ---- one address ---------------------------------------------------------- */

/* Length of a quoted string at the front of s, quotes and all; 0: none. */
static size_t
quoted_len(struct str s)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len)
			i++;
		else if (s.p[i] == '"')
			return i + 1;
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == DEL)
			return 0;
	}
	return 0;
}

static size_t
local_len(struct str s)
{
	size_t n = 0;

	if (s.len > 0 && s.p[0] == '"')
		return quoted_len(s);
	while (n < s.len && is_printable(s.p[n]) &&
	    !strchr("()<>[]:;,\\\"@", s.p[n]))
		n++;
	return n;
}

static bool
is_label(struct str s)
{
	if (s.len == 0 || s.len > LABEL_MAX || s.p[0] == '-' ||
	    s.p[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool alnum = (c >= '0' && c <= '9') ||
		    ((c | ' ') >= 'a' && (c | ' ') <= 'z');

		/* Hosts with an underscore do exist. */
		if (!alnum && c != '-' && c != '_' && (unsigned char)c <= DEL)
			return false;
	}
	return true;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]": only that it may be one. */
static bool
is_literal(struct str s)
{
	if (s.len < 3 || s.p[s.len - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < s.len; i++)
		if (!is_printable(s.p[i]) || strchr("[]\\", s.p[i]))
			return false;
	return is_ascii(s);
}

static bool
is_domain(struct str s)
{
	struct str label;

	if (s.len > 0 && s.p[0] == '[')
		return is_literal(s);
	while (str_cut(&s, '.', &label))
		if (!is_label(label))
			return false;
	return true;
}

static const char *
read_address(struct str s, struct smtp_path *out)
{
	size_t n = local_len(s);

	*out = (struct smtp_path){ .address = s,
		.local = str_head(s, n),
		.domain = STR_EMPTY,
		.is_ascii = is_ascii(s) };
	if (!utf8_is_valid(s))
		return "the address is not UTF-8";
	if (n == 0)
		return "the address has no local part";
	if (s.len > SMTP_PATH_MAX)
		return "the address is too long";
	if (n == s.len)
		return NULL;
	out->domain = str_skip(s, n + 1);
	if (s.p[n] != '@' || !is_domain(out->domain))
		return "the address is malformed";
	return NULL;
}

bool
smtp_path_is_dotted_well(const struct smtp_path *p)
{
	struct str rest = p->local, part;

	if (p->local.len > 0 && p->local.p[0] == '"')
		return true;
	while (str_cut(&rest, '.', &part))
		if (part.len == 0)
			return false;
	return true;
}

/* ---- the path ------------------------------------------------------------- */

/* Where the bracket closes, outside of quotes; -1: it does not. */
static ptrdiff_t
find_close(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '>')
			return (ptrdiff_t)i;
		if (s.p[i] == '"') {
			size_t n = quoted_len(str_skip(s, i));

			if (n == 0)
				return -1;
			i += n - 1;
		}
	}
	return -1;
}

/* RFC 5321 appendix C: a route is accepted and has no meaning. */
static const char *
skip_route(struct str *s)
{
	ptrdiff_t colon;

	if (s->len == 0 || s->p[0] != '@')
		return NULL;
	colon = str_find(*s, ':');
	if (colon < 0)
		return "the route has no end";
	*s = str_skip(*s, (size_t)colon + 1);
	return NULL;
}

static void
skip_blanks(struct str *s)
{
	while (s->len > 0 && s->p[0] == ' ')
		*s = str_skip(*s, 1);
}

/* Without brackets: up to the next blank. */
static const char *
read_naked(struct str *rest, struct smtp_path *out)
{
	ptrdiff_t blank = str_find(*rest, ' ');
	size_t n = blank < 0 ? rest->len : (size_t)blank;
	struct str s = str_head(*rest, n);

	*rest = str_skip(*rest, n);
	return read_address(s, out);
}

const char *
smtp_path_read(struct str *rest, struct smtp_path *out)
{
	struct str s;
	ptrdiff_t close;
	const char *bad;

	skip_blanks(rest);
	if (rest->len == 0 || rest->p[0] != '<')
		return read_naked(rest, out);
	s = str_skip(*rest, 1);
	close = find_close(s);
	if (close < 0)
		return "the address has no end";
	*rest = str_skip(s, (size_t)close + 1);
	if (rest->len > 0 && rest->p[0] != ' ')
		return "there is something directly behind the address";
	s = str_head(s, (size_t)close);
	*out = (struct smtp_path){ .address = s, .is_ascii = true };
	bad = skip_route(&s);
	return bad || out->address.len == 0 ? bad : read_address(s, out);
}

/* ---- parameters ----------------------------------------------------------- */

static bool
is_key(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!(c >= '0' && c <= '9') &&
		    !((c | ' ') >= 'a' && (c | ' ') <= 'z') &&
		    (c != '-' || i == 0))
			return false;
	}
	return s.len > 0;
}

int
smtp_param_read(struct str *rest, struct smtp_param *out)
{
	struct str word;

	skip_blanks(rest);
	if (rest->len == 0)
		return 0;
	(void)str_cut(rest, ' ', &word);
	if (!rest->p)
		*rest = STR_EMPTY;
	out->has_value = str_has(word, '=');
	(void)str_cut(&word, '=', &out->key);
	out->value = out->has_value ? word : STR_EMPTY;
	if (!is_key(out->key) || (out->has_value && out->value.len == 0))
		return -1;
	return 1;
}

int
smtp_xtext(struct str in, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		int c = (unsigned char)in.p[i];

		if (c == '+') {
			int high =
			    i + 2 < in.len ? str_hex_digit(in.p[i + 1]) : -1;
			int low = high < 0 ? -1 : str_hex_digit(in.p[i + 2]);

			c = low < 0 ? 0 : high * 16 + low;
			i += 2;
		}
		if (c < ' ' || c == DEL || n == size)
			return -1;
		out[n++] = (char)c;
	}
	return (int)n;
}
