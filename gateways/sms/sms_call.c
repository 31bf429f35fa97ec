/*
 * One request to a provider, as a profile writes it.
 */
#include "sms/sms_call.h"

#include <stdlib.h>

#include "lib/crypto.h"
#include "lib/xalloc.h"
#include "sms/sms_filter.h"
#include "sms/sms_template.h"
#include "sms/sms_tree.h"

enum {
	FIELDS_MAX = 100,
	NAME_MAX_BYTES = 200,
	POOL_MAX = 4 * 1024 * 1024,
	BOUNDARY_BYTES = 16,
};

enum body_kind { NO_BODY, FORM, MULTIPART, JSON, TEXT };

static const char *const body_keys[] = { "form", "multipart", "json", "text" };
static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE",
	NULL };
static const char *const own_headers[] = { "Host", "Content-Length",
	"Transfer-Encoding", "Connection", "Expect", "Upgrade", "TE",
	"Trailer" };

struct field {
	char *name;
	bool optional;
	struct sms_template *value;
};

struct fields {
	struct field *field;
	size_t n;
};

struct sms_call {
	const char *method; /* one of methods */
	struct sms_template *url;
	struct fields header, query, field;
	struct sms_tree *json;
	struct sms_template *text;
	enum body_kind body;
};

/* ---- reading ---------------------------------------------------------- */

static bool
is_field_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '"')
			return false;
	return s.len > 0 && s.len < NAME_MAX_BYTES;
}

/* RFC 9110 5.6.2: a token. */
static bool
is_header_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    strchr("\"(),/:;<=>?@[\\]{}", s.p[i]))
			return false;
	return s.len > 0 && s.len < NAME_MAX_BYTES;
}

static bool
is_own_header(struct str s)
{
	for (size_t i = 0; i < sizeof(own_headers) / sizeof(*own_headers); i++)
		if (str_eq_nocase(s, str_c(own_headers[i])))
			return true;
	return false;
}

/* Numbers and truths stand for their text. */
static int
read_template(
    const struct sms_json *v, struct sms_template **out, struct err *err)
{
	char text[32];
	int64_t n = 0;
	bool yes = false;

	if (sms_json_kind(v) == SMS_JSON_NUMBER) {
		if (sms_json_int(v, INT64_MIN, INT64_MAX, &n, err) < 0)
			return -1;
		snprintf(text, sizeof(text), "%lld", (long long)n);
		*out = sms_template_new(text, NULL, err);
		return 0;
	}
	if (sms_json_kind(v) != SMS_JSON_BOOL)
		return sms_template_read(v, out, err);
	if (sms_json_bool(v, &yes, err) < 0)
		return -1;
	*out = sms_template_new(yes ? "true" : "false", NULL, err);
	return 0;
}

static int
add_field(struct fields *all, const struct sms_json *v, struct err *err)
{
	size_t n = strlen(v->key);
	struct field f = { .optional = n > 1 && v->key[n - 1] == '?' };
	struct str name = str_of(v->key, n - f.optional);

	if (all->n == FIELDS_MAX)
		return sms_json_bad(v, err, "more than %d", FIELDS_MAX);
	if (!is_field_name(name))
		return sms_json_bad(v, err, "not the name of a field");
	if (read_template(v, &f.value, err) < 0)
		return -1;
	f.name = str_dup(name);
	all->field =
	    xrealloc_array(all->field, all->n + 1, sizeof(struct field));
	all->field[all->n++] = f;
	return 0;
}

static int
read_fields(struct fields *all, const struct sms_json *v, struct err *err)
{
	struct sms_json member;
	void *at = NULL;

	if (sms_json_kind(v) != SMS_JSON_OBJECT)
		return sms_json_bad(v, err, "not an object ({...})");
	while (sms_json_next(v, &at, &member))
		if (add_field(all, &member, err) < 0)
			return -1;
	return 0;
}

