/*
 * One session's connection.
 *
 * The order of an end matters: what is open fails first, then the engine and
 * the stream go, and OFFLINE comes last, since the core may log in again
 * from there.
 */
#include <stdlib.h>

#include "irc/irc_link.h"
#include "irc/irc_nick.h"
#include "lib/crypto.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/link.h"
#include "net/loop.h"

#define SESSION(n) LIST_ENTRY(n, struct irc_session, dirty)

/* One of them per gateway: all its links are written in one round. */
struct writer {
	struct loop_hook hook;
	struct irc_networks *ns;
};

static struct irc_networks *
networks_of(struct irc_session *is)
{
	return gateway_priv(session_gateway(is->s));
}

static struct clock *
clock_of(struct irc_session *is)
{
	return gateway_clock(session_gateway(is->s));
}

struct irc_session *
irc_session_of(struct session *s)
{
	struct irc_session *is = session_priv(s);

	is->s = s;
	return is;
}

struct irc_network *
irc_session_network(struct irc_session *is, struct err *err)
{
	if (!is->network) {
		is->network = irc_network_get(
		    networks_of(is), session_network(is->s), err);
		if (is->network)
			is->fold = is->network->casemap;
	}
	return is->network;
}

/* ---- moving bytes ----------------------------------------------------- */

void
irc_link_touch(struct irc_session *is)
{
	if (!list_is_linked(&is->dirty))
		list_add(&networks_of(is)->dirty, &is->dirty);
	loop_again(gateway_loop(session_gateway(is->s)));
}

static void
set_timer(struct irc_session *is)
{
	int64_t due = irc_proto_deadline(&is->proto);

	if (due < 0)
		timer_cancel(&is->timer);
	else if (!timer_is_set(&is->timer) || is->timer.due_at > due)
		timer_set(&is->timer, clock_of(is), due);
}

static void
close_all(struct irc_session *is)
{
	timer_cancel(&is->timer);
	list_del(&is->dirty);
	irc_request_fail_queries(is);
	irc_channels_release(&is->channels);
	irc_proto_release(&is->proto);
	is->is_open = false;
}

/* The engine has said its last word. */
static void
closed(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event off = { .type = GW_EV_OFFLINE,
		.permanent = ev->permanent };

	if (ev->err != ERR_NONE)
		err_set(&off.err, ev->err, "%s: " STR_FMT, is->network->name,
		    STR_ARG(str_head(ev->text, 200)));
	/* What is queued (a QUIT) still goes out. */
	link_finish(&is->link);
	close_all(is);
	session_emit(is->s, &off);
}

/* All events there are.  False: the session is closed. */
static bool
drain(struct irc_session *is)
{
	struct irc_event ev;

	while (irc_proto_next(&is->proto, &ev)) {
		if (ev.type == IRC_EV_CLOSED) {
			closed(is, &ev);
			return false;
		}
		irc_event_report(is, &ev);
	}
	return true;
}

static void
write_out(struct irc_session *is)
{
	int64_t now = clock_of(is)->at;
	struct str out;

	while ((out = irc_proto_out(&is->proto, now)).len) {
		/* The flood control keeps far below the link's ceiling. */
		if (is->link && link_write(is->link, out.p, out.len) < 0)
			break;
		irc_proto_wrote(&is->proto, out.len);
	}
	if (drain(is))
		set_timer(is);
}

static void
on_turn(struct loop_hook *h)
{
	struct writer *w = LIST_ENTRY(h, struct writer, hook);
	struct list *n;

	for (n = list_first(&w->ns->dirty); n; n = list_first(&w->ns->dirty)) {
		struct irc_session *is = SESSION(n);

		list_del(n);
		write_out(is);
	}
}

void
irc_links_open(struct gateway *gw)
{
	struct irc_networks *ns = gateway_priv(gw);
	struct writer *w = xcalloc(1, sizeof(*w));

	w->ns = ns;
	list_init(&ns->dirty);
	ns->hook = w;
	loop_hook_add(gateway_loop(gw), &w->hook, LOOP_RANK_CORE, on_turn);
}

void
irc_links_close(struct gateway *gw)
{
	struct irc_networks *ns = gateway_priv(gw);
	struct writer *w = ns->hook;

	if (w)
		loop_hook_del(&w->hook);
	free(w);
	ns->hook = NULL;
}

static void
on_timer(struct timer *t)
{
	struct irc_session *is = TIMER_OWNER(t, struct irc_session, timer);

	irc_proto_tick(&is->proto, clock_of(is)->at);
	if (drain(is))
		irc_link_touch(is);
}

/* ---- the stream ------------------------------------------------------- */

static void
came_up(struct irc_session *is)
{
	struct gw_event off = { .type = GW_EV_OFFLINE, .permanent = true };

	log_info(session_log(is->s), "connected", "peer=\"" STR_FMT "\" tls=%s",
	    STR_ARG(link_peer(is->link)), link_is_tls(is->link) ? "yes" : "no");
	if (irc_proto_start(&is->proto, clock_of(is)->at, &off.err) == 0) {
		irc_link_touch(is);
		return;
	}
	link_close(&is->link);
	close_all(is);
	session_emit(is->s, &off);
}

static void
went_down(struct irc_session *is, const struct link_event *ev)
{
	struct gw_event off = { .type = GW_EV_OFFLINE,
		.permanent = ev->permanent,
		.err = ev->err };

	link_close(&is->link);
	/* Before the first byte the stream knows more than the engine. */
	if (is->proto.state == IRC_IDLE) {
		close_all(is);
		session_emit(is->s, &off);
		return;
	}
	irc_proto_eof(&is->proto, str_c(ev->err.text));
	(void)drain(is);
}

