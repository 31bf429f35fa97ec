/*
 * irc_isupport.h - what the server said in 005, and its case mapping
 *
 * Starts with what RFC 1459 lets one assume and is changed by each token;
 * tokens may come again, change and be taken back (`-TOKEN`) at any time.
 *
 * Text       Values have \xHH escapes, which are undone.
 * Limits     Unknown tokens and values that do not fit are ignored.
 * Source     modern.ircdocs.horse, appendix RPL_ISUPPORT; RFC 1459 2.2.
 */
#ifndef IRC_ISUPPORT_H
#define IRC_ISUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

enum irc_casemap {
	IRC_FOLD_RFC1459, /* A-Z and []\~ are the capitals of a-z and {}|^ */
	IRC_FOLD_STRICT,  /* the same without ~ and ^ */
	IRC_FOLD_ASCII,
};

/* How a channel mode takes its argument. */
enum irc_chanmode {
	IRC_MODE_LIST,   /* A: always; a list (bans) */
	IRC_MODE_ALWAYS, /* B: always; a setting (+k) */
	IRC_MODE_SET,    /* C: only when set (+l) */
	IRC_MODE_FLAG,   /* D: never */
	IRC_MODE_MEMBER, /* from PREFIX: always; a nick */
};

/* Tags that clients give each other, as far as we send them. */
enum irc_tag {
	IRC_TAG_REPLY,       /* +reply */
	IRC_TAG_DRAFT_REPLY, /* +draft/reply */
	IRC_TAG_REACT,       /* +draft/react, +draft/unreact */
	IRC_TAG_TYPING,      /* +typing */
	IRC_NTAG
};

enum { IRC_PREFIX_MAX = 15, IRC_NETWORK_MAX = 63 };

struct irc_isupport {
	enum irc_casemap casemap;
	char chantypes[8];
	char prefix_letter[IRC_PREFIX_MAX + 1]; /* "ov": highest first */
	char prefix_symbol[IRC_PREFIX_MAX + 1]; /* "@+" */
	char statusmsg[IRC_PREFIX_MAX + 1];
	uint8_t chanmode[128]; /* private: 1 + enum irc_chanmode; 0: unknown */
	char network[IRC_NETWORK_MAX + 1];
	char bot; /* user mode letter that marks bots, or 0 */
	bool utf8only;
	bool whox;
	bool safelist;       /* LIST never makes it hang up on us */
	bool elist_size;     /* LIST takes ">n": channels of more people */
	uint8_t tags_denied; /* bits 1 << enum irc_tag, from CLIENTTAGDENY */
	/* Bytes; 0: no limit was told. */
	uint16_t nicklen, channellen, topiclen, kicklen, awaylen, linelen;
	uint16_t userlen, hostlen;
	uint16_t modes;   /* changes per MODE; 0: not told */
	uint32_t monitor; /* size of the list; 0: no MONITOR */
	uint32_t watch;   /* the same of WATCH */
	uint16_t targmax_privmsg, targmax_kick, targmax_join; /* 0: none told */
};

void irc_isupport_init(struct irc_isupport *is);

/* One token as in the line ("NICKLEN=30", "-MONITOR").  True: changed. */
bool irc_isupport_token(struct irc_isupport *is, struct str token);

/* The type of a channel mode letter; unknown letters are flags. */
enum irc_chanmode irc_isupport_mode(const struct irc_isupport *is, char letter);

bool irc_isupport_is_channel(const struct irc_isupport *is, struct str name);

/* Does the server pass that tag on? */
bool irc_isupport_passes(const struct irc_isupport *is, enum irc_tag tag);

/* 0: symbol is none of PREFIX. */
char irc_isupport_prefix_letter(const struct irc_isupport *is, char symbol);

/* Writes in.len bytes; out may be in.p. */
void irc_fold(enum irc_casemap map, struct str in, char *out);

/* Equal in the case mapping, exactly as long. */
bool irc_fold_eq(enum irc_casemap map, struct str a, struct str b);

/* map_hash() of the folded name; names over 512 bytes are hashed in part. */
uint64_t irc_fold_hash(enum irc_casemap map, struct str name);

#endif
