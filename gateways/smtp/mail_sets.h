/*
 * mail_sets.h - which messages one mail was made of
 *
 * What comes back about a mail names its first message; it counts for the
 * others, too.  Kept over restarts as a fact of the gateway for each mail of
 * several messages, for as long as a report may come.
 *
 * Limits     MAIL_SETS_MAX mails: the oldest make room.
 */
#ifndef MAIL_SETS_H
#define MAIL_SETS_H

#include <stddef.h>

#include "core/gateway.h"

struct mail_gateway;
struct mail_noun;

enum { MAIL_SETS_MAX = 20000, MAIL_SETS_DAYS = 14 };

extern const struct mail_noun mail_sets_noun;

/* In their order; again is once.  One alone is no set. */
void mail_sets_put(struct mail_gateway *mail, const gw_ticket *t, size_t n);

/* The messages of the mail that begins with t, itself first. */
size_t mail_sets_get(const struct mail_gateway *mail, gw_ticket t,
    gw_ticket out[GW_BUNDLED_MAX]);

#endif
