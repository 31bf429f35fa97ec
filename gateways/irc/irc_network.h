/*
 * irc_network.h - one IRC network: where it is, and what it taught us
 *
 * A configured network is made from its section; any other host name is one
 * too where the gateway is `open`, for as long as somebody is logged in
 * there.  Name, host and aliases lead to the same network, in any case.
 *
 *	n = irc_networks_find(&nets, STR("irc.libera.chat"));
 *	irc_network_learn(n, irc_proto_isupport(&proto));
 *
 * Ownership  The set holds one reference to each configured network, a link
 *            one to its own; irc_network_unref() frees with the last.
 * Errors     ERR_BAD_INPUT, with file and line where it is about an option.
 */
#ifndef IRC_NETWORK_H
#define IRC_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gateway.h"
#include "irc/irc_isupport.h"
#include "lib/err.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/secret.h"
#include "lib/str.h"
#include "net/address.h"

enum {
	IRC_HOST_MAX = 253, /* RFC 1035 2.3.4, without the last dot */
	IRC_ALIASES_MAX = 16,
	IRC_NETWORKS_MAX = 1000,      /* configured, of one gateway */
	IRC_OPEN_NETWORKS_MAX = 1000, /* the others, at one time */
	IRC_PORT = 6697,              /* RFC 7194 */
	IRC_PORT_CLEAR = 6667,
};

struct irc_network {
	struct list node; /* of the configured ones, in their order */
	unsigned refs;
	bool is_open; /* nobody configured it */

	char *name; /* canonical: lower case */
	char *host;
	uint16_t port;
	bool tls, verify;
	bool raw;            /* users may send lines of the protocol */
	bool plain_secrets;  /* passwords of users may go in clear text */
	char *pin, *ca_file; /* NULL: none */
	char *alias[IRC_ALIASES_MAX];
	size_t nalias;
	unsigned burst;
	int64_t interval_ms;
	size_t max_lines;
	unsigned max_users, max_per_address; /* irc_crowd.h; 0: no limit */
	char *charset;                       /* of lines that are not UTF-8 */
	struct secret password;
	char *realname;                /* %u stands for the bare JID */
	struct address_prefix source;  /* where each user has an address */
	struct secret webirc_password; /* it is told the address */

	char *contact; /* for complaints; NULL: the gateway's */

	char *ban_mask; /* %n, %u, %h: nick, user, host of whom it bans */

	/* As the server said last, to whomever of us. */
	enum irc_casemap casemap;
	char chantypes[8];
	char title[IRC_NETWORK_MAX + 1];
	uint16_t nicklen; /* 0: not known */
};

struct irc_networks {
	struct map names; /* every name in lower case -> network */
	struct list configured;
	size_t nconfigured, nopen;
};

extern const struct gw_option irc_network_options[];

void irc_networks_init(struct irc_networks *nets);
void irc_networks_release(struct irc_networks *nets);

/* All sections `network` of a gateway. */
int irc_networks_read(
    struct irc_networks *nets, const struct conf *conf, struct err *err);

/*
 * Puts what is in next in the place of what is in nets, which keeps what it
 * has learnt; next is empty then.
 */
void irc_networks_replace(struct irc_networks *nets, struct irc_networks *next);

/* NULL: none of that name. */
struct irc_network *irc_networks_find(
    const struct irc_networks *nets, struct str name);

/* The i-th configured one, or NULL. */
struct irc_network *irc_networks_at(const struct irc_networks *nets, size_t i);

/* For a host that nobody configured, found or made; the caller's to unref. */
struct irc_network *irc_networks_open(
    struct irc_networks *nets, struct str host, struct err *err);

/* A host name or address, as it may stand in an address of ours. */
bool irc_host_is_valid(struct str host);

struct irc_network *irc_network_ref(struct irc_network *n);
void irc_network_unref(struct irc_networks *nets, struct irc_network **np);

void irc_network_learn(struct irc_network *n, const struct irc_isupport *is);

/* Does a name that begins so stand for a channel? */
enum { IRC_CHARSET_MAX = 33 }; /* bytes of a name, with its NUL */

/* Known here, and ASCII is in it as it is. */
bool irc_is_charset(struct str name);

bool irc_network_is_channel(const struct irc_network *n, struct str name);

/*
 * What bans somebody there; appends.  By nick, whatever else it is, where
 * the configured mask needs what is not known of them.
 */
void irc_network_ban_mask(const struct irc_network *n, struct str nick,
    struct str user, struct str host, struct buf *out);

/* Has a real name there the bare JID in it? */
bool irc_network_shows_user(const struct irc_network *n);

/* The real name of a user there; appends. */
void irc_network_realname(
    const struct irc_network *n, struct str user, struct buf *out);

#endif
