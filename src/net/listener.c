#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#include "net/address.h"
#include "net/link.h"
#include "net/local.h"
#include "net/loop.h"

enum {
	BACKLOG = 1024,
	GROUP_BYTES = 16 * 1024,
	INHERITED_FIRST = 3, /* SD_LISTEN_FDS_START */
	INHERITED_MAX = 100,
};

struct listener {
	struct loop *loop;
	listener_fn *fn;
	void *arg;
	const struct log_ctx *log;
	size_t out_max;
	int fd;
	uv_poll_t poll;
	bool has_handle;
	struct timer pause;
	bool says_full; /* that there are no descriptors was said */
	bool is_unix;
	char *path; /* of a unix socket that is ours, or NULL */
	uint16_t port;
	char name[LOCAL_PATH_MAX + 1];
};

/* ---- taking them ---------------------------------------------------------- */

static int64_t
uid_of(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -1;
	return cred.uid;
}

static void
take(struct listener *l, int fd, const struct sockaddr *sa)
{
	struct listener_peer peer = { .address = l->is_unix ? NULL : sa,
		.uid = l->is_unix ? uid_of(fd) : -1 };
	char text[ADDRESS_TEXT_MAX + 1], name[ADDRESS_TEXT_MAX + 8] = "unix";
	struct link *link;
	int on = 1;

	if (!l->is_unix) {
		/* Where it fails a reply may be late, no more. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		address_format(sa, text);
		(void)snprintf(
		    name, sizeof(name), "%s:%u", text, address_port(sa));
	}
	link = link_accept(l->loop, fd, name, l->out_max);
	if (link)
		l->fn(link, &peer, l->arg);
}

static void on_ready(uv_poll_t *h, int status, int events);

static void
on_pause_over(struct timer *t)
{
	struct listener *l = TIMER_OWNER(t, struct listener, pause);

	(void)uv_poll_start(&l->poll, UV_READABLE, on_ready);
}

static void
pause_for_room(struct listener *l, int errnum)
{
	struct clock *c = loop_clock(l->loop);

	(void)uv_poll_stop(&l->poll);
	timer_set(&l->pause, c, c->at + LISTENER_PAUSE_MS);
	if (!l->says_full)
		log_warn(l->log, "no connection taken", "at=\"%s\" err=\"%s\"",
		    l->name, strerror(errnum));
	l->says_full = true;
}

/* False: nobody waits, or nobody can be taken. */
static bool
accept_one(struct listener *l)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr *sa = (struct sockaddr *)&ss;
	socklen_t len = sizeof(ss);
	int fd = accept4(l->fd, sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 &&
	    (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	        errno == ENOMEM))
		pause_for_room(l, errno);
	/* Others concern who has hung up already. */
	if (fd < 0)
		return errno != EAGAIN && !timer_is_set(&l->pause);
	l->says_full = false;
	take(l, fd, sa);
	return true;
}

/* The callee may have freed the listener: its fn is gone then. */
static void
on_ready(uv_poll_t *h, int status, int events)
{
	struct listener *l = h->data;

	(void)status;
	(void)events;
	loop_enter(l->loop);
	for (int i = 0; i < LISTENER_BATCH && l->fn; i++)
		if (!accept_one(l))
			break;
}

/* ---- the place ------------------------------------------------------------ */

static int
bind_tcp(struct listener *l, const struct listener_params *p, struct err *err)
{
	struct sockaddr_storage ss;
	struct sockaddr *sa = (struct sockaddr *)&ss;
	socklen_t len = sizeof(ss);
	int on = 1;

	if (!address_parse(p->address, &ss))
		return err_set(err, ERR_BAD_INPUT,
		    STR_FMT ": not an address in digits", STR_ARG(p->address));
	address_set_port(sa, p->port);
	(void)snprintf(l->name, sizeof(l->name), STR_FMT " port %u",
	    STR_ARG(p->address), p->port);
	l->fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd >= 0 &&
	    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(l->fd, sa, sizeof(ss)) == 0 &&
	    getsockname(l->fd, sa, &len) == 0) {
		l->port = address_port(sa);
		return 0;
	}
	return err_set(err, errno == EACCES ? ERR_DENIED : ERR_UNREACHABLE,
	    "cannot listen at %s: %s", l->name, strerror(errno));
}

static int
find_group(struct str name, gid_t *out, struct err *err)
{
	struct group g, *found = NULL;
	char *z = str_dup(name), *memory = xmalloc(GROUP_BYTES);
	int rc = getgrnam_r(z, &g, memory, GROUP_BYTES, &found);

	if (found)
		*out = g.gr_gid;
	else
		err_set(err, ERR_NOT_FOUND, "there is no group %.64s%s%s", z,
		    rc ? ": " : "", rc ? strerror(rc) : "");
	free(memory);
	free(z);
	return found ? 0 : -1;
}

static int
give_to_group(const char *path, struct str group, struct err *err)
{
	gid_t gid = 0;

	if (find_group(group, &gid, err) < 0)
		return -1;
	if (chown(path, (uid_t)-1, gid) == 0)
		return 0;
	return err_set(err, ERR_DENIED,
	    "%s cannot be given to the group " STR_FMT ": %s", path,
	    STR_ARG(group), strerror(errno));
}

