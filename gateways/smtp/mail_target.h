/*
 * mail_target.h - where notifications go: a person or a room
 *
 * A *target* has a name of its own (its slug), at which it is written to, and
 * ways for those who write to prove that they may: a token in the address,
 * AUTH, the network they come from, or a sender whose domain vouches for it.
 * Targets stand in the configuration file or are made by commands.
 *
 *	RCPT	mail_target_admit()
 *	DATA	mail_target_deliver()	MAIL_TARGET_SAY: the caller uploads what
 *					is to be uploaded, sets
 *					alert->message.attachment, and gives
 *					&alert->arrival to gateway_arrive()
 *	on disk	mail_target_kept()
 *
 * Order      What is said in one room comes there in the order in which it was
 *            given to gateway_arrive().
 * Limits     MAIL_TARGETS_MAX in all.
 */
#ifndef MAIL_TARGET_H
#define MAIL_TARGET_H

#include <stdbool.h>

#include "core/gateway.h"
#include "lib/str.h"

struct mail_alert;
struct mail_envelope;
struct mail_gateway;
struct mail_noun;
struct mail_record;
struct mail_reply;
struct mail_where;

enum { MAIL_TARGETS_MAX = 1000 };

/* `target "slug" { ... }` in the section of the gateway. */
extern const struct gw_option mail_target_options[];

/* For rows of the gateway's table of commands: what they ask, and answer. */
extern const struct gw_setting mail_target_new_fields[], mail_target_fields[];
typedef int mail_target_answer(struct gateway *gw, struct str user,
    const struct gw_field *field, size_t nfield, struct buf *out,
    struct err *err);
mail_target_answer mail_target_on_new, mail_target_on_list,
    mail_target_on_rotate, mail_target_on_test, mail_target_on_disable,
    mail_target_on_enable, mail_target_on_delete;

extern const struct mail_noun mail_targets_noun;

/* A person without @ in his name: is it one of these? */
bool mail_target_is(const struct mail_gateway *mail, struct str name);

/*
 * At RCPT, on what is known there; nothing is counted, since callouts ask as
 * well.  0, or -1 with the reply: 550 5.1.1 there is no such target, or not
 * with that token (both in the same words); 450 4.3.2 its room is closed to
 * us; 450 4.7.1 too many.
 */
int mail_target_admit(struct mail_gateway *mail, const struct mail_where *where,
    const struct mail_envelope *env, struct mail_reply *out);

enum mail_target_end {
	MAIL_TARGET_SAY, /* *out is to arrive; free it with mail_alert_free() */
	MAIL_TARGET_DONE,   /* taken: it was here before */
	MAIL_TARGET_REFUSE, /* with *reply */
	MAIL_TARGET_COUNT,  /* taken, and summed up with others */
};

/* After DATA, when it has been read.  What is in *out is its own copy. */
enum mail_target_end mail_target_deliver(struct mail_gateway *mail,
    const struct mail_where *where, const struct mail_envelope *env,
    const struct mail_record *r, struct mail_alert **out,
    struct mail_reply *reply);

/* Tells when the count is on disk.  False: there is no such target now. */
bool mail_target_count_kept(struct mail_gateway *mail,
    const struct mail_where *where, gw_kept_fn *fn, void *arg);

/* What it made is on disk: the same mail is not said again. */
void mail_target_kept(struct mail_gateway *mail, const struct mail_alert *a);

/* AUTH with the slug of a target and its token. */
bool mail_target_login(
    struct mail_gateway *mail, struct str user, struct str password);

/* ops->seat_heard. */
void mail_target_heard(struct gateway *gw, struct str room, struct str name,
    const struct gw_message *m, enum gw_standing standing);

#endif
