/*
 * mail_lists.h - how to get off the mailing lists that write to a user
 *
 * What a mail says about that (RFC 2369, 8058) is kept for each list, over
 * restarts, as a fact of the gateway that is written once a day at most.
 * Lists that take one request are asked so by a command; else the user is told
 * what to open, or where to write.
 *
 * Limits     MAIL_LISTS_USER of a user, MAIL_LISTS_MAX in all, one request of
 *            a user at a time: the oldest make room.
 */
#ifndef MAIL_LISTS_H
#define MAIL_LISTS_H

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct mail_gateway;
struct mail_lists;
struct mail_noun;
struct mail_record;

enum {
	MAIL_LISTS_USER = 50,
	MAIL_LISTS_MAX = 20000,
	MAIL_LISTS_MS = 20 * 1000, /* for the server of a list */
};

extern const struct mail_noun mail_lists_noun;

/* A mail came for him; nothing happens if it is of no list. */
void mail_lists_note(
    struct mail_gateway *mail, struct str user, const struct mail_record *r);

/* Appends a line for each, the newest first. */
void mail_lists_write(
    const struct mail_lists *all, struct str user, struct buf *out);

extern const struct gw_setting mail_lists_fields[];

/* gw_command.answer: the list in the field "list"; empty: which there are. */
int mail_lists_on_leave(struct gateway *gw, struct str user,
    const struct gw_field *field, size_t nfield, struct buf *out,
    struct err *err);

#endif
