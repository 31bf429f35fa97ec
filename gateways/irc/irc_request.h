/*
 * irc_request.h - what the core asks, told to the proto
 *
 * The proto answers each ref once (irc_proto.h, Refs), so a request needs no
 * memory here; what fails at once is answered at once.  Only questions to
 * another person's client (CTCP) are kept, since nothing but a message
 * answers them, or never comes.
 */
#ifndef IRC_REQUEST_H
#define IRC_REQUEST_H

#include "irc/irc_link.h"

enum { IRC_TELL_DELAY_MS = 10000 };

gw_request_fn irc_request_join;
gw_request_fn irc_request_leave;
gw_request_fn irc_request_subject;
gw_request_fn irc_request_nick;
gw_request_fn irc_request_role;
gw_request_fn irc_request_standing;
gw_request_fn irc_request_standings;
gw_request_fn irc_request_form_get;
gw_request_fn irc_request_form_set;
gw_request_fn irc_request_invite;
gw_request_fn irc_request_directory;
gw_request_fn irc_request_query;
gw_request_fn irc_request_away;
gw_request_fn irc_request_raw;
gw_request_fn irc_request_watch;
gw_request_fn irc_request_unwatch;
gw_request_fn irc_request_react;
gw_request_fn irc_request_redact;
gw_request_fn irc_request_typing;

/* The command of that name. */
void irc_request_whois(struct session *s, gw_req_id id, struct str name,
    const struct gw_field *field, size_t nfield);

/* A message outward: refused at once, or LEFT and then one more FATE. */
void irc_request_send(
    struct session *s, gw_ticket t, const struct gw_message *m);

/* One line of a list of bans, and its end. */
void irc_ban_listed(struct irc_link *l, const struct irc_event *ev);
void irc_bans_ended(struct irc_link *l, const struct irc_event *ev);

/* What can be set of a channel. */
extern const struct gw_setting irc_form_fields[];

/* 324 has come for FORM_GET; c is NULL if we are out again. */
void irc_form_told(
    struct irc_link *l, const struct irc_channel *c, gw_req_id id);

/* A CTCP reply came: the answer to the oldest such question, or a notice. */
void irc_query_answered(struct irc_link *l, const struct irc_event *ev);
void irc_query_failed(struct irc_link *l, gw_req_id id, const struct err *err);

/* When irc_queries_expire() has something to do, or -1. */
int64_t irc_queries_deadline(const struct irc_link *l);
void irc_queries_expire(struct irc_link *l);

/* The link is gone. */
void irc_queries_fail(struct irc_link *l, const struct err *err);

/* Without a word. */
void irc_queries_drop(struct irc_link *l);

#endif
