/*
 * irc_ranks.h - who has which sign ("@", "+") in the channels we are in
 *
 * A MODE line tells one change, a person is shown with what results, so what
 * they have must be known.  Most have nothing and cost nothing here: only
 * those with a sign are kept.  Who is inside is the business of the core.
 *
 *	irc_ranks_enter(&r, channel);
 *	mask = irc_ranks_set(&r, channel, nick, 'o', true);
 *
 * A mask has bit i set for the i-th letter of PREFIX, so the lowest bit is
 * the highest rank.
 *
 * Limits     IRC_RANKS_CHANNELS channels and IRC_RANKS_MAX people with a
 *            sign; beyond that they are shown without.
 */
#ifndef IRC_RANKS_H
#define IRC_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irc/irc_isupport.h"
#include "irc/irc_modes.h"
#include "lib/map.h"
#include "lib/str.h"

enum { IRC_RANKS_CHANNELS = 1000, IRC_RANKS_MAX = 20000 };

typedef uint16_t irc_rank_mask;

struct irc_channel {
	char *key;  /* folded */
	char *name; /* as the server writes it */
	struct map ranks;
	unsigned flags;         /* the caller's: as told */
	struct irc_modes modes; /* the caller's */
	struct irc_modes told;  /* the caller's: of a 324 that goes on */
	bool listed;    /* the caller's: we ourselves have been reported */
	bool rekeyed;   /* the caller's: the key has changed, untold */
	bool leaving;   /* the caller's: PART is on its way */
	bool is_public; /* the caller's: NAMES said so, no mode after it */
};

struct irc_ranks {
	const struct irc_isupport *is;
	struct map channels;
	size_t nrank;
};

/* is is borrowed for good. */
void irc_ranks_init(struct irc_ranks *r, const struct irc_isupport *is);
void irc_ranks_release(struct irc_ranks *r);

/* We are in: found or made, empty.  NULL: over a ceiling. */
struct irc_channel *irc_ranks_enter(struct irc_ranks *r, struct str channel);

/* NULL: we are not in. */
struct irc_channel *irc_ranks_channel(
    const struct irc_ranks *r, struct str channel);

/* It is called that from now on; no other is. */
void irc_ranks_move(
    struct irc_ranks *r, struct irc_channel *c, struct str name);

/* We are out. */
void irc_ranks_exit(struct irc_ranks *r, struct irc_channel *c);

irc_rank_mask irc_ranks_get(
    const struct irc_ranks *r, const struct irc_channel *c, struct str nick);

/* All letters at once, from NAMES.  Returns the mask. */
irc_rank_mask irc_ranks_put(struct irc_ranks *r, struct irc_channel *c,
    struct str nick, const char *letters);

/* One letter more or less.  Returns the mask. */
irc_rank_mask irc_ranks_change(struct irc_ranks *r, struct irc_channel *c,
    struct str nick, char letter, bool on);

/* They left this channel, or all of them, or have another nick. */
void irc_ranks_part(
    struct irc_ranks *r, struct irc_channel *c, struct str nick);
void irc_ranks_quit(struct irc_ranks *r, struct str nick);
void irc_ranks_rename(struct irc_ranks *r, struct str was, struct str nick);

/* The case mapping is another one. */
void irc_ranks_refold(struct irc_ranks *r);

/* The bit of a letter; 0: none of PREFIX. */
irc_rank_mask irc_ranks_bit(const struct irc_ranks *r, char letter);

/* The letter of the highest rank in mask; 0: none. */
char irc_ranks_highest(const struct irc_ranks *r, irc_rank_mask mask);

#endif
