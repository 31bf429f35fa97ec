/*
 * XEP-0114 (1.6) by libstrophe 0.12, under libuv.
 *
 *	       step timer          addresses          TCP is there
 *	WAITING ------> RESOLVING ----------> DIALING ------------> OPENING
 *	   ^                |                  |   ^ next             |
 *	   |                v                  v   | address          | login
 *	   +---- failed ----+---------- failed +---+                  v
 *	   +------------------------ DISCONNECT ---------------------- UP
 *
 * component_close() leads from anywhere to CLOSING (writing what is left) or
 * straight to GONE.
 *
 * What libstrophe needs from us, each seen to go wrong without:
 *
 * - A component crashes on its first stanza, because only
 *   xmpp_connect_client() allocates the state of stream management.  So each
 *   conn is primed by one such call whose socket we refuse; it opens none.
 * - select() in it: descriptors come from lowfd.h.
 * - It resolves names blocking, and tries the first address only: we give it
 *   one numeric address after the other.
 * - It never gives up on a server that sends nothing, and after ill-formed
 *   XML it stays connected: our deadlines, our ping, expat_guard_error().
 * - Its queue has no ceiling and miscounts: after login we write to the
 *   socket ourselves.  It has nothing queued from then on.
 * - It must not be destroyed, or connected again, from inside its own
 *   callbacks: that waits for run() or the step timer.
 * - It closes its socket before it says DISCONNECT, so polling ends there.
 */
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>

#include <strophe.h>
#include <uv.h>

#include "lib/backoff.h"
#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/xalloc.h"

#include "net/loop.h"

#include "xmpp/component.h"
#include "xmpp/expat_guard.h"
#include "xmpp/lowfd.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/strophe.h"
#include "xmpp/xmlw.h"

enum {
	RESOLVE_MS = 15 * 1000,
	DIAL_MS = 5 * 1000,       /* per address */
	HANDSHAKE_MS = 15 * 1000, /* header and handshake */
	LAST_WORDS_MS = 2 * 1000, /* to end a stream properly */
	STABLE_MS = 30 * 1000, /* up so long: the next failure is a new one */
	REPLACED_MS = 60 * 1000,
	ADDRESSES_MAX = 16,
	SPARE_FDS = 4,
	READ_BYTES = 4096, /* of libstrophe, at once */
	RUNS_MAX = 16,     /* reads in one turn */
	PING_ID_BYTES = 8,
};

enum state { WAITING, RESOLVING, DIALING, OPENING, UP, CLOSING, GONE };

struct lookup {
	uv_getaddrinfo_t req;
	struct component *c; /* NULL: nobody waits for it any more */
};

struct component {
	struct list node; /* in components */
	struct loop *loop;
	struct clock *clock;
	struct component_ops ops;
	void *arg;
	struct log_ctx log;
	char *domain, *host;
	uint16_t port;
	int64_t ping_ms, ping_timeout_ms, handshake_ms;
	size_t out_low, out_high;

	enum state state;
	xmpp_conn_t *conn;
	uint64_t guard; /* number of its parser */
	int fd;         /* -1: no socket */
	uv_poll_t *poll;
	struct lookup *lookup;
	char *address[ADDRESSES_MAX];
	unsigned naddress, iaddress;

	struct backoff backoff;
	struct timer step;     /* the next attempt or address */
	struct timer deadline; /* of the state we are in */
	struct timer ping;     /* of silence, then of the answer */
	bool ping_sent;
	int64_t heard_at;
	char ping_prefix[2 * PING_ID_BYTES + 1];
	uint64_t nping;

	struct err why; /* why we hung up, or what the last address said */
	bool hung_up;

	struct buf out;
	struct xmlw w;
	bool writing; /* between begin and end */
	bool blocked; /* the socket takes no more now */
	bool slow, slow_told;
	struct loop_hook flush;
	struct component_stats stats;
};

/* libstrophe's context and its sockopt callback know no owner. */
static struct list components = { &components, &components };
static struct component *dialing;
static bool running;

