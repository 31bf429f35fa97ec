/*
 * gateway.h - the one contract between the core and a network
 *
 * A *gateway* is one configured component domain with one network
 * implementation behind it (IRC, SMS, mail).  It may serve several
 * *networks* (libera, oftc); one that has only one calls it "".  A *session*
 * is one XMPP user on one network.  The core calls down through struct
 * gateway_ops; the network reports up with session_emit().  No type here
 * comes from XMPP, SQL or another network; nothing else is shared.
 *
 *	core                              network
 *	login(s)              ------->
 *	                      <-------    ONLINE
 *	request[JOIN](s, id)  ------->
 *	                      <-------    JOINED, MEMBER..., MEMBERS_END
 *	                      <-------    DONE id
 *	send(s, ticket, m)    ------->
 *	                      <-------    FATE ticket
 *	logout(s)             ------->
 *	                      <-------    OFFLINE
 *
 * Thread     Both directions run on the loop thread; nothing here blocks.
 * Reentry    An event emitted from inside an op is acted on after the op has
 *            returned, so an op never sees its session vanish.  An event
 *            emitted from anywhere else is acted on at once; the session may
 *            be logged out by the time session_emit() returns, but its
 *            memory stays until OFFLINE was emitted and acted on.
 * Ownership  What is passed, either way, is borrowed for that call: the
 *            receiver copies what it keeps.
 * Text       UTF-8, checked, no control characters except \n and \t.  Names
 *            (rooms, people) are the network's own spelling, unescaped.
 * Time       Milliseconds; *_at is monotonic, *_utc is since the Epoch.
 */
#ifndef CORE_GATEWAY_H
#define CORE_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct clock;
struct conf;
struct gateway;
struct http_server;
struct log_ctx;
struct loop;
struct session;

/*
 * Names one message on its way out, or one request.  Numbers rather than
 * pointers: they survive the session, a restart and a late answer.  0 is
 * never issued.
 */
typedef uint64_t gw_ticket;
typedef uint64_t gw_req_id;

/* ---- addresses -------------------------------------------------------- */

enum gw_addr_kind {
	GW_ADDR_DOMAIN,  /* the gateway itself */
	GW_ADDR_NETWORK, /* one network of it */
	GW_ADDR_ROOM,
	GW_ADDR_PERSON,
};

struct gw_address {
	enum gw_addr_kind kind;
	struct str network;   /* canonical name; "" if there is only one */
	struct str name;      /* room or person; empty for the others */
	struct str spelling;  /* from split(): the network as it was written,
	                        an alias perhaps; local() writes `network` */
	struct str canonical; /* from split(): the local part that this is a
	                         sloppy spelling of (a national number); what
	                         is sent to it is answered with `gone` and
	                         that address.  Empty: it is the one */
};

/* Bytes of a room's or person's name: it fits an address in any spelling. */
enum { GW_NAME_MAX = 340 };

/* ---- people and rooms ------------------------------------------------- */

/* What a member may do now (XEP-0045 5.1). */
enum gw_role {
	GW_ROLE_NONE,
	GW_ROLE_VISITOR,
	GW_ROLE_MEMBER,
	GW_ROLE_MODERATOR
};

/* What a member is, for longer (XEP-0045 5.2). */
enum gw_standing {
	GW_STANDING_NONE,
	GW_STANDING_OUTCAST,
	GW_STANDING_MEMBER,
	GW_STANDING_ADMIN,
	GW_STANDING_OWNER,
};

/*
 * What is known of somebody.  Empty: not known, or not changed.  A person is
 * reported once, however many rooms we share.
 */
struct gw_person {
	struct str nick;
	struct str user, host; /* as others see them */
	struct str account;    /* services account */
	struct str realname;
};

enum gw_left {
	GW_LEFT_PART,    /* by themselves */
	GW_LEFT_KICK,    /* by actor */
	GW_LEFT_BAN,     /* by actor */
	GW_LEFT_LINK,    /* our link died; the core joins again later */
	GW_LEFT_FORWARD, /* sent on to another room, see text */
};

/* Why a join did not end inside (facts of RFC 2812 and its descendants). */
enum gw_refusal {
	GW_REFUSED_OTHER,    /* see err */
	GW_REFUSED_PASSWORD, /* missing or wrong room password */
	GW_REFUSED_BANNED,
	GW_REFUSED_MEMBERS_ONLY, /* invited or registered people only */
	GW_REFUSED_FULL,
	GW_REFUSED_NICK_IN_USE,
	GW_REFUSED_BAD_NICK,
	GW_REFUSED_NO_SUCH_ROOM, /* also: not a name a room can have */
	GW_REFUSED_TOO_MANY,     /* rooms, for this user */
	GW_REFUSED_POLICY,       /* for example TLS users only */
	GW_REFUSED_FORWARD,      /* go to forward instead */
	GW_REFUSED_TIMEOUT,
	GW_REFUSED_UNREACHABLE, /* the network is not there */
	GW_NREFUSAL
};

/*
 * Facts about a room that people can ask for (disco, status 104).  In one
 * that is moderated, a MEMBER without any standing is shown as a VISITOR.
 */
enum gw_room_flag {
	GW_ROOM_MODERATED = 1 << 0,
	GW_ROOM_PASSWORD = 1 << 1,
	GW_ROOM_MEMBERS_ONLY = 1 << 2,
	GW_ROOM_HIDDEN = 1 << 3,
	GW_ROOM_SUBJECT_LOCKED = 1 << 4,
	GW_ROOM_REDACTS = 1 << 5, /* messages can be taken back */
};

