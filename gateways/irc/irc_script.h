/*
 * irc_script.h - the lines that a user wants sent after each login
 *
 * Lines of IRC as they are ("PRIVMSG NickServ :IDENTIFY x"), or of those that
 * begin with a slash (irc_slash.h).  They go ahead of the rooms.
 */
#ifndef IRC_SCRIPT_H
#define IRC_SCRIPT_H

#include "irc/irc_link.h"

enum { IRC_SCRIPT_LINES_MAX = 10 };

/* The check of a setting. */
int irc_script_check(struct gateway *gw, struct str script, struct err *err);

/* Why users may not send that line themselves; NULL: they may. */
const char *irc_script_why_not(struct str line);

/* Sends it.  What cannot be sent is told to the user. */
void irc_script_run(struct irc_link *l, struct str script);

#endif
