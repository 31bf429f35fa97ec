/*
 * What a reload has to do: the old configuration against the new one.
 */
#include "core/conf.h"
#include "core/config.h"

static void
name_it(struct buf *out, const char *fmt, struct str a, const char *b)
{
	if (out->len > 0)
		(void)buf_add_str(out, STR(", "));
	(void)buf_addf(out, "%s", fmt);
	(void)buf_add_str(out, a);
	(void)buf_addf(out, "%s", b);
}

static bool
same_strs(const struct str *a, size_t na, const struct str *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		if (!str_eq(a[i], b[i]))
			return false;
	return true;
}

static unsigned
diff_access(const struct config_access *a, const struct config_access *b)
{
	return same_strs(a->allow, a->nallow, b->allow, b->nallow) &&
	        same_strs(a->admins, a->nadmins, b->admins, b->nadmins)
	    ? 0
	    : CONFIG_CH_ACCESS;
}

/* A section that is read at start only. */
static unsigned
diff_fixed(const struct config *was, const struct config *is,
    const struct gw_section *s, struct buf *restart_out)
{
	const struct conf *a = conf_only(was->root, s->name);
	const struct conf *b = conf_only(is->root, s->name);
	unsigned changes = 0;
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "%s.", s->name);
	for (const struct gw_option *o = s->option; o->name; o++)
		if (!conf_same(a, b, o->name)) {
			name_it(restart_out, prefix, str_c(o->name), "");
			changes = CONFIG_CH_RESTART;
		}
	return changes;
}

/* Those of a that b has not. */
static unsigned
diff_gateways(const struct config *a, const struct config *b, const char *how,
    struct buf *restart_out)
{
	unsigned changes = 0;

	for (size_t i = 0; i < a->ngateway; i++)
		if (!config_gateway_find(b, a->gateway[i].domain)) {
			name_it(restart_out, how, a->gateway[i].domain, "");
			changes = CONFIG_CH_RESTART;
		}
	return changes;
}

static unsigned
restart(const struct config_gateway *g, const char *what, const char *kind,
    struct buf *restart_out)
{
	if (restart_out) {
		name_it(restart_out, "gateway ", g->domain, what);
		(void)buf_addf(restart_out, "%s", kind);
	}
	return CONFIG_CH_RESTART;
}

static bool
same_network(const struct config_gateway *a, const struct config_gateway *b)
{
	const struct gw_option *table = b->ops->options;

	return (!table || conf_same_options(a->conf, b->conf, table)) &&
	    conf_same_sections(a->conf, b->conf, "limits");
}

static bool
same_limits(const struct config_gateway *a, const struct config_gateway *b)
{
	return a->reconnect_min_ms == b->reconnect_min_ms &&
	    a->reconnect_max_ms == b->reconnect_max_ms &&
	    a->connect_burst == b->connect_burst &&
	    a->connect_interval_ms == b->connect_interval_ms &&
	    a->network_burst == b->network_burst &&
	    a->network_interval_ms == b->network_interval_ms &&
	    a->idle_days == b->idle_days &&
	    a->stay_connected == b->stay_connected &&
	    a->allow_gateways == b->allow_gateways &&
	    a->archive == b->archive && a->archive_days == b->archive_days &&
	    a->bodies_days == b->bodies_days &&
	    a->archive_max == b->archive_max &&
	    conf_same_options(conf_only(a->conf, "limits"),
	        conf_only(b->conf, "limits"), NULL);
}

static bool
same_contacts(const struct config_contacts *a, const struct config_contacts *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->v[i].field, b->v[i].field) != 0 ||
		    !str_eq(a->v[i].uri, b->v[i].uri))
			return false;
	return a->n == b->n;
}

unsigned
config_gateway_diff(const struct config_gateway *was,
    const struct config_gateway *is, struct buf *restart_out)
{
	unsigned changes = diff_access(&was->access, &is->access);

	if (was->ops != is->ops)
		return changes | restart(is, ": type", "", restart_out);
	if (!secret_eq(secret_str(&was->secret), secret_str(&is->secret)))
		changes |= restart(is, ": secret", "", restart_out);
	if (!same_limits(was, is) ||
	    !same_contacts(&was->contacts, &is->contacts))
		changes |= CONFIG_CH_LIMITS;
	if (same_network(was, is))
		return changes;
	if (is->ops->reload)
		return changes | CONFIG_CH_NETWORK;
	return changes |
	    restart(is, ": options of type ", is->ops->kind, restart_out);
}

/* Of a gateway's own bits, only that it needs a restart. */
static unsigned
diff_each(
    const struct config *was, const struct config *is, struct buf *restart_out)
{
	unsigned changes = 0;

	for (size_t i = 0; i < is->ngateway; i++) {
		const struct config_gateway *g = &is->gateway[i];
		const struct config_gateway *old =
		    config_gateway_find(was, g->domain);

		if (old)
			changes |= config_gateway_diff(old, g, restart_out);
	}
	return changes & CONFIG_CH_RESTART;
}

unsigned
config_diff(
    const struct config *was, const struct config *is, struct buf *restart_out)
{
	unsigned changes = was->log_level != is->log_level ? CONFIG_CH_LOG : 0;

	for (const struct gw_section *s = config_sections(); s->name; s++)
		if (str_is(str_c(s->name), "server") ||
		    str_is(str_c(s->name), "store") ||
		    str_is(str_c(s->name), "http") ||
		    str_is(str_c(s->name), "control"))
			changes |= diff_fixed(was, is, s, restart_out);
	return changes | diff_access(&was->access, &is->access) |
	    diff_gateways(is, was, "new gateway ", restart_out) |
	    diff_gateways(was, is, "removed gateway ", restart_out) |
	    diff_each(was, is, restart_out);
}