/* ---- messages --------------------------------------------------------- */

enum gw_msg_kind {
	GW_MSG_NORMAL,
	GW_MSG_ACTION, /* "/me" */
	GW_MSG_NOTICE, /* no automatic answer wanted */
	GW_MSG_SYSTEM, /* from the network or room itself */
};

enum gw_span_kind {
	GW_SPAN_STRONG,
	GW_SPAN_EMPHASIS,
	GW_SPAN_CODE,
	GW_SPAN_DELETED
};

struct gw_span {
	enum gw_span_kind kind;
	size_t start, end; /* bytes of the body */
};

struct gw_attachment {
	struct str url, name, mime;
	uint64_t size_bytes; /* 0: not known */
};

/* How clients are to show what came in (RFC 6121 5.2.2). */
enum gw_msg_type {
	GW_TYPE_CHAT,
	GW_TYPE_NORMAL,   /* a message of its own, kept for who is away */
	GW_TYPE_HEADLINE, /* of the moment: not kept for anybody */
};

/* One whom a message names beside its addressee (XEP-0033). */
enum gw_party_kind {
	GW_PARTY_TO,
	GW_PARTY_CC,
	GW_PARTY_REPLY_TO,
	GW_PARTY_NO_REPLY, /* an answer goes nowhere; has no name */
};
enum { GW_PARTIES_MAX = 50 };

struct gw_party {
	enum gw_party_kind kind;
	struct str name;  /* of a person of this network */
	struct str title; /* what people are to see; or empty */
};

struct gw_message {
	enum gw_msg_kind kind;
	struct str room; /* empty: one to one */
	struct str to;   /* outward, one to one; or one member of room */
	struct str from; /* inward; empty with GW_MSG_SYSTEM */
	struct str body;
	struct str subject, thread;
	struct str context;       /* inward, one to one: the room that it is
	                             about, as the sender says; or empty */
	struct str reply_to;      /* network id of the message answered; not
	                             live: the id (below) of it */
	struct str reply_nick;    /* outward: who said that; empty: nobody
	                             need be named.  Inward, not live: the
	                             person who did; empty: our user did */
	struct str reaction;      /* the text of a reaction to reply_to */
	struct str redacts;       /* network id of a message that was taken
	                             back; body: why */
	struct str network_id;    /* the network's own id, or empty */
	struct str id;            /* not live.  Inward: what an answer to it is
	                             to have as reply_to; GW_ID_MAX letters
	                             and digits, the first a letter; or empty.  Outward: the id
	                             that clients know it by */
	struct str parts;         /* ids of its further parts, each with a LF
	                             behind it, where the network made several
	                             of it */
	struct str account, host; /* of the sender, inward */
	struct str title;         /* of the sender, inward: what people are to
	                             to see instead of his address; or empty */
	struct str urgency;       /* inward: "low", "medium", "high" (XEP-0131);
	                             or empty */
	struct str line;          /* outward, not live: by which it goes */
	struct str first_line;    /* ... and by which route() wanted it to go:
	                             parts are of what that line makes of it */
	const struct gw_span *span;
	size_t nspan;
	const struct gw_attachment *attachment;
	size_t nattachment;
	const struct str *recipient; /* all of them, where there are several */
	size_t nrecipient;
	const struct gw_party *party; /* not live; GW_PARTIES_MAX */
	size_t nparty;
	enum gw_msg_type type; /* inward, one to one, not live */
	bool taken_back;       /* the reaction */
	gw_ticket echo_of;     /* inward: our own message, as the network
	                          accepted it */
	unsigned part, nparts; /* part of nparts, from 1; 0, 0: whole */
	int64_t sent_utc;      /* 0: now */
	bool is_past;          /* inward: told again, by the network's own
	                          history */
};

/*
 * What became of an outgoing message.  Every ticket gets one; after GW_LEFT
 * one of the others follows, and where the network is not live one more may
 * come after GW_SENT or GW_UNSURE (a delivery report, a bounce).  With GW_SENT
 * comes the network's id of it, as text, and a message, or NULL: with a body,
 * if the network has changed that, and its parts, if it made several of it.
 */
enum gw_fate {
	GW_LEFT,      /* live networks: on its way, and shown to those who say
	                 it; one more fate follows */
	GW_SENT,      /* the network took responsibility for it */
	GW_DELIVERED, /* the far end has it */
	GW_RETRY,     /* not sent, or maybe_sent: trying again is safe */
	GW_REFUSED,   /* not delivered; trying again is pointless */
	GW_UNSURE,    /* may have been sent; only a person may try again */
};

/* ---- networks that store and forward ----------------------------------- */

/*
 * Where ops->live is false the core owes what it has accepted: it keeps a
 * message in its outbox until it has an end, and what comes in in its inbox
 * until the XMPP server has taken it.
 *
 *	core                               network
 *	route(s, m, &r)      ------->
 *	   (committed: accepted)
 *	   (waits for its line and for what goes to the same recipient)
 *	   (committed: it is being tried)
 *	send(s, ticket, m)   ------->
 *	                     <-------      gateway_outcome() once, at once or
 *	                                   later
 *	                     <-------      gateway_report() any number, at any
 *	                                   time, before the outcome too
 *	                     <-------      gateway_arrive()
 *	   (committed)
 *	kept(arg, true)      ------->      ... acknowledge it to the network
 *
 * A message that takes several requests (parts, several recipients) is sent
 * in that many pieces, each with a ticket and an end of its own; tickets mean
 * the same after a restart.  What was being tried when the program died is
 * never tried again by itself, unless the line recognises a ticket that it
 * has had.
 */
