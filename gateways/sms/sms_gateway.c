/*
 * The SMS gateway as the core sees it: addresses, options, settings.
 *
 *	local part	= number / short code / name / group ; sms_number.h
 *
 * Nobody logs in anywhere: a session is online as soon as its user has a line.
 */
#include <stdlib.h>

#include "lib/xalloc.h"
#include "net/http_client.h"
#include "sms/sms_choice.h"
#include "sms/sms_gateway.h"
#include "sms/sms_group.h"
#include "sms/sms_in.h"
#include "sms/sms_line.h"
#include "sms/sms_out.h"
#include "sms/sms_parcel.h"
#include "sms/sms_poller.h"
#include "sms/sms_profile.h"
#include "sms/sms_register.h"
#include "sms/sms_status.h"

/* Connections to one host, for all lines together. */
enum { HOST_PARALLEL = 256 };

/* ---- addresses -------------------------------------------------------- */

static struct str
keep_canonical(struct sms_gateway *sms, const struct sms_number *n)
{
	struct str text = sms_number_str(n);

	memcpy(sms->canonical, text.p, text.len);
	sms->canonical[text.len] = '\0';
	return str_of(sms->canonical, text.len);
}

static int
sms_split_local(struct gateway *gw, struct str local, struct gw_address *out,
    struct err *err)
{
	struct sms_gateway *sms = sms_of(gw);
	struct sms_number n;

	if (sms_number_read(local, sms->home, &n, err) < 0)
		return -1;
	*out = (struct gw_address){ .kind = n.kind == SMS_KIND_GROUP &&
		        sms->has_groups
		    ? GW_ADDR_ROOM
		    : GW_ADDR_PERSON,
		.network = STR_EMPTY,
		.name = local,
		.spelling = STR_EMPTY };
	if (!str_eq(local, sms_number_str(&n)))
		out->name = out->canonical = keep_canonical(sms, &n);
	return 0;
}

static void
sms_local(struct gateway *gw, const struct gw_address *a, struct buf *out)
{
	(void)gw;
	if (a->kind == GW_ADDR_ROOM || a->kind == GW_ADDR_PERSON)
		buf_add_str(out, a->name);
}

static void
sms_fold(struct session *s, struct str name, struct buf *out)
{
	(void)s;
	buf_add_str(out, name);
}

static struct str
sms_network_at(struct gateway *gw, size_t i)
{
	(void)gw;
	(void)i;
	return STR_EMPTY;
}

static int
sms_prompted(
    struct gateway *gw, struct str typed, struct buf *out, struct err *err)
{
	struct sms_number n;

	if (sms_number_typed(typed, sms_of(gw)->home, &n, err) < 0)
		return -1;
	buf_add_str(out, sms_number_str(&n));
	return 0;
}

static void
sms_describe(
    struct gateway *gw, const struct gw_address *a, struct gw_description *out)
{
	struct sms_number n;
	struct err err;

	(void)snprintf(out->name, sizeof(out->name), STR_FMT, STR_ARG(a->name));
	if (a->kind == GW_ADDR_PERSON &&
	    sms_number_read(a->name, sms_of(gw)->home, &n, &err) == 0 &&
	    n.kind == SMS_KIND_E164)
		(void)snprintf(
		    out->number, sizeof(out->number), "%.31s", n.text);
}

/* False: not a fact of polling. */
static bool
polled_fact(struct sms_gateway *sms, struct str name, struct str value)
{
	struct sms_line *l;

	if (!str_starts(name, STR(SMS_POLLER_FACT)))
		return false;
	l = sms_line_find(sms, str_skip(name, sizeof(SMS_POLLER_FACT) - 1));
	if (l && l->poller)
		sms_poller_fact(l->poller, value);
	return true;
}

static void
sms_fact(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	(void)network;
	if (!sms_last_fact(&sms_of(gw)->last, name, value) &&
	    !polled_fact(sms_of(gw), name, value) &&
	    !sms_tenant_fact(sms_of(gw), name, value))
		(void)sms_stops_fact(&sms_of(gw)->stops, name);
}

