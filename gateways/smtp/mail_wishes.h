/*
 * mail_wishes.h - how a user wants the mails that come for him
 *
 * They come whether he is there or not, so what he wishes is kept here and
 * not with a session.  Over restarts, as a fact of the gateway for each user
 * who wants it otherwise.
 *
 * Limits     MAIL_WISHES_MAX users.
 */
#ifndef MAIL_WISHES_H
#define MAIL_WISHES_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct gateway;
struct mail_noun;
struct mail_wishes;

enum { MAIL_WISHES_MAX = 100000 };

/* Who may write to him, where he has no rule (mail_blocks.h). */
enum mail_welcome {
	MAIL_WELCOME_ALL,
	MAIL_WELCOME_CONTACTS, /* whom he has had mail with */
	MAIL_WELCOME_ASK,      /* he is asked first */
};

struct mail_wish {
	enum mail_welcome welcome;
	bool no_subjects; /* they are not shown in bold */
	bool quotes;      /* what answers quote stays */
	bool no_files;    /* they are named, and not passed on */
};

extern const struct mail_noun mail_wishes_noun;

struct mail_wishes *mail_wishes_new(struct gateway *gw);
void mail_wishes_free(struct mail_wishes **wp);

/* What was kept: a fact whose name has that before what is given here. */
#define MAIL_WISHES_PREFIX "opt "
void mail_wishes_fact(
    struct mail_wishes *all, struct str name, struct str value);

void mail_wishes_forget(struct mail_wishes *all, struct str user);

struct mail_wish mail_wishes_of(const struct mail_wishes *all, struct str user);

/*
 * name: "welcome" (all, contacts, ask), "subjects", "quotes", "files" (yes,
 * no).  -1: there is no such, or there are too many.
 */
int mail_wishes_put(struct mail_wishes *all, struct str user, struct str name,
    struct str value, struct err *err);

/* Appends a line for each: "quotes: no". */
void mail_wishes_write(
    const struct mail_wishes *all, struct str user, struct buf *out);

#endif
