#include <stdio.h>

#include "smtp/mail_where.h"

/* RFC 2142 3 to 6, and whom daemons run as. */
static const char *const reserved[] = { "postmaster", "abuse", "mailer-daemon",
	"root", "hostmaster", "webmaster", "security", "noc", "nobody",
	"usenet", "news", "daemon", "www-data", "noreply", "no-reply", NULL };

static const char *const severities[] = { "info", "warn", "crit", NULL };

static bool
is_in(const char *const *list, struct str s)
{
	for (; *list; list++)
		if (str_is(s, *list))
			return true;
	return false;
}

/* ---- letters ---------------------------------------------------------- */

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
	    c == '-';
}

static bool
is_separator(char c)
{
	return c == '.' || c == '+';
}

/* Nothing that any of our addresses has at its ends or twice. */
static bool
is_well_formed(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		bool sep = is_separator(s.p[i]);

		if (!sep && !is_name_char(s.p[i]) && s.p[i] != '=')
			return false;
		if (sep &&
		    (i == 0 || i + 1 == s.len || is_separator(s.p[i + 1])))
			return false;
	}
	return s.len > 0;
}

static void
copy(struct str from, char *to, size_t size)
{
	(void)snprintf(to, size, STR_FMT, STR_ARG(from));
}

/* RFC 4648 6, in lower case. */
static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		        (s.p[i] >= '2' && s.p[i] <= '7')))
			return false;
	return s.len == MAIL_TOKEN_LEN;
}

/* ---- labels ----------------------------------------------------------- */

/* What is behind the last dot or plus of *s; *s goes on before it. */
static struct str
last_label(struct str s, struct str *before)
{
	size_t i = s.len;

	while (i > 0 && !is_separator(s.p[i - 1]))
		i--;
	*before = str_head(s, i ? i - 1 : 0);
	return str_skip(s, i);
}

static void
take_severity(struct str *s, struct mail_where *out)
{
	struct str before, last = last_label(*s, &before);

	if (before.len == 0 || !is_in(severities, last))
		return;
	copy(last, out->severity, sizeof(out->severity));
	*s = before;
}

static bool
take_token(struct str *s, struct mail_where *out)
{
	struct str before, last = last_label(*s, &before);

	if (!is_token(last))
		return false;
	copy(last, out->token, sizeof(out->token));
	*s = before;
	return true;
}

/* "b.", "n." and the like; 0: it begins with none. */
static char
prefix_of(struct str s)
{
	return s.len == 1 || (s.len > 1 && is_separator(s.p[1])) ? s.p[0]
	                                                         : '\0';
}

/* ---- forms ------------------------------------------------------------ */

static void
read_name(struct str s, struct mail_where *out)
{
	struct str name, rest = s;

	out->kind = MAIL_WHERE_NAME;
	take_severity(&s, out);
	copy(s, out->slug, sizeof(out->slug));
	(void)str_cut(&rest, '+', &name);
	copy(name, out->name, sizeof(out->name));
	copy(rest, out->detail, sizeof(out->detail));
	out->is_reserved = is_in(reserved, name);
	if (str_is(name, "postmaster") || str_is(name, "abuse"))
		out->kind = MAIL_WHERE_POSTMASTER;
}

/* False: there is no token. */
static bool
read_target(struct str s, struct mail_where *out)
{
	struct mail_where found = *out;

	take_severity(&s, &found);
	if (!take_token(&s, &found))
		return false;
	*out = found;
	out->kind = MAIL_WHERE_TARGET;
	copy(s, out->slug, sizeof(out->slug));
	return true;
}

static bool
unescape(struct str s, struct mail_where *out)
{
	size_t n = 0;

	while (s.len > 0) {
		char c = s.p[0];
		int hi, lo;

		if (c == '=') {
			hi = s.len > 2 ? str_hex_digit(s.p[1]) : -1;
			lo = s.len > 2 ? str_hex_digit(s.p[2]) : -1;
			if (hi < 0 || lo < 0)
				return false;
			c = (char)(hi << 4 | lo);
			s = str_skip(s, 2);
		}
		if ((unsigned char)c <= ' ' || c == 0x7f || c == '/')
			return false;
		out->jid[n++] = c;
		s = str_skip(s, 1);
	}
	out->jid[n] = '\0';
	return true;
}

static bool
is_bare_jid(struct str jid)
{
	struct str node;

	return str_cut(&jid, '@', &node) && node.len && jid.p && jid.len &&
	    !str_has(jid, '@');
}

static void
read_computed(struct str s, struct mail_where *out)
{
	if (unescape(s, out) && is_bare_jid(str_c(out->jid)))
		out->kind = MAIL_WHERE_COMPUTED;
	else
		out->jid[0] = '\0';
}

static void
read_prefixed(char prefix, struct str s, struct mail_where *out)
{
	out->kind = MAIL_WHERE_RESERVED;
	if (prefix == 'b')
		out->kind = MAIL_WHERE_BOUNCE;
	else if (prefix == 'r')
		out->kind = MAIL_WHERE_REPLY;
	else if (prefix == 'n' && !read_target(str_skip(s, 2), out))
		read_name(str_skip(s, 2), out);
	if (out->kind == MAIL_WHERE_NAME && out->slug[0] == '\0')
		out->kind = MAIL_WHERE_RESERVED;
}

void
mail_where_read(struct str local, struct mail_where *out)
{
	struct buf folded;
	struct str s;
	char prefix;

	*out = (struct mail_where){ .kind = MAIL_WHERE_NOWHERE };
	if (local.len > MAIL_LOCAL_MAX)
		return;
	buf_init(&folded, MAIL_LOCAL_MAX);
	mail_address_fold(local, &folded);
	copy(buf_str(&folded), out->local, sizeof(out->local));
	buf_release(&folded);
	s = str_c(out->local);
	if (!is_well_formed(s))
		return;
	prefix = prefix_of(s);
	if (str_has(s, '='))
		read_computed(s, out);
	else if (prefix)
		read_prefixed(prefix, s, out);
	else if (!read_target(s, out))
		read_name(s, out);
}

/* ---- making them ------------------------------------------------------ */

bool
mail_where_is_name(struct str name, size_t max)
{
	struct mail_where w;

	if (name.len > max || str_has(name, '+'))
		return false;
	mail_where_read(name, &w);
	return w.kind == MAIL_WHERE_NAME && !w.is_reserved &&
	    str_is(name, w.name) && str_is(name, w.slug);
}

int
mail_where_computed(struct str jid, struct buf *out)
{
	size_t was = out->len;

	for (size_t i = 0; i < jid.len; i++) {
		char c = jid.p[i];
		bool dot =
		    c == '.' && i > 0 && i + 1 < jid.len && jid.p[i + 1] != '.';

		if (is_name_char(c) || dot)
			buf_addc(out, c);
		else
			buf_addf(out, "=%02x", (unsigned char)c);
	}
	if (!buf_is_full(out) && out->len - was <= MAIL_LOCAL_MAX)
		return 0;
	buf_truncate(out, was);
	return -1;
}
