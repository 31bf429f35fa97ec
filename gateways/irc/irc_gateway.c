/*
 * The IRC gateway as the core sees it: addresses, options, settings, and the
 * way from a session to its link.
 *
 *	local part	= network / channel "%" network / nick "%" network
 *	                  ; the last "%" divides, channels may hold more
 *	                = channel / nick            ; with only_network
 */
#include "irc/irc_gateway.h"

#include <stdlib.h>

#include "irc/irc_ignore.h"
#include "irc/irc_link.h"
#include "irc/irc_mask.h"
#include "irc/irc_nick.h"
#include "irc/irc_request.h"
#include "irc/irc_script.h"
#include "irc/irc_shown.h"
#include "irc/irc_slash.h"
#include "net/address.h"
#include "net/tls.h"

static struct irc_gateway *
irc_of(struct gateway *gw)
{
	return gateway_priv(gw);
}

/* ---- addresses -------------------------------------------------------- */

/* No name on IRC has one of these; one in a command would divide it. */
static bool
is_name(struct str s)
{
	if (s.len == 0 || s.len > GW_NAME_MAX || *s.p == ':')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || s.p[i] == '\a' || s.p[i] == '\r' ||
		    s.p[i] == '\n' || s.p[i] == ' ' || s.p[i] == ',')
			return false;
	return true;
}

/* A host nobody configured has the channels of RFC 2812. */
static bool
is_channel(const struct irc_network *n, struct str name)
{
	if (n)
		return irc_network_is_channel(n, name);
	return name.len && (*name.p == '#' || *name.p == '&');
}

static int
split_only(const struct irc_gateway *irc, struct str local,
    struct gw_address *out, struct err *err)
{
	if (!is_name(local))
		return err_set(
		    err, ERR_BAD_INPUT, "that is neither a channel nor a nick");
	*out = (struct gw_address){
		.kind = is_channel(irc->only, local) ? GW_ADDR_ROOM
		                                     : GW_ADDR_PERSON,
		.network = str_c(irc->only->name),
		.name = local,
		.spelling = str_c(irc->only->name),
	};
	return 0;
}

static struct str
lower_host(struct irc_gateway *irc, struct str host)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.p[i];

		irc->host[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	return str_of(irc->host, host.len);
}

/* n is NULL for a host that is not in use yet. */
static int
find_network(struct irc_gateway *irc, struct str spelling,
    struct irc_network **n_out, struct str *name_out, struct err *err)
{
	struct irc_network *n = irc_networks_find(&irc->networks, spelling);

	*n_out = n;
	if (n) {
		*name_out = str_c(n->name);
		return 0;
	}
	if (!irc_host_is_valid(spelling))
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" cannot be the name of an IRC network",
		    STR_ARG(str_head(spelling, 64)));
	if (!irc->open)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no IRC network \"" STR_FMT "\" here",
		    STR_ARG(str_head(spelling, 64)));
	*name_out = lower_host(irc, spelling);
	return 0;
}

static ptrdiff_t
find_last(struct str s, char c)
{
	ptrdiff_t i = (ptrdiff_t)s.len;

	while (--i >= 0 && s.p[i] != c)
		;
	return i;
}

static int
irc_split(struct gateway *gw, struct str local, struct gw_address *out,
    struct err *err)
{
	struct irc_gateway *irc = irc_of(gw);
	ptrdiff_t at = find_last(local, '%');
	struct str spelling = local, name = STR_EMPTY, network;
	struct irc_network *n;

	if (irc->only)
		return split_only(irc, local, out, err);
	if (at < 0 && is_channel(NULL, local))
		return err_set(err, ERR_BAD_INPUT,
		    "the network is missing: write %s%%NETWORK", "#channel");
	if (at >= 0) {
		spelling = str_skip(local, (size_t)at + 1);
		name = str_head(local, (size_t)at);
		if (!is_name(name))
			return err_set(err, ERR_BAD_INPUT,
			    "before the %% there is neither a channel nor a "
			    "nick");
	}
	if (find_network(irc, spelling, &n, &network, err) < 0)
		return -1;
	*out = (struct gw_address){
		.kind = at < 0            ? GW_ADDR_NETWORK
		    : is_channel(n, name) ? GW_ADDR_ROOM
		                          : GW_ADDR_PERSON,
		.network = network,
		.name = name,
		.spelling = spelling,
	};
	return 0;
}

