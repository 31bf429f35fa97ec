/*
 * irc_handler.h - what the handlers of lines share; for irc_*.c only
 *
 * A handler is called with the line in p->m, which has at least as many
 * parameters as its row in irc_handler.c promises, and *ev zero but for
 * who, account, msgid, reply and at_utc.  True: *ev is an event.
 */
#ifndef IRC_HANDLER_H
#define IRC_HANDLER_H

#include <stdbool.h>

#include "irc/irc_proto.h"

#define IRC_SETTLE_TOKEN "settled"

/* Messages have left: asks the server, soon, if nothing does yet. */
void irc_fence(struct irc_proto *p);
void irc_fence_tick(struct irc_proto *p);

typedef bool irc_handler_fn(struct irc_proto *p, struct irc_event *ev);

struct irc_row {
	const char *cmd;
	size_t nparam; /* fewer, and the line is ignored */
	irc_handler_fn *fn;
	bool early; /* also before 001 */
};

/* NULL: none; then irc_on_numeric() if it is one. */
const struct irc_row *irc_row_find(struct str cmd);
const struct irc_row *irc_row_at(size_t i); /* for tests; NULL at the end */

/* irc_registration.c */
irc_handler_fn irc_on_cap, irc_on_authenticate, irc_on_welcome,
    irc_on_logged_in, irc_on_sasl, irc_on_nick_refused, irc_on_password,
    irc_on_banned, irc_on_error, irc_on_kill, irc_on_ping, irc_on_pong,
    irc_on_isupport;

bool irc_step_settle(struct irc_proto *p, struct irc_event *ev);

/* Services know us now, whoever told them. */
void irc_logged_in(struct irc_proto *p);
void irc_relogin_tick(struct irc_proto *p);

/* irc_channel.c */
irc_handler_fn irc_on_join, irc_on_part, irc_on_kick, irc_on_names,
    irc_on_names_end, irc_on_topic, irc_on_topic_is, irc_on_topic_none,
    irc_on_topic_who, irc_on_mode, irc_on_mode_is, irc_on_rename;
bool irc_step_names(struct irc_proto *p, struct irc_event *ev);
bool irc_step_modes(struct irc_proto *p, struct irc_event *ev);
void irc_topic_event(struct irc_proto *p, struct irc_event *ev);

/* irc_person.c */
irc_handler_fn irc_on_quit, irc_on_nick, irc_on_away, irc_on_account,
    irc_on_chghost, irc_on_setname, irc_on_invite, irc_on_invited,
    irc_on_away_told, irc_on_away_self, irc_on_wallops, irc_on_own_host,
    irc_on_privmsg, irc_on_notice, irc_on_ack;

/* irc_batch.c */
irc_handler_fn irc_on_batch;

/* irc_tag.c */
irc_handler_fn irc_on_tagmsg, irc_on_redact;

/* irc_command.c: a TAGMSG that may be dropped; -1: it was. */
int irc_tag_typing(struct irc_proto *p, struct str target, const char *word);

/* irc_person.c: "#channel", "@#channel", us; false: not for us. */
bool irc_find_target(struct irc_proto *p, struct irc_event *ev);

/* irc_watch.c */
irc_handler_fn irc_on_monitor, irc_on_watch, irc_on_watch_off, irc_on_list_full,
    irc_on_ison;

/* irc_who.c: queues the question, where it is of use. */
void irc_ask_who(struct irc_proto *p, struct str channel);
irc_handler_fn irc_on_who;

/* irc_whois.c */
irc_handler_fn irc_on_whois_begin, irc_on_whois, irc_on_whois_end;

/* irc_list.c */
irc_handler_fn irc_on_oper, irc_on_channels, irc_on_list_start, irc_on_listed,
    irc_on_list_end;

/* irc_reply.c */
irc_handler_fn irc_on_motd_start, irc_on_motd, irc_on_motd_end, irc_on_forward,
    irc_on_fail, irc_on_note, irc_on_numeric, irc_on_ban, irc_on_bans_end;

/* All but our nick, as one text; false: there is nothing in it to show. */
bool irc_show_all(struct irc_proto *p, struct irc_event *ev);

/* Is that word anywhere in text?  ASCII case does not count. */
bool irc_text_has(struct str text, const char *word);

/* One of them; NULL behind the last. */
bool irc_text_has_any(struct str text, const char *const *word);

/* ---- irc_handler.c ---------------------------------------------------- */

/* Clean text of the line at hand, borrowed until the next one. */
struct str irc_clean(struct irc_proto *p, struct str raw);

/* The same of what somebody says; ev is told its styles. */
struct str irc_styled(
    struct irc_proto *p, struct str raw, struct irc_event *ev);

/* The value of a tag without its escapes; empty if that is no clean text. */
struct str irc_tag_value(struct irc_proto *p, struct str raw);

/* A copy that lasts as long as the event. */
struct str irc_keep(struct irc_proto *p, struct str s);

/* The last parameter; empty if there is none. */
struct str irc_last(const struct irc_proto *p);

bool irc_is_channel(const struct irc_proto *p, struct str name);

/* "#channel" of "@#channel"; any other target as it is. */
struct str irc_without_status(const struct irc_proto *p, struct str target);

/* Of lines to or from target that are not in UTF-8; never NULL. */
const char *irc_charset(struct irc_proto *p, struct str target);
bool irc_from_self(const struct irc_proto *p); /* the prefix is ours */
bool irc_from_server(const struct irc_proto *p);

/* Our user@host as others see it has been seen in the prefix. */
void irc_learn_self(struct irc_proto *p);

/* How others see us; an empty user is as it was. */
void irc_set_mask(struct irc_proto *p, struct str user, struct str host);
void irc_set_nick(struct irc_proto *p, struct str nick);

/*
 * What the line at hand answers: by its label, else the oldest of that kind
 * and name; or NULL.
 */
struct irc_ask *irc_asked(
    const struct irc_proto *p, enum irc_ask_kind kind, struct str name);

/* The ref of the oldest such ask, which is answered and gone; 0: none. */
uint64_t irc_answer(
    struct irc_proto *p, enum irc_ask_kind kind, struct str name);

/* How the ask ended badly; frees it.  a may be NULL: nothing of ours. */
bool irc_failed(struct irc_proto *p, struct irc_ask *a, struct irc_event *ev,
    enum err_kind kind, enum irc_refusal refusal);

/* Remembers why it will end; the first reason stays. */
void irc_note_end(
    struct irc_proto *p, enum err_kind kind, bool permanent, struct str text);

/* Ends it now, for the reason noted or else this one. */
void irc_end(
    struct irc_proto *p, enum err_kind kind, bool permanent, struct str text);

/* Queues a line at rank URGENT.  What cannot be sent is not. */
void irc_send_urgent(struct irc_proto *p, struct irc_out *o);

/* The same for a whole line with a password in it. */
void irc_send_secret(struct irc_proto *p, struct str line);

/* The same for lines already built by irc_cap.c. */
void irc_send_lines(struct irc_proto *p, struct buf *lines, bool secret);

/* ---- other files ------------------------------------------------------ */

/* irc_registration.c: queue CAP, PASS, NICK, USER. */
void irc_opening_free(struct irc_opening **op);
int irc_register(struct irc_proto *p, struct err *err);

#endif
