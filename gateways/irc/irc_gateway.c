/*
 * IRC, as the core sees it: addresses, settings, and the table of ops.
 *
 *	NET                 a network: its name, host or an alias
 *	#channel%NET        the last % divides
 *	nick%NET
 *
 * With only_network there is no NET, and % is an ordinary character.
 */
#include <stdlib.h>

#include "irc/irc_link.h"
#include "irc/irc_nick.h"

enum { IRC_SECRET_MAX = 300, IRC_ACCOUNT_MAX = 100 };

static bool
is_channel(const struct irc_network *n, struct str name)
{
	return name.len && strchr(n ? n->chantypes : "#&", name.p[0]) != NULL;
}

/* ---- addresses -------------------------------------------------------- */

static int
name_kind(const struct irc_network *n, struct str name, struct gw_address *out,
    struct err *err)
{
	size_t i;

	if (name.len == 0)
		return err_set(
		    err, ERR_BAD_INPUT, "there is no name before the network");
	for (i = 0; i < name.len; i++)
		if (name.p[i] == ' ' || name.p[i] == ',')
			return err_set(err, ERR_BAD_INPUT,
			    "a name on IRC has no space and no comma");
	out->kind = is_channel(n, name) ? GW_ADDR_ROOM : GW_ADDR_PERSON;
	if (out->kind == GW_ADDR_PERSON && name.p[0] == ':')
		return err_set(
		    err, ERR_BAD_INPUT, "a nick does not begin with a colon");
	out->name = name;
	return 0;
}

static int
split(struct gateway *gw, struct str local, struct gw_address *out,
    struct err *err)
{
	struct irc_networks *ns = gateway_priv(gw);
	struct irc_network *n = ns->only;
	struct str name = local, net = local;
	size_t i;

	*out =
	    (struct gw_address){ .kind = GW_ADDR_NETWORK, .name = STR_EMPTY };
	if (n) {
		out->network = out->spelling = str_c(n->name);
		return name_kind(n, local, out, err);
	}
	for (i = local.len; i > 0 && local.p[i - 1] != '%'; i--)
		;
	net = str_skip(local, i);
	n = irc_network_find(ns, net);
	if (!n && (!ns->open || !irc_network_is_host(net)))
		return err_set(err, ERR_NOT_FOUND,
		    "there is no network \"" STR_FMT "\" here",
		    STR_ARG(str_head(net, 64)));
	out->network = n ? str_c(n->name) : net;
	out->spelling = net;
	if (i == 0)
		return 0;
	name = str_head(local, i - 1);
	return name_kind(n, name, out, err);
}

static void
local(struct gateway *gw, const struct gw_address *a, struct buf *out)
{
	struct irc_networks *ns = gateway_priv(gw);

	if (a->kind == GW_ADDR_DOMAIN)
		return;
	buf_add_str(out, a->name);
	if (ns->only)
		return;
	if (a->kind != GW_ADDR_NETWORK)
		buf_addc(out, '%');
	buf_add_str(out, a->network);
}

static void
fold(struct session *s, struct str name, struct buf *out)
{
	struct irc_session *is = irc_session_of(s);
	char *to = buf_reserve(out, name.len);

	(void)irc_session_network(is, NULL);
	if (!to)
		return;
	irc_fold(is->fold, name, to);
	buf_added(out, name.len);
}

/* "#chan", "#chan%net", "#chan net", "#chan on net", "net". */
static int
prompted(struct gateway *gw, struct str typed, struct buf *out, struct err *err)
{
	struct irc_networks *ns = gateway_priv(gw);
	struct gw_address a;
	struct str rest = typed, name, net;
	size_t was = out->len;

	str_cut(&rest, ' ', &name);
	net = str_trim(rest.p ? rest : STR_EMPTY);
	if (str_starts(net, STR("on ")))
		net = str_trim(str_skip(net, 3));
	buf_add_str(out, name);
	if (!ns->only && net.len) {
		buf_addc(out, '%');
		buf_add_str(out, net);
	} else if (!ns->only && !str_has(name, '%') && ns->n == 1 &&
	    !irc_network_find(ns, name)) {
		buf_addc(out, '%');
		buf_add_str(out,
		    str_c(LIST_ENTRY(
		        list_first(&ns->all), struct irc_network, node)
		              ->name));
	}
	return split(gw, str_skip(buf_str(out), was), &a, err);
}

