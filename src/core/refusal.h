/*
 * refusal.h - why a join did not end inside, written for the client
 */
#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

#include "core/gateway.h"

struct xmlw;

/*
 * <error/>; forward is the JID to go to, with GW_REFUSED_FORWARD or ERR_GONE,
 * else empty.
 */
void refusal_write(struct xmlw *w, enum gw_refusal why, const struct err *err,
    struct str forward);

#endif
