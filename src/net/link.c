/*
 * One TCP or TLS byte stream to a host.
 *
 *	DIALLING --> SHAKING --> UP --link_finish()--> FINISHING
 *	    |   (TLS only)  |     |                        |
 *	    +---------------+-----+------------------------+--> OVER
 *
 * What the links of a loop share is the hub: one buffer to read into, the
 * list of links with something to write, and the trusted authorities.  So an
 * idle link is this struct, a descriptor and, with TLS, what OpenSSL keeps.
 *
 * A link may be closed in any of its own callbacks.  Once its poll handle
 * exists the memory stays until that handle is gone, which is after the
 * callback has returned; before that, telling is the last thing done.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/xalloc.h"

#include "net/address.h"
#include "net/dial.h"
#include "net/link.h"
#include "net/loop.h"
#include "net/tls.h"
#include "net/wire.h"

_Static_assert(
    WIRE_READABLE == (int)UV_READABLE && WIRE_WRITABLE == (int)UV_WRITABLE,
    "wants are given to uv_poll_start() as they are");

enum {
	CONNECT_MS = 30000,
	OUT_MAX_BYTES = 256 * 1024,
	READ_MAX_BYTES = 64 * 1024, /* of one link, before others have a turn */
};

struct hub {
	struct loop_share share;
	struct loop *loop;
	struct loop_hook hook; /* writes */
	struct list dirty;     /* links with something to write */
	struct tls_context *contexts;
	char in[READ_MAX_BYTES];
};

/* Needed until the link is up; an idle link has none. */
struct setup {
	bool tls;
	struct tls_peer peer; /* host points behind this struct */
	const char *ca_file;
	int64_t connect_ms;
	struct secret identity;
	struct err bad; /* what is wrong with the parameters */
	char host[];
};

enum state { DIALLING, SHAKING, UP, FINISHING, OVER };

struct link {
	struct hub *hub;
	link_fn *fn; /* NULL: nobody is told any more */
	void *arg;
	enum state state;
	bool owned;      /* somebody will still close or finish it */
	bool has_handle; /* poll exists, perhaps closing */
	bool paused;
	uint16_t local_port; /* 0: not connected yet */
	char *name;          /* "host:port", for errors */
	int polled;          /* what poll waits for */
	struct wire wire;    /* without a descriptor poll is not in use */
	uv_poll_t poll;
	struct dial *dial;
	struct setup *setup; /* NULL: it is up, or has come to us */
	struct tls *upgrade; /* begins when all is written */
	struct buf out;
	struct list dirty;
	/* Deadline to connect; then reads what TLS holds; then to finish. */
	struct timer timer;
	struct err *broken; /* a write failed: read what is left, then end */
	char peer[ADDRESS_TEXT_MAX + sizeof(" 65535")];
};

static void
set_timer(struct link *l, int64_t after_ms)
{
	struct clock *c = loop_clock(l->hub->loop);

	timer_set(&l->timer, c, c->at + after_ms);
}

static void
free_if_unused(struct link *l)
{
	if (l->owned || l->has_handle)
		return;
	free(l->name);
	free(l);
}

static void
handle_gone(uv_handle_t *h)
{
	struct link *l = h->data;

	l->has_handle = false;
	free_if_unused(l);
}

static void
setup_free(struct setup **sp)
{
	struct setup *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	secret_release(&s->identity);
	free(s);
}

/* Nothing happens to the link any more; only its memory is left. */
static void
end(struct link *l)
{
	l->state = OVER;
	timer_cancel(&l->timer);
	list_del(&l->dirty);
	dial_close(&l->dial);
	tls_free(&l->upgrade);
	buf_release(&l->out);
	setup_free(&l->setup);
	free(l->broken);
	l->broken = NULL;
	if (l->wire.fd < 0)
		return;
	uv_close((uv_handle_t *)&l->poll, handle_gone);
	wire_close(&l->wire);
}

