/*
 * registration.h - who is registered at a gateway that wants that
 *
 * What a network asks of who registers is in struct gw_registration; here is
 * how people are asked: by XEP-0077, and by the command "register" where it
 * takes several steps.
 *
 *	form(given)            -> the next form, until nothing more is asked
 *	submit(given, token)   -> gateway_registered(token): on disk, answered;
 *	                          then the gateway subscribes to him
 *
 * Suspended  Who ends his subscription to the gateway keeps what he has, and
 *            neither sends nor gets anything until he subscribes again; kept
 *            as a fact of no network.
 * Limits     One registration of a user under way, REGISTRATIONS_MAX in all.
 */
#ifndef CORE_REGISTRATION_H
#define CORE_REGISTRATION_H

#include <stdbool.h>

#include "lib/str.h"

struct adhoc_call;
struct buf;
struct err;
struct gateway;
struct iq_ask;
struct registrations;
struct stanza;

enum { REGISTRATIONS_MAX = 1000, REGISTRATION_MS = 60000 };

struct registrations *registrations_new(struct gateway *gw);
void registrations_free(struct registrations **rp);

/* A fact of the store; false: it is none of ours. */
bool registrations_on_fact(struct registrations *all, struct str name);

/* -1, ERR_STRANGER: he is not registered, or suspended. */
int registration_check(struct gateway *gw, struct str user, struct err *err);

/* His subscription to the gateway ends, or is there again. */
void registration_suspend(struct gateway *gw, struct str user);
void registration_resume(struct gateway *gw, struct str user);

/* He wants to be forgotten. */
void registration_remove(struct gateway *gw, struct str user);

/* Appends what he has registered, for him. */
void registration_write(struct gateway *gw, struct str user, struct buf *out);

/* XEP-0077 but for <remove/>, at the domain of a gateway with registration. */
void registration_on_get(struct iq_ask *ask);
void registration_on_set(struct iq_ask *ask, const struct stanza *query);

/* The command "register". */
void registration_on_call(struct adhoc_call *call);

#endif
