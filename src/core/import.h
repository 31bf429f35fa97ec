/*
 * import.h - settings of users from a file, while the daemon is stopped
 *
 * For those who come from another gateway, and for operators who prepare
 * accounts.  One setting a line, fields separated by a tab:
 *
 *	USER	ADDRESS	NAME	VALUE
 *	juliet@example.org	libera%irc@...	nick	jul
 *
 * ADDRESS is the JID whose "Settings" command would ask for it: the gateway,
 * a network or a room.  In VALUE `\n`, `\t` and `\\` stand for a line feed, a
 * tab and a backslash.  Lines that are empty or begin with '#' say nothing.
 * What a user could not set is not set from here either; a line that cannot
 * be used is reported and the others go on.  Doing it twice changes nothing.
 *
 * Limits     IMPORT_LINE_MAX bytes a line; as many lines as there are.
 */
#ifndef CORE_IMPORT_H
#define CORE_IMPORT_H

#include <stddef.h>
#include <stdio.h>

struct core;

enum { IMPORT_LINE_MAX = 8192 };

struct import_result {
	size_t nset;     /* durable */
	size_t nrefused; /* told through complain */
};

/*
 * Reads from to its end; name is for the messages, which go to complain.
 * Returns when all is on disk.  The core need not have been started.
 */
struct import_result import_settings(
    struct core *c, FILE *from, const char *name, FILE *complain);

#endif
