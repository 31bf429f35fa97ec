/*
 * control.h - the socket that `passerelle queue ...` talks to
 *
 * For when XMPP may be what is broken: one request a connection, as in
 * control_words.h, answered by verb.h.
 */
#ifndef CORE_CONTROL_H
#define CORE_CONTROL_H

#include <stddef.h>

#include "lib/err.h"
#include "lib/str.h"

struct control;
struct core;

/* The store's lock is held.  NULL: err names the path and says why. */
struct control *control_new(struct core *c, struct str path, struct err *err);
void control_free(struct control **cp);

/*
 * The other side, for main(): asks the running program and prints what it
 * says.  An exit status, as passerelle(8) has them.
 */
int control_ask(struct str path, const char *const *word, size_t n);

#endif
