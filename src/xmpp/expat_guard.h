/*
 * expat_guard.h - limits between expat and libstrophe
 *
 * libstrophe builds a tree of whatever arrives, in quadratic time and without
 * a ceiling, so any remote user could stop the gateway with one stanza.  The
 * program therefore defines the expat functions that libstrophe calls; they
 * pass on to expat and stand between its events and libstrophe's handlers.
 * Nothing has to be called for that; what is here is for the component, which
 * must know about errors, and for tests.
 *
 * Limits     For each stanza, the enum below.  What is over is dropped and
 *            the stanza gets a last child <truncated/> in GUARD_NS, which
 *            stanza_is_truncated() finds.
 * Changes    Text in pieces becomes one piece.  xml:lang keeps its prefix;
 *            other attributes in a namespace are dropped, because libstrophe
 *            would take x:from for from.
 * Errors     Ill-formed XML, a DOCTYPE (RFC 6120 11.1), one tag over
 *            GUARD_TOKEN_MAX, depth over GUARD_DEPTH_STOP, memory over
 *            GUARD_MEMORY_MAX: the parser stops for good.  libstrophe does
 *            not tell anybody; expat_guard_error() does.
 * Thread     One, the loop's.
 */
#ifndef XMPP_EXPAT_GUARD_H
#define XMPP_EXPAT_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUARD_NS "urn:passerelle:guard"

enum {
	GUARD_DEPTH_MAX = 64,          /* the stanza itself is 1 */
	GUARD_ELEMENTS_MAX = 4096,     /* the stanza itself is one */
	GUARD_CHILDREN_MAX = 4096,     /* of one element, pieces of text too */
	GUARD_ATTRS_MAX = 64,          /* per element */
	GUARD_TEXT_MAX = 256 * 1024,   /* text, names and values together */
	GUARD_TOKEN_MAX = 1024 * 1024, /* one tag or comment */

	/*
	 * A parser that stops costs everybody the stream, so nothing that a
	 * server lets through may get here: a stanza of 512 KiB, Prosody's
	 * limit, has room for 75,000 levels.
	 */
	GUARD_DEPTH_STOP = 100 * 1000,
	GUARD_MEMORY_EXCHANGE = 4 * 1024 * 1024, /* of one parser: a new one */
	GUARD_MEMORY_MAX = 64 * 1024 * 1024,     /* of one parser: it stops */
};

/* Since the start of the program, over all parsers. */
struct expat_guard_stats {
	uint64_t nbytes;   /* fed */
	uint64_t nparsers; /* created */
	uint64_t nstanzas; /* delivered whole or truncated */
	uint64_t ntruncated;
	uint64_t npassed;    /* elements given to libstrophe */
	uint64_t ndropped;   /* elements kept from it */
	uint64_t ntexts;     /* pieces of text given to it */
	uint64_t nfailed;    /* parsers that stopped */
	uint64_t nexchanged; /* parsers whose memory had grown too much */
	size_t memory;       /* bytes in use by all parsers now */
	size_t memory_peak;  /* since expat_guard_reset_peak() */
};
void expat_guard_stats(struct expat_guard_stats *out);
void expat_guard_reset_peak(void);

/* A number for the parser that was created last; 0: none ever was. */
uint64_t expat_guard_newest(void);

/* Why that parser stopped, or NULL.  Static text. */
const char *expat_guard_error(uint64_t id);

/*
 * Inside a handler that got a stanza.  libstrophe renders every stanza it
 * received for a log that nobody reads; see strophe.c.
 */
bool expat_guard_is_delivering(void);

#endif
