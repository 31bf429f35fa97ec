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

unsigned
config_diff(
    const struct config *was, const struct config *is, struct buf *restart_out)
{
	unsigned changes = 0;

	for (const struct gw_section *s = config_sections(); s->name; s++)
		if (str_is(str_c(s->name), "server") ||
		    str_is(str_c(s->name), "store"))
			changes |= diff_fixed(was, is, s, restart_out);

	if (was->log_level != is->log_level)
		changes |= CONFIG_CH_LOG;
	return changes | diff_access(&was->access, &is->access) |
	    diff_gateways(is, was, "new gateway ", restart_out) |
	    diff_gateways(was, is, "removed gateway ", restart_out);
}

unsigned
config_gateway_diff(const struct config_gateway *was,
    const struct config_gateway *is, struct buf *restart_out)
{
	unsigned changes = diff_access(&was->access, &is->access);

	if (was->ops != is->ops ||
	    !secret_eq(secret_str(&was->secret), secret_str(&is->secret))) {
		name_it(restart_out, "gateway ", is->domain,
		    was->ops != is->ops ? ": type" : ": secret");
		return changes | CONFIG_CH_RESTART;
	}
	if (was->reconnect_min_ms != is->reconnect_min_ms ||
	    was->reconnect_max_ms != is->reconnect_max_ms ||
	    was->archive != is->archive ||
	    memcmp(&was->limits, &is->limits, sizeof(is->limits)) != 0)
		changes |= CONFIG_CH_LIMITS;
	if ((is->ops->options &&
	        !conf_same_options(was->conf, is->conf, is->ops->options)) ||
	    !conf_same_sections(was->conf, is->conf, "limits"))
		changes |= CONFIG_CH_NETWORK;
	return changes;
}
