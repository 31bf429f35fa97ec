/*
 * message.h - messages that come in from our users
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

struct gw_req;
struct inlet;
struct session;

void message_in(struct inlet *in);

/* What a message asks of the network; it is an error if that fails. */
void message_request(
    struct inlet *in, struct session *s, const struct gw_req *req);

#endif
