/*
 * Bytes between the stream and the proto, and the one timer of a login.
 *
 *	login -> link_open ... LINK_UP -> irc_proto_start ... CLOSED -> OFFLINE
 */
#include "irc/irc_link.h"

#include <stdio.h>
#include <stdlib.h>

#include "irc/irc_crowd.h"
#include "irc/irc_event.h"
#include "irc/irc_mask.h"
#include "irc/irc_nick.h"
#include "irc/irc_request.h"
#include "irc/irc_request_task.h"
#include "lib/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/text.h"
#include "lib/xalloc.h"
#include "net/loop.h"

#define DIRTY(n) LIST_ENTRY(n, struct irc_link, dirty)

enum {
	NONCE_BYTES = 16,
	REALNAME_BYTES = 2048,
	STS_BYTES = 64,
	OUT_MAX = 256 * 1024,
};

static void on_stream(
    struct link *stream, const struct link_event *ev, void *arg);
static void on_timer(struct timer *t);

/* What a thread works on; it sees nothing else. */
struct irc_derivation {
	struct irc_link *link; /* NULL: nobody waits any more */
	struct secret password, salt;
	unsigned iterations;
	uint8_t key[CRYPTO_SHA256_BYTES];
};

struct irc_link *
irc_link_of(struct session *s)
{
	struct irc_session *is = session_priv(s);

	return is->link;
}

const char *
irc_link_name(const struct irc_link *l)
{
	return l->net->name;
}

/* ---- life ------------------------------------------------------------- */

static void
free_now(struct irc_link *l)
{
	irc_queries_drop(l);
	irc_tasks_drop(l);
	irc_ranks_release(&l->ranks);
	irc_proto_release(&l->proto);
	irc_network_unref(&l->gw->networks, &l->net);
	free(l->wish);
	free(l);
}

static void
forget_derivation(struct irc_link *l)
{
	if (l->derivation)
		l->derivation->link = NULL;
	l->derivation = NULL;
}

/* When it is told, and when the link ends: the time runs from then. */
static void
note_sts(struct irc_link *l)
{
	struct gateway *gw = session_gateway(l->s);
	struct str host = str_c(l->net->host);
	struct buf value;

	buf_init(&value, STS_BYTES);
	if (irc_sts_remember(&l->gw->sts, host, l->port, l->sts_ms,
	        gateway_clock(gw)->utc, &value))
		gateway_fact_put(gw, host, STR(IRC_STS_FACT), buf_str(&value));
	buf_release(&value);
}

/* Nobody is called back and nothing emitted from here on. */
static void
let_go(struct irc_link *l, bool finish)
{
	struct irc_session *is = session_priv(l->s);

	forget_derivation(l);
	if (l->sts_ms)
		note_sts(l);
	is->link = NULL;
	l->s = NULL;
	l->over = true;
	timer_cancel(&l->timer);
	list_del(&l->node);
	list_del(&l->dirty);
	if (finish)
		link_finish(&l->stream);
	else
		link_close(&l->stream);
	if (!l->busy)
		free_now(l);
}

void
irc_link_drop(struct irc_link *l)
{
	let_go(l, false);
}

void
irc_link_emit(struct irc_link *l, const struct gw_event *ev)
{
	/* Over a ceiling of the core an event is lost, and said so there:
	   IRC cannot be asked again. */
	if (!l->s)
		return;
	l->gw->emitted = true;
	(void)session_emit(l->s, ev);
}

void
irc_link_end(struct irc_link *l, const struct err *err, bool permanent)
{
	struct gw_event ev = { .type = GW_EV_OFFLINE,
		.err = *err,
		.permanent = permanent,
		.turned_away = l->turned_away };
	struct session *s = l->s;

	l->gw->emitted = true;
	let_go(l, err->kind == ERR_NONE);
	(void)session_emit(s, &ev);
}

/* ---- logging in ------------------------------------------------------- */

static struct str
localpart(struct str bare)
{
	struct str node = STR_EMPTY;

	if (str_has(bare, '@'))
		(void)str_cut(&bare, '@', &node);
	return node;
}

