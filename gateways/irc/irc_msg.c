/*
 * RFC 2812 2.3.1 with IRCv3 message-tags, read generously:
 *
 *	line     = *SP [ "@" tags 1*SP ] [ ":" prefix 1*SP ] command *param
 *	tags     = tag *( ";" tag )
 *	tag      = key [ "=" escaped ]
 *	prefix   = name [ "!" user ] [ "@" host ]
 *	param    = 1*SP ( ":" trailing / middle )
 *	trailing = *any         ; the rest of the line
 *	middle   = 1*( any but SP )
 *
 * A NUL or CR ends the line: neither may be in one (RFC 1459 2.3.1), and no
 * slice of ours ever holds one.
 */
#include "irc/irc_msg.h"
#include "lib/text.h"

/* ---- reading ---------------------------------------------------------- */

static struct str
skip_spaces(struct str s)
{
	while (s.len && *s.p == ' ')
		s = str_of(s.p + 1, s.len - 1);
	return s;
}

/* Up to a space; *rest goes on behind the spaces. */
static struct str
take_word(struct str *rest)
{
	const char *sp = rest->len ? memchr(rest->p, ' ', rest->len) : NULL;
	struct str word = *rest;

	if (sp)
		word.len = (size_t)(sp - rest->p);
	*rest = skip_spaces(str_skip(*rest, word.len));
	return word;
}

static struct str
until(struct str s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

	return at ? str_head(s, (size_t)(at - s.p)) : s;
}

int
irc_msg_parse(struct irc_msg *m, struct str line)
{
	struct str rest = skip_spaces(until(until(line, '\0'), '\r'));

	memset(m, 0, sizeof(*m));
	if (rest.len && *rest.p == '@')
		m->tags = str_skip(take_word(&rest), 1);
	if (rest.len && *rest.p == ':')
		m->prefix = str_skip(take_word(&rest), 1);
	m->cmd = take_word(&rest);
	if (m->cmd.len == 0) {
		memset(m, 0, sizeof(*m));
		return -1;
	}
	irc_msg_prefix(m->prefix, &m->nick, &m->user, &m->host);
	while (rest.len && m->nparam < IRC_PARAM_MAX) {
		if (*rest.p == ':') {
			m->param[m->nparam++] = str_skip(rest, 1);
			break;
		}
		m->param[m->nparam++] = take_word(&rest);
	}
	return 0;
}

void
irc_msg_prefix(
    struct str prefix, struct str *nick, struct str *user, struct str *host)
{
	ptrdiff_t bang = str_find(prefix, '!');
	ptrdiff_t at = (ptrdiff_t)prefix.len - 1;

	*nick = prefix;
	*user = *host = STR_EMPTY;
	while (at >= 0 && prefix.p[at] != '@')
		at--;
	if (at > bang) {
		*host = str_skip(prefix, (size_t)at + 1);
		*nick = str_head(prefix, (size_t)at);
	}
	if (bang >= 0) {
		*user = str_skip(*nick, (size_t)bang + 1);
		*nick = str_head(prefix, (size_t)bang);
	}
}

bool
irc_tag_next(struct str *rest, struct str *key, struct str *raw)
{
	if (rest->len == 0)
		return false;
	str_cut(rest, ';', raw);
	str_cut(raw, '=', key);
	if (!raw->p)
		*raw = STR_EMPTY;
	return true;
}

void
irc_tag_unescape(struct str raw, struct buf *out)
{
	size_t i;

	for (i = 0; i < raw.len; i++) {
		char c = raw.p[i];

		if (c != '\\') {
			buf_addc(out, c);
			continue;
		}
		if (++i == raw.len)
			break; /* a lone one at the end is dropped */
		switch (raw.p[i]) {
		case ':':
			buf_addc(out, ';');
			break;
		case 's':
			buf_addc(out, ' ');
			break;
		case 'r':
			buf_addc(out, '\r');
			break;
		case 'n':
			buf_addc(out, '\n');
			break;
		default:
			buf_addc(out, raw.p[i]);
		}
	}
}

/* Digits at a fixed place; -1: they are none. */
static int
digits(struct str s, size_t at, size_t n)
{
	int value = 0;

	for (; n > 0; n--, at++) {
		if (at >= s.len || s.p[at] < '0' || s.p[at] > '9')
			return -1;
		value = value * 10 + (s.p[at] - '0');
	}
	return value;
}

