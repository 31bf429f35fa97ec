/*
 * unwanted.h - from whom a user does not want to hear
 *
 * On networks that store and forward: what such a contact sends is taken from
 * the network and dropped; nobody learns of it, and the network need not try
 * again.  A user has the list in the command "block-list"; who blocks a
 * contact at his server (XEP-0191) blocks it here with the first message that
 * comes back for that.  Kept among the facts that belong to no network.
 *
 * Names      As ops->split() gives them: one spelling each.
 * Limits     UNWANTED_USER_MAX of a user, what fits a form; UNWANTED_MAX.
 */
#ifndef CORE_UNWANTED_H
#define CORE_UNWANTED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/store.h"
#include "lib/buf.h"
#include "lib/str.h"

struct adhoc_call;
struct gateway;
struct unwanted;

enum { UNWANTED_USER_MAX = 200, UNWANTED_MAX = 100000 };

struct unwanted *unwanted_new(struct gateway *gw);
void unwanted_free(struct unwanted **up);

bool unwanted_has(const struct unwanted *u, struct str user, struct str name);

/*
 * From now on; done (may be NULL) once it is durable.  0 and done too where
 * it was so.  -1: over a ceiling.
 */
int unwanted_put(struct unwanted *u, struct str user, struct str name,
    store_done_fn *done, void *arg, struct err *err);

/* False: he wanted to hear from it; done is not called. */
bool unwanted_lift(struct unwanted *u, struct str user, struct str name,
    store_done_fn *done, void *arg);

/* All of them: the user wants to be forgotten. */
void unwanted_forget(struct unwanted *u, struct str user);

/* A fact of the store; false: it is none of ours. */
bool unwanted_on_fact(struct unwanted *u, struct str name);

/* Appends a line for each, as it is written in an address, sorted. */
void unwanted_write(const struct unwanted *u, struct str user, struct buf *out);

/* The command "block-list". */
void unwanted_on_call(struct adhoc_call *call);

#endif