static void
sms_line_shown(struct gateway *gw, struct str line, struct buf *out)
{
	const struct sms_line *l = sms_line_find(sms_of(gw), line);

	if (l)
		sms_in_shown(l, out);
}

static void
sms_ready(struct gateway *gw)
{
	struct sms_gateway *sms = sms_of(gw);

	sms->is_ready = true;
	LIST_EACH(&sms->order, n)
	{
		struct sms_line *l = LIST_ENTRY(n, struct sms_line, node);

		if (l->poller)
			sms_poller_start(l->poller);
	}
}

static bool
sms_line_of(struct gateway *gw, struct str user, size_t i, struct str *name_out,
    struct buf *label)
{
	const struct sms_line *l = sms_line_of_user(sms_of(gw), user, i);

	if (!l)
		return false;
	*name_out = str_c(l->name);
	buf_addf(label, "%s %s (%s)", l->name, l->number.text,
	    sms_profile_title(l->profile));
	return true;
}

/* ---- sessions --------------------------------------------------------- */

/* What he is called in rooms: as he wishes, but for what could be a number. */
static struct str
nick_of(struct session *s, struct str wish)
{
	struct str rest = session_user(s), node;

	if (wish.len > 0 && wish.p[0] != '+')
		return wish;
	(void)str_cut(&rest, '@', &node);
	return node;
}

static int
sms_login(struct session *s, struct str nick, struct err *err)
{
	struct sms_session *mine = session_priv(s);
	struct sms_gateway *sms = sms_of(session_gateway(s));
	struct gw_event ev = { .type = GW_EV_ONLINE };

	(void)err;
	mine->online = sms_line_of_user(sms, session_user(s), 0) != NULL;
	if (mine->online) {
		ev.text = nick_of(s, nick);
	} else {
		ev.type = GW_EV_OFFLINE;
		ev.permanent = true;
		err_set(&ev.err, ERR_AUTH,
		    "you have no telephone line here; ask for one at the "
		    "address of the gateway, or ask its operator");
	}
	(void)session_emit(s, &ev);
	return 0;
}

static void
sms_logout(struct session *s, enum gw_bye why, struct str text)
{
	struct sms_session *mine = session_priv(s);
	struct gw_event ev = { .type = GW_EV_OFFLINE };

	(void)why;
	(void)text;
	mine->online = false;
	(void)session_emit(s, &ev);
}

static void
sms_drop(struct session *s)
{
	(void)s;
}

/* ---- options ---------------------------------------------------------- */