/* Days from 1970-01-01 of the Gregorian calendar, years from March. */
static int64_t
days_of(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day -
	    1 - 719468;
}

/* ".789" and more or fewer digits. */
static int64_t
fraction_ms(struct str s)
{
	int64_t ms = 0;
	int scale = 100;
	size_t i;

	for (i = 1; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		ms += (s.p[i] - '0') * scale;
		scale /= 10;
	}
	return ms;
}

int64_t
irc_time_parse(struct str s)
{
	int year = digits(s, 0, 4), month = digits(s, 5, 2);
	int day = digits(s, 8, 2), hour = digits(s, 11, 2);
	int min = digits(s, 14, 2), sec = digits(s, 17, 2);

	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 ||
	    hour < 0 || hour > 23 || min < 0 || min > 59 || sec < 0 || sec > 60)
		return -1;
	if (s.p[4] != '-' || s.p[7] != '-' || s.p[10] != 'T' ||
	    s.p[13] != ':' || s.p[16] != ':' || s.p[s.len - 1] != 'Z')
		return -1;
	return ((days_of(year, month, day) * 24 + hour) * 60 + min) * 60000 +
	    sec * 1000 + (s.p[19] == '.' ? fraction_ms(str_skip(s, 19)) : 0);
}

unsigned
irc_msg_numeric(const struct irc_msg *m)
{
	int n = m->cmd.len == 3 ? digits(m->cmd, 0, 3) : 0;

	return n > 0 ? (unsigned)n : 0;
}

bool
irc_line_is_secret(struct str line)
{
	static const char *const secret[] = { "PASS", "AUTHENTICATE", "OPER",
		"NS", "NICKSERV", "CS", "CHANSERV", "IDENTIFY", "WEBIRC" };
	struct irc_msg m;
	size_t i;

	if (irc_msg_parse(&m, line) < 0)
		return false;
	for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		if (str_eq_nocase(m.cmd, str_c(secret[i])))
			return true;
	if (str_eq_nocase(m.cmd, STR("JOIN")) ||
	    str_eq_nocase(m.cmd, STR("MODE")))
		return m.nparam > 1 && m.prefix.len == 0;
	if (m.param[0].len < 4 || !str_eq_nocase(m.cmd, STR("PRIVMSG")))
		return false;
	return str_eq_nocase(
	    str_skip(m.param[0], m.param[0].len - 4), STR("Serv"));
}

/* ---- building --------------------------------------------------------- */

static void
refuse(struct irc_out *o, enum err_kind kind, const char *why)
{
	if (o->why)
		return;
	o->kind = kind;
	o->why = why;
}

static void
put(struct irc_out *o, struct str s)
{
	if (s.len > IRC_OUT_MAX - 2 - o->len) {
		refuse(o, ERR_TOO_BIG, "it does not fit into one line");
		return;
	}
	if (s.len)
		memcpy(o->p + o->len, s.p, s.len);
	o->len += s.len;
}

/* What no field may hold, wherever it came from. */
static void
check_bytes(struct irc_out *o, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		switch (s.p[i]) {
		case '\r':
		case '\n':
			refuse(o, ERR_BAD_INPUT, "it has a line break");
			return;
		case '\0':
		case '\001':
			refuse(o, ERR_BAD_INPUT, "it has a control character");
			return;
		}
}

void
irc_out_init(struct irc_out *o, const char *cmd)
{
	o->len = o->ntags = 0;
	o->label = 0;
	o->why = NULL;
	o->kind = ERR_NONE;
	o->ended = false;
	o->lead = STR_EMPTY;
	o->charset = NULL;
	o->grown = 0;
	check_bytes(o, str_c(cmd));
	put(o, str_c(cmd));
}

static void
put_tag_byte(struct irc_out *o, char c)
{
	if (o->ntags == IRC_TAGS_MAX)
		refuse(o, ERR_TOO_BIG, "its tags are too long");
	else
		o->tags[o->ntags++] = c;
}

