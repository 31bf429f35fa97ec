#include "irc/irc_network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/text.h"
#include "lib/xalloc.h"

enum {
	BURST_MAX = 1000,
	INTERVAL_MAX_MS = 60000,
	LINES_MAX = 100,
	MASK_MAX = 100,
	USERS_MAX = 1000000,
};

const struct gw_option irc_network_options[] = {
	{ "host", GW_OPT_STR, NULL, 0, 0 },
	{ "port", GW_OPT_INT, "6697", 1, 65535 },
	{ "tls", GW_OPT_BOOL, "yes", 0, 0 },
	{ "verify", GW_OPT_BOOL, "yes", 0, 0 },
	{ "plain_secrets", GW_OPT_BOOL, "no", 0, 0 },
	{ "pin", GW_OPT_STR, "", 0, 0 },
	{ "ca_file", GW_OPT_STR, "", 0, 0 },
	{ "aliases", GW_OPT_LIST, "{}", 0, 0 },
	{ "burst", GW_OPT_INT, "5", 1, BURST_MAX },
	{ "interval_ms", GW_OPT_INT, "2000", 0, INTERVAL_MAX_MS },
	{ "max_lines", GW_OPT_INT, "10", 1, LINES_MAX },
	{ "raw", GW_OPT_BOOL, "yes", 0, 0 },
	{ "charset", GW_OPT_STR, "windows-1252", 0, 0 },
	{ "password", GW_OPT_STR, "", 0, 0 },
	{ "password_file", GW_OPT_STR, "", 0, 0 },
	{ "realname", GW_OPT_STR, "%u", 0, 0 },
	{ "contact", GW_OPT_STR, "", 0, 0 },
	{ "ban_mask", GW_OPT_STR, "*!*@%h", 0, 0 },
	{ "source_prefix", GW_OPT_STR, "", 0, 0 },
	{ "webirc_password", GW_OPT_STR, "", 0, 0 },
	{ "max_users", GW_OPT_INT, "0", 0, USERS_MAX },
	{ "max_per_address", GW_OPT_INT, "0", 0, USERS_MAX },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

/* ---- names ------------------------------------------------------------ */

bool
irc_host_is_valid(struct str host)
{
	bool has_letter = false;

	if (host.len == 0 || host.len > IRC_HOST_MAX)
		return false;
	for (size_t i = 0; i < host.len; i++) {
		char c = host.p[i];
		bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9');

		if (!alnum && c != '.' && c != '-' && c != '_' && c != ':')
			return false;
		has_letter = has_letter || alnum;
	}
	return has_letter && *host.p != '.' && *host.p != '-';
}

static char *
lower_dup(struct str s)
{
	char *z = str_dup(s);

	for (char *p = z; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return z;
}

static char *
dup_or_null(struct str s)
{
	return s.len ? str_dup(s) : NULL;
}

/* ---- one network ------------------------------------------------------ */

static struct irc_network *
network_new(char *name, struct str host)
{
	struct irc_network *n = xcalloc(1, sizeof(*n));
	struct irc_isupport is;

	list_init(&n->node);
	n->refs = 1;
	n->name = name;
	n->host = str_dup(host);
	n->port = IRC_PORT;
	n->tls = n->verify = true;
	n->burst = 5;
	n->interval_ms = 2000;
	n->max_lines = 10;
	n->raw = true;
	n->charset = xstrdup("windows-1252");
	n->realname = xstrdup("%u");
	n->ban_mask = xstrdup("*!*@%h");
	irc_isupport_init(&is);
	irc_network_learn(n, &is);
	return n;
}

static void
network_free(struct irc_network *n)
{
	for (size_t i = 0; i < n->nalias; i++)
		free(n->alias[i]);
	secret_release(&n->password);
	secret_release(&n->webirc_password);
	free(n->name);
	free(n->host);
	free(n->pin);
	free(n->ca_file);
	free(n->charset);
	free(n->realname);
	free(n->ban_mask);
	free(n->contact);
	free(n);
}

struct irc_network *
irc_network_ref(struct irc_network *n)
{
	n->refs++;
	return n;
}

void
irc_network_unref(struct irc_networks *nets, struct irc_network **np)
{
	struct irc_network *n = *np;

	*np = NULL;
	if (!n || --n->refs > 0)
		return;
	if (n->is_open) {
		map_del_value(&nets->names, str_c(n->name), n);
		nets->nopen--;
	}
	network_free(n);
}

void
irc_network_learn(struct irc_network *n, const struct irc_isupport *is)
{
	n->casemap = is->casemap;
	n->nicklen = is->nicklen;
	memcpy(n->chantypes, is->chantypes, sizeof(n->chantypes));
	memcpy(n->title, is->network, sizeof(n->title));
}

bool
irc_network_is_channel(const struct irc_network *n, struct str name)
{
	return name.len && *name.p && strchr(n->chantypes, *name.p) != NULL;
}

void
irc_network_ban_mask(const struct irc_network *n, struct str nick,
    struct str user, struct str host, struct buf *out)
{
	const struct str by_nick = STR("%n!*@*");
	struct str mask = str_c(n->ban_mask);
	struct str part[128] = { ['n'] = nick, ['u'] = user, ['h'] = host };

	for (size_t i = 0; i + 1 < mask.len; i++)
		if (mask.p[i] == '%' && part[mask.p[i + 1] & 127].len == 0) {
			mask = by_nick;
			break;
		}
	for (size_t i = 0; i < mask.len; i++) {
		if (mask.p[i] == '%' && i + 1 < mask.len)
			buf_add_str(out, part[mask.p[++i] & 127]);
		else
			buf_addc(out, mask.p[i]);
	}
}

void
irc_network_realname(
    const struct irc_network *n, struct str user, struct buf *out)
{
	for (const char *p = n->realname; *p; p++)
		if (p[0] == '%' && p[1] == 'u') {
			buf_add_str(out, user);
			p++;
		} else {
			buf_addc(out, *p);
		}
}

bool
irc_network_shows_user(const struct irc_network *n)
{
	return strstr(n->realname, "%u") != NULL;
}

/* ---- the set ---------------------------------------------------------- */

void
irc_networks_init(struct irc_networks *nets)
{
	*nets = (struct irc_networks){ 0 };
	map_init(&nets->names);
	list_init(&nets->configured);
}

static void
forget(struct irc_networks *nets, struct irc_network *n)
{
	map_del_value(&nets->names, str_c(n->name), n);
	for (size_t i = 0; i < n->nalias; i++)
		map_del_value(&nets->names, str_c(n->alias[i]), n);
	list_del(&n->node);
	nets->nconfigured--;
	irc_network_unref(nets, &n);
}

void
irc_networks_release(struct irc_networks *nets)
{
	while (!list_is_empty(&nets->configured))
		forget(nets,
		    LIST_ENTRY(list_first(&nets->configured),
		        struct irc_network, node));
	map_release(&nets->names);
}

struct irc_network *
irc_networks_find(const struct irc_networks *nets, struct str name)
{
	char lower[IRC_HOST_MAX];

	if (name.len > sizeof(lower))
		return NULL;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	return map_get(&nets->names, str_of(lower, name.len));
}

struct irc_network *
irc_networks_at(const struct irc_networks *nets, size_t i)
{
	LIST_EACH(&nets->configured, node)
	{
		if (i-- == 0)
			return LIST_ENTRY(node, struct irc_network, node);
	}
	return NULL;
}

struct irc_network *
irc_networks_open(struct irc_networks *nets, struct str host, struct err *err)
{
	struct irc_network *n = irc_networks_find(nets, host);

	if (n)
		return irc_network_ref(n);
	if (nets->nopen >= IRC_OPEN_NETWORKS_MAX) {
		err_set(err, ERR_BUSY, "too many IRC networks are in use");
		return NULL;
	}
	n = network_new(lower_dup(host), host);
	n->is_open = true;
	map_put(&nets->names, str_c(n->name), n);
	nets->nopen++;
	return n;
}

/* ---- the configuration ------------------------------------------------ */

/* First line of the file, at most SECRET_MAX bytes. */
static int
read_password(const struct conf *c, struct irc_network *n, struct err *err)
{
	struct str name = conf_str(c, "password_file");
	char *path, line[SECRET_MAX + 2] = "";
	int rc = 0;
	FILE *f;

	if (*name.p != '/')
		return conf_err(c, "password_file", err,
		    STR_FMT ": give the whole path, from / on", STR_ARG(name));
	path = str_dup(name);
	f = fopen(path, "re");
	free(path);
	if (!f || !fgets(line, sizeof(line), f))
		rc = conf_err(c, "password_file", err, STR_FMT ": %s",
		    STR_ARG(name), f ? "is empty" : strerror(errno));
	else if (secret_set(&n->password, str_trim(str_c(line))) < 0 ||
	    strlen(line) > SECRET_MAX)
		rc = conf_err(c, "password_file", err,
		    "the password is longer than %d bytes", SECRET_MAX);
	if (f)
		(void)fclose(f); /* only read */
	secret_wipe(line, sizeof(line));
	return rc;
}

static int
read_secret(const struct conf *c, struct irc_network *n, struct err *err)
{
	struct str password = conf_str(c, "password");

	if (conf_str(c, "password_file").len) {
		if (password.len)
			return conf_err(c, "password_file", err,
			    "both password and password_file; keep one");
		return read_password(c, n, err);
	}
	if (secret_set(&n->password, password) < 0)
		return conf_err(c, "password", err,
		    "the password is longer than %d bytes", SECRET_MAX);
	return 0;
}

static int
read_webirc(const struct conf *c, struct irc_network *n, struct err *err)
{
	struct str password = conf_str(c, "webirc_password");

	if (password.len && !n->source.family)
		return conf_err(c, "webirc_password", err,
		    "users need addresses to be told: add source_prefix");
	if (str_has(password, ' ') || str_starts(password, STR(":")))
		return conf_err(c, "webirc_password", err,
		    "IRC cannot carry a space or a colon in front");
	if (secret_set(&n->webirc_password, password) < 0)
		return conf_err(c, "webirc_password", err,
		    "the password is longer than %d bytes", SECRET_MAX);
	return 0;
}

static bool
is_pin(struct str s)
{
	size_t ndigits = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
		    (c >= 'A' && c <= 'F');

		if (!hex && c != ':')
			return false;
		ndigits += hex;
	}
	return ndigits == 64;
}

/* Writes plain as it is, and takes no byte of it for something else. */
static bool
keeps(const char *charset, struct str plain)
{
	struct buf there, back;
	bool is;

	buf_init(&there, 4 * plain.len);
	buf_init(&back, 4 * plain.len);
	is = text_from_utf8(charset, plain, &there) &&
	    str_eq(buf_str(&there), plain) &&
	    text_to_utf8(charset, plain, &back) &&
	    str_eq(buf_str(&back), plain);
	buf_release(&there);
	buf_release(&back);
	return is;
}

/* The escapes of ISO-2022, too, would be text to who reads UTF-8 first. */
bool
irc_is_charset(struct str name)
{
	char z[IRC_CHARSET_MAX];

	if (name.len >= sizeof(z))
		return false;
	snprintf(z, sizeof(z), STR_FMT, STR_ARG(name));
	return keeps(z, STR(" 09AZaz#:,/+-~{}|^_`\\")) &&
	    keeps(z, STR("\x1b$B0\x1b(B")) && keeps(z, STR("\x0e\x0f"));
}

/* One word that names somebody: without %n, %u, %h it is for everybody. */
static bool
is_ban_mask(struct str mask)
{
	bool names = false;

	for (size_t i = 0; i < mask.len; i++) {
		char c = mask.p[i];

		if (c <= ' ' || c == ',' || c == 0x7f)
			return false;
		if (c != '%')
			continue;
		if (++i == mask.len || !strchr("nuh", mask.p[i]))
			return false;
		names = true;
	}
	return names && *mask.p != ':' && mask.len <= MASK_MAX;
}

static int
check_options(const struct conf *c, struct irc_network *n, struct err *err)
{
	if (!irc_host_is_valid(conf_str(c, "host")))
		return conf_err(c, "host", err,
		    "\"" STR_FMT "\" is no host name and no address",
		    STR_ARG(conf_str(c, "host")));
	if (n->pin && !is_pin(str_c(n->pin)))
		return conf_err(c, "pin", err,
		    "a pin is the SHA-256 of a certificate: 64 hex digits");
	if (!n->tls && (n->pin || n->ca_file))
		return conf_err(c, n->pin ? "pin" : "ca_file", err,
		    "has no meaning without TLS; say tls = yes");
	if (conf_str(c, "source_prefix").len &&
	    address_prefix_parse(
	        &n->source, conf_str(c, "source_prefix"), err) < 0)
		return conf_err(c, "source_prefix", err, "%s", err->text);
	if (n->contact && (!strchr(n->contact, ':') || strchr(n->contact, ' ')))
		return conf_err(c, "contact", err,
		    "\"%s\" is no URI; write mailto:abuse@example.org, for "
		    "example",
		    n->contact);
	if (!is_ban_mask(str_c(n->ban_mask)))
		return conf_err(c, "ban_mask", err,
		    "a mask is one word with %%n, %%u or %%h in it (nick, user "
		    "and host of whom it bans)");
	if (!irc_is_charset(str_c(n->charset)))
		return conf_err(c, "charset", err,
		    "\"%s\" is no character set known here", n->charset);
	return 0;
}

static void
read_options(const struct conf *c, struct irc_network *n)
{
	n->port = (uint16_t)conf_int(c, "port");
	n->tls = conf_bool(c, "tls");
	n->verify = conf_bool(c, "verify");
	n->plain_secrets = conf_bool(c, "plain_secrets");
	n->pin = dup_or_null(conf_str(c, "pin"));
	n->ca_file = dup_or_null(conf_str(c, "ca_file"));
	n->contact = dup_or_null(conf_str(c, "contact"));
	n->burst = (unsigned)conf_int(c, "burst");
	n->interval_ms = conf_int(c, "interval_ms");
	n->max_lines = (size_t)conf_int(c, "max_lines");
	n->max_users = (unsigned)conf_int(c, "max_users");
	n->max_per_address = (unsigned)conf_int(c, "max_per_address");
	n->raw = conf_bool(c, "raw");
	str_store(&n->charset, conf_str(c, "charset"));
	str_store(&n->realname, conf_str(c, "realname"));
	str_store(&n->ban_mask, conf_str(c, "ban_mask"));
}

/* One more name for n; alias is taken. */
static int
add_alias(struct irc_networks *nets, struct irc_network *n, char *alias,
    const struct conf *c, const char *option, struct err *err)
{
	struct irc_network *other = map_get(&nets->names, str_c(alias));
	int rc = 0;

	if (other && other != n)
		rc = conf_err(c, option, err,
		    "\"%s\" is network \"%s\" already", alias, other->name);
	else if (!other && n->nalias == IRC_ALIASES_MAX)
		rc = conf_err(
		    c, option, err, "more than %d names", IRC_ALIASES_MAX - 1);
	if (rc < 0 || other) {
		free(alias);
		return rc;
	}
	n->alias[n->nalias++] = alias;
	map_put(&nets->names, str_c(alias), n);
	return 0;
}

static int
read_names(struct irc_networks *nets, const struct conf *c,
    struct irc_network *n, struct err *err)
{
	if (add_alias(nets, n, lower_dup(conf_str(c, "host")), c, "host", err) <
	    0)
		return -1;
	for (size_t i = 0; i < conf_list_len(c, "aliases"); i++) {
		struct str alias = conf_list_at(c, "aliases", i);

		if (!irc_host_is_valid(alias))
			return conf_err(c, "aliases", err,
			    "\"" STR_FMT "\" cannot be the name of a network",
			    STR_ARG(alias));
		if (add_alias(nets, n, lower_dup(alias), c, "aliases", err) < 0)
			return -1;
	}
	return 0;
}

static int
read_network(struct irc_networks *nets, const struct conf *c, struct err *err)
{
	struct str title = conf_title(c);
	struct irc_network *n;

	if (!irc_host_is_valid(title))
		return conf_err(c, NULL, err,
		    "\"" STR_FMT "\" cannot be the name of a network: letters, "
		    "digits, dots, '-' and '_' only",
		    STR_ARG(title));
	if (nets->nconfigured == IRC_NETWORKS_MAX)
		return conf_err(
		    c, NULL, err, "more than %d networks", IRC_NETWORKS_MAX);
	if (irc_networks_find(nets, title))
		return conf_err(c, NULL, err,
		    "there is a network \"" STR_FMT "\" already",
		    STR_ARG(title));
	n = network_new(lower_dup(title), conf_str(c, "host"));
	map_put(&nets->names, str_c(n->name), n);
	list_add(&nets->configured, &n->node);
	nets->nconfigured++;
	read_options(c, n);
	if (check_options(c, n, err) < 0 || read_secret(c, n, err) < 0 ||
	    read_webirc(c, n, err) < 0)
		return -1;
	return read_names(nets, c, n, err);
}

int
irc_networks_read(
    struct irc_networks *nets, const struct conf *conf, struct err *err)
{
	const struct conf *c = NULL;

	for (c = conf_next(conf, "network", c); c;
	     c = conf_next(conf, "network", c))
		if (read_network(nets, c, err) < 0)
			return -1;
	return 0;
}

/* What the old one has learnt. */
static void
inherit(struct irc_network *n, const struct irc_network *old)
{
	n->casemap = old->casemap;
	n->nicklen = old->nicklen;
	memcpy(n->chantypes, old->chantypes, sizeof(n->chantypes));
	memcpy(n->title, old->title, sizeof(n->title));
}

static void
take_network(
    struct irc_networks *nets, struct irc_networks *from, struct irc_network *n)
{
	list_del(&n->node);
	from->nconfigured--;
	list_add(&nets->configured, &n->node);
	nets->nconfigured++;
	map_put(&nets->names, str_c(n->name), n);
	for (size_t i = 0; i < n->nalias; i++)
		map_put(&nets->names, str_c(n->alias[i]), n);
}

void
irc_networks_replace(struct irc_networks *nets, struct irc_networks *next)
{
	LIST_EACH(&next->configured, node)
	{
		struct irc_network *n =
		    LIST_ENTRY(node, struct irc_network, node);
		struct irc_network *old =
		    irc_networks_find(nets, str_c(n->name));

		if (old)
			inherit(n, old);
	}
	while (!list_is_empty(&nets->configured))
		forget(nets,
		    LIST_ENTRY(list_first(&nets->configured),
		        struct irc_network, node));
	LIST_EACH(&next->configured, node)
	{
		take_network(
		    nets, next, LIST_ENTRY(node, struct irc_network, node));
	}
	map_release(&next->names);
	map_init(&next->names);
}
