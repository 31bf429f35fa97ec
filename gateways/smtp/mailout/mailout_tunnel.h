/*
 * mailout_tunnel.h - TLS from the first byte, which libesmtp does not do
 *
 * A thread of its own speaks TLS with the server and passes on the bytes over
 * a socket pair, on whose other end libesmtp talks as if there were none.
 *
 *	mailout_tunnel_new(&submit, fd, &plain, &err, &is_broken);
 *	libesmtp uses and closes plain
 *	mailout_tunnel_free(&t, &err);
 */
#ifndef MAILOUT_TUNNEL_H
#define MAILOUT_TUNNEL_H

#include <stdbool.h>

#include "lib/err.h"
#include "smtp/mail_submit.h"

struct mailout_tunnel;

/*
 * Shakes hands, reply_ms at most.  fd, connected, is taken, also on failure.
 * NULL: err says why; *is_broken: it is not who it is to be.
 */
struct mailout_tunnel *mailout_tunnel_new(const struct mail_submit *s, int fd,
    int *plain_out, struct err *err, bool *is_broken);

/*
 * The plain end has been closed: waits a second at most for what was written
 * there to leave.  err, where TLS failed meanwhile; else it stays.
 */
void mailout_tunnel_free(struct mailout_tunnel **tp, struct err *err);

#endif
