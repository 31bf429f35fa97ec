/*
 * Reading a JSON file that a person wrote.
 */
#include "sms/sms_json.h"
#include "lib/xalloc.h"

#include <jansson.h>

#include "lib/buf.h"

enum {
	PATH_MAX_BYTES = 120,
	WORD_MAX = 40, /* longer ones are not compared */
	FAR = 3,       /* so many letters wrong: not meant */
};

/* ---- the whole -------------------------------------------------------- */

/* Jansson follows 2,048 levels down, and back up when it frees. */
static bool
is_too_deep(struct str text)
{
	bool quoted = false;
	size_t depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > SMS_JSON_DEPTH_MAX)
			return true;
	}
	return false;
}

int
sms_json_open(
    struct sms_json_file *f, const char *name, struct str text, struct err *err)
{
	json_error_t e;

	*f = (struct sms_json_file){ .name = name };
	if (text.len > SMS_JSON_FILE_MAX)
		return err_set(err, ERR_TOO_BIG, "%s: more than %d bytes", name,
		    SMS_JSON_FILE_MAX);
	if (is_too_deep(text))
		return err_set(err, ERR_TOO_BIG, "%s: more than %d levels deep",
		    name, SMS_JSON_DEPTH_MAX);
	f->root = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, &e);
	if (!f->root)
		return err_set(
		    err, ERR_BAD_INPUT, "%s:%d: %s", name, e.line, e.text);
	return 0;
}

void
sms_json_close(struct sms_json_file *f)
{
	json_decref(f->root);
	f->root = NULL;
}

struct sms_json
sms_json_root(const struct sms_json_file *f)
{
	return (struct sms_json){ .file = f, .value = f->root };
}

struct json_t *
sms_json_parse(struct str text, struct err *err)
{
	const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_error_t e;
	json_t *v;

	if (is_too_deep(text)) {
		err_set(err, ERR_TOO_BIG, "JSON: more than %d levels deep",
		    SMS_JSON_DEPTH_MAX);
		return NULL;
	}
	v = json_loadb(text.p, text.len, flags, &e);
	/* An integer that is too long for one is no reason to lose the rest. */
	if (!v && json_error_code(&e) == json_error_numeric_overflow)
		v = json_loadb(
		    text.p, text.len, flags | JSON_DECODE_INT_AS_REAL, &e);
	if (!v)
		err_set(
		    err, ERR_PROTOCOL, "not JSON: line %d: %s", e.line, e.text);
	return v;
}

/* ---- complaints ------------------------------------------------------- */

static void
add_path(const struct sms_json *v, struct buf *b)
{
	if (!v->up)
		return;
	add_path(v->up, b);
	if (b->len)
		buf_addc(b, '.');
	if (v->key)
		buf_add_str(b, str_c(v->key));
	else
		buf_addf(b, "%zu", v->index);
}

int
sms_json_bad(const struct sms_json *v, struct err *err, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	struct buf path;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_init(&path, PATH_MAX_BYTES);
	add_path(v, &path);
	err_set(err, ERR_BAD_INPUT, "%s: %s%s%s", v->file->name, path.p,
	    path.len ? ": " : "", text);
	buf_release(&path);
	return -1;
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t n = a < b ? a : b;

	return n < c ? n : c;
}

/* Letters to add, drop or change (Levenshtein). */
static size_t
distance(struct str a, struct str b)
{
	size_t row[WORD_MAX + 1];

	if (a.len > WORD_MAX || b.len > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 0; i < a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b.len; j++) {
			size_t above = row[j + 1];

			row[j + 1] = least(above + 1, row[j] + 1,
			    diagonal + (a.p[i] != b.p[j]));
			diagonal = above;
		}
	}
	return row[b.len];
}

const char *
sms_json_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	size_t best_far = FAR;

	for (; *words; words++) {
		size_t far = distance(str_c(word), str_c(*words));

		if (far < best_far && far < strlen(*words)) {
			best = *words;
			best_far = far;
		}
	}
	return best;
}

static void
list_words(const char *const *words, struct buf *b)
{
	for (size_t i = 0; words[i]; i++)
		buf_addf(b, "%s%s", i ? ", " : "", words[i]);
}

/* What could be meant instead: the nearest, or all there is. */
static int
bad_word(const struct sms_json *v, const char *what, const char *got,
    const char *const *words, struct err *err)
{
	const char *near = sms_json_nearest(got, words);
	struct buf all;

	if (near)
		return sms_json_bad(v, err,
		    "%s \"%.40s\" is not known; \"%s\"?", what, got, near);
	buf_init(&all, sizeof(err->text) / 2);
	list_words(words, &all);
	sms_json_bad(v, err, "%s \"%.40s\" is not known; there is %s%s", what,
	    got, all.p, buf_is_full(&all) ? " ..." : "");
	buf_release(&all);
	return -1;
}

/* ---- values ----------------------------------------------------------- */

enum sms_json_kind
sms_json_kind(const struct sms_json *v)
{
	switch (json_typeof(v->value)) {
	case JSON_STRING:
		return SMS_JSON_TEXT;
	case JSON_INTEGER:
	case JSON_REAL:
		return SMS_JSON_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE:
		return SMS_JSON_BOOL;
	case JSON_OBJECT:
		return SMS_JSON_OBJECT;
	case JSON_ARRAY:
		return SMS_JSON_ARRAY;
	case JSON_NULL:
		break;
	}
	return SMS_JSON_NULL;
}

