/*
 * sms_stops.h - who wants no more texts from a line
 *
 * For providers that keep no such list ("opt_out" of the profile), and where
 * the operator names languages: who answers STOP (sms_words.h) gets
 * nothing from that line any more, until he sends START.  What he says is
 * delivered all the same.  Kept over restarts as facts of the gateway.
 *
 * Limits     SMS_STOPS_MAX; above, a STOP is logged and not kept.
 */
#ifndef SMS_STOPS_H
#define SMS_STOPS_H

#include <stdbool.h>

#include "lib/err.h"
#include "lib/map.h"
#include "lib/str.h"
#include "sms/sms_words.h"

struct gateway;

enum { SMS_STOPS_MAX = 100000 };

struct sms_stops {
	struct gateway *gw;
	struct map map; /* of the names of facts */
};

void sms_stops_init(struct sms_stops *all, struct gateway *gw);
void sms_stops_release(struct sms_stops *all);

/* What sms_word_read() made of a text that came from that number. */
void sms_stops_note(struct sms_stops *all, struct str line, struct str number,
    enum sms_word word);

/* -1, ERR_POLICY: that number wants nothing from that line. */
int sms_stops_check(const struct sms_stops *all, struct str line,
    struct str number, struct err *err);

/* False: not a fact of ours. */
bool sms_stops_fact(struct sms_stops *all, struct str name);

#endif
