/*
 * A program of ours on a socket.
 *
 *	spawn --> frames both ways --> it has exited --> what is left is read
 *	          --> DOWN
 *
 * What it wrote before it died still counts, so its exit is told only when
 * the socket has been read empty.  A worker that has closed the socket is of
 * no more use: it is given GRACE_MS to exit, so that its status is its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "lib/buf.h"
#include "lib/child.h"
#include "lib/clock.h"
#include "lib/frame.h"
#include "lib/linebuf.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#include "net/loop.h"
#include "net/worker.h"

enum {
	READ_BYTES = 65536,
	GRACE_MS = 1000,
	ERRORS_LINE_BYTES = 500, /* of what it writes to descriptor 2 ... */
	ERRORS_LINES_MAX = 50,   /* ... in its life */
	ENV_MAX = 16,
	NPIPES = 2, /* pipe, errors; the process is a third handle */
};

struct worker {
	uv_process_t process;
	uv_pipe_t pipe, errors;
	uv_write_t write;
	struct loop *loop;
	struct loop_hook flush;
	struct timer grace;
	const struct log_ctx *log;
	worker_fn *fn; /* NULL: freed */
	void *arg;
	char *name;
	size_t frame_max;
	struct buf in;
	struct buf out, sending;
	struct linebuf said;
	unsigned nsaid;
	char scrap[ERRORS_LINE_BYTES];
	unsigned nhandle; /* not closed yet */
	bool is_sending;
	bool has_exited, is_down;
	bool has_broken; /* what came is no frame */
	bool was_killed;
	int64_t status;
	int signal;
};

/* ---- what it says ----------------------------------------------------- */

static void
tell(struct worker *w, const struct worker_event *ev)
{
	if (w->fn)
		w->fn(w, ev, w->arg);
}

static void
take_frames(struct worker *w)
{
	struct worker_event ev = { .type = WORKER_FRAME };
	struct str rest = buf_str(&w->in);
	bool had_large = false;

	while (w->fn && !w->has_broken) {
		int rc = frame_read(&rest, w->frame_max, &ev.frame, &ev.data);

		if (rc == 0)
			break;
		had_large = had_large || ev.data.len > READ_BYTES;
		if (rc > 0)
			tell(w, &ev);
		else
			w->has_broken = true;
	}
	buf_drop(&w->in, w->in.len - rest.len);
	if (had_large)
		buf_trim(&w->in);
	if (w->has_broken)
		worker_kill(w);
}

static void
take_errors(struct worker *w, const char *p, size_t n)
{
	struct str line;

	linebuf_feed(&w->said, p, n);
	while (linebuf_next(&w->said, &line))
		if (line.len > 0 && w->nsaid++ < ERRORS_LINES_MAX)
			log_warn(w->log, "worker complains",
			    "worker=%s pid=%d text=\"" STR_FMT "\"", w->name,
			    (int)w->process.pid, STR_ARG(line));
}

static void
on_alloc(uv_handle_t *h, size_t size, uv_buf_t *out)
{
	struct worker *w = h->data;
	char *to = buf_reserve(&w->in, READ_BYTES);

	(void)size;
	*out = uv_buf_init(to, to ? READ_BYTES : 0);
}

static void
on_grace(struct timer *t)
{
	worker_kill(TIMER_OWNER(t, struct worker, grace));
}

static void
on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *b)
{
	struct worker *w = h->data;
	struct clock *clock = loop_clock(w->loop);

	(void)b;
	loop_enter(w->loop);
	if (n > 0) {
		buf_added(&w->in, (size_t)n);
		take_frames(w);
	} else if (n < 0 && !w->has_exited) {
		(void)uv_read_stop(h); /* never fails */
		timer_set(&w->grace, clock, clock->at + GRACE_MS);
	}
}

static void
on_errors_alloc(uv_handle_t *h, size_t size, uv_buf_t *out)
{
	struct worker *w = h->data;

	(void)size;
	*out = uv_buf_init(w->scrap, sizeof(w->scrap));
}