/* People on IRC see there whom to turn to. */
static void
write_version(struct gateway *gw, const struct irc_network *n, struct buf *out)
{
	struct str contact =
	    n->contact ? str_c(n->contact) : gateway_contact(gw);

	buf_addf(out, "Passerelle %s, an XMPP gateway", PASSERELLE_VERSION);
	if (contact.len)
		buf_addf(out, " (complaints: " STR_FMT ")", STR_ARG(contact));
}

/*
 * What the user has set for a channel, or for the network; else the
 * operator's; outward only if the user wants it.
 */
static const char *
charset(struct irc_proto *p, struct str target, bool outward)
{
	struct irc_link *l = LIST_ENTRY(p, struct irc_link, proto);
	struct str room =
	    irc_network_is_channel(l->net, target) ? target : STR_EMPTY;
	struct str is;

	if (outward &&
	    !str_is(session_setting(l->s, room, "encoding_out"), "1"))
		return NULL;
	is = session_setting(l->s, room, "encoding");
	if (is.len == 0)
		return l->net->charset;
	snprintf(l->charset, sizeof(l->charset), STR_FMT, STR_ARG(is));
	return l->charset;
}

static void
init_proto(struct irc_link *l)
{
	struct session *s = l->s;
	const struct irc_network *n = l->net;
	struct str own = session_setting(s, STR_EMPTY, "nick");
	struct str secret = session_setting(s, STR_EMPTY, "server_password");
	struct str account = session_setting(s, STR_EMPTY, "sasl_account");
	char nonce[2 * NONCE_BYTES + 1];
	struct irc_mask mask;
	struct buf realname, version;

	crypto_random_hex(nonce, NONCE_BYTES);
	irc_mask_of(&mask, session_user(s), &n->source);
	l->address = irc_crowd_address(&mask);
	buf_init(&realname, REALNAME_BYTES);
	irc_network_realname(n, session_user(s), &realname);
	buf_init(&version, REALNAME_BYTES);
	write_version(session_gateway(s), n, &version);
	irc_proto_init(&l->proto,
	    &(struct irc_params){
	        .nick = own.len ? own : str_c(l->wish),
	        .nick_fallback = localpart(session_user(s)),
	        .nick_max = n->nicklen,
	        .user = str_c(mask.user),
	        .realname = buf_str(&realname),
	        .server_password =
	            secret.len ? secret : secret_str(&n->password),
	        .sasl = { .account = account,
	            .password = session_setting(s, STR_EMPTY, "sasl_password"),
	            .mechanism =
	                session_setting(s, STR_EMPTY, "sasl_mechanism"),
	            .nonce = str_c(nonce),
	            .has_certificate = l->tls &&
	                session_setting(s, STR_EMPTY, "client_key").len },
	        .regain =
	            str_is(session_setting(s, STR_EMPTY, "nick_regain"), "1"),
	        .sasl_required =
	            str_is(session_setting(s, STR_EMPTY, "sasl_required"), "1"),
	        /* An operator who set a password for a network without TLS
	           has chosen so; a user has not. */
	        .secrets_allowed =
	            l->tls || n->plain_secrets || (!secret.len && !account.len),
	        .webirc = { .password = secret_str(&n->webirc_password),
	            .host = str_c(mask.host),
	            .address = str_c(mask.digits) },
	        .tls = l->tls,
	        .charset = charset,
	        .burst = n->burst,
	        .interval_ms = n->interval_ms,
	        .max_lines = n->max_lines,
	        .version = buf_str(&version),
	    });
	buf_release(&realname);
	buf_release(&version);
}

