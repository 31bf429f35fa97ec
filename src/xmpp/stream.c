/*
 * XEP-0114 1.6 by libstrophe 0.12.
 *
 *	CLOSED --dial--> DIALING --TCP--> OPENING --handshake--> UP
 *	  ^                 |               |                     |
 *	  +-----------------+-- DISCONNECT -+---------------------+
 *
 * What libstrophe needs from us, each seen to go wrong without:
 *
 * - A component crashes on its first stanza, because only
 *   xmpp_connect_client() allocates the state of stream management.  So each
 *   conn is primed by one such call whose socket we refuse; it opens none.
 * - It waits with select(): descriptors come from lowfd.h.
 * - It resolves names blocking, and goes no further than the first address
 *   that does not fail at once: it gets numeric addresses, one by one.
 * - After ill-formed XML it stays connected: expat_guard_error() is asked
 *   after each run.
 * - Its queue has no ceiling and miscounts: after the handshake we write to
 *   the socket ourselves.  It has nothing queued from then on.
 * - It must not be released from inside its own callbacks: that waits for
 *   the end of run().
 * - It closes its socket before it says DISCONNECT, so polling ends there.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>

#include <strophe.h>
#include <uv.h>

#include "lib/list.h"
#include "lib/secret.h"
#include "lib/xalloc.h"

#include "net/loop.h"

#include "xmpp/expat_guard.h"
#include "xmpp/lowfd.h"
#include "xmpp/stanza.h"
#include "xmpp/stream.h"
#include "xmpp/strophe.h"

enum {
	SPARE_FDS = 4,
	READ_BYTES = 4096, /* of libstrophe, at once */
	RUNS_MAX = 16,     /* reads in one turn */
};

enum state { CLOSED, DIALING, OPENING, UP };

struct stream {
	struct list node; /* of streams */
	struct loop *loop;
	struct stream_ops ops;
	void *arg;
	unsigned silence_ms;
	enum state state;
	xmpp_conn_t *conn;
	uint64_t guard; /* number of its parser */
	char *address;  /* dialled last */
	int fd;         /* -1: none */
	uv_poll_t *poll;
	bool blocked; /* the socket takes no more now */
	bool hung_up;
	bool is_freed;
	struct err why; /* why we hung up, or what connect() came to */
};

/* libstrophe's context and its sockopt callback know no owner. */
static struct list streams = { &streams, &streams };
static struct stream *dialling;
static bool running;

static void on_poll(uv_poll_t *h, int status, int events);

/* ---- socket ----------------------------------------------------------- */

static void
poll_gone(uv_handle_t *h)
{
	free(h);
}

/* A socket that was shut down is writable: that wakes us. */
static void
set_poll(struct stream *s)
{
	int events = UV_READABLE;

	if (s->state == DIALING || s->blocked || s->hung_up)
		events |= UV_WRITABLE;
	if (s->poll)
		(void)uv_poll_start(s->poll, events, on_poll); /* is valid */
}

/* Somebody closed s->fd. */
static void
forget_socket(struct stream *s)
{
	if (s->poll) {
		uv_poll_stop(s->poll);
		uv_close((uv_handle_t *)s->poll, poll_gone);
	}
	if (s->fd >= 0)
		lowfd_closed();
	s->poll = NULL;
	s->fd = -1;
	s->blocked = false;
}

static int
on_socket(xmpp_conn_t *conn, void *sock)
{
	int *fd = sock;
	int on = 1;

	(void)conn;
	if (!dialling || lowfd_move(fd) < 0)
		return -1;
	dialling->fd = *fd;
	/* Failure of these costs speed only. */
	(void)setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(*fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
	    &dialling->silence_ms, sizeof(dialling->silence_ms));
	return 0;
}

/*
 * libstrophe has no call for "now".  But its read from a socket that is shut
 * down says the end, and its write fails, however much is left to be read.
 */
void
stream_hang_up(struct stream *s, const struct err *why)
{
	if (s->fd < 0 || s->hung_up)
		return;
	s->hung_up = true;
	s->why = *why;
	(void)shutdown(s->fd, SHUT_RDWR); /* a dead one is as good */
	xmpp_send_raw(s->conn, " ", 1);
	set_poll(s);
}

bool
stream_is_open(const struct stream *s)
{
	return s->fd >= 0;
}

void
stream_write(struct stream *s, struct buf *out)
{
	assert(s->state == UP);
	while (out->len > 0 && !s->blocked && !s->hung_up) {
		ssize_t n = send(s->fd, out->p, out->len, MSG_NOSIGNAL);
		struct err err;

		if (n >= 0) {
			buf_drop(out, (size_t)n);
		} else if (errno == EAGAIN) {
			s->blocked = true;
			set_poll(s);
		} else if (errno != EINTR) {
			err_set(&err, ERR_UNREACHABLE, "writing: %s",
			    strerror(errno));
			stream_hang_up(s, &err);
		}
	}
}

