/*
 * How a profile says where a value stands, and when.
 */
#include "sms/sms_extract.h"

#include <jansson.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "sms/sms_regex.h"
#include "sms/sms_table.h"
#include "sms/sms_template.h"

enum { INDEXED_MAX = 30, NAME_MAX_BYTES = 200 };

struct sms_extract {
	char *path;
	char *map, *map_type, *map_size; /* of each thing at the path */
	struct sms_conds *when;
	char split; /* 0: no */
	struct sms_regex *re;
	const struct sms_table *table; /* own, or of maps */
	struct sms_table *own;
	char *constant;
	struct sms_extract *sub[SMS_EXTRACT_ANY_MAX];
	size_t nsub;
	bool takes_all; /* list, not any */
	char *count, *indexed, *types;
};

/* ---- reading extractors ----------------------------------------------- */

static const char *const extract_keys[] = { "path", "map", "when", "split",
	"regex", "table", "const", "any", "list", "count", "indexed", "types",
	NULL };

static int
read_subs(struct sms_extract *x, const struct sms_json *obj, const char *key,
    struct err *err)
{
	struct sms_json arr, v;

	if (!sms_json_get(obj, key, &arr))
		return 0;
	if (sms_json_kind(&arr) != SMS_JSON_ARRAY ||
	    sms_json_count(&arr) == 0 ||
	    sms_json_count(&arr) > SMS_EXTRACT_ANY_MAX)
		return sms_json_bad(
		    &arr, err, "not an array of 1 to %d", SMS_EXTRACT_ANY_MAX);
	for (size_t i = 0; sms_json_at(&arr, i, &v); i++) {
		struct sms_extract *sub = sms_extract_read(&v, err);

		if (!sub)
			return -1;
		if (x->nsub == SMS_EXTRACT_ANY_MAX) {
			sms_extract_free(&sub);
			return sms_json_bad(&arr, err, "beside another");
		}
		x->sub[x->nsub++] = sub;
	}
	return 0;
}

static int
read_map(struct sms_extract *x, const struct sms_json *obj, struct err *err)
{
	static const char *const keys[] = { "url", "type", "size", NULL };
	struct sms_json v;

	if (!sms_json_get(obj, "map", &v))
		return 0;
	if (sms_json_kind(&v) == SMS_JSON_TEXT)
		return sms_json_keep_text(obj, "map", &x->map, err);
	if (sms_json_keys(&v, keys, err) < 0 ||
	    sms_json_keep_text(&v, "url", &x->map, err) < 0 ||
	    sms_json_keep_text(&v, "type", &x->map_type, err) < 0 ||
	    sms_json_keep_text(&v, "size", &x->map_size, err) < 0)
		return -1;
	return x->map ? 0 : sms_json_bad(&v, err, "\"url\" is missing");
}

static int
read_table(struct sms_extract *x, const struct sms_json *obj, struct err *err)
{
	const char *name = NULL;
	struct sms_json v;

	if (!sms_json_get(obj, "table", &v))
		return 0;
	if (sms_json_kind(&v) == SMS_JSON_OBJECT) {
		x->own = sms_table_read(&v, NULL, err);
		x->table = x->own;
		return x->own ? 0 : -1;
	}
	if (sms_json_text(&v, &name, err) < 0)
		return -1;
	x->table = sms_scope_table(v.file->scope, str_c(name));
	return x->table ? 0
	                : sms_json_bad(&v, err,
	                      "there is no table \"%.40s\" in maps", name);
}

static int
read_split(struct sms_extract *x, const struct sms_json *obj, struct err *err)
{
	const char *text = NULL;
	struct sms_json v;

	if (!sms_json_get(obj, "split", &v))
		return 0;
	if (sms_json_text(&v, &text, err) < 0)
		return -1;
	if (strlen(text) != 1)
		return sms_json_bad(&v, err, "not one character");
	x->split = text[0];
	return 0;
}

static int
read_regex(struct sms_extract *x, const struct sms_json *obj, struct err *err)
{
	struct sms_json v;

	if (!sms_json_get(obj, "regex", &v))
		return 0;
	x->re = sms_regex_read(&v, err);
	return x->re ? 0 : -1;
}