static void
describe(
    struct gateway *gw, const struct gw_address *a, struct gw_description *out)
{
	(void)gw;
	if (a->name.len)
		snprintf(out->name, sizeof(out->name), STR_FMT " on " STR_FMT,
		    STR_ARG(str_head(a->name, 200)),
		    STR_ARG(str_head(a->network, 100)));
	else
		snprintf(
		    out->name, sizeof(out->name), STR_FMT, STR_ARG(a->network));
}

static struct str
network_at(struct gateway *gw, size_t i)
{
	struct irc_networks *ns = gateway_priv(gw);

	if (ns->only)
		return STR_EMPTY;
	LIST_EACH(&ns->all, n)
	{
		struct irc_network *net =
		    LIST_ENTRY(n, struct irc_network, node);

		if (net->configured && i-- == 0)
			return str_c(net->name);
	}
	return STR_EMPTY;
}

/* ---- settings --------------------------------------------------------- */

static int
check_nick(struct gateway *gw, struct str v, struct err *err)
{
	(void)gw;
	if (!irc_nick_is_valid(v) || v.len >= IRC_NICK_BYTES)
		return err_set(err, ERR_BAD_INPUT,
		    "not a nick: letters, digits and []\\^_{|}-` only, the "
		    "first no digit and no -, %d at most",
		    IRC_NICK_BYTES - 1);
	return 0;
}

/* What fits in one field of one line. */
static int
check_field(struct str v, size_t max, struct err *err)
{
	size_t i;

	if (v.len > max)
		return err_set(err, ERR_TOO_BIG, "longer than %zu bytes", max);
	for (i = 0; i < v.len; i++)
		if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f)
			return err_set(err, ERR_BAD_INPUT,
			    "line ends and control characters cannot be sent");
	return 0;
}

static int
check_account(struct gateway *gw, struct str v, struct err *err)
{
	(void)gw;
	return check_field(v, IRC_ACCOUNT_MAX, err);
}

static int
check_secret(struct gateway *gw, struct str v, struct err *err)
{
	(void)gw;
	return check_field(v, IRC_SECRET_MAX, err);
}

static const struct gw_setting settings[] = {
	{ "nick", GW_SET_TEXT, GW_SCOPE_GATEWAY | GW_SCOPE_NETWORK, "Nick",
	    "The name to use, whatever name you join with", "", check_nick },
	{ "sasl_account", GW_SET_TEXT, GW_SCOPE_NETWORK, "Account (SASL)",
	    "Your account with the services of the network", "",
	    check_account },
	{ "sasl_password", GW_SET_SECRET, GW_SCOPE_NETWORK,
	    "Password of the account", "Kept encrypted, never shown", "",
	    check_secret },
	{ "sasl_required", GW_SET_BOOL, GW_SCOPE_NETWORK,
	    "Stay away if the login fails",
	    "Rather than go on without the account", "0", NULL },
	{ "server_password", GW_SET_SECRET, GW_SCOPE_NETWORK,
	    "Password of the server", "Only for servers that ask for one", "",
	    check_secret },
	{ NULL, GW_SET_TEXT, 0, NULL, NULL, NULL, NULL },
};

/* ---- ops -------------------------------------------------------------- */

static int
open_gateway(struct gateway *gw, const struct conf *conf, struct err *err)
{
	struct irc_networks *ns = gateway_priv(gw);

	if (irc_networks_read(ns, conf, err) < 0) {
		irc_networks_release(ns);
		return -1;
	}
	irc_links_open(gw);
	return 0;
}

static void
close_gateway(struct gateway *gw)
{
	irc_links_close(gw);
	irc_networks_release(gateway_priv(gw));
}

const struct gateway_ops irc_gateway = {
	.kind = "irc",
	.title = "IRC",
	.gateway_size = sizeof(struct irc_networks),
	.session_size = sizeof(struct irc_session),
	.live = true,
	.options = irc_gateway_options,
	.sections = irc_gateway_sections,
	.settings = settings,
	.prompt = "Channel or nick",
	.prompt_desc = "Type #channel or a nick, and the network: "
	               "#channel%network",
	.open = open_gateway,
	.close = close_gateway,
	.split = split,
	.local = local,
	.fold = fold,
	.prompted = prompted,
	.describe = describe,
	.network_at = network_at,
	.login = irc_link_login,
	.logout = irc_link_logout,
	.drop = irc_link_drop,
	.send = irc_request_send,
	.request = irc_requests,
	.hold = irc_link_hold,
	.status = irc_link_status,
};