static void
on_link(struct link *l, const struct link_event *ev, void *arg)
{
	struct irc_session *is = arg;

	(void)l;
	switch (ev->type) {
	case LINK_UP:
		came_up(is);
		break;
	case LINK_DATA:
		irc_proto_feed(&is->proto, ev->data, ev->len, clock_of(is)->at);
		if (drain(is))
			irc_link_touch(is);
		break;
	case LINK_DRAINED:
		break;
	case LINK_DOWN:
		went_down(is, ev);
		break;
	}
}

/* ---- ops -------------------------------------------------------------- */

/* A short name for each user, the same every time: bans hit one person. */
static struct str
user_name(struct str user, char out[10])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	uint8_t hash[CRYPTO_SHA256_BYTES];
	int i;

	crypto_sha256(user, hash);
	out[0] = 'x';
	for (i = 1; i < 9; i++)
		out[i] = digits[hash[i] % 36];
	out[9] = '\0';
	return str_c(out);
}

static struct str
local_part(struct str bare)
{
	ptrdiff_t at = str_find(bare, '@');

	return at < 0 ? bare : str_head(bare, (size_t)at);
}

static void
init_proto(struct irc_session *is, struct str nick)
{
	struct str own = session_setting(is->s, STR_EMPTY, "nick");
	struct str pass = session_setting(is->s, STR_EMPTY, "server_password");
	const struct irc_network *n = is->network;
	char user[10];
	struct irc_params p;

	user_name(session_user(is->s), user);
	p = (struct irc_params){
		.nick = own.len ? own : nick,
		.nick_fallback = local_part(session_user(is->s)),
		.nick_max = n->nicklen,
		.user = user_name(session_user(is->s), user),
		.realname = session_user(is->s),
		.server_password = pass.len ? pass : secret_str(&n->password),
		.sasl_account =
		    session_setting(is->s, STR_EMPTY, "sasl_account"),
		.sasl_password =
		    session_setting(is->s, STR_EMPTY, "sasl_password"),
		.sasl_required = str_is(
		    session_setting(is->s, STR_EMPTY, "sasl_required"), "1"),
		.secrets_allowed = n->tls || n->plain_secrets,
		.charset = n->charset,
		.burst = n->burst,
		.interval_ms = n->interval_ms,
		.max_lines = n->max_lines,
		.version =
		    STR("Passerelle " PASSERELLE_VERSION ", an XMPP gateway"),
	};

	irc_proto_init(&is->proto, &p);
}

int
irc_link_login(struct session *s, struct str nick, struct err *err)
{
	struct irc_session *is = irc_session_of(s);
	struct irc_network *n = irc_session_network(is, err);
	struct link_params p = { .connect_ms = 30000 };

	if (!n)
		return -1;
	init_proto(is, nick);
	irc_channels_init(&is->channels, is->fold);
	timer_init(&is->timer, on_timer);
	list_init(&is->dirty);
	list_init(&is->queries);
	is->nquery = 0;
	is->is_open = true;
	is->is_leaving = false;
	p.host = str_c(n->host);
	p.port = n->port;
	p.tls = n->tls;
	p.verify = n->verify;
	p.pin = str_c(n->pin);
	p.ca_file = n->ca_file;
	p.private_ok = n->configured || networks_of(is)->private_hosts;
	is->link = link_open(gateway_loop(session_gateway(s)), &p, on_link, is);
	return 0;
}

void
irc_link_logout(struct session *s, enum gw_bye why, struct str text)
{
	static const struct str bye[] = {
		[GW_BYE_USER] = { "Leaving", 7 },
		[GW_BYE_UNREGISTER] = { "Leaving", 7 },
		[GW_BYE_IDLE] = { "Nobody is here any more", 23 },
		[GW_BYE_SHUTDOWN] = { "The gateway is being restarted", 30 },
		[GW_BYE_ADMIN] = { "Disconnected by an administrator", 32 },
	};
	struct irc_session *is = irc_session_of(s);
	struct gw_event off = { .type = GW_EV_OFFLINE };

	if (!is->is_open)
		return;
	is->is_leaving = true;
	if (is->proto.state == IRC_IDLE) {
		link_close(&is->link);
		close_all(is);
		session_emit(s, &off);
		return;
	}
	irc_proto_quit(&is->proto, text.len ? text : bye[why]);
	irc_link_touch(is);
}

void
irc_link_drop(struct session *s)
{
	struct irc_session *is = irc_session_of(s);

	if (!is->is_open)
		return;
	link_close(&is->link);
	close_all(is);
}

void
irc_link_hold(struct session *s, bool hold)
{
	struct irc_session *is = irc_session_of(s);

	if (is->link)
		link_pause(is->link, hold);
}

void
irc_link_status(struct session *s, struct buf *out)
{
	struct irc_session *is = irc_session_of(s);
	int64_t delay;

	if (!is->is_open || !is->link)
		return;
	buf_addf(out, "Server: " STR_FMT "\n", STR_ARG(link_peer(is->link)));
	buf_addf(out, "TLS: %s\n", link_is_tls(is->link) ? "yes" : "no");
	buf_addf(
	    out, "Nick: " STR_FMT "\n", STR_ARG(irc_proto_nick(&is->proto)));
	buf_addf(out, "Channels: %zu\n", is->channels.map.n);
	delay = irc_proto_delay(&is->proto, clock_of(is)->at);
	if (delay > 0)
		buf_addf(out, "Waiting lines: %zu, for %lld s\n",
		    irc_proto_queued(&is->proto), (long long)(delay / 1000));
}
