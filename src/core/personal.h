/*
 * personal.h - what is kept about a user: shown to him, and erased
 */
#ifndef CORE_PERSONAL_H
#define CORE_PERSONAL_H

struct adhoc_call;
struct iq_ask;
struct stanza;

/* The commands "export" and "forget". */
void personal_on_export(struct adhoc_call *call);
void personal_on_forget(struct adhoc_call *call);

/*
 * XEP-0077: removing is the same as "forget"; see registration.h for gateways
 * where people register.
 */
void personal_on_register_get(struct iq_ask *ask, const struct stanza *query);
void personal_on_register_set(struct iq_ask *ask, const struct stanza *query);

#endif
