/*
 * sms_number.h - whom a message is for or from, in one spelling
 *
 *	kind    canonical text, which is the local part of the address
 *	E164    +33612345678
 *	SHORT   12345;phone-context=+33		(RFC 3966 5.1.5)
 *	NAME    mybank				(an alphanumeric sender)
 *	GROUP   +33612345678,+33687654321	(sorted, each once)
 *
 * A short code means something in one country only, so it carries that
 * country's calling code beside it, never in front of it.  A name is in lower
 * case, as addresses are; what people are to see is in `shown`.
 *
 * What people write and what is in an address go through
 * sms_number_read(): spaces, dashes, "(0)", "tel:" and "sms:" URIs, full-width
 * and other scripts' digits, national and international prefixes of where they
 * are.  What a provider says goes through sms_number_received(), in the
 * spelling that its profile names, and is never refused: a message came in.
 *
 * Limits     A number has 7 to 15 digits (E.164), a short code up to 8, a name
 *            that is read 11 characters (TS 23.040 9.1.2.5), one that was
 *            received SMS_NAME_MAX bytes, a group SMS_GROUP_MAX members.
 *
 * Pure.
 */
#ifndef SMS_NUMBER_H
#define SMS_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_form.h"
#include "sms/sms_region.h"

enum {
	SMS_NAME_MAX = 48,    /* bytes */
	SMS_GROUP_MAX = 20,   /* of "+" and 15 digits, in a name of the core */
	SMS_NUMBER_MAX = 340, /* bytes: such a group */
};

enum sms_kind { SMS_KIND_E164, SMS_KIND_SHORT, SMS_KIND_NAME, SMS_KIND_GROUP };

struct sms_number {
	enum sms_kind kind;
	char text[SMS_NUMBER_MAX + 1];
	char shown[SMS_NAME_MAX + 1]; /* NAME: as it was spelt */
};

static inline struct str
sms_number_str(const struct sms_number *n)
{
	return str_c(n->text);
}

/*
 * in: the local part of an address, unescaped.  home: the country it is
 * written in; NULL: national numbers and short codes cannot be understood.
 * If out->text is not what came in, in was a sloppy spelling of it.
 * ERR_BAD_INPUT says what to write instead.
 */
int sms_number_read(struct str in, const struct sms_region *home,
    struct sms_number *out, struct err *err);

/*
 * What somebody types at a prompt: the same, and letters stand for digits
 * where there are at least three digits besides ("1-800-FLOWERS", ITU-T
 * E.161).
 */
int sms_number_typed(struct str in, const struct sms_region *home,
    struct sms_number *out, struct err *err);

/*
 * From whom or to which of our numbers something came.  An empty one is the
 * name "unknown"; home NULL: so is a short code one, that nobody can answer.
 */
void sms_number_received(struct str in, const struct sms_form *form,
    const struct sms_region *home, struct sms_number *out);

/*
 * Members of a conversation, in any order, doubles and own dropped; own may be
 * empty.  One that is left is no group but that number.  ERR_TOO_BIG: over
 * SMS_GROUP_MAX; ERR_BAD_INPUT: a name, or nobody.
 */
int sms_number_join(const struct sms_number *member, size_t n, struct str own,
    struct sms_number *out, struct err *err);

/* How many members; 1 if it is no group. */
size_t sms_number_count(const struct sms_number *n);

/* The i-th of them; i is less than sms_number_count(). */
void sms_number_member(
    const struct sms_number *n, size_t i, struct sms_number *out);

/* Can it be written to?  Names cannot. */
static inline bool
sms_number_is_answerable(const struct sms_number *n)
{
	return n->kind != SMS_KIND_NAME;
}

#endif