static void run(void);
static void on_poll(uv_poll_t *h, int status, int events);

/* ---- socket ----------------------------------------------------------- */

static void
poll_gone(uv_handle_t *h)
{
	free(h);
}

static void
set_poll(struct component *c)
{
	int events = UV_READABLE;

	if (c->state == DIALING || c->blocked)
		events |= UV_WRITABLE;
	if (c->poll)
		(void)uv_poll_start(c->poll, events, on_poll); /* is valid */
}

static void
end_poll(struct component *c)
{
	if (!c->poll)
		return;
	uv_poll_stop(c->poll);
	uv_close((uv_handle_t *)c->poll, poll_gone);
	c->poll = NULL;
}

/* Somebody closed c->fd. */
static void
forget_socket(struct component *c)
{
	end_poll(c);
	if (c->fd >= 0)
		lowfd_closed();
	c->fd = -1;
	c->blocked = false;
}

static int
on_socket(xmpp_conn_t *conn, void *sock)
{
	int *fd = sock;
	int on = 1;
	unsigned silence_ms;

	(void)conn;
	if (!dialing || lowfd_move(fd) < 0)
		return -1;
	dialing->fd = *fd;
	/* Of both, failure costs speed only. */
	silence_ms = (unsigned)(dialing->ping_ms + dialing->ping_timeout_ms);
	(void)setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(*fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_ms,
	    sizeof(silence_ms));
	return 0;
}

/*
 * libstrophe has no call for "now": a socket that is shut down reads as
 * ended, so its DISCONNECT follows in the next run().
 */
static void
hang_up(struct component *c)
{
	if (c->fd < 0 || c->hung_up)
		return;
	c->hung_up = true;
	(void)shutdown(c->fd, SHUT_RDWR); /* a dead one is as good */
	/* Its write fails at once, however much is left to be read. */
	xmpp_send_raw(c->conn, " ", 1);
	c->blocked = true; /* WRITABLE: wakes us for sure */
	set_poll(c);
}

/* ---- the end of a stream, explained ----------------------------------- */

static const char *const condition[] = {
	[XMPP_SE_BAD_FORMAT] = "bad-format",
	[XMPP_SE_BAD_NS_PREFIX] = "bad-namespace-prefix",
	[XMPP_SE_CONFLICT] = "conflict",
	[XMPP_SE_CONN_TIMEOUT] = "connection-timeout",
	[XMPP_SE_HOST_GONE] = "host-gone",
	[XMPP_SE_HOST_UNKNOWN] = "host-unknown",
	[XMPP_SE_IMPROPER_ADDR] = "improper-addressing",
	[XMPP_SE_INTERNAL_SERVER_ERROR] = "internal-server-error",
	[XMPP_SE_INVALID_FROM] = "invalid-from",
	[XMPP_SE_INVALID_ID] = "invalid-id",
	[XMPP_SE_INVALID_NS] = "invalid-namespace",
	[XMPP_SE_INVALID_XML] = "invalid-xml",
	[XMPP_SE_NOT_AUTHORIZED] = "not-authorized",
	[XMPP_SE_POLICY_VIOLATION] = "policy-violation",
	[XMPP_SE_REMOTE_CONN_FAILED] = "remote-connection-failed",
	[XMPP_SE_RESOURCE_CONSTRAINT] = "resource-constraint",
	[XMPP_SE_RESTRICTED_XML] = "restricted-xml",
	[XMPP_SE_SEE_OTHER_HOST] = "see-other-host",
	[XMPP_SE_SYSTEM_SHUTDOWN] = "system-shutdown",
	[XMPP_SE_UNDEFINED_CONDITION] = "undefined-condition",
	[XMPP_SE_UNSUPPORTED_ENCODING] = "unsupported-encoding",
	[XMPP_SE_UNSUPPORTED_STANZA_TYPE] = "unsupported-stanza-type",
	[XMPP_SE_UNSUPPORTED_VERSION] = "unsupported-version",
	[XMPP_SE_XML_NOT_WELL_FORMED] = "not-well-formed",
};

