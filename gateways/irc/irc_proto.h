/*
 * irc_proto.h - one IRC client connection, without the socket
 *
 * Bytes in, events and bytes out; no I/O, no clock, no log, no globals, so a
 * test is a string literal.  irc_link.c joins it to a TLS stream and a timer.
 *
 *	irc_proto_init(&p, &params);
 *	irc_proto_start(&p, now, &err);          // the link is up
 *	  ...
 *	irc_proto_feed(&p, bytes, n, now);       // bytes came
 *	irc_proto_tick(&p, now);                 // or irc_proto_deadline() did
 *	irc_proto_join(&p, ...);                 // or somebody wants something
 *	  and after each of them:
 *	while (irc_proto_next(&p, &ev))
 *		act on ev;
 *	while ((s = irc_proto_out(&p, now)).len)
 *		write s, irc_proto_wrote(&p, nwritten);
 *	while (irc_proto_next(&p, &ev)) ...      // SENT: what has left
 *	set the timer to irc_proto_deadline(&p)
 *
 * Refs       A command takes a number of the caller's, 0 for none.  The
 *            event that answers the command carries it: for messages SENT
 *            when it has left, and then ACCEPTED or FAILED, or FAILED alone;
 *            else the change itself (JOIN and then NAMES_END, PART,
 *            TOPIC, NICK, KICK, MODE, INVITED, AWAY_SELF), DONE, REFUSED
 *            for a join, or FAILED.  What the server leaves unanswered FAILs with
 *            ERR_TIMEOUT; what is open when the link goes FAILs before
 *            CLOSED.  So every ref is answered.
 * Keeps      Own nick, ISUPPORT, capabilities, and the open refs.  Who is
 *            where is the business of the core.
 * Text       text is clean UTF-8: formatting and control characters are
 *            gone, other charsets converted, no CR, LF, NUL.  Only the text
 *            of SERVER_TEXT and WHOIS may hold LF.  Names (nick, user, host, channel,
 *            target, account) are the bytes of the network: no space, CR,
 *            LF or NUL, but not always UTF-8.
 * Limits     A line of 8191 bytes of tags and 512; a longer one is dropped
 *            whole.  Lines out never pass 512 bytes.  Queue ceilings in
 *            irc_queue.h.
 * Ownership  params are copied.  An event borrows from the proto and the
 *            bytes fed until the next call of irc_proto_next(), feed, start
 *            or release; commands, out and wrote do not disturb it.  Bytes
 *            fed must stay until irc_proto_next() has returned false.
 * Memory     About 1.5 kB when idle; buffers come and go with the traffic.
 *            A proto must not be moved once initialised.
 * Source     RFC 1459, 2812; IRCv3; facts of servers in QUIRKS.md.
 */
#ifndef IRC_PROTO_H
#define IRC_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irc/irc_ask.h"
#include "irc/irc_batch.h"
#include "irc/irc_cap.h"
#include "irc/irc_isupport.h"
#include "irc/irc_msg.h"
#include "irc/irc_nickserv.h"
#include "irc/irc_queue.h"
#include "irc/irc_text.h"
#include "irc/irc_typing.h"
#include "irc/irc_watch.h"
#include "lib/bucket.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/linebuf.h"
#include "lib/secret.h"
#include "lib/str.h"

enum {
	IRC_LINE_MAX = 8191 + 512,   /* in: IRCv3 message-tags, size limit */
	IRC_MOTD_MAX = 16 * 1024,    /* the rest is left out */
	IRC_REGISTER_MS = 60 * 1000, /* from start to 001 */
	IRC_MOTD_WAIT_MS = 2000,     /* from 001 to READY, if no MOTD ends */
	IRC_RELOGIN_MS = 30 * 1000,  /* for a login in mid-session */
	IRC_SILENCE_MS = 75 * 1000,  /* then we send a PING */
	IRC_PONG_MS = 60 * 1000,     /* and wait so long for any byte */
	IRC_ANSWER_MS = 60 * 1000,   /* for what was asked, once sent */
	IRC_FENCE_MS = 1000,         /* from a message to the PING behind it, */
	IRC_FENCE_EVERY = 10, /* or so many messages if they are sooner */
	IRC_QUIT_MS = 2000,   /* from QUIT to hanging up */
	IRC_CHANGES_MAX = 16, /* of one MODE line */
	IRC_NICK_TRIES = 8,   /* alternates at registration */
	IRC_MAX_LINES = 5,    /* of one message, unless params say so */
	IRC_WHO_NAMES = 300,  /* people of a channel: more are not asked for */
	IRC_LIST_SHOWN = 50,  /* lines of a LIST that people asked for */
	IRC_LIST_UNSAFE = 2000, /* channels; without SAFELIST so many may
	                           be more than the server lets queue up */
};