static const struct gw_option options[] = {
	{ "default_region", GW_OPT_STR, "", 0, 0 },
	{ "profiles", GW_OPT_STR, "", 0, 0 },
	{ "own_profiles", GW_OPT_LIST, "{}", 0, 0 },
	{ "destinations", GW_OPT_LIST, "{}", 0, 0 },
	{ "premium", GW_OPT_BOOL, "no", 0, 0 },
	{ "user_day_messages", GW_OPT_INT, "200", 0, 1000000 },
	{ "user_day_parts", GW_OPT_INT, "500", 0, 1000000 },
	{ "user_day_money", GW_OPT_STR, "", 0, 0 },
	{ "line_day_messages", GW_OPT_INT, "2000", 0, 10000000 },
	{ "line_day_parts", GW_OPT_INT, "5000", 0, 10000000 },
	{ "line_day_money", GW_OPT_STR, "", 0, 0 },
	{ "smart_text", GW_OPT_BOOL, "no", 0, 0 },
	{ "private_hosts", GW_OPT_BOOL, "no", 0, 0 },
	{ "media_max_mb", GW_OPT_INT, "10", 1, 30 },
	{ "media_days", GW_OPT_INT, "7", 1, 365 },
	{ "media_dir", GW_OPT_STR, "", 0, 0 },
	{ "media_spool_mb", GW_OPT_INT, "500", 1, 1000000 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_section sections[] = {
	{ .name = "line", .option = sms_line_options, .open_ended = true },
	{ .name = NULL },
};

/* "FR" or "33". */
static int
read_home(struct sms_gateway *sms, const struct conf *conf, struct err *err)
{
	struct str name = conf_str(conf, "default_region");

	if (name.len == 0)
		return 0;
	sms->home = sms_region_find(name);
	if (!sms->home)
		sms->home = sms_region_of(
		    str_starts(name, STR("+")) ? str_skip(name, 1) : name);
	return sms->home ? 0
	                 : conf_err(conf, "default_region", err,
	                       "default_region = " STR_FMT
	                       ": not a country; write FR, or 33",
	                       STR_ARG(name));
}

static int
read_destinations(
    struct sms_gateway *sms, const struct conf *conf, struct err *err)
{
	struct err why = ERR_INIT;

	sms_destinations_init(&sms->to, conf_bool(conf, "premium"));
	for (size_t i = 0; i < conf_list_len(conf, "destinations"); i++)
		if (sms_destinations_add(&sms->to,
		        conf_list_at(conf, "destinations", i), &why) < 0)
			return conf_err(
			    conf, "destinations", err, "%s", why.text);
	return 0;
}

/* 0, and no money: no cap. */
static int
read_caps(struct sms_caps *caps, const struct conf *conf, const char *whose,
    struct err *err)
{
	struct err why = ERR_INIT;
	char name[64];

	(void)snprintf(name, sizeof(name), "%s_day_messages", whose);
	caps->day.messages = (uint64_t)conf_int(conf, name);
	(void)snprintf(name, sizeof(name), "%s_day_parts", whose);
	caps->day.parts = (uint64_t)conf_int(conf, name);
	(void)snprintf(name, sizeof(name), "%s_day_money", whose);
	if (conf_str(conf, name).len &&
	    sms_caps_money(conf_str(conf, name), &caps->day.money, &why) < 0)
		return conf_err(conf, name, err, "%s: %s", name, why.text);
	return 0;
}

static int
read_lines(struct sms_gateway *sms, const struct conf *conf, struct err *err)
{
	for (const struct conf *c = conf_next(conf, "line", NULL); c;
	     c = conf_next(conf, "line", c)) {
		if (sms->lines.n == SMS_LINES_MAX)
			return conf_err(
			    c, NULL, err, "more than %d lines", SMS_LINES_MAX);
		if (!sms_line_new(sms, c, err))
			return -1;
	}
	return 0;
}

static void
sms_close(struct gateway *gw)
{
	struct sms_gateway *sms = sms_of(gw);

	sms_own_close(sms);
	sms_out_close(sms);
	LIST_EACH(&sms->order, n)
	{
		struct sms_line *l = LIST_ENTRY(n, struct sms_line, node);

		sms_line_free(&l);
	}
	/* Lines have let go of what waited for pictures and parts. */
	sms_in_end(sms);
	sms_parcel_close(sms);
	map_release(&sms->lines);
	sms_lasts_release(&sms->last);
	sms_tenants_release(&sms->tenants);
	sms_stops_release(&sms->stops);
	sms_parts_release(&sms->parts);
	http_client_free(&sms->http);
	sms_profiles_release(&sms->profiles);
}

static int
sms_open(struct gateway *gw, const struct conf *conf, struct err *err)
{
	struct sms_gateway *sms = sms_of(gw);
	/* How many requests a line has at once is for the outbox to say. */
	struct http_client_params http = { .host_parallel = HOST_PARALLEL,
		.private_ok = conf_bool(conf, "private_hosts"),
		.log = gateway_log(gw) };

	sms->gw = gw;
	map_init(&sms->lines);
	list_init(&sms->order);
	list_init(&sms->sendings);
	list_init(&sms->hooks);
	list_init(&sms->trials);
	list_init(&sms->parcels);
	sms_lasts_init(&sms->last, gw);
	sms_tenants_init(&sms->tenants);
	sms_stops_init(&sms->stops, gw);
	sms_parts_init(&sms->parts);
	sms_profiles_init(&sms->profiles, conf_str(conf, "profiles"));
	sms->smart_text = conf_bool(conf, "smart_text");
	gateway_derive(gw, STR("sms references"), sms->ref_key);
	sms->http = http_client_new(gateway_loop(gw), &http, err);
	if (!sms->http || sms_parcel_open(sms, conf, err) < 0 ||
	    read_home(sms, conf, err) < 0 ||
	    read_destinations(sms, conf, err) < 0 ||
	    read_caps(&sms->user, conf, "user", err) < 0 ||
	    read_caps(&sms->line, conf, "line", err) < 0 ||
	    sms_own_open(sms, conf, err) < 0 ||
	    read_lines(sms, conf, err) < 0) {
		sms_close(gw);
		return -1;
	}
	return 0;
}

static int
check_parts(struct gateway *gw, struct str value, struct err *err)
{
	uint64_t n;

	(void)gw;
	return str_to_uint(value, 255, &n)
	    ? 0
	    : err_set(err, ERR_BAD_INPUT, "a number from 0 to 255, please");
}

static const struct gw_setting settings[] = {
	{ .name = SMS_CHOICE_SETTING,
	    .type = GW_SET_TEXT,
	    .scopes = GW_SCOPE_GATEWAY,
	    .label = "Line",
	    .desc = "By which of your lines you write to numbers that you have "
	            "not written to yet; empty: the first.",
	    .def = "" },
	{ SMS_OUT_SETTING, GW_SET_INT, GW_SCOPE_GATEWAY,
	    "Ask before long messages",
	    "A message that would be billed as more parts than that is refused "
	    "once, and sent when you send the same again; 0: never",
	    "0", check_parts },
	{ "corrections", GW_SET_BOOL, GW_SCOPE_GATEWAY, "Send corrections",
	    "When you correct a message a short one says what has changed", "1",
	    NULL },
	{ "reactions", GW_SET_BOOL, GW_SCOPE_GATEWAY, "Send reactions",
	    "What you react with is sent as a short message", "0", NULL },
	{ "replies", GW_SET_BOOL, GW_SCOPE_GATEWAY, "Quote what is answered",
	    "An answer begins with the beginning of what it answers", "0",
	    NULL },
	{ .name = NULL },
};

static gw_request_fn *const requests[GW_NREQ] = {
	[GW_REQ_JOIN] = sms_group_join,
	[GW_REQ_LEAVE] = sms_group_leave,
};

/* For gateways/registry.c; no header stands between. */
extern const struct gateway_ops sms_gateway;

const struct gateway_ops sms_gateway = {
	.kind = "sms",
	.title = "SMS",
	.gateway_size = sizeof(struct sms_gateway),
	.session_size = sizeof(struct sms_session),
	.options = options,
	.sections = sections,
	.prompt = "Telephone number",
	.prompt_desc = "Enter the number of a telephone, with its country "
	               "(+33 6 12 34 56 78) or as it is dialled from here.",
	.open = sms_open,
	.close = sms_close,
	.split = sms_split_local,
	.local = sms_local,
	.fold = sms_fold,
	.network_at = sms_network_at,
	.prompted = sms_prompted,
	.describe = sms_describe,
	.fact = sms_fact,
	.status = sms_status,
	.identify = sms_identify,
	.secret = sms_own_secret,
	.line_of = sms_line_of,
	.registration = &sms_registration,
	.ready = sms_ready,
	.line_shown = sms_line_shown,
	.person = "sms",
	.request = requests,
	.settings = settings,
	.login = sms_login,
	.logout = sms_logout,
	.drop = sms_drop,
	.route = sms_out_route,
	.send = sms_out_send,
};
