/*
 * mailout_socket.h - the connection of libesmtp, under our hand
 *
 * libesmtp calls getaddrinfo(), connect() and poll() by their plain names, and
 * finds those of this program.  What that gives:
 *
 *	a name is asked for as it was configured, not for its canonical one
 *	an address in digits may be IPv6
 *	a connection that does not come about is given up after connect_ms
 *	small commands leave at once (TCP_NODELAY)
 *	what is to be written is written before an answer is read: else both
 *		sides wait for each other behind a TLS handshake
 *	a server that has hung up ends the session, instead of being asked
 *		for answers until a null function is called
 *	a server that does not take bytes ends it, instead of getting a mail
 *		with a hole in it
 *	TLS from the first byte (mailout_tunnel.h)
 *
 * One connection at a time, like the whole program.
 */
#ifndef MAILOUT_SOCKET_H
#define MAILOUT_SOCKET_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "smtp/mail_submit.h"

/* What libesmtp is told to connect to. */
#define MAILOUT_SERVER "smarthost:smtp"

/* From now on connections of libesmtp go there.  s is borrowed until end. */
void mailout_socket_begin(const struct mail_submit *s);

/* Waits for what still leaves; the failure is complete then. */
void mailout_socket_end(void);

/*
 * Nothing more is to leave: libesmtp finds the connection dead.  The first
 * failure is the one that counts; is_broken: it is the operator's to mend.
 */
void mailout_socket_fail(const struct err *why, bool is_broken);
bool mailout_socket_has_failed(void);

/* ERR_NONE: none that was seen here. */
const struct err *mailout_socket_failure(bool *is_broken);

/* Has the server hung up, or has writing failed? */
bool mailout_socket_is_dead(void);

/* What it has said and nobody has read yet; the number of bytes. */
size_t mailout_socket_peek(char *to, size_t size);

/* Monotonic milliseconds, and the poll() of the system. */
int64_t mailout_socket_now(void);
int mailout_socket_poll(struct pollfd *p, nfds_t n, int timeout_ms);

#endif