/* What of the line at hand is still to be reported. */
enum irc_step {
	IRC_STEP_NONE,
	IRC_STEP_NAMES,
	IRC_STEP_MODES,
	IRC_STEP_SETTLE, /* asks that a PONG has settled */
};

enum irc_state {
	IRC_IDLE,        /* not started */
	IRC_REGISTERING, /* until 001 */
	IRC_WELCOMED,    /* until the end of the MOTD: 005 comes here */
	IRC_READY,       /* commands are taken */
	IRC_LEAVING,     /* QUIT is on its way */
	IRC_CLOSED,      /* hang up; nothing more comes */
};

/*
 * IRCv3 WEBIRC: we tell where our user comes from, before anything else.
 */
struct irc_webirc_params {
	struct str password; /* empty: no WEBIRC */
	struct str host, address;
};

struct irc_proto;

struct irc_params {
	struct str nick;          /* a wish, any text: see irc_nick.h */
	struct str nick_fallback; /* when nothing of it can be used */
	size_t nick_max;          /* last NICKLEN seen; 0: not known */
	struct str user;          /* user name, a valid nick-like word */
	struct str realname;
	struct str server_password;      /* or empty */
	struct irc_sasl_params sasl;     /* zeroed: no login */
	struct irc_webirc_params webirc; /* zeroed: none */
	bool tls;                        /* the link is under TLS */
	bool regain;                     /* the wanted nick, see irc_regain.h */
	bool sasl_required;              /* hang up rather than go on without */
	bool secrets_allowed; /* TLS, or the operator accepts clear text */
	/*
	 * The charset of lines that are not in UTF-8, or, outward, in which
	 * lines are to be written (NULL: UTF-8); target is a channel or a
	 * person, empty for the rest.  Borrowed until the next call.  NULL:
	 * windows-1252, and UTF-8.
	 */
	const char *(*charset)(
	    struct irc_proto *p, struct str target, bool outward);
	unsigned burst;      /* flood control: lines at once, */
	int64_t interval_ms; /* then one per interval; 0: off */
	size_t max_lines;    /* of one message; 0: IRC_MAX_LINES */
	struct str version;  /* answer to CTCP VERSION; empty: none */
};

struct irc_who {
	struct str nick;       /* of a server: its name; empty: not told */
	struct str user, host; /* empty: not told */
};

enum irc_msg_kind {
	IRC_MSG_NORMAL,
	IRC_MSG_ACTION,
	IRC_MSG_NOTICE,
	IRC_MSG_CTCP,       /* ctcp, text: a request */
	IRC_MSG_CTCP_REPLY, /* ctcp, text */
};

/* Why a join was refused. */
enum irc_refusal {
	IRC_REFUSED_OTHER,
	IRC_REFUSED_NO_SUCH,    /* 403, 476, 479: also, not a name */
	IRC_REFUSED_TOO_MANY,   /* 405 */
	IRC_REFUSED_LATER,      /* 437, 407: not now */
	IRC_REFUSED_FULL,       /* 471 */
	IRC_REFUSED_INVITE,     /* 473 */
	IRC_REFUSED_BANNED,     /* 474 */
	IRC_REFUSED_KEY,        /* 475 */
	IRC_REFUSED_REGISTERED, /* 477: people with an account only */
	IRC_REFUSED_TLS,        /* 489 */
	IRC_REFUSED_POLICY,     /* 480, 485, 520 */
	IRC_REFUSED_FORWARD,    /* 470: see forward */
	IRC_REFUSED_TIMEOUT,    /* no answer */
	IRC_REFUSED_LINK,       /* the link went */
};

/*
 * `self` says that it is about us: we joined, were kicked, changed nick.
 * Fields that a line does not name are empty or zero.
 */
