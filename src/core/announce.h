/*
 * announce.h - what our clients are shown of a room
 *
 * Turns state into stanzas and changes none.  `to` is one occupant, or NULL
 * for all that are inside.
 */
#ifndef CORE_ANNOUNCE_H
#define CORE_ANNOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/backlog.h"
#include "core/gateway.h"

struct buf;
struct err;
struct member;
struct occupant;
struct room;
struct xmlw;

/* A member is there, or changed. */
void announce_member(
    struct room *r, struct occupant *to, const struct member *m);

/* A member is gone; status 0: just left. */
void announce_gone(struct room *r, const struct member *m, int status,
    struct str actor, struct str reason);

/* A member, still under the old nick, is called `nick` from now on (303). */
void announce_renamed(struct room *r, const struct member *m, struct str nick);

/* One occupant of ours is out; the others stay. */
void announce_out(
    struct occupant *o, int status, struct str actor, struct str reason);

/* The same, and the room with him: they meet in `instead`, a JID, or nowhere. */
void announce_moved(struct occupant *o, struct str instead, struct str actor,
    struct str reason);

/* The join sequence: members, itself, history, subject. */
void announce_all(struct occupant *to);

void announce_subject(struct room *r, struct occupant *to);

/* What the room is like has changed (104). */
void announce_config(struct room *r);

/* A line that was said by our user: as the sending client called it. */
struct announce_own {
	struct str id, origin; /* may be empty */
};

/* A line that was said; own is NULL for those of others. */
void announce_line(struct room *r, const struct backlog_line *line,
    const struct announce_own *own);

/* One of the past, to those who are inside. */
void announce_past(struct room *r, const struct backlog_line *line);

/*
 * What somebody (nick empty: our user) thinks of a line, all of it; id: as
 * the client called it that said so, or empty.
 */
void announce_reactions(struct room *r, struct str nick,
    const struct backlog_line *line, struct str id);

/* <reactions/> to the message of that id. */
void announce_reaction_set(struct xmlw *w, struct str set, struct str id);

/* A line was taken back: by who said it, id as above; or by somebody else. */
void announce_retraction(
    struct room *r, const struct backlog_line *line, struct str id);
void announce_moderation(struct room *r, const struct backlog_line *line,
    struct str by, struct str reason);

/* That somebody is writing; state as XEP-0085 calls it. */
void announce_state(struct room *r, const struct member *m, const char *state);

/* What stands in front of the body of that kind. */
struct str announce_prefix(enum gw_msg_kind kind);

/* <body/> of a line of a room. */
void announce_body(struct xmlw *w, enum gw_msg_kind kind, struct str body);

/* Words of the room itself. */
void announce_notice(struct room *r, struct occupant *to, struct str text);

/* A join or a presence is refused. */
void announce_refusal(struct occupant *o, enum gw_refusal why,
    const struct err *err, struct str forward);

/* Appends "room@domain/Nick" as this occupant knows them. */
void announce_nick_jid(
    const struct occupant *o, struct str resource, struct buf *out);

#endif
