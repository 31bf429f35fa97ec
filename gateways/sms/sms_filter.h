/*
 * sms_filter.h - what can be done to a value inside of a template
 *
 * A filter of texts is applied to every item of a list.
 */
#ifndef SMS_FILTER_H
#define SMS_FILTER_H

#include "lib/err.h"
#include "sms/sms_pool.h"
#include "sms/sms_table.h"
#include "sms/sms_vars.h"

struct sms_filter {
	const struct sms_filter_row *row;
	char *text;                    /* owned; the argument, or NULL */
	int64_t n;                     /* of those that take a number */
	const struct sms_table *table; /* of map */
};

/* The names, NULL-terminated. */
extern const char *const sms_filter_names[];

/*
 * What is between two '|': "map:coding".  -1: no such filter, no such
 * argument.  table finds one by its name.
 */
struct sms_scope;
int sms_filter_read(struct sms_filter *f, struct str text,
    const struct sms_scope *scope, struct err *err);
void sms_filter_release(struct sms_filter *f);

int sms_filter_apply(const struct sms_filter *f, struct sms_pool *pool,
    struct sms_value *v, struct err *err);

/* v as one text; a list joined with sep. */
struct str sms_value_as_text(
    const struct sms_value *v, struct str sep, struct sms_pool *pool);

/* ---- numbers ---------------------------------------------------------- */

/* How a provider writes "+33612345678". */
enum sms_number_form {
	SMS_NUMBER_E164,   /* +33612345678 */
	SMS_NUMBER_DIGITS, /* 33612345678 */
	SMS_NUMBER_00,     /* 0033612345678 */
	SMS_NUMBER_NAT,    /* 612345678 in its own country, else digits */
};

struct sms_number_format {
	enum sms_number_form form;
	unsigned country; /* NAT: 1, 33 ... */
};

/* "e164", "digits", "00", "nat:1"; false: none of them. */
bool sms_number_format_read(struct str text, struct sms_number_format *out);

/* What is no number ("MYBANK", "12345") stays; ";phone-context" goes. */
struct str sms_number_write(const struct sms_number_format *f,
    struct str number, struct sms_pool *pool);

/* The other way round: what came as the provider writes it -> "+33...". */
struct str sms_number_tell(const struct sms_number_format *f, struct str number,
    struct sms_pool *pool);

#endif