static void
irc_local(struct gateway *gw, const struct gw_address *a, struct buf *out)
{
	bool named = a->kind == GW_ADDR_ROOM || a->kind == GW_ADDR_PERSON;

	if (a->kind == GW_ADDR_DOMAIN)
		return;
	if (named)
		buf_add_str(out, a->name);
	if (irc_of(gw)->only)
		return;
	if (named)
		buf_addc(out, '%');
	buf_add_str(out, a->network);
}

struct irc_network *
irc_session_network(struct session *s)
{
	struct irc_gateway *irc = irc_of(session_gateway(s));

	return irc_networks_find(&irc->networks, session_network(s));
}

/* Before the first login with what others of us were told. */
static enum irc_casemap
casemap_of(struct session *s)
{
	struct irc_session *is = session_priv(s);
	struct irc_network *n;

	if (is->knows_casemap)
		return is->casemap;
	n = irc_session_network(s);
	is->casemap = n ? n->casemap : IRC_FOLD_RFC1459;
	is->knows_casemap = true;
	return is->casemap;
}

static void
irc_fold_name(struct session *s, struct str name, struct buf *out)
{
	char *to = buf_reserve(out, name.len);

	if (!to)
		return;
	irc_fold(casemap_of(s), name, to);
	buf_added(out, name.len);
}

/* ---- what people type ------------------------------------------------- */

/* irc://host/channel, where the '#' may be missing (and mostly is). */
static bool
take_url(struct str typed, struct str *name, struct str *network)
{
	static const char *const schemes[] = { "irc://", "ircs://" };
	struct str rest, host;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!str_starts(typed, str_c(schemes[i])))
			continue;
		rest = str_skip(typed, strlen(schemes[i]));
		(void)str_cut(&rest, '/', &host);
		(void)str_cut(&host, ':', network); /* without its port */
		*name = rest.p ? rest : STR_EMPTY;
		return true;
	}
	return false;
}

/* "#channel net", "#channel on net", "#channel%net", "net". */
static void
take_words(struct str typed, struct str *name, struct str *network)
{
	struct str rest = typed;

	(void)str_cut(&rest, ' ', name);
	*network = rest.p ? str_trim(rest) : STR_EMPTY;
	if (str_starts(*network, STR("on ")))
		*network = str_trim(str_skip(*network, 3));
}

/* The network may be left out where there is but one. */
static struct str
default_network(struct irc_gateway *irc, struct str name)
{
	struct irc_network *first = irc_networks_at(&irc->networks, 0);
	struct irc_network *n;
	struct str canonical;

	if (!first || irc->networks.nconfigured > 1 || str_has(name, '%') ||
	    (!is_channel(NULL, name) &&
	        find_network(irc, name, &n, &canonical, NULL) == 0))
		return STR_EMPTY;
	return str_c(first->name);
}

static void
add_local(struct irc_gateway *irc, struct str name, struct str network,
    struct buf *out)
{
	buf_add_str(out, name);
	if (irc->only)
		return;
	if (network.len == 0)
		network = default_network(irc, name);
	if (name.len && network.len)
		buf_addc(out, '%');
	buf_add_str(out, network);
}

static int
irc_prompted(
    struct gateway *gw, struct str typed, struct buf *out, struct err *err)
{
	struct irc_gateway *irc = irc_of(gw);
	struct gw_address a;
	struct str name, network;
	size_t start = out->len;

	typed = str_trim(typed);
	if (typed.len == 0)
		return err_set(err, ERR_BAD_INPUT,
		    "type a channel or a nick, as #channel%%network");
	if (!take_url(typed, &name, &network))
		take_words(typed, &name, &network);
	else if (name.len && !is_channel(NULL, name))
		buf_addc(out, '#');
	add_local(irc, name, network, out);
	if (irc_split(gw, str_skip(buf_str(out), start), &a, err) == 0)
		return 0;
	buf_truncate(out, start);
	return -1;
}