/* The last thing done with l. */
static void
down(struct link *l, const struct err *err, bool permanent)
{
	struct link_event ev = { .type = LINK_DOWN,
		.err = *err,
		.permanent = permanent,
		.hung_up =
		    l->state == SHAKING && err->kind == ERR_UNREACHABLE };
	link_fn *fn = l->fn;

	end(l);
	l->fn = NULL;
	if (fn)
		fn(l, &ev, l->arg);
	else
		free_if_unused(l);
}

/* Nothing is read now. */
static bool
is_held(const struct link *l)
{
	return l->paused || l->upgrade;
}

static int
wanted_events(const struct link *l)
{
	if (l->state == SHAKING)
		return l->wire.read_wants;
	return (is_held(l) ? 0 : l->wire.read_wants) | l->wire.write_wants;
}

static void on_poll(uv_poll_t *h, int status, int events);

static void
update_poll(struct link *l)
{
	int events = l->wire.fd < 0 ? 0 : wanted_events(l);

	if (l->wire.fd < 0 || events == l->polled)
		return;
	l->polled = events;
	if (events)
		uv_poll_start(&l->poll, events, on_poll);
	else
		uv_poll_stop(&l->poll);
}

static void
mark_dirty(struct link *l)
{
	if (!list_is_linked(&l->dirty))
		list_add(&l->hub->dirty, &l->dirty);
}

/* Reading. */

/* False: the link is no longer there to go on with. */
static bool
deliver(struct link *l, size_t n)
{
	struct link_event ev = {
		.type = LINK_DATA, .data = l->hub->in, .len = n
	};

	if (n > 0 && l->fn)
		l->fn(l, &ev, l->arg);
	return l->state != OVER;
}

/* Once per turn and link, so that one that floods leaves time to others. */
static void
read_some(struct link *l)
{
	struct err err = ERR_INIT;
	size_t n = 0;
	enum wire_result r =
	    wire_read(&l->wire, l->hub->in, sizeof(l->hub->in), &n, &err);

	if (!deliver(l, n))
		return;
	if (r == WIRE_CLOSED || r == WIRE_FAILED || (l->broken && n == 0)) {
		if (l->broken)
			err = *l->broken;
		down(l, &err, false);
	} else if (l->state == UP && (r == WIRE_DONE || l->broken)) {
		set_timer(l, 0);
	}
}

/* Writing. */

static void begin_upgrade(struct link *l);

static void
drained(struct link *l)
{
	struct link_event ev = { .type = LINK_DRAINED };

	buf_trim(&l->out);
	update_poll(l);
	if (l->upgrade) {
		begin_upgrade(l);
	} else if (l->state == FINISHING) {
		wire_end_output(&l->wire);
	} else if (l->fn) {
		l->fn(l, &ev, l->arg);
		loop_again(l->hub->loop);
	}
}

/*
 * Why the peer hung up may be its last line, still unread: an IRC server says
 * so with ERROR.  So the end comes from the reading side.
 */
static void
write_failed(struct link *l, const struct err *err)
{
	if (is_held(l) || l->state == FINISHING) {
		down(l, err, false);
		return;
	}
	l->broken = xmalloc(sizeof(*l->broken));
	*l->broken = *err;
	buf_release(&l->out);
	set_timer(l, 0);
	update_poll(l);
}

static void
write_some(struct link *l)
{
	struct err err = ERR_INIT;
	enum wire_result r;

	if (l->broken)
		return;
	r = wire_write(&l->wire, &l->out, &err);
	if (r == WIRE_FAILED || r == WIRE_CLOSED) {
		write_failed(l, &err);
		loop_again(l->hub->loop);
	} else if (r == WIRE_DONE) {
		drained(l);
	} else {
		update_poll(l);
	}
}

/* Links that become dirty meanwhile wait for the next round. */
static void
write_all(struct loop_hook *hook)
{
	struct hub *hub = LIST_ENTRY(hook, struct hub, hook);
	struct list todo, *node;

	if (list_is_empty(&hub->dirty))
		return;
	list_add(&hub->dirty, &todo);
	list_del(&hub->dirty);
	while (node = list_first(&todo), node) {
		struct link *l = LIST_ENTRY(node, struct link, dirty);

		list_del(node);
		write_some(l);
	}
}

/* Connecting. */

