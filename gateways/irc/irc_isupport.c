/*
 * A row per token we act on; what has no row is ignored.  A token taken back
 * gets its row's default again.
 */
#include "irc/irc_isupport.h"

#include "lib/map.h"

enum { VALUE_MAX = 256, FOLD_MAX = 512 };

struct row {
	const char *name;
	const char *def;
	/* value has no escapes any more; at: the member, for shared setters. */
	void (*set)(struct irc_isupport *is, size_t at, struct str value);
	size_t at;
};

#define AT(member) offsetof(struct irc_isupport, member)

static void *
member(struct irc_isupport *is, size_t at)
{
	return (char *)is + at;
}

static uint64_t
number(struct str value, uint64_t max)
{
	uint64_t n = 0;

	if (!str_to_uint(value, max, &n))
		return 0;
	return n;
}

static void
set_u16(struct irc_isupport *is, size_t at, struct str value)
{
	uint16_t n = (uint16_t)number(value, UINT16_MAX);

	memcpy(member(is, at), &n, sizeof(n));
}

/* "1" is what a token without a value stands for. */
static void
set_bool(struct irc_isupport *is, size_t at, struct str value)
{
	bool on = !str_is(value, "0");

	memcpy(member(is, at), &on, sizeof(on));
}

static void
set_chars(char *to, size_t size, struct str value)
{
	if (value.len >= size)
		return;
	memset(to, 0, size);
	if (value.len)
		memcpy(to, value.p, value.len);
}

static void
set_chantypes(struct irc_isupport *is, size_t at, struct str value)
{
	(void)at;
	set_chars(is->chantypes, sizeof(is->chantypes), value);
}

static void
set_statusmsg(struct irc_isupport *is, size_t at, struct str value)
{
	(void)at;
	set_chars(is->statusmsg, sizeof(is->statusmsg), value);
}

static void
set_network(struct irc_isupport *is, size_t at, struct str value)
{
	(void)at;
	set_chars(is->network, sizeof(is->network), value);
}

static void
set_bot(struct irc_isupport *is, size_t at, struct str value)
{
	(void)at;
	is->bot = value.len == 1 ? *value.p : '\0';
}

/* Without a value there is a list without a limit; "0": there is none. */
static void
set_list(struct irc_isupport *is, size_t at, struct str value)
{
	uint32_t n =
	    value.len ? (uint32_t)number(value, UINT32_MAX) : UINT32_MAX;

	memcpy(member(is, at), &n, sizeof(n));
}

/* COMPAT(ircu 2.10, 2026-11): says strict-rfc1459, others rfc1459-strict. */
static void
set_casemapping(struct irc_isupport *is, size_t at, struct str value)
{
	(void)at;
	if (str_eq_nocase(value, STR("rfc1459")))
		is->casemap = IRC_FOLD_RFC1459;
	else if (str_eq_nocase(value, STR("rfc1459-strict")) ||
	    str_eq_nocase(value, STR("strict-rfc1459")))
		is->casemap = IRC_FOLD_STRICT;
	else
		is->casemap = IRC_FOLD_ASCII;
}

/* "(ov)@+"; empty: nobody has a prefix. */
static void
set_prefix(struct irc_isupport *is, size_t at, struct str value)
{
	struct str letters, symbols = value;

	(void)at;
	if (value.len == 0) {
		is->prefix_letter[0] = is->prefix_symbol[0] = '\0';
		return;
	}
	if (*value.p != '(' || !str_has(value, ')'))
		return;
	symbols = str_skip(symbols, 1);
	str_cut(&symbols, ')', &letters);
	if (letters.len != symbols.len || letters.len > IRC_PREFIX_MAX)
		return;
	set_chars(is->prefix_letter, sizeof(is->prefix_letter), letters);
	set_chars(is->prefix_symbol, sizeof(is->prefix_symbol), symbols);
}

