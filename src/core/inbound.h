/*
 * inbound.h - one-to-one messages and notices for our user
 *
 * While the XMPP stream is down they wait, INBOUND_MAX at most per session,
 * and are delivered with the time they came (XEP-0203).
 */
#ifndef CORE_INBOUND_H
#define CORE_INBOUND_H

#include "core/gateway.h"

enum { INBOUND_MAX = 100, INBOUND_TEXT_MAX = 16 * 1024 };

/* A word from somebody, to our user alone. */
void inbound_message(struct session *s, const struct gw_message *m);

/* Text of the network for the user's eyes. */
void inbound_notice(struct session *s, struct str actor, struct str text);

/*
 * All that somebody thinks of a line said one to one.  Only while the stream
 * is up: it goes along with a conversation.
 */
struct backlog_line;
void inbound_reactions(
    struct session *s, struct str nick, const struct backlog_line *line);

/* That they are writing, or stopped: the same. */
void inbound_state(struct session *s, struct str nick, const char *state);

/* They have taken a line back: the same. */
void inbound_retraction(
    struct session *s, struct str nick, const struct backlog_line *line);

/* The stream is up again. */
void inbound_release(struct session *s);
void inbound_drop(struct session *s);

#endif
