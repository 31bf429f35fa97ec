/*
 * mail_where.h - what a local part of our own domain stands for
 *
 *	alice				NAME	a mailbox, or a target without
 *						a token
 *	alice+lists			NAME	detail "lists"
 *	disk.crit			NAME	slug "disk", severity "crit"
 *	disk.TOKEN  n.disk.TOKEN	TARGET
 *	disk+TOKEN  TOKEN		TARGET
 *	disk.TOKEN.crit			TARGET	severity "crit"
 *	b.TICKET.MAC			BOUNCE	see mail_ref.h
 *	r.CONV.MAC			REPLY	likewise
 *	postmaster  abuse		POSTMASTER
 *	alice=40jabber.example		COMPUTED
 *	x.y  root			RESERVED, NAME with is_reserved
 *
 * Case counts for nothing, since mail servers change it, and a plus is as good
 * as a dot before a token, since some of them drop what is behind it: we write
 * dots.
 *
 * Pure.
 */
#ifndef MAIL_WHERE_H
#define MAIL_WHERE_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"
#include "smtp/mail_address.h"

enum mail_where_kind {
	MAIL_WHERE_NOWHERE, /* nothing that we would ever have made */
	MAIL_WHERE_NAME,
	MAIL_WHERE_TARGET,
	MAIL_WHERE_BOUNCE,
	MAIL_WHERE_REPLY,
	MAIL_WHERE_POSTMASTER,
	MAIL_WHERE_COMPUTED,
	MAIL_WHERE_RESERVED, /* one letter and a dot: for forms to come */
};

enum { MAIL_TOKEN_LEN = 26 }; /* 130 bits */

/* Texts are terminated, in lower case, and empty where there is none. */
struct mail_where {
	enum mail_where_kind kind;
	char local[MAIL_LOCAL_MAX + 1]; /* all of it */
	char name[MAIL_LOCAL_MAX + 1];  /* NAME: what is before a plus */
	char detail[MAIL_LOCAL_MAX + 1];
	char slug[MAIL_LOCAL_MAX + 1]; /* NAME, TARGET: without severity */
	char token[MAIL_TOKEN_LEN + 1];
	char severity[8];             /* "info", "warn", "crit" */
	char jid[MAIL_LOCAL_MAX + 1]; /* COMPUTED: a bare JID, unchecked */
	bool is_reserved; /* NAME: one that nobody registers, such as root */
};

/* local is what stood before the @.  Whatever it is, *out says. */
void mail_where_read(struct str local, struct mail_where *out);

/*
 * Can that be the name of a mailbox or of a target?  Lower-case letters,
 * digits, . _ and -; what mail_where_read() would take for something else
 * cannot.  max: bytes.
 */
bool mail_where_is_name(struct str name, size_t max);

/*
 * Appends the local part that stands for a bare JID, "alice=40jabber.example";
 * -1: it would be longer than one can be.
 */
int mail_where_computed(struct str jid, struct buf *out);

#endif