/* "beI,k,l,imnpst": the four kinds in this order; more are to come. */
static void
set_chanmodes(struct irc_isupport *is, size_t at, struct str value)
{
	enum irc_chanmode kind = IRC_MODE_LIST;
	struct str letters;
	size_t i;

	(void)at;
	memset(is->chanmode, 0, sizeof(is->chanmode));
	for (; kind <= IRC_MODE_FLAG && str_cut(&value, ',', &letters); kind++)
		for (i = 0; i < letters.len; i++)
			if ((unsigned char)letters.p[i] < sizeof(is->chanmode))
				is->chanmode[(unsigned char)letters.p[i]] =
				    (uint8_t)(kind + 1);
}

/* "*,-draft/react": none but that one; names without their '+'. */
static void
set_tagdeny(struct irc_isupport *is, size_t at, struct str value)
{
	static const char *const names[IRC_NTAG] = { "reply", "draft/reply",
		"draft/react", "typing" };
	struct str one;
	size_t i;

	(void)at;
	is->tags_denied = 0;
	while (str_cut(&value, ',', &one)) {
		bool but = one.len && *one.p == '-';
		struct str name = str_skip(one, but ? 1 : 0);

		for (i = 0; i < IRC_NTAG; i++) {
			uint8_t bit = (uint8_t)(1u << i);

			if (!str_is(name, "*") && !str_is(name, names[i]))
				continue;
			is->tags_denied =
			    (uint8_t)(but ? is->tags_denied & ~bit
			                  : is->tags_denied | bit);
		}
	}
}

/* "CMNTU": what LIST can be asked for; of it only the number of people. */
static void
set_elist(struct irc_isupport *is, size_t at, struct str value)
{
	(void)at;
	is->elist_size = str_has(value, 'U') || str_has(value, 'u');
}

/* "PRIVMSG:4,KICK:1,JOIN:" */
static void
set_targmax(struct irc_isupport *is, size_t at, struct str value)
{
	struct str one, name;

	(void)at;
	is->targmax_privmsg = is->targmax_kick = is->targmax_join = 0;
	while (str_cut(&value, ',', &one)) {
		uint16_t n;

		str_cut(&one, ':', &name);
		n = (uint16_t)number(one, UINT16_MAX);
		if (str_eq_nocase(name, STR("PRIVMSG")))
			is->targmax_privmsg = n;
		else if (str_eq_nocase(name, STR("KICK")))
			is->targmax_kick = n;
		else if (str_eq_nocase(name, STR("JOIN")))
			is->targmax_join = n;
	}
}

/* Few and looked up rarely: no need to sort. */
static const struct row rows[] = {
	{ "AWAYLEN", "", set_u16, AT(awaylen) },
	{ "BOT", "", set_bot, 0 },
	{ "CASEMAPPING", "rfc1459", set_casemapping, 0 },
	{ "CHANMODES", "beI,k,l,imnpst", set_chanmodes, 0 },
	{ "CHANNELLEN", "", set_u16, AT(channellen) },
	{ "CHANTYPES", "#&", set_chantypes, 0 },
	{ "CLIENTTAGDENY", "", set_tagdeny, 0 },
	{ "ELIST", "", set_elist, 0 },
	{ "HOSTLEN", "", set_u16, AT(hostlen) },
	{ "KICKLEN", "", set_u16, AT(kicklen) },
	{ "LINELEN", "", set_u16, AT(linelen) },
	{ "MAXNICKLEN", "", set_u16, AT(nicklen) },
	{ "MODES", "", set_u16, AT(modes) },
	{ "MONITOR", "0", set_list, AT(monitor) },
	{ "NETWORK", "", set_network, 0 },
	{ "NICKLEN", "", set_u16, AT(nicklen) },
	{ "PREFIX", "(ov)@+", set_prefix, 0 },
	{ "SAFELIST", "0", set_bool, AT(safelist) },
	{ "STATUSMSG", "", set_statusmsg, 0 },
	{ "TARGMAX", "", set_targmax, 0 },
	{ "TOPICLEN", "", set_u16, AT(topiclen) },
	{ "USERLEN", "", set_u16, AT(userlen) },
	{ "UTF8ONLY", "0", set_bool, AT(utf8only) },
	{ "WATCH", "0", set_list, AT(watch) },
	{ "WHOX", "0", set_bool, AT(whox) },
};