/* What cannot stand beside each other, or alone. */
static int
check_extract(
    const struct sms_extract *x, const struct sms_json *v, struct err *err)
{
	int sources = (x->path || (x->re && !x->nsub && !x->indexed)) +
	    (x->constant != NULL) + (x->nsub > 0) + (x->indexed != NULL);

	if (sources != 1)
		return sms_json_bad(v, err,
		    "needs one of path, regex, const, any, list, indexed");
	if ((x->map || x->when) && !x->path)
		return sms_json_bad(v, err, "map and when need a path");
	if ((x->count || x->types) && !x->indexed)
		return sms_json_bad(
		    v, err, "count and types need \"indexed\": \"Name[n]\"");
	if (x->indexed && !strstr(x->indexed, "[n"))
		return sms_json_bad(
		    v, err, "indexed: no \"[n]\" or \"[n1]\" in it");
	return 0;
}

static int
read_object(struct sms_extract *x, const struct sms_json *v, struct err *err)
{
	struct sms_json list;

	if (sms_json_keys(v, extract_keys, err) < 0 ||
	    sms_json_keep_text(v, "path", &x->path, err) < 0 ||
	    read_map(x, v, err) < 0 ||
	    sms_conds_get(v, "when", &x->when, err) < 0 ||
	    read_split(x, v, err) < 0 || read_regex(x, v, err) < 0 ||
	    read_table(x, v, err) < 0 ||
	    sms_json_keep_text(v, "const", &x->constant, err) < 0 ||
	    read_subs(x, v, "any", err) < 0 ||
	    read_subs(x, v, "list", err) < 0 ||
	    sms_json_keep_text(v, "count", &x->count, err) < 0 ||
	    sms_json_keep_text(v, "indexed", &x->indexed, err) < 0 ||
	    sms_json_keep_text(v, "types", &x->types, err) < 0)
		return -1;
	x->takes_all = sms_json_get(v, "list", &list);
	return check_extract(x, v, err);
}

struct sms_extract *
sms_extract_read(const struct sms_json *v, struct err *err)
{
	struct sms_extract *x = xcalloc(1, sizeof(*x));
	const char *path = NULL;
	int rc;

	if (sms_json_kind(v) == SMS_JSON_OBJECT) {
		rc = read_object(x, v, err);
	} else {
		rc = sms_json_text(v, &path, err);
		if (rc == 0 && !*path)
			rc = sms_json_bad(v, err, "an empty path");
		if (rc == 0)
			x->path = xstrdup(path);
	}
	if (rc < 0)
		sms_extract_free(&x);
	return x;
}

int
sms_extract_get(const struct sms_json *obj, const char *key,
    struct sms_extract **out, struct err *err)
{
	struct sms_json v;

	if (!sms_json_get(obj, key, &v))
		return 0;
	*out = sms_extract_read(&v, err);
	return *out ? 0 : -1;
}

void
sms_extract_free(struct sms_extract **xp)
{
	struct sms_extract *x = *xp;

	if (!x)
		return;
	for (size_t i = 0; i < x->nsub; i++)
		sms_extract_free(&x->sub[i]);
	sms_conds_free(&x->when);
	sms_regex_free(&x->re);
	sms_table_free(&x->own);
	free(x->path);
	free(x->map);
	free(x->map_type);
	free(x->map_size);
	free(x->constant);
	free(x->count);
	free(x->indexed);
	free(x->types);
	free(x);
	*xp = NULL;
}

/* ---- extracting ------------------------------------------------------- */

static struct str
first_at(const struct sms_doc *d, struct json_t *node, const char *path,
    struct sms_pool *pool)
{
	struct sms_finds f;

	f.n = 0;
	if (path)
		sms_doc_find(d, node, path, pool, &f);
	return f.n ? f.at[0].text : STR_EMPTY;
}

/* Each thing at the path becomes what its own paths lead to. */
static void
map_things(const struct sms_extract *x, const struct sms_doc *d,
    struct sms_pool *pool, struct sms_finds *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct sms_found *at = &f->at[i], to = *at;

		if (!sms_conds_hold(x->when, d, at->node, pool))
			continue;
		if (x->map && at->is_thing)
			to = (struct sms_found){
				.text = first_at(d, at->node, x->map, pool),
				.type =
				    first_at(d, at->node, x->map_type, pool),
				.size =
				    first_at(d, at->node, x->map_size, pool),
			};
		f->at[n++] = to;
	}
	f->n = n;
}

