/*
 * sms_destinations.h - whom one may write to
 *
 * Fraud is a text to the other end of the world, or to a number that earns
 * money: only countries that were named are let through, and of them no
 * ranges whose calls cost extra, unless a prefix at least as long as such a
 * range was named, or all of them are wanted.  What a short code costs cannot
 * be seen: each counts as one that costs extra, and has to be named.
 *
 *	+33	all numbers that begin so
 *	FR	the country's
 *	*	all
 *	36180	this short code, in whatever country
 *	36180;phone-context=+33		in this one
 *
 * US and CA are one country here, and so are GB, GG, IM and JE, or any others
 * that share a calling code but for those of +1 and +7.
 *
 * Source     ITU-T E.164; the national plans' premium and shared cost ranges.
 *
 * Pure.
 */
#ifndef SMS_DESTINATIONS_H
#define SMS_DESTINATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "sms/sms_number.h"
#include "sms/sms_region.h"

enum {
	SMS_DESTINATIONS_MAX = 300,
	SMS_SHORT_MAX = 31, /* bytes of a short code with its context */
};

struct sms_destination {
	char prefix[16];                 /* digits; "": any */
	const struct sms_region *region; /* or NULL: the prefix counts */
	char code[SMS_SHORT_MAX + 1];    /* or, if not "", this short code */
};

struct sms_destinations {
	struct sms_destination v[SMS_DESTINATIONS_MAX];
	size_t n;
	bool premium; /* let through, short codes of its countries, too */
};

void sms_destinations_init(struct sms_destinations *d, bool premium);

/* ERR_BAD_INPUT: neither prefix nor country; ERR_TOO_BIG: too many. */
int sms_destinations_add(
    struct sms_destinations *d, struct str word, struct err *err);

/*
 * Where nothing was added the country of home counts; home NULL then: nobody
 * may be written to.  ERR_NOT_ALLOWED with words for the user.  Of a group
 * each member counts.
 */
int sms_destinations_check(const struct sms_destinations *d,
    const struct sms_region *home, const struct sms_number *n, struct err *err);

/* Bytes of the digits that make it a premium range; 0: it is none. */
size_t sms_premium(struct str digits);

#endif