static void
irc_describe(
    struct gateway *gw, const struct gw_address *a, struct gw_description *out)
{
	struct irc_network *n =
	    irc_networks_find(&irc_of(gw)->networks, a->network);
	struct str name = a->name;

	if (a->kind == GW_ADDR_DOMAIN)
		name = STR("IRC");
	else if (a->kind == GW_ADDR_NETWORK)
		name = n && n->title[0] ? str_c(n->title) : a->network;
	name = str_head(name, sizeof(out->name) - 1);
	memcpy(out->name, name.p, name.len);
	out->name[name.len] = '\0';
}

static struct str
irc_only_network(struct gateway *gw)
{
	const struct irc_network *only = irc_of(gw)->only;

	return only ? str_c(only->name) : STR_EMPTY;
}

static struct str
irc_network_at(struct gateway *gw, size_t i)
{
	struct irc_gateway *irc = irc_of(gw);
	struct irc_network *n =
	    irc->only ? NULL : irc_networks_at(&irc->networks, i);

	return n ? str_c(n->name) : STR_EMPTY;
}

/* ---- the configuration ------------------------------------------------ */

static const struct gw_option options[] = {
	{ "open", GW_OPT_BOOL, "no", 0, 0 },
	{ "private_hosts", GW_OPT_BOOL, "no", 0, 0 },
	{ "open_ports", GW_OPT_STR, "6660-6670 6697 7000", 0, 0 },
	{ "only_network", GW_OPT_STR, "", 0, 0 },
	{ "ident_address", GW_OPT_STR, "", 0, 0 },
	{ "ident_port", GW_OPT_INT, "113", 1, 65535 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_section sections[] = {
	{ .name = "network", .option = irc_network_options },
	{ .name = NULL },
};

/* NULL and 0: there is no such option in the file. */
static int
read_only(const struct irc_networks *nets, const struct conf *conf,
    struct irc_network **only, struct err *err)
{
	struct str name = conf_str(conf, "only_network");

	*only = name.len ? irc_networks_find(nets, name) : NULL;
	if (name.len && !*only)
		return conf_err(conf, "only_network", err,
		    "there is no network \"" STR_FMT "\" in this gateway",
		    STR_ARG(name));
	if (*only && conf_bool(conf, "open"))
		return conf_err(conf, "open", err,
		    "has no meaning with only_network; remove one of them");
	return 0;
}

static int
read_networks(struct irc_networks *nets, const struct conf *conf,
    struct irc_network **only, struct irc_ports *ports, struct err *err)
{
	if (irc_networks_read(nets, conf, err) < 0 ||
	    read_only(nets, conf, only, err) < 0)
		return -1;
	if (!irc_ports_parse(ports, conf_str(conf, "open_ports")))
		return conf_err(conf, "open_ports", err,
		    "ports and ranges with blanks between, such as \"6660-6669 "
		    "6697\"; %d of them at most",
		    IRC_PORTS_MAX);
	if (conf_str(conf, "ident_address").len &&
	    !address_is_digits(conf_str(conf, "ident_address")))
		return conf_err(conf, "ident_address", err,
		    "an address in digits, such as \"0.0.0.0\" or \"::\"");
	if (nets->nconfigured == 0 && !conf_bool(conf, "open"))
		return conf_err(conf, NULL, err,
		    "no network can be reached: add network \"NAME\" { host = "
		    "\"HOST\" }, or open = yes for any host");
	return 0;
}

static int
irc_open(struct gateway *gw, const struct conf *conf, struct err *err)
{
	struct irc_gateway *irc = irc_of(gw);

	irc_networks_init(&irc->networks);
	irc_sts_init(&irc->sts);
	list_init(&irc->links);
	list_init(&irc->dirty);
	if (read_networks(&irc->networks, conf, &irc->only, &irc->ports, err) <
	    0) {
		irc_networks_release(&irc->networks);
		return -1;
	}
	irc->open = conf_bool(conf, "open");
	irc->private_hosts = conf_bool(conf, "private_hosts");
	irc_ident_set(&irc->ident, conf_str(conf, "ident_address"),
	    (uint16_t)conf_int(conf, "ident_port"));
	irc->loop = gateway_loop(gw);
	/* Behind what makes output, before what writes it: link.c adds its
	   own hook with the first link. */
	loop_hook_add(irc->loop, &irc->hook, LOOP_RANK_WRITE, irc_link_turn);
	return 0;
}

/* Links that are up stay as they are until they are made again. */
static int
irc_reload(
    struct gateway *gw, const struct conf *conf, bool try, struct err *err)
{
	struct irc_gateway *irc = irc_of(gw);
	struct irc_networks next;
	struct irc_network *only;
	struct irc_ports ports;
	int rc = -1;

	irc_networks_init(&next);
	if (read_networks(&next, conf, &only, &ports, err) < 0)
		goto out;
	if (!only != !irc->only ||
	    (only && strcmp(only->name, irc->only->name) != 0)) {
		conf_err(conf, "only_network", err,
		    "only_network changes what every address means; that "
		    "needs a restart");
		goto out;
	}
	rc = 0;
	if (try)
		goto out;
	irc_networks_replace(&irc->networks, &next);
	irc->ports = ports;
	irc->only = only;
	irc->open = conf_bool(conf, "open");
	irc->private_hosts = conf_bool(conf, "private_hosts");
	irc_ident_set(&irc->ident, conf_str(conf, "ident_address"),
	    (uint16_t)conf_int(conf, "ident_port"));
out:
	irc_networks_release(&next);
	return rc;
}

/* What is over is forgotten for good. */
static void
irc_fact(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	struct irc_sts_hosts *sts = &irc_of(gw)->sts;
	int64_t now_utc = gateway_clock(gw)->utc;

	if (!str_is(name, IRC_STS_FACT))
		return;
	irc_sts_recall(sts, network, value);
	if (irc_sts_port(sts, network, now_utc))
		return;
	(void)irc_sts_remember(sts, network, 0, 0, now_utc, NULL);
	gateway_fact_put(gw, network, name, STR_EMPTY);
}

static void
irc_close(struct gateway *gw)
{
	struct irc_gateway *irc = irc_of(gw);

	loop_hook_del(&irc->hook);
	irc_ident_release(&irc->ident);
	irc_sts_release(&irc->sts);
	irc_networks_release(&irc->networks);
}

/* ---- settings --------------------------------------------------------- */

enum { SETTING_MAX = 300 }; /* bytes; what PASS and SASL can carry */

/* Whole or refused: nothing is cut off or changed behind the user's back. */
static int
check_line(struct gateway *gw, struct str value, struct err *err)
{
	(void)gw;
	if (value.len > SETTING_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "longer than %d bytes; IRC cannot carry that", SETTING_MAX);
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] == '\0' || value.p[i] == '\r' ||
		    value.p[i] == '\n')
			return err_set(err, ERR_BAD_INPUT,
			    "IRC cannot carry a line break or a NUL");
	return 0;
}