static void
on_errors_read(uv_stream_t *h, ssize_t n, const uv_buf_t *b)
{
	struct worker *w = h->data;

	(void)b;
	loop_enter(w->loop);
	if (n > 0)
		take_errors(w, w->scrap, (size_t)n);
	else if (n < 0)
		(void)uv_read_stop(h); /* never fails */
}

/* ---- what it is sent -------------------------------------------------- */

static void write_next(struct worker *w);

static void
on_written(uv_write_t *req, int status)
{
	struct worker *w = req->data;
	struct worker_event ev = { .type = WORKER_DRAINED };
	bool was_large = w->sending.len > READ_BYTES;

	loop_enter(w->loop);
	w->is_sending = false;
	buf_clear(&w->sending);
	if (was_large)
		buf_trim(&w->sending);
	if (status < 0 || !w->fn || w->has_exited)
		return; /* the end of the other direction says it */
	if (w->out.len > 0)
		write_next(w);
	else
		tell(w, &ev);
}

static void
write_next(struct worker *w)
{
	struct buf was = w->sending;
	uv_buf_t b;

	w->sending = w->out;
	w->out = was;
	w->is_sending = true;
	w->write.data = w;
	b = uv_buf_init(w->sending.p, (unsigned)w->sending.len);
	if (uv_write(&w->write, (uv_stream_t *)&w->pipe, &b, 1, on_written) !=
	    0)
		w->is_sending = false; /* it is going; DOWN will be told */
}

static void
on_flush(struct loop_hook *h)
{
	struct worker *w = LIST_ENTRY(h, struct worker, flush);

	if (w->out.len > 0 && !w->is_sending && !w->has_exited)
		write_next(w);
}

int
worker_send(struct worker *w, uint8_t type, struct str data)
{
	size_t was = w->out.len;

	if (w->is_down || w->has_exited)
		return -1;
	frame_write(&w->out, type, data);
	if (!buf_is_full(&w->out))
		return 0;
	buf_truncate(&w->out, was);
	return -1;
}

size_t
worker_queued(const struct worker *w)
{
	return w->out.len + w->sending.len;
}

/* ---- its end ---------------------------------------------------------- */

static void
release(struct worker *w)
{
	buf_release(&w->in);
	buf_release(&w->out);
	buf_release(&w->sending);
	linebuf_release(&w->said);
	free(w->name);
	free(w);
}

static void
handle_gone(uv_handle_t *h)
{
	struct worker *w = h->data;

	if (--w->nhandle == 0)
		release(w);
}

/* Into to, until there is nothing more to be had now. */
static void
read_rest(struct worker *w, uv_pipe_t *pipe,
    void (*take)(struct worker *w, const char *p, size_t n))
{
	char part[READ_BYTES];
	ssize_t n;
	int fd;

	if (uv_fileno((uv_handle_t *)pipe, &fd) != 0)
		return;
	(void)uv_read_stop((uv_stream_t *)pipe); /* never fails */
	while (w->fn && (n = read(fd, part, sizeof(part))) > 0)
		take(w, part, (size_t)n);
}

static void
take_bytes(struct worker *w, const char *p, size_t n)
{
	if (!w->has_broken && buf_add(&w->in, p, n) == 0)
		take_frames(w);
}

static void
describe_end(struct worker *w, struct worker_event *ev)
{
	ev->signal = w->signal;
	ev->status = (int)w->status;
	if (w->has_broken)
		err_set(&ev->err, ERR_PROTOCOL,
		    "%s sent what is no frame of %zu bytes at most", w->name,
		    w->frame_max);
	else if (w->was_killed && w->signal == SIGKILL)
		err_set(&ev->err, ERR_TIMEOUT, "%s was stopped", w->name);
	else if (w->signal)
		err_set(&ev->err, ERR_INTERNAL, "%s died of signal %d (%s)",
		    w->name, w->signal, strsignal(w->signal));
	else
		err_set(&ev->err, ERR_INTERNAL, "%s ended with status %d",
		    w->name, ev->status);
}