static int
read_headers(struct sms_call *c, const struct sms_json *obj, struct err *err)
{
	struct sms_json v;

	if (!sms_json_get(obj, "headers", &v))
		return 0;
	if (read_fields(&c->header, &v, err) < 0)
		return -1;
	for (size_t i = 0; i < c->header.n; i++) {
		struct str name = str_c(c->header.field[i].name);

		if (!is_header_name(name))
			return sms_json_bad(&v, err,
			    "\"" STR_FMT "\" is not the name of a header",
			    STR_ARG(name));
		if (is_own_header(name))
			return sms_json_bad(&v, err,
			    STR_FMT " is made by the gateway", STR_ARG(name));
	}
	return 0;
}

static int
read_query(struct sms_call *c, const struct sms_json *obj, struct err *err)
{
	struct sms_json v;

	return sms_json_get(obj, "query", &v) ? read_fields(&c->query, &v, err)
	                                      : 0;
}

static int
read_content(struct sms_call *c, const struct sms_json *v, struct err *err)
{
	switch (c->body) {
	case FORM:
	case MULTIPART:
		return read_fields(&c->field, v, err);
	case JSON:
		c->json = sms_tree_read(v, err);
		return c->json ? 0 : -1;
	case TEXT:
		return sms_template_read(v, &c->text, err);
	case NO_BODY:
		break;
	}
	return 0;
}

static int
read_body(struct sms_call *c, const struct sms_json *obj, struct err *err)
{
	struct sms_json v;

	for (unsigned i = 0; i < 4; i++) {
		if (!sms_json_get(obj, body_keys[i], &v))
			continue;
		if (c->body != NO_BODY)
			return sms_json_bad(&v, err,
			    "a second body; only one of form, multipart, json, "
			    "text");
		c->body = (enum body_kind)(FORM + i);
		if (read_content(c, &v, err) < 0)
			return -1;
	}
	return 0;
}

/* The host has to be there, or one name has to bring it. */
static int
read_url(struct sms_call *c, const struct sms_json *obj, struct err *err)
{
	const char *text = NULL;
	struct sms_json v;

	if (sms_json_need_text(obj, "url", &text, err) < 0 ||
	    sms_template_get(obj, "url", &c->url, err) < 0)
		return -1;
	if (text[0] == '{' || str_starts(str_c(text), STR("https://")) ||
	    str_starts(str_c(text), STR("http://")))
		return 0;
	(void)sms_json_get(obj, "url", &v);
	return sms_json_bad(
	    &v, err, "begins neither with https:// nor with a variable");
}

static int
read_method(struct sms_call *c, const struct sms_json *obj, struct err *err)
{
	unsigned which = c->body != NO_BODY;

	if (sms_json_get_word(obj, "method", methods, &which, err) < 0)
		return -1;
	c->method = methods[which];
	if (c->body != NO_BODY && str_is(str_c(c->method), "GET"))
		return sms_json_bad(obj, err, "a GET with a body");
	return 0;
}

struct sms_call *
sms_call_read(const struct sms_json *obj, struct err *err)
{
	struct sms_call *c = xcalloc(1, sizeof(*c));

	if (read_url(c, obj, err) < 0 || read_headers(c, obj, err) < 0 ||
	    read_query(c, obj, err) < 0 || read_body(c, obj, err) < 0 ||
	    read_method(c, obj, err) < 0)
		sms_call_free(&c);
	return c;
}

static void
free_fields(struct fields *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->field[i].name);
		sms_template_free(&all->field[i].value);
	}
	free(all->field);
}

void
sms_call_free(struct sms_call **cp)
{
	struct sms_call *c = *cp;

	if (!c)
		return;
	sms_template_free(&c->url);
	free_fields(&c->header);
	free_fields(&c->query);
	free_fields(&c->field);
	sms_tree_free(&c->json);
	sms_template_free(&c->text);
	free(c);
	*cp = NULL;
}

/* ---- fields ----------------------------------------------------------- */

struct render {
	const struct sms_vars *vars;
	struct sms_request *out;
	struct err *err;
};

typedef void add_fn(
    struct str name, struct str value, struct buf *out, const void *arg);

