/*
 * owner.h - the configuration of a room (XEP-0045 10)
 *
 * Anybody inside may see it; who may change it is for the network to say.
 */
#ifndef CORE_OWNER_H
#define CORE_OWNER_H

struct iq_ask;
struct stanza;

void owner_on_get(struct iq_ask *ask, const struct stanza *query);

/* A form that comes back, or <destroy/>, which nobody may. */
void owner_on_set(struct iq_ask *ask, const struct stanza *query);

#endif
