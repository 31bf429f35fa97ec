/*
 * irc_nick.h - nicks that every server takes, from what people call themselves
 *
 * Portable: letters, digits and []\^_{|}-`, the first no digit and no '-'
 * (RFC 2812 2.3.1); servers that take more are rare.  Pure.
 */
#ifndef IRC_NICK_H
#define IRC_NICK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

enum {
	IRC_NICK_MAX = 30,     /* as long as nobody told us NICKLEN */
	IRC_NICK_PORTABLE = 9, /* RFC 1459 1.2: what every server takes */
	IRC_NICK_BYTES = 64,   /* we never make a longer one */
};

bool irc_nick_is_valid(struct str nick);

/*
 * Writes a valid nick of at most max bytes (0: IRC_NICK_MAX) and a NUL:
 * transliterated, what cannot be said becomes '_' or goes.  If nothing is
 * left, the same is made of fallback; if nothing again, "guest".  Returns
 * its length.
 */
size_t irc_nick_map(
    struct str wish, struct str fallback, size_t max, char out[IRC_NICK_BYTES]);

/*
 * The n-th (from 1) alternate of base: base_, base__, base2, base3 ... with
 * base cut so that it fits into max.  Returns its length.
 */
size_t irc_nick_alternate(
    struct str base, unsigned n, size_t max, char out[IRC_NICK_BYTES]);

#endif