enum {
	GW_ID_MAX = 20,      /* bytes of a message's id, inward */
	GW_LINE_MAX = 64,    /* bytes of a line's name */
	GW_BUNDLE_MAX = 64,  /* bytes of the name of a bundle */
	GW_BUNDLED_MAX = 50, /* messages that go as one */
	GW_PIECES_MAX = 200, /* of one message */
};

/* When a receipt (XEP-0184) is sent for a message that asks for one. */
enum gw_stage {
	GW_STAGE_DELIVERED, /* where the line reports it, else GW_STAGE_SENT */
	GW_STAGE_SENT,      /* the network has taken it */
	GW_STAGE_ACCEPTED,  /* we have */
};

/* By what messages leave: a number at a provider, a smart host. */
struct gw_line {
	struct str name;     /* unique in its gateway, GW_LINE_MAX */
	struct str fallback; /* another line, for what this one could
	                         certainly not send; or empty */
	unsigned parallel;   /* pieces under way at once; 0: 4 */
	unsigned burst;      /* so many at once, then one each ... */
	int64_t interval_ms; /* 0: as fast as they are taken */
	int64_t expire_ms;   /* given up after that; 0: 4 hours */
	int64_t outcome_ms;  /* an attempt may last so long, then it is unsure;
	                         0: 10 minutes */
	enum gw_stage stage;
	bool reports; /* deliveries are reported */
	bool dedups;  /* repeating a ticket is harmless */
};

/* Where a message goes, and what it takes. */
struct gw_route {
	char line[GW_LINE_MAX + 1];
	unsigned npieces;  /* requests; 1 to GW_PIECES_MAX */
	unsigned nunits;   /* what it is counted as: parts that are billed */
	int64_t price;     /* millionths of the line's currency; 0: not known */
	int64_t expire_ms; /* 0: that of the line */
	bool many;         /* its pieces go to several people: none waits for
	                      another, or ends with it */
	bool repeats;      /* is refused with the err once; the same text again
	                     within ten minutes is taken as a yes */

	/*
	 * What is accepted with the same words here while it is held, of one
	 * user and to one recipient, goes as one: by ops->send_all().  Empty:
	 * alone.  Held: hold_ms from the last of them on, and while their
	 * sender is composing (XEP-0085), but hold_max_ms from the first;
	 * with hold_ms 0 at once, and those before it with it.  Meanwhile a
	 * correction changes it and a retraction cancels it.
	 */
	char bundle[GW_BUNDLE_MAX + 1];
	int64_t hold_ms, hold_max_ms;
};

/* What came of a piece that was to be sent. */
struct gw_outcome {
	gw_ticket ticket;
	enum gw_fate fate;      /* SENT, DELIVERED, RETRY, REFUSED, UNSURE */
	struct err err;         /* of the last three */
	int64_t retry_after_ms; /* RETRY: as the network asked; 0: it did not */
	struct str network_id;  /* what the network calls it; or empty */
	bool maybe_sent;        /* RETRY: it may have been read, and the line
	                           knows its tickets again: no other line does */
	bool is_throttle;       /* RETRY: the whole line is to wait so long */
	struct str details;  /* with is_line_broken: for operators, instead of
	                       the text of err; or empty */
	bool is_line_broken; /* RETRY: credentials, credit, sender: nothing
	                        goes by this line until an operator looks */
};

/* What the network says about a piece afterwards. */
struct gw_report {
	struct str line;  /* a report counts for tickets of that line only */
	gw_ticket ticket; /* 0: network_id says which */
	struct str network_id;
	enum gw_fate fate; /* SENT, DELIVERED, REFUSED */
	struct err err;    /* REFUSED */
};

/*
 * A *seat*: one of our addresses is an occupant of a room of another service
 * (XEP-0045 7), to post there.  The core enters, sees that it is still inside
 * (XEP-0410), enters again with growing delays, and finds another nick where
 * that one is taken.
 */
struct gw_seat {
	struct str room; /* bare JID */
	struct str name; /* of the person of ours that sits there */
	struct str nick; /* a wish */
	struct str password;
};

struct gw_seat_state {
	bool is_inside;
	int64_t since_at; /* so since when */
	struct err err;   /* outside: why, or ERR_NONE: it is on the way */
};

/* Something that came in for a user, who need not have a session. */
struct gw_arrival {
	struct str user; /* bare JID; or, with is_post, that of the room in
	                    which the message's from has a seat */
	bool is_post;    /* into the room; delivered when its reflection comes,
	                    and never twice where the room's archive or what
	                    is reflected shows that it was */
	struct str line;
	struct str key; /* the same for what comes again, and for nothing else
	                   on that line; empty: nothing tells */
	const struct gw_message *message; /* room: from a group */
};

/* on disk, or could not be kept: then it must not be acknowledged. */
typedef void gw_kept_fn(void *arg, bool ok);

/* What has gone out by a line, for a user; one of them empty: by all, for all. */
struct gw_spent {
	uint64_t nmessages, nunits;
	int64_t price; /* as in gw_route */
};

/* ---- requests --------------------------------------------------------- */

/*
 * Each is answered by exactly one GW_EV_DONE with its id, at once or later;
 * the core holds the deadline and ignores what comes after it.
 */
