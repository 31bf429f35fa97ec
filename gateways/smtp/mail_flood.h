/*
 * mail_flood.h - how many notifications are said, counted or put off
 *
 * Two rules.  The soft one keeps a room readable: so many at once, then so
 * many a minute; what is beyond it is counted, and one summary a minute says
 * how many there were and what the last was about.  The hard one keeps us
 * working: beyond it the mail is not taken, and its sender tries again.
 *
 *	switch (mail_flood_take(&f, now_at)) {
 *	case MAIL_FLOOD_SAY:   ...
 *	case MAIL_FLOOD_COUNT: mail_flood_count(&f, subject, now_at); ...
 *	case MAIL_FLOOD_DEFER: ... 450
 *	}
 *
 * Pure.
 */
#ifndef MAIL_FLOOD_H
#define MAIL_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/bucket.h"
#include "lib/str.h"

enum {
	MAIL_FLOOD_SUBJECT_MAX = 200,
	MAIL_FLOOD_DIGEST_MS = 60 * 1000,
	MAIL_FLOOD_WINDOWS = 3,
};

/* 0: no such ceiling. */
struct mail_flood_rule {
	unsigned burst, per_minute;              /* soft */
	unsigned hard_minute, hard_5, hard_hour; /* in 1, 5, 60 minutes */
};

struct mail_flood {
	struct bucket soft, hard[MAIL_FLOOD_WINDOWS];
	bool has_soft, has_hard[MAIL_FLOOD_WINDOWS];
	uint64_t ncounted; /* not summed up yet */
	int64_t since_at;  /* the first of them came */
	char last[MAIL_FLOOD_SUBJECT_MAX + 1];
};

enum mail_flood_verdict { MAIL_FLOOD_SAY, MAIL_FLOOD_COUNT, MAIL_FLOOD_DEFER };

extern const struct mail_flood_rule mail_flood_default, mail_flood_off;

void mail_flood_init(struct mail_flood *f, const struct mail_flood_rule *rule);

/* Would the next one be put off?  Nothing is counted: callouts ask, too. */
bool mail_flood_is_over(const struct mail_flood *f, int64_t now_at);

/* Counts it, unless it is put off. */
enum mail_flood_verdict mail_flood_take(struct mail_flood *f, int64_t now_at);

/* One that is summed up with others. */
void mail_flood_count(struct mail_flood *f, struct str subject, int64_t now_at);

/* When a summary is to be said; -1: nothing is counted. */
int64_t mail_flood_due_at(const struct mail_flood *f);

/* It was said, of n of them. */
void mail_flood_said(struct mail_flood *f, uint64_t n, int64_t now_at);

#endif
