/*
 * listener.h - a place where others connect to us, over TCP or a unix socket
 *
 *	l = listener_new(loop, &params, on_caller, me, &err);
 *	static void on_caller(struct link *link, const struct listener_peer *p,
 *	    void *me)
 *	{
 *		link_attach(link, on_link, ...);
 *	}
 *
 * Access     A unix socket has `mode`, and the group if one is named, from
 *            the moment it is there.
 * Limits     LISTENER_BATCH connections a turn.  Without descriptors nobody is
 *            taken for LISTENER_PAUSE_MS: they wait in the system.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct link;
struct listener;
struct log_ctx;
struct loop;
struct sockaddr;

enum { LISTENER_BATCH = 16, LISTENER_PAUSE_MS = 1000 };

struct listener_params {
	/*
	 * A socket that systemd has opened for us, sd_listen_fds(3), called so
	 * there (FileDescriptorName); empty: we open one.
	 */
	struct str inherited;
	struct str address; /* in digits; empty: a unix socket */
	uint16_t port;      /* 0: any that is free */
	struct str path;    /* see local.h about what is there already */
	unsigned mode;      /* of the socket at path: 0660 */
	struct str group;   /* who has it; or empty: ours */
	size_t out_max;     /* see link_accept() */
	const struct log_ctx *log;
};

struct listener_peer {
	const struct sockaddr *address; /* NULL: a unix socket */
	int64_t uid;                    /* of who is at a unix socket, or -1 */
};

/* The link is the callee's: it is attached or closed. */
typedef void listener_fn(
    struct link *link, const struct listener_peer *peer, void *arg);

/* NULL: err names the place and says why.  Never calls back before it
   returned. */
struct listener *listener_new(struct loop *loop,
    const struct listener_params *p, listener_fn *fn, void *arg,
    struct err *err);

/* Removes the socket; links that were taken stay. */
void listener_free(struct listener **lp);

/* Where it listens: "127.0.0.1 port 2424", "/run/lmtp"; and its port. */
struct str listener_name(const struct listener *l);
uint16_t listener_port(const struct listener *l);

#endif