static void
on_exit_of(uv_process_t *p, int64_t status, int signum)
{
	struct worker *w = p->data;
	struct worker_event ev = { .type = WORKER_DOWN };

	loop_enter(w->loop);
	w->has_exited = true;
	w->status = status;
	w->signal = signum;
	uv_close((uv_handle_t *)p, handle_gone);
	timer_cancel(&w->grace);
	read_rest(w, &w->errors, take_errors);
	read_rest(w, &w->pipe, take_bytes);
	if (!w->fn)
		return;
	w->is_down = true;
	describe_end(w, &ev);
	tell(w, &ev);
}

void
worker_kill(struct worker *w)
{
	if (w->has_exited)
		return;
	w->was_killed = true;
	(void)uv_process_kill(&w->process, SIGKILL); /* or it has gone */
}

/* The process is still waited for: nobody leaves zombies. */
void
worker_free(struct worker **wp)
{
	struct worker *w = *wp;

	*wp = NULL;
	if (!w)
		return;
	w->fn = NULL;
	worker_kill(w);
	timer_cancel(&w->grace);
	loop_hook_del(&w->flush);
	uv_close((uv_handle_t *)&w->pipe, handle_gone);
	uv_close((uv_handle_t *)&w->errors, handle_gone);
}

int64_t
worker_pid(const struct worker *w)
{
	return w->process.pid;
}

/* ---- its beginning ---------------------------------------------------- */

/* Where a program may be, seen from the folder of our own executable: beside
 * it, as `make` leaves it, or where `make install` puts it, wherever that was
 * told to put things. */
static const char *const places[] = { ".", "../libexec/passerelle" };

static bool
find_near_us(const char *program, struct buf *out)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *folder;

	if (n <= 0)
		return false;
	self[n] = '\0';
	folder = dirname(self);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		buf_clear(out);
		buf_addf(out, "%s/%s/%s", folder, places[i], program);
		if (access(out->p, X_OK) == 0)
			return true;
	}
	return false;
}

static void
find_program(const char *program, struct buf *out)
{
	if (!strchr(program, '/') && find_near_us(program, out))
		return;
	buf_clear(out);
	buf_addf(out, "%s%s%s", strchr(program, '/') ? "" : WORKER_LIBEXEC,
	    strchr(program, '/') ? "" : "/", program);
}

struct environment {
	char *var[ENV_MAX + 1];
	size_t n;
};

static void
env_add(struct environment *e, const char *name, const char *value)
{
	struct buf b;

	if (!value || e->n == ENV_MAX)
		return;
	buf_init(&b, PATH_MAX);
	buf_addf(&b, "%s=%s", name, value);
	if (!buf_is_full(&b))
		e->var[e->n++] = str_dup(buf_str(&b));
	buf_release(&b);
}

static void
env_make(struct environment *e)
{
	static const char *const kept[] = { "TMPDIR", "SSL_CERT_FILE",
		"SSL_CERT_DIR", "ASAN_OPTIONS", "UBSAN_OPTIONS" };
	char pid[24];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	env_add(e, CHILD_PARENT, pid);
	env_add(e, "LC_ALL", "C");
	env_add(e, "HOME", "/nonexistent");
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		env_add(e, kept[i], getenv(kept[i]));
}

static void
env_release(struct environment *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->var[i]);
}

/* Ours, and the ends that the child is to have. */
struct ends {
	int ours, its, errors, its_errors;
};

static void
ends_close_its(struct ends *e)
{
	/* Nothing was written to them by us. */
	(void)close(e->its);
	(void)close(e->its_errors);
}

static int
ends_make(struct ends *e, struct err *err)
{
	int s[2], p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) < 0)
		return err_set(err, ERR_INTERNAL, "no socket for a worker: %s",
		    strerror(errno));
	if (pipe2(p, O_CLOEXEC) < 0) {
		err_set(err, ERR_INTERNAL, "no pipe for a worker: %s",
		    strerror(errno));
		(void)close(s[0]); /* empty */
		(void)close(s[1]);
		return -1;
	}
	*e = (struct ends){ s[0], s[1], p[0], p[1] };
	return 0;
}

