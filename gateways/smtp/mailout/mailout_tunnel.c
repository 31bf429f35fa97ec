/*
 * TLS from the first byte (RFC 8314 3.3).
 *
 *	libesmtp <-- socket pair --> thread <-- TLS --> server
 *
 * Each direction has one piece on its way: what the one side does not take is
 * not read from the other, so that libesmtp sees a server that does not read
 * as it would without a tunnel.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/xalloc.h"
#include "net/tls.h"
#include "smtp/mailout/mailout_socket.h"
#include "smtp/mailout/mailout_tunnel.h"

enum {
	PIECE_BYTES = 16384,
	LINGER_MS = 1000, /* for what is left when libesmtp has gone */
};

/* Bytes on their way in one direction. */
struct piece {
	char bytes[PIECE_BYTES];
	size_t from, to;
	bool is_over; /* nothing more comes from that side */
};

struct mailout_tunnel {
	pthread_t thread;
	struct tls_context *context;
	struct tls *tls;
	int fd, plain; /* the server, and our end of the pair */
	struct piece out, in;
	enum tls_result out_wants, in_wants;
	struct err err; /* of the thread, until it is joined */
};

/* ---- shaking hands ---------------------------------------------------- */

static int
wait_for(int fd, enum tls_result wants, int64_t until)
{
	struct pollfd p = { .fd = fd,
		.events = wants == TLS_WANT_WRITE ? POLLOUT : POLLIN };
	int64_t left = until - mailout_socket_now();

	return left > 0 ? mailout_socket_poll(&p, 1, (int)left) : 0;
}

static int
shake_hands(struct mailout_tunnel *t, const struct mail_submit *s,
    struct err *err, bool *is_broken)
{
	int64_t until = mailout_socket_now() + s->reply_ms;
	enum tls_result r;

	while (r = tls_handshake(t->tls, err, is_broken), r != TLS_DONE) {
		if (r != TLS_WANT_READ && r != TLS_WANT_WRITE)
			return -1;
		if (wait_for(t->fd, r, until) <= 0)
			return err_set(err, ERR_TIMEOUT,
			    "TLS: " STR_FMT ":%u does not answer",
			    STR_ARG(s->host), s->port);
	}
	return 0;
}

static int
secure(struct mailout_tunnel *t, const struct mail_submit *s, struct err *err,
    bool *is_broken)
{
	struct tls_peer peer = { .host = s->host,
		.port = s->port,
		.verify = s->verify,
		.has_pin = s->has_pin,
		.identity = STR_EMPTY };
	char *ca_file = s->ca_file.len ? str_dup(s->ca_file) : NULL;
	struct tls_context *c = tls_context(&t->context, ca_file, err);

	free(ca_file);
	*is_broken = !c;
	if (!c)
		return -1;
	memcpy(peer.pin, s->pin, TLS_PIN_BYTES);
	t->tls = tls_new(c, &peer, t->fd);
	return shake_hands(t, s, err, is_broken);
}

/* ---- passing on, in the thread ---------------------------------------- */

