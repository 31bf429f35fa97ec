/*
 * A connected socket, plain or with TLS.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/stream.h"
#include "net/tls.h"

void
stream_init(struct stream *s, const char *name)
{
	*s = (struct stream){
		.fd = -1, .name = name, .read_wants = STREAM_READABLE
	};
}

void
stream_close(struct stream *s)
{
	tls_free(&s->tls);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static enum stream_result
socket_err(const struct stream *s, struct err *err)
{
	if (errno == EAGAIN || errno == EINTR)
		return STREAM_BLOCKED;
	err_set(err, ERR_UNREACHABLE, "%s: %s", s->name, strerror(errno));
	return STREAM_FAILED;
}

/* If more waits in the socket, poll() says so again. */
static enum stream_result
read_plain(
    struct stream *s, char *to, size_t size, size_t *n_out, struct err *err)
{
	ssize_t n = recv(s->fd, to, size, 0);

	if (n < 0)
		return socket_err(s, err);
	*n_out = (size_t)n;
	return n > 0 ? STREAM_BLOCKED : STREAM_CLOSED;
}

static enum stream_result
result_of(enum tls_result r, int *wants)
{
	switch (r) {
	case TLS_DONE:
		return STREAM_DONE;
	case TLS_WANT_READ:
		*wants = STREAM_READABLE;
		return STREAM_BLOCKED;
	case TLS_WANT_WRITE:
		*wants = STREAM_WRITABLE;
		return STREAM_BLOCKED;
	case TLS_CLOSED:
		return STREAM_CLOSED;
	default:
		return STREAM_FAILED;
	}
}

/* Records are small: as many as are there make one read. */
static enum stream_result
read_tls(
    struct stream *s, char *to, size_t size, size_t *n_out, struct err *err)
{
	enum stream_result r;
	size_t n;

	s->read_wants = STREAM_READABLE;
	do {
		r = result_of(
		    tls_read(s->tls, to + *n_out, size - *n_out, &n, err),
		    &s->read_wants);
		if (r != STREAM_DONE)
			return r;
		*n_out += n;
		if (*n_out == size)
			return STREAM_DONE;
	} while (tls_has_pending(s->tls));
	return STREAM_BLOCKED;
}

enum stream_result
stream_read(
    struct stream *s, char *to, size_t size, size_t *n_out, struct err *err)
{
	*n_out = 0;
	return s->tls ? read_tls(s, to, size, n_out, err)
	              : read_plain(s, to, size, n_out, err);
}

static enum stream_result
write_plain(struct stream *s, struct buf *out, struct err *err)
{
	ssize_t n = send(s->fd, out->p, out->len, MSG_NOSIGNAL);

	if (n < 0 && socket_err(s, err) == STREAM_FAILED)
		return STREAM_FAILED;
	if (n > 0)
		buf_drop(out, (size_t)n);
	if (out->len == 0)
		return STREAM_DONE;
	s->write_wants = STREAM_WRITABLE;
	return STREAM_BLOCKED;
}

/* One record at a time, as long as the socket takes them. */
static enum stream_result
write_tls(struct stream *s, struct buf *out, struct err *err)
{
	enum stream_result r;
	size_t n;

	while (out->len > 0) {
		r = result_of(tls_write(s->tls, out->p, out->len, &n, err),
		    &s->write_wants);
		if (r != STREAM_DONE)
			return r;
		buf_drop(out, n);
	}
	return STREAM_DONE;
}

enum stream_result
stream_write(struct stream *s, struct buf *out, struct err *err)
{
	s->write_wants = 0;
	return s->tls ? write_tls(s, out, err) : write_plain(s, out, err);
}

bool
stream_has_pending(const struct stream *s)
{
	return s->tls && tls_has_pending(s->tls);
}

void
stream_end_output(struct stream *s)
{
	if (s->tls)
		tls_finish(s->tls);
	(void)shutdown(s->fd, SHUT_WR); /* fails if the peer was faster */
}
