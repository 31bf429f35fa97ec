/*
 * worker.h - a program of ours that does what the daemon must not do itself
 *
 * Libraries that block or crash run in a child process.  It has one socket,
 * as its descriptors 0 and 1, for frames (lib/frame.h) in both directions;
 * what it writes to descriptor 2 goes to our log.  lib/child.h is its side.
 *
 *	w = worker_new(loop, &params, on_worker, me, &err);
 *	worker_send(w, JOB, data);
 *	static void on_worker(struct worker *w, const struct worker_event *ev,
 *	    void *arg) ...                 // a frame, or it has died
 *	worker_free(&w);
 *
 * Reentry    fn is never called from inside a call of these; from inside fn
 *            everything may be called, worker_free() too.
 * Limits     frame_max bytes of data in a frame from it (a longer one ends
 *            it), out_max bytes that it has not read yet.
 * Process    It finds LC_ALL=C, HOME a folder that does not exist, and
 *            nothing else of our environment but where certificates and
 *            temporary files are.  It dies with us.
 */
#ifndef NET_WORKER_H
#define NET_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct log_ctx;
struct loop;
struct worker;

struct worker_params {
	const char *program;     /* beside our own executable, else where `make
	                        install` puts it; with a slash: a path */
	const char *const *argv; /* what follows its name; ends with NULL; or
	                            NULL */
	size_t frame_max, out_max;
	const struct log_ctx *log; /* outlives the worker */
};

enum worker_event_type {
	WORKER_FRAME,   /* frame, data: borrowed for the call */
	WORKER_DRAINED, /* all that was sent is with the kernel */
	WORKER_DOWN,    /* err; signal or status; the last one, behind all that
	                   it still said */
};

struct worker_event {
	enum worker_event_type type;
	uint8_t frame;
	struct str data;
	struct err err; /* "passerelle-mailread died of signal 11 ..." */
	int signal, status;
};

typedef void worker_fn(
    struct worker *w, const struct worker_event *ev, void *arg);

/* NULL: it cannot be started. */
struct worker *worker_new(struct loop *l, const struct worker_params *p,
    worker_fn *fn, void *arg, struct err *err);

/* Leaves once per turn.  -1: over out_max, or it is down; nothing is sent. */
int worker_send(struct worker *w, uint8_t type, struct str data);

/* Bytes that are not with the kernel yet. */
size_t worker_queued(const struct worker *w);

/* Ends it at once; WORKER_DOWN follows. */
void worker_kill(struct worker *w);

/* The same, and fn is not called any more. */
void worker_free(struct worker **wp);

int64_t worker_pid(const struct worker *w);

#endif