static int
check_nick(struct gateway *gw, struct str value, struct err *err)
{
	(void)gw;
	if (value.len < IRC_NICK_BYTES && irc_nick_is_valid(value))
		return 0;
	return err_set(err, ERR_BAD_INPUT,
	    "a nick has letters, digits and []\\^_{|}-` only, begins with no "
	    "digit and no '-', and has %d bytes at most",
	    IRC_NICK_BYTES - 1);
}

static int
check_mechanism(struct gateway *gw, struct str value, struct err *err)
{
	(void)gw;
	if (irc_sasl_knows(value))
		return 0;
	return err_set(
	    err, ERR_BAD_INPUT, "not one of PLAIN, SCRAM-SHA-256 and EXTERNAL");
}

static int
check_pin(struct gateway *gw, struct str value, struct err *err)
{
	uint8_t pin[TLS_PIN_BYTES];

	(void)gw;
	if (tls_parse_pin(value, pin))
		return 0;
	return err_set(err, ERR_BAD_INPUT,
	    "a SHA-256 fingerprint has 64 hex digits, colons allowed");
}

static int
check_encoding(struct gateway *gw, struct str value, struct err *err)
{
	(void)gw;
	if (value.len == 0 || irc_is_charset(value))
		return 0;
	return err_set(err, ERR_BAD_INPUT,
	    "no character set of that name is known here that has ASCII in "
	    "it; \"iso-8859-15\", \"windows-1251\" and \"gb18030\" are some "
	    "that are");
}

