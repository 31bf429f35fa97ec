/*
 * sms_region.h - countries, as far as numbers are written in them
 *
 * Enough to read what people type and to say which country a number is of;
 * whether a number exists only its network knows, so nothing here refuses a
 * range for being new.
 *
 * Source     ITU-T E.164 (list of country codes), the national plans.
 *
 * Pure.
 */
#ifndef SMS_REGION_H
#define SMS_REGION_H

#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

struct sms_region {
	char code[3];      /* ISO 3166-1 */
	const char *cc;    /* calling code */
	const char *idd;   /* dialled in front of it from there */
	const char *trunk; /* dialled in front of a national number; or "" */
	uint8_t min, max;  /* digits of a national number, without trunk; 0,
	                      0: not known */
	const char *lead;  /* where a calling code is shared: its numbers begin
	                      with one of these, spaces between; "": with what
	                      is left */
};

/* "FR", in any case.  NULL: no such country, or not one with numbers. */
const struct sms_region *sms_region_find(struct str code);

/*
 * Of digits that begin with a calling code.  NULL: none does, or it is no
 * country's (satellites, freephone).
 */
const struct sms_region *sms_region_of(struct str digits);

/* Digits of the calling code at the beginning, a country's or not; 0: none. */
size_t sms_calling_code(struct str digits);

#endif