static struct link *
dial(struct irc_link *l)
{
	const struct irc_network *n = l->net;
	struct irc_mask mask;
	struct str pin = session_setting(l->s, STR_EMPTY, "tls_pin");
	struct link_params p = {
		.host = str_c(n->host),
		.port = l->port,
		.tls = l->tls,
		.verify = n->verify,
		.pin = n->pin && n->pin[0] ? str_c(n->pin) : pin,
		.identity = session_setting(l->s, STR_EMPTY, "client_key"),
		.ca_file = n->ca_file,
		.private_ok = !n->is_open || l->gw->private_hosts,
		.out_max = OUT_MAX,
	};

	/* To a network that is told of it by WEBIRC we come as ourselves. */
	irc_mask_of(&mask, session_user(l->s), &n->source);
	if (n->source.family && !n->webirc_password.len)
		p.source = &mask.address;
	l->trusted = n->pin || (n->verify && !pin.len);
	return link_open(gateway_loop(session_gateway(l->s)), &p, on_stream, l);
}

/* Where, and how: of a host that a user has named, as he says. */
struct place {
	uint16_t port;
	bool tls;
};

static int
find_place(struct session *s, const struct irc_network *n, struct place *p,
    struct err *err)
{
	const struct irc_gateway *gw = gateway_priv(session_gateway(s));
	uint16_t sts = irc_sts_port(
	    &gw->sts, str_c(n->host), gateway_clock(session_gateway(s))->utc);

	*p = (struct place){ n->port, n->tls };
	if (n->is_open) {
		struct str port = session_setting(s, STR_EMPTY, "server_port");

		p->tls =
		    !str_is(session_setting(s, STR_EMPTY, "server_tls"), "0");
		p->port = port.len ? irc_port_of(port)
		    : p->tls       ? IRC_PORT
		                   : IRC_PORT_CLEAR;
	}
	if (!p->tls && sts)
		*p = (struct place){ sts, true };
	if (n->is_open && !irc_ports_has(&gw->ports, p->port))
		return err_set(err, ERR_DENIED,
		    "port %u of %s is not open to users here; these are: %s",
		    (unsigned)p->port, n->name, gw->ports.text);
	if (!p->tls && session_setting(s, STR_EMPTY, "tls_pin").len)
		return err_set(err, ERR_DENIED,
		    "%s has no TLS here, and you have pinned its certificate",
		    n->name);
	return 0;
}

int
irc_link_login(struct session *s, struct irc_network *net, struct str nick,
    struct err *err)
{
	struct irc_session *is = session_priv(s);
	struct irc_gateway *gw = gateway_priv(session_gateway(s));
	struct place place;
	struct irc_link *l;

	if (find_place(s, net, &place, err) < 0 ||
	    irc_crowd_check(gw, net, session_user(s), err) < 0) {
		irc_network_unref(&gw->networks, &net);
		return -1;
	}
	l = xcalloc(1, sizeof(*l));
	l->s = s;
	l->gw = gw;
	l->net = net;
	l->wish = str_dup(nick);
	l->tls = place.tls;
	l->port = place.port;
	timer_init(&l->timer, on_timer);
	list_init(&l->dirty);
	list_add(&gw->links, &l->node);
	list_init(&l->queries);
	list_init(&l->tasks);
	init_proto(l);
	irc_ranks_init(&l->ranks, irc_proto_isupport(&l->proto));
	is->link = l;
	/* The core has made keys with what was known before. */
	if (!is->knows_casemap)
		is->casemap = net->casemap;
	is->knows_casemap = true;
	irc_ident_listen(gw, gateway_log(session_gateway(s)));
	l->stream = dial(l);
	if (is->held)
		link_pause(l->stream, true);
	return 0;
}

void
irc_link_logout(struct irc_link *l, struct str text)
{
	irc_proto_quit(&l->proto, text);
	irc_link_mark(l);
}

void
irc_link_hold(struct irc_link *l, bool hold)
{
	if (l->stream)
		link_pause(l->stream, hold);
}

/* ---- keys, made by a thread ------------------------------------------- */

static void
derive(void *arg)
{
	struct irc_derivation *d = arg;

	crypto_pbkdf2_sha256(secret_str(&d->password), secret_str(&d->salt),
	    d->iterations, d->key);
}

static void
on_derived(void *arg)
{
	struct irc_derivation *d = arg;

	if (d->link) {
		d->link->derivation = NULL;
		irc_proto_derived(&d->link->proto, d->key);
		irc_link_mark(d->link);
	}
	secret_release(&d->password);
	secret_release(&d->salt);
	secret_wipe(d->key, sizeof(d->key));
	free(d);
}