/* What is not allowed now is not dialled either: see irc_link.c. */
static int
check_port(struct gateway *gw, struct str value, struct err *err)
{
	const struct irc_gateway *irc = irc_of(gw);
	uint16_t port = irc_port_of(value);

	if (!port)
		return err_set(err, ERR_BAD_INPUT, "a number up to 65535");
	if (irc_ports_has(&irc->ports, port))
		return 0;
	return err_set(err, ERR_BAD_INPUT,
	    "port %u is not open to users here; these are: %s", (unsigned)port,
	    irc->ports.text);
}

static const struct gw_setting settings[] = {
	{ "server_port", GW_SET_INT, GW_SCOPE_NETWORK, "Port of the server",
	    "Empty: 6697, or 6667 without TLS", "", check_port },
	{ "server_tls", GW_SET_BOOL, GW_SCOPE_NETWORK, "Use TLS",
	    "Without it everybody on the way can read all, and no password is "
	    "sent",
	    "1", NULL },
	{ "nick", GW_SET_TEXT, GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK, "Nick",
	    "What to be called, whatever nick a room is joined with", "",
	    check_nick },
	{ "nick_regain", GW_SET_BOOL, GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK,
	    "Take the nick back",
	    "When it was in use at the login, as soon as it is free", "1",
	    NULL },
	{ "stay_connected", GW_SET_BOOL,
	    GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK | GW_SCOPE_ROOM,
	    "Stay connected",
	    "In rooms also when your last client has left, and after a "
	    "restart of the gateway",
	    "0", NULL },
	{ "archive", GW_SET_BOOL,
	    GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK | GW_SCOPE_ROOM,
	    "Keep what is said",
	    "So that you find later what you missed; switched off, nothing "
	    "more is kept",
	    "1", NULL },
	{ "corrections", GW_SET_BOOL,
	    GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK | GW_SCOPE_ROOM,
	    "Send corrections",
	    "When you correct a message the others get a short line that says "
	    "what has changed; they cannot see the message itself change",
	    "1", NULL },
	{ "formatting", GW_SET_BOOL,
	    GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK | GW_SCOPE_ROOM,
	    "Send formatting",
	    "What you mark as *strong*, _stressed_, ~deleted~ or `code` is "
	    "shown so; the signs stay",
	    "1", NULL },
	{ "encoding", GW_SET_TEXT,
	    GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK | GW_SCOPE_ROOM,
	    "Character set",
	    "Of what others write that is not in UTF-8, such as windows-1251; "
	    "empty: what the operator has set for the network",
	    "", check_encoding },
	{ "encoding_out", GW_SET_BOOL,
	    GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK | GW_SCOPE_ROOM,
	    "Write in that character set, too",
	    "For channels where it is the custom; what it has no place for is "
	    "not sent then",
	    "0", NULL },
	{ "typing_in_rooms", GW_SET_BOOL,
	    GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK | GW_SCOPE_ROOM,
	    "Show in channels that you are writing",
	    "One to one your client alone decides; in a channel everybody "
	    "would see it",
	    "0", NULL },
	{ "sasl_account", GW_SET_TEXT, GW_SCOPE_NETWORK, "Account",
	    "Your account with the services of the network: by SASL, or where "
	    "the server has none by NickServ, ahead of the rooms",
	    "", check_line },
	{ "sasl_password", GW_SET_SECRET, GW_SCOPE_NETWORK,
	    "Password of the account", "Sent over TLS only", "", check_line },
	{ "sasl_mechanism", GW_SET_TEXT, GW_SCOPE_NETWORK,
	    "How to log in to the account",
	    "PLAIN, SCRAM-SHA-256, or EXTERNAL with a client certificate; "
	    "empty: the best that the server offers",
	    "", check_mechanism },
	{ "sasl_required", GW_SET_BOOL, GW_SCOPE_NETWORK,
	    "Stay away if the login fails",
	    "Rather than go on without the account", "0", NULL },
	{ "server_password", GW_SET_SECRET, GW_SCOPE_NETWORK,
	    "Password of the server",
	    "Few servers ask for one; sent over TLS only", "", check_line },
	{ "tls_pin", GW_SET_TEXT, GW_SCOPE_NETWORK,
	    "Fingerprint of the server's certificate",
	    "SHA-256; only that one is accepted then, whoever vouches for "
	    "it.  One that the operator has set counts first",
	    "", check_pin },
	{ "on_connect", GW_SET_LINES, GW_SCOPE_NETWORK,
	    "Commands after connecting",
	    "Ten lines at most, of IRC or as \"/msg NickServ ...\"; kept "
	    "encrypted, sent over TLS only",
	    "", irc_script_check },
	{ "ignore", GW_SET_LINES, GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK,
	    "People to ignore",
	    "Masks as nick!user@host, one a line, * for anything; what they "
	    "say is neither shown nor kept, their invitations neither",
	    "", irc_ignore_check },
	{ NULL, GW_SET_TEXT, 0, NULL, NULL, NULL, NULL },
};

