/*
 * mail_caps.h - how many mails a user may send
 *
 * In an hour, in a day of UTC, to one address in an hour, and to how many
 * addresses in a day that he has had nothing to do with so far.  Who sends to addresses that do not
 * exist is stopped: that is what those do who guess them.
 *
 *	if (mail_caps_check(caps, user, &c, &err) < 0) ...	asked first
 *	mail_caps_note(caps, user, &c);				it is accepted
 *	mail_caps_failed(caps, user);				nobody was there
 *
 * Kept over restarts: what counts for the day, as facts of the gateway.  Who
 * leaves and comes back goes on where he was; his numbers go with the day.
 *
 * Limits     MAIL_CAPS_USERS of whom something is known, MAIL_CAPS_TO
 *            addresses of each: the oldest make room.
 */
#ifndef MAIL_CAPS_H
#define MAIL_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct gateway;
struct mail_caps;
struct mail_noun;

extern const struct mail_noun mail_caps_noun;

enum {
	MAIL_CAPS_USERS = 100000,
	MAIL_CAPS_TO = 100,
	MAIL_CAPS_FAILED_MIN = 10, /* mails, before any share of them counts */
};

/* 0: no limit. */
struct mail_caps_limits {
	unsigned per_hour, per_day, new_per_day, per_recipient_hour;
};

struct mail_caps_mail {
	struct str to; /* the address */
	bool is_new;   /* nobody he has had to do with */
};

struct mail_caps *mail_caps_new(
    struct gateway *gw, const struct mail_caps_limits *l);
void mail_caps_free(struct mail_caps **cp);

#define MAIL_CAPS_PREFIX "caps "
void mail_caps_fact(struct mail_caps *c, struct str user, struct str value);
void mail_caps_forget(struct mail_caps *c, struct str user);

/* ERR_BUSY, with which limit it is and when it is over; or ERR_DENIED. */
int mail_caps_check(struct mail_caps *c, struct str user,
    const struct mail_caps_mail *m, struct err *err);
void mail_caps_note(
    struct mail_caps *c, struct str user, const struct mail_caps_mail *m);

/* Appends `label: value` lines: what he has sent today of what he may. */
void mail_caps_write(struct mail_caps *c, struct str user, struct buf *out);

/*
 * One of his mails of today had no such recipient.  True: it is one too many,
 * for the first time today; his operators should know.
 */
bool mail_caps_failed(struct mail_caps *c, struct str user);

#endif
