/*
 * What the sections mean, what they must hold, and what they may not.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/text.h"
#include "lib/xalloc.h"

#include "core/conf.h"
#include "core/conf_file.h"
#include "core/config.h"
#include "core/config_tree.h"
#include "net/local.h"

enum {
	JID_MAX = 2 * TEXT_PREP_MAX + 1,
	MAX_COUNT = 1000000000,
	READ_BYTES = 64 * 1024,
};

/* A file being read, and what is to be said about it. */
struct reader {
	char *path;
	const struct gateway_ops *const *kinds;
	struct config_report *rep;
	bool is_untrusted;
};

/* ---- what there is ---------------------------------------------------- */

static const struct gw_option server_options[] = {
	{ "host", GW_OPT_STR, "127.0.0.1", 0, 0 },
	{ "port", GW_OPT_INT, "5347", 1, 65535 },
	{ "domain", GW_OPT_STR, "", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option store_options[] = {
	{ "path", GW_OPT_STR, "/var/lib/passerelle/passerelle.db", 0, 0 },
	{ "key_file", GW_OPT_STR, "/var/lib/passerelle/key", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option http_options[] = {
	{ "listen", GW_OPT_STR, "127.0.0.1", 0, 0 },
	{ "port", GW_OPT_INT, "0", 0, 65535 },
	{ "public_url", GW_OPT_STR, "", 0, 0 },
	{ "proxies", GW_OPT_LIST, "{}", 0, 0 },
	{ "metrics", GW_OPT_BOOL, "yes", 0, 0 },
	{ "metrics_allow", GW_OPT_LIST, "{ 127.0.0.1, ::1 }", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option control_options[] = {
	{ "path", GW_OPT_STR, "", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option log_options[] = {
	{ "level", GW_OPT_STR, "info", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option access_options[] = {
	{ "allow", GW_OPT_LIST, "{}", 0, 0 },
	{ "admins", GW_OPT_LIST, "{}", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option gateway_options[] = {
	{ "type", GW_OPT_STR, NULL, 0, 0 },
	{ "secret", GW_OPT_STR, "", 0, 0 },
	{ "secret_file", GW_OPT_STR, "", 0, 0 },
	{ "reconnect_min", GW_OPT_INT, "5", 1, 3600 },
	{ "reconnect_max", GW_OPT_INT, "300", 1, 86400 },
	{ "connect_burst", GW_OPT_INT, "10", 1, 1000 },
	{ "connect_interval_ms", GW_OPT_INT, "1000", 0, 60000 },
	{ "network_burst", GW_OPT_INT, "10", 1, 10000 },
	{ "network_interval_ms", GW_OPT_INT, "1000", 0, 60000 },
	{ "idle_days", GW_OPT_INT, "0", 0, 3650 },
	{ "contact", GW_OPT_STR, "", 0, 0 },
	{ "abuse_contacts", GW_OPT_LIST, "{}", 0, 0 },
	{ "admin_contacts", GW_OPT_LIST, "{}", 0, 0 },
	{ "feedback_contacts", GW_OPT_LIST, "{}", 0, 0 },
	{ "security_contacts", GW_OPT_LIST, "{}", 0, 0 },
	{ "status_contacts", GW_OPT_LIST, "{}", 0, 0 },
	{ "support_contacts", GW_OPT_LIST, "{}", 0, 0 },
	{ "stay_connected", GW_OPT_BOOL, "no", 0, 0 },
	{ "archive", GW_OPT_BOOL, "yes", 0, 0 },
	{ "archive_days", GW_OPT_INT, "365", 0, 36500 },
	{ "bodies_days", GW_OPT_INT, "7", 0, 30 },
	{ "archive_max", GW_OPT_INT, "100000", 0, MAX_COUNT },
	{ "allow", GW_OPT_LIST, "{}", 0, 0 },
	{ "allow_gateways", GW_OPT_BOOL, "no", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option limits_options[] = {
	{ "users", GW_OPT_INT, "10000", 1, MAX_COUNT },
	{ "sessions", GW_OPT_INT, "20", 1, MAX_COUNT },
	{ "rooms", GW_OPT_INT, "100", 1, MAX_COUNT },
	{ "occupants", GW_OPT_INT, "100000", 1, MAX_COUNT },
	{ "resources", GW_OPT_INT, "20", 1, MAX_COUNT },
	{ "contacts", GW_OPT_INT, "200", 1, MAX_COUNT },
	{ "commands", GW_OPT_INT, "10", 1, MAX_COUNT },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_section sections[] = {
	{ .name = "server", .option = server_options },
	{ .name = "store", .option = store_options },
	{ .name = "http", .option = http_options },
	{ .name = "control", .option = control_options },
	{ .name = "log", .option = log_options },
	{ .name = "access", .option = access_options },
	{ .name = "gateway", .option = gateway_options },
	{ .name = "limits", .option = limits_options },
	{ .name = NULL },
};

const struct gw_section *
config_sections(void)
{
	return sections;
}

/* ---- addresses -------------------------------------------------------- */

/* Appends a prepared domain: what can be one and is not empty. */
static bool
prep_domain(struct str in, struct buf *out)
{
	return in.len > 0 && !str_has(in, '@') && !str_has(in, '/') &&
	    !str_has(in, ' ') && text_prep(TEXT_NAMEPREP, in, out);
}

static bool
prep_bare(struct str in, struct buf *out)
{
	struct str node;

	if (!str_has(in, '@'))
		return prep_domain(in, out);
	(void)str_cut(&in, '@', &node);
	return node.len > 0 && text_prep(TEXT_NODEPREP, node, out) &&
	    buf_addc(out, '@') == 0 && prep_domain(in, out);
}

static struct str
str_keep(struct str s)
{
	return str_of(str_dup(s), s.len);
}

static void
str_drop(struct str s)
{
	char *p;

	memcpy(&p, &s.p, sizeof(p)); /* ours, from str_keep() */
	free(p);
}

static int
by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct str *
read_jids(struct reader *r, const struct conf *c, const char *option,
    bool need_node, size_t *n_out)
{
	size_t len = conf_list_len(c, option), n = 0;
	struct str *v = xcalloc(len + 1, sizeof(*v));
	struct buf jid;

	buf_init(&jid, JID_MAX);
	for (size_t i = 0; i < len; i++) {
		struct str item = conf_list_at(c, option, i);

		buf_clear(&jid);
		if (prep_bare(item, &jid) && (!need_node || str_has(item, '@')))
			v[n++] = str_keep(buf_str(&jid));
		else
			conf_complain(c, option, true, r->rep,
			    "%s: '" STR_FMT "' is not %s", option,
			    STR_ARG(item),
			    need_node ? "a bare JID; write user@domain"
			              : "a domain or a bare JID");
	}
	buf_release(&jid);
	qsort(v, n, sizeof(*v), by_text);
	*n_out = n;
	return v;
}

static struct str *
copy_strs(const struct str *v, size_t n)
{
	struct str *to = xcalloc(n + 1, sizeof(*to));

	for (size_t i = 0; i < n; i++)
		to[i] = str_keep(v[i]);
	return to;
}

static void
free_strs(const struct str *v, size_t n)
{
	void *p;

	for (size_t i = 0; i < n; i++)
		str_drop(v[i]);
	memcpy(&p, &v, sizeof(p)); /* ours; const for the readers */
	free(p);
}

static void
access_release(struct config_access *a)
{
	free_strs(a->allow, a->nallow);
	free_strs(a->admins, a->nadmins);
	*a = (struct config_access){ 0 };
}

static bool
has(const struct str *v, size_t n, struct str s)
{
	return n && bsearch(&s, v, n, sizeof(*v), by_text) != NULL;
}

static struct str
domain_of(struct str bare)
{
	return str_skip(bare, (size_t)(str_find(bare, '@') + 1));
}

bool
config_allows(const struct config_access *a, struct str bare)
{
	return has(a->allow, a->nallow, bare) ||
	    has(a->allow, a->nallow, domain_of(bare));
}

bool
config_is_admin(const struct config_access *a, struct str bare)
{
	return has(a->admins, a->nadmins, bare);
}

/* ---- secrets ---------------------------------------------------------- */

/* NULL: *secret holds the first line.  Else what is wrong. */
static const char *
read_secret(const char *file, struct secret *secret)
{
	struct buf text;
	struct str rest, line = STR_EMPTY;
	const char *wrong;

	buf_init(&text, 64 * 1024);
	wrong = conf_file_read(file, &text);
	rest = buf_str(&text);
	(void)str_cut(&rest, '\n', &line);
	line = str_trim(line);
	if (!wrong && line.len > CONFIG_SECRET_MAX)
		wrong = "its first line is too long";
	if (!wrong && line.len == 0)
		wrong = "its first line is empty";
	if (!wrong)
		(void)secret_set(secret, line); /* it is short enough */
	secret_wipe(text.p, text.len);
	buf_release(&text);
	return wrong;
}

static void
load_secret(struct reader *r, const struct conf *c, struct secret *secret)
{
	char *name = conf_file_name(r->path, conf_str(c, "secret_file"));
	const char *wrong = read_secret(name, secret);

	if (wrong)
		conf_complain(c, "secret_file", true, r->rep,
		    "secret_file %s: %s", name, wrong);
	free(name);
}

static void
take_secret(struct reader *r, const struct conf *c, struct secret *secret)
{
	struct str inline_secret = conf_str(c, "secret");
	bool has_file = conf_str(c, "secret_file").len > 0;

	if (inline_secret.len > 0 && has_file)
		conf_complain(c, "secret_file", true, r->rep,
		    "both secret and secret_file; keep one");
	else if (inline_secret.len > CONFIG_SECRET_MAX)
		conf_complain(c, "secret", true, r->rep,
		    "secret is over %d bytes", CONFIG_SECRET_MAX);
	else if (inline_secret.len > 0)
		(void)secret_set(secret, inline_secret); /* fits */
	else if (has_file && !r->is_untrusted)
		load_secret(r, c, secret);
	else if (!has_file)
		conf_complain(c, NULL, true, r->rep,
		    "gateway \"" STR_FMT "\" has no secret; add secret = "
		    "\"...\" or secret_file = \"...\", the same as the XMPP "
		    "server has for this component",
		    STR_ARG(conf_title(c)));
}

/* ---- checking --------------------------------------------------------- */

/* One that is not given makes room for the one that is. */
static void
take_reconnect(struct reader *r, const struct conf *c, struct config_gateway *g)
{
	int64_t min = conf_int(c, "reconnect_min");
	int64_t max = conf_int(c, "reconnect_max");

	if (min > max && !conf_is_set(c, "reconnect_min"))
		min = max;
	else if (min > max && !conf_is_set(c, "reconnect_max"))
		max = min;
	else if (min > max)
		conf_complain(c, "reconnect_min", true, r->rep,
		    "reconnect_min = %d is over reconnect_max = %d", (int)min,
		    (int)max);
	g->reconnect_min_ms = min * 1000;
	g->reconnect_max_ms = max * 1000;
	g->connect_burst = (unsigned)conf_int(c, "connect_burst");
	g->connect_interval_ms = conf_int(c, "connect_interval_ms");
	g->network_burst = (unsigned)conf_int(c, "network_burst");
	g->network_interval_ms = conf_int(c, "network_interval_ms");
}

static void
add_contact(struct reader *r, const struct conf *c, const char *option,
    const char *field, struct str uri, struct config_contacts *to)
{
	if (!str_has(uri, ':') || str_has(uri, ' '))
		conf_complain(c, option, true, r->rep,
		    "%s: '" STR_FMT "' is no URI; write "
		    "mailto:abuse@example.org, for example",
		    option, STR_ARG(uri));
	else if (to->n == CONFIG_CONTACTS_MAX)
		conf_complain(c, option, true, r->rep,
		    "%s: more than %d contacts", option, CONFIG_CONTACTS_MAX);
	else {
		to->v[to->n].field = field;
		to->v[to->n++].uri = uri;
	}
}

/* Fields of XEP-0157 1.1.1; `contact` is the first of the first. */
static void
take_contacts(struct reader *r, const struct conf *c, struct config_gateway *g)
{
	static const char *const kind[][2] = {
		{ "abuse_contacts", "abuse-addresses" },
		{ "admin_contacts", "admin-addresses" },
		{ "feedback_contacts", "feedback-addresses" },
		{ "security_contacts", "security-addresses" },
		{ "status_contacts", "status-addresses" },
		{ "support_contacts", "support-addresses" },
	};

	g->contact = conf_str(c, "contact");
	if (g->contact.len)
		add_contact(
		    r, c, "contact", kind[0][1], g->contact, &g->contacts);
	for (size_t k = 0; k < sizeof(kind) / sizeof(kind[0]); k++)
		for (size_t i = 0; i < conf_list_len(c, kind[k][0]); i++)
			add_contact(r, c, kind[k][0], kind[k][1],
			    conf_list_at(c, kind[k][0], i), &g->contacts);
	if (g->contact.len == 0 && conf_list_len(c, kind[0][0]))
		g->contact = conf_list_at(c, kind[0][0], 0);
}

static size_t
limit(const struct conf *limits, const char *name)
{
	return (size_t)conf_int(limits, name);
}

static void
take_limits(const struct conf *c, struct config_limits *out)
{
	const struct conf *l = conf_only(c, "limits");

	*out = (struct config_limits){
		.users = limit(l, "users"),
		.sessions = limit(l, "sessions"),
		.rooms = limit(l, "rooms"),
		.occupants = limit(l, "occupants"),
		.resources = limit(l, "resources"),
		.contacts = limit(l, "contacts"),
		.commands = limit(l, "commands"),
	};
}

static void
take_domain(struct reader *r, struct config *cfg, const struct conf *c,
    struct config_gateway *g)
{
	struct buf domain;

	buf_init(&domain, JID_MAX);
	if (!prep_domain(conf_title(c), &domain))
		conf_complain(c, NULL, true, r->rep,
		    "\"" STR_FMT "\" is not a domain; a gateway is named after "
		    "its component, like gateway \"irc.example.org\"",
		    STR_ARG(conf_title(c)));
	else if (config_gateway_find(cfg, buf_str(&domain)))
		conf_complain(c, NULL, true, r->rep,
		    "there is a gateway %s above; each needs a domain of its "
		    "own",
		    domain.p);
	g->domain = str_keep(buf_str(&domain));
	buf_release(&domain);
}

static const struct gateway_ops *
kind_of(struct reader *r, const struct conf *c)
{
	for (size_t i = 0; r->kinds[i]; i++)
		if (str_is(conf_str(c, "type"), r->kinds[i]->kind))
			return r->kinds[i];
	return NULL;
}

static void
take_gateway(struct reader *r, struct config *cfg, const struct conf *c)
{
	struct config_gateway g = { .ops = kind_of(r, c), .conf = c };

	g.idle_days = conf_int(c, "idle_days");
	g.stay_connected = conf_bool(c, "stay_connected");
	g.allow_gateways = conf_bool(c, "allow_gateways");
	g.archive = conf_bool(c, "archive");
	g.archive_days = conf_int(c, "archive_days");
	g.bodies_days = conf_int(c, "bodies_days");
	g.archive_max = conf_int(c, "archive_max");
	take_domain(r, cfg, c, &g);
	take_secret(r, c, &g.secret);
	take_reconnect(r, c, &g);
	take_contacts(r, c, &g);
	take_limits(c, &g.limits);
	g.access.allow = read_jids(r, c, "allow", false, &g.access.nallow);
	cfg->gateway = xrealloc_array(
	    cfg->gateway, cfg->ngateway + 1, sizeof(*cfg->gateway));
	cfg->gateway[cfg->ngateway++] = g;
}

static void
take_server(struct reader *r, struct config *cfg)
{
	const struct conf *c = conf_only(cfg->root, "server");
	struct str domain = conf_str(c, "domain");
	struct buf prepared;

	cfg->server.host = conf_str(c, "host");
	cfg->server.port = (int)conf_int(c, "port");
	if (cfg->server.host.len == 0)
		conf_complain(c, "host", true, r->rep,
		    "host is empty; name the XMPP server's component listener");
	if (domain.len == 0 && cfg->ngateway > 0) {
		cfg->server.domain_guessed = true;
		domain = cfg->gateway[0].domain;
		domain = str_skip(domain, (size_t)(str_find(domain, '.') + 1));
	}
	buf_init(&prepared, JID_MAX);
	if (!prep_domain(domain, &prepared) && domain.len > 0)
		conf_complain(c, "domain", true, r->rep,
		    "domain = " STR_FMT ": not a domain", STR_ARG(domain));
	cfg->server.domain = str_keep(buf_str(&prepared));
	buf_release(&prepared);
}

static void
take_store(struct reader *r, struct config *cfg)
{
	const struct conf *c = conf_only(cfg->root, "store");

	cfg->store.path = conf_str(c, "path");
	cfg->store.key_file = conf_str(c, "key_file");
	if (cfg->store.path.len == 0)
		conf_complain(c, "path", true, r->rep, "path is empty");
	if (cfg->store.key_file.len == 0)
		conf_complain(c, "key_file", true, r->rep, "key_file is empty");
}

/* Beside the database, unless it is said where. */
static void
take_control(struct reader *r, struct config *cfg)
{
	const struct conf *c = conf_only(cfg->root, "control");
	struct str path = conf_str(c, "path");
	bool is_set = path.len > 0;
	struct buf full;

	buf_init(&full, 8192);
	(void)buf_add_str(&full, is_set ? path : cfg->store.path);
	if (!is_set)
		(void)buf_add_str(&full, STR(".control"));
	if (full.len > LOCAL_PATH_MAX) {
		conf_complain(c, is_set ? "path" : NULL, is_set, r->rep,
		    "control: %s is longer than the %d bytes that a socket's "
		    "path can have; set path in the control block",
		    full.p, LOCAL_PATH_MAX);
		buf_clear(&full);
	}
	cfg->control.path = str_keep(buf_str(&full));
	buf_release(&full);
}

static const struct address_prefix *
read_ranges(
    struct reader *r, const struct conf *c, const char *option, size_t *n_out)
{
	size_t len = conf_list_len(c, option), n = 0;
	struct address_prefix *v = xcalloc(len + 1, sizeof(*v));

	for (size_t i = 0; i < len; i++) {
		struct err err = ERR_INIT;

		if (address_range_parse(
		        &v[n], conf_list_at(c, option, i), &err) == 0)
			n++;
		else
			conf_complain(c, option, true, r->rep,
			    "%s: %s; write 192.0.2.1 or 192.0.2.0/24, for "
			    "example",
			    option, err.text);
	}
	*n_out = n;
	return v;
}

/* What requests are signed for must be this to the letter. */
static bool
is_public_url(struct str url)
{
	struct str rest = str_starts(url, STR("https://")) ? str_skip(url, 8)
	    : str_starts(url, STR("http://"))              ? str_skip(url, 7)
	                                                   : STR_EMPTY;

	for (size_t i = 0; i < rest.len; i++)
		if (rest.p[i] <= ' ' || rest.p[i] > '~' ||
		    strchr("?#@\"<>\\", rest.p[i]))
			return false;
	return rest.len > 0 && !str_starts(rest, STR("/"));
}

static void
take_public_url(
    struct reader *r, const struct conf *c, struct config_http *http)
{
	struct str url = conf_str(c, "public_url");

	if (url.len > 0 && !is_public_url(url))
		conf_complain(c, "public_url", true, r->rep,
		    "public_url = " STR_FMT ": must be as https://gw.example."
		    "org, without '?' and '#'",
		    STR_ARG(url));
	while (str_ends(url, STR("/")))
		url.len--;
	http->public_url = url;
}

static void
take_http(struct reader *r, struct config *cfg)
{
	const struct conf *c = conf_only(cfg->root, "http");
	struct config_http *http = &cfg->http;

	http->listen = conf_str(c, "listen");
	http->port = (int)conf_int(c, "port");
	if (!address_is_digits(http->listen))
		conf_complain(c, "listen", true, r->rep,
		    "listen = " STR_FMT ": not an address; write 127.0.0.1, or "
		    ":: for all",
		    STR_ARG(http->listen));
	take_public_url(r, c, http);
	http->proxy = read_ranges(r, c, "proxies", &http->nproxy);
	http->metrics = conf_bool(c, "metrics");
	http->metrics_allow =
	    read_ranges(r, c, "metrics_allow", &http->nmetrics_allow);
}

static void
free_ranges(const struct address_prefix *v)
{
	void *p;

	memcpy(&p, &v, sizeof(p)); /* ours; const for the readers */
	free(p);
}

static void
take_log(struct reader *r, struct config *cfg)
{
	static const char *const levels[] = { "error", "warn", "info", "debug",
		"wire", NULL };
	const struct conf *c = conf_only(cfg->root, "log");
	struct str level = conf_str(c, "level");
	const char *meant;

	if (log_level_parse(level.p, &cfg->log_level))
		return;
	meant = config_nearest(level.p, levels);
	conf_complain(c, "level", true, r->rep,
	    "level = " STR_FMT ": must be error, warn, info, debug or wire"
	    "%s%s%s",
	    STR_ARG(level), meant ? "; did you mean '" : "", meant ? meant : "",
	    meant ? "'?" : "");
}

/* What a gateway says would come back to us as a user's word. */
static void
check_loops(struct reader *r, const struct config *cfg, const struct conf *c,
    const struct config_access *a)
{
	for (size_t i = 0; i < a->nallow; i++)
		if (config_gateway_find(cfg, domain_of(a->allow[i])))
			conf_complain(c, "allow", true, r->rep,
			    "allow: '" STR_FMT "' is one of our own gateways, "
			    "that would make a loop",
			    STR_ARG(a->allow[i]));
}

static void
take_access(struct reader *r, struct config *cfg)
{
	const struct conf *c = conf_only(cfg->root, "access");
	struct config_access *all = &cfg->access;

	all->admins = read_jids(r, c, "admins", true, &all->nadmins);
	all->allow = read_jids(r, c, "allow", false, &all->nallow);
	check_loops(r, cfg, c, all);
	if (all->nallow == 0) {
		free_strs(all->allow, 0);
		all->allow = copy_strs(&cfg->server.domain, 1);
		all->nallow = 1;
	}
	for (size_t i = 0; i < cfg->ngateway; i++) {
		struct config_access *a = &cfg->gateway[i].access;

		check_loops(r, cfg, cfg->gateway[i].conf, a);
		a->admins = copy_strs(all->admins, all->nadmins);
		a->nadmins = all->nadmins;
		if (a->nallow > 0)
			continue;
		free_strs(a->allow, 0);
		a->allow = copy_strs(all->allow, all->nallow);
		a->nallow = all->nallow;
	}
}

/* Takes root, which may be NULL, and the path.  Useless if rep has errors. */
static struct config *
take_all(struct reader *r, struct conf *root)
{
	struct config *cfg = xcalloc(1, sizeof(*cfg));
	const struct conf *c = NULL;

	cfg->root = root;
	cfg->path = r->path;
	if (!root)
		return cfg;
	while ((c = conf_next(root, "gateway", c)))
		take_gateway(r, cfg, c);
	if (cfg->ngateway == 0)
		config_report_add(r->rep, true, r->path, 0,
		    "no gateway; add gateway \"irc.example.org\" { ... }");
	take_server(r, cfg);
	take_store(r, cfg);
	take_control(r, cfg);
	take_http(r, cfg);
	take_log(r, cfg);
	take_access(r, cfg);
	return cfg;
}

/* ---- loading ---------------------------------------------------------- */

struct config *
config_parse(const char *path, struct str text, bool is_untrusted,
    const struct gateway_ops *const *kinds, struct config_report *rep)
{
	struct reader r = {
		.path = xstrdup(path),
		.kinds = kinds,
		.rep = rep,
		.is_untrusted = is_untrusted,
	};
	struct conf *root = config_tree_read(r.path, text, kinds, rep);
	struct config *cfg = take_all(&r, root);

	if (rep->nerrors > 0)
		config_free(&cfg);
	return cfg;
}

/* 0: all of it is in text. */
static int
read_file(const char *path, int fd, struct buf *text, struct config_report *rep)
{
	const char *wrong = fd < 0 ? strerror(errno) : NULL;
	ssize_t n = 1;

	while (!wrong && n > 0) {
		char *to = buf_reserve(text, READ_BYTES);

		n = to ? read(fd, to, READ_BYTES) : -1;
		if (!to)
			wrong = "too big for a configuration";
		else if (n < 0)
			wrong = strerror(errno);
		else
			buf_added(text, (size_t)n);
	}
	if (wrong)
		config_report_add(rep, true, path, 0, "%s", wrong);
	return wrong ? -1 : 0;
}

/* A warning: some keep it on a file system without modes. */
static void
check_mode(const char *path, int fd, const struct config *cfg,
    struct config_report *rep)
{
	bool has_secret = false;
	struct stat sb;

	for (size_t i = 0; i < cfg->ngateway; i++)
		if (conf_str(cfg->gateway[i].conf, "secret").len > 0)
			has_secret = true;
	if (has_secret && fstat(fd, &sb) == 0 && (sb.st_mode & S_IROTH))
		config_report_add(rep, false, path, 0,
		    "it holds secrets and everybody can read it; chmod o-rwx "
		    "%s, or use secret_file",
		    path);
}

struct config *
config_load(const char *path, const struct gateway_ops *const *kinds,
    struct config_report *rep)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct config *cfg = NULL;
	struct buf text;

	buf_init(&text, CONFIG_FILE_MAX + READ_BYTES);
	if (read_file(path, fd, &text, rep) == 0)
		cfg = config_parse(path, buf_str(&text), false, kinds, rep);
	if (cfg)
		check_mode(path, fd, cfg, rep);
	if (fd >= 0)
		(void)close(fd); /* only read from */
	secret_wipe(text.p, text.len);
	buf_release(&text);
	return cfg;
}

char *
config_control_path(const char *path, const struct gateway_ops *const *kinds,
    struct config_report *rep)
{
	struct reader r = {
		.path = xstrdup(path),
		.kinds = kinds,
		.rep = rep,
		.is_untrusted = true, /* secrets are none of its business */
	};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct config *cfg = NULL;
	char *control = NULL;
	struct buf text;

	buf_init(&text, CONFIG_FILE_MAX + READ_BYTES);
	if (read_file(path, fd, &text, rep) == 0)
		cfg = take_all(
		    &r, config_tree_read(r.path, buf_str(&text), kinds, rep));
	else
		free(r.path);
	if (cfg && cfg->root && cfg->control.path.len > 0)
		control = str_dup(cfg->control.path);
	config_free(&cfg);
	if (fd >= 0)
		(void)close(fd); /* only read from */
	secret_wipe(text.p, text.len);
	buf_release(&text);
	return control;
}

void
config_free(struct config **cp)
{
	struct config *cfg = *cp;

	*cp = NULL;
	if (!cfg)
		return;
	for (size_t i = 0; i < cfg->ngateway; i++) {
		struct config_gateway *g = &cfg->gateway[i];

		str_drop(g->domain);
		secret_release(&g->secret);
		access_release(&g->access);
	}
	free(cfg->gateway);
	str_drop(cfg->server.domain);
	str_drop(cfg->control.path);
	free_ranges(cfg->http.proxy);
	free_ranges(cfg->http.metrics_allow);
	access_release(&cfg->access);
	conf_free(&cfg->root);
	free(cfg->path);
	free(cfg);
}

const struct config_gateway *
config_gateway_find(const struct config *c, struct str domain)
{
	for (size_t i = 0; i < c->ngateway; i++)
		if (str_eq(c->gateway[i].domain, domain))
			return &c->gateway[i];
	return NULL;
}
