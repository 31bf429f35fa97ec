/*
 * irc_ignore.h - whose words a user does not want to see
 *
 * Masks as IRC writes them, one a line: nick!user@host with `*` for anything
 * and `?` for one byte.  Without a '!' it is user@host, without both a nick.
 * Pure.
 */
#ifndef IRC_IGNORE_H
#define IRC_IGNORE_H

#include "irc/irc_proto.h"

struct gateway;

enum { IRC_IGNORE_LINES_MAX = 50, IRC_IGNORE_MASK_MAX = 200 };

/* The check of a setting. */
int irc_ignore_check(struct gateway *gw, struct str masks, struct err *err);

bool irc_ignore_matches(
    struct str masks, enum irc_casemap map, const struct irc_who *who);

#endif
