/*
 * inquiry.h - questions of one line that others ask us over TCP
 *
 * Who connects sends one line, is sent one line and is hung up on; so is who
 * says too much, or nothing in time.
 *
 *	desk = inquiry_open(loop, STR("::"), 113, answer, me, &err);
 *	...
 *	inquiry_close(&desk);
 *
 * Limits     INQUIRY_CONNECTIONS_MAX at once, others are hung up on; a line
 *            of INQUIRY_LINE_MAX bytes; INQUIRY_MS for all of it.
 */
#ifndef NET_INQUIRY_H
#define NET_INQUIRY_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct inquiry_desk;
struct loop;
struct sockaddr;

enum {
	INQUIRY_CONNECTIONS_MAX = 64,
	INQUIRY_LINE_MAX = 256,
	INQUIRY_ANSWER_MAX = 1024,
	INQUIRY_MS = 10 * 1000,
};

/* line is without its end; appends the answer with its own, or nothing. */
typedef void inquiry_fn(struct str line, const struct sockaddr *local,
    const struct sockaddr *peer, struct buf *answer, void *arg);

/* address in digits; "::" is all of both families.  NULL: see err. */
struct inquiry_desk *inquiry_open(struct loop *loop, struct str address,
    uint16_t port, inquiry_fn *fn, void *arg, struct err *err);

/* Whoever is being answered is hung up on.  NULL is accepted. */
void inquiry_close(struct inquiry_desk **dp);

#endif