static bool
is_remark(const char *key)
{
	return str_is(str_c(key), "//");
}

static bool
is_among(const char *key, const char *const *known)
{
	for (; *known; known++)
		if (str_is(str_c(key), *known))
			return true;
	return false;
}

int
sms_json_keys(
    const struct sms_json *obj, const char *const *known, struct err *err)
{
	struct sms_json member;
	void *at = NULL;

	if (sms_json_kind(obj) != SMS_JSON_OBJECT)
		return sms_json_bad(obj, err, "not an object ({...})");
	while (sms_json_next(obj, &at, &member))
		if (!is_among(member.key, known))
			return bad_word(obj, "key", member.key, known, err);
	return 0;
}

bool
sms_json_get(const struct sms_json *obj, const char *key, struct sms_json *out)
{
	json_t *v = json_object_get(obj->value, key);

	if (!v || json_is_null(v))
		return false;
	*out = (struct sms_json){
		.file = obj->file, .value = v, .up = obj, .key = key
	};
	return true;
}

size_t
sms_json_count(const struct sms_json *v)
{
	return json_is_array(v->value) ? json_array_size(v->value)
	                               : json_object_size(v->value);
}

bool
sms_json_at(const struct sms_json *arr, size_t i, struct sms_json *out)
{
	json_t *v = json_array_get(arr->value, i);

	if (!v)
		return false;
	*out = (struct sms_json){
		.file = arr->file, .value = v, .up = arr, .index = i
	};
	return true;
}

bool
sms_json_next(const struct sms_json *obj, void **at, struct sms_json *out)
{
	do {
		*at = *at ? json_object_iter_next(obj->value, *at)
		          : json_object_iter(obj->value);
	} while (*at && is_remark(json_object_iter_key(*at)));
	if (!*at)
		return false;
	*out = (struct sms_json){ .file = obj->file,
		.value = json_object_iter_value(*at),
		.up = obj,
		.key = json_object_iter_key(*at) };
	return true;
}

int
sms_json_text(const struct sms_json *v, const char **out, struct err *err)
{
	if (!json_is_string(v->value))
		return sms_json_bad(v, err, "not text (\"...\")");
	*out = json_string_value(v->value);
	return 0;
}

int
sms_json_int(const struct sms_json *v, int64_t min, int64_t max, int64_t *out,
    struct err *err)
{
	if (!json_is_integer(v->value))
		return sms_json_bad(v, err, "not a whole number");
	if (json_integer_value(v->value) < min ||
	    json_integer_value(v->value) > max)
		return sms_json_bad(v, err, "not between %lld and %lld",
		    (long long)min, (long long)max);
	*out = json_integer_value(v->value);
	return 0;
}

int
sms_json_bool(const struct sms_json *v, bool *out, struct err *err)
{
	if (!json_is_boolean(v->value))
		return sms_json_bad(v, err, "neither true nor false");
	*out = json_is_true(v->value);
	return 0;
}

int
sms_json_word(const struct sms_json *v, const char *const *words, unsigned *out,
    struct err *err)
{
	const char *got = NULL;

	if (sms_json_text(v, &got, err) < 0)
		return -1;
	for (unsigned i = 0; words[i]; i++)
		if (str_is(str_c(got), words[i])) {
			*out = i;
			return 0;
		}
	return bad_word(v, "word", got, words, err);
}

/* ---- members ---------------------------------------------------------- */

int
sms_json_get_text(const struct sms_json *obj, const char *key, const char **out,
    struct err *err)
{
	struct sms_json v;

	return sms_json_get(obj, key, &v) ? sms_json_text(&v, out, err) : 0;
}

int
sms_json_keep_text(
    const struct sms_json *obj, const char *key, char **out, struct err *err)
{
	const char *text = NULL;

	if (sms_json_get_text(obj, key, &text, err) < 0)
		return -1;
	if (text)
		*out = xstrdup(text);
	return 0;
}

int
sms_json_get_int(const struct sms_json *obj, const char *key, int64_t min,
    int64_t max, int64_t *out, struct err *err)
{
	struct sms_json v;

	return sms_json_get(obj, key, &v) ? sms_json_int(&v, min, max, out, err)
	                                  : 0;
}

int
sms_json_get_bool(
    const struct sms_json *obj, const char *key, bool *out, struct err *err)
{
	struct sms_json v;

	return sms_json_get(obj, key, &v) ? sms_json_bool(&v, out, err) : 0;
}

int
sms_json_get_word(const struct sms_json *obj, const char *key,
    const char *const *words, unsigned *out, struct err *err)
{
	struct sms_json v;

	return sms_json_get(obj, key, &v) ? sms_json_word(&v, words, out, err)
	                                  : 0;
}

int
sms_json_need(const struct sms_json *obj, const char *key, struct sms_json *out,
    struct err *err)
{
	if (sms_json_get(obj, key, out))
		return 0;
	return sms_json_bad(obj, err, "\"%s\" is missing", key);
}

int
sms_json_need_text(const struct sms_json *obj, const char *key,
    const char **out, struct err *err)
{
	struct sms_json v = { 0 };

	if (sms_json_need(obj, key, &v, err) < 0 ||
	    sms_json_text(&v, out, err) < 0)
		return -1;
	return **out ? 0 : sms_json_bad(&v, err, "empty");
}
