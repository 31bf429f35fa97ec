/*
 * A connected socket, plain or with TLS.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tls.h"
#include "net/wire.h"

void
wire_init(struct wire *s, const char *name)
{
	*s = (struct wire){
		.fd = -1, .name = name, .read_wants = WIRE_READABLE
	};
}

void
wire_close(struct wire *s)
{
	tls_free(&s->tls);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static enum wire_result
socket_err(const struct wire *s, struct err *err)
{
	if (errno == EAGAIN || errno == EINTR)
		return WIRE_BLOCKED;
	err_set(err, ERR_UNREACHABLE, "%s: %s", s->name, strerror(errno));
	return WIRE_FAILED;
}

/* If more waits in the socket, poll() says so again. */
static enum wire_result
read_plain(
    struct wire *s, char *to, size_t size, size_t *n_out, struct err *err)
{
	ssize_t n = recv(s->fd, to, size, 0);

	if (n < 0)
		return socket_err(s, err);
	*n_out = (size_t)n;
	return n > 0 ? WIRE_BLOCKED : WIRE_CLOSED;
}

static enum wire_result
result_of(enum tls_result r, int *wants)
{
	switch (r) {
	case TLS_DONE:
		return WIRE_DONE;
	case TLS_WANT_READ:
		*wants = WIRE_READABLE;
		return WIRE_BLOCKED;
	case TLS_WANT_WRITE:
		*wants = WIRE_WRITABLE;
		return WIRE_BLOCKED;
	case TLS_CLOSED:
		return WIRE_CLOSED;
	default:
		return WIRE_FAILED;
	}
}

/* Records are small: as many as are there make one read. */
static enum wire_result
read_tls(struct wire *s, char *to, size_t size, size_t *n_out, struct err *err)
{
	enum wire_result r;
	size_t n;

	s->read_wants = WIRE_READABLE;
	do {
		r = result_of(
		    tls_read(s->tls, to + *n_out, size - *n_out, &n, err),
		    &s->read_wants);
		if (r != WIRE_DONE)
			return r;
		*n_out += n;
		if (*n_out == size)
			return WIRE_DONE;
	} while (tls_has_pending(s->tls));
	return WIRE_BLOCKED;
}

enum wire_result
wire_read(struct wire *s, char *to, size_t size, size_t *n_out, struct err *err)
{
	*n_out = 0;
	return s->tls ? read_tls(s, to, size, n_out, err)
	              : read_plain(s, to, size, n_out, err);
}

static enum wire_result
write_plain(struct wire *s, struct buf *out, struct err *err)
{
	ssize_t n = send(s->fd, out->p, out->len, MSG_NOSIGNAL);

	if (n < 0 && socket_err(s, err) == WIRE_FAILED)
		return WIRE_FAILED;
	if (n > 0)
		buf_drop(out, (size_t)n);
	if (out->len == 0)
		return WIRE_DONE;
	s->write_wants = WIRE_WRITABLE;
	return WIRE_BLOCKED;
}

/* One record at a time, as long as the socket takes them. */
static enum wire_result
write_tls(struct wire *s, struct buf *out, struct err *err)
{
	enum wire_result r;
	size_t n;

	while (out->len > 0) {
		r = result_of(tls_write(s->tls, out->p, out->len, &n, err),
		    &s->write_wants);
		if (r != WIRE_DONE)
			return r;
		buf_drop(out, n);
	}
	return WIRE_DONE;
}

enum wire_result
wire_write(struct wire *s, struct buf *out, struct err *err)
{
	s->write_wants = 0;
	return s->tls ? write_tls(s, out, err) : write_plain(s, out, err);
}

bool
wire_has_pending(const struct wire *s)
{
	return s->tls && tls_has_pending(s->tls);
}

void
wire_end_output(struct wire *s)
{
	if (s->tls)
		tls_finish(s->tls);
	(void)shutdown(s->fd, SHUT_WR); /* fails if the peer was faster */
}
