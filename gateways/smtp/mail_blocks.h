/*
 * mail_blocks.h - whom a user wants to hear from, and whom not
 *
 * Rules of each user about addresses, domains (with what is below them) and
 * mailing lists; the narrowest counts.  Contacts that he blocks at his server
 * are the core's (core/unwanted.h); these are beyond it.  Who wants to be
 * asked first is asked once about each sender, a few times a day.
 *
 * Kept over restarts as facts of the gateway.
 *
 * Text       Addresses and domains fold to lower case.  A user writes
 *            bob@example.net, @example.net or example.net, <dev.example.net>
 *            for a mailing list.
 * Limits     MAIL_BLOCKS_USER_MAX rules of a user, MAIL_BLOCKS_MAX in all:
 *            more are refused; of questions the oldest make room.
 */
#ifndef MAIL_BLOCKS_H
#define MAIL_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct gateway;
struct mail_noun;
struct mail_blocks;

enum {
	MAIL_BLOCKS_MAX = 100000,
	MAIL_BLOCKS_USER_MAX = 200,
	MAIL_BLOCKS_ASKED_MAX = 50, /* of a user, unanswered */
	MAIL_BLOCKS_ASK_DAY = 5,    /* questions a day */
	MAIL_BLOCKS_ASK_DAYS = 7,   /* so long one may be answered */
};

enum mail_rule {
	MAIL_RULE_NONE,
	MAIL_RULE_BLOCK,
	MAIL_RULE_ALLOW,
	MAIL_RULE_ASKED, /* he has been asked and has not answered */
};

extern const struct mail_noun mail_blocks_noun;

struct mail_blocks *mail_blocks_new(struct gateway *gw);
void mail_blocks_free(struct mail_blocks **bp);

/* What was kept: a fact whose name has that before what is given here. */
#define MAIL_BLOCKS_PREFIX "list "
void mail_blocks_fact(
    struct mail_blocks *all, struct str name, struct str value);

/* He is gone: all of it, from the store too. */
void mail_blocks_forget(struct mail_blocks *all, struct str user);

/* About a sender; list_id may be empty. */
enum mail_rule mail_blocks_find(struct mail_blocks *all, struct str user,
    struct str address, struct str list_id);

/*
 * From now on, BLOCK or ALLOW; NONE takes a rule away.  -1: what is no
 * address, domain or list, there is no such rule, or there are too many.
 */
int mail_blocks_put(struct mail_blocks *all, struct str user, struct str what,
    enum mail_rule rule, struct err *err);

/*
 * About a sender whom no rule names; one question about all of a mailing list,
 * if list_id is not empty.  True: he is to be asked now, and is noted as asked;
 * false: he has been, or has had enough questions today.
 */
bool mail_blocks_ask(struct mail_blocks *all, struct str user,
    struct str address, struct str list_id);

/* Appends a line for each rule and open question of his, sorted. */
void mail_blocks_write(
    const struct mail_blocks *all, struct str user, struct buf *out);

#endif
