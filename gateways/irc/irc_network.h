/*
 * irc_network.h - the networks of one gateway: configured ones and, where
 * the operator allows it, any host that a user names
 */
#ifndef IRC_NETWORK_H
#define IRC_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "irc/irc_isupport.h"
#include "lib/list.h"
#include "lib/secret.h"

enum { IRC_NETWORKS_MAX = 2000, IRC_HOST_MAX = 253 };

struct irc_network {
	struct list node;
	char *name; /* canonical: what addresses say */
	char *host;
	uint16_t port;
	bool tls, verify, plain_secrets;
	bool configured; /* by the operator, so its host is trusted */
	char *pin, *ca_file, *charset;
	char **alias;
	size_t nalias;
	unsigned burst;
	int64_t interval_ms;
	size_t max_lines;
	struct secret password;
	/* What its servers said last; where a new session begins. */
	enum irc_casemap casemap;
	char chantypes[8];
	size_t nicklen;
};

/* gateway_priv() of an IRC gateway. */
struct irc_networks {
	struct list all; /* configured ones first */
	size_t n;
	bool open, private_hosts;
	struct irc_network *only; /* NULL: several */
	struct list dirty;        /* links with something to write */
	void *hook;               /* irc_link.c */
};

extern const struct gw_option irc_gateway_options[];
extern const struct gw_section irc_gateway_sections[];

int irc_networks_read(
    struct irc_networks *ns, const struct conf *conf, struct err *err);
void irc_networks_release(struct irc_networks *ns);

/* By name, host or alias, whatever the case; NULL: not known. */
struct irc_network *irc_network_find(
    const struct irc_networks *ns, struct str name);

/* Found, or made for a host that a user named.  NULL: not allowed. */
struct irc_network *irc_network_get(
    struct irc_networks *ns, struct str name, struct err *err);

/* A host name or address as it may stand in an address of ours. */
bool irc_network_is_host(struct str name);

#endif
