/*
 * irc_ask.h - what we asked the server, until it has answered
 *
 * IRC answers carry no number: they are told by their kind and the name they
 * mention.  An ask is remembered when its command is queued, its time runs
 * from when it is sent, and it is taken out by the line that answers it:
 * the oldest of that kind about that name.
 *
 * Messages are answered only if refused: what a later PING finds open is
 * taken (SETTLE).  Where the server knows labels they have one, and its answer
 * names it: that is the one then, whatever else is open.
 *
 * Ownership  An ask belongs to the table until it is taken; then
 *            irc_ask_free().
 */
#ifndef IRC_ASK_H
#define IRC_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irc/irc_isupport.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/str.h"

enum {
	IRC_ASK_MAX = 1024,       /* open at once; more is refused */
	IRC_ASK_MSGID = 64,       /* a longer one is as none */
	IRC_ASK_PARTS = 4096,     /* bytes of the ids of further lines */
	IRC_ASK_TEXT = 64 * 1024, /* bytes of all lines that came back */
};

enum irc_ask_kind {
	IRC_ASK_OTHER,
	IRC_ASK_MESSAGE,
	IRC_ASK_JOIN,
	IRC_ASK_PART,
	IRC_ASK_TOPIC,
	IRC_ASK_NICK,
	IRC_ASK_KICK,
	IRC_ASK_MODE,
	IRC_ASK_INVITE,
	IRC_ASK_AWAY,
	IRC_ASK_LIST,
	IRC_ASK_WHOIS,
	IRC_ASK_RAW,
	IRC_ASK_REACT,
	IRC_ASK_REDACT,
	IRC_ASK_TYPING, /* what becomes of it is nobody's concern */
	IRC_ASK_ISON,   /* target: the nicks, with blanks between */
	IRC_ASK_SETTLE, /* a PING: by its PONG all before it is settled */
	IRC_ASK_MODES,  /* what they are */
	IRC_ASK_BANS,   /* the list of them */
};

#define IRC_ASK_BIT(kind) (1u << (kind))
#define IRC_ASK_ANY       (~0u)

/* Requests without an answer: the PING behind them says that they are done. */
#define IRC_ASK_SETTLED                                                        \
	(IRC_ASK_BIT(IRC_ASK_MODE) | IRC_ASK_BIT(IRC_ASK_REACT) |              \
	    IRC_ASK_BIT(IRC_ASK_REDACT))

/* What came back of a message of several lines. */
struct irc_back {
	struct buf parts; /* ids of all lines but the first, LF behind each */
	struct buf text;  /* the lines, LF between them */
};

struct irc_ask {
	struct list node;
	enum irc_ask_kind kind;
	uint64_t ref;
	uint32_t label;          /* of its lines; 0: none */
	uint32_t seq;            /* in the order of leaving */
	int64_t sent_at;         /* -1: still queued */
	unsigned nlines;         /* MESSAGE: each may be refused */
	unsigned npieces, nleft; /* MESSAGE: lines of it, those that left */
	bool echo;        /* MESSAGE: its lines come back as they were taken */
	unsigned nechoed; /* so many have */
	char msgid[IRC_ASK_MSGID]; /* of the first; empty: none */
	struct irc_back *back;     /* of several lines; or NULL */
	uint64_t said, heard;      /* of the words of all lines, out and back */
	bool inside;               /* JOIN: we are in; NAMES is still coming */
	bool failed;               /* MESSAGE: its refusal has been reported */
	size_t target_len, other_len;
	char names[]; /* private */
};

struct irc_asks {
	struct list queued; /* in the order of the commands */
	struct list told;   /* messages that have left; SENT is due */
	/* What has left, in that order.  Apart, since of messages there may be
	   hundreds, and among the others we look all the time. */
	struct list messages, requests;
	uint32_t last_seq, last_label;
	uint16_t n, nsent_messages; /* open */
};

/* The table must not be moved. */
void irc_asks_init(struct irc_asks *t);
void irc_asks_release(struct irc_asks *t);

/* NULL: IRC_ASK_MAX are open. */
struct irc_ask *irc_ask_new(struct irc_asks *t, enum irc_ask_kind kind,
    uint64_t ref, struct str target, struct str other);
void irc_ask_free(struct irc_asks *t, struct irc_ask **ap);

/* Adds the words of a line, as people read them, to said or heard. */
void irc_ask_words(uint64_t *sum, struct str text);

/*
 * A line of a message came back, with that id (or none) and with these words;
 * true: the last.
 */
bool irc_ask_echoed(struct irc_ask *a, struct str msgid, struct str text);

/* Frees and makes NULL. */
void irc_back_free(struct irc_back **bp);

struct str irc_ask_target(const struct irc_ask *a);
struct str irc_ask_other(const struct irc_ask *a);

/* It has left; messages go to `told` first. */
void irc_ask_sent(struct irc_asks *t, struct irc_ask *a, int64_t now_at);

/* A message whose SENT has been reported waits for a refusal. */
void irc_ask_told(struct irc_asks *t, struct irc_ask *a);

/*
 * The oldest sent one of these kinds with that name as target or other; an
 * empty name matches any.  If there is none, of MESSAGE one of that name of
 * which a line has left that is not answered.  NULL: none.  It stays in the
 * table.
 */
struct irc_ask *irc_ask_find(const struct irc_asks *t, unsigned kinds,
    enum irc_casemap map, struct str name);

/* The one of that label, if a line of it has left and is open; or NULL. */
struct irc_ask *irc_ask_labeled(const struct irc_asks *t, uint32_t label);

/* The oldest of these kinds sent before mark was; or NULL. */
struct irc_ask *irc_ask_before(
    const struct irc_asks *t, unsigned kinds, const struct irc_ask *mark);

/*
 * One that has left is about another name from now on; its time runs anew.
 * Where too many are open it stays as it is.
 */
void irc_ask_retarget(
    struct irc_asks *t, struct irc_ask *a, struct str target, int64_t now_at);

/* The oldest that has left, or NULL. */
struct irc_ask *irc_ask_oldest(const struct irc_asks *t);

/* Is one of that kind still queued? */
bool irc_ask_is_queued(const struct irc_asks *t, enum irc_ask_kind kind);

/* An answer in many lines has begun or goes on: its time runs anew. */
void irc_ask_touch(struct irc_asks *t, struct irc_ask *a, int64_t now_at);

/* The oldest sent request (no message) that waits for wait_ms; or NULL. */
struct irc_ask *irc_ask_overdue(
    const struct irc_asks *t, int64_t now_at, int64_t wait_ms);

/* When that will be, or -1. */
int64_t irc_ask_due_at(const struct irc_asks *t, int64_t wait_ms);

#endif