enum gw_req_kind {
	GW_REQ_JOIN,      /* room, nick (a wish), text: password; answered when
	                    inside, after MEMBERS_END, or by REFUSED's err */
	GW_REQ_LEAVE,     /* room, text: reason */
	GW_REQ_SUBJECT,   /* room, text: may be empty */
	GW_REQ_NICK,      /* nick: for the whole session */
	GW_REQ_ROLE,      /* room, nick, role, text: reason; NONE: kick */
	GW_REQ_STANDING,  /* room, nick, on: is inside, then user and host as
	                    known; else the name of an ENTRY or a stranger;
	                    standing, text: reason.  OUTCAST: goes, too */
	GW_REQ_STANDINGS, /* room, standing: of those who need not be inside
	                    (OUTCAST); ENTRY each, then DONE */
	GW_REQ_INVITE,    /* room, nick, text: reason */
	GW_REQ_FORM_GET,  /* room: an ENTRY of each of ops->room_fields (of a
	                    secret: n), then DONE */
	GW_REQ_FORM_SET,  /* room, field: those that are to change */
	GW_REQ_DIRECTORY, /* limit: how many are of use; ENTRY each, then DONE
	                    (on: others might not be shown all of them) */
	GW_REQ_QUERY,     /* nick, query; DONE.text */
	GW_REQ_WATCH,     /* nick: CONTACT events from now on */
	GW_REQ_UNWATCH,   /* nick */
	GW_REQ_AWAY,      /* text: why; empty: here again */
	GW_REQ_TYPING,    /* room or nick, typing; for as long as it lasts */
	GW_REQ_REACT,     /* room or nick, id: of a message, text, on: else it
	                    is taken back */
	GW_REQ_REDACT,    /* room or nick, id: of a message to take back, parts:
	                     as in gw_message, go with it, text: why */
	GW_REQ_RAW,       /* text: one line of the network's protocol */
	GW_REQ_SLASH,     /* room or empty, nick or empty, text: a command as
	                    people type it, one line without its slash */
	GW_NREQ
};

enum gw_query {
	GW_QUERY_VERSION,
	GW_QUERY_PING,
	GW_QUERY_TIME,
	GW_QUERY_WHOIS
};

enum gw_typing { GW_TYPING_NOT, GW_TYPING_ACTIVE, GW_TYPING_PAUSED };

struct gw_field {
	struct str name, value;
};

struct gw_req {
	enum gw_req_kind kind;
	struct str room, nick, text;
	struct str user, host;
	struct str id; /* the network's, of a message */
	struct str parts;
	enum gw_role role;
	enum gw_standing standing;
	enum gw_query query;
	enum gw_typing typing;
	const struct gw_field *field;
	size_t nfield;
	unsigned limit;
	bool on;
};

typedef void gw_request_fn(
    struct session *s, gw_req_id id, const struct gw_req *req);

/* ---- events ----------------------------------------------------------- */

enum gw_event_type {
	GW_EV_ONLINE,   /* logged in; text: own name.  Requests may start */
	GW_EV_OFFLINE,  /* last event of a login: err (ERR_NONE: as asked) and
	                  permanent: trying again will not help;
	                  turned_away: banned or throttled, and others of us
	                  may be next */
	GW_EV_FOLD,     /* fold() gives other keys now */
	GW_EV_DONE,     /* req; err; text: a result for people */
	GW_EV_ENTRY,    /* req; one line of a list: entry */
	GW_EV_MESSAGE,  /* message */
	GW_EV_FATE,     /* ticket, fate, err, retry_after_ms, text, message */
	GW_EV_JOINED,   /* room: we are inside; MEMBERs follow, ours among them;
	                 req: the join it answers, 0 if that is not known */
	GW_EV_REFUSED,  /* room, refusal, err; text: forward */
	GW_EV_LEFT,     /* room, left, actor, text: reason or forward */
	GW_EV_RENAMED,  /* room, text: what it is called from now on, actor,
	                  reason; all in it is as it was */
	GW_EV_MEMBER,   /* room, person, role, standing: is there, or changed */
	GW_EV_STANDING, /* room, person.nick, role, standing: of a member, now;
	                  who is not known to be there stays away */
	GW_EV_MEMBER_LEFT, /* room, person.nick, left, actor, text: reason */
	GW_EV_MEMBERS_END, /* room: all who were inside have been reported */
	GW_EV_SUBJECT,     /* room, text, actor (or empty), at_utc, on: changed
	                  just now, rather than told on joining */
	GW_EV_ROOM, /* room, flags: GW_ROOM_*, all of them; text: its password,
	               where it has one that is known */
	GW_EV_PERSON_NICK,  /* person.nick was, text: is */
	GW_EV_PERSON_QUIT,  /* person.nick, text: reason */
	GW_EV_PERSON,       /* person.nick, what is not empty has changed; on:
	                  they have no account any more */
	GW_EV_PERSON_AWAY,  /* person.nick, on, text: why */
	GW_EV_PERSON_FLAGS, /* person.nick, flags: GW_PERSON_*, all of them; on:
	                  these, too */
	GW_EV_CROWD,        /* on: many people come, go or change at once from
	                  now on, until it is off: clients need only be told
	                  what comes of it */
	GW_EV_CONTACT,      /* person.nick, on: there, text: why he is away,
	                  if that is known; watched people only */
	GW_EV_INVITE,       /* room, actor, text: reason */
	GW_EV_TYPING,       /* room or empty, person.nick, typing; ends by a
	                  message of theirs, too */
	GW_EV_NOTICE,       /* text for the user's eyes: MOTD, balance, errors;
	                  actor: who says it (a server), or empty */
	GW_NEVENT
};