/* ---- the end ---------------------------------------------------------- */

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
end_of(xmpp_error_type_t type, bool was_up, enum err_kind *kind_out)
{
	switch (type) {
	case XMPP_SE_CONFLICT:
		*kind_out = ERR_CONFLICT;
		return was_up ? COMPONENT_REPLACED : COMPONENT_CONFLICT;
	case XMPP_SE_HOST_UNKNOWN:
		*kind_out = ERR_NOT_FOUND;
		return COMPONENT_HOST_UNKNOWN;
	case XMPP_SE_NOT_AUTHORIZED:
		*kind_out = ERR_AUTH;
		return COMPONENT_NOT_AUTHORIZED;
	case XMPP_SE_SYSTEM_SHUTDOWN:
		*kind_out = ERR_UNREACHABLE;
		return COMPONENT_LOST;
	default:
		*kind_out = ERR_PROTOCOL;
		return COMPONENT_STREAM_ERROR;
	}
}

/* error is libstrophe's, often 0; se may be NULL. */
static enum component_end
explain(const struct stream *s, int error, const xmpp_stream_error_t *se,
    struct err *err)
{
	enum component_end end = COMPONENT_LOST;
	enum err_kind kind;

	if (se) {
		end = end_of(se->type, s->state == UP, &kind);
		err_set(err, kind, "%s%s%s", condition[se->type],
		    se->text ? ": " : "", se->text ? se->text : "");
	} else if (s->why.kind != ERR_NONE) {
		*err = s->why;
	} else if (s->state == OPENING) {
		err_set(err, ERR_UNREACHABLE,
		    "%s closed the connection during the handshake",
		    s->address);
	} else {
		err_set(err, ERR_UNREACHABLE, "%s: %s", s->address,
		    error ? strerror(error) : "closed the stream");
	}
	return end;
}

static void
on_disconnect(struct stream *s, int error, const xmpp_stream_error_t *se)
{
	struct err err = ERR_INIT;
	enum component_end why = explain(s, error, se, &err);

	forget_socket(s);
	s->state = CLOSED;
	if (!s->is_freed)
		s->ops.down(why, &err, s->arg);
}

static void
on_conn(xmpp_conn_t *conn, xmpp_conn_event_t ev, int error,
    xmpp_stream_error_t *se, void *arg)
{
	struct stream *s = arg;

	(void)conn;
	if (ev == XMPP_CONN_DISCONNECT) {
		on_disconnect(s, error, se);
	} else if (ev == XMPP_CONN_CONNECT && !s->hung_up) {
		s->state = UP;
		s->ops.up(s->arg);
	}
}

/* ---- what comes in ---------------------------------------------------- */

static bool
is_stanza(const struct stanza *x)
{
	return stanza_is(x, "message", NULL) ||
	    stanza_is(x, "presence", NULL) || stanza_is(x, "iq", NULL);
}

static int
on_stanza(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *arg)
{
	struct stream *s = arg;
	const struct stanza *x = (const struct stanza *)(const void *)stanza;

	(void)conn;
	if (s->state != UP || s->hung_up)
		return 1;
	if (is_stanza(x))
		s->ops.stanza(x, s->arg);
	else if (stanza_is(x, "error", XMPP_NS_STREAMS))
		s->ops.ending(s->arg);
	return 1; /* goes on being the handler */
}

/* ---- driving libstrophe ----------------------------------------------- */

/*
 * What it did not tell about.  True: it has put header or handshake into its
 * queue, whose length it does not tell either; the next run writes them, and
 * both fit into the buffer of any socket.
 */
static bool
look_after(struct stream *s, bool was_fed)
{
	const char *error = expat_guard_error(s->guard);
	struct err err;

	if (error && s->state != CLOSED) {
		err_set(&err, ERR_PROTOCOL, "sent broken XML: %s", error);
		stream_hang_up(s, &err);
	}
	if (s->hung_up || s->state != DIALING ||
	    !xmpp_conn_is_connected(s->conn))
		return s->state == OPENING && was_fed;
	s->state = OPENING;
	s->why = ERR_INIT;
	set_poll(s);
	s->ops.opened(s->arg);
	return true;
}

/* True: worth doing again at once. */
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
	LIST_EACH(&streams, node)
	again |= look_after(LIST_ENTRY(node, struct stream, node), fed > 0);
	return again || fed >= READ_BYTES;
}

