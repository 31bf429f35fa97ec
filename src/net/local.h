/*
 * local.h - questions over a unix socket, one a connection
 *
 * The asker writes all of its question and closes that direction; then it
 * reads the answer to its end.
 *
 *	srv = local_server_new(loop, &params, on_question, me, &err);
 *	static void on_question(struct local_ask *ask, struct str text, void *)
 *	{
 *		... now or later: local_ask_answer(&ask, STR("because"));
 *	}
 *
 * Access     The socket is 0600: whoever runs the program, and root.  A socket
 *            that is left over from an earlier run is replaced, so the caller
 *            holds a lock on what the path belongs to.
 * Limits     request_max bytes, request_ms from the connection to the end of
 *            the question, answer_ms for the answer, LOCAL_PARALLEL_MAX
 *            connections; what is over a limit is hung up on.
 */
#ifndef NET_LOCAL_H
#define NET_LOCAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct local_ask;
struct local_server;
struct log_ctx;
struct loop;

enum {
	LOCAL_PARALLEL_MAX = 16,
	LOCAL_PATH_MAX = 107, /* bytes of a path, unix(7) */
};

struct local_server_params {
	struct str path; /* copied */
	size_t request_max;
	int64_t request_ms, answer_ms;
	const struct log_ctx *log;
};

/* text is borrowed for the call. */
typedef void local_server_fn(struct local_ask *ask, struct str text, void *arg);

/* NULL: err names the path and says why. */
struct local_server *local_server_new(struct loop *l,
    const struct local_server_params *p, local_server_fn *fn, void *arg,
    struct err *err);

/*
 * Removes the socket and hangs up.  Asks that are open are only freed by an
 * answer, which goes nowhere.
 */
void local_server_free(struct local_server **sp);

/*
 * Removes a socket that is left over at path.  -1: something else is there,
 * which is somebody's and stays; or it cannot be removed.
 */
int local_make_room(const char *path, struct err *err);

/* Exactly once for each ask; to nobody if the asker has gone. */
void local_ask_answer(struct local_ask **askp, struct str text);

/* Who asks: a user of this machine; -1: not known. */
int64_t local_ask_uid(const struct local_ask *ask);

/*
 * The other side, for a command line: blocks, wait_ms at most.  -1:
 * ERR_NOT_FOUND, nobody listens there; ERR_DENIED; ERR_TIMEOUT; others.
 */
int local_question(struct str path, struct str text, int64_t wait_ms,
    struct buf *answer, struct err *err);

#endif
