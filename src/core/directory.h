/*
 * directory.h - service discovery: what an address is, and what is in it
 *
 * XEP-0030 for the gateway, its networks, rooms, occupants and people.  Only
 * what is answered is listed.
 */
#ifndef CORE_DIRECTORY_H
#define CORE_DIRECTORY_H

struct disco;
struct gateway;
struct iq_ask;
struct stanza;

void directory_on_info(struct iq_ask *ask, const struct stanza *query);
void directory_on_items(struct iq_ask *ask, const struct stanza *query);

/* What the domain itself says: also the source of its capabilities hash. */
void directory_describe_gateway(struct gateway *gw, struct disco *d);

/* Anybody behind a network that stores and forwards. */
void directory_describe_anybody(struct gateway *gw, struct disco *d);

#endif
