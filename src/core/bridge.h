/*
 * bridge.h - users who come through another gateway
 *
 * Networks ban gateways that pass on people of other gateways: nobody there
 * could be told apart any more.  A domain that somebody comes from, other
 * than the users' own, is asked once what it is (disco#info); if it says that
 * it is a gateway, its users are shut out and the administrators are told.
 * Until the answer is there they are taken at their word.
 *
 * Limits     BRIDGE_DOMAINS_MAX domains; those beyond are not asked.
 */
#ifndef CORE_BRIDGE_H
#define CORE_BRIDGE_H

#include "lib/err.h"
#include "lib/str.h"

struct bridges;
struct gateway;

enum { BRIDGE_DOMAINS_MAX = 1000, BRIDGE_MS = 30 * 1000 };

struct bridges *bridges_new(struct gateway *gw);
void bridges_free(struct bridges **bp); /* after what it has asked by */

/* Somebody of that domain connects. */
void bridges_ask(struct bridges *bs, struct str domain);

/* May somebody of that domain use the gateway, by what is known of it?  -1:
   ERR_DENIED. */
int bridges_check(const struct bridges *bs, struct str domain, struct err *err);

#endif
