/*
 * sms_doc.h - what a provider sent, as fields that can be asked for
 *
 * A webhook or an answer: the fields of a form or of a query, JSON, or a text
 * with no fields at all.  Bytes stay what they are: a value may hold NUL.
 *
 * Paths      In JSON "a.b.0": keys, places in arrays, "*" for all of them.
 *            In forms and queries the whole path is the name of a field,
 *            which may be there several times.  In both:
 *            "_query.X"   field X of the query of the URL
 *            "_header.X"  header X
 *            "_status"    status of the answer
 *            "_body"      all of it, as it came
 *            "_root.X"    X from the top, also where a path begins elsewhere
 *            "_item"      where the path begins: an element that is a text
 * Limits     SMS_DOC_FIELDS_MAX fields, SMS_DOC_FOUND_MAX values of a path.
 */
#ifndef SMS_DOC_H
#define SMS_DOC_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_pool.h"
#include "sms/sms_vars.h"

struct json_t;

enum {
	SMS_DOC_FIELDS_MAX = 1000,
	SMS_DOC_FOUND_MAX = 100,
	SMS_DOC_EACH_MAX = 1000, /* events of one webhook */
};

enum sms_doc_kind {
	SMS_DOC_AUTO, /* by the content type and the looks of it */
	SMS_DOC_QUERY,
	SMS_DOC_FORM,
	SMS_DOC_JSON,
	SMS_DOC_TEXT,
};

/* As profiles have it; NULL-terminated. */
extern const char *const sms_doc_names[];

/* All borrowed, for as long as the document. */
struct sms_doc_source {
	struct str body, query, content_type;
	const char *query_sep; /* characters between fields; NULL: "&" */
	int status;            /* of an answer */
	struct str (*header)(const void *arg, const char *name); /* or NULL */
	const void *arg;
};

struct sms_doc;

/* NULL: it cannot be read as that; err says why. */
struct sms_doc *sms_doc_new(enum sms_doc_kind kind,
    const struct sms_doc_source *source, struct err *err);
void sms_doc_free(struct sms_doc **dp);

/*
 * Decoded fields, for signatures: of the query of the URL; of the form, or
 * the texts and numbers at the top of JSON.
 */
const struct sms_pair *sms_doc_query(const struct sms_doc *d, size_t *n_out);
const struct sms_pair *sms_doc_fields(const struct sms_doc *d, size_t *n_out);

/* One value: its text; that it is no text but a thing with keys. */
struct sms_found {
	struct str text;
	struct str type, size; /* of media; else empty */
	bool is_thing;
	struct json_t *node; /* of JSON */
};

struct sms_finds {
	struct sms_found at[SMS_DOC_FOUND_MAX];
	size_t n;
};

/* Is there anything but empty texts? */
bool sms_finds_any(const struct sms_finds *f);

/*
 * Adds the values at a path, seen from node (NULL: the whole).  An array at
 * its end stands for its elements.  Texts are borrowed from the document or
 * the pool.
 */
void sms_doc_find(const struct sms_doc *d, struct json_t *node,
    const char *path, struct sms_pool *pool, struct sms_finds *out);

/*
 * The things at a path: elements if it is an array, else itself.  How many
 * there are; the first max of them go to out.  path NULL or a document
 * without JSON: one, NULL.
 */
size_t sms_doc_each(
    const struct sms_doc *d, const char *path, struct json_t **out, size_t max);

struct str sms_doc_body(const struct sms_doc *d);
int sms_doc_status(const struct sms_doc *d);

/* "a+b%20c" -> "a b c"; what is no escape stays. */
struct str sms_url_decode(struct str s, bool plus, struct sms_pool *pool);

#endif