/* ---- sessions --------------------------------------------------------- */

static int
irc_login(struct session *s, struct str nick, struct err *err)
{
	struct irc_gateway *irc = irc_of(session_gateway(s));
	struct irc_network *n = irc_session_network(s);

	if (n)
		n = irc_network_ref(n);
	else if (irc->open)
		n = irc_networks_open(&irc->networks, session_network(s), err);
	else
		return err_set(err, ERR_NOT_FOUND,
		    "there is no IRC network \"" STR_FMT "\" here any more",
		    STR_ARG(session_network(s)));
	if (!n)
		return -1;
	return irc_link_login(s, n, nick, err);
}

static void
irc_logout(struct session *s, enum gw_bye why, struct str text)
{
	static const struct str bye[] = {
		[GW_BYE_USER] = { "Leaving", 7 },
		[GW_BYE_UNREGISTER] = { "Leaving", 7 },
		[GW_BYE_IDLE] = { "Nobody is here any more", 23 },
		[GW_BYE_SHUTDOWN] = { "The gateway is being restarted", 30 },
		[GW_BYE_ADMIN] = { "Disconnected by an administrator", 32 },
	};

	irc_link_logout(irc_link_of(s), text.len ? text : bye[why]);
}

/* A network that is told of it by WEBIRC sees one address at first. */
static void
irc_source(struct session *s, struct buf *out)
{
	const struct irc_network *n = irc_session_network(s);
	struct irc_mask mask;

	if (!n || !n->source.family || n->webirc_password.len)
		return;
	irc_mask_of(&mask, session_user(s), &n->source);
	buf_add_str(out, str_c(mask.digits));
}

static void
irc_drop(struct session *s)
{
	struct irc_link *l = irc_link_of(s);

	if (l)
		irc_link_drop(l);
}

static void
irc_hold(struct session *s, bool hold)
{
	struct irc_session *is = session_priv(s);

	is->held = hold;
	if (is->link)
		irc_link_hold(is->link, hold);
}

static void
irc_status(struct session *s, struct buf *out)
{
	struct irc_link *l = irc_link_of(s);
	struct buf mask;

	if (!l)
		return;
	buf_addf(out, "Server: %s port %u\n", l->net->host, (unsigned)l->port);
	buf_addf(out, "TLS: %s\n",
	    !l->tls              ? "no"
	        : l->net->pin    ? "yes, pinned certificate"
	        : l->net->verify ? "yes, verified"
	                         : "yes, not verified");
	buf_addf(
	    out, "Nick: " STR_FMT "\n", STR_ARG(irc_proto_nick(&l->proto)));
	buf_init(&mask, IRC_OUT_MAX);
	if (irc_proto_mask(&l->proto, &mask))
		buf_addf(out, "Seen as: %s\n", mask.p);
	buf_release(&mask);
	if (irc_proto_lag(&l->proto) >= 0)
		buf_addf(
		    out, "Lag: %lld ms\n", (long long)irc_proto_lag(&l->proto));
	if (irc_proto_queued(&l->proto))
		buf_addf(out, "Lines waiting: %zu, for %lld s\n",
		    irc_proto_queued(&l->proto),
		    (long long)irc_link_delay(l) / 1000);
}