/* True: something has moved. */
static bool
read_plain(struct mailout_tunnel *t)
{
	struct piece *p = &t->out;
	ssize_t n;

	if (p->is_over || p->from < p->to)
		return false;
	n = read(t->plain, p->bytes, sizeof(p->bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	p->from = 0;
	p->to = n > 0 ? (size_t)n : 0;
	p->is_over = n <= 0;
	return true;
}

static bool
write_tls(struct mailout_tunnel *t)
{
	struct piece *p = &t->out;
	size_t n = 0;

	t->out_wants = TLS_DONE;
	if (p->from == p->to)
		return false;
	t->out_wants =
	    tls_write(t->tls, p->bytes + p->from, p->to - p->from, &n, &t->err);
	if (t->out_wants == TLS_DONE)
		p->from += n;
	return t->out_wants == TLS_DONE;
}

static bool
read_tls(struct mailout_tunnel *t)
{
	struct piece *p = &t->in;
	size_t n = 0;

	t->in_wants = TLS_DONE;
	if (p->is_over || p->from < p->to)
		return false;
	t->in_wants = tls_read(t->tls, p->bytes, sizeof(p->bytes), &n, &t->err);
	p->from = 0;
	p->to = t->in_wants == TLS_DONE ? n : 0;
	p->is_over = t->in_wants == TLS_CLOSED || t->in_wants == TLS_FAILED;
	return t->in_wants == TLS_DONE || p->is_over;
}

static bool
write_plain(struct mailout_tunnel *t)
{
	struct piece *p = &t->in;
	ssize_t n;

	if (p->from == p->to)
		return false;
	n = send(t->plain, p->bytes + p->from, p->to - p->from, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0)
		p->from = p->to; /* nobody reads it any more */
	else
		p->from += (size_t)n;
	return true;
}

static short
events_of(enum tls_result wants)
{
	return wants == TLS_WANT_READ ? POLLIN
	    : wants == TLS_WANT_WRITE ? POLLOUT
	                              : 0;
}

static short
plain_events(const struct mailout_tunnel *t)
{
	short events = 0;

	if (!t->out.is_over && t->out.from == t->out.to)
		events |= POLLIN;
	if (t->in.from < t->in.to)
		events |= POLLOUT;
	return events;
}

/*
 * -1: nothing moves any more, and nobody is there to wait for.  While libesmtp
 * is there it is the one who is patient.
 */
static int
wait_for_more(struct mailout_tunnel *t)
{
	struct pollfd p[2] = {
		{ .fd = t->fd,
		    .events = (short)(events_of(t->out_wants) |
		        events_of(t->in_wants)) },
		{ .fd = t->plain, .events = plain_events(t) },
	};

	if (t->out.is_over && p[1].events == 0)
		p[1].fd = -1; /* its end is no news */
	if (mailout_socket_poll(p, 2, t->out.is_over ? LINGER_MS : -1) <= 0)
		return -1;
	if (!(p[1].events & POLLIN) && p[1].revents & (POLLHUP | POLLERR))
		t->out.is_over = true;
	return 0;
}

static bool
is_over(const struct mailout_tunnel *t)
{
	bool failed = t->out_wants == TLS_CLOSED || t->out_wants == TLS_FAILED;

	return failed || (t->out.is_over && t->out.from == t->out.to) ||
	    (t->in.is_over && t->in.from == t->in.to);
}

static void *
pass_on(void *arg)
{
	struct mailout_tunnel *t = arg;
	bool moved;

	do {
		moved = read_plain(t);
		moved = write_tls(t) || moved;
		moved = read_tls(t) || moved;
		moved = write_plain(t) || moved;
	} while (!is_over(t) && (moved || wait_for_more(t) == 0));
	tls_finish(t->tls);
	(void)shutdown(t->plain, SHUT_RDWR); /* libesmtp sees the end */
	return NULL;
}

/* ---- beginning and end ------------------------------------------------ */

static void
release(struct mailout_tunnel *t)
{
	tls_free(&t->tls);
	tls_context_free(&t->context);
	(void)close(t->fd); /* said and heard all there was */
	if (t->plain >= 0)
		(void)close(t->plain);
	free(t);
}

static int
set_nonblocking(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK);
}

static int
start(struct mailout_tunnel *t, int *plain_out, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(
		    err, ERR_INTERNAL, "TLS: no socket: %s", strerror(errno));
	t->plain = pair[0];
	if (set_nonblocking(t->plain) < 0 ||
	    pthread_create(&t->thread, NULL, pass_on, t) != 0) {
		(void)close(pair[1]); /* empty */
		return err_set(err, ERR_INTERNAL, "TLS: no thread");
	}
	*plain_out = pair[1];
	return 0;
}

struct mailout_tunnel *
mailout_tunnel_new(const struct mail_submit *s, int fd, int *plain_out,
    struct err *err, bool *is_broken)
{
	struct mailout_tunnel *t = xcalloc(1, sizeof(*t));

	*is_broken = false;
	t->fd = fd;
	t->plain = -1;
	if (set_nonblocking(fd) == 0 && secure(t, s, err, is_broken) == 0 &&
	    start(t, plain_out, err) == 0)
		return t;
	release(t);
	return NULL;
}

void
mailout_tunnel_free(struct mailout_tunnel **tp, struct err *err)
{
	struct mailout_tunnel *t = *tp;

	*tp = NULL;
	if (!t)
		return;
	(void)pthread_join(t->thread, NULL);
	if (t->err.kind != ERR_NONE)
		*err = t->err;
	release(t);
}
