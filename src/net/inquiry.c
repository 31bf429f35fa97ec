#include "net/inquiry.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <uv.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/xalloc.h"
#include "net/address.h"
#include "net/loop.h"

enum { BACKLOG = 128 };

struct inquiry_desk {
	struct loop *loop;
	inquiry_fn *fn; /* NULL: closed */
	void *arg;
	uv_tcp_t listener;
	bool listening; /* the handle exists, perhaps closing */
	struct list callers;
	size_t ncallers; /* whose handles exist */
};

struct caller {
	struct list node;
	struct inquiry_desk *desk;
	uv_tcp_t stream;
	uv_write_t write;
	struct timer deadline;
	struct buf answer;
	size_t len;
	char line[INQUIRY_LINE_MAX];
};

#define CALLER(n) LIST_ENTRY(n, struct caller, node)

static void
free_if_unused(struct inquiry_desk *d)
{
	if (!d->fn && !d->listening && d->ncallers == 0)
		free(d);
}

/* ---- one who asks ----------------------------------------------------- */

static void
caller_gone(uv_handle_t *h)
{
	struct caller *c = h->data;
	struct inquiry_desk *d = c->desk;

	buf_release(&c->answer);
	free(c);
	d->ncallers--;
	free_if_unused(d);
}

static void
hang_up(struct caller *c)
{
	if (!list_is_linked(&c->node))
		return;
	list_del(&c->node);
	timer_cancel(&c->deadline);
	uv_close((uv_handle_t *)&c->stream, caller_gone);
}

static void
on_deadline(struct timer *t)
{
	hang_up(TIMER_OWNER(t, struct caller, deadline));
}

static void
on_written(uv_write_t *req, int status)
{
	struct caller *c = req->data;

	(void)status;
	loop_enter(c->desk->loop);
	hang_up(c);
}

static void
ask(struct caller *c, struct str line)
{
	struct sockaddr_storage local, peer;
	struct sockaddr *sa_local = (struct sockaddr *)&local;
	struct sockaddr *sa_peer = (struct sockaddr *)&peer;
	int nlocal = sizeof(local), npeer = sizeof(peer);

	if (uv_tcp_getsockname(&c->stream, sa_local, &nlocal) == 0 &&
	    uv_tcp_getpeername(&c->stream, sa_peer, &npeer) == 0)
		c->desk->fn(line, sa_local, sa_peer, &c->answer, c->desk->arg);
}

static void
answer(struct caller *c, struct str line)
{
	uv_buf_t out;

	uv_read_stop((uv_stream_t *)&c->stream);
	ask(c, line);
	out = uv_buf_init(c->answer.p, (unsigned)c->answer.len);
	c->write.data = c;
	if (c->answer.len == 0 ||
	    uv_write(
	        &c->write, (uv_stream_t *)&c->stream, &out, 1, on_written) != 0)
		hang_up(c);
}

static void
give_room(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
	struct caller *c = h->data;

	(void)suggested;
	*out =
	    uv_buf_init(c->line + c->len, (unsigned)(sizeof(c->line) - c->len));
}

static void
on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct caller *c = stream->data;
	struct str line;
	ptrdiff_t lf;

	(void)buf;
	loop_enter(c->desk->loop);
	if (n < 0) {
		hang_up(c);
		return;
	}
	c->len += (size_t)n;
	line = str_of(c->line, c->len);
	lf = str_find(line, '\n');
	if (lf >= 0)
		answer(c, str_trim(str_head(line, (size_t)lf)));
	else if (c->len == sizeof(c->line))
		hang_up(c);
}

/* ---- the desk --------------------------------------------------------- */

static void
on_caller(uv_stream_t *listener, int status)
{
	struct inquiry_desk *d = listener->data;
	struct clock *clock = loop_clock(d->loop);
	struct caller *c;

	loop_enter(d->loop);
	if (status < 0)
		return;
	c = xcalloc(1, sizeof(*c));
	c->desk = d;
	uv_tcp_init(loop_uv(d->loop), &c->stream);
	c->stream.data = c;
	buf_init(&c->answer, INQUIRY_ANSWER_MAX);
	timer_init(&c->deadline, on_deadline);
	timer_set(&c->deadline, clock, clock->at + INQUIRY_MS);
	list_add(&d->callers, &c->node);
	d->ncallers++;
	/* Accepted in any case: who is not stays in the queue of the system. */
	if (uv_accept(listener, (uv_stream_t *)&c->stream) != 0 ||
	    d->ncallers > INQUIRY_CONNECTIONS_MAX ||
	    uv_read_start((uv_stream_t *)&c->stream, give_room, on_bytes) != 0)
		hang_up(c);
}

static void
listener_gone(uv_handle_t *h)
{
	struct inquiry_desk *d = h->data;

	d->listening = false;
	free_if_unused(d);
}

static int
listen_at(struct inquiry_desk *d, const char *address, uint16_t port)
{
	struct sockaddr_storage ss = { 0 };
	void *any = &ss;
	int rc;

	if (uv_ip4_addr(address, port, any) != 0) {
		rc = uv_ip6_addr(address, port, any);
		if (rc != 0)
			return rc;
	}
	rc = uv_tcp_bind(&d->listener, any, 0);
	return rc != 0
	    ? rc
	    : uv_listen((uv_stream_t *)&d->listener, BACKLOG, on_caller);
}

struct inquiry_desk *
inquiry_open(struct loop *loop, struct str address, uint16_t port,
    inquiry_fn *fn, void *arg, struct err *err)
{
	struct inquiry_desk *d = xcalloc(1, sizeof(*d));
	char *digits = str_dup(address);
	int rc;

	d->loop = loop;
	d->fn = fn;
	d->arg = arg;
	list_init(&d->callers);
	uv_tcp_init(loop_uv(loop), &d->listener);
	d->listener.data = d;
	d->listening = true;
	rc = listen_at(d, digits, port);
	free(digits);
	if (rc == 0)
		return d;
	err_set(err, ERR_UNREACHABLE, STR_FMT " port %u: %s", STR_ARG(address),
	    (unsigned)port, uv_strerror(rc));
	inquiry_close(&d);
	return NULL;
}

void
inquiry_close(struct inquiry_desk **dp)
{
	struct inquiry_desk *d = *dp;
	struct list *n;

	*dp = NULL;
	if (!d)
		return;
	d->fn = NULL;
	for (n = list_first(&d->callers); n; n = list_first(&d->callers))
		hang_up(CALLER(n));
	uv_close((uv_handle_t *)&d->listener, listener_gone);
}
