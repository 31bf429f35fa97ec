/*
 * The connection of libesmtp, under our hand.
 *
 * The three functions at the end are called by libesmtp, and by everybody else
 * in this process: what is not about the one connection goes on to the
 * system's.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/str.h"
#include "smtp/mailout/mailout_socket.h"
#include "smtp/mailout/mailout_tunnel.h"

enum { NONE = -1 };

static struct {
	const struct mail_submit *to; /* NULL: nothing is under our hand */
	int fd;
	struct mailout_tunnel *tunnel;
	struct err failure;
	bool is_broken, has_failed;
	bool is_resolving; /* modules of the system may connect to others */
} us = { .fd = NONE };

/* ---- the system's own ------------------------------------------------- */

/* POSIX has functions fit into a pointer to an object; C does not know. */
static void *
next_symbol(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (!symbol)
		abort();
	return symbol;
}

typedef int connect_fn(int, const struct sockaddr *, socklen_t);
typedef int poll_fn(struct pollfd *, nfds_t, int);
typedef int getaddrinfo_fn(
    const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int
real_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	connect_fn *fn;

	*(void **)(void *)&fn = next_symbol("connect");
	return fn(fd, addr, len);
}

int
mailout_socket_poll(struct pollfd *p, nfds_t n, int timeout_ms)
{
	poll_fn *fn;

	*(void **)(void *)&fn = next_symbol("poll");
	return fn(p, n, timeout_ms);
}

static int
real_getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
	getaddrinfo_fn *fn;

	*(void **)(void *)&fn = next_symbol("getaddrinfo");
	return fn(node, service, hints, res);
}

int64_t
mailout_socket_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- failing ---------------------------------------------------------- */

static void
note(const struct err *why, bool is_broken)
{
	if (us.failure.kind != ERR_NONE)
		return;
	us.failure = *why;
	us.is_broken = is_broken;
}

void
mailout_socket_fail(const struct err *why, bool is_broken)
{
	note(why, is_broken);
	us.has_failed = true;
	if (us.fd != NONE)
		(void)shutdown(us.fd, SHUT_RDWR); /* or it is gone already */
}

bool
mailout_socket_has_failed(void)
{
	return us.has_failed;
}

const struct err *
mailout_socket_failure(bool *is_broken)
{
	*is_broken = us.is_broken;
	return &us.failure;
}

void
mailout_socket_begin(const struct mail_submit *s)
{
	us.to = s;
	us.fd = NONE;
	us.failure = ERR_INIT;
	us.is_broken = us.has_failed = false;
}

void
mailout_socket_end(void)
{
	struct err err = ERR_INIT;

	mailout_tunnel_free(&us.tunnel, &err);
	if (err.kind != ERR_NONE)
		note(&err, false);
	us.to = NULL;
	us.fd = NONE;
}

/* ---- connecting ------------------------------------------------------- */

