/*
 * From a host name to a connected TCP socket.
 *
 *	begin -> look up -> attempt, 250 ms, attempt, ... -> first that connects
 *
 * RFC 8305 section 4	families take turns, beginning with the one that the
 *			resolver put first (RFC 6724 has sorted them)
 * RFC 8305 section 5	a new attempt after 250 ms, or when one has failed
 *
 * Both families are asked for in one lookup, so there is no Resolution Delay
 * (section 3) to wait for.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "lib/xalloc.h"

#include "net/address.h"
#include "net/dial.h"
#include "net/loop.h"

enum { ATTEMPT_DELAY_MS = 250 };

struct attempt {
	uv_poll_t poll;
	struct dial *dial;
	int fd; /* -1: over */
};

struct dial {
	struct loop *loop;
	dial_fn *fn; /* NULL: closed or over */
	void *arg;
	char *host;
	uint16_t port;
	bool private_ok;
	struct sockaddr_storage source; /* family 0: none */
	struct timer timer;             /* to begin; the next attempt */
	uv_getaddrinfo_t lookup;
	bool looking;
	struct sockaddr_storage addr[DIAL_ADDRESSES_MAX];
	size_t naddr, nstarted;
	struct attempt attempt[DIAL_ADDRESSES_MAX];
	size_t nopen; /* attempts whose handle still exists */
	size_t nlive; /* attempts that may still connect */
	int errnum;   /* the most telling failure so far, or 0 */
	bool owned;   /* somebody will still dial_close() */
};

static void
free_if_unused(struct dial *d)
{
	if (d->owned || d->looking || d->nopen > 0)
		return;
	free(d->host);
	free(d);
}

static void
attempt_gone(uv_handle_t *h)
{
	struct dial *d = ((struct attempt *)h->data)->dial;

	d->nopen--;
	free_if_unused(d);
}

/* The descriptor is the caller's from here on. */
static int
end_attempt(struct attempt *a)
{
	int fd = a->fd;

	a->fd = -1;
	a->dial->nlive--;
	uv_close((uv_handle_t *)&a->poll, attempt_gone);
	return fd;
}

static void
stop_everything(struct dial *d)
{
	timer_cancel(&d->timer);
	if (d->looking)
		(void)uv_cancel((uv_req_t *)&d->lookup); /* may be too late */
	for (size_t i = 0; i < d->naddr; i++)
		if (d->attempt[i].fd >= 0)
			close(end_attempt(&d->attempt[i]));
}

/* Last thing done with d: the callback may close it. */
static void
tell(struct dial *d, const struct dial_result *r)
{
	dial_fn *fn = d->fn;

	d->fn = NULL;
	stop_everything(d);
	fn(r, d->arg);
}

static void
fail(struct dial *d, bool permanent, const struct err *err)
{
	struct dial_result r = {
		.fd = -1, .err = *err, .permanent = permanent
	};

	tell(d, &r);
}

static void
fail_all_tried(struct dial *d)
{
	struct err err = ERR_INIT;
	enum err_kind kind =
	    d->errnum == ETIMEDOUT ? ERR_TIMEOUT : ERR_UNREACHABLE;

	if (d->naddr > 1)
		err_set(&err, kind, "%s:%u: %s (%zu addresses tried)", d->host,
		    d->port, strerror(d->errnum), d->naddr);
	else
		err_set(&err, kind, "%s:%u: %s", d->host, d->port,
		    strerror(d->errnum));
	fail(d, false, &err);
}

/*
 * That we have no IPv6 says little when the IPv4 address has refused us, so
 * such an error gives way to any other.
 */
static void
note_failure(struct dial *d, int errnum)
{
	bool ours = d->errnum == ENETUNREACH || d->errnum == EADDRNOTAVAIL ||
	    d->errnum == EAFNOSUPPORT;

	if (d->errnum == 0 || ours)
		d->errnum = errnum;
}

static void start_next(struct dial *d);