static void
note_up(const struct link *l)
{
	const struct setup *s = l->setup;

	log_debug(NULL, "link up", "peer=%s address=\"%s\" tls=%s", l->name,
	    l->peer, l->wire.tls ? tls_version(l->wire.tls) : "no");
	if (s && l->wire.tls && !s->peer.verify && !s->peer.has_pin)
		log_info(NULL, "certificate not checked", "peer=%s", l->name);
}

static void
note_peer(struct link *l)
{
	struct sockaddr_storage ss;
	struct sockaddr *sa = (struct sockaddr *)&ss;
	socklen_t len = sizeof(ss);
	char text[ADDRESS_TEXT_MAX + 1];

	if (getpeername(l->wire.fd, sa, &len) < 0)
		return;
	address_format(sa, text);
	snprintf(l->peer, sizeof(l->peer), "%s %u", text, address_port(sa));
	len = sizeof(ss);
	if (getsockname(l->wire.fd, sa, &len) == 0)
		l->local_port = address_port(sa);
}

static void
up(struct link *l)
{
	struct link_event ev = { .type = LINK_UP };

	l->state = UP;
	l->wire.read_wants = WIRE_READABLE;
	timer_cancel(&l->timer);
	note_up(l);
	setup_free(&l->setup);
	if (l->out.len > 0)
		mark_dirty(l);
	/* The first bytes may have come with the end of the handshake. */
	if (wire_has_pending(&l->wire))
		set_timer(l, 0);
	update_poll(l);
	l->fn(l, &ev, l->arg);
}

static void
shake(struct link *l)
{
	struct err err = ERR_INIT;
	bool permanent;

	switch (tls_handshake(l->wire.tls, &err, &permanent)) {
	case TLS_DONE:
		up(l);
		break;
	case TLS_WANT_READ:
		l->wire.read_wants = WIRE_READABLE;
		update_poll(l);
		break;
	case TLS_WANT_WRITE:
		l->wire.read_wants = WIRE_WRITABLE;
		update_poll(l);
		break;
	default:
		down(l, &err, permanent);
	}
}

static void
begin_upgrade(struct link *l)
{
	l->wire.tls = l->upgrade;
	l->upgrade = NULL;
	l->state = SHAKING;
	timer_cancel(&l->timer);
	shake(l);
}

void
link_start_tls(struct link *l, struct tls_server *s)
{
	if (l->state != UP || l->broken || l->wire.tls || l->upgrade)
		return;
	l->upgrade = tls_accept(s, l->name, l->wire.fd);
	if (l->wire.write_wants == 0)
		mark_dirty(l); /* even if there is nothing to write */
	update_poll(l);
}

static void
start_tls(struct link *l)
{
	struct err err = ERR_INIT;
	struct tls_context *c =
	    tls_context(&l->hub->contexts, l->setup->ca_file, &err);

	if (!c) {
		down(l, &err, false);
		return;
	}
	l->state = SHAKING;
	l->wire.tls = tls_new(c, &l->setup->peer, l->wire.fd);
	if (l->wire.tls) {
		shake(l);
		return;
	}
	err_set(&err, ERR_BAD_INPUT, "%s: the client certificate is damaged",
	    l->name);
	down(l, &err, true);
}

static void
on_dialled(const struct dial_result *r, void *arg)
{
	struct link *l = arg;
	struct err err = ERR_INIT;

	dial_close(&l->dial);
	if (r->fd < 0) {
		down(l, &r->err, r->permanent);
		return;
	}
	if (uv_poll_init(loop_uv(l->hub->loop), &l->poll, r->fd) != 0) {
		close(r->fd);
		err_set(&err, ERR_INTERNAL, "%s: cannot watch the connection",
		    l->name);
		down(l, &err, false);
		return;
	}
	l->wire.fd = r->fd;
	l->poll.data = l;
	l->has_handle = true;
	note_peer(l);
	if (l->setup->tls)
		start_tls(l);
	else
		up(l);
}