/* 0, or the reason in errno. */
static int
connect_in_time(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int rc, error = 0;
	socklen_t size = sizeof(error);

	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	if (real_connect(fd, addr, len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	rc = mailout_socket_poll(&p, 1, (int)us.to->connect_ms);
	if (rc == 0)
		errno = ETIMEDOUT;
	if (rc <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return -1;
	errno = error;
	return error == 0 ? 0 : -1;
}

/* With several addresses, the last says why. */
static int
connect_failed(void)
{
	int errnum = errno;

	us.failure = ERR_INIT;
	us.is_broken = false;
	err_set(&us.failure,
	    errnum == ETIMEDOUT ? ERR_TIMEOUT : ERR_UNREACHABLE,
	    "cannot connect to " STR_FMT ":%u: %s", STR_ARG(us.to->host),
	    us.to->port, strerror(errnum));
	errno = errnum;
	return -1;
}

/* libesmtp's descriptor becomes the end of a pair; ours is the connection. */
static int
put_tunnel(int fd)
{
	struct err err = ERR_INIT;
	bool is_broken;
	int plain, server = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (server < 0)
		return connect_failed();
	us.tunnel = mailout_tunnel_new(us.to, server, &plain, &err, &is_broken);
	if (!us.tunnel) {
		us.failure = err;
		us.is_broken = is_broken;
		errno = ECONNABORTED;
		return -1;
	}
	if (dup2(plain, fd) < 0)
		abort();    /* both are open */
	(void)close(plain); /* its copy stays */
	return 0;
}

static int
connect_session(int fd, const struct sockaddr *addr, socklen_t len)
{
	int one = 1;

	if (connect_in_time(fd, addr, len) < 0)
		return connect_failed();
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
	    sizeof(one)); /* slower without, but it works */
	if (us.to->tls == MAIL_TLS_IMPLICIT && put_tunnel(fd) < 0)
		return -1;
	us.failure = ERR_INIT; /* of addresses before */
	us.is_broken = false;
	us.fd = fd;
	return 0;
}

static int
resolve(const struct addrinfo *hints, struct addrinfo **res)
{
	struct addrinfo mine = *hints;
	char host[256], port[8];
	int rc;

	snprintf(host, sizeof(host), STR_FMT, STR_ARG(us.to->host));
	snprintf(port, sizeof(port), "%u", us.to->port);
	mine.ai_flags = AI_NUMERICSERV; /* not AI_CANONNAME */
	us.is_resolving = true;
	rc = real_getaddrinfo(host, port, &mine, res);
	us.is_resolving = false;
	if (rc != 0)
		err_set(&us.failure, ERR_UNREACHABLE, "%s: %s", host,
		    gai_strerror(rc));
	return rc;
}

/* ---- waiting ---------------------------------------------------------- */

static bool
has_hung_up(void)
{
	char c;

	return recv(us.fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

bool
mailout_socket_is_dead(void)
{
	struct pollfd p = { .fd = us.fd, .events = POLLRDHUP };

	return us.has_failed || us.fd == NONE ||
	    mailout_socket_poll(&p, 1, 0) > 0;
}

size_t
mailout_socket_peek(char *to, size_t size)
{
	ssize_t n = recv(us.fd, to, size, MSG_PEEK | MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

static int
ended(struct pollfd *p, nfds_t n, int errnum)
{
	for (nfds_t i = 0; i < n; i++)
		p[i].revents = 0;
	errno = errnum;
	return -1;
}

/* Nobody takes what is to be written: no other byte may follow. */
static int
write_stalled(struct pollfd *p, nfds_t n)
{
	struct err err;

	err_set(&err, ERR_TIMEOUT, STR_FMT " does not take what is sent",
	    STR_ARG(us.to->host));
	mailout_socket_fail(&err, false);
	return ended(p, n, ETIMEDOUT);
}

/* libesmtp would say goodbye, and wait for an answer to that, too. */
static int
read_stalled(struct pollfd *p, nfds_t n)
{
	struct err err;

	err_set(&err, ERR_TIMEOUT, STR_FMT " does not answer",
	    STR_ARG(us.to->host));
	mailout_socket_fail(&err, false);
	return ended(p, n, ETIMEDOUT);
}

static int
poll_session(struct pollfd *p, nfds_t n, int timeout_ms)
{
	short wanted = 0, found = 0;
	int rc = mailout_socket_poll(p, n, timeout_ms);

	for (nfds_t i = 0; i < n; i++) {
		wanted |= p[i].events;
		found |= p[i].revents;
	}
	if (rc == 0 && timeout_ms != 0)
		return wanted & POLLOUT ? write_stalled(p, n)
		                        : read_stalled(p, n);
	if (rc <= 0)
		return rc;
	if (found & POLLIN && has_hung_up())
		return ended(p, n, ECONNRESET);
	if (found & POLLOUT)
		for (nfds_t i = 0; i < n; i++)
			p[i].revents &= (short)~POLLIN;
	return rc;
}

/* ---- what libesmtp calls ---------------------------------------------- */

/*
 * By names of our own, since the headers of the system say more about theirs
 * than holds here.
 */
int mailout_getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res) __asm__("getaddrinfo");
int mailout_connect(int fd, const struct sockaddr *addr, socklen_t len) __asm__(
    "connect");
int mailout_poll(struct pollfd *p, nfds_t n, int timeout_ms) __asm__("poll");

int
mailout_getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
	if (us.to && node && strcmp(node, "smarthost") == 0)
		return resolve(hints, res);
	return real_getaddrinfo(node, service, hints, res);
}

int
mailout_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return us.to && !us.is_resolving ? connect_session(fd, addr, len)
	                                 : real_connect(fd, addr, len);
}

int
mailout_poll(struct pollfd *p, nfds_t n, int timeout_ms)
{
	if (us.fd != NONE && n > 0 && p[0].fd == us.fd)
		return poll_session(p, n, timeout_ms);
	return mailout_socket_poll(p, n, timeout_ms);
}
