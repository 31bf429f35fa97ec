/*
 * bounce.h - what a message of ours that came back says of its user
 */
#ifndef CORE_BOUNCE_H
#define CORE_BOUNCE_H

#include "lib/buf.h"
#include "lib/str.h"

struct stanza;

enum bounce {
	BOUNCE_ABSENT,  /* nobody can have it now; later perhaps */
	BOUNCE_UNKNOWN, /* nobody will ever have it */
	BOUNCE_BLOCKED, /* he does not want any of that sender (XEP-0191) */
};

/* Of a message of type error.  Appends why, for people. */
enum bounce bounce_read(const struct stanza *s, struct buf *why);

#endif
