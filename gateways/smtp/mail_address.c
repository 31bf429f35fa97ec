#include "smtp/mail_address.h"
#include "lib/text.h"
#include "lib/utf8.h"

/* ---- letters ---------------------------------------------------------- */

static bool
is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* RFC 5322 3.2.3, and what RFC 6531 3.3 adds. */
static bool
is_atext(unsigned char c)
{
	return is_alnum(c) || c >= 0x80 ||
	    (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool
has_high(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ---- parts ------------------------------------------------------------ */

/* Dots between, and only between. */
static bool
is_dotted(struct str s, bool (*takes)(unsigned char))
{
	bool fresh = true;

	for (size_t i = 0; i < s.len; i++) {
		bool dot = s.p[i] == '.';

		if (dot ? fresh : !takes((unsigned char)s.p[i]))
			return false;
		fresh = dot;
	}
	return !fresh;
}

/* How long the quoted string at the front is; 0: it is none. */
static size_t
quoted_len(struct str s)
{
	for (size_t i = 1; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"')
			return i + 1;
		if (c == '\\')
			c = ++i < s.len ? (unsigned char)s.p[i] : 0;
		if (c < ' ' || c == 0x7f)
			return 0;
	}
	return 0;
}

static size_t
local_len(struct str s)
{
	size_t n = 0;

	if (s.len && s.p[0] == '"')
		return quoted_len(s);
	while (n < s.len && (s.p[n] == '.' || is_atext((unsigned char)s.p[n])))
		n++;
	return n;
}

static int
parse_local(struct mail_address *out, struct err *err)
{
	out->is_quoted = out->local.len && out->local.p[0] == '"';
	out->local_is_utf8 = has_high(out->local);
	if (out->local.len == 0)
		return err_set(
		    err, ERR_BAD_INPUT, "there is nothing before the @");
	if (out->local.len > MAIL_LOCAL_MAX)
		return err_set(err, ERR_BAD_INPUT,
		    "what is before the @ is longer than %d bytes",
		    MAIL_LOCAL_MAX);
	if (!out->is_quoted && !is_dotted(out->local, is_atext))
		return err_set(err, ERR_BAD_INPUT,
		    "a dot begins it, ends it, or follows another one");
	return 0;
}

static bool
is_literal_char(unsigned char c)
{
	return is_alnum(c) || c == '.' || c == ':' || c == '-';
}

/* RFC 5321 4.1.3, as far as it matters: nothing is ever sent to one. */
static bool
is_literal(struct str s)
{
	if (s.len < 3 || s.p[s.len - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < s.len; i++)
		if (!is_literal_char((unsigned char)s.p[i]))
			return false;
	return true;
}

static bool
is_label(struct str s)
{
	if (s.len == 0 || s.len > 63 || s.p[0] == '-' || s.p[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum((unsigned char)s.p[i]) && s.p[i] != '-' &&
		    (unsigned char)s.p[i] < 0x80)
			return false;
	return true;
}

static bool
is_domain(struct str s)
{
	struct str label;

	if (s.len == 0 || s.len > MAIL_DOMAIN_MAX)
		return false;
	while (str_cut(&s, '.', &label))
		if (!is_label(label))
			return false;
	return true;
}

static int
parse_domain(struct mail_address *out, struct err *err)
{
	out->is_literal = out->domain.len && out->domain.p[0] == '[';
	out->is_utf8 = out->local_is_utf8 || has_high(out->domain);
	if (out->is_literal ? is_literal(out->domain) : is_domain(out->domain))
		return 0;
	return err_set(err, ERR_BAD_INPUT,
	    "what is behind the @ is not the name of a domain");
}

int
mail_address_parse(struct str text, struct mail_address *out, struct err *err)
{
	size_t n = local_len(text);

	*out = (struct mail_address){ .local = str_head(text, n) };
	if (text.len > MAIL_ADDRESS_MAX)
		return err_set(err, ERR_BAD_INPUT,
		    "an address has %d bytes at most", MAIL_ADDRESS_MAX);
	if (!utf8_is_valid(text))
		return err_set(err, ERR_BAD_INPUT, "it is not UTF-8");
	if (n == text.len && !str_has(text, '@'))
		return err_set(err, ERR_BAD_INPUT, "there is no @ in it");
	if (n == text.len || text.p[n] != '@')
		return err_set(err, ERR_BAD_INPUT,
		    "there is something before the @ that an address cannot "
		    "have");
	out->domain = str_skip(text, n + 1);
	if (parse_local(out, err) < 0)
		return -1;
	return parse_domain(out, err);
}

/* ---- paths ------------------------------------------------------------ */

/* Where the > is that belongs to the < at the front; 0: nowhere. */
static size_t
path_end(struct str s)
{
	size_t i = 1;

	while (i < s.len && s.p[i] != '>') {
		size_t n = s.p[i] == '"' ? quoted_len(str_skip(s, i)) : 1;

		if (n == 0)
			return 0;
		i += n;
	}
	return i < s.len ? i : 0;
}

int
mail_path_take(struct str *rest, struct str *out, struct err *err)
{
	size_t end = rest->len && rest->p[0] == '<' ? path_end(*rest) : 0;
	struct str route;

	if (end == 0)
		return err_set(err, ERR_BAD_INPUT,
		    "an address stands between < and >, right behind the "
		    "colon");
	*out = str_of(rest->p + 1, end - 1);
	*rest = str_skip(*rest, end + 1);
	if (out->len && out->p[0] == '@' &&
	    (!str_cut(out, ':', &route) || !out->p))
		return err_set(
		    err, ERR_BAD_INPUT, "there is a route and no address");
	return 0;
}

/* ---- as it is sent to ------------------------------------------------- */

static void
add_lower(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++)
		buf_addc(out, lower(s.p[i]));
}

int
mail_domain_ascii(struct str domain, struct buf *out, struct err *err)
{
	size_t was = out->len;

	if (!has_high(domain))
		add_lower(domain, out);
	else if (!text_domain_ascii(domain, out))
		buf_truncate(out, was);
	if (is_domain(str_skip(buf_str(out), was)))
		return 0;
	buf_truncate(out, was);
	return err_set(err, ERR_BAD_INPUT,
	    STR_FMT " is not the name of a domain", STR_ARG(domain));
}

/* All that is possible is not all that mail servers take. */
static int
check_plain(const struct mail_address *a, struct err *err)
{
	if (a->is_quoted)
		return err_set(err, ERR_UNSUITABLE,
		    "addresses with quotes are not written to");
	if (a->is_literal)
		return err_set(err, ERR_UNSUITABLE,
		    "addresses with a number instead of a domain are not "
		    "written to");
	if (a->local_is_utf8)
		return err_set(err, ERR_UNSUITABLE,
		    "addresses with letters beyond ASCII before the @ are not "
		    "written to");
	return 0;
}

int
mail_address_canonical(
    const struct mail_address *a, struct buf *out, struct err *err)
{
	size_t was = out->len;

	if (check_plain(a, err) < 0)
		return -1;
	buf_add_str(out, a->local);
	buf_addc(out, '@');
	if (mail_domain_ascii(a->domain, out, err) < 0) {
		buf_truncate(out, was);
		return -1;
	}
	if (out->len - was <= MAIL_ADDRESS_MAX)
		return 0;
	buf_truncate(out, was);
	return err_set(err, ERR_BAD_INPUT, "an address has %d bytes at most",
	    MAIL_ADDRESS_MAX);
}

void
mail_address_fold(struct str text, struct buf *out)
{
	add_lower(text, out);
}

bool
mail_address_same(struct str a, struct str b)
{
	return str_eq_nocase(a, b);
}

/* ---- as people write it ----------------------------------------------- */

/* The last of them: a name may have one in it. */
static size_t
last_bracket(struct str s)
{
	size_t i = s.len;

	while (i > 0 && s.p[i - 1] != '<')
		i--;
	return i;
}

int
mail_address_typed(struct str typed, struct mail_address *out, struct err *err)
{
	struct str text = str_trim(typed);
	size_t open = last_bracket(text);

	if (str_eq_nocase(str_head(text, 7), STR("mailto:"))) {
		struct str rest = str_skip(text, 7);

		(void)str_cut(&rest, '?', &text);
	} else if (open && text.p[text.len - 1] == '>') {
		text = str_of(text.p + open, text.len - open - 1);
	}
	return mail_address_parse(str_trim(text), out, err);
}