static void
on_connected(struct dial *d, struct attempt *a)
{
	struct dial_result r = { .fd = end_attempt(a) };

	tell(d, &r);
}

/* libuv reports a failed connect as UV_EBADF; the socket knows better. */
static void
on_attempt(uv_poll_t *h, int status, int events)
{
	struct attempt *a = h->data;
	struct dial *d = a->dial;
	socklen_t len = sizeof(int);
	int errnum = 0;

	(void)events;
	loop_enter(d->loop);
	if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &errnum, &len) < 0)
		errnum = errno;
	if (errnum == 0 && status < 0)
		errnum = ECONNREFUSED;
	if (errnum == 0) {
		on_connected(d, a);
		return;
	}
	note_failure(d, errnum);
	close(end_attempt(a));
	start_next(d);
}

/* The port is chosen at connect(), for that peer: there are many more so. */
static int
bind_source(int fd, const struct sockaddr_storage *from)
{
	bool v6 = from->ss_family == AF_INET6;
	const void *sa = from;
	int on = 1;

	(void)setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
	    v6 ? IPV6_FREEBIND : IP_FREEBIND, &on, sizeof(on));
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, sa, (socklen_t)address_len(sa));
}

/* A descriptor on its way to be connected; -1, errno set. */
static int
start_connect(
    const struct sockaddr_storage *to, const struct sockaddr_storage *from)
{
	const void *sa = to;
	int on = 1;
	int fd = socket(to->ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if ((from->ss_family != to->ss_family || bind_source(fd, from) == 0) &&
	    (connect(fd, sa, (socklen_t)address_len(sa)) == 0 ||
	        errno == EINPROGRESS))
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

static int
start_attempt(struct dial *d, size_t i)
{
	struct attempt *a = &d->attempt[i];
	int fd = start_connect(&d->addr[i], &d->source);
	int rc;

	if (fd < 0)
		return -1;
	rc = uv_poll_init(loop_uv(d->loop), &a->poll, fd);
	if (rc != 0) {
		close(fd);
		errno = -rc;
		return -1;
	}
	a->fd = fd;
	a->poll.data = a;
	d->nopen++;
	d->nlive++;
	uv_poll_start(&a->poll, UV_WRITABLE, on_attempt);
	return 0;
}

static void
start_next(struct dial *d)
{
	while (d->nstarted < d->naddr) {
		if (start_attempt(d, d->nstarted++) < 0) {
			note_failure(d, errno);
			continue;
		}
		if (d->nstarted < d->naddr)
			timer_set(&d->timer, loop_clock(d->loop),
			    loop_clock(d->loop)->at + ATTEMPT_DELAY_MS);
		return;
	}
	if (d->nlive == 0)
		fail_all_tried(d);
}

static void
on_delay_over(struct timer *t)
{
	start_next(TIMER_OWNER(t, struct dial, timer));
}

/* The next address of that family at or after *at, which moves behind it. */
static const struct addrinfo *
next_of_family(const struct addrinfo **at, int family, bool same)
{
	const struct addrinfo *ai;

	for (; *at; *at = (*at)->ai_next) {
		ai = *at;
		if ((ai->ai_family == family) != same ||
		    (ai->ai_family != AF_INET && ai->ai_family != AF_INET6))
			continue;
		*at = ai->ai_next;
		return ai;
	}
	return NULL;
}

static void
keep_address(struct dial *d, const struct addrinfo *ai)
{
	struct sockaddr_storage *ss = &d->addr[d->naddr];

	if (d->naddr == DIAL_ADDRESSES_MAX)
		return;
	if (!d->private_ok && address_is_private(ai->ai_addr))
		return;
	memcpy(ss, ai->ai_addr, ai->ai_addrlen);
	address_set_port((struct sockaddr *)ss, d->port);
	d->attempt[d->naddr++] = (struct attempt){ .dial = d, .fd = -1 };
}

static void
keep_addresses(struct dial *d, const struct addrinfo *list)
{
	const struct addrinfo *first = list, *other = list, *ai;

	while (first || other) {
		ai = next_of_family(&first, list->ai_family, true);
		if (ai)
			keep_address(d, ai);
		ai = next_of_family(&other, list->ai_family, false);
		if (ai)
			keep_address(d, ai);
	}
}

static void
fail_private(struct dial *d, const struct addrinfo *list)
{
	struct err err = ERR_INIT;
	char text[ADDRESS_TEXT_MAX + 1];

	address_format(list->ai_addr, text);
	err_set(&err, ERR_DENIED,
	    "%s is at %s, a private address that may not be used here", d->host,
	    text);
	fail(d, true, &err);
}

static void
try_addresses(struct dial *d, const struct addrinfo *list)
{
	keep_addresses(d, list);
	if (d->naddr == 0)
		fail_private(d, list);
	else
		start_next(d);
}

static void
fail_lookup(struct dial *d, int rc)
{
	struct err err = ERR_INIT;

	if (rc == UV_EAI_NONAME || rc == UV_EAI_NODATA)
		err_set(&err, ERR_UNREACHABLE, "%s: no such host", d->host);
	else
		err_set(&err, ERR_UNREACHABLE, "%s: looking up the name: %s",
		    d->host, uv_strerror(rc));
	fail(d, false, &err);
}

static void
on_lookup(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct dial *d = req->data;

	loop_enter(d->loop);
	d->looking = false;
	if (!d->fn)
		free_if_unused(d);
	else if (status != 0)
		fail_lookup(d, status);
	else
		try_addresses(d, list);
	uv_freeaddrinfo(list);
}

/* An address in digits costs no thread and no turn. */
static bool
try_numeric(struct dial *d)
{
	struct addrinfo *list;
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM };

	if (getaddrinfo(d->host, NULL, &hints, &list) != 0)
		return false;
	try_addresses(d, list);
	freeaddrinfo(list);
	return true;
}

/* No AI_ADDRCONFIG: it hides ::1 and lets a stale interface decide. */
static void
begin(struct timer *t)
{
	struct dial *d = TIMER_OWNER(t, struct dial, timer);
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int rc;

	timer_init(&d->timer, on_delay_over);
	if (try_numeric(d))
		return;
	d->lookup.data = d;
	rc = uv_getaddrinfo(
	    loop_uv(d->loop), &d->lookup, on_lookup, d->host, NULL, &hints);
	if (rc != 0)
		fail_lookup(d, rc);
	else
		d->looking = true;
}

static void
refuse_host(struct timer *t)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_BAD_INPUT, "not a host name");
	fail(TIMER_OWNER(t, struct dial, timer), true, &err);
}