static enum component_end
end_of(const struct component *c, xmpp_error_type_t type)
{
	switch (type) {
	case XMPP_SE_CONFLICT:
		return c->stats.up_at ? COMPONENT_REPLACED : COMPONENT_CONFLICT;
	case XMPP_SE_HOST_UNKNOWN:
		return COMPONENT_HOST_UNKNOWN;
	case XMPP_SE_NOT_AUTHORIZED:
		return COMPONENT_NOT_AUTHORIZED;
	case XMPP_SE_SYSTEM_SHUTDOWN:
		return COMPONENT_LOST;
	default:
		return COMPONENT_STREAM_ERROR;
	}
}

/* What an operator reads and does; %s is the domain. */
static const struct {
	enum err_kind kind;
	enum log_level level;
	const char *event, *advice;
} ends[] = {
	[COMPONENT_LOST] = { ERR_UNREACHABLE, LOG_WARN, "xmpp server lost",
	    "it is tried again by itself" },
	[COMPONENT_NOT_AUTHORIZED] = { ERR_AUTH, LOG_ERROR,
	    "xmpp server refused the secret",
	    "compare the secret of this gateway with component_secret "
	    "(Prosody) or password (ejabberd); ejabberd says the same when "
	    "the name is not under hosts of its ejabberd_service listener" },
	[COMPONENT_HOST_UNKNOWN] = { ERR_NOT_FOUND, LOG_ERROR,
	    "xmpp server does not know the component",
	    "add it to the server (Prosody: a Component section of that name) "
	    "and reload it, or correct the title of the gateway section" },
	[COMPONENT_CONFLICT] = { ERR_CONFLICT, LOG_ERROR,
	    "another connection holds the component name",
	    "end the other program; after a crash wait, or set "
	    "component_conflict_resolve = kick_old in Prosody; it must "
	    "not be the name of a virtual host either" },
	[COMPONENT_REPLACED] = { ERR_CONFLICT, LOG_ERROR,
	    "another connection took over the component name",
	    "two programs use this name: end one of them" },
	[COMPONENT_STREAM_ERROR] = { ERR_PROTOCOL, LOG_ERROR,
	    "xmpp server ended the stream",
	    "please report it if this comes again" },
};

/* What happened, in words, to err; what it means is returned. */
static enum component_end
explain(struct component *c, int error, const xmpp_stream_error_t *se,
    struct err *err)
{
	enum component_end end = COMPONENT_LOST;

	if (se) {
		end = end_of(c, se->type);
		err_set(err, ends[end].kind, "%s%s%s", condition[se->type],
		    se->text ? ": " : "", se->text ? se->text : "");
	} else if (c->why.kind != ERR_NONE) {
		*err = c->why;
	} else if (c->stats.up_at == 0 && error == ECONNRESET) {
		err_set(err, ERR_UNREACHABLE,
		    "closed the connection during the handshake");
	} else {
		err_set(err, ERR_UNREACHABLE, "%s",
		    error ? strerror(error) : "closed the stream");
	}
	return end;
}

/* ---- attempts --------------------------------------------------------- */

static void
forget_addresses(struct component *c)
{
	while (c->naddress > 0)
		free(c->address[--c->naddress]);
	c->iaddress = 0;
}

static int64_t
plan_retry(struct component *c, enum component_end why)
{
	int64_t wait_ms;

	if (c->stats.up_at && c->clock->at - c->stats.up_at >= STABLE_MS)
		backoff_reset(&c->backoff);
	wait_ms = backoff_next(&c->backoff, crypto_random_u32());
	if (why == COMPONENT_REPLACED)
		wait_ms += REPLACED_MS;
	timer_set(&c->step, c->clock, c->clock->at + wait_ms);
	return wait_ms;
}