static void
split_texts(char sep, struct sms_finds *f)
{
	struct sms_finds whole = *f;
	struct str rest, part;

	f->n = 0;
	for (size_t i = 0; i < whole.n; i++) {
		rest = whole.at[i].text;
		while (rest.p && str_cut(&rest, sep, &part))
			if (part.len && f->n < SMS_DOC_FOUND_MAX)
				f->at[f->n++] =
				    (struct sms_found){ .text =
					                    str_trim(part) };
	}
}

static void
match_texts(const struct sms_regex *re, struct sms_finds *f)
{
	struct str part;
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (sms_regex_match(re, f->at[i].text, &part))
			f->at[n++] = (struct sms_found){ .text = part };
	f->n = n;
}

static void
look_up_texts(const struct sms_table *t, struct sms_finds *f)
{
	for (size_t i = 0; i < f->n; i++)
		f->at[i] = (struct sms_found){ .text = str_c(sms_table_get(
			                           t, f->at[i].text)) };
}

static void
find_subs(const struct sms_extract *x, const struct sms_doc *d,
    struct json_t *node, struct sms_pool *pool, struct sms_finds *f)
{
	for (size_t i = 0; i < x->nsub; i++) {
		if (!x->takes_all)
			f->n = 0;
		sms_extract_all(x->sub[i], d, node, pool, f);
		if (!x->takes_all && sms_finds_any(f))
			return;
	}
}

/* "MediaUrl[n]" -> "MediaUrl3" */
static void
index_name(const char *with, unsigned i, char out[NAME_MAX_BYTES])
{
	const char *bracket = strstr(with, "[n"), *end = strchr(bracket, ']');
	unsigned base = bracket[2] == '1';

	snprintf(out, NAME_MAX_BYTES, "%.*s%u%s", (int)(bracket - with), with,
	    i + base, end ? end + 1 : "");
}

static void
find_indexed(const struct sms_extract *x, const struct sms_doc *d,
    struct json_t *node, struct sms_pool *pool, struct sms_finds *f)
{
	char name[NAME_MAX_BYTES];
	uint64_t n = INDEXED_MAX;

	if (x->count &&
	    !str_to_uint(first_at(d, node, x->count, pool), INDEXED_MAX, &n))
		return;
	for (unsigned i = 0; i < n && f->n < SMS_DOC_FOUND_MAX; i++) {
		struct sms_found *at = &f->at[f->n];

		index_name(x->indexed, i, name);
		*at =
		    (struct sms_found){ .text = first_at(d, node, name, pool) };
		if (at->text.len == 0)
			return;
		if (x->types) {
			index_name(x->types, i, name);
			at->type = first_at(d, node, name, pool);
		}
		f->n++;
	}
}

static void
find_source(const struct sms_extract *x, const struct sms_doc *d,
    struct json_t *node, struct sms_pool *pool, struct sms_finds *f)
{
	if (x->nsub)
		find_subs(x, d, node, pool, f);
	else if (x->indexed)
		find_indexed(x, d, node, pool, f);
	else if (x->constant)
		f->at[f->n++] =
		    (struct sms_found){ .text = str_c(x->constant) };
	else if (x->path)
		sms_doc_find(d, node, x->path, pool, f);
	else
		f->at[f->n++] = (struct sms_found){ .text = sms_doc_body(d) };
}

void
sms_extract_all(const struct sms_extract *x, const struct sms_doc *d,
    struct json_t *node, struct sms_pool *pool, struct sms_finds *out)
{
	struct sms_finds own;

	if (!x)
		return;
	own.n = 0;
	find_source(x, d, node, pool, &own);
	if (x->map || x->when)
		map_things(x, d, pool, &own);
	if (x->split)
		split_texts(x->split, &own);
	if (x->re)
		match_texts(x->re, &own);
	if (x->table)
		look_up_texts(x->table, &own);
	for (size_t i = 0; i < own.n && out->n < SMS_DOC_FOUND_MAX; i++)
		out->at[out->n++] = own.at[i];
}

struct str
sms_extract_one(const struct sms_extract *x, const struct sms_doc *d,
    struct json_t *node, struct sms_pool *pool)
{
	struct sms_finds f;

	f.n = 0;
	sms_extract_all(x, d, node, pool, &f);
	for (size_t i = 0; i < f.n; i++)
		if (f.at[i].text.len)
			return f.at[i].text;
	return STR_EMPTY;
}
