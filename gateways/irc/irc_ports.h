/*
 * irc_ports.h - the ports of servers that users name
 *
 * "6660-6669 6697": numbers and ranges with blanks between.  Pure.
 */
#ifndef IRC_PORTS_H
#define IRC_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

enum { IRC_PORTS_MAX = 32, IRC_PORTS_TEXT = 200 };

struct irc_ports {
	struct {
		uint16_t first, last;
	} v[IRC_PORTS_MAX];
	size_t n;
	char text[IRC_PORTS_TEXT + 1]; /* as it was written */
};

/* False: malformed, or too much; out is not changed. */
bool irc_ports_parse(struct irc_ports *out, struct str text);

bool irc_ports_has(const struct irc_ports *p, uint16_t port);

/* 1 to 65535; 0: it is none. */
uint16_t irc_port_of(struct str text);

#endif
