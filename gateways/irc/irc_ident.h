/*
 * irc_ident.h - whose connection that is, for servers that ask (RFC 1413)
 *
 * Servers ask the machine that a connection comes from; the answer is the
 * user name of its USER line, so a ban meets one user of ours.  Only links
 * that exist are told of, and only to whom they lead.
 *
 *	"40001, 6667"  ->  "40001, 6667 : USERID : UNIX : x1a2b3c4d"
 */
#ifndef IRC_IDENT_H
#define IRC_IDENT_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"
#include "net/inquiry.h"

struct irc_gateway;
struct log_ctx;
struct loop;
struct sockaddr;

struct irc_ident {
	char *address; /* NULL: nobody is answered */
	uint16_t port;
	bool has_failed; /* and that was said */
	struct inquiry_desk *desk;
};

/* address empty: off.  Closed if it was open elsewhere. */
void irc_ident_set(struct irc_ident *i, struct str address, uint16_t port);

/* Before a login; what goes wrong is logged once, and tried again. */
void irc_ident_listen(struct irc_gateway *gw, const struct log_ctx *log);

void irc_ident_release(struct irc_ident *i);

/* An inquiry_fn: arg is the gateway. */
void irc_ident_answer(struct str line, const struct sockaddr *local,
    const struct sockaddr *peer, struct buf *answer, void *arg);

#endif