static void
deadline_passed(struct link *l)
{
	const struct setup *s = l->setup;
	struct err err = ERR_INIT;

	if (s->bad.kind != ERR_NONE) {
		err = s->bad;
		down(l, &err, true);
		return;
	}
	err_set(&err, ERR_TIMEOUT, "%s: no answer within %g s while %s",
	    l->name, (double)s->connect_ms / 1000,
	    l->dial ? dial_stage(l->dial) : "agreeing on TLS");
	down(l, &err, false);
}

/* What libuv and the clock call. */

static void
on_timer(struct timer *t)
{
	struct link *l = TIMER_OWNER(t, struct link, timer);
	struct err none = ERR_INIT;

	if (l->setup)
		deadline_passed(l);
	else if (l->state == FINISHING)
		down(l, &none, false);
	else if (!is_held(l))
		read_some(l);
	else if (l->broken)
		down(l, l->broken, false);
}

static void
on_ready(struct link *l, int events)
{
	if (events & l->wire.write_wants) {
		l->wire.write_wants = 0;
		mark_dirty(l);
	}
	if (!is_held(l) && (events & l->wire.read_wants))
		read_some(l);
}

/*
 * The peer has reset the connection while we are not reading: nobody would
 * take what is left, and libuv no longer watches.
 */
static void
lost_while_paused(struct link *l)
{
	struct err err = ERR_INIT;
	int errnum = 0;
	socklen_t len = sizeof(errnum);

	(void)getsockopt(l->wire.fd, SOL_SOCKET, SO_ERROR, &errnum, &len);
	err_set(&err, ERR_UNREACHABLE, "%s: %s", l->name,
	    strerror(errnum ? errnum : ECONNRESET));
	down(l, &err, false);
}

static void
on_poll(uv_poll_t *h, int status, int events)
{
	struct link *l = h->data;

	loop_enter(l->hub->loop);
	if (status < 0) {
		/* libuv stops at an error; the next call says which one. */
		l->polled = 0;
		events = WIRE_READABLE | WIRE_WRITABLE;
	}
	if (l->state == SHAKING)
		shake(l);
	else if (status < 0 && is_held(l))
		lost_while_paused(l);
	else
		on_ready(l, events);
	update_poll(l);
}

/* The hub. */

static void
hub_destroy(struct loop_share *share)
{
	struct hub *hub = LIST_ENTRY(share, struct hub, share);

	loop_hook_del(&hub->hook);
	tls_context_free(&hub->contexts);
	free(hub);
}

static struct hub *
hub_of(struct loop *loop)
{
	struct loop_share **share = loop_links(loop);
	struct hub *hub;

	if (*share)
		return LIST_ENTRY(*share, struct hub, share);
	hub = xmalloc(sizeof(*hub));
	hub->share.destroy = hub_destroy;
	hub->loop = loop;
	hub->contexts = NULL;
	list_init(&hub->dirty);
	loop_hook_add(loop, &hub->hook, LOOP_RANK_WRITE, write_all);
	*share = &hub->share;
	return hub;
}

static char *
name_new(const char *host, uint16_t port)
{
	size_t size = strlen(host) + sizeof(":65535");
	char *name = xmalloc(size);

	snprintf(name, size, "%s:%u", host, port);
	return name;
}

static struct setup *
setup_new(const struct link_params *p)
{
	struct setup *s = xcalloc(1, sizeof(*s) + p->host.len + 1);

	if (p->host.len)
		memcpy(s->host, p->host.p, p->host.len);
	s->tls = p->tls;
	s->ca_file = p->ca_file;
	s->connect_ms = p->connect_ms ? p->connect_ms : CONNECT_MS;
	s->peer = (struct tls_peer){
		.host = str_of(s->host, p->host.len),
		.port = p->port,
		.verify = p->verify,
		.has_pin = p->pin.len > 0,
	};
	if (secret_set(&s->identity, p->identity) < 0)
		err_set(&s->bad, ERR_BAD_INPUT,
		    "%s:%u: the client certificate is too long", s->host,
		    p->port);
	s->peer.identity = secret_str(&s->identity);
	if (s->peer.has_pin && !tls_parse_pin(p->pin, s->peer.pin))
		err_set(&s->bad, ERR_BAD_INPUT,
		    "%s:%u: the pin is not a SHA-256 fingerprint", s->host,
		    p->port);
	return s;
}

