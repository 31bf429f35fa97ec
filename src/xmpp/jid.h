/*
 * jid.h - XMPP addresses: parse, normalise, compare, and names inside them
 *
 *	struct jid j;
 *	if (jid_parse(&j, stanza_attr(s, "from"), &err) < 0) ...
 *	owner = jid_bare(&j);
 *
 *	jid_escape_node(STR("#a&b"), &node);      // "#a\26b"
 *	jid_make(&j, buf_str(&node), domain, STR_EMPTY, NULL);
 *
 * A struct jid always holds a normalised address (RFC 6122: nodeprep,
 * nameprep, resourceprep; a trailing dot of the domain is removed), so two
 * are the same exactly when their bytes are.  ejabberd passes addresses of
 * components on as they were written, so what comes in is normalised too.
 *
 * Names      A network's names may hold any byte but NUL; see jid_escape_node
 *            below for how they become a part of an address and back.
 * Limits     Each part 1023 bytes (RFC 7622 3.1), counted after escaping.
 * Ownership  A slice returned points into the jid.  What is given to
 *            jid_parse() and jid_make() must not.
 */
#ifndef XMPP_JID_H
#define XMPP_JID_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

enum {
	JID_PART_MAX = 1023,
	JID_MAX = 3 * JID_PART_MAX + 2,
};

struct jid {
	char text[JID_MAX + 1]; /* terminated; private: what is behind it */
	uint16_t node_len;      /* 0: no node */
	uint16_t domain_len;
	uint16_t resource_len; /* 0: bare */
};

/* ERR_BAD_INPUT with a text that names the part at fault. */
int jid_parse(struct jid *j, struct str text, struct err *err);

/* The same from parts; node and resource may be empty: none. */
int jid_make(struct jid *j, struct str node, struct str domain,
    struct str resource, struct err *err);

static inline struct str
jid_node(const struct jid *j)
{
	return str_of(j->text, j->node_len);
}

static inline struct str
jid_domain(const struct jid *j)
{
	return str_of(j->text + j->node_len + (j->node_len > 0), j->domain_len);
}

static inline struct str
jid_bare(const struct jid *j)
{
	return str_of(
	    j->text, (size_t)j->node_len + (j->node_len > 0) + j->domain_len);
}

static inline struct str
jid_full(const struct jid *j)
{
	return str_of(
	    j->text, jid_bare(j).len + (j->resource_len > 0) + j->resource_len);
}

static inline struct str
jid_resource(const struct jid *j)
{
	return str_of(
	    j->text + jid_full(j).len - j->resource_len, j->resource_len);
}

static inline bool
jid_eq(const struct jid *a, const struct jid *b)
{
	return str_eq(jid_full(a), jid_full(b));
}

/* Same node and domain, whatever the resources. */
static inline bool
jid_eq_bare(const struct jid *a, const struct jid *b)
{
	return str_eq(jid_bare(a), jid_bare(b));
}

/*
 * Reversible names: a superset of XEP-0106.
 *
 * A byte that the profile would change or refuse is written `\hh` (lower-case
 * hex), the case of ASCII letters excepted; a backslash in front of two hex
 * digits is `\5c`.  What the profile leaves alone stays readable.  In a
 * resource a space at either end is `\20`, so that nobody trims it.
 *
 *	#rock&roll   #rock\26roll          straße   stra\c3\9fe
 *	a b@c        a\20b\40c             été      été
 *
 * unescape(escape(x)) is x; it is x but for the case of ASCII letters once
 * the node was part of a jid.  Escaping appends to out.  -1, nothing
 * appended: raw is empty, holds NUL, is over JID_PART_MAX bytes when escaped,
 * or out is full.
 */
int jid_escape_node(struct str raw, struct buf *out);
int jid_escape_resource(struct str raw, struct buf *out);

/*
 * Appends the name that was escaped: any bytes but NUL, so check before use
 * as text.  Different nodes may unescape to the same name (`\61` and `a`);
 * only the one that jid_escape_node() makes of it is canonical.  -1: out is
 * full.
 */
int jid_unescape_node(struct str node, struct buf *out);
int jid_unescape_resource(struct str resource, struct buf *out);

#endif