enum irc_event_type {
	IRC_EV_READY,     /* nick: ours.  Commands are taken from now on */
	IRC_EV_ISUPPORT,  /* see irc_proto_isupport(); on: the case mapping
	                     is another one, keys must be made again */
	IRC_EV_JOIN,      /* channel, who, self, ref; account, text: realname
	                     (extended-join) */
	IRC_EV_PART,      /* channel, who, self, text, ref */
	IRC_EV_QUIT,      /* who, self, text */
	IRC_EV_KICK,      /* channel, who: actor, nick: victim, text; self: the
	                     victim is us; ref */
	IRC_EV_RENAME,    /* channel, target: what it is called from now on,
	                     who, is_server, text: why */
	IRC_EV_NICK,      /* who: as it was, nick: as it is, self, ref */
	IRC_EV_NAME,      /* channel, who, modes, self: one line of NAMES;
	                     letter: '=' of public channels */
	IRC_EV_NAMES_END, /* channel; ref of the join */
	IRC_EV_TOPIC,     /* channel, text (empty: none), who and at_utc: set by
	                     and when, if told; on: changed just now; ref */
	IRC_EV_MODE,      /* channel, who, letter, on, nick: of member modes,
	                     mode, text: argument, last: of this line, is_reply:
	                     324; ref with last, but not in replies */
	IRC_EV_MODES_END, /* channel: 324 has been told; ref */
	IRC_EV_BAN,       /* channel, text: mask, who and at_utc: set by and
	                     when, if told; ref */
	IRC_EV_BANS_END,  /* channel; ref */
	IRC_EV_MESSAGE,   /* kind, who, channel (empty: to us), status, text,
	                     ctcp, msgid, account, at_utc, is_server, self: by
	                     us, from another place; nick: to whom then;
	                     reply: id of the message that it answers;
	                     is_bot: the server says so; is_past: told
	                     again, of history */
	IRC_EV_REACT,     /* who, channel (empty: to us), reply: to which
	                     message, text, on: else it is taken back; self */
	IRC_EV_REDACT,    /* who, channel (empty: to us), reply: which message
	                     was taken back, text: why; self, ref */
	IRC_EV_TYPING,    /* who, channel (empty: to us), typing */
	IRC_EV_CROWD,     /* on: those of a netsplit go, or come back, from now
	                     on, until it is off; see irc_batch.h */
	IRC_EV_WHO,       /* channel, who, self, account, text: realname, on:
	                     away, is_oper, is_bot: of somebody inside, once
	                     after a join */
	IRC_EV_AWAY,      /* who, on, text: somebody */
	IRC_EV_AWAY_SELF, /* on, ref, text: as we asked: 305, 306 */
	IRC_EV_CONTACT,   /* nick: one that is watched, on: is there */
	IRC_EV_AWAY_TOLD, /* nick, text: 301, you wrote to somebody away */
	IRC_EV_ACCOUNT,   /* who, account: empty is logged out; self */
	IRC_EV_HOST,      /* who: as it was, user, host: new; self */
	IRC_EV_REALNAME,  /* who, text; self */
	IRC_EV_INVITE,    /* channel, who, nick: invited, self: it is us */
	IRC_EV_INVITED,   /* channel, nick, ref: 341, your invitation left */
	IRC_EV_REFUSED,   /* channel, refusal, forward, text, code, ref */
	IRC_EV_DONE,      /* ref: the server had nothing to do, for example a
	                     mode that was set already */
	IRC_EV_SENT,      /* ref: all of that message has left */
	IRC_EV_ACCEPTED,  /* ref: the server has taken it: it answered a PING
	                     that left behind it, or sent it back
	                     (echo-message): then without SENT, and msgid of the
	                     first line, parts: of the others, LF behind each;
	                     text: the words as they came back, if they are
	                     other ones */
	IRC_EV_FAILED,    /* ask, err, text, code, ref (0: for nothing we
	                     know of), target: as the server named it;
	                     unsure: of a message: it may have arrived */
	IRC_EV_SERVER_TEXT, /* text, who: for people: MOTD, notices, numerics;
	                       code */
	IRC_EV_LISTED,      /* channel, n: people inside, text: topic: one line
	                       of the LIST of that ref */
	IRC_EV_WHOIS,       /* nick, ref, text: what there is to say of them */
	IRC_EV_LIST_END,    /* ref of that LIST */
	IRC_EV_STS,         /* port, duration_ms or -1: see irc_sts.h */
	IRC_EV_DERIVE,      /* for a login: see irc_proto_derived() */
	IRC_EV_CLOSED,      /* last: err (ERR_NONE: we quit), text, permanent:
	                       trying again will not help, turned_away:
	                       banned, throttled, too many of us */
};

