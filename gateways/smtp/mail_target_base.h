/*
 * mail_target_base.h - what the files of targets share; nobody else's
 *
 *	mail_target.c		life, what is admitted and said
 *	mail_target_conf.c	those of the file
 *	mail_target_fact.c	what is kept of them
 *	mail_target_digest.c	what is summed up
 *	mail_target_command.c	what people can do with them
 *	mail_target_answer.c	what rooms answer
 */
#ifndef MAIL_TARGET_BASE_H
#define MAIL_TARGET_BASE_H

#include "core/gateway.h"
#include "lib/bucket.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/map.h"
#include "smtp/mail_alert.h"
#include "smtp/mail_flood.h"
#include "smtp/mail_options.h"
#include "smtp/mail_proof.h"
#include "smtp/mail_ref.h"
#include "smtp/mail_seen.h"
#include "smtp/mail_target.h"

struct mail_gateway;

enum {
	MAIL_SLUG_MAX = 28, /* with a token and a severity it is an address */
	MAIL_TARGETS_OF_ONE = 20, /* made by one user */
	MAIL_TARGET_AWAY_MS = 60 * 1000,
	MAIL_TARGET_KNOCK_MS = 60 * 1000,
	MAIL_TARGET_DAYS_MAX = 3650,
	MAIL_TARGET_OVERLAP_MS = 7 * 24 * 3600 * 1000,
	MAIL_TARGET_USED_MS = 3600 * 1000, /* last use is kept so exactly */
};

/* What its owner says about it. */
struct mail_target_wish {
	char *to; /* bare JID */
	bool is_room;
	char *nick, *password; /* in the room */
	char *title, *body, *mention;
	unsigned lines, bytes;
	bool shows_sender, files, replies;
	enum gw_msg_type type;
	struct mail_words subject[MAIL_NSEVERITY]; /* mail_glob() */
	struct mail_proof proof;
	struct mail_flood_rule rule;
};

struct mail_target {
	struct mail_gateway *mail;
	char slug[MAIL_SLUG_MAX + 1];
	char *owner; /* bare JID; NULL: it stands in the file */
	struct mail_target_wish wish;
	bool is_off;
	char token[2][MAIL_TOKEN_HASH_LEN + 1]; /* hashes: now, before */
	int64_t before_until_utc;
	unsigned days;       /* that a token is good for; 0: for good */
	int64_t expires_utc; /* then */
	bool has_own_token;  /* it stands in the file, and is changed there */
	int64_t used_utc, used_kept_utc;
	uint64_t nused;
	struct mail_flood flood;
	int64_t knocked_at; /* when a mail last had its room tried again */
	struct timer digest;
	bool is_telling; /* a summary is on its way to the disk */
	struct bucket answers, refusals; /* of people in the room */
};

struct mail_targets {
	struct map by_slug; /* of struct mail_target */
	struct mail_seen seen;
	struct mail_flood all; /* of all targets together */
	struct list tellings;  /* mail_target_digest.c */

	/* mail_target_answer.c */
	struct list answerable, sendings;
	size_t nanswerable, nsending;

	bool room_targets; /* everybody may make them for rooms */
	bool is_ready;
};

/* ---- mail_target.c ---- */

/* Can one be called so?  Also like what no mailbox is called: root. */
bool mail_target_is_slug(struct str name);

struct mail_target *mail_target_find(
    struct mail_gateway *mail, struct str slug);

/* There is none of that name, which is one.  Its wish is empty. */
struct mail_target *mail_target_add(struct mail_gateway *mail, struct str slug);

/* Out of its room, and what is kept of it, too. */
void mail_target_del(struct mail_target *t);
void mail_target_drop(struct mail_target *t); /* the memory only */

/* Into its room, or out of it. */
void mail_target_sit(struct mail_target *t);

/* How it is now in its room; for people. */
void mail_target_state(const struct mail_target *t, struct buf *out);

/* The flood rule of the wish counts from now on. */
void mail_target_rule(struct mail_target *t);

void mail_target_wish_init(struct mail_target_wish *w);
void mail_target_wish_release(struct mail_target_wish *w);

/* Had it a token, and is that too old? */
bool mail_target_is_expired(const struct mail_target *t);

/* A new token; the one before is good for MAIL_TARGET_OVERLAP_MS. */
void mail_target_rotate(
    struct mail_target *t, char token_out[MAIL_TOKEN_LEN + 1]);

/* Says text, as the target would say a mail.  -1: it is not taken. */
int mail_target_say(struct mail_target *t, struct str title, struct str text,
    gw_kept_fn *fn, void *arg);

/* ---- mail_target_conf.c ---- */

int mail_target_read(
    struct mail_gateway *mail, const struct conf *c, struct err *err);
int mail_target_read_to(struct mail_target_wish *w, struct str to,
    struct str kind, struct err *err);

/* ---- mail_target_fact.c ---- */

void mail_target_keep(struct mail_target *t);
void mail_target_keep_password(struct mail_target *t);
void mail_target_forget(struct mail_target *t);
void mail_target_on_fact(
    struct mail_gateway *mail, struct str name, struct str value);
void mail_target_on_secret(
    struct mail_gateway *mail, struct str name, struct str value);
/* fn may be NULL: nobody waits. */
void mail_target_keep_counted(struct mail_target *t, gw_kept_fn *fn, void *arg);

/* ---- mail_target_digest.c ---- */

/* Something was counted. */
void mail_target_counted(struct mail_target *t);
void mail_target_digest_init(struct mail_target *t);
void mail_target_digests_close(struct mail_targets *all);

/* ---- mail_target_answer.c ---- */

/* That post can be answered, if the target wants it. */
void mail_target_answerable(struct mail_target *t, const struct mail_record *r,
    const struct mail_alert *alert);
void mail_target_answers_init(struct mail_target *t);
void mail_target_on_said(
    struct mail_target *t, struct str id, struct str value);
void mail_target_answers_forget(struct mail_target *t);
void mail_target_answers_close(struct mail_targets *all);

#endif
