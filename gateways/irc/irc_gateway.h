/*
 * irc_gateway.h - what the files of the IRC gateway share
 *
 * irc_gateway.c	the ops table, addresses, settings
 * irc_network.c	one network: configuration, what it taught us
 * irc_link.c		one login: proto + stream + timer
 * irc_event.c		what the proto reports, told to the core
 * irc_ports.c		the ports of servers that users name
 * irc_script.c	what a user wants sent after each login
 * irc_sts.c	which hosts want TLS
 * irc_request.c	what the core asks, told to the proto
 */
#ifndef IRC_GATEWAY_H
#define IRC_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gateway.h"
#include "irc/irc_ident.h"
#include "irc/irc_network.h"
#include "irc/irc_ports.h"
#include "irc/irc_sts.h"
#include "lib/list.h"
#include "net/loop.h"

struct irc_link;

/* Behind gateway_priv(). */
struct irc_gateway {
	bool open, private_hosts;
	struct irc_ports ports; /* of hosts that users name */
	struct irc_networks networks;
	struct irc_network *only; /* NULL, or the one of only_network */
	struct irc_sts_hosts sts;
	struct irc_ident ident;
	struct list links; /* all that are not over */
	struct list dirty; /* links that have work before the turn ends */
	struct loop_hook hook;
	struct loop *loop;
	bool emitted; /* in this run of the hook: others have work now */
	char host[IRC_HOST_MAX]; /* of the last split(), in lower case */
};

/* Behind session_priv(). */
struct irc_session {
	struct irc_link *link; /* NULL: not logged in */
	enum irc_casemap casemap;
	bool knows_casemap;
	bool held;     /* the core asks us not to read */
	uint64_t motd; /* hash of the one he has been shown; 0: none */
};

/* The network of a session; NULL: not configured (any more), not open. */
struct irc_network *irc_session_network(struct session *s);

/* The table of ops; gateways/registry.c. */
extern const struct gateway_ops irc_gateway;

#endif