static const char **
argv_make(const struct worker_params *p, const char *path)
{
	size_t n = 0;
	const char **argv;

	while (p->argv && p->argv[n])
		n++;
	argv = xcalloc(n + 2, sizeof(*argv));
	argv[0] = path;
	for (size_t i = 0; i < n; i++)
		argv[i + 1] = p->argv[i];
	return argv;
}

static int
spawn(struct worker *w, const struct worker_params *p, const char *path,
    const struct ends *e)
{
	uv_stdio_container_t stdio[3] = {
		{ .flags = UV_INHERIT_FD, .data.fd = e->its },
		{ .flags = UV_INHERIT_FD, .data.fd = e->its },
		{ .flags = UV_INHERIT_FD, .data.fd = e->its_errors },
	};
	struct environment env = { .n = 0 };
	const char **argv = argv_make(p, path);
	uv_process_options_t o = {
		.exit_cb = on_exit_of,
		.file = path,
		.args = (char **)(uintptr_t)argv, /* only read */
		.flags = UV_PROCESS_DETACHED,     /* no Ctrl-C for it */
		.stdio_count = 3,
		.stdio = stdio,
	};
	int rc;

	env_make(&env);
	o.env = env.var;
	w->nhandle++; /* also when it fails */
	rc = uv_spawn(loop_uv(w->loop), &w->process, &o);
	env_release(&env);
	free(argv);
	return rc;
}

/* The descriptors are the handles' from here on. */
static int
listen_to(struct worker *w, const struct ends *e)
{
	int rc = uv_pipe_open(&w->pipe, e->ours);

	if (rc == 0)
		rc = uv_pipe_open(&w->errors, e->errors);
	if (rc == 0)
		rc = uv_read_start((uv_stream_t *)&w->pipe, on_alloc, on_read);
	if (rc == 0)
		rc = uv_read_start(
		    (uv_stream_t *)&w->errors, on_errors_alloc, on_errors_read);
	return rc;
}

static struct worker *
make(struct loop *l, const struct worker_params *p, const char *path)
{
	struct worker *w = xcalloc(1, sizeof(*w));
	const char *slash = strrchr(path, '/');

	w->loop = l;
	w->log = p->log;
	w->name = xstrdup(slash ? slash + 1 : path);
	w->frame_max = p->frame_max;
	buf_init(&w->in, FRAME_HEAD_BYTES + p->frame_max + READ_BYTES);
	buf_init(&w->out, p->out_max);
	buf_init(&w->sending, p->out_max);
	linebuf_init(&w->said, ERRORS_LINE_BYTES);
	timer_init(&w->grace, on_grace);
	loop_hook_add(l, &w->flush, LOOP_RANK_WRITE, on_flush);
	(void)uv_pipe_init(loop_uv(l), &w->pipe, 0); /* never fails */
	(void)uv_pipe_init(loop_uv(l), &w->errors, 0);
	w->process.data = w->pipe.data = w->errors.data = w;
	w->nhandle = NPIPES;
	return w;
}

/* It has no process: nobody will say that it has ended. */
static int
never_was(struct worker *w, int rc, const char *path, struct err *err)
{
	w->has_exited = true;
	if (w->nhandle > NPIPES)
		uv_close((uv_handle_t *)&w->process, handle_gone);
	worker_free(&w);
	return err_set(
	    err, ERR_INTERNAL, "cannot start %s: %s", path, uv_strerror(rc));
}

struct worker *
worker_new(struct loop *l, const struct worker_params *p, worker_fn *fn,
    void *arg, struct err *err)
{
	struct worker *w;
	struct ends e = { -1, -1, -1, -1 };
	struct buf path;
	int rc;

	if (ends_make(&e, err) < 0)
		return NULL;
	buf_init(&path, PATH_MAX);
	find_program(p->program, &path);
	w = make(l, p, path.p);
	rc = listen_to(w, &e);
	if (rc == 0)
		rc = spawn(w, p, path.p, &e);
	ends_close_its(&e);
	if (rc == 0) {
		w->fn = fn;
		w->arg = arg;
	} else {
		never_was(w, rc, path.p, err);
		w = NULL;
	}
	buf_release(&path);
	return w;
}
