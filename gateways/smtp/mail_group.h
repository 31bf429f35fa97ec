/*
 * mail_group.h - mails that several people have, and answers to all of them
 *
 * Who answers a mail in a chat answers its sender.  For all whom it names
 * there is one more contact, "t.CONV" for the conversation: what is said there
 * goes to each of them.  It is of the user whose mail it was, and of nobody
 * else.  Kept over restarts as facts of the gateway.
 *
 * Limits     MAIL_GROUP_PEOPLE people; MAIL_GROUPS_MAX groups, MAIL_GROUP_PINS
 *            pins: the oldest make room.
 */
#ifndef MAIL_GROUP_H
#define MAIL_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/str.h"
#include "smtp/mail_ref.h"

struct mail_gateway;
struct mail_noun;

enum {
	MAIL_GROUP_PEOPLE = 20,
	MAIL_GROUPS_MAX = 10000,
	MAIL_GROUP_PINS = 2000
};

extern const struct mail_noun mail_group_noun;

struct mail_group {
	struct str
	    address[MAIL_GROUP_PEOPLE]; /* the first: whose mail it was */
	size_t n;
};

/*
 * A mail of that conversation came for him from address[0], who named the
 * others.  True: these are not the people that he knows of; the name of the
 * contact is appended for him.  False, too, if they are too few or too many,
 * or none that can be written to.
 */
bool mail_group_note(struct mail_gateway *mail, struct str user,
    struct str conv, const struct str *address, size_t n, struct buf *name);

/*
 * False: there is no such contact, or it is not his.  id: of what he says
 * there, for the people as they were when that was pinned; or empty.
 * Borrowed for now.
 */
bool mail_group_find(const struct mail_gateway *mail, struct str user,
    struct str name, struct str id, struct mail_group *out);

/* Who is in it now is whom that message goes to, whoever writes later. */
void mail_group_pin(
    struct mail_gateway *mail, struct str user, struct str name, struct str id);

#endif
