/*
 * sms_out.h - from a message to requests, and from answers to outcomes
 */
#ifndef SMS_OUT_H
#define SMS_OUT_H

#include "core/gateway.h"

struct sms_gateway;
struct sms_line;

/* The setting that it looks at: parts of a message over which to ask. */
#define SMS_OUT_SETTING "ask_parts"

/* ops->route and ops->send */
int sms_out_route(struct session *s, const struct gw_message *m,
    struct gw_route *out, struct err *err);
void sms_out_send(struct session *s, gw_ticket t, const struct gw_message *m);

/* What is under way is given up: it will be told as unsure. */
void sms_out_close(struct sms_gateway *sms);

/* The line goes: what may have been sent by it is unsure. */
void sms_out_drop(struct sms_line *l);

#endif