enum gw_person_flag { GW_PERSON_BOT = 1 << 0, GW_PERSON_OPER = 1 << 1 };

struct gw_entry {
	struct str name, text;
	uint64_t n;       /* DIRECTORY: people inside; FORM: a secret is set */
	bool is_own;      /* DIRECTORY: we are inside, and others may not be
	                     shown that it is there */
	int64_t at_utc;   /* STANDINGS: set when */
	struct str actor; /* STANDINGS: set by */
};

/* Only what the type names above is looked at; the rest is zero. */
struct gw_event {
	enum gw_event_type type;
	uint64_t cookie; /* not 0: call ops->kept() when this is on disk */
	gw_req_id req;
	gw_ticket ticket;
	enum gw_fate fate;
	int64_t retry_after_ms;
	struct err err;
	bool permanent;
	bool turned_away;
	bool on;
	struct str room;
	struct str text;
	struct str actor;
	struct str reason;
	struct gw_person person;
	enum gw_role role;
	enum gw_standing standing;
	enum gw_left left;
	enum gw_refusal refusal;
	enum gw_typing typing;
	unsigned flags;
	int64_t at_utc;
	struct gw_entry entry;
	const struct gw_message *message;
};

/* ---- what a network declares ------------------------------------------ */

enum gw_option_type { GW_OPT_STR, GW_OPT_INT, GW_OPT_BOOL, GW_OPT_LIST };

/* One option of the configuration file.  Tables end with name NULL. */
struct gw_option {
	const char *name;
	enum gw_option_type type;
	const char *def;  /* as written in the file; "{}" for a list; NULL:
	                     must be given */
	int64_t min, max; /* GW_OPT_INT */
};

/* A kind of section inside `gateway`: network, line, receive. */
struct gw_section {
	const char *name;
	const struct gw_option *option;
	bool plain;      /* has no title, and there is one at most */
	bool open_ended; /* other options are taken, too: see conf_other() */
};

enum gw_scope { GW_SCOPE_GATEWAY = 1, GW_SCOPE_NETWORK = 2, GW_SCOPE_ROOM = 4 };

enum gw_setting_type {
	GW_SET_TEXT,
	GW_SET_SECRET, /* kept sealed, never shown */
	GW_SET_BOOL,
	GW_SET_INT,
	GW_SET_LINES, /* LF between them; kept sealed, as secrets stand in
	                 such text, but shown to be edited */
};

static inline bool
gw_setting_is_sealed(enum gw_setting_type type)
{
	return type == GW_SET_SECRET || type == GW_SET_LINES;
}

/* One setting of a user, kept by the core.  Tables end with name NULL. */
struct gw_setting {
	const char *name;
	enum gw_setting_type type;
	unsigned scopes; /* GW_SCOPE_*: where it can be set */
	const char *label, *desc;
	const char *def;
	/* May be NULL.  A value that is not empty is checked before it is kept. */
	int (*check)(struct gateway *gw, struct str value, struct err *err);
};

/*
 * One ad-hoc command beyond the core's own.  Tables end with node NULL.
 * Answered by one DONE (text: what to show); or, where `answer` is set instead
 * of `run`, at once and to whoever may use the gateway, with a session or not:
 * 0: out is what to show (GW_ANSWER_MAX); -1: err.
 */
enum { GW_ANSWER_MAX = 30 * 1024 };
struct gw_command {
	const char *node, *name;
	enum gw_addr_kind where;
	bool admin_only;
	bool (*may)(struct gateway *gw, struct str network); /* or NULL */
	const struct gw_setting *field; /* asked first; NULL: nothing */
	void (*run)(struct session *s, gw_req_id id, struct str name,
	    const struct gw_field *field, size_t nfield);
	int (*answer)(struct gateway *gw, struct str user,
	    const struct gw_field *field, size_t nfield, struct buf *out,
	    struct err *err);
};

enum { GW_FORM_FIELDS_MAX = 32, GW_FORM_CHOICES_MAX = 64 };

struct gw_choice {
	struct str value, label;
};

struct gw_form_field {
	const char *name; /* lasts as long as the gateway */
	const char *label, *desc;
	enum gw_setting_type type; /* TEXT, SECRET, BOOL */
	bool required;
	struct str value; /* what counts if nothing is given */
	const struct gw_choice *choice;
	size_t nchoice; /* 0: anything */
};

/* What a user is to fill in next; n is 0: nothing more. */
struct gw_form {
	const char *instructions;
	struct gw_form_field field[GW_FORM_FIELDS_MAX];
	size_t n;
	bool more; /* another one may follow */
};

/*
 * How users of a network register (XEP-0077), where not everybody who may use
 * the gateway can.  Given is what stood in the forms so far, in their order.
 */
struct gw_registration {
	bool (*is_registered)(struct gateway *gw, struct str user);

	/*
	 * The form that follows what was given; borrowed until it is called
	 * again.  -1: what was given is wrong, or he cannot register.
	 */
	int (*form)(struct gateway *gw, struct str user,
	    const struct gw_field *given, size_t n, struct gw_form *out,
	    struct err *err);

	/* All is given: answered by gateway_registered(), at once or later. */
	void (*submit)(struct gateway *gw, struct str user,
	    const struct gw_field *given, size_t n, uint64_t token);

	/* He has nothing here any more. */
	void (*remove)(struct gateway *gw, struct str user);

	/* Appends lines about what he has, for him. */
	void (*describe)(struct gateway *gw, struct str user, struct buf *out);
};