/* SASLprep (RFC 5802 5.1); what it refuses is tried as it is. */
static void
prepare_password(struct secret *out, struct str password)
{
	char prepared[TEXT_PREP_MAX];
	int n = text_prep_received(TEXT_SASLPREP, password, prepared);

	secret_set(out, n > 0 ? str_of(prepared, (size_t)n) : password);
	secret_wipe(prepared, sizeof(prepared));
}

void
irc_link_derive(struct irc_link *l)
{
	const struct irc_sasl *s = &l->proto.cap.sasl;
	struct irc_derivation *d;

	if (l->derivation)
		return;
	d = xcalloc(1, sizeof(*d));
	l->derivation = d;
	d->link = l;
	prepare_password(&d->password, secret_str(&s->password));
	secret_set(&d->salt, buf_str(&s->talk->scram.salt));
	d->iterations = s->talk->scram.iterations;
	loop_work(l->gw->loop, derive, on_derived, d);
}

/* ---- the proto -------------------------------------------------------- */

/* Everything it has to report.  False: the link is gone. */
static bool
drain(struct irc_link *l)
{
	struct irc_event ev;

	if (l->busy)
		return true;
	l->busy = true;
	while (!l->over && !l->upgrade && irc_proto_next(&l->proto, &ev))
		irc_event_handle(l, &ev);
	if (!l->over)
		irc_queries_expire(l);
	l->busy = false;
	if (!l->over)
		return true;
	free_now(l);
	return false;
}

void
irc_link_mark(struct irc_link *l)
{
	if (l->over || list_is_linked(&l->dirty))
		return;
	list_add(&l->gw->dirty, &l->dirty);
}

static struct clock *
clock_of(const struct irc_link *l)
{
	return gateway_clock(session_gateway(l->s));
}

/* Passwords are in lines of these, and in what is said to services. */
static bool
is_secret(struct str line)
{
	static const char *const commands[] = { "PASS ", "WEBIRC ",
		"AUTHENTICATE ", "OPER ", "NS ", "NICKSERV ",
		"PRIVMSG NickServ ", "PRIVMSG Q@" };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct str c = str_c(commands[i]);

		if (str_eq_nocase(str_head(line, c.len), c))
			return true;
	}
	return false;
}

/* Line by line, as far as they have come. */
static void
log_lines(struct irc_link *l, const char *arrow, struct str bytes)
{
	struct str line;

	while (bytes.len && str_cut(&bytes, '\n', &line)) {
		if (is_secret(line))
			line = STR("(not shown)");
		log_wire(
		    session_log(l->s), arrow, STR_FMT, STR_ARG(str_trim(line)));
	}
}

static void
write_out(struct irc_link *l)
{
	struct str out;

	if (!l->stream)
		return;
	for (;;) {
		out = irc_proto_out(&l->proto, clock_of(l)->at);
		if (out.len == 0 || link_write(l->stream, out.p, out.len) < 0)
			return;
		if (log_is_on(LOG_WIRE))
			log_lines(l, "->", out);
		irc_proto_wrote(&l->proto, out.len);
	}
}

/*
 * Left to fire early: bytes in only push the deadline away, and a timer that
 * is set for each of them would be the dearest thing here.
 */
static void
set_timer(struct irc_link *l)
{
	int64_t at = irc_proto_deadline(&l->proto);
	int64_t query = irc_queries_deadline(l);

	if (query >= 0 && (at < 0 || query < at))
		at = query;
	if (at < 0)
		timer_cancel(&l->timer);
	else if (!timer_is_set(&l->timer) || l->timer.due_at > at)
		timer_set(&l->timer, clock_of(l), at);
}

/* A new login, of which the core sees nothing. */
static void
upgrade(struct irc_link *l)
{
	log_info(session_log(l->s), "irc wants TLS", "port=%u",
	    (unsigned)l->upgrade);
	forget_derivation(l);
	link_close(&l->stream);
	irc_ranks_release(&l->ranks);
	irc_proto_release(&l->proto);
	l->port = l->upgrade;
	l->tls = true;
	l->upgrade = 0;
	init_proto(l);
	irc_ranks_init(&l->ranks, irc_proto_isupport(&l->proto));
	l->stream = dial(l);
}

