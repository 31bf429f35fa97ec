/*
 * mail_inlet.h - what mail_policy.c knows, for who takes the mails
 */
#ifndef MAIL_INLET_H
#define MAIL_INLET_H

#include <stdbool.h>

#include "lib/str.h"

struct mail_gateway;
struct mail_noun;
struct mail_reply;
struct mail_where;

extern const struct mail_noun mail_inlet_noun;

/* What an address of ours stands for.  -1: it is none, and *out says so. */
int mail_inlet_where(struct mail_gateway *mail, struct str recipient,
    struct mail_where *where, struct mail_reply *out);

/* That nobody has the contact's address counts once a day against the user:
   whoever has a mail of his can say so as often as he likes. */
bool mail_inlet_is_first_nobody(
    struct mail_gateway *mail, struct str user, struct str contact);

/* His inbox takes no more: he is not to be asked for a minute. */
void mail_inlet_full(struct mail_gateway *mail, struct str user);

#endif