/* IRCv3 message-tags: what a value cannot hold, and its escape. */
static void
put_tag_value(struct irc_out *o, struct str value)
{
	static const char plain[] = "; \\\r\n", escape[] = ":s\\rn";
	const char *at;
	size_t i;

	for (i = 0; i < value.len; i++) {
		at = value.p[i] ? strchr(plain, value.p[i]) : NULL;
		if (at)
			put_tag_byte(o, '\\');
		put_tag_byte(o, at ? escape[at - plain] : value.p[i]);
	}
}

void
irc_out_tag(struct irc_out *o, const char *key, struct str value)
{
	if (memchr(value.p, '\0', value.len))
		refuse(o, ERR_BAD_INPUT, "it has a control character");
	put_tag_byte(o, o->ntags ? ';' : '@');
	for (; *key; key++)
		put_tag_byte(o, *key);
	put_tag_byte(o, '=');
	put_tag_value(o, value);
}

bool
irc_is_middle(struct str s)
{
	size_t i;

	if (s.len == 0 || *s.p == ':')
		return false;
	for (i = 0; i < s.len; i++)
		if (memchr("\0\001\r\n ", s.p[i], 5))
			return false;
	return true;
}

/* Nothing may follow a trailing parameter: our own mistake. */
static void
separate(struct irc_out *o)
{
	if (o->ended)
		refuse(o, ERR_INTERNAL, "a parameter after the last");
	put(o, STR(" "));
}

void
irc_out_middle(struct irc_out *o, struct str s)
{
	check_bytes(o, s);
	if (!irc_is_middle(s))
		refuse(o, ERR_BAD_INPUT,
		    "a name is empty, has a space or begins with a colon");
	separate(o);
	put(o, s);
}

void
irc_out_charset(struct irc_out *o, const char *charset)
{
	o->charset = charset;
}

/* Behind its lead. */
static void
put_text(struct irc_out *o, struct str s)
{
	struct buf legacy;

	put(o, o->lead);
	if (!o->charset) {
		put(o, s);
		return;
	}
	buf_init(&legacy, 4 * s.len + 16);
	if (!text_from_utf8(o->charset, s, &legacy))
		refuse(o, ERR_BAD_INPUT,
		    "a character of it is not in the character set that you "
		    "have set for what you write there");
	if (legacy.len > s.len)
		o->grown = legacy.len - s.len;
	check_bytes(o, buf_str(&legacy));
	put(o, buf_str(&legacy));
	buf_release(&legacy);
}

void
irc_out_lead(struct irc_out *o, struct str s)
{
	check_bytes(o, s);
	o->lead = s;
}

void
irc_out_trailing(struct irc_out *o, struct str s)
{
	check_bytes(o, s);
	separate(o);
	put(o, STR(":"));
	put_text(o, s);
	o->ended = true;
}

void
irc_out_ctcp(struct irc_out *o, struct str command, struct str text)
{
	if (!irc_is_middle(command))
		refuse(o, ERR_BAD_INPUT, "not a CTCP command");
	check_bytes(o, text);
	separate(o);
	put(o, STR(":\001"));
	put(o, command);
	if (text.len)
		put(o, STR(" "));
	put_text(o, text);
	put(o, STR("\001"));
	o->ended = true;
}

void
irc_out_raw(struct irc_out *o, struct str line)
{
	struct irc_msg m;

	irc_out_init(o, "");
	check_bytes(o, line);
	if (irc_msg_parse(&m, line) < 0)
		refuse(o, ERR_BAD_INPUT, "there is no command in it");
	put(o, line);
	o->ended = true;
}

/* Once: whoever asks again gets the same line. */
static void
put_tags_in_front(struct irc_out *o)
{
	memmove(o->p + o->ntags + 1, o->p, o->len + 2);
	memcpy(o->p, o->tags, o->ntags);
	o->p[o->ntags] = ' ';
	o->len += o->ntags + 1;
	o->ntags = 0;
}

int
irc_out_end(struct irc_out *o, struct str *line_out, struct err *err)
{
	if (o->why)
		return err_set(
		    err, o->kind, "this cannot be sent on IRC: %s", o->why);
	memcpy(o->p + o->len, "\r\n", 2);
	if (o->ntags)
		put_tags_in_front(o);
	*line_out = str_of(o->p, o->len + 2);
	return 0;
}