struct irc_event {
	enum irc_event_type type;
	uint64_t ref;
	struct irc_who who;
	struct str channel, nick, target;
	struct str text;
	const struct irc_spans *spans; /* MESSAGE: of text; NULL: none */
	struct str account;
	struct str user, host;
	struct str forward;
	struct str ctcp;
	struct str msgid, reply, parts;
	struct str context; /* MESSAGE to us: the channel it is about */
	uint16_t port;
	uint32_t n;
	int64_t duration_ms;
	int64_t at_utc; /* of server-time or 333, ms; 0: not told */
	enum irc_msg_kind kind;
	enum irc_refusal refusal;
	enum irc_ask_kind ask;
	enum irc_typing typing;
	enum err_kind err;
	enum irc_chanmode mode;
	unsigned code; /* numeric, or 0 */
	char letter;
	char status;                    /* '@' of "@#channel", or 0 */
	char modes[IRC_PREFIX_MAX + 1]; /* letters of PREFIX: "ov" */
	bool self, on, last, is_reply, is_server, permanent, unsure;
	bool turned_away, is_oper, is_bot, is_past;
};

/* See irc_regain.h. */
struct irc_regain {
	int64_t next_at; /* the next question; -1: never */
	int32_t wait_ms;
	bool on;     /* wanted */
	bool in_use; /* at login */
	bool tried;  /* NICK was sent since the last ISON */
};

/* One change of a channel: of its modes, its lists, or those inside. */
struct irc_change {
	char letter;
	bool on;
	struct str arg; /* empty: the letter has none */
};

/* Secrets that are said first, and only then. */
struct irc_opening {
	struct secret webirc; /* its parameters */
	struct secret server_password;
};

/* Why it will end. */
struct irc_closing {
	bool known;
	bool permanent;
	bool reported;
	bool after_quit; /* the server said goodbye to our QUIT */
	enum err_kind kind;
	char *text; /* heap, or NULL */
};

/* Everything in here is private; see the questions below. */
struct irc_proto {
	enum irc_state state;
	uint32_t nping;
	struct linebuf in;
	struct buf out;
	struct irc_queue queue;
	struct irc_isupport is;
	uint32_t nchannels; /* of the network, by 254; 0: not told */
	struct irc_cap cap;
	struct irc_asks asks;

	char *nick; /* own, as the server says it; before 001 as we asked */
	char *base; /* what alternates are made of */
	char *fallback, *user, *realname, *version;
	struct irc_opening *opening; /* NULL: it has been said */
	const char *(*charset)(
	    struct irc_proto *p, struct str target, bool outward);
	uint32_t max_lines, nick_max;
	int32_t lag_ms; /* from our last PING to its answer; -1: not known */
	uint16_t nick_try;
	uint16_t nnames; /* of the channel we have just joined, up to 65535 */
	uint8_t userlen, hostlen; /* ours, as others see us; 0: not known */
	char *mask; /* user@host, the same in words; NULL: not known */
	bool sasl_required, secrets_allowed, bad_secret, tls;
	bool heard;         /* a byte at least */
	bool motd_over;     /* so READY, once NickServ has answered */
	bool secrets_out;   /* there may be a password in what is sent */
	bool turned_away;   /* closing: banned, throttled, too many */
	bool oper;          /* we may see what others do not */
	bool labels_echoes; /* an echo had its label */
	uint16_t nlisted;   /* lines of a LIST we did not ask for */

	struct irc_regain regain;
	struct irc_nickserv nickserv;
	int64_t relogin_at;      /* SASL in mid-session is given up; -1: none */
	struct irc_watch *watch; /* NULL: nobody has ever been */
	struct irc_batches *batches; /* NULL: none is open */

	int64_t now_at;     /* latest time we were told */
	int64_t start_at;   /* of this state, for its deadline */
	int64_t heard_at;   /* last byte in */
	int64_t ping_at;    /* of our own PING that is open; -1: none */
	int64_t fence_at;   /* when messages are to be settled; -1: none */
	struct bucket ctcp; /* answers to CTCP */
	struct irc_typings *typing; /* irc_typing.h; NULL: nobody yet */

