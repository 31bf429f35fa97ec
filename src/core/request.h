/*
 * request.h - what a session has asked its network, until it is answered
 *
 * Exactly one answer each: the network's DONE, or ERR_TIMEOUT at the
 * deadline, or ERR_UNSUPPORTED at once where the network has no such thing,
 * or ERR_UNREACHABLE when the session ends.
 */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include <stdint.h>

#include "core/gateway.h"

struct request_to;

/* done->err and done->text are the answer; borrowed. */
typedef void request_done_fn(struct session *s, const struct request_to *to,
    const struct gw_event *done);

/* One line of a list that comes before the answer. */
typedef void request_entry_fn(struct session *s, const struct request_to *to,
    const struct gw_entry *entry);

/* Whom to tell; the numbers and pointers are the caller's. */
struct request_to {
	request_done_fn *done;
	request_entry_fn *entry; /* may be NULL */
	void *obj;
	uint64_t token;
	unsigned kind;   /* the caller's, too */
	gw_req_id *slot; /* may be NULL: holds the number while it is open,
	                    else 0; lets the owner cancel at any time */
};

/* Open per session, beyond one for each of its rooms. */
enum { REQUEST_MAX = 64, REQUEST_MS = 30000 };

/* to->done may be called before the return. */
void request_start(struct session *s, const struct gw_req *req,
    int64_t deadline_ms, const struct request_to *to);

/* The same for a command of the network (gw_command.run). */
void request_command(struct session *s, const struct gw_command *c,
    struct str name, const struct gw_field *field, size_t nfield,
    int64_t deadline_ms, const struct request_to *to);

/* For what nobody waits for. */
void request_ignore(struct session *s, const struct request_to *to,
    const struct gw_event *done);

/* Nobody is told any more.  0 and stale numbers are harmless. */
void request_cancel(struct session *s, gw_req_id id);

/* From the event table. */
void request_on_done(struct session *s, const struct gw_event *ev);
void request_on_entry(struct session *s, const struct gw_event *ev);

/* Answers all that is open with err. */
void request_fail_all(struct session *s, const struct err *err);

#endif
