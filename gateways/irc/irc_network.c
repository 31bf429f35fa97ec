/*
 * The networks of one gateway.
 */
#include <stdlib.h>

#include "irc/irc_network.h"
#include "lib/xalloc.h"

#define NETWORK(n) LIST_ENTRY(n, struct irc_network, node)

static const struct gw_option network_options[] = {
	{ "host", GW_OPT_STR, "", 0, 0 },
	{ "port", GW_OPT_INT, "6697", 1, 65535 },
	{ "tls", GW_OPT_BOOL, "yes", 0, 0 },
	{ "verify", GW_OPT_BOOL, "yes", 0, 0 },
	{ "pin", GW_OPT_STR, "", 0, 0 },
	{ "ca_file", GW_OPT_STR, "", 0, 0 },
	{ "plain_secrets", GW_OPT_BOOL, "no", 0, 0 },
	{ "aliases", GW_OPT_LIST, "{}", 0, 0 },
	{ "burst", GW_OPT_INT, "5", 1, 1000 },
	{ "interval_ms", GW_OPT_INT, "2000", 0, 60000 },
	{ "max_lines", GW_OPT_INT, "10", 1, 100 },
	{ "charset", GW_OPT_STR, "windows-1252", 0, 0 },
	{ "password", GW_OPT_STR, "", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

const struct gw_option irc_gateway_options[] = {
	{ "open", GW_OPT_BOOL, "no", 0, 0 },
	{ "private_hosts", GW_OPT_BOOL, "no", 0, 0 },
	{ "only_network", GW_OPT_STR, "", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

const struct gw_section irc_gateway_sections[] = {
	{ "network", network_options },
	{ NULL, NULL },
};

/* ---- names ------------------------------------------------------------ */

static bool
is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':' ||
	    c == '_';
}

bool
irc_network_is_host(struct str name)
{
	size_t i;

	if (name.len == 0 || name.len > IRC_HOST_MAX || name.p[0] == '.' ||
	    name.p[0] == '-')
		return false;
	for (i = 0; i < name.len; i++)
		if (!is_host_char(name.p[i]))
			return false;
	return str_has(name, '.') || str_has(name, ':') ||
	    str_is(name, "localhost");
}

static bool
is_named(const struct irc_network *n, struct str name)
{
	size_t i;

	if (str_eq_nocase(name, str_c(n->name)) ||
	    str_eq_nocase(name, str_c(n->host)))
		return true;
	for (i = 0; i < n->nalias; i++)
		if (str_eq_nocase(name, str_c(n->alias[i])))
			return true;
	return false;
}

struct irc_network *
irc_network_find(const struct irc_networks *ns, struct str name)
{
	LIST_EACH(&ns->all, n)
	{
		if (is_named(NETWORK(n), name))
			return NETWORK(n);
	}
	return NULL;
}

/* ---- life ------------------------------------------------------------- */

static struct irc_network *
network_new(struct irc_networks *ns, struct str name, struct str host)
{
	struct irc_network *n = xcalloc(1, sizeof(*n));
	struct irc_isupport fresh;

	irc_isupport_init(&fresh);
	n->name = str_dup(name);
	n->host = str_dup(host);
	n->port = 6697;
	n->tls = n->verify = true;
	n->charset = xstrdup("windows-1252");
	n->burst = 5;
	n->interval_ms = 2000;
	n->max_lines = 10;
	n->casemap = fresh.casemap;
	memcpy(n->chantypes, fresh.chantypes, sizeof(n->chantypes));
	list_add(&ns->all, &n->node);
	ns->n++;
	return n;
}

static void
network_free(struct irc_networks *ns, struct irc_network *n)
{
	size_t i;

	list_del(&n->node);
	ns->n--;
	for (i = 0; i < n->nalias; i++)
		free(n->alias[i]);
	free(n->alias);
	free(n->name);
	free(n->host);
	free(n->pin);
	free(n->ca_file);
	free(n->charset);
	secret_release(&n->password);
	free(n);
}

struct irc_network *
irc_network_get(struct irc_networks *ns, struct str name, struct err *err)
{
	struct irc_network *n = irc_network_find(ns, name);

	if (n)
		return n;
	if (!ns->open || !irc_network_is_host(name)) {
		err_set(err, ERR_NOT_FOUND,
		    "there is no network " STR_FMT " here",
		    STR_ARG(str_head(name, 64)));
		return NULL;
	}
	if (ns->n >= IRC_NETWORKS_MAX) {
		err_set(err, ERR_BUSY, "as many networks as may be are in use");
		return NULL;
	}
	return network_new(ns, name, name);
}

/* ---- configuration ---------------------------------------------------- */

static char *
dup_or_null(struct str s)
{
	return s.len ? str_dup(s) : NULL;
}

static void
read_aliases(struct irc_network *n, const struct conf *c)
{
	size_t i;

	n->nalias = conf_list_len(c, "aliases");
	n->alias = xcalloc(n->nalias, sizeof(*n->alias));
	for (i = 0; i < n->nalias; i++)
		n->alias[i] = str_dup(conf_list_at(c, "aliases", i));
}

static int
read_network(struct irc_networks *ns, const struct conf *c, struct err *err)
{
	struct str name = conf_title(c), host = conf_str(c, "host");
	struct irc_network *n;

	if (host.len == 0)
		return conf_err(c, "host", err,
		    "network \"" STR_FMT "\" needs a host", STR_ARG(name));
	if (!irc_network_is_host(host))
		return conf_err(c, "host", err,
		    "\"" STR_FMT "\" is not a host name or address",
		    STR_ARG(host));
	if (name.len == 0 || str_has(name, '%'))
		return conf_err(c, NULL, err,
		    "a network's name is not empty and has no %%");
	if (irc_network_find(ns, name) || irc_network_find(ns, host))
		return conf_err(c, NULL, err,
		    "network \"" STR_FMT "\": that name or host is another's",
		    STR_ARG(name));
	n = network_new(ns, name, host);
	n->configured = true;
	n->port = (uint16_t)conf_int(c, "port");
	n->tls = conf_bool(c, "tls");
	n->verify = conf_bool(c, "verify");
	n->plain_secrets = conf_bool(c, "plain_secrets");
	n->pin = dup_or_null(conf_str(c, "pin"));
	n->ca_file = dup_or_null(conf_str(c, "ca_file"));
	str_store(&n->charset, conf_str(c, "charset"));
	n->burst = (unsigned)conf_int(c, "burst");
	n->interval_ms = conf_int(c, "interval_ms");
	n->max_lines = (size_t)conf_int(c, "max_lines");
	read_aliases(n, c);
	if (secret_set(&n->password, conf_str(c, "password")) < 0)
		return conf_err(
		    c, "password", err, "longer than %d bytes", SECRET_MAX);
	return 0;
}

int
irc_networks_read(
    struct irc_networks *ns, const struct conf *conf, struct err *err)
{
	struct str only = conf_str(conf, "only_network");
	const struct conf *c = NULL;

	list_init(&ns->all);
	ns->open = conf_bool(conf, "open");
	ns->private_hosts = conf_bool(conf, "private_hosts");
	while ((c = conf_next(conf, "network", c)) != NULL)
		if (read_network(ns, c, err) < 0)
			return -1;
	if (only.len) {
		ns->only = irc_network_find(ns, only);
		if (!ns->only)
			return conf_err(conf, "only_network", err,
			    "there is no network \"" STR_FMT "\" below",
			    STR_ARG(only));
	}
	if (ns->n == 0 && !ns->open)
		return conf_err(conf, NULL, err,
		    "an IRC gateway needs a network { } or open = yes");
	return 0;
}

void
irc_networks_release(struct irc_networks *ns)
{
	struct list *n;

	if (!ns->all.next)
		return;
	for (n = list_first(&ns->all); n; n = list_first(&ns->all))
		network_free(ns, NETWORK(n));
}
