/*
 * stanza.h - reading a stanza that came in
 *
 * A tree of elements and text, made by libstrophe and bounded by the expat
 * guard.  Read only: whatever we send is written by xmlw.h.
 *
 *	const struct stanza *x = stanza_child(s, "x", NS_MUC);
 *	struct str body = stanza_child_text(s, "body", NULL, &scratch);
 *
 * Ownership  Everything returned is borrowed from the stanza, or, for text
 *            that had to be joined, from the scratch buffer given.
 */
#ifndef XMPP_STANZA_H
#define XMPP_STANZA_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"

struct stanza;

struct str stanza_name(const struct stanza *s); /* "" for a text node */
struct str stanza_ns(const struct stanza *s);

/* Empty when missing.  xml:lang is called "xml:lang". */
struct str stanza_attr(const struct stanza *s, const char *name);
bool stanza_has_attr(const struct stanza *s, const char *name);

bool stanza_is(const struct stanza *s, const char *name, const char *ns);

/*
 * First child element of that name and namespace; NULL name or ns: any.
 * NULL if there is none.  s may be NULL.
 */
const struct stanza *stanza_child(
    const struct stanza *s, const char *name, const char *ns);

/* The next sibling element of that name and namespace. */
const struct stanza *stanza_next(
    const struct stanza *s, const char *name, const char *ns);

/* All text directly inside s; appended to scratch only if in pieces. */
struct str stanza_text(const struct stanza *s, struct buf *scratch);

/* Text of the first such child; empty when missing. */
struct str stanza_child_text(const struct stanza *s, const char *name,
    const char *ns, struct buf *scratch);

/* The guard cut something off: answer policy-violation, use nothing of it. */
bool stanza_is_truncated(const struct stanza *s);

/*
 * For tests and tools: a stanza from its text, NULL if ill-formed.  The
 * namespace jabber:component:accept is the default one.
 */
struct stanza *stanza_parse(struct str xml);
void stanza_free(struct stanza **sp);

#endif