enum gw_bye {
	GW_BYE_USER,       /* left, or asked for it */
	GW_BYE_UNREGISTER, /* and wants to be forgotten */
	GW_BYE_IDLE,
	GW_BYE_SHUTDOWN, /* of the gateway; comes back later */
	GW_BYE_ADMIN,
};

/* For disco and people: what an address is. */
struct gw_description {
	char name[GW_NAME_MAX];
	char number[32];         /* of a telephone; or empty */
	char email[GW_NAME_MAX]; /* of a mailbox; or empty */
};

struct gateway_ops {
	const char *kind;    /* "irc": type in the file, disco identity */
	const char *title;   /* "IRC": for people */
	const char *person;  /* what people are to disco: "pc"; NULL: that */
	size_t gateway_size; /* zeroed memory behind gateway_priv() */
	size_t session_size; /* zeroed memory behind session_priv() */

	/*
	 * Nothing is stored for it or repeated to it: a message is sent now or
	 * refused now.
	 */
	bool live;

	/*
	 * Not live: a correction reaches what is held and nothing else; of what
	 * has gone users are told that.  Else it is sent as a message that says
	 * what has changed.
	 */
	bool corrects_held;

	/* Shows servers a certificate of the user's: see core/client_key.h,
	   whose setting it asks for. */
	bool client_keys;

	const struct gw_option *options;   /* of the gateway section */
	const struct gw_section *sections; /* inside it; ends with name NULL */
	const struct gw_setting *settings; /* may be NULL */
	const struct gw_command *commands; /* may be NULL */

	/*
	 * What can be set of a room, for GW_REQ_FORM_*.  May be NULL.  The core
	 * has words of XMPP for `moderated`, `members_only`, `password`,
	 * `people_max`, `public` and `subject_open`, and knows `subject` itself.
	 */
	const struct gw_setting *room_fields;

	/* For jabber:iq:gateway: what people type here, and what to say. */
	const char *prompt, *prompt_desc;

	/*
	 * Read the section, keep what is needed, touch no network.  err names
	 * the option; use conf_err() for file and line.
	 */
	int (*open)(
	    struct gateway *gw, const struct conf *conf, struct err *err);

	/*
	 * The same at SIGHUP; -1: nothing has changed.  With `try` it only
	 * says whether it would be taken, since all gateways take the file or
	 * none does.  NULL: needs a restart.
	 */
	int (*reload)(struct gateway *gw, const struct conf *conf, bool try,
	    struct err *err);

	/*
	 * What gateway_fact_put() has kept, before the first login; again may
	 * be told what is known.  May be NULL.
	 */
	void (*fact)(struct gateway *gw, struct str network, struct str name,
	    struct str value);

	/*
	 * Appends what an operator is to know of a line, such as where its
	 * provider reaches us; each on a line of its own, behind two blanks.
	 * May be NULL.
	 */
	void (*line_shown)(
	    struct gateway *gw, struct str line, struct buf *out);

	/*
	 * All that was kept has been told, once after the start; never if it
	 * could not be read.  May be NULL.
	 */
	void (*ready)(struct gateway *gw);

	/* The same for gateway_secret_put(), behind all facts.  May be NULL. */
	void (*secret)(struct gateway *gw, struct str name, struct str value);

	/*
	 * Not live: the program is about to end, nothing new is to be taken on
	 * from the network.  True: something that has begun is not over, and a
	 * little is waited for it; asked again each turn.  May be NULL.
	 */
	bool (*winds_up)(struct gateway *gw);

	/* Every session is already offline. */
	void (*close)(struct gateway *gw);

	/*
	 * The only place that knows how a local part is built.  local is
	 * unescaped and not empty.  Pure.  out borrows from local and gw.
	 * ERR_BAD_INPUT: malformed; ERR_NOT_FOUND, ERR_DENIED: no such network.
	 */
	int (*split)(struct gateway *gw, struct str local,
	    struct gw_address *out, struct err *err);

	/* The reverse: appends the unescaped local part; nothing for DOMAIN. */
	void (*local)(
	    struct gateway *gw, const struct gw_address *a, struct buf *out);

	/*
	 * Appends a key that is equal for two spellings of one name.  s may be
	 * one that was never online.
	 */
	void (*fold)(struct session *s, struct str name, struct buf *out);

	/*
	 * The network of a gateway whose addresses do not name it: then the
	 * domain is the network's address too.  NULL or empty: there are several.
	 */
	struct str (*only_network)(struct gateway *gw);

	/* What people type in a prompt; writes an unescaped local part. */
	int (*prompted)(struct gateway *gw, struct str typed, struct buf *out,
	    struct err *err);

	/* May be NULL: then the name of an address is its local part. */
	void (*describe)(struct gateway *gw, const struct gw_address *a,
	    struct gw_description *out);

	/* The i-th configured network, for disco; empty behind the last. */
	struct str (*network_at)(struct gateway *gw, size_t i);

	/*
	 * Start logging in; nick is a wish, see session_setting() for the rest.
	 * 0: ONLINE or OFFLINE will follow.  -1: neither will.
	 */
	int (*login)(struct session *s, struct str nick, struct err *err);

	/* Start leaving.  OFFLINE follows, within the core's grace time. */
	void (*logout)(struct session *s, enum gw_bye why, struct str text);

	/*
	 * Appends the address that a login of it will come from, if users have
	 * addresses of their own; the same each time.  NULL or nothing: all
	 * come from one.
	 */
	void (*source)(struct session *s, struct buf *out);

