/*
 * slash.h - messages that are commands: "/nick jul"
 *
 * On networks that have such commands (GW_REQ_SLASH) a line that begins with
 * a slash and a word of letters is never sent as a message.  "//" says the
 * line with one slash; "/me" is a message; a path ("/etc/hosts") is, too.
 */
#ifndef CORE_SLASH_H
#define CORE_SLASH_H

#include <stdbool.h>

#include "core/gateway.h"

struct gateway;
struct inlet;
struct occupant;

/* Does the network have such commands? */
bool slash_has(const struct gateway *gw);

/*
 * False: a message.  True: it is being run, and has been answered or will be:
 * an error with the id of the message, or in a room the message back to its
 * sender alone, without what may be secret, and a word.  o: who typed it in a
 * room, or NULL; nick: to whom.
 */
bool slash_run(struct inlet *in, struct session *s, struct occupant *o,
    struct str nick, struct str body);

#endif