static void
add_form_field(
    struct str name, struct str value, struct buf *out, const void *arg)
{
	const enum sms_escape *how = arg;

	if (out->len && !strchr("?&", out->p[out->len - 1]))
		buf_addc(out, '&');
	sms_escape_add(name, *how, out);
	buf_addc(out, '=');
	sms_escape_add(value, *how, out);
}

/* RFC 7578 */
static void
add_part(struct str name, struct str value, struct buf *out, const void *arg)
{
	const char *boundary = arg;

	buf_addf(out,
	    "--%s\r\nContent-Disposition: form-data; name=\"" STR_FMT
	    "\"\r\n\r\n",
	    boundary, STR_ARG(name));
	buf_add_str(out, value);
	buf_add_str(out, STR("\r\n"));
}

/* "MediaUrl[n]", 2 -> "MediaUrl2"; without brackets the name itself. */
static struct str
index_name(struct str with, size_t i, char out[NAME_MAX_BYTES + 32])
{
	const char *at = strstr(with.p, "[n");
	size_t base = at && at[2] == '1';
	const char *end = at ? strchr(at, ']') : NULL;
	int n;

	if (!end)
		return with;
	n = snprintf(out, NAME_MAX_BYTES + 32, "%.*s%zu%s", (int)(at - with.p),
	    with.p, i + base, end + 1);
	return str_of(out, (size_t)n);
}

static void
add_values(const struct field *f, const struct sms_value *v,
    const struct render *r, add_fn *add, const void *arg, struct buf *out)
{
	char name[NAME_MAX_BYTES + 32];
	struct str one;

	if (v->kind != SMS_VALUE_LIST) {
		one = sms_value_as_text(v, STR(","), &r->out->pool);
		add(index_name(str_c(f->name), 0, name), one, out, arg);
		return;
	}
	for (size_t i = 0; i < v->nitem; i++)
		add(index_name(str_c(f->name), i, name), v->item[i], out, arg);
}

static int
add_fields(const struct fields *all, const struct render *r, add_fn *add,
    const void *arg, struct buf *out)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct field *f = &all->field[i];
		struct sms_value v = { 0 };

		if (sms_template_value(
		        f->value, r->vars, &r->out->pool, &v, r->err) < 0)
			return err_prefix(r->err, "%s", f->name);
		if (!f->optional || !sms_value_is_empty(&v))
			add_values(f, &v, r, add, arg, out);
	}
	return 0;
}

/* ---- the parts of a request ------------------------------------------- */

static int
too_big(struct err *err)
{
	return err_set(
	    err, ERR_TOO_BIG, "the request to the provider would be too big");
}

static int
keep(const struct render *r, struct buf *b, int rc, struct str *out)
{
	if (rc == 0 && buf_is_full(b))
		rc = too_big(r->err);
	if (rc == 0)
		*out = sms_pool_take(&r->out->pool, b);
	else
		buf_release(b);
	return rc;
}

static int
render_url(const struct sms_call *c, const struct render *r)
{
	const enum sms_escape how = SMS_ESCAPE_QUERY;
	struct buf b;
	int rc;

	buf_init(&b, SMS_REQUEST_URL_MAX);
	rc = sms_template_url(
	    c->url, r->vars, &b, &r->out->has_user_host, r->err);
	if (rc == 0 && c->query.n > 0)
		buf_addc(&b, str_has(buf_str(&b), '?') ? '&' : '?');
	if (rc == 0)
		rc = add_fields(&c->query, r, add_form_field, &how, &b);
	while (b.len && (b.p[b.len - 1] == '?' || b.p[b.len - 1] == '&'))
		buf_truncate(&b, b.len - 1);
	return keep(r, &b, rc, &r->out->url);
}

/*
 * Not random, as nothing here is: nobody who chose the fields could have
 * known it, since it is a digest of all of them.
 */
