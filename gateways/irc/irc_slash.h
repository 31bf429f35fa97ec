/*
 * irc_slash.h - "/nick jul", typed where a message belongs
 *
 * People who know IRC type commands, passwords for services among them; none
 * may ever be said in a channel.  A word of this table does what it does in
 * IRC clients; any other is an error, as is what has no meaning here.
 */
#ifndef IRC_SLASH_H
#define IRC_SLASH_H

#include "irc/irc_link.h"

/* GW_REQ_SLASH.  room: where it was typed, or empty; nick: to whom, or empty;
 * text: one line, without the slash.  id 0: nobody waits. */
gw_request_fn irc_request_slash;

/* The command `raw`: one field, the line. */
void irc_request_quote(struct session *s, gw_req_id id, struct str name,
    const struct gw_field *field, size_t nfield);

#endif
