/*
 * form.h - data forms (XEP-0004): write one, read the answer
 *
 * A form is a table of fields.  The same table that was written checks what
 * comes back, so nobody reads a value that the form would not have allowed.
 *
 *	static const struct form_field field[] = {
 *		{ .type = FORM_TEXT, .var = "nick", .label = "Nickname",
 *		    .required = true },
 *		...
 *	};
 *	form_write(w, "form", "Settings", NULL, field, n);
 *
 *	x = form_find(command);
 *	if (form_check(x, field, n, &err) < 0) ...
 *	nick = form_value(x, "nick");
 *
 * Text       Values that come in are as sent, XML decoded.  form_check()
 *            refuses line ends in types that are one line.
 * Limits     FORM_VALUE_MAX bytes and FORM_VALUES_MAX values per field.
 * Ownership  What is read is borrowed from the stanza.
 */
#ifndef XMPP_FORM_H
#define XMPP_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct stanza;
struct xmlw;

enum {
	FORM_VALUE_MAX = 8 * 1024, /* of a field, all its values together */
	FORM_VALUES_MAX = 256,
};

/* XEP-0004 3.3. */
enum form_type {
	FORM_TEXT,   /* text-single */
	FORM_SECRET, /* text-private: value is never written */
	FORM_LINES,  /* text-multi: one value with LF between lines */
	FORM_BOOL,   /* boolean: value "1", "true" or else no */
	FORM_LIST,   /* list-single */
	FORM_LISTS,  /* list-multi */
	FORM_FIXED,  /* text to read; needs no var */
	FORM_HIDDEN,
	FORM_JID,  /* jid-single */
	FORM_JIDS, /* jid-multi */
	FORM_NTYPE
};

struct form_option {
	const char *label; /* may be NULL */
	struct str value;
};

struct form_field {
	enum form_type type;
	const char *var;
	const char *label, *desc; /* may be NULL */
	bool required;
	struct str value;         /* p NULL: none */
	const struct str *values; /* more of them, for LISTS and JIDS */
	size_t nvalue;
	const struct form_option *option; /* for LIST and LISTS */
	size_t noption;
};

/* ---- writing ---------------------------------------------------------- */

/*
 * A whole <x/>.  type: "form", or "result" to be read only.  title and
 * instructions may be NULL.
 */
void form_write(struct xmlw *w, const char *type, const char *title,
    const char *instructions, const struct form_field *field, size_t nfield);

/* The same in steps: begin, fields, xmlw_close(). */
void form_begin(struct xmlw *w, const char *type, const char *title,
    const char *instructions);
void form_add(struct xmlw *w, const struct form_field *field);

/* Shorthands: a hidden FORM_TYPE (XEP-0068); a line of a result. */
void form_add_type(struct xmlw *w, const char *form_type);
void form_add_text(
    struct xmlw *w, const char *var, const char *label, struct str value);

/* ---- reading ---------------------------------------------------------- */

/* The <x/> inside, NULL if there is none. */
const struct stanza *form_find(const struct stanza *parent);

bool form_is_cancelled(const struct stanza *x);

/* Of type submit, with that FORM_TYPE or none; NULL: whatever FORM_TYPE. */
bool form_is_submit(const struct stanza *x, const char *form_type);

bool form_has(const struct stanza *x, const char *var);

/* First value; empty when missing. */
struct str form_value(const struct stanza *x, const char *var);

/* How many values there are; the first max of them go to out. */
size_t form_values(
    const struct stanza *x, const char *var, struct str *out, size_t max);

/* Appends all values with LF between them. */
void form_lines(const struct stanza *x, const char *var, struct buf *out);

bool form_bool(const struct stanza *x, const char *var);

/* "1" or "true" (XEP-0004 3.3; XML Schema part 2, 3.2.2). */
bool form_is_true(struct str value);

/*
 * Does the answer fit the form?  What the table does not have is ignored
 * (XEP-0004 3.2).  ERR_BAD_INPUT, ERR_TOO_BIG: says which field, in words of
 * its label.
 */
int form_check(const struct stanza *x, const struct form_field *field,
    size_t nfield, struct err *err);

#endif
