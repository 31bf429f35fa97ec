/*
 * access.h - who may use a gateway, and who administers it
 *
 * Exact: a domain allows its users, never its subdomains (an occupant of
 * conference.example.org must not send SMS); a bare JID allows one person.
 * JIDs of our own gateways are never allowed: no loops.
 */
#ifndef CORE_ACCESS_H
#define CORE_ACCESS_H

#include <stdbool.h>

struct err;
struct gateway;
struct jid;

/* -1, ERR_DENIED: not open to them, or the administrators have blocked them. */
int access_check(struct gateway *gw, const struct jid *who, struct err *err);

bool access_is_allowed(struct gateway *gw, const struct jid *who);
bool access_is_admin(struct gateway *gw, const struct jid *who);

#endif
