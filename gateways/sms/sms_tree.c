/*
 * JSON with templates in it.
 */
#include "sms/sms_tree.h"

#include <jansson.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "sms/sms_filter.h"
#include "sms/sms_template.h"

enum { MEMBERS_MAX = 200 };

enum tree_kind { LITERAL, TEMPLATE, OBJECT, ARRAY, EACH };

struct sms_tree {
	enum tree_kind kind;
	struct json_t *literal;
	struct sms_template *text;
	char *list; /* EACH: the name of it */
	struct branch *branch;
	size_t n;
};

struct branch {
	char *key; /* NULL: of an array */
	bool optional;
	struct sms_tree *tree;
};

/* ---- reading ---------------------------------------------------------- */

/* "text?" -> "text", optional */
static char *
read_key(const char *key, bool *optional)
{
	size_t n = strlen(key);

	*optional = n > 1 && key[n - 1] == '?';
	return str_dup(str_of(key, n - *optional));
}

static int
add_branch(struct sms_tree *t, const struct sms_json *v, struct err *err)
{
	struct branch b = { 0 };

	if (t->n == MEMBERS_MAX)
		return sms_json_bad(
		    v, err, "more than %d members", MEMBERS_MAX);
	b.tree = sms_tree_read(v, err);
	if (!b.tree)
		return -1;
	if (v->key)
		b.key = read_key(v->key, &b.optional);
	t->branch = xrealloc_array(t->branch, t->n + 1, sizeof(struct branch));
	t->branch[t->n++] = b;
	return 0;
}

/* What $each goes through. */
static const char *const lists[] = { "to_list", "media", NULL };

static int
read_each(struct sms_tree *t, const struct sms_json *v, struct err *err)
{
	static const char *const keys[] = { "$each", "do", NULL };
	static const char *const items[] = { "item", "item_type", NULL };
	struct sms_json_file inner = *v->file;
	struct sms_scope scope = { .name = items, .up = inner.scope };
	struct sms_json body;
	unsigned which = 0;

	if (sms_json_keys(v, keys, err) < 0 ||
	    sms_json_get_word(v, "$each", lists, &which, err) < 0 ||
	    sms_json_need(v, "do", &body, err) < 0)
		return -1;
	inner.scope = &scope;
	body.file = &inner;
	t->kind = EACH;
	t->list = xstrdup(lists[which]);
	return add_branch(t, &body, err);
}

static int
read_object(struct sms_tree *t, const struct sms_json *v, struct err *err)
{
	struct sms_json member;
	void *at = NULL;

	if (sms_json_get(v, "$each", &member))
		return read_each(t, v, err);
	t->kind = OBJECT;
	while (sms_json_next(v, &at, &member))
		if (add_branch(t, &member, err) < 0)
			return -1;
	return 0;
}

static int
read_array(struct sms_tree *t, const struct sms_json *v, struct err *err)
{
	struct sms_json item;

	t->kind = ARRAY;
	for (size_t i = 0; sms_json_at(v, i, &item); i++)
		if (add_branch(t, &item, err) < 0)
			return -1;
	return 0;
}

static int
read_any(struct sms_tree *t, const struct sms_json *v, struct err *err)
{
	switch (sms_json_kind(v)) {
	case SMS_JSON_OBJECT:
		return read_object(t, v, err);
	case SMS_JSON_ARRAY:
		return read_array(t, v, err);
	case SMS_JSON_TEXT:
		t->kind = TEMPLATE;
		return sms_template_read(v, &t->text, err);
	case SMS_JSON_NULL:
	case SMS_JSON_NUMBER:
	case SMS_JSON_BOOL:
		break;
	}
	t->literal = json_incref(v->value);
	return 0;
}

struct sms_tree *
sms_tree_read(const struct sms_json *v, struct err *err)
{
	struct sms_tree *t = xcalloc(1, sizeof(*t));

	if (read_any(t, v, err) < 0)
		sms_tree_free(&t);
	return t;
}

void
sms_tree_free(struct sms_tree **tp)
{
	struct sms_tree *t = *tp;

	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		free(t->branch[i].key);
		sms_tree_free(&t->branch[i].tree);
	}
	json_decref(t->literal);
	sms_template_free(&t->text);
	free(t->branch);
	free(t->list);
	free(t);
	*tp = NULL;
}

/* ---- rendering -------------------------------------------------------- */

struct render {
	struct sms_pool *pool;
	struct err *err;
};

/* One item of a list, under its name. */
struct item_vars {
	struct sms_vars vars; /* first */
	struct str item, type;
};

