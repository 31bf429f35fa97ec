/*
 * flow_match.h - does a stanza say what the scenario expects?
 *
 * What is expected is a pattern: XML in which
 *
 *	attr='*'      any value, but the attribute is there
 *	attr='{x}'    any value, remembered as x
 *	text *        `*` in a text stands for anything; {x} alone, as above
 *	<any/>        whatever other children may be there too
 *
 * All attributes and children of the pattern must be there and equal, and
 * no others, except `to`, `id` and `xml:lang` of the stanza itself, which
 * are looked at only if the pattern has them, and <occupant-id/>, likewise.  Children may stand in any
 * order.
 */
#ifndef FLOW_MATCH_H
#define FLOW_MATCH_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"

/* What was remembered under a name; NULL: nothing.  Kept until it is replaced. */
const char *flow_recall(struct str name);

void flow_remember(struct str name, struct str value);

/* True: fits.  Else why is one line for people. */
bool flow_match(struct str pattern, struct str got, struct buf *why);

/* Patterns for lines: `*` stands for anything. */
bool flow_match_line(struct str pattern, struct str got);

#endif