/* libstrophe has a copy of the secret that it would not wipe. */
static void
dispose(struct stream *s)
{
	union {
		const char *in;
		char *out;
	} pass = { .in = xmpp_conn_get_pass(s->conn) };

	list_del(&s->node);
	if (pass.in)
		secret_wipe(pass.out, strlen(pass.in));
	(void)xmpp_conn_release(s->conn); /* 1: it is gone */
	free(s->address);
	free(s);
}

static void
dispose_all_freed(void)
{
	LIST_EACH(&streams, node)
	{
		struct stream *s = LIST_ENTRY(node, struct stream, node);

		if (s->is_freed && s->state == CLOSED)
			dispose(s);
	}
}

static void
run(void)
{
	unsigned n = 0;

	assert(!running);
	running = true;
	while (n++ < RUNS_MAX && run_once())
		;
	running = false;
	dispose_all_freed();
}

/* libstrophe drops what connect() came to, so it is read before. */
static void
note_refusal(struct stream *s)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (!s->hung_up &&
	    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
	    error != 0)
		err_set(&s->why, ERR_UNREACHABLE, "%s: %s", s->address,
		    strerror(error));
}

static void
on_poll(uv_poll_t *h, int status, int events)
{
	struct stream *s = h->data;

	loop_enter(s->loop);
	if (s->state == DIALING)
		note_refusal(s);
	if ((events & UV_WRITABLE) && s->blocked) {
		s->blocked = false;
		set_poll(s);
		if (!s->hung_up && s->state == UP)
			s->ops.writable(s->arg);
	}
	if (status < 0 || (events & UV_READABLE) || s->hung_up ||
	    s->state != UP)
		run();
}

int
stream_dial(
    struct stream *s, const char *address, uint16_t port, struct err *err)
{
	int rc;

	assert(s->state == CLOSED && !running);
	free(s->address);
	s->address = xstrdup(address);
	s->hung_up = false;
	s->why = ERR_INIT;
	errno = 0;
	dialling = s;
	rc = xmpp_connect_component(s->conn, address, port, on_conn, s);
	dialling = NULL;
	if (rc != XMPP_EOK) {
		err_set(err, ERR_UNREACHABLE, "%s: %s", address,
		    errno ? strerror(errno) : "no socket");
		forget_socket(s);
		return -1;
	}
	s->state = DIALING;
	s->poll = xcalloc(1, sizeof(*s->poll));
	s->poll->data = s;
	/* It fails only for a descriptor that is none. */
	rc = uv_poll_init(loop_uv(s->loop), s->poll, s->fd);
	assert(rc == 0);
	(void)rc;
	set_poll(s);
	return 0;
}

/* ---- life ------------------------------------------------------------- */

int
stream_setup(unsigned nstreams, struct err *err)
{
	signal(SIGPIPE, SIG_IGN); /* libstrophe writes without MSG_NOSIGNAL */
	if (lowfd_reserve(nstreams + SPARE_FDS, err) < 0)
		return -1;
	return strophe_self_test(err);
}

static void
no_event(xmpp_conn_t *conn, xmpp_conn_event_t ev, int error,
    xmpp_stream_error_t *se, void *arg)
{
	(void)conn, (void)ev, (void)error, (void)se, (void)arg;
}

static void
new_conn(struct stream *s, const struct stream_params *p)
{
	char *pass = str_dup(p->secret);

	s->conn = xmpp_conn_new(strophe_ctx());
	s->guard = expat_guard_newest();
	xmpp_conn_set_jid(s->conn, p->domain);
	xmpp_conn_set_pass(s->conn, pass);
	secret_wipe(pass, p->secret.len);
	free(pass);
	xmpp_conn_set_sockopt_callback(s->conn, on_socket);
	/* The priming: refused by on_socket(), fails, and that is all. */
	(void)xmpp_connect_client(s->conn, "127.0.0.1", 1, no_event, NULL);
	xmpp_handler_add(s->conn, on_stanza, NULL, NULL, NULL, s);
}

struct stream *
stream_new(struct loop *loop, const struct stream_params *p,
    const struct stream_ops *ops, void *arg)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	list_add(&streams, &s->node);
	s->loop = loop;
	s->ops = *ops;
	s->arg = arg;
	s->silence_ms = (unsigned)p->silence_ms;
	s->fd = -1;
	new_conn(s, p);
	return s;
}

void
stream_free(struct stream **sp)
{
	struct stream *s = *sp;
	const struct err err = ERR_INIT;

	*sp = NULL;
	if (!s)
		return;
	s->is_freed = true;
	stream_hang_up(s, &err);
	if (!running)
		dispose_all_freed();
}
