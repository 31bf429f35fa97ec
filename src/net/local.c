/*
 * Questions over a unix socket.
 *
 *	READING --end of question--> ASKED --answer--> WRITING --> gone
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#include "net/local.h"
#include "net/loop.h"

enum { READ_BYTES = 4096, BACKLOG = 16 };

struct caller {
	uv_pipe_t pipe;
	uv_write_t write;
	struct list node;
	struct local_server *server; /* NULL: it has been freed */
	struct timer deadline;
	struct buf text;
	char part[READ_BYTES];
	char *answer;
	struct local_ask *ask; /* somebody has it */
};

struct local_ask {
	struct caller *caller; /* NULL: it has gone */
	int64_t uid;
};

struct local_server {
	uv_pipe_t pipe;
	struct loop *loop;
	const struct log_ctx *log;
	char *path;
	size_t request_max;
	int64_t request_ms, answer_ms;
	local_server_fn *fn;
	void *arg;
	struct list callers;
	size_t ncaller;
};

#define CALLER(n) LIST_ENTRY(n, struct caller, node)

/* ---- one caller ------------------------------------------------------- */

static void
caller_gone(uv_handle_t *h)
{
	struct caller *c = h->data;

	buf_release(&c->text);
	free(c->answer);
	free(c);
}

static void
hang_up(struct caller *c)
{
	if (!c->server)
		return;
	c->server->ncaller--;
	c->server = NULL;
	list_del(&c->node);
	timer_cancel(&c->deadline);
	if (c->ask)
		c->ask->caller = NULL;
	c->ask = NULL;
	uv_close((uv_handle_t *)&c->pipe, caller_gone);
}

static void
on_deadline(struct timer *t)
{
	hang_up(TIMER_OWNER(t, struct caller, deadline));
}

static void
wait_for(struct caller *c, int64_t ms)
{
	struct clock *clock = loop_clock(c->server->loop);

	timer_set(&c->deadline, clock, clock->at + ms);
}

static int64_t
uid_of(struct caller *c)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int fd;

	if (uv_fileno((uv_handle_t *)&c->pipe, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -1;
	return cred.uid;
}

/* It may have been answered, and be gone, when this returns. */
static void
ask(struct caller *c)
{
	struct local_server *s = c->server;

	(void)uv_read_stop((uv_stream_t *)&c->pipe); /* never fails */
	c->ask = xcalloc(1, sizeof(*c->ask));
	*c->ask = (struct local_ask){ .caller = c, .uid = uid_of(c) };
	wait_for(c, s->answer_ms);
	s->fn(c->ask, buf_str(&c->text), s->arg);
}

static void
on_alloc(uv_handle_t *h, size_t size, uv_buf_t *out)
{
	struct caller *c = h->data;

	(void)size;
	*out = uv_buf_init(c->part, sizeof(c->part));
}

static void
on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *b)
{
	struct caller *c = h->data;

	(void)b;
	if (!c->server)
		return;
	loop_enter(c->server->loop);
	if (n == UV_EOF && c->text.len > 0)
		ask(c);
	else if (n < 0 || buf_add(&c->text, c->part, (size_t)n) < 0)
		hang_up(c);
}

static void
on_written(uv_write_t *w, int status)
{
	(void)status; /* written or not, it is over */
	hang_up(w->data);
}

int64_t
local_ask_uid(const struct local_ask *ask)
{
	return ask->uid;
}

void
local_ask_answer(struct local_ask **askp, struct str text)
{
	struct caller *c = (*askp)->caller;
	uv_buf_t b;

	free(*askp);
	*askp = NULL;
	if (!c)
		return;
	c->ask = NULL;
	c->answer = str_dup(text);
	c->write.data = c;
	b = uv_buf_init(c->answer, (unsigned)text.len);
	if (uv_write(&c->write, (uv_stream_t *)&c->pipe, &b, 1, on_written) !=
	    0)
		hang_up(c);
}

/* ---- the server ------------------------------------------------------- */

static void
on_connection(uv_stream_t *h, int status)
{
	struct local_server *s = h->data;
	struct caller *c = xcalloc(1, sizeof(*c));

	loop_enter(s->loop);
	c->server = s;
	c->pipe.data = c;
	buf_init(&c->text, s->request_max);
	timer_init(&c->deadline, on_deadline);
	list_add(&s->callers, &c->node);
	s->ncaller++;
	(void)uv_pipe_init(loop_uv(s->loop), &c->pipe, 0); /* never fails */
	if (status < 0 || uv_accept(h, (uv_stream_t *)&c->pipe) != 0 ||
	    s->ncaller > LOCAL_PARALLEL_MAX ||
	    uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) != 0)
		hang_up(c);
	else
		wait_for(c, s->request_ms);
}

