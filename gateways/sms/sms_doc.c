/*
 * What a provider sent, as fields that can be asked for.
 */
#include "sms/sms_doc.h"

#include <jansson.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "sms/sms_json.h"

enum {
	POOL_MAX = 8 * 1024 * 1024, /* a body of a mebibyte, decoded */
	NUMBER_MAX = 64,
};

const char *const sms_doc_names[] = { "auto", "query", "form", "json", "text",
	NULL };

struct sms_doc {
	struct sms_doc_source source;
	struct json_t *json; /* or NULL */
	struct sms_pair *query, *field;
	size_t nquery, nfield;
	bool has_fields; /* a form or a query: a path is a name */
	struct sms_pool pool;
};

/* ---- forms ------------------------------------------------------------ */

struct str
sms_url_decode(struct str s, bool plus, struct sms_pool *pool)
{
	char *out = sms_pool_alloc(pool, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; out && i < s.len; i++) {
		int high = -1, low = -1;

		if (s.p[i] == '%' && i + 2 < s.len) {
			high = str_hex_digit(s.p[i + 1]);
			low = str_hex_digit(s.p[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			out[n++] = (char)(high << 4 | low);
			i += 2;
		} else {
			out[n++] = plus && s.p[i] == '+' ? ' ' : s.p[i];
		}
	}
	return out ? str_of(out, n) : STR_EMPTY;
}

/* The part before any of the separators. */
static bool
cut_any(struct str *rest, const char *seps, struct str *part)
{
	size_t n = 0;

	if (!rest->p)
		return false;
	while (n < rest->len && !strchr(seps, rest->p[n]))
		n++;
	*part = str_head(*rest, n);
	*rest =
	    n < rest->len ? str_skip(*rest, n + 1) : (struct str){ NULL, 0 };
	return true;
}

static size_t
count_any(struct str s, const char *seps)
{
	size_t n = 1;

	for (size_t i = 0; i < s.len; i++)
		n += strchr(seps, s.p[i]) != NULL;
	return n;
}

static int
read_fields(struct sms_doc *d, struct str text, struct sms_pair **out,
    size_t *n_out, struct err *err)
{
	const char *seps = d->source.query_sep ? d->source.query_sep : "&";
	size_t most = count_any(text, seps), n = 0;
	struct str rest = text, part, name;

	if (most > SMS_DOC_FIELDS_MAX)
		return err_set(err, ERR_TOO_BIG, "more than %d fields",
		    SMS_DOC_FIELDS_MAX);
	*out = sms_pool_array(&d->pool, most, sizeof(struct sms_pair));
	while (*out && rest.p && cut_any(&rest, seps, &part)) {
		if (part.len == 0 || !str_cut(&part, '=', &name))
			continue;
		(*out)[n].name = sms_url_decode(name, true, &d->pool);
		(*out)[n++].value = sms_url_decode(part, true, &d->pool);
	}
	*n_out = n;
	return d->pool.full
	    ? err_set(err, ERR_TOO_BIG, "too much in its fields")
	    : 0;
}

/* ---- JSON ------------------------------------------------------------- */

static struct str
json_as_text(struct json_t *v, struct sms_pool *pool)
{
	char number[NUMBER_MAX];
	size_t n;

	switch (json_typeof(v)) {
	case JSON_STRING:
		return str_of(json_string_value(v), json_string_length(v));
	case JSON_TRUE:
		return STR("true");
	case JSON_FALSE:
		return STR("false");
	case JSON_INTEGER:
	case JSON_REAL:
		n = json_dumpb(v, number, sizeof(number), JSON_ENCODE_ANY);
		return n <= sizeof(number)
		    ? sms_pool_copy(pool, str_of(number, n))
		    : STR_EMPTY;
	case JSON_OBJECT:
	case JSON_ARRAY:
	case JSON_NULL:
		break;
	}
	return STR_EMPTY;
}

/* -1: more than are taken.  A signature over fields must see them all. */
static int
fields_of_json(struct sms_doc *d, struct err *err)
{
	size_t most = json_object_size(d->json);
	json_t *v;

	if (most > SMS_DOC_FIELDS_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "JSON with more than %d members", SMS_DOC_FIELDS_MAX);
	d->field = sms_pool_array(&d->pool, most, sizeof(struct sms_pair));
	if (!d->field)
		return 0;
	for (void *at = json_object_iter(d->json); at;
	     at = json_object_iter_next(d->json, at)) {
		v = json_object_iter_value(at);
		if (json_is_string(v) || json_is_number(v))
			d->field[d->nfield++] =
			    (struct sms_pair){ str_c(json_object_iter_key(at)),
				    json_as_text(v, &d->pool) };
	}
	return 0;
}

static int
read_json(struct sms_doc *d, struct err *err)
{
	d->json = sms_json_parse(d->source.body, err);
	if (!d->json)
		return -1;
	return fields_of_json(d, err);
}

/* ---- the whole -------------------------------------------------------- */

static bool
type_has(const struct sms_doc_source *s, const char *word)
{
	struct str t = s->content_type, w = str_c(word);

	for (; t.len >= w.len; t = str_skip(t, 1))
		if (str_eq_nocase(str_head(t, w.len), w))
			return true;
	return false;
}

static enum sms_doc_kind
guess(const struct sms_doc_source *s)
{
	struct str body = str_trim(s->body);

	if (body.len == 0)
		return SMS_DOC_QUERY;
	if (type_has(s, "json") || body.p[0] == '{' || body.p[0] == '[')
		return SMS_DOC_JSON;
	return type_has(s, "urlencoded") ? SMS_DOC_FORM : SMS_DOC_TEXT;
}

static int
read_body(struct sms_doc *d, enum sms_doc_kind kind, struct err *err)
{
	switch (kind) {
	case SMS_DOC_AUTO:
		return read_body(d, guess(&d->source), err);
	case SMS_DOC_JSON:
		return read_json(d, err);
	case SMS_DOC_FORM:
		d->has_fields = true;
		return read_fields(
		    d, d->source.body, &d->field, &d->nfield, err);
	case SMS_DOC_QUERY:
		d->has_fields = true;
		break;
	case SMS_DOC_TEXT:
		break;
	}
	return 0;
}

struct sms_doc *
sms_doc_new(enum sms_doc_kind kind, const struct sms_doc_source *source,
    struct err *err)
{
	struct sms_doc *d = xcalloc(1, sizeof(*d));

	d->source = *source;
	sms_pool_init(&d->pool, POOL_MAX);
	if (read_fields(d, source->query, &d->query, &d->nquery, err) < 0 ||
	    read_body(d, kind, err) < 0)
		sms_doc_free(&d);
	else if (d->has_fields && !d->field) {
		d->field = d->query;
		d->nfield = d->nquery;
	}
	return d;
}

void
sms_doc_free(struct sms_doc **dp)
{
	struct sms_doc *d = *dp;

	if (!d)
		return;
	json_decref(d->json);
	sms_pool_release(&d->pool);
	free(d);
	*dp = NULL;
}

const struct sms_pair *
sms_doc_query(const struct sms_doc *d, size_t *n_out)
{
	*n_out = d->nquery;
	return d->query;
}

const struct sms_pair *
sms_doc_fields(const struct sms_doc *d, size_t *n_out)
{
	*n_out = d->nfield;
	return d->field;
}

struct str
sms_doc_body(const struct sms_doc *d)
{
	return d->source.body;
}

int
sms_doc_status(const struct sms_doc *d)
{
	return d->source.status;
}

/* ---- paths ------------------------------------------------------------ */

static void
add_text(struct sms_finds *out, struct str text)
{
	if (out->n < SMS_DOC_FOUND_MAX)
		out->at[out->n++] = (struct sms_found){ .text = text };
}

static void
add_leaf(struct json_t *v, struct sms_pool *pool, struct sms_finds *out)
{
	if (!json_is_null(v) && out->n < SMS_DOC_FOUND_MAX)
		out->at[out->n++] =
		    (struct sms_found){ .text = json_as_text(v, pool),
			    .is_thing = json_is_object(v) || json_is_array(v),
			    .node = v };
}

static void
add_end(struct json_t *v, struct sms_pool *pool, struct sms_finds *out)
{
	if (!json_is_array(v)) {
		add_leaf(v, pool, out);
		return;
	}
	for (size_t i = 0; i < json_array_size(v); i++)
		add_leaf(json_array_get(v, i), pool, out);
}

/* The member of v that a part of a path names; NULL: none. */
static struct json_t *
member(struct json_t *v, struct str part)
{
	uint64_t i;

	if (json_is_array(v))
		return str_to_uint(part, SIZE_MAX / 2, &i)
		    ? json_array_get(v, (size_t)i)
		    : NULL;
	return json_object_getn(v, part.p, part.len);
}

/* As deep as the path has parts. */
static void
walk(struct json_t *v, struct str rest, struct sms_pool *pool,
    struct sms_finds *out)
{
	struct str part;

	while (v && str_cut(&rest, '.', &part)) {
		if (str_is(part, "*") && json_is_array(v)) {
			for (size_t i = 0; i < json_array_size(v) &&
			     out->n < SMS_DOC_FOUND_MAX;
			     i++)
				walk(json_array_get(v, i), rest, pool, out);
			return;
		}
		v = member(v, part);
		if (!rest.p)
			break;
	}
	if (v)
		add_end(v, pool, out);
}

static void
find_field(const struct sms_pair *pair, size_t n, struct str name,
    struct sms_finds *out)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(pair[i].name, name))
			add_text(out, pair[i].value);
}

