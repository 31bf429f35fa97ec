/*
 * The networks that are built in.  A new one is one more line in each half.
 */
#include "core/gateway.h"

extern const struct gateway_ops echo_gateway;
extern const struct gateway_ops irc_gateway;
extern const struct gateway_ops mail_gateway;
extern const struct gateway_ops post_gateway;
extern const struct gateway_ops sms_gateway;

const struct gateway_ops *const gateway_kinds[] = {
	&echo_gateway,
	&irc_gateway,
	&mail_gateway,
	&post_gateway,
	&sms_gateway,
	NULL,
};