/* A stream or an attempt is over; the socket is closed already. */
static void
is_over(struct component *c, enum component_end why, const struct err *err)
{
	int64_t wait_ms;

	forget_addresses(c);
	timer_cancel(&c->deadline);
	timer_cancel(&c->ping);
	if (c->state == CLOSING) {
		c->state = GONE;
		return;
	}
	wait_ms = plan_retry(c, why);
	log_at(ends[why].level, &c->log, ends[why].event,
	    "server=%s port=%u err=\"%s\" retry_ms=%lld do=\"%s\"", c->host,
	    c->port, err->text, (long long)wait_ms, ends[why].advice);
	c->state = WAITING;
	c->stats.up_at = 0;
	buf_clear(&c->out);
	buf_trim(&c->out);
	c->slow = c->slow_told = false;
	c->ops.down(c, why, err, c->arg);
}

static void on_conn(xmpp_conn_t *conn, xmpp_conn_event_t ev, int error,
    xmpp_stream_error_t *se, void *arg);

/* -1: that address cannot even be tried. */
static int
dial(struct component *c, const char *address)
{
	int rc;

	log_debug(&c->log, "dialing", "address=%s", address);
	c->hung_up = false;
	c->why = ERR_INIT;
	dialing = c;
	errno = 0;
	rc = xmpp_connect_component(c->conn, address, c->port, on_conn, c);
	dialing = NULL;
	if (rc == XMPP_EOK) {
		c->poll = xcalloc(1, sizeof(*c->poll));
		c->poll->data = c;
		if (uv_poll_init(loop_uv(c->loop), c->poll, c->fd) == 0)
			return 0;
		free(c->poll); /* epoll is out of memory */
		c->poll = NULL;
		(void)shutdown(c->fd, SHUT_RDWR);
		return 0; /* the deadline sees to it */
	}
	err_set(&c->why, ERR_UNREACHABLE, "%s: %s", address, strerror(errno));
	if (c->fd >= 0)
		forget_socket(c);
	return -1;
}

static void
dial_next(struct component *c)
{
	c->state = DIALING;
	while (c->iaddress < c->naddress) {
		if (dial(c, c->address[c->iaddress++]) < 0)
			continue;
		set_poll(c);
		timer_set(&c->deadline, c->clock, c->clock->at + DIAL_MS);
		return;
	}
	is_over(c, COMPONENT_LOST, &c->why);
}

static void
keep_addresses(struct component *c, const struct addrinfo *ai)
{
	char text[NI_MAXHOST];

	forget_addresses(c);
	for (; ai && c->naddress < ADDRESSES_MAX; ai = ai->ai_next)
		if (getnameinfo(ai->ai_addr, ai->ai_addrlen, text, sizeof(text),
		        NULL, 0, NI_NUMERICHOST) == 0)
			c->address[c->naddress++] = xstrdup(text);
}

static void
on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *ai)
{
	struct lookup *l = req->data;
	struct component *c = l->c;

	if (c) {
		loop_enter(c->loop);
		c->lookup = NULL;
		timer_cancel(&c->deadline);
		keep_addresses(c, ai);
		err_set(&c->why, ERR_UNREACHABLE, "%s has no address: %s",
		    c->host, status ? uv_strerror(status) : "none came back");
		dial_next(c);
	}
	uv_freeaddrinfo(ai);
	free(l);
}

static void
forget_lookup(struct component *c)
{
	if (!c->lookup)
		return;
	c->lookup->c = NULL;
	/* One that has begun cannot be stopped; it finds nobody at home. */
	(void)uv_cancel((uv_req_t *)&c->lookup->req);
	c->lookup = NULL;
}

static void
resolve(struct component *c)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct lookup *l = xcalloc(1, sizeof(*l));
	int rc;

	c->state = RESOLVING;
	l->c = c;
	l->req.data = l;
	rc = uv_getaddrinfo(
	    loop_uv(c->loop), &l->req, on_resolved, c->host, NULL, &hints);
	if (rc != 0) {
		free(l);
		err_set(&c->why, ERR_UNREACHABLE, "%s: %s", c->host,
		    uv_strerror(rc));
		is_over(c, COMPONENT_LOST, &c->why);
		return;
	}
	c->lookup = l;
	timer_set(&c->deadline, c->clock, c->clock->at + RESOLVE_MS);
}