/*
 * Nobody gets in before the socket has its rights: what fchmod() says of the
 * descriptor holds for the name that bind() makes.
 */
static int
bind_unix(struct listener *l, const struct listener_params *p, struct err *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (p->path.len > LOCAL_PATH_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "a socket's path has %d bytes at most: " STR_FMT,
		    LOCAL_PATH_MAX, STR_ARG(p->path));
	(void)snprintf(l->name, sizeof(l->name), STR_FMT, STR_ARG(p->path));
	if (local_make_room(l->name, err) < 0)
		return -1;
	memcpy(sun.sun_path, p->path.p, p->path.len);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || fchmod(l->fd, 0600) < 0 ||
	    bind(l->fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return err_set(err, ERR_UNREACHABLE, "cannot listen at %s: %s",
		    l->name, strerror(errno));
	l->is_unix = true;
	l->path = xstrdup(l->name);
	if (p->group.len && give_to_group(l->path, p->group, err) < 0)
		return -1;
	if (chmod(l->path, p->mode) == 0)
		return 0;
	return err_set(err, ERR_DENIED, "the rights of %s cannot be set: %s",
	    l->path, strerror(errno));
}

/* Which descriptor of systemd's is called so; -1: none. */
static int
find_inherited(struct str name)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	struct str rest = str_c(getenv("LISTEN_FDNAMES")), one;
	uint64_t is_pid, count;

	if (!str_to_uint(str_c(pid), INT32_MAX, &is_pid) ||
	    (pid_t)is_pid != getpid() ||
	    !str_to_uint(str_c(n), INHERITED_MAX, &count))
		return -1;
	for (int i = 0; i < (int)count && str_cut(&rest, ':', &one); i++)
		if (str_eq(one, name))
			return INHERITED_FIRST + i;
	return -1;
}

/* A copy: this one is closed in the end, and systemd's stays for the next. */
static int
take_inherited(
    struct listener *l, const struct listener_params *p, struct err *err)
{
	int fd = find_inherited(p->inherited), listens = 0, family = 0;
	socklen_t len = sizeof(listens);

	(void)snprintf(l->name, sizeof(l->name), "systemd:" STR_FMT,
	    STR_ARG(p->inherited));
	if (fd < 0)
		return err_set(err, ERR_NOT_FOUND,
		    "systemd has given us no socket that is called " STR_FMT,
		    STR_ARG(p->inherited));
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) < 0 ||
	    !listens)
		return err_set(err, ERR_UNSUITABLE,
		    "the socket of systemd that is called " STR_FMT
		    " does not listen (Accept=no, ListenStream= are needed)",
		    STR_ARG(p->inherited));
	l->is_unix = family == AF_UNIX;
	l->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (l->fd >= 0 && fcntl(l->fd, F_SETFL, O_NONBLOCK) == 0)
		return 0;
	return err_set(err, ERR_UNREACHABLE, "cannot listen at %s: %s", l->name,
	    strerror(errno));
}

static int
open_place(struct listener *l, const struct listener_params *p, struct err *err)
{
	if (p->inherited.len)
		return take_inherited(l, p, err);
	return p->address.len ? bind_tcp(l, p, err) : bind_unix(l, p, err);
}

static int
start(struct listener *l, struct err *err)
{
	if (listen(l->fd, BACKLOG) < 0)
		return err_set(err, ERR_UNREACHABLE, "cannot listen at %s: %s",
		    l->name, strerror(errno));
	if (uv_poll_init(loop_uv(l->loop), &l->poll, l->fd) != 0)
		return err_set(
		    err, ERR_INTERNAL, "%s cannot be watched", l->name);
	l->has_handle = true;
	l->poll.data = l;
	if (uv_poll_start(&l->poll, UV_READABLE, on_ready) == 0)
		return 0;
	return err_set(err, ERR_INTERNAL, "%s cannot be watched", l->name);
}

/* ---- life ----------------------------------------------------------------- */

struct listener *
listener_new(struct loop *loop, const struct listener_params *p,
    listener_fn *fn, void *arg, struct err *err)
{
	struct listener *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	l->fn = fn;
	l->arg = arg;
	l->log = p->log;
	l->out_max = p->out_max;
	l->fd = -1;
	timer_init(&l->pause, on_pause_over);
	if (open_place(l, p, err) == 0 && start(l, err) == 0)
		return l;
	listener_free(&l);
	return NULL;
}

static void
free_now(struct listener *l)
{
	free(l->path);
	free(l);
}

static void
handle_gone(uv_handle_t *h)
{
	free_now(h->data);
}

void
listener_free(struct listener **lp)
{
	struct listener *l = *lp;

	*lp = NULL;
	if (!l)
		return;
	l->fn = NULL;
	timer_cancel(&l->pause);
	if (l->path)
		(void)unlink(l->path); /* a next one makes room for itself */
	if (l->has_handle)
		uv_close((uv_handle_t *)&l->poll, handle_gone);
	if (l->fd >= 0)
		(void)close(l->fd);
	if (!l->has_handle)
		free_now(l);
}

struct str
listener_name(const struct listener *l)
{
	return str_c(l->name);
}

uint16_t
listener_port(const struct listener *l)
{
	return l->port;
}