	struct irc_msg m;   /* the line at hand */
	struct str held;    /* a line to look at again; p NULL: none */
	struct str rest;    /* of the line at hand: names, mode letters */
	uint32_t line_len;  /* its length */
	uint32_t arg;       /* of the line at hand: next mode argument */
	enum irc_step step; /* what rest is */
	bool adding;        /* mode: + or - */
	bool topic_waits, motd_comes, whois_comes;
	struct irc_spans *spans; /* of that text, or NULL */
	struct irc_back *back;   /* of that event, or NULL */
	struct buf text;         /* cleaned text of the event */
	struct buf motd;         /* collected so far, or of a WHOIS */
	struct buf topic; /* 332 that waits for its 333: channel NUL text */
	struct irc_closing closing;
};

/* params are copied, secrets into struct secret. */
void irc_proto_init(struct irc_proto *p, const struct irc_params *params);
void irc_proto_release(struct irc_proto *p);

/*
 * The link is up: queue the registration.  ERR_BAD_INPUT: a parameter cannot
 * be sent; ERR_DENIED: a password would go in clear text.
 */
int irc_proto_start(struct irc_proto *p, int64_t now_at, struct err *err);

/* Drain irc_proto_next() first. */
void irc_proto_feed(
    struct irc_proto *p, const void *data, size_t len, int64_t now_at);

/* True and *ev filled, or false: nothing more until something happens. */
bool irc_proto_next(struct irc_proto *p, struct irc_event *ev);

/*
 * What may be sent now; the flood control decides.  Empty: nothing (more)
 * now.  Borrowed until irc_proto_wrote(), which says how much was taken.
 */
struct str irc_proto_out(struct irc_proto *p, int64_t now_at);
void irc_proto_wrote(struct irc_proto *p, size_t n);

/*
 * When irc_proto_tick() must be called, or -1.  Bytes in only ever move it
 * later, so a timer may be left to fire early and be set again then.
 */
int64_t irc_proto_deadline(const struct irc_proto *p);
void irc_proto_tick(struct irc_proto *p, int64_t now_at);

/*
 * The link has gone.  why: for people, may be empty.  FAILED for what is
 * open and CLOSED (ERR_UNREACHABLE, or what the server said before) follow.
 */
void irc_proto_eof(struct irc_proto *p, struct str why);

/*
 * The key that DERIVE asked for: PBKDF2 of the password in p->cap.sasl and of
 * the salt and the iterations in its talk->scram.  It takes long, so it is done
 * elsewhere; too late is nothing.
 */
void irc_proto_derived(
    struct irc_proto *p, const uint8_t key[CRYPTO_SHA256_BYTES]);

/* ---- questions -------------------------------------------------------- */

struct str irc_proto_nick(const struct irc_proto *p); /* ours; may be empty */
const struct irc_isupport *irc_proto_isupport(const struct irc_proto *p);
bool irc_proto_has_cap(const struct irc_proto *p, enum irc_cap_id id);
bool irc_proto_passes(const struct irc_proto *p, enum irc_tag tag);
/* Are we an operator of the network, or have we been? */
bool irc_proto_is_oper(const struct irc_proto *p);
bool irc_proto_is_self(const struct irc_proto *p, struct str nick);

/* Milliseconds until a line added now would leave; for telling the user. */
int64_t irc_proto_delay(const struct irc_proto *p, int64_t now_at);
size_t irc_proto_queued(const struct irc_proto *p); /* lines */

/* "nick!user@host", as others see us; false: not known yet. */
bool irc_proto_mask(const struct irc_proto *p, struct buf *out);

/* Milliseconds from our last PING to its answer; -1: not known yet. */
int64_t irc_proto_lag(const struct irc_proto *p);

/* ---- commands ----------------------------------------------------------
 *
 * 0: queued whole.  -1: nothing was queued.  ERR_UNREACHABLE: not READY;
 * ERR_BAD_INPUT: a field that cannot be sent; ERR_TOO_BIG: longer than the
 * server takes, or too many lines; ERR_BUSY: the queue is full.
 */
int irc_proto_join(struct irc_proto *p, struct str channel, struct str key,
    uint64_t ref, struct err *err);
int irc_proto_part(struct irc_proto *p, struct str channel, struct str reason,
    uint64_t ref, struct err *err);

/*
 * kind NORMAL, ACTION or NOTICE; target a channel, a nick or "@#channel".
 * Split into lines by irc_split.h; an empty text is ERR_BAD_INPUT.
 */