static void
start(struct link *l, const struct link_params *p)
{
	struct dial_target to = {
		.host = p->host,
		.port = p->port,
		.private_ok = p->private_ok,
		.source = p->source,
	};

	if (l->setup->bad.kind != ERR_NONE) {
		set_timer(l, 0);
		return;
	}
	set_timer(l, l->setup->connect_ms);
	l->dial = dial_new(l->hub->loop, &to, on_dialled, l);
}

struct link *
link_open(
    struct loop *loop, const struct link_params *p, link_fn *fn, void *arg)
{
	struct link *l = xcalloc(1, sizeof(*l));

	l->hub = hub_of(loop);
	l->fn = fn;
	l->arg = arg;
	l->owned = true;
	l->setup = setup_new(p);
	l->name = name_new(l->setup->host, p->port);
	wire_init(&l->wire, l->name);
	buf_init(&l->out, p->out_max ? p->out_max : OUT_MAX_BYTES);
	list_init(&l->dirty);
	timer_init(&l->timer, on_timer);
	start(l, p);
	return l;
}

struct link *
link_accept(struct loop *loop, int fd, const char *name, size_t out_max)
{
	struct link *l = xcalloc(1, sizeof(*l));

	if (uv_poll_init(loop_uv(loop), &l->poll, fd) != 0) {
		(void)close(fd);
		free(l);
		return NULL;
	}
	l->hub = hub_of(loop);
	l->owned = l->has_handle = true;
	l->poll.data = l;
	l->state = UP;
	l->name = xstrdup(name);
	wire_init(&l->wire, l->name);
	l->wire.fd = fd;
	buf_init(&l->out, out_max ? out_max : OUT_MAX_BYTES);
	list_init(&l->dirty);
	timer_init(&l->timer, on_timer);
	note_peer(l);
	update_poll(l);
	return l;
}

void
link_attach(struct link *l, link_fn *fn, void *arg)
{
	l->fn = fn;
	l->arg = arg;
}

void
link_close(struct link **lp)
{
	struct link *l = *lp;

	*lp = NULL;
	if (!l)
		return;
	l->fn = NULL;
	l->owned = false;
	end(l);
	free_if_unused(l);
}

void
link_finish(struct link **lp)
{
	struct link *l = *lp;

	if (!l || l->state != UP || l->broken) {
		link_close(lp);
		return;
	}
	*lp = NULL;
	l->fn = NULL;
	l->owned = false;
	l->paused = false;
	tls_free(&l->upgrade);
	l->state = FINISHING;
	set_timer(l, LINK_FINISH_MS);
	if (l->wire.write_wants == 0)
		mark_dirty(l); /* ends the output even if it is empty */
	update_poll(l);
}

int
link_write(struct link *l, const void *data, size_t len)
{
	if (l->state == OVER || l->broken)
		return 0;
	if (len > l->out.max - l->out.len)
		return -1;
	buf_add(&l->out, data, len);
	if (l->state == UP && l->wire.write_wants == 0 && len > 0)
		mark_dirty(l);
	return 0;
}

size_t
link_queued(const struct link *l)
{
	return l->out.len;
}

void
link_pause(struct link *l, bool paused)
{
	l->paused = paused;
	if (l->state != UP)
		return;
	if (!paused && wire_has_pending(&l->wire))
		set_timer(l, 0);
	update_poll(l);
}

struct str
link_peer(const struct link *l)
{
	return str_c(l->peer);
}

/* The port sorts out nearly all without asking the system. */
bool
link_is_between(const struct link *l, const struct sockaddr *local,
    const struct sockaddr *peer)
{
	struct sockaddr_storage ss;
	struct sockaddr *sa = (struct sockaddr *)&ss;
	socklen_t here = sizeof(ss), there = sizeof(ss);

	return l->local_port == address_port(local) && l->wire.fd >= 0 &&
	    getsockname(l->wire.fd, sa, &here) == 0 && address_eq(sa, local) &&
	    getpeername(l->wire.fd, sa, &there) == 0 && address_eq(sa, peer);
}

bool
link_is_tls(const struct link *l)
{
	return l->wire.tls != NULL;
}