static bool
get_item(const struct sms_vars *v, struct str name, struct sms_value *out)
{
	const struct item_vars *i = (const struct item_vars *)v;

	if (!str_is(name, "item") && !str_is(name, "item_type"))
		return false;
	*out = sms_value_text(str_is(name, "item") ? i->item : i->type);
	return true;
}

static struct json_t *render(const struct render *r, const struct sms_tree *t,
    const struct sms_vars *vars);

/* Only text that is no UTF-8 cannot be one in JSON. */
static struct json_t *
text_of(const struct render *r, struct str s)
{
	struct json_t *v = json_stringn(s.len ? s.p : "", s.len);

	if (!v)
		err_set(r->err, ERR_BAD_INPUT,
		    "text that is not UTF-8 cannot be sent as JSON");
	return v;
}

static struct json_t *
list_of(const struct render *r, const struct sms_value *v)
{
	struct json_t *list = json_array(), *item;

	for (size_t i = 0; i < v->nitem; i++) {
		item = text_of(r, v->item[i]);
		if (!item) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, item);
	}
	return list;
}

static struct json_t *
value_of(const struct render *r, const struct sms_value *v)
{
	switch (v->kind) {
	case SMS_VALUE_INT:
		return json_integer(v->n);
	case SMS_VALUE_BOOL:
		return json_boolean(v->n);
	case SMS_VALUE_LIST:
		return list_of(r, v);
	case SMS_VALUE_TEXT:
	case SMS_VALUE_NONE:
		break;
	}
	return text_of(r, v->text);
}

static struct json_t *
render_template(const struct render *r, const struct sms_tree *t,
    const struct sms_vars *vars)
{
	struct sms_value v = { 0 };

	if (sms_template_value(t->text, vars, r->pool, &v, r->err) < 0)
		return NULL;
	return value_of(r, &v);
}

static bool
is_empty(const struct json_t *v)
{
	if (json_is_string(v))
		return json_string_length(v) == 0;
	if (json_is_array(v))
		return json_array_size(v) == 0;
	if (json_is_object(v))
		return json_object_size(v) == 0;
	return json_is_null(v);
}

static struct json_t *
render_branches(const struct render *r, const struct sms_tree *t,
    const struct sms_vars *vars)
{
	bool is_object = t->kind == OBJECT;
	struct json_t *whole = is_object ? json_object() : json_array(), *v;

	for (size_t i = 0; i < t->n; i++) {
		v = render(r, t->branch[i].tree, vars);
		if (!v) {
			json_decref(whole);
			return NULL;
		}
		if (t->branch[i].optional && is_empty(v))
			json_decref(v);
		else if (is_object)
			json_object_set_new(whole, t->branch[i].key, v);
		else
			json_array_append_new(whole, v);
	}
	return whole;
}

static struct json_t *
render_each(const struct render *r, const struct sms_tree *t,
    const struct sms_vars *vars)
{
	struct sms_value list = sms_vars_get(vars, str_c(t->list));
	struct sms_value types = sms_vars_get(vars, STR("media_type"));
	struct json_t *whole = json_array(), *v;

	for (size_t i = 0; i < list.nitem; i++) {
		struct item_vars item = { { get_item, vars }, list.item[i],
			i < types.nitem ? types.item[i] : STR_EMPTY };

		v = render(r, t->branch[0].tree, &item.vars);
		if (!v) {
			json_decref(whole);
			return NULL;
		}
		json_array_append_new(whole, v);
	}
	return whole;
}

/* As deep as the file is. */
static struct json_t *
render(const struct render *r, const struct sms_tree *t,
    const struct sms_vars *vars)
{
	switch (t->kind) {
	case TEMPLATE:
		return render_template(r, t, vars);
	case OBJECT:
	case ARRAY:
		return render_branches(r, t, vars);
	case EACH:
		return render_each(r, t, vars);
	case LITERAL:
		break;
	}
	return json_incref(t->literal);
}

static int
add_bytes(const char *bytes, size_t n, void *arg)
{
	return buf_add(arg, bytes, n);
}

int
sms_tree_render(const struct sms_tree *t, const struct sms_vars *vars,
    struct sms_pool *pool, struct buf *out, struct err *err)
{
	const struct render r = { pool, err };
	struct json_t *v = render(&r, t, vars);
	int rc;

	if (!v)
		return -1;
	rc = json_dump_callback(
	    v, add_bytes, out, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(v);
	return rc == 0 && !buf_is_full(out)
	    ? 0
	    : err_set(err, ERR_TOO_BIG,
	          "the request to the provider would be too big");
}