static bool
is_host(struct str host)
{
	if (host.len == 0 || host.len > DIAL_HOST_MAX)
		return false;
	for (size_t i = 0; i < host.len; i++)
		if ((unsigned char)host.p[i] <= ' ' || host.p[i] == 0x7f)
			return false;
	return true;
}

struct dial *
dial_new(
    struct loop *loop, const struct dial_target *to, dial_fn *fn, void *arg)
{
	struct dial *d = xcalloc(1, sizeof(*d));
	bool good = is_host(to->host);

	d->loop = loop;
	d->fn = fn;
	d->arg = arg;
	d->host = good ? str_dup(to->host) : NULL;
	d->port = to->port;
	d->private_ok = to->private_ok;
	if (to->source)
		d->source = *to->source;
	d->owned = true;
	timer_init(&d->timer, good ? begin : refuse_host);
	timer_set(&d->timer, loop_clock(loop), loop_clock(loop)->at);
	return d;
}

void
dial_close(struct dial **dp)
{
	struct dial *d = *dp;

	*dp = NULL;
	if (!d)
		return;
	d->fn = NULL;
	d->owned = false;
	stop_everything(d);
	free_if_unused(d);
}

const char *
dial_stage(const struct dial *d)
{
	return d->naddr > 0 ? "connecting" : "looking up the name";
}