enum { NROW = sizeof(rows) / sizeof(rows[0]) };

void
irc_isupport_init(struct irc_isupport *is)
{
	size_t i;

	memset(is, 0, sizeof(*is));
	for (i = 0; i < NROW; i++)
		rows[i].set(is, rows[i].at, str_c(rows[i].def));
}

/* Undoes \xHH.  False: longer than any value we want. */
static bool
unescape(struct str in, char out[VALUE_MAX], struct str *value)
{
	size_t n = 0, i;

	if (in.len > VALUE_MAX)
		return false;
	for (i = 0; i < in.len; i++) {
		out[n] = in.p[i];
		if (i + 3 < in.len && in.p[i] == '\\' && in.p[i + 1] == 'x' &&
		    str_hex_digit(in.p[i + 2]) >= 0 &&
		    str_hex_digit(in.p[i + 3]) >= 0) {
			out[n] = (char)(str_hex_digit(in.p[i + 2]) * 16 +
			    str_hex_digit(in.p[i + 3]));
			i += 3;
		}
		n++;
	}
	*value = str_of(out, n);
	return memchr(out, '\0', n) == NULL;
}

static const struct row *
find_row(struct str name)
{
	size_t i;

	for (i = 0; i < NROW; i++)
		if (str_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

bool
irc_isupport_token(struct irc_isupport *is, struct str token)
{
	bool negated = token.len && *token.p == '-';
	struct str name, rest = negated ? str_skip(token, 1) : token;
	struct irc_isupport before;
	const struct row *row;
	char scratch[VALUE_MAX];
	struct str value;

	str_cut(&rest, '=', &name);
	row = find_row(name);
	if (!row || !unescape(rest, scratch, &value))
		return false;
	memcpy(&before, is, sizeof(before));
	row->set(is, row->at, negated ? str_c(row->def) : value);
	return memcmp(&before, is, sizeof(before)) != 0;
}

enum irc_chanmode
irc_isupport_mode(const struct irc_isupport *is, char letter)
{
	unsigned char c = (unsigned char)letter;

	if (letter != '\0' && strchr(is->prefix_letter, letter))
		return IRC_MODE_MEMBER;
	if (c >= sizeof(is->chanmode) || is->chanmode[c] == 0)
		return IRC_MODE_FLAG;
	return (enum irc_chanmode)(is->chanmode[c] - 1);
}

bool
irc_isupport_is_channel(const struct irc_isupport *is, struct str name)
{
	return name.len && *name.p != '\0' && strchr(is->chantypes, *name.p);
}

bool
irc_isupport_passes(const struct irc_isupport *is, enum irc_tag tag)
{
	return !(is->tags_denied >> tag & 1);
}

char
irc_isupport_prefix_letter(const struct irc_isupport *is, char symbol)
{
	const char *at = symbol ? strchr(is->prefix_symbol, symbol) : NULL;

	return at ? is->prefix_letter[at - is->prefix_symbol] : '\0';
}

static char
fold_char(enum irc_casemap map, char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + 32);
	if (map == IRC_FOLD_ASCII)
		return c;
	if (c == '[' || c == ']' || c == '\\')
		return (char)(c + 32);
	if (c == '~' && map == IRC_FOLD_RFC1459)
		return '^';
	return c;
}

void
irc_fold(enum irc_casemap map, struct str in, char *out)
{
	size_t i;

	for (i = 0; i < in.len; i++)
		out[i] = fold_char(map, in.p[i]);
}

bool
irc_fold_eq(enum irc_casemap map, struct str a, struct str b)
{
	size_t i;

	if (a.len != b.len)
		return false;
	for (i = 0; i < a.len; i++)
		if (fold_char(map, a.p[i]) != fold_char(map, b.p[i]))
			return false;
	return true;
}

uint64_t
irc_fold_hash(enum irc_casemap map, struct str name)
{
	char key[FOLD_MAX];
	struct str part = str_head(name, sizeof(key));

	irc_fold(map, part, key);
	return map_hash(str_of(key, part.len));
}
