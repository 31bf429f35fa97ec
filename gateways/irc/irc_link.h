/*
 * irc_link.h - one session's connection: engine, byte stream and timer
 *
 * Bytes go from the stream to the engine, its events to irc_event.c and its
 * output, once per loop turn, to the stream.
 */
#ifndef IRC_LINK_H
#define IRC_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "irc/irc_member.h"
#include "irc/irc_network.h"
#include "irc/irc_proto.h"
#include "lib/clock.h"
#include "lib/list.h"

struct link;

enum { IRC_QUERIES_MAX = 20 };

/* A CTCP question that waits for its reply. */
struct irc_query {
	struct list node;
	gw_req_id id;
	char *nick;
	const char *command;
};

/* session_priv() of an IRC session. */
struct irc_session {
	struct session *s;
	struct irc_network *network; /* NULL: not looked up yet */
	enum irc_casemap fold;
	bool is_open;    /* between login and OFFLINE */
	bool is_leaving; /* logout was asked for */
	struct link *link;
	struct irc_proto proto; /* initialised while is_open */
	struct irc_channels channels;
	struct timer timer;
	struct list dirty; /* in the gateway's list while marked */
	struct list queries;
	size_t nquery;
};

int irc_link_login(struct session *s, struct str nick, struct err *err);
void irc_link_logout(struct session *s, enum gw_bye why, struct str text);
void irc_link_drop(struct session *s);
void irc_link_hold(struct session *s, bool hold);
void irc_link_status(struct session *s, struct buf *out);

/* Something was given to the engine: write it before the turn ends. */
void irc_link_touch(struct irc_session *is);

/* The session's network; NULL and err: there is none any more. */
struct irc_network *irc_session_network(
    struct irc_session *is, struct err *err);
struct irc_session *irc_session_of(struct session *s);

/* Of the gateway: the hook that writes. */
void irc_links_open(struct gateway *gw);
void irc_links_close(struct gateway *gw);

/* The ops table; gateways/registry.c. */
extern const struct gateway_ops irc_gateway;

/* irc_event.c: an event of the engine, to the core. */
void irc_event_report(struct irc_session *is, const struct irc_event *ev);

/* irc_request.c */
extern gw_request_fn *const irc_requests[GW_NREQ];
void irc_request_send(
    struct session *s, gw_ticket t, const struct gw_message *m);
void irc_request_reply(struct irc_session *is, const struct irc_event *ev);
void irc_request_fail_queries(struct irc_session *is);
bool irc_request_forget(struct irc_session *is, gw_req_id id);

#endif
