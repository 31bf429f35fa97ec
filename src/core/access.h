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

struct gateway;
struct jid;

bool access_is_allowed(struct gateway *gw, const struct jid *who);
bool access_is_admin(struct gateway *gw, const struct jid *who);

#endif
