/*
 * mail_out.h - from messages to mails, and from results to outcomes
 *
 *	route()		may it go, and with what else into one mail
 *	send()		letter -> mail_sender.h
 *	a result	gateway_outcome() for each message of the mail
 */
#ifndef MAIL_OUT_H
#define MAIL_OUT_H

#include "core/gateway.h"

struct mail_gateway;
struct mail_noun;

/* Settings that it looks at. */
#define MAIL_OUT_HOLD "hold"
#define MAIL_OUT_JID  "jabber_id"

extern const struct mail_noun mail_out_noun;

int mail_out_route(struct session *s, const struct gw_message *m,
    struct gw_route *out, struct err *err);
void mail_out_send(struct session *s, gw_ticket t, const struct gw_message *m);
void mail_out_send_all(struct session *s, const gw_ticket *t,
    const struct gw_message *const *m, size_t n);

/* A mail of his came back: nobody was there (mail_caps_failed()). */
void mail_out_nobody(struct mail_gateway *mail, struct str user);

/* Of the setting "hold": seconds. */
int mail_out_check_hold(struct gateway *gw, struct str value, struct err *err);

#endif
