/*
 * When to connect where, how long to wait, what to write.
 *
 *	       step timer          addresses           up
 *	WAITING ------> RESOLVING ----------> DIALING ----> UP
 *	   ^                |                 |   ^ |        |
 *	   |                | failed     down |   +-+ next   | down
 *	   +----------------+-----------------+   address    |
 *	   +-------------------------------------------------+
 *
 * component_close() leads from a stream that is up to CLOSING, where what is
 * left is written; from elsewhere straight to the end.
 *
 * XEP-0114 1.6		the stream, in stream.c
 * XEP-0199 2.0		pings, here to ourselves: both servers loop them back
 */
#include <assert.h>
#include <netdb.h>
#include <sys/socket.h>

#include <uv.h>

#include "lib/backoff.h"
#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#include "net/loop.h"

#include "xmpp/component.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/stream.h"
#include "xmpp/xmlw.h"

enum {
	RESOLVE_MS = 15 * 1000,
	DIAL_MS = 5 * 1000,       /* per address */
	HANDSHAKE_MS = 15 * 1000, /* header and handshake */
	LAST_WORDS_MS = 2 * 1000, /* to end a stream properly */
	STABLE_MS = 30 * 1000, /* up so long: the next failure is a new one */
	REPLACED_MS = 60 * 1000,
	ADDRESSES_MAX = 16,
	PING_ID_BYTES = 8,
};

enum state { WAITING, RESOLVING, DIALING, UP, CLOSING };

struct lookup {
	uv_getaddrinfo_t req;
	struct component *c; /* NULL: nobody waits for it any more */
};

struct component {
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
	struct stream *stream;
	struct lookup *lookup;
	char *address[ADDRESSES_MAX];
	unsigned naddress, iaddress;

	struct backoff backoff;
	struct timer step;     /* the next attempt or address */
	struct timer deadline; /* of the state we are in */
	struct timer ping;     /* of silence, then of the answer */
	bool is_shaking_hands;
	bool ping_sent;
	int64_t heard_at;
	char ping_prefix[2 * PING_ID_BYTES + 1];
	uint64_t nping;

	struct buf out;
	struct xmlw w;
	bool writing; /* between begin and end */
	bool slow, slow_told;
	struct loop_hook flush;
	struct component_stats stats;
};

/* ---- the end of a stream, explained ----------------------------------- */

/* What an operator reads and does. */
static const struct {
	enum log_level level;
	const char *event, *advice;
} ends[] = {
	[COMPONENT_LOST] = { LOG_WARN, "xmpp server lost",
	    "it is tried again by itself" },
	[COMPONENT_NOT_AUTHORIZED] = { LOG_ERROR,
	    "xmpp server refused the secret",
	    "compare the secret of this gateway with component_secret "
	    "(Prosody) or password (ejabberd); ejabberd says the same when "
	    "the name is not under hosts of its ejabberd_service listener" },
	[COMPONENT_HOST_UNKNOWN] = { LOG_ERROR,
	    "xmpp server does not know the component",
	    "add it to the server (Prosody: a Component section of that name) "
	    "and reload it, or correct the title of the gateway section" },
	[COMPONENT_CONFLICT] = { LOG_ERROR,
	    "another connection holds the component name",
	    "end the other program; after a crash wait, or set "
	    "component_conflict_resolve = kick_old in Prosody; it must not "
	    "be the name of a virtual host either" },
	[COMPONENT_REPLACED] = { LOG_ERROR,
	    "another connection took over the component name",
	    "two programs use this name: end one of them" },
	[COMPONENT_STREAM_ERROR] = { LOG_ERROR, "xmpp server ended the stream",
	    "please report it if this comes again" },
};

/* ---- attempts --------------------------------------------------------- */