static void
on_step(struct timer *t)
{
	struct component *c = TIMER_OWNER(t, struct component, step);

	if (c->state == DIALING)
		dial_next(c);
	else
		resolve(c);
}

static void
on_deadline(struct timer *t)
{
	struct component *c = TIMER_OWNER(t, struct component, deadline);

	switch (c->state) {
	case RESOLVING:
		forget_lookup(c);
		err_set(&c->why, ERR_TIMEOUT, "no answer from the resolver");
		is_over(c, COMPONENT_LOST, &c->why);
		return;
	case DIALING:
		err_set(&c->why, ERR_TIMEOUT, "no connection within %d s",
		    DIAL_MS / 1000);
		break;
	case OPENING:
		err_set(&c->why, ERR_TIMEOUT, "no handshake within %lld ms",
		    (long long)c->handshake_ms);
		break;
	default:
		break; /* UP: a stream error came; CLOSING: enough waited */
	}
	hang_up(c);
	run();
}

/* ---- liveness --------------------------------------------------------- */

static void
send_ping(struct component *c)
{
	char id[sizeof(c->ping_prefix) + 24];
	struct str domain = component_domain(c);
	int n = snprintf(id, sizeof(id), "%s-%llu", c->ping_prefix,
	    (unsigned long long)++c->nping);

	xmlw_leaf(component_begin(
	              c, "iq", domain, domain, "get", str_of(id, (size_t)n)),
	    "ping", NS_PING);
	/* Full: then much is under way and TCP has the say. */
	(void)component_end(c, NULL);
}

static void
on_ping(struct timer *t)
{
	struct component *c = TIMER_OWNER(t, struct component, ping);
	int64_t quiet_ms = c->clock->at - c->heard_at;

	if (c->ping_sent && quiet_ms >= c->ping_timeout_ms) {
		err_set(&c->why, ERR_TIMEOUT,
		    "nothing came for %lld s, not even our own ping",
		    (long long)(quiet_ms / 1000));
		hang_up(c);
		run();
		return;
	}
	if (!c->ping_sent && quiet_ms >= c->ping_ms) {
		c->ping_sent = true;
		c->heard_at =
		    c->clock->at; /* the answer is waited for from now */
		send_ping(c);
	}
	timer_set(&c->ping, c->clock,
	    c->heard_at + (c->ping_sent ? c->ping_timeout_ms : c->ping_ms));
}

/* The timer is not moved for every stanza: it looks when it is due. */
static void
heard(struct component *c)
{
	c->heard_at = c->clock->at;
	if (!c->ping_sent)
		return;
	c->ping_sent = false;
	timer_set(&c->ping, c->clock, c->heard_at + c->ping_ms);
}

/* True: it was our ping, which the server sent back, or its answer. */
static bool
is_own_ping(struct component *c, const struct stanza *s)
{
	struct str domain = component_domain(c);
	struct str id = stanza_attr(s, "id");

	if (!str_starts(id, str_c(c->ping_prefix)) ||
	    !str_eq(stanza_attr(s, "from"), domain) ||
	    !stanza_is(s, "iq", NULL))
		return false;
	if (str_is(stanza_attr(s, "type"), "get")) {
		component_begin(c, "iq", domain, domain, "result", id);
		(void)component_end(c, NULL); /* as for the ping */
	}
	return true;
}

/* ---- what comes in ---------------------------------------------------- */

static bool
is_stanza(const struct stanza *s)
{
	return stanza_is(s, "message", NULL) ||
	    stanza_is(s, "presence", NULL) || stanza_is(s, "iq", NULL);
}

static int
on_stanza(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *arg)
{
	struct component *c = arg;
	const struct stanza *s = (const struct stanza *)(const void *)stanza;

	(void)conn;
	if (c->state != UP || c->hung_up)
		return 1;
	heard(c);
	if (is_stanza(s)) {
		if (is_own_ping(c, s))
			return 1;
		c->stats.nin++;
		c->ops.stanza(c, s, c->arg);
	} else if (stanza_is(s, "error", XMPP_NS_STREAMS)) {
		/* The server closes next; if it does not, we do. */
		timer_set(&c->deadline, c->clock, c->clock->at + LAST_WORDS_MS);
	}
	return 1;
}

