/*
 * sms_template.h - texts with names in them: "{base}/send?to={to|digits}"
 *
 *	"{name}"  "{name|filter|filter:argument}"  "{{" and "}}" for braces
 *
 * There is nothing else: no condition, no loop, no code.  A name or a filter
 * that there is not, is an error when the template is read, not when it is
 * used.
 *
 * Escaping   is done by what the text becomes (enum sms_escape), never by
 *            who writes the template.
 * Type       A template that is one placeholder and nothing else keeps the
 *            type of its value: a list stays a list, {segments} a number.
 *            Inside of other text a list is joined with commas.
 * Filters    e164 digits 00 nat:N (of what looks like a number), int, bool,
 *            lower, upper, map:TABLE, join:SEPARATOR, first, default:TEXT,
 *            cut:N (characters), iso (of seconds since the Epoch), md5,
 *            sha1, sha256, b64, hex, urlenc.
 */
#ifndef SMS_TEMPLATE_H
#define SMS_TEMPLATE_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_json.h"
#include "sms/sms_pool.h"
#include "sms/sms_table.h"
#include "sms/sms_vars.h"

struct sms_template;

/* Names that a template may hold, and tables; NULL-terminated lists. */
struct sms_scope {
	const char *const *name;
	const char *const *table_name; /* or NULL */
	struct sms_table *const *table;
	bool trusted;               /* only the operator gives them values */
	const struct sms_scope *up; /* or NULL */
};

/* NULL: there is none of that name. */
const struct sms_table *sms_scope_table(
    const struct sms_scope *scope, struct str name);

/* NULL: err says what is wrong with it.  scope: only while it is read; the
   tables must stay. */
struct sms_template *sms_template_new(
    const char *text, const struct sms_scope *scope, struct err *err);
void sms_template_free(struct sms_template **tp);

/*
 * The text at v, in the scope of its file.  The second is for a member: *out
 * stays NULL where there is none.
 */
int sms_template_read(
    const struct sms_json *v, struct sms_template **out, struct err *err);
int sms_template_get(const struct sms_json *obj, const char *key,
    struct sms_template **out, struct err *err);

/* With its type.  -1: a filter cannot do that, or the pool is full. */
int sms_template_value(const struct sms_template *t,
    const struct sms_vars *vars, struct sms_pool *pool, struct sms_value *out,
    struct err *err);

/* As text, unescaped. */
int sms_template_text(const struct sms_template *t, const struct sms_vars *vars,
    struct sms_pool *pool, struct str *out, struct err *err);

enum sms_escape {
	SMS_ESCAPE_NONE,
	SMS_ESCAPE_FORM,    /* a field of a form: space becomes '+' */
	SMS_ESCAPE_QUERY,   /* of a query: all but unreserved characters */
	SMS_ESCAPE_SEGMENT, /* one segment of a path: as QUERY */
	SMS_ESCAPE_JSON,    /* inside of the quotes */
	SMS_ESCAPE_HEADER,  /* refused: CR, LF, NUL, other controls */
};

void sms_escape_add(struct str raw, enum sms_escape how, struct buf *out);

/* The whole text, with what was written in the template too, escaped. */
int sms_template_render(const struct sms_template *t,
    const struct sms_vars *vars, enum sms_escape how, struct buf *out,
    struct err *err);

/*
 * A URL.  What is written in the template stays as it is; what a name stands
 * for is escaped by where it is: in the path or the query every character
 * but the unreserved, in the host only labels of [a-z0-9-].  A name right
 * at the start is a base, "https://host/path", and is checked as one.
 * *host_var: a name that is not trusted took part in the host.
 */
int sms_template_url(const struct sms_template *t, const struct sms_vars *vars,
    struct buf *out, bool *host_var, struct err *err);

/* What a base in a variable has to be: http or https, a host, no user, no
   query, no fragment, nothing that is not printable ASCII. */
int sms_url_check(struct str url, struct err *err);

#endif
