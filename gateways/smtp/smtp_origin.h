/*
 * smtp_origin.h - who is behind a peer that speaks for others; pure
 *
 * XFORWARD tells where a mail came from, and holds for one mail; XCLIENT says
 * who the client is from now on.  Both are extensions of Postfix, which
 * describes them in XFORWARD_README and XCLIENT_README.
 *
 *	"ADDR=192.0.2.7 PORT=2525 HELO=printer"
 */
#ifndef SMTP_ORIGIN_H
#define SMTP_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/str.h"

struct smtp_origin {
	char address[64]; /* IP; empty: not known */
	char name[256], helo[256];
	char login[256]; /* XCLIENT only */
	uint16_t port;   /* 0: not known */
};

#define SMTP_XFORWARD_NAMES "NAME ADDR PORT PROTO HELO IDENT SOURCE"
#define SMTP_XCLIENT_NAMES                                                     \
	"NAME ADDR PORT PROTO HELO LOGIN REVERSE_NAME DESTADDR DESTPORT"

/* Adds to what is known.  False, o as it was: one of them is malformed. */
bool smtp_origin_read(struct smtp_origin *o, struct str words, bool is_xclient);

#endif