static void
forget_addresses(struct component *c)
{
	while (c->naddress > 0)
		free(c->address[--c->naddress]);
	c->iaddress = 0;
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
dispose(struct component *c)
{
	timer_cancel(&c->step);
	timer_cancel(&c->deadline);
	timer_cancel(&c->ping);
	loop_hook_del(&c->flush);
	forget_lookup(c);
	forget_addresses(c);
	stream_free(&c->stream);
	buf_release(&c->out);
	free(c->domain);
	free(c->host);
	free(c);
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

/* err: what the last address said, or why there are none. */
static void
dial_next(struct component *c, struct err *err)
{
	c->state = DIALING;
	c->is_shaking_hands = false;
	while (c->iaddress < c->naddress) {
		const char *address = c->address[c->iaddress++];

		log_debug(&c->log, "dialing", "address=%s", address);
		if (stream_dial(c->stream, address, c->port, err) < 0)
			continue;
		timer_set(&c->deadline, c->clock, c->clock->at + DIAL_MS);
		return;
	}
	is_over(c, COMPONENT_LOST, err);
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
	struct err err = ERR_INIT;

	if (c) {
		loop_enter(c->loop);
		c->lookup = NULL;
		timer_cancel(&c->deadline);
		keep_addresses(c, ai);
		err_set(&err, ERR_UNREACHABLE, "%s has no address: %s", c->host,
		    status ? uv_strerror(status) : "none came back");
		dial_next(c, &err);
	}
	uv_freeaddrinfo(ai);
	free(l);
}

static void
resolve(struct component *c)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct lookup *l = xcalloc(1, sizeof(*l));
	struct err err;
	int rc;

	c->state = RESOLVING;
	l->c = c;
	l->req.data = l;
	rc = uv_getaddrinfo(
	    loop_uv(c->loop), &l->req, on_resolved, c->host, NULL, &hints);
	if (rc != 0) {
		free(l);
		err_set(
		    &err, ERR_UNREACHABLE, "%s: %s", c->host, uv_strerror(rc));
		is_over(c, COMPONENT_LOST, &err);
		return;
	}
	c->lookup = l;
	timer_set(&c->deadline, c->clock, c->clock->at + RESOLVE_MS);
}

static void
on_step(struct timer *t)
{
	struct component *c = TIMER_OWNER(t, struct component, step);
	struct err err = ERR_INIT;

	if (c->state == DIALING)
		dial_next(c, &err);
	else
		resolve(c);
}

static void
on_deadline(struct timer *t)
{
	struct component *c = TIMER_OWNER(t, struct component, deadline);
	struct err err;

	if (c->state == RESOLVING) {
		forget_lookup(c);
		err_set(&err, ERR_TIMEOUT, "no answer from the resolver");
		is_over(c, COMPONENT_LOST, &err);
		return;
	}
	if (c->state == DIALING && !c->is_shaking_hands)
		err_set(&err, ERR_TIMEOUT, "no connection within %d s",
		    DIAL_MS / 1000);
	else if (c->state == DIALING)
		err_set(&err, ERR_TIMEOUT, "no handshake within %lld ms",
		    (long long)c->handshake_ms);
	else
		err_set(&err, ERR_TIMEOUT, "did not close an ended stream");
	stream_hang_up(c->stream, &err);
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
	struct err err;

	if (c->ping_sent && quiet_ms >= c->ping_timeout_ms) {
		err_set(&err, ERR_TIMEOUT,
		    "nothing came for %lld s, not even our own ping",
		    (long long)(quiet_ms / 1000));
		stream_hang_up(c->stream, &err);
		return;
	}
	if (!c->ping_sent && quiet_ms >= c->ping_ms) {
		c->ping_sent = true;
		c->heard_at = c->clock->at; /* the answer is awaited */
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

/* ---- what the stream tells -------------------------------------------- */

static void
on_opened(void *arg)
{
	struct component *c = arg;

	if (c->state != DIALING)
		return;
	c->is_shaking_hands = true;
	timer_set(&c->deadline, c->clock, c->clock->at + c->handshake_ms);
}

static void
on_up(void *arg)
{
	struct component *c = arg;

	if (c->state != DIALING)
		return;
	c->state = UP;
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
on_stanza(const struct stanza *s, void *arg)
{
	struct component *c = arg;

	if (c->state != UP)
		return;
	heard(c);
	if (is_own_ping(c, s))
		return;
	c->stats.nin++;
	/* Its head only: forms that come in hold passwords. */
	log_wire(&c->log, "<-",
	    "<" STR_FMT " from='" STR_FMT "' to='" STR_FMT "' type='" STR_FMT
	    "' id='" STR_FMT "'>",
	    STR_ARG(stanza_name(s)), STR_ARG(stanza_attr(s, "from")),
	    STR_ARG(stanza_attr(s, "to")), STR_ARG(stanza_attr(s, "type")),
	    STR_ARG(stanza_attr(s, "id")));
	c->ops.stanza(c, s, c->arg);
}

/* The server closes next; if it does not, we do. */
static void
on_ending(void *arg)
{
	struct component *c = arg;

	timer_set(&c->deadline, c->clock, c->clock->at + LAST_WORDS_MS);
}

static void
on_down(enum component_end why, const struct err *err, void *arg)
{
	struct component *c = arg;

	timer_cancel(&c->deadline);
	if (c->state == CLOSING)
		dispose(c);
	else if (c->state == DIALING && !c->is_shaking_hands &&
	    c->iaddress < c->naddress)
		timer_set(&c->step, c->clock, c->clock->at);
	else
		is_over(c, why, err);
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
	loop_again(c->loop); /* it may write to links whose hooks have run */
	c->ops.slow(c, c->slow, c->arg);
}

static void
flush(struct component *c)
{
	assert(!c->writing);
	if (c->out.len > 0) {
		stream_write(c->stream, &c->out);
		buf_trim(&c->out);
	}
	tell_slow(c);
}

static bool
may_write(const struct component *c)
{
	return c->state == UP || c->state == CLOSING;
}

static void
on_writable(void *arg)
{
	struct component *c = arg;

	if (may_write(c))
		flush(c);
}

static void
on_flush(struct loop_hook *h)
{
	struct component *c = TIMER_OWNER(h, struct component, flush);

	if (may_write(c))
		flush(c);
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
	log_wire(
	    &c->log, "->", STR_FMT, STR_ARG(str_skip(buf_str(&c->out), start)));
	c->stats.nout++;
	if (c->out.len > c->out_high)
		c->slow = true;
	return 0;
}

/* ---- life ------------------------------------------------------------- */

int
component_setup(unsigned ncomponents, struct err *err)
{
	return stream_setup(ncomponents, err);
}

static int64_t
or_default(int64_t n, int64_t def)
{
	return n ? n : def;
}

static void
new_stream(struct component *c, struct str secret)
{
	const struct stream_params p = {
		.domain = c->domain,
		.secret = secret,
		.silence_ms = c->ping_ms + c->ping_timeout_ms,
	};
	static const struct stream_ops ops = {
		.opened = on_opened,
		.up = on_up,
		.stanza = on_stanza,
		.ending = on_ending,
		.writable = on_writable,
		.down = on_down,
	};

	c->stream = stream_new(c->loop, &p, &ops, c);
}

struct component *
component_new(struct loop *loop, const struct component_params *p,
    const struct component_ops *ops, void *arg)
{
	struct component *c = xcalloc(1, sizeof(*c));
	size_t out_max = (size_t)or_default((int64_t)p->out_max, 32 << 20);

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
	new_stream(c, p->secret);
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

	*cp = NULL;
	if (!c)
		return;
	c->ops = nobody;
	if (c->state != UP) {
		dispose(c);
		return;
	}
	c->state = CLOSING;
	timer_cancel(&c->ping);
	(void)buf_add_str(&c->out, STR("</stream:stream>")); /* if it fits */
	timer_set(&c->deadline, c->clock, c->clock->at + LAST_WORDS_MS);
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