static void
on_up(struct component *c)
{
	c->state = UP;
	c->why = ERR_INIT;
	timer_cancel(&c->deadline);
	forget_addresses(c);
	c->stats.nup++;
	c->stats.up_at = c->clock->at;
	c->ping_sent = false;
	c->heard_at = c->clock->at;
	timer_set(&c->ping, c->clock, c->clock->at + c->ping_ms);
	log_info(
	    &c->log, "component up", "server=%s port=%u", c->host, c->port);
	c->ops.up(c, c->arg);
}

static void
on_disconnect(struct component *c, int error, const xmpp_stream_error_t *se)
{
	struct err err = ERR_INIT;
	enum component_end why;

	forget_socket(c);
	timer_cancel(&c->deadline);
	if (c->state == DIALING && c->iaddress < c->naddress) {
		timer_set(&c->step, c->clock, c->clock->at);
		return;
	}
	why = explain(c, error, se, &err);
	is_over(c, why, &err);
}

static void
on_conn(xmpp_conn_t *conn, xmpp_conn_event_t ev, int error,
    xmpp_stream_error_t *se, void *arg)
{
	struct component *c = arg;

	(void)conn;
	if (ev == XMPP_CONN_CONNECT && !c->hung_up && c->state == OPENING)
		on_up(c);
	else if (ev == XMPP_CONN_DISCONNECT)
		on_disconnect(c, error, se);
}

/* ---- driving libstrophe ----------------------------------------------- */

static void
dispose(struct component *c)
{
	const char *pass = xmpp_conn_get_pass(c->conn);
	union {
		const char *in;
		char *out;
	} u = { .in = pass };

	list_del(&c->node);
	timer_cancel(&c->step);
	timer_cancel(&c->deadline);
	timer_cancel(&c->ping);
	loop_hook_del(&c->flush);
	forget_lookup(c);
	forget_addresses(c);
	if (pass)
		secret_wipe(u.out, strlen(pass));
	(void)xmpp_conn_release(c->conn); /* 1: it is gone */
	buf_release(&c->out);
	free(c->domain);
	free(c->host);
	free(c);
}

/*
 * What libstrophe did not tell about.  True: it has put header or handshake
 * into its queue, whose length it does not tell either; the next run writes
 * them, and both fit into the buffer of any socket.
 */
static bool
look_after(struct component *c, bool was_fed)
{
	const char *error = expat_guard_error(c->guard);

	if (error && c->fd >= 0 && !c->hung_up) {
		err_set(&c->why, ERR_PROTOCOL, "sent broken XML: %s", error);
		hang_up(c);
	}
	if (c->state != DIALING || !xmpp_conn_is_connected(c->conn))
		return c->state == OPENING && was_fed;
	c->state = OPENING;
	c->why = ERR_INIT;
	timer_set(&c->deadline, c->clock, c->clock->at + c->handshake_ms);
	set_poll(c);
	return true;
}

static bool
run_once(void)
{
	struct expat_guard_stats before, after;
	bool again = false;
	uint64_t fed;

	expat_guard_stats(&before);
	xmpp_run_once(strophe_ctx(), 0);
	expat_guard_stats(&after);
	fed = after.nbytes - before.nbytes;
	LIST_EACH(&components, node)
	again |= look_after(LIST_ENTRY(node, struct component, node), fed > 0);
	return again || fed >= READ_BYTES;
}

static void
run(void)
{
	unsigned n = 0;

	if (running)
		return;
	running = true;
	while (n++ < RUNS_MAX && run_once())
		;
	running = false;
	LIST_EACH(&components, node)
	{
		struct component *c = LIST_ENTRY(node, struct component, node);

		if (c->state == GONE)
			dispose(c);
	}
}

/* ---- output ----------------------------------------------------------- */

