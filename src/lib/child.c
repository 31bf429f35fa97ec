#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/frame.h"

enum { FD_IN = 0, FD_OUT = 1, FD_FIRST_OTHER = 3, READ_BYTES = 65536 };

/*
 * The kernel tells only of a death that comes after the request for it: who
 * is an orphan already has another parent than the one that is named.
 */
static void
die_with_parent(void)
{
	uint64_t pid;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(EX_OSERR);
	if (!str_to_uint(str_c(getenv(CHILD_PARENT)), INT32_MAX, &pid) ||
	    getppid() != (pid_t)pid)
		_exit(EX_USAGE);
}

void
child_begin(void)
{
	static const int ignored[] = { SIGPIPE, SIGINT, SIGTERM, SIGHUP };
	struct rlimit none = { 0, 0 };

	die_with_parent();
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	if (close_range(FD_FIRST_OTHER, ~0U, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		_exit(EX_OSERR);
}

void
child_input_init(struct child_input *in, size_t max)
{
	*in = (struct child_input){ .max = max };
	buf_init(&in->bytes, FRAME_HEAD_BYTES + max + READ_BYTES);
}

void
child_input_release(struct child_input *in)
{
	buf_release(&in->bytes);
}

/* The number of bytes; 0: the end, -1: not to be read. */
static ssize_t
read_some(struct buf *b)
{
	char *to = buf_reserve(b, READ_BYTES);
	ssize_t n;

	if (!to)
		return -1;
	do
		n = read(FD_IN, to, READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		buf_added(b, (size_t)n);
	return n;
}

int
child_read(struct child_input *in, uint8_t *type_out, struct str *data_out)
{
	buf_drop(&in->bytes, in->used);
	in->used = 0;
	for (;;) {
		struct str rest = buf_str(&in->bytes);
		int rc = frame_read(&rest, in->max, type_out, data_out);
		ssize_t n;

		if (rc > 0)
			in->used = in->bytes.len - rest.len;
		if (rc != 0)
			return rc;
		n = read_some(&in->bytes);
		if (n <= 0)
			return (int)n;
	}
}

/* A frame that has begun to come is soon there. */
bool
child_is_told(struct child_input *in, int wait_ms)
{
	struct pollfd p = { .fd = FD_IN, .events = POLLIN };

	return in->bytes.len > in->used || poll(&p, 1, wait_ms) > 0;
}

static int
write_all(struct iovec *v, int n)
{
	while (n > 0) {
		ssize_t done = writev(FD_OUT, v, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		while (n > 0 && (size_t)done >= v->iov_len) {
			done -= (ssize_t)v->iov_len;
			v++;
			n--;
		}
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + done;
			v->iov_len -= (size_t)done;
		}
	}
	return 0;
}

int
child_write(uint8_t type, struct str data)
{
	char head[FRAME_HEAD_BYTES];
	struct iovec v[2] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)(uintptr_t)data.p, .iov_len = data.len },
	};

	if (frame_head(type, data.len, head) < 0)
		return -1;
	return write_all(v, 2);
}