int irc_proto_message(struct irc_proto *p, enum irc_msg_kind kind,
    struct str target, struct str text, uint64_t ref, struct err *err);

/*
 * The same as an answer to the message of that id: tagged where the server
 * passes that on (irc_proto_passes()), else as it is.
 */
int irc_proto_reply(struct irc_proto *p, enum irc_msg_kind kind,
    struct str target, struct str text, struct str msgid, uint64_t ref,
    struct err *err);

/*
 * A reaction to the message of that id; on: it comes, else it is taken back.
 * ERR_UNSUPPORTED: the server does not pass that on.
 */
int irc_proto_react(struct irc_proto *p, struct str target, struct str text,
    struct str msgid, bool on, uint64_t ref, struct err *err);

/*
 * The message of that id is taken back; reason may be empty.  ERR_UNSUPPORTED: not on this server.
 */
int irc_proto_redact(struct irc_proto *p, struct str target, struct str msgid,
    struct str reason, uint64_t ref, struct err *err);

/* Our user is writing there; said as irc_typing.h has it, or not at all. */
void irc_proto_typing(struct irc_proto *p, struct str target,
    enum irc_typing what, int64_t now_at);

/* Answered by a MESSAGE of kind CTCP_REPLY from that nick, or by nothing. */
int irc_proto_ctcp(struct irc_proto *p, struct str target, struct str command,
    struct str text, uint64_t ref, struct err *err);

/* To a CTCP that was not answered here; dropped where there are many. */
void irc_proto_ctcp_answer(
    struct irc_proto *p, struct str nick, struct str command, struct str text);

/* An empty text clears it. */
int irc_proto_topic(struct irc_proto *p, struct str channel, struct str text,
    uint64_t ref, struct err *err);

/* As it is: use irc_nick_map() before. */
int irc_proto_nick_change(
    struct irc_proto *p, struct str nick, uint64_t ref, struct err *err);

int irc_proto_kick(struct irc_proto *p, struct str channel, struct str nick,
    struct str reason, uint64_t ref, struct err *err);

/* Several at once, at most IRC_CHANGES_MAX; see also ISUPPORT MODES. */
int irc_proto_change(struct irc_proto *p, struct str channel,
    const struct irc_change *change, size_t n, uint64_t ref, struct err *err);

/* modes "+o", "-v", "+b", ...: one letter, arg if the letter has one. */
int irc_proto_mode(struct irc_proto *p, struct str channel, struct str modes,
    struct str arg, uint64_t ref, struct err *err);

/* Answered by BAN for each, and BANS_END. */
int irc_proto_ask_bans(
    struct irc_proto *p, struct str channel, uint64_t ref, struct err *err);

/* Answered by MODE for each that is set, and MODES_END. */
int irc_proto_ask_modes(
    struct irc_proto *p, struct str channel, uint64_t ref, struct err *err);

/*
 * CONTACT tells whether somebody of that nick is there, first when it is
 * known and then with every change, until unwatch.  No ref.
 */
int irc_proto_watch(struct irc_proto *p, struct str nick, struct err *err);
void irc_proto_unwatch(struct irc_proto *p, struct str nick);
bool irc_proto_is_watched(const struct irc_proto *p, struct str nick);

/* Empty: here again. */
int irc_proto_away(
    struct irc_proto *p, struct str text, uint64_t ref, struct err *err);

int irc_proto_invite(struct irc_proto *p, struct str channel, struct str nick,
    uint64_t ref, struct err *err);

/* Answered by WHOIS. */
int irc_proto_whois(
    struct irc_proto *p, struct str nick, uint64_t ref, struct err *err);

/*
 * LISTED for each channel, then LIST_END.  want: how many are of use; where
 * there are far more, the smallest are not asked for.  ERR_BUSY: one is still
 * coming; ERR_TOO_BIG: the server might hang up on us.
 */
int irc_proto_list(
    struct irc_proto *p, unsigned want, uint64_t ref, struct err *err);

/* One line as it is, without its end. */
int irc_proto_raw(
    struct irc_proto *p, struct str line, uint64_t ref, struct err *err);

/*
 * Allowed in every state.  Goes ahead of everything; nothing else is sent
 * after it.  A reason that does not fit or may not be sent is left out.
 * CLOSED with ERR_NONE follows, at the latest IRC_QUIT_MS later.
 */
void irc_proto_quit(struct irc_proto *p, struct str reason);

#endif