void
irc_link_sts(struct irc_link *l, uint16_t port, int64_t duration_ms)
{
	struct err err = ERR_INIT;

	if (!l->tls && l->net->is_open && !irc_ports_has(&l->gw->ports, port)) {
		err_set(&err, ERR_DENIED,
		    "%s wants TLS at port %u, which is not open to users here; "
		    "these are: %s",
		    irc_link_name(l), (unsigned)port, l->gw->ports.text);
		irc_link_end(l, &err, true);
	} else if (l->tls && l->trusted) {
		l->sts_ms = duration_ms;
		note_sts(l);
	} else if (!l->tls && l->proto.state == IRC_REGISTERING) {
		l->upgrade = port;
		irc_link_mark(l);
	} else if (!l->tls) {
		err_set(&err, ERR_UNREACHABLE, "%s wants TLS from now on",
		    irc_link_name(l));
		irc_link_end(l, &err, false);
	}
}

static void
work(struct irc_link *l)
{
	if (l->upgrade)
		upgrade(l);
	if (!drain(l))
		return;
	write_out(l);
	/* What has left is reported, which may bring about more. */
	if (drain(l))
		set_timer(l);
}

void
irc_link_turn(struct loop_hook *h)
{
	struct irc_gateway *gw = LIST_ENTRY(h, struct irc_gateway, hook);
	struct list *node;

	gw->emitted = false;
	for (node = list_first(&gw->dirty); node;
	     node = list_first(&gw->dirty)) {
		list_del(node);
		work(DIRTY(node));
	}
	if (gw->emitted)
		loop_again(gw->loop);
}

static void
on_timer(struct timer *t)
{
	struct irc_link *l = TIMER_OWNER(t, struct irc_link, timer);

	irc_proto_tick(&l->proto, clock_of(l)->at);
	irc_link_mark(l);
}

int64_t
irc_link_delay(const struct irc_link *l)
{
	return irc_proto_delay(&l->proto, clock_of(l)->at);
}

/* ---- the stream ------------------------------------------------------- */

static void
on_up(struct irc_link *l)
{
	struct err err = ERR_INIT;

	log_info(session_log(l->s), "irc connected", "peer=" STR_FMT " tls=%s",
	    STR_ARG(link_peer(l->stream)),
	    link_is_tls(l->stream) ? "yes" : "no");
	if (irc_proto_start(&l->proto, clock_of(l)->at, &err) == 0) {
		irc_link_mark(l);
		return;
	}
	err_prefix(&err, "%s", irc_link_name(l));
	/* It is in the settings, so only the user can mend it. */
	irc_link_end(l, &err, true);
}

/* A peer that hangs up without a word has no text of its own. */
static void
on_down(struct irc_link *l, const struct link_event *ev)
{
	link_close(&l->stream);
	l->down = &ev->err;
	l->down_permanent = ev->permanent;
	l->hung_up = ev->hung_up;
	irc_proto_eof(&l->proto,
	    ev->err.text[0] ? str_c(ev->err.text)
	                    : STR("the server has hung up"));
	if (drain(l))
		l->down = NULL;
}

static void
on_stream(struct link *stream, const struct link_event *ev, void *arg)
{
	struct irc_link *l = arg;

	(void)stream;
	switch (ev->type) {
	case LINK_UP:
		on_up(l);
		break;
	case LINK_DATA:
		if (l->upgrade) /* and what it says here does not count */
			break;
		if (log_is_on(LOG_WIRE))
			log_lines(l, "<-", str_of(ev->data, ev->len));
		irc_proto_feed(&l->proto, ev->data, ev->len, clock_of(l)->at);
		if (drain(l))
			irc_link_mark(l);
		break;
	case LINK_DRAINED:
		irc_link_mark(l);
		break;
	case LINK_DOWN:
		on_down(l, ev);
		break;
	}
}
