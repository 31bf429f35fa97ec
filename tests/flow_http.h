/*
 * flow_http.h - the words of a scenario about HTTP
 *
 *	http <- METHOD URL BODY     the program has asked that; * is anything
 *	http has NAME: VALUE        ... with that field; also user, password,
 *	                            once: yes, checked: yes
 *	http <- nothing
 *	http says NAME: VALUE       a field of the next answer
 *	http -> STATUS BODY         the oldest that was named is answered
 *	http refused | http lost    it was certainly not sent; nobody knows
 *	http impossible             it cannot be sent, now or later
 *	hook says NAME: VALUE       a field of the next request from outside
 *	hook -> METHOD PATH BODY    somebody asks us
 *	hook <- STATUS BODY         and is answered; BODY left out: any
 *	hook <- nothing             not yet
 */
#ifndef FLOW_HTTP_H
#define FLOW_HTTP_H

#include "lib/str.h"

/* NULL: done.  Else what is wrong, until the next call. */
const char *flow_http(struct str first, struct str verb, struct str rest);

/* NULL, or something that came out and was not named. */
const char *flow_http_left(void);

/* Fields that were said for nothing. */
void flow_http_forget(void);

#endif