	/*
	 * The program ends, or OFFLINE did not come in time: let go of what the
	 * session holds (link, timers), without a word to anybody.  Nothing may
	 * be emitted for it any more.  Only between login() and OFFLINE.
	 */
	void (*drop)(struct session *s);

	/*
	 * Only when online.  Live: answered by FATE.  Else: by
	 * gateway_outcome(), and m->part of m->nparts is what is to be sent.
	 */
	void (*send)(
	    struct session *s, gw_ticket t, const struct gw_message *m);

	/*
	 * Not live: which line takes it and what that costs.  Looks at nothing
	 * but what is known here: m was not accepted yet.  -1: it is refused
	 * with err; nothing is kept of it.  Only when online.
	 */
	int (*route)(struct session *s, const struct gw_message *m,
	    struct gw_route *out, struct err *err);

	/* A NULL slot: the network cannot do that, and disco says so. */
	gw_request_fn *const *request; /* GW_NREQ of them */

	/*
	 * Stop reading from the network, or go on: the XMPP server is slower.
	 * Never held longer than 20 s; it holds for a later login, too.  May be
	 * NULL.
	 */
	void (*hold)(struct session *s, bool hold);

	/* The event with that cookie is on disk, or could not be kept. */
	void (*kept)(struct session *s, uint64_t cookie, bool ok);

	/*
	 * Not live: a user's server says that he has blocked that person, or
	 * room, of ours.  Nothing that still waits from there is delivered;
	 * what comes from now on is to be dropped.  May be NULL.
	 */
	void (*blocked)(struct gateway *gw, struct str user, struct str name);

	/*
	 * Not live: n (2 or more, GW_BUNDLED_MAX at most) of one user to one
	 * recipient, in the order they were said, that route() has put into one
	 * bundle.  One gateway_outcome() for each ticket.  May be NULL if
	 * route() names no bundles.
	 */
	void (*send_all)(struct session *s, const gw_ticket *t,
	    const struct gw_message *const *m, size_t n);

	/*
	 * Somebody in a room has answered a post of the seat `name`
	 * (m->reply_to: its id), or told it something in private (m->to is not
	 * empty).  m->from: his nick; m->account: his bare JID, where the room
	 * shows it; standing: in that room.  May be NULL.
	 */
	void (*seat_heard)(struct gateway *gw, struct str room, struct str name,
	    const struct gw_message *m, enum gw_standing standing);

	/* Appends `label: value` lines about the link.  May be NULL. */
	void (*status)(struct session *s, struct buf *out);

	/*
	 * By what the network knows this user, on one line: for administrators
	 * who answer a complaint.  May be NULL.
	 */
	void (*identify)(struct session *s, struct buf *out);

	/*
	 * Appends `label: value` lines about how a network is treated, whoever
	 * asks.  May be NULL.
	 */
	void (*about)(struct gateway *gw, struct str network, struct buf *out);

	/* Can that setting of the table be set there?  NULL: they all can. */
	bool (*setting_applies)(struct gateway *gw, struct str network,
	    const struct gw_setting *st);

	/*
	 * The i-th of a user's lines: its name, which lasts as long as the
	 * gateway, and, appended, a label for him.  False behind the last.
	 * By which he writes is the setting "line".  NULL: he has one at most.
	 */
	bool (*line_of)(struct gateway *gw, struct str user, size_t i,
	    struct str *name_out, struct buf *label);

	/* NULL: nobody need register. */
	const struct gw_registration *registration;

	/* Where complaints go there; empty: where those of the gateway do.
	   May be NULL. */
	struct str (*contact)(struct gateway *gw, struct str network);
};

/* Every network built in, NULL-terminated; gateways/registry.c. */
extern const struct gateway_ops *const gateway_kinds[];

/* ---- up-calls: the core, or in unit tests a recorder ------------------- */

/*
 * Never waits for the disk.  0: taken; -1: over a ceiling: nothing happened;
 * hold the network back and do not acknowledge it.
 */
int session_emit(struct session *s, const struct gw_event *ev);

void *session_priv(struct session *s);
struct gateway *session_gateway(struct session *s);
struct str session_network(struct session *s); /* canonical name */
struct str session_user(struct session *s);    /* bare JID: for realnames */

/* A number that lasts for the session's life; for stable short ids. */
const struct log_ctx *session_log(struct session *s);

/*
 * What the user set, the nearest scope first, else the default of the table;
 * borrowed until the next event.  room may be empty.
 */
struct str session_setting(
    struct session *s, struct str room, const char *name);

/* What he set exactly there, and not what counts there; or empty. */
struct str session_setting_at(
    struct session *s, struct str room, const char *name);

/*
 * The same as if he had set it.  room may be a person's name too.  Kept at
 * once, on disk soon.  -1: no such setting, or the value is not taken.
 */
int session_setting_put(struct session *s, struct str room, const char *name,
    struct str value, struct err *err);

/*
 * Something that the user is to know about the network, from its address, the
 * first time only: over restarts, what is called so is not said again.
 */
void session_tell_once(struct session *s, const char *what, struct str text);

void *gateway_priv(struct gateway *gw);
struct str gateway_domain(struct gateway *gw);
struct str gateway_contact(struct gateway *gw); /* for complaints; or empty */
struct loop *gateway_loop(struct gateway *gw);
/*
 * Something small learnt from a network, kept over restarts.  An empty value
 * forgets.
 */
void gateway_fact_put(
    struct gateway *gw, struct str network, struct str name, struct str value);

