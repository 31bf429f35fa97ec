/*
 * mail_address.h - addresses of mailboxes, as mail servers and people write them
 *
 *	mail_path_take(&rest, &mailbox, &err)	<@a,@b:bob@example.net> SIZE=9
 *	mail_address_parse(mailbox, &a, &err)	bob@example.net
 *	mail_address_canonical(&a, &out, &err)	Bob@xn--bcher-kva.example
 *
 * RFC 5321 4.1.2 decides what an address is, RFC 6531 3.3 what of it may be
 * more than ASCII.  What is in one is borrowed from the text that was parsed.
 *
 * Pure.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

/* RFC 5321 4.5.3.1, and its erratum 1690 for all of it. */
enum {
	MAIL_LOCAL_MAX = 64,
	MAIL_DOMAIN_MAX = 255,
	MAIL_ADDRESS_MAX = 254,
};

struct mail_address {
	struct str local;  /* with its quotes, where it has some */
	struct str domain; /* with its brackets, where it has some */
	bool is_quoted;    /* "a b"@example.net */
	bool is_literal;   /* bob@[192.0.2.1] */
	bool is_utf8;      /* of either part */
	bool local_is_utf8;
};

/* ERR_BAD_INPUT, with what is wrong with it; whatever else is right. */
int mail_address_parse(
    struct str text, struct mail_address *out, struct err *err);

/*
 * Takes a path off the front of *rest, with the brackets and with a route,
 * which says nothing any more (RFC 5321 appendix C).  *out: what is in it,
 * not parsed; empty for <>.
 */
int mail_path_take(struct str *rest, struct str *out, struct err *err);

/*
 * Appends the address as it is sent to, which an address is that we write to:
 * the local part as spelled, the domain in lower case and in ASCII (RFC 5891).
 * ERR_BAD_INPUT: a domain that cannot be one; ERR_UNSUITABLE: one that we do
 * not write to, with a reason for people: quotes, an address literal, a local
 * part beyond ASCII.
 */
int mail_address_canonical(
    const struct mail_address *a, struct buf *out, struct err *err);

/*
 * Appends what is equal for two spellings of one address: letters of ASCII in
 * lower case.  In theory case counts in local parts; nobody makes use of it,
 * and addresses in XMPP have none.
 */
void mail_address_fold(struct str text, struct buf *out);

/* Equal but for that. */
bool mail_address_same(struct str a, struct str b);

/*
 * What people type or paste: blanks around it, "mailto:" before it, "Bob
 * <bob@example.net>".  *out borrows from typed.
 */
int mail_address_typed(
    struct str typed, struct mail_address *out, struct err *err);

/* Appends a domain in lower case and ASCII; -1: it cannot be one. */
int mail_domain_ascii(struct str domain, struct buf *out, struct err *err);

#endif
