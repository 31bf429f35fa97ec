/*
 * xmlw.h - the one writer of XML: stanzas as text, straight into a buffer
 *
 * One illegal byte, one stanza without `from` or one that is too long ends
 * the stream of all users (both servers close it), so everything we send
 * passes through here.
 *
 *	xmlw_init(&w, &out, 200 * 1024);
 *	xmlw_stanza(&w, "message", from, to, "chat", id);
 *	xmlw_textel(&w, "body", NULL, text);
 *	xmlw_open(&w, "x", "http://jabber.org/protocol/muc#user");
 *	xmlw_open(&w, "status", NULL);
 *	xmlw_attr_c(&w, "code", "110");
 *	if (xmlw_end(&w, &err) < 0) ...            // closes what is open
 *
 * Text       Names and namespaces are our own constants and are written as
 *            they are.  Values are any bytes: each byte that is not UTF-8
 *            and each character that XML 1.0 does not allow (controls,
 *            noncharacters) becomes U+FFFD, so nothing vanishes unseen and
 *            two names never become one silently.  < > & are escaped, in
 *            attributes ' and " too; CR, and in attributes TAB and LF, are
 *            written as character references and arrive as what they are.
 * Errors     Write without checking, ask xmlw_end() once.
 * Limits     A stanza: the ceiling given at init.  Open elements:
 *            XMLW_DEPTH_MAX, an assertion.
 * Ownership  out is the caller's and must not be changed by others, not even
 *            dropped from, between the begin of a stanza and its end.  No
 *            memory is allocated but by out.
 */
#ifndef XMPP_XMLW_H
#define XMPP_XMLW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

enum { XMLW_DEPTH_MAX = 24 };

struct xmlw {
	struct buf *out;
	size_t start;                     /* of the stanza in out */
	size_t max;                       /* bytes of one stanza */
	const char *open[XMLW_DEPTH_MAX]; /* names, outermost first */
	unsigned depth;
	bool in_tag;  /* the start tag on top still takes attributes */
	bool too_big; /* the rest is not even written */
};

void xmlw_init(struct xmlw *w, struct buf *out, size_t max_stanza_bytes);

/*
 * Begins a stanza: "message", "presence" or "iq".  from and to are never
 * empty; type may be NULL, id empty.
 */
void xmlw_stanza(struct xmlw *w, const char *name, struct str from,
    struct str to, const char *type, struct str id);

/* Begins a piece of XML that is no stanza, to be given to xmlw_raw() later. */
void xmlw_fragment(struct xmlw *w);

/* A child of what is open.  ns NULL: that of its parent. */
void xmlw_open(struct xmlw *w, const char *name, const char *ns);
void xmlw_close(struct xmlw *w);

/* Right after open, before any content. */
void xmlw_attr(struct xmlw *w, const char *name, struct str value);
void xmlw_attr_c(struct xmlw *w, const char *name, const char *value);
void xmlw_attr_u64(struct xmlw *w, const char *name, uint64_t value);

void xmlw_text(struct xmlw *w, struct str text);

/* <name xmlns='ns'/> and <name xmlns='ns'>text</name> */
void xmlw_leaf(struct xmlw *w, const char *name, const char *ns);
void xmlw_textel(
    struct xmlw *w, const char *name, const char *ns, struct str text);

/*
 * As it is, unchecked: only for bytes that this writer made, for example a
 * body shared between many stanzas.
 */
void xmlw_raw(struct xmlw *w, struct str xml);

/*
 * Closes all that is open.  -1, the whole stanza is taken back: ERR_TOO_BIG,
 * over the ceiling of a stanza; ERR_BUSY, over that of out.
 */
int xmlw_end(struct xmlw *w, struct err *err);

#endif