static void
tell_slow(struct component *c)
{
	if (c->slow && c->out.len < c->out_low)
		c->slow = false;
	if (c->slow == c->slow_told || c->state != UP)
		return;
	c->slow_told = c->slow;
	log_debug(&c->log,
	    c->slow ? "xmpp server is slow" : "xmpp server caught up",
	    "queued=%zu", c->out.len);
	c->ops.slow(c, c->slow, c->arg);
}

static void
write_out(struct component *c)
{
	while (c->out.len > 0) {
		ssize_t n = send(c->fd, c->out.p, c->out.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN) {
				err_set(&c->why, ERR_UNREACHABLE, "writing: %s",
				    strerror(errno));
				hang_up(c);
			}
			break;
		}
		buf_drop(&c->out, (size_t)n);
	}
	buf_trim(&c->out);
}

static void
flush(struct component *c)
{
	bool was_blocked = c->blocked;

	if ((c->state != UP && c->state != CLOSING) || c->hung_up || c->fd < 0)
		return;
	assert(!c->writing);
	write_out(c);
	if (c->hung_up)
		return;
	c->blocked = c->out.len > 0;
	if (c->blocked != was_blocked)
		set_poll(c);
	tell_slow(c);
}

static void
on_flush(struct loop_hook *h)
{
	struct component *c = TIMER_OWNER(h, struct component, flush);

	if (!c->blocked && c->out.len > 0)
		flush(c);
	else
		tell_slow(c);
}

/* libstrophe drops what connect() came to, so it is read before. */
static void
note_refusal(struct component *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
	    error != 0)
		err_set(&c->why, ERR_UNREACHABLE, "%s: %s",
		    c->address[c->iaddress - 1], strerror(error));
}

static void
on_poll(uv_poll_t *h, int status, int events)
{
	struct component *c = h->data;

	loop_enter(c->loop);
	if (c->state == DIALING)
		note_refusal(c);
	if (events & UV_WRITABLE)
		flush(c);
	if (status < 0 || (events & UV_READABLE) || c->hung_up ||
	    c->state == DIALING || c->state == OPENING)
		run();
}

struct xmlw *
component_begin(struct component *c, const char *name, struct str from,
    struct str to, const char *type, struct str id)
{
	assert(!c->writing);
	c->writing = true;
	xmlw_stanza(&c->w, name, from, to, type, id);
	return &c->w;
}

int
component_end(struct component *c, struct err *err)
{
	size_t start = c->w.start;
	size_t room = c->out.max - start;

	assert(c->writing);
	c->writing = false;
	if (xmlw_end(&c->w, err) < 0) {
		c->stats.nrefused++;
		if (room >= COMPONENT_STANZA_MAX || c->state != UP)
			return -1;
		return err_set(err, ERR_BUSY,
		    "the XMPP server takes no more: %zu bytes wait", start);
	}
	if (c->state != UP) {
		buf_truncate(&c->out, start);
		return err_set(
		    err, ERR_UNREACHABLE, "the XMPP server is not there");
	}
	c->stats.nout++;
	if (c->out.len > c->out_high)
		c->slow = true;
	return 0;
}

/* ---- life ------------------------------------------------------------- */

int
component_setup(unsigned ncomponents, struct err *err)
{
	signal(SIGPIPE, SIG_IGN); /* libstrophe writes without MSG_NOSIGNAL */
	if (lowfd_reserve(ncomponents + SPARE_FDS, err) < 0)
		return -1;
	return strophe_self_test(err);
}

static int64_t
or_default(int64_t n, int64_t def)
{
	return n ? n : def;
}

static void
no_event(xmpp_conn_t *conn, xmpp_conn_event_t ev, int error,
    xmpp_stream_error_t *se, void *arg)
{
	(void)conn, (void)ev, (void)error, (void)se, (void)arg;
}