/* The same, and fn is told when it is on disk, never before this returns. */
void gateway_fact_keep(struct gateway *gw, struct str network, struct str name,
    struct str value, gw_kept_fn *fn, void *arg);

/* What nobody else is to read: kept sealed. */
void gateway_secret_put(struct gateway *gw, struct str name, struct str value);

struct clock *gateway_clock(struct gateway *gw);
const struct log_ctx *gateway_log(struct gateway *gw);

/*
 * What became of a registration, once for each token.  err NULL: he is
 * registered, with text for him, as soon as what the network has put before
 * is on disk.
 */
void gateway_registered(
    struct gateway *gw, uint64_t token, struct str text, const struct err *err);

/*
 * He has ended his subscription to the gateway: until he subscribes again
 * nothing is sent for him (the core sees to that), and he gets nothing.
 */
bool gateway_is_suspended(struct gateway *gw, struct str user);

/* A session of somebody, or NULL: what comes in may be for anybody. */
struct session *gateway_session(
    struct gateway *gw, struct str user, struct str network);

/* ---- up-calls of networks that store and forward ---------------------- */

/*
 * Declares a line, or changes one; from open() and reload() on.  A line that
 * is taken away keeps what is queued for it until it expires.
 */
void gateway_line_put(struct gateway *gw, const struct gw_line *line);
void gateway_line_del(struct gateway *gw, struct str name);

/* For a ticket that is not being sent: nothing happens, one log line. */
void gateway_outcome(struct gateway *gw, const struct gw_outcome *o);

/*
 * 0: taken, and fn is called, never before this returns: a report that names
 * nothing we know is kept a while, since it may be faster than the outcome.
 * -1: over a ceiling: the network is to tell it again.
 */
int gateway_report(
    struct gateway *gw, const struct gw_report *r, gw_kept_fn *fn, void *arg);

/*
 * n of them are kept together or not at all; n is 1 to GW_ARRIVALS_MAX.  Users
 * with a full inbox are left out, unless it is full of all.  The same promises
 * as gateway_report().  One whose key was here before is acknowledged and
 * dropped.
 */
enum { GW_ARRIVALS_MAX = 100 };
int gateway_arrive(struct gateway *gw, const struct gw_arrival *v, size_t n,
    gw_kept_fn *fn, void *arg);

/*
 * Declares a seat, or changes it; from ready() on.  -1: over a ceiling, or
 * there is no such address.  What is still to be posted by a seat that is
 * taken away is given up.
 */
enum { GW_SEATS_MAX = 1000 };
int gateway_seat_put(
    struct gateway *gw, const struct gw_seat *seat, struct err *err);
void gateway_seat_del(struct gateway *gw, struct str room, struct str name);

/* False: there is none. */
bool gateway_seat_state(struct gateway *gw, struct str room, struct str name,
    struct gw_seat_state *out);

/* Since when: the start of a UTC day that is not more than a week ago. */
void gateway_spent(struct gateway *gw, struct str user, struct str line,
    int64_t since_utc, struct gw_spent *out);

/* A notice from the gateway's address to every administrator; logged too. */
void gateway_tell_admins(struct gateway *gw, struct str text);

/* The i-th of them (bare JID); empty behind the last. */
struct str gateway_admin(struct gateway *gw, size_t i);

/* A notice from the gateway's address to a user (bare JID). */
void gateway_tell(struct gateway *gw, struct str user, struct str text);

/* What the http block of the file configures; NULL, empty: there is none. */
struct http_server *gateway_http(struct gateway *gw);
struct str gateway_public_url(struct gateway *gw); /* no slash at the end */

/*
 * Hands a file to the XMPP server, for people to fetch it from there.  fn is
 * called once, never before this returns: url is empty if it was not taken,
 * and err says why.  0: err, fn is not called.
 */
struct gw_file {
	struct str name, type, body;
};
typedef void gateway_upload_fn(
    void *arg, struct str url, const struct err *err);
uint64_t gateway_upload(struct gateway *gw, const struct gw_file *f,
    gateway_upload_fn *fn, void *arg, struct err *err);
void gateway_upload_cancel(struct gateway *gw, uint64_t id);

/* 32 bytes, the same after each start, for one purpose of this gateway. */
void gateway_derive(struct gateway *gw, struct str purpose, uint8_t out[32]);

/* ---- configuration, as open() sees it --------------------------------- */

struct str conf_title(const struct conf *c);
struct str conf_str(const struct conf *c, const char *name);
int64_t conf_int(const struct conf *c, const char *name);
bool conf_bool(const struct conf *c, const char *name);
size_t conf_list_len(const struct conf *c, const char *name);
struct str conf_list_at(const struct conf *c, const char *name, size_t i);

/*
 * The name of the i-th option of an open-ended section that no table declares,
 * for conf_str(); empty behind the last.
 */
struct str conf_other(const struct conf *c, size_t i);

/*
 * Appends what is in the file that an option names, relative to the folder of
 * the configuration.  -1: it cannot be read, everybody can, or out is full.
 */
int conf_file(
    const struct conf *c, const char *option, struct buf *out, struct err *err);

/* Was it written in the file, or is it the default? */
bool conf_is_set(const struct conf *c, const char *name);

/* The sections of that name inside c, one after another; prev NULL: first. */
const struct conf *conf_next(
    const struct conf *c, const char *section, const struct conf *prev);

/* ERR_BAD_INPUT with "file:line: " before the text.  -1. */
int conf_err(const struct conf *c, const char *option, struct err *err,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
