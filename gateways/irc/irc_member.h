/*
 * irc_member.h - the prefixes (op, voice ...) of members of our channels
 *
 * The core knows who is where; a change of one prefix needs the others that
 * the same nick has, and those are kept here, for nicks that have any.
 */
#ifndef IRC_MEMBER_H
#define IRC_MEMBER_H

#include <stdint.h>

#include "irc/irc_isupport.h"
#include "lib/map.h"
#include "lib/str.h"

/* Bit i: letter i of PREFIX, so the lowest bit is the highest rank. */
typedef uint16_t irc_ranks;

struct irc_channel {
	char *key, *name;
	struct map ranked; /* folded nick -> struct, in the .c */
	unsigned flags;    /* GW_ROOM_*, as far as modes told */
};

struct irc_channels {
	struct map map; /* by folded name */
	enum irc_casemap fold;
};

void irc_channels_init(struct irc_channels *cs, enum irc_casemap fold);
void irc_channels_release(struct irc_channels *cs);

struct irc_channel *irc_channel_find(struct irc_channels *cs, struct str name);
struct irc_channel *irc_channel_get(struct irc_channels *cs, struct str name);
void irc_channel_drop(struct irc_channels *cs, struct str name);

irc_ranks irc_member_ranks(
    struct irc_channels *cs, struct irc_channel *c, struct str nick);
void irc_member_set(struct irc_channels *cs, struct irc_channel *c,
    struct str nick, irc_ranks ranks);

/* Everywhere. */
void irc_member_rename(struct irc_channels *cs, struct str nick, struct str is);
void irc_member_quit(struct irc_channels *cs, struct str nick);

/* "ov" to ranks, and back to one letter's bit (0: no such letter). */
irc_ranks irc_ranks_of(const struct irc_isupport *is, const char *letters);
irc_ranks irc_rank_bit(const struct irc_isupport *is, char letter);

/* Has any rank of these letters ("qao")? */
bool irc_ranks_has(
    const struct irc_isupport *is, irc_ranks ranks, const char *letters);

#endif
