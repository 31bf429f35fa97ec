/*
 * strophe.h - the one libstrophe context, for stream.c and stanza.c only
 *
 * One for the life of the process: libstrophe's expat glue remembers the
 * first one it sees.  It logs nothing (on a parse error it would print an
 * unterminated buffer) and takes its memory from a pool.
 */
#ifndef XMPP_STROPHE_H
#define XMPP_STROPHE_H

#include "lib/err.h"

struct _xmpp_ctx_t;

struct _xmpp_ctx_t *strophe_ctx(void);

/* Proves that libstrophe's parsers go through the guard.  -1: err says. */
int strophe_self_test(struct err *err);

#endif