/* Behind the prefix, terminated as path is; NULL: it begins otherwise. */
static const char *
behind(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 ? path + n : NULL;
}

/* False: none of the paths with a meaning of their own. */
static bool
find_special(const struct sms_doc *d, const char *path, struct sms_pool *pool,
    struct sms_finds *out)
{
	const char *rest;
	char status[16];

	if ((rest = behind(path, "_query."))) {
		find_field(d->query, d->nquery, str_c(rest), out);
	} else if ((rest = behind(path, "_header."))) {
		struct str v = d->source.header
		    ? d->source.header(d->source.arg, rest)
		    : STR_EMPTY;

		if (v.len)
			add_text(out, v);
	} else if (str_is(str_c(path), "_body")) {
		add_text(out, d->source.body);
	} else if (str_is(str_c(path), "_status")) {
		snprintf(status, sizeof(status), "%d", d->source.status);
		add_text(out, sms_pool_copy(pool, str_c(status)));
	} else {
		return false;
	}
	return true;
}

void
sms_doc_find(const struct sms_doc *d, struct json_t *node, const char *path,
    struct sms_pool *pool, struct sms_finds *out)
{
	const char *top = behind(path, "_root.");

	if (find_special(d, path, pool, out))
		return;
	if (top) {
		node = NULL;
		path = top;
	}
	if (d->has_fields)
		find_field(d->field, d->nfield, str_c(path), out);
	else if (node && str_is(str_c(path), "_item"))
		add_end(node, pool, out);
	else if (d->json)
		walk(node ? node : d->json, str_c(path), pool, out);
}

bool
sms_finds_any(const struct sms_finds *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].text.len || f->at[i].is_thing)
			return true;
	return false;
}

size_t
sms_doc_each(
    const struct sms_doc *d, const char *path, struct json_t **out, size_t max)
{
	struct json_t *v = d->json;
	struct str rest = str_c(path), part;
	bool is_one;
	size_t n;

	while (v && path && path[0] && rest.p && str_cut(&rest, '.', &part))
		v = member(v, part);
	if (!path || !d->json)
		v = NULL;
	else if (!v || json_is_null(v))
		return 0;
	is_one = !json_is_array(v);
	n = is_one ? 1 : json_array_size(v);
	for (size_t i = 0; i < n && i < max; i++)
		out[i] = is_one ? v : json_array_get(v, i);
	return n;
}