/* Where a configured network is, and how, its operator says. */
static bool
irc_setting_applies(
    struct gateway *gw, struct str network, const struct gw_setting *st)
{
	const struct irc_network *n =
	    irc_networks_find(&irc_of(gw)->networks, network);

	return !str_starts(str_c(st->name), STR("server_")) ||
	    str_is(STR("server_password"), st->name) ||
	    (irc_of(gw)->open && (!n || n->is_open));
}

static struct str
irc_contact(struct gateway *gw, struct str network)
{
	const struct irc_network *n =
	    irc_networks_find(&irc_of(gw)->networks, network);

	return n && n->contact ? str_c(n->contact) : STR_EMPTY;
}

/* ---- the table -------------------------------------------------------- */

static gw_request_fn *const requests[GW_NREQ] = {
	[GW_REQ_JOIN] = irc_request_join,
	[GW_REQ_LEAVE] = irc_request_leave,
	[GW_REQ_SUBJECT] = irc_request_subject,
	[GW_REQ_NICK] = irc_request_nick,
	[GW_REQ_ROLE] = irc_request_role,
	[GW_REQ_STANDING] = irc_request_standing,
	[GW_REQ_STANDINGS] = irc_request_standings,
	[GW_REQ_FORM_GET] = irc_request_form_get,
	[GW_REQ_FORM_SET] = irc_request_form_set,
	[GW_REQ_INVITE] = irc_request_invite,
	[GW_REQ_DIRECTORY] = irc_request_directory,
	[GW_REQ_QUERY] = irc_request_query,
	[GW_REQ_WATCH] = irc_request_watch,
	[GW_REQ_UNWATCH] = irc_request_unwatch,
	[GW_REQ_AWAY] = irc_request_away,
	[GW_REQ_REACT] = irc_request_react,
	[GW_REQ_REDACT] = irc_request_redact,
	[GW_REQ_TYPING] = irc_request_typing,
	[GW_REQ_RAW] = irc_request_raw,
	[GW_REQ_SLASH] = irc_request_slash,
};

/* A network that anybody may name has not been configured otherwise. */
static bool
may_quote(struct gateway *gw, struct str network)
{
	const struct irc_network *n =
	    irc_networks_find(&irc_of(gw)->networks, network);

	return !n || n->raw;
}

static const struct gw_setting quote_fields[] = {
	{ .name = "line",
	    .type = GW_SET_TEXT,
	    .label = "Line",
	    .desc = "As the protocol has it, for example KNOCK #channel" },
	{ .name = NULL },
};

static const struct gw_command commands[] = {
	{ .node = "raw",
	    .name = "Send a line of IRC",
	    .where = GW_ADDR_NETWORK,
	    .may = may_quote,
	    .field = quote_fields,
	    .run = irc_request_quote },
	{ .node = "whois",
	    .name = "Who is that?",
	    .where = GW_ADDR_PERSON,
	    .run = irc_request_whois },
	{ .node = NULL },
};

const struct gateway_ops irc_gateway = {
	.kind = "irc",
	.title = "IRC",
	.gateway_size = sizeof(struct irc_gateway),
	.session_size = sizeof(struct irc_session),
	.live = true,
	.client_keys = true,
	.options = options,
	.sections = sections,
	.settings = settings,
	.commands = commands,
	.room_fields = irc_form_fields,
	.prompt = "Channel or nick",
	.prompt_desc = "As #channel%network or nick%network.",
	.open = irc_open,
	.reload = irc_reload,
	.fact = irc_fact,
	.close = irc_close,
	.split = irc_split,
	.local = irc_local,
	.fold = irc_fold_name,
	.only_network = irc_only_network,
	.prompted = irc_prompted,
	.describe = irc_describe,
	.network_at = irc_network_at,
	.login = irc_login,
	.logout = irc_logout,
	.source = irc_source,
	.drop = irc_drop,
	.send = irc_request_send,
	.request = requests,
	.hold = irc_hold,
	.status = irc_status,
	.identify = irc_shown_identify,
	.about = irc_shown_about,
	.contact = irc_contact,
	.setting_applies = irc_setting_applies,
};
