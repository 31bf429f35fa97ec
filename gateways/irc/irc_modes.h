/*
 * irc_modes.h - which modes a channel has
 *
 * Only those that are set or not (types B, C and D of CHANMODES); lists and
 * what members have are elsewhere.
 *
 *	irc_modes_set(&m, 'l', true, STR("40"));
 *	irc_modes_has(&m, 'm')
 */
#ifndef IRC_MODES_H
#define IRC_MODES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/str.h"

enum { IRC_KEY_MAX = 63 }; /* a longer one is not known */

struct irc_modes {
	uint64_t letters;          /* private: a bit for each, from 'A' */
	uint32_t limit;            /* of people, while 'l' is set */
	char key[IRC_KEY_MAX + 1]; /* while 'k' is set, as told */
};

/* arg is looked at for 'l' and 'k'; what is no letter changes nothing. */
void irc_modes_set(struct irc_modes *m, char letter, bool on, struct str arg);

bool irc_modes_has(const struct irc_modes *m, char letter);

#endif