static void
make_boundary(struct str parts, char out[2 * BOUNDARY_BYTES + 1])
{
	uint8_t digest[CRYPTO_SHA256_BYTES];

	crypto_sha256(parts, digest);
	for (size_t i = 0; i < BOUNDARY_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static int
render_multipart(
    const struct sms_call *c, const struct render *r, struct buf *out)
{
	char boundary[2 * BOUNDARY_BYTES + 1], type[80];

	if (add_fields(&c->field, r, add_part, "", out) < 0)
		return -1;
	make_boundary(buf_str(out), boundary);
	buf_clear(out);
	if (add_fields(&c->field, r, add_part, boundary, out) < 0)
		return -1;
	buf_addf(out, "--%s--\r\n", boundary);
	snprintf(
	    type, sizeof(type), "multipart/form-data; boundary=%s", boundary);
	r->out->content_type = sms_pool_copy(&r->out->pool, str_c(type));
	return 0;
}

static int
render_content(
    const struct sms_call *c, const struct render *r, struct buf *out)
{
	const enum sms_escape how = SMS_ESCAPE_FORM;

	switch (c->body) {
	case FORM:
		r->out->content_type = STR("application/x-www-form-urlencoded");
		return add_fields(&c->field, r, add_form_field, &how, out);
	case MULTIPART:
		return render_multipart(c, r, out);
	case JSON:
		r->out->content_type = STR("application/json");
		return sms_tree_render(
		    c->json, r->vars, &r->out->pool, out, r->err);
	case TEXT:
		r->out->content_type = STR("text/plain; charset=utf-8");
		return sms_template_render(
		    c->text, r->vars, SMS_ESCAPE_NONE, out, r->err);
	case NO_BODY:
		break;
	}
	return 0;
}

static int
render_body(const struct sms_call *c, const struct render *r)
{
	struct buf b;
	int rc;

	buf_init(&b, SMS_REQUEST_BODY_MAX);
	rc = render_content(c, r, &b);
	return keep(r, &b, rc, &r->out->body);
}

static int
render_header(const struct field *f, const struct render *r)
{
	struct str value;

	if (sms_template_text(
	        f->value, r->vars, &r->out->pool, &value, r->err) < 0)
		return err_prefix(r->err, "%s", f->name);
	if (value.len == 0 && f->optional)
		return 0;
	return sms_request_add_header(r->out, str_c(f->name), value, r->err);
}

int
sms_call_render(const struct sms_call *c, const struct sms_vars *vars,
    struct sms_request *out, struct err *err)
{
	const struct render r = { vars, out, err };
	int rc;

	*out = (struct sms_request){ .method = c->method };
	sms_pool_init(&out->pool, POOL_MAX);
	rc = render_url(c, &r);
	if (rc == 0)
		rc = render_body(c, &r);
	for (size_t i = 0; rc == 0 && i < c->header.n; i++)
		rc = render_header(&c->header.field[i], &r);
	if (rc == 0 && out->pool.full)
		rc = too_big(err);
	if (rc < 0)
		sms_request_release(out);
	return rc;
}

/* ---- requests --------------------------------------------------------- */

void
sms_request_release(struct sms_request *r)
{
	sms_pool_release(&r->pool);
	*r = (struct sms_request){ 0 };
}

/* A header that says what the body is takes the place of ours. */
int
sms_request_add_header(
    struct sms_request *r, struct str name, struct str value, struct err *err)
{
	if (!is_header_name(name))
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" is not the name of a header",
		    STR_ARG(name));
	for (size_t i = 0; i < value.len; i++)
		if ((uint8_t)value.p[i] < ' ' || value.p[i] == 0x7f)
			return err_set(err, ERR_BAD_INPUT,
			    "a control character would come into the "
			    "header " STR_FMT,
			    STR_ARG(name));
	value = sms_pool_copy(&r->pool, value);
	if (str_eq_nocase(name, STR("Content-Type"))) {
		r->content_type = value;
		return 0;
	}
	if (r->nheader == SMS_REQUEST_HEADERS_MAX)
		return err_set(err, ERR_TOO_BIG, "more than %d headers",
		    SMS_REQUEST_HEADERS_MAX);
	r->header[r->nheader++] =
	    (struct sms_pair){ sms_pool_copy(&r->pool, name), value };
	return 0;
}
