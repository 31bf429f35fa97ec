/*
 * mail_receive.h - one `receive` block of the file: where mail comes in, from
 * whom, and what is believed of them
 *
 *	receive "lmtp"    { listen = "127.0.0.1"  port = 2424 }
 *	receive "postfix" { path = "/var/spool/postfix/passerelle/lmtp" }
 *	receive "lan"     { protocol = "smtp"  listen = "192.0.2.1"  port = 25
 *	                    allow = { "192.0.2.0/24" } }
 *
 * Everything is copied, and read once: certificates are also read again when
 * they are new.
 */
#ifndef MAIL_RECEIVE_H
#define MAIL_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"
#include "net/address.h"

struct tls_server;

enum { MAIL_RANGES_MAX = 100 };

/* Who connects: ranges of addresses, and whoever is at a unix socket. */
struct mail_ranges {
	struct address_prefix *v;
	size_t n;
	bool has_unix;
};

struct mail_receive {
	char *name;
	char *address, *path, *group; /* address or path is "" ... */
	char *inherited;              /* ... or both, if this is not */
	uint16_t port;
	unsigned mode;
	char *host; /* what we are called in it */
	bool is_lmtp;
	bool has_auth, needs_auth, needs_tls;
	size_t size_max;
	unsigned recipients_max, connections_max, per_address_max;
	struct mail_ranges allow, trusted, xforward, xclient;
	struct mail_ranges local; /* this machine: a login need no TLS */
	struct buf users;         /* lines "name:password"; wiped */

	char *cert, *key; /* cert "": no TLS */
	struct tls_server *tls;
	int64_t cert_time; /* of the files that tls was made of */
};

extern const struct gw_option mail_receive_options[];

/* NULL: err has file and line.  size_max: of the gateway. */
struct mail_receive *mail_receive_new(struct gateway *gw,
    const struct conf *conf, uint64_t size_max, struct err *err);
void mail_receive_free(struct mail_receive **rp);

/* sa NULL: a unix socket. */
bool mail_ranges_have(const struct mail_ranges *r, const struct sockaddr *sa);

/* Is that a login of the block's own?  Takes the same time for each. */
bool mail_receive_login(
    const struct mail_receive *r, struct str user, struct str password);

/*
 * The certificate as it is in the file now; NULL: there is none, and never
 * was.  One that is new and cannot be read is logged, and the old one stays.
 */
struct tls_server *mail_receive_tls(
    struct mail_receive *r, const struct log_ctx *log);

#endif
