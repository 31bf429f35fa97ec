/*
 * mail_attach.h - files that users have uploaded, for a mail to take along
 *
 * What clients send is the address of a file at the upload service of their
 * server.  It stays an address unless the operator has named that host: then
 * it is fetched, once and without following it elsewhere.
 *
 * Limits     MAIL_ATTACH_MAX files of one mail, size_max bytes together;
 *            MAIL_ATTACH_MS for all of them.  What is beyond that, or cannot
 *            be fetched, stays an address.
 */
#ifndef MAIL_ATTACH_H
#define MAIL_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/gateway.h"
#include "smtp/mail_letter.h"

struct mail_attaching;
struct mail_gateway;
struct mail_noun;

enum { MAIL_ATTACH_MAX = 10, MAIL_ATTACH_MS = 30000 };

extern const struct mail_noun mail_attach_noun;

/* May it be fetched? */
bool mail_attach_is_file(const struct mail_gateway *mail, struct str url);

/* How many of these messages' attachments may. */
size_t mail_attach_count(const struct mail_gateway *mail,
    const struct gw_message *const *m, size_t n);

/* What could be fetched; the addresses of what could not, with a LF each. */
struct mail_attached {
	const struct mail_file *file;
	size_t nfile;
	struct str left;
};

typedef void mail_attached_fn(void *arg, const struct mail_attached *a);

/* fn is called once, never before this returned; a is borrowed. */
struct mail_attaching *mail_attach(struct mail_gateway *mail,
    const struct gw_message *const *m, size_t n, mail_attached_fn *fn,
    void *arg);
void mail_attach_cancel(struct mail_attaching **ap); /* NULL is harmless */

#endif