static void
server_gone(uv_handle_t *h)
{
	struct local_server *s = h->data;

	free(s->path);
	free(s);
}

int
local_make_room(const char *path, struct err *err)
{
	struct stat sb;

	if (lstat(path, &sb) < 0)
		return 0;
	if (!S_ISSOCK(sb.st_mode))
		return err_set(err, ERR_CONFLICT,
		    "%s is there already and is no socket", path);
	if (unlink(path) < 0)
		return err_set(err, ERR_DENIED,
		    "the old socket %s cannot be removed: %s", path,
		    strerror(errno));
	return 0;
}

static int
start(struct local_server *s, struct err *err)
{
	int rc = uv_pipe_bind(&s->pipe, s->path);

	/* Whoever connects before this needs the same rights as after it. */
	if (rc == 0 && chmod(s->path, 0600) < 0)
		rc = -errno;
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&s->pipe, BACKLOG, on_connection);
	if (rc == 0)
		return 0;
	return err_set(err, ERR_UNREACHABLE, "cannot listen at %s: %s", s->path,
	    uv_strerror(rc));
}

struct local_server *
local_server_new(struct loop *l, const struct local_server_params *p,
    local_server_fn *fn, void *arg, struct err *err)
{
	struct local_server *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->log = p->log;
	s->path = str_dup(p->path);
	s->request_max = p->request_max;
	s->request_ms = p->request_ms;
	s->answer_ms = p->answer_ms;
	s->fn = fn;
	s->arg = arg;
	list_init(&s->callers);
	(void)uv_pipe_init(loop_uv(l), &s->pipe, 0); /* never fails */
	s->pipe.data = s;
	if (p->path.len > LOCAL_PATH_MAX)
		err_set(err, ERR_TOO_BIG,
		    "%s: a socket's path has %d bytes at most", s->path,
		    LOCAL_PATH_MAX);
	else if (local_make_room(s->path, err) == 0 && start(s, err) == 0)
		return s;
	local_server_free(&s);
	return NULL;
}

void
local_server_free(struct local_server **sp)
{
	struct local_server *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	LIST_EACH(&s->callers, n)
	{
		hang_up(CALLER(n));
	}
	uv_close((uv_handle_t *)&s->pipe, server_gone); /* unlinks it, too */
}

/* ---- the other side --------------------------------------------------- */

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
dial(struct str path, int *fd_out, struct err *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (path.len > LOCAL_PATH_MAX)
		return err_set(err, ERR_TOO_BIG,
		    STR_FMT ": a socket's path has %d bytes at most",
		    STR_ARG(path), LOCAL_PATH_MAX);
	memcpy(sun.sun_path, path.p, path.len);
	*fd_out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd_out >= 0 &&
	    connect(*fd_out, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return 0;
	return err_set(err,
	    errno == ENOENT || errno == ECONNREFUSED ? ERR_NOT_FOUND
	        : errno == EACCES || errno == EPERM  ? ERR_DENIED
	                                             : ERR_INTERNAL,
	    STR_FMT ": %s", STR_ARG(path), strerror(errno));
}

static int
say_all(int fd, struct str text, struct err *err)
{
	while (text.len > 0) {
		ssize_t n = send(fd, text.p, text.len, MSG_NOSIGNAL);

		if (n < 0)
			return err_set(err, ERR_PROTOCOL,
			    "hung up on while asking: %s", strerror(errno));
		text = str_skip(text, (size_t)n);
	}
	(void)shutdown(fd, SHUT_WR); /* reading then tells if it failed */
	return 0;
}

static int
hear_all(int fd, int64_t until, struct buf *answer, struct err *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = until - now_ms();
		char part[READ_BYTES];
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return err_set(err, ERR_TIMEOUT, "no answer in time");
		n = read(fd, part, sizeof(part));
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_set(err, ERR_PROTOCOL,
			    "hung up on while waiting for the answer: %s",
			    strerror(errno));
		if (n > 0 && buf_add(answer, part, (size_t)n) < 0)
			return err_set(
			    err, ERR_TOO_BIG, "the answer does not end");
	}
}

int
local_question(struct str path, struct str text, int64_t wait_ms,
    struct buf *answer, struct err *err)
{
	int64_t until = now_ms() + wait_ms;
	int fd = -1, rc = dial(path, &fd, err);

	if (rc == 0)
		rc = say_all(fd, text, err);
	if (rc == 0)
		rc = hear_all(fd, until, answer, err);
	if (fd >= 0)
		(void)close(fd); /* all of it was read, or is of no use */
	return rc;
}