static void
new_conn(struct component *c, struct str secret)
{
	char *pass = str_dup(secret);

	c->conn = xmpp_conn_new(strophe_ctx());
	c->guard = expat_guard_newest();
	xmpp_conn_set_jid(c->conn, c->domain);
	xmpp_conn_set_pass(c->conn, pass);
	secret_wipe(pass, secret.len);
	free(pass);
	xmpp_conn_set_sockopt_callback(c->conn, on_socket);
	/* The priming: refused by on_socket(), fails, and that is all. */
	(void)xmpp_connect_client(c->conn, "127.0.0.1", 1, no_event, NULL);
	xmpp_handler_add(c->conn, on_stanza, NULL, NULL, NULL, c);
}

struct component *
component_new(struct loop *loop, const struct component_params *p,
    const struct component_ops *ops, void *arg)
{
	struct component *c = xcalloc(1, sizeof(*c));
	size_t out_max = (size_t)or_default((int64_t)p->out_max, 32 << 20);

	list_add(&components, &c->node);
	c->loop = loop;
	c->clock = loop_clock(loop);
	c->ops = *ops;
	c->arg = arg;
	c->domain = xstrdup(p->domain);
	c->host = xstrdup(p->host);
	c->port = p->port;
	c->ping_ms = or_default(p->ping_ms, 30 * 1000);
	c->ping_timeout_ms = or_default(p->ping_timeout_ms, 20 * 1000);
	c->handshake_ms = or_default(p->handshake_ms, HANDSHAKE_MS);
	c->out_low = (size_t)or_default((int64_t)p->out_low, 1 << 20);
	c->out_high = (size_t)or_default((int64_t)p->out_high, 4 << 20);
	c->fd = -1;
	log_ctx_init(&c->log, p->log, "component=%s", p->domain);
	crypto_random_hex(c->ping_prefix, PING_ID_BYTES);
	backoff_init(&c->backoff, or_default(p->reconnect_min_ms, 1000),
	    or_default(p->reconnect_max_ms, 10 * 1000));
	buf_init(&c->out, out_max);
	xmlw_init(&c->w, &c->out, COMPONENT_STANZA_MAX);
	timer_init(&c->step, on_step);
	timer_init(&c->deadline, on_deadline);
	timer_init(&c->ping, on_ping);
	loop_hook_add(loop, &c->flush, LOOP_RANK_WRITE, on_flush);
	new_conn(c, p->secret);
	timer_set(&c->step, c->clock, c->clock->at);
	return c;
}

static void
ignore_up(struct component *c, void *arg)
{
	(void)c, (void)arg;
}

static void
ignore_down(struct component *c, enum component_end why, const struct err *err,
    void *arg)
{
	(void)c, (void)why, (void)err, (void)arg;
}

static void
ignore_stanza(struct component *c, const struct stanza *s, void *arg)
{
	(void)c, (void)s, (void)arg;
}

static void
ignore_slow(struct component *c, bool slow, void *arg)
{
	(void)c, (void)slow, (void)arg;
}

static const struct component_ops nobody = {
	.up = ignore_up,
	.down = ignore_down,
	.stanza = ignore_stanza,
	.slow = ignore_slow,
};

void
component_close(struct component **cp)
{
	struct component *c = *cp;
	bool was_up;

	*cp = NULL;
	if (!c)
		return;
	c->ops = nobody;
	was_up = c->state == UP && !c->hung_up;
	timer_cancel(&c->step);
	timer_cancel(&c->ping);
	forget_lookup(c);
	c->state = c->fd >= 0 ? CLOSING : GONE;
	if (was_up) {
		(void)buf_add_str(&c->out, STR("</stream:stream>"));
		timer_set(&c->deadline, c->clock, c->clock->at + LAST_WORDS_MS);
	} else {
		hang_up(c);
	}
	if (c->state == GONE && !running)
		dispose(c);
}

struct str
component_domain(const struct component *c)
{
	return str_c(c->domain);
}

bool
component_is_up(const struct component *c)
{
	return c->state == UP;
}

bool
component_is_slow(const struct component *c)
{
	return c->slow;
}

void
component_stats(const struct component *c, struct component_stats *out)
{
	*out = c->stats;
	out->queued_bytes = c->out.len;
}
