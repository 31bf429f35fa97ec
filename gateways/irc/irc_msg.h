/*
 * irc_msg.h - the grammar of one line: read it, build it
 *
 *	irc_msg_parse(&m, line);
 *	irc_fold_eq(map, m.nick, own) ... m.param[1] ...
 *
 *	irc_out_init(&o, "KICK");
 *	irc_out_middle(&o, channel);
 *	irc_out_middle(&o, nick);
 *	irc_out_trailing(&o, reason);
 *	if (irc_out_end(&o, &line, &err) < 0) ...  // refused whole
 *
 * Reading    Takes whatever comes: runs of spaces, no prefix, no parameters,
 *            no command.  What is missing is an empty slice, so a handler
 *            may look at every param[].  Parameters beyond 15 are dropped.
 * Building   A line is refused, never cut: CR, LF or NUL in any field, 0x01
 *            but by irc_out_ctcp(), a middle parameter that is empty, has a
 *            space or begins with a colon, more than 512 bytes with CR LF
 *            or of tags.
 *            Sticky: ask once, at the end.
 * Ownership  A parsed message borrows from the line.
 * Source     RFC 1459 2.3.1, RFC 2812 2.3.1, IRCv3 message-tags, CTCP
 *            (modern.ircdocs.horse/ctcp).
 */
#ifndef IRC_MSG_H
#define IRC_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

enum {
	IRC_PARAM_MAX = 15,
	IRC_OUT_MAX = 512,  /* one line with its CR LF, without tags */
	IRC_TAGS_MAX = 512, /* all tags of one line; servers take 4094 */
};

struct irc_msg {
	struct str tags;   /* raw, without '@'; see irc_tag_next() */
	struct str prefix; /* raw, without ':' */
	struct str nick;   /* of prefix; of a server: its name */
	struct str user, host;
	struct str cmd;
	struct str param[IRC_PARAM_MAX];
	size_t nparam;
};

/* -1: no command in it; *m is all empty then. */
int irc_msg_parse(struct irc_msg *m, struct str line);

/* "nick!user@host", "nick@host", "nick": the parts that are there. */
void irc_msg_prefix(
    struct str prefix, struct str *nick, struct str *user, struct str *host);

/*
 * The next of tags: its key, and its value as it stands, empty if there is
 * none.  False: there are no more.  Of several with one key the last counts.
 *
 *	struct str rest = m.tags;
 *	while (irc_tag_next(&rest, &key, &raw)) ...
 */
bool irc_tag_next(struct str *rest, struct str *key, struct str *raw);

/* Appends a tag's value without its escapes. */
void irc_tag_unescape(struct str raw, struct buf *out);

/* "2026-11-05T12:34:56.789Z" in ms since the Epoch; -1: not such a time. */
int64_t irc_time_parse(struct str s);

/* The command as a number, if it is three digits; else 0. */
unsigned irc_msg_numeric(const struct irc_msg *m);

/* PASS, AUTHENTICATE, OPER, IDENTIFY ...: must not be shown in a log. */
bool irc_line_is_secret(struct str line);

/* ---- building --------------------------------------------------------- */

struct irc_out {
	size_t len;
	const char *why; /* refused: for people; NULL: fine so far */
	enum err_kind kind;
	bool ended;          /* a trailing parameter is there */
	struct str lead;     /* irc_out_lead() */
	const char *charset; /* irc_out_charset() */
	size_t grown;        /* bytes that its text has more than in UTF-8 */
	uint32_t label; /* of its tag, for who waits for the answer; or 0 */
	size_t ntags;
	char tags[IRC_TAGS_MAX];
	char p[IRC_TAGS_MAX + 1 + IRC_OUT_MAX]; /* tags go in front, last */
};

void irc_out_init(struct irc_out *o, const char *cmd);

/* Key is one of our own; the value may be any text. */
void irc_out_tag(struct irc_out *o, const char *key, struct str value);
void irc_out_middle(struct irc_out *o, struct str s);

/*
 * The text of the last parameter, UTF-8 when it is given, is written in that
 * charset (NULL: as it is); what it has no place for is refused.  Borrowed
 * until then.
 */
void irc_out_charset(struct irc_out *o, const char *charset);

/* Goes in front of the text of the last parameter; borrowed until then. */
void irc_out_lead(struct irc_out *o, struct str s);
void irc_out_trailing(struct irc_out *o, struct str s); /* may be empty */

/* A trailing 0x01 command [space text] 0x01. */
void irc_out_ctcp(struct irc_out *o, struct str command, struct str text);

/* A whole line made elsewhere, without its end. */
void irc_out_raw(struct irc_out *o, struct str line);

/*
 * Adds CR LF.  The line borrows from o.  -1: ERR_BAD_INPUT or ERR_TOO_BIG.
 */
int irc_out_end(struct irc_out *o, struct str *line_out, struct err *err);

/* Could be a middle parameter. */
bool irc_is_middle(struct str s);

#endif
