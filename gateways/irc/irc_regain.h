/*
 * irc_regain.h - the wanted nick was in use at login: take it when it is free
 *
 * Seen when its holder quits or changes nick, told by MONITOR or WATCH, or
 * where there is neither asked for with ISON, which disturbs nobody: after a
 * minute, then less and less often.  Who is logged in asks NickServ once to
 * take it back: it may be held by his own dead connection.  It ends when our
 * nick changes, whoever changed it: a nick that services have taken from us is
 * theirs.
 *
 * State machine on p->regain; the wanted nick is p->base.
 */
#ifndef IRC_REGAIN_H
#define IRC_REGAIN_H

#include "irc/irc_handler.h"

enum {
	IRC_REGAIN_MS = 60 * 1000,          /* to the first question */
	IRC_REGAIN_MAX_MS = 16 * 60 * 1000, /* between two */
	IRC_REGAIN_SAY_MS = 15 * 1000,      /* for NickServ to answer */
};

/* The login is done.  Nothing, unless the wanted nick was in use. */
void irc_regain_begin(struct irc_proto *p);

void irc_regain_tick(struct irc_proto *p);

/* Somebody else is no longer called so. */
void irc_regain_freed(struct irc_proto *p, struct str nick);

/* The numeric at hand refuses our try: nobody need be told. */
bool irc_regain_refused(struct irc_proto *p);

/* Services know us now. */
void irc_regain_logged_in(struct irc_proto *p);

/* True: the line at hand answers what NickServ was asked; nobody need see. */
bool irc_regain_line(struct irc_proto *p);

/* Our nick is another one now. */
void irc_regain_end(struct irc_proto *p);

/* ISON has answered. */
void irc_regain_asked(struct irc_proto *p, struct str nick, bool there);

#endif
