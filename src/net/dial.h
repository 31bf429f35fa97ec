/*
 * dial.h - from a host name to a connected TCP socket
 *
 * Looks the name up without blocking and races its addresses (RFC 8305:
 * families take turns, a new attempt every 250 ms or as soon as one fails).
 * Has no deadline of its own; whoever waits closes it.
 *
 *	l->dial = dial_new(loop, &target, on_dialled, l);
 *	...
 *	dial_close(&l->dial);
 *
 * Reentry    The callback comes once, never before dial_new() returned, and
 *            may dial_close().
 * Limits     DIAL_ADDRESSES_MAX addresses of a name are tried.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct dial;
struct loop;
struct sockaddr_storage;

enum { DIAL_ADDRESSES_MAX = 16, DIAL_HOST_MAX = 255 };

struct dial_target {
	struct str host; /* name or address; copied */
	uint16_t port;
	bool private_ok; /* see address_is_private() */
	/* Where addresses of that family are dialled from; NULL: the system
	   chooses.  The machine need not have it, but is to receive for it. */
	const struct sockaddr_storage *source;
};

struct dial_result {
	int fd; /* not blocking, the receiver's to close; or -1 */
	struct err err;
	bool permanent; /* trying again will not help */
};

typedef void dial_fn(const struct dial_result *r, void *arg);

struct dial *dial_new(
    struct loop *loop, const struct dial_target *to, dial_fn *fn, void *arg);

/* Gives up what is not connected yet.  NULL is accepted. */
void dial_close(struct dial **dp);

/* What it is busy with, for the error of a deadline: "looking up the name". */
const char *dial_stage(const struct dial *d);

#endif
