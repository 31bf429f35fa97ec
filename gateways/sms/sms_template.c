/*
 * Texts with names in them.
 *
 * A template is a list of pieces: text, or a name with filters.  Where the
 * pieces stand in a URL is found out while it is rendered, since a base may
 * bring its own beginning.
 */
#include "sms/sms_template.h"

#include <jansson.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "sms/sms_filter.h"

enum {
	PIECE_MAX = 100,
	FILTER_MAX = 8,
	NAMES_MAX = 200, /* compared for the nearest */
	TEMPLATE_MAX = 8 * 1024,
	OUT_MAX = 1024 * 1024, /* of one text, rendered */
	URL_MAX = 8 * 1024,
};

struct piece {
	struct str text; /* as written, or the name; in the template's copy */
	bool is_name, trusted;
	struct sms_filter filter[FILTER_MAX];
	size_t nfilter;
};

struct sms_template {
	char *copy;
	struct piece *piece;
	size_t npiece;
};

/* ---- reading ---------------------------------------------------------- */

static int
unknown_name(const struct sms_scope *scope, struct str name, struct err *err)
{
	const char *all[NAMES_MAX + 1];
	char *word = str_dup(name);
	const char *near;
	size_t n = 0;

	for (; scope; scope = scope->up)
		for (size_t i = 0; scope->name && scope->name[i]; i++)
			if (n < NAMES_MAX)
				all[n++] = scope->name[i];
	all[n] = NULL;
	near = sms_json_nearest(word, all);
	err_set(err, ERR_BAD_INPUT,
	    "\"{%.40s}\": there is no such variable%s%s%s", word,
	    near ? "; \"{" : "", near ? near : "", near ? "}\"?" : "");
	free(word);
	return -1;
}

static const struct sms_scope *
scope_of(const struct sms_scope *scope, struct str name)
{
	for (; scope; scope = scope->up)
		for (size_t i = 0; scope->name && scope->name[i]; i++)
			if (str_is(name, scope->name[i]))
				return scope;
	return NULL;
}

/* "name|filter|filter:argument" */
static int
read_name(struct piece *p, struct str inside, const struct sms_scope *scope,
    struct err *err)
{
	const struct sms_scope *of;
	struct str part;

	p->is_name = true;
	if (!str_cut(&inside, '|', &p->text) || p->text.len == 0)
		return err_set(err, ERR_BAD_INPUT,
		    "\"{}\" without a name (\"{{\" for a brace)");
	of = scope_of(scope, p->text);
	if (!of)
		return unknown_name(scope, p->text, err);
	p->trusted = of->trusted;
	while (inside.p && str_cut(&inside, '|', &part)) {
		if (p->nfilter == FILTER_MAX)
			return err_set(err, ERR_TOO_BIG,
			    "more than %d filters in a row", FILTER_MAX);
		if (sms_filter_read(
		        &p->filter[p->nfilter++], part, scope, err) < 0)
			return -1;
	}
	return 0;
}

static struct piece *
add_piece(struct sms_template *t)
{
	t->piece =
	    xrealloc_array(t->piece, t->npiece + 1, sizeof(struct piece));
	t->piece[t->npiece] = (struct piece){ 0 };
	return &t->piece[t->npiece++];
}

/* Text up to a brace; a doubled one stands for itself. */
static struct str
take_text(struct str *rest)
{
	size_t n = 0;
	struct str text;

	while (n < rest->len && rest->p[n] != '{' && rest->p[n] != '}')
		n++;
	if (n + 1 < rest->len && rest->p[n] == rest->p[n + 1]) {
		text = str_head(*rest, n + 1);
		*rest = str_skip(*rest, n + 2);
		return text;
	}
	text = str_head(*rest, n);
	*rest = str_skip(*rest, n);
	return text;
}

static int
take_name(struct sms_template *t, struct str *rest,
    const struct sms_scope *scope, struct err *err)
{
	ptrdiff_t end = str_find(*rest, '}');
	struct str inside;

	if (rest->p[0] == '}')
		return err_set(err, ERR_BAD_INPUT,
		    "a \"}\" that closes nothing (\"}}\" for a brace)");
	if (end < 0)
		return err_set(err, ERR_BAD_INPUT,
		    "a \"{\" that is not closed (\"{{\" for a brace)");
	inside = str_of(rest->p + 1, (size_t)end - 1);
	*rest = str_skip(*rest, (size_t)end + 1);
	return read_name(add_piece(t), inside, scope, err);
}

static int
read_pieces(
    struct sms_template *t, const struct sms_scope *scope, struct err *err)
{
	struct str rest = str_c(t->copy), text;

	if (rest.len > TEMPLATE_MAX)
		return err_set(
		    err, ERR_TOO_BIG, "more than %d bytes", TEMPLATE_MAX);
	while (rest.len) {
		if (t->npiece >= PIECE_MAX)
			return err_set(
			    err, ERR_TOO_BIG, "more than %d pieces", PIECE_MAX);
		text = take_text(&rest);
		if (text.len)
			add_piece(t)->text = text;
		else if (take_name(t, &rest, scope, err) < 0)
			return -1;
	}
	return 0;
}

struct sms_template *
sms_template_new(
    const char *text, const struct sms_scope *scope, struct err *err)
{
	struct sms_template *t = xcalloc(1, sizeof(*t));

	t->copy = xstrdup(text);
	if (read_pieces(t, scope, err) < 0)
		sms_template_free(&t);
	return t;
}

void
sms_template_free(struct sms_template **tp)
{
	struct sms_template *t = *tp;

	if (!t)
		return;
	for (size_t i = 0; i < t->npiece; i++)
		for (size_t j = 0; j < t->piece[i].nfilter; j++)
			sms_filter_release(&t->piece[i].filter[j]);
	free(t->piece);
	free(t->copy);
	free(t);
	*tp = NULL;
}

int
sms_template_read(
    const struct sms_json *v, struct sms_template **out, struct err *err)
{
	struct err why = ERR_INIT;
	const char *text = NULL;

	if (sms_json_text(v, &text, err) < 0)
		return -1;
	*out = sms_template_new(text, v->file->scope, &why);
	return *out ? 0 : sms_json_bad(v, err, "%s", why.text);
}

int
sms_template_get(const struct sms_json *obj, const char *key,
    struct sms_template **out, struct err *err)
{
	struct sms_json v;

	return sms_json_get(obj, key, &v) ? sms_template_read(&v, out, err) : 0;
}

const struct sms_table *
sms_scope_table(const struct sms_scope *scope, struct str name)
{
	for (; scope; scope = scope->up)
		for (size_t i = 0; scope->table_name && scope->table_name[i];
		     i++)
			if (str_is(name, scope->table_name[i]))
				return scope->table[i];
	return NULL;
}

/* ---- rendering -------------------------------------------------------- */

static int
piece_value(const struct piece *p, const struct sms_vars *vars,
    struct sms_pool *pool, struct sms_value *out, struct err *err)
{
	if (!p->is_name) {
		*out = sms_value_text(p->text);
		return 0;
	}
	*out = sms_vars_get(vars, p->text);
	for (size_t i = 0; i < p->nfilter; i++)
		if (sms_filter_apply(&p->filter[i], pool, out, err) < 0)
			return err_prefix(
			    err, "{" STR_FMT "}", STR_ARG(p->text));
	return 0;
}

static int
too_big(struct err *err)
{
	return err_set(
	    err, ERR_TOO_BIG, "the request to the provider would be too big");
}

int
sms_template_value(const struct sms_template *t, const struct sms_vars *vars,
    struct sms_pool *pool, struct sms_value *out, struct err *err)
{
	struct str text = STR_EMPTY;

	if (t->npiece == 1) {
		if (piece_value(&t->piece[0], vars, pool, out, err) < 0)
			return -1;
		return pool->full ? too_big(err) : 0;
	}
	if (sms_template_text(t, vars, pool, &text, err) < 0)
		return -1;
	*out = sms_value_text(text);
	return 0;
}

int
sms_template_text(const struct sms_template *t, const struct sms_vars *vars,
    struct sms_pool *pool, struct str *out, struct err *err)
{
	struct sms_value v;
	struct buf b;

	buf_init(&b, OUT_MAX);
	for (size_t i = 0; i < t->npiece; i++) {
		if (piece_value(&t->piece[i], vars, pool, &v, err) < 0) {
			buf_release(&b);
			return -1;
		}
		buf_add_str(&b, sms_value_as_text(&v, STR(","), pool));
	}
	*out = sms_pool_take(pool, &b);
	return pool->full ? too_big(err) : 0;
}

/* ---- escaping --------------------------------------------------------- */

/* RFC 3986 2.3 */
static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    c == '~';
}

static void
add_percent(struct str raw, bool plus, struct buf *out)
{
	for (size_t i = 0; i < raw.len; i++) {
		if (is_unreserved(raw.p[i]))
			buf_addc(out, raw.p[i]);
		else if (plus && raw.p[i] == ' ')
			buf_addc(out, '+');
		else
			buf_addf(out, "%%%02X", (uint8_t)raw.p[i]);
	}
}

static void
add_json(struct str raw, struct buf *out)
{
	for (size_t i = 0; i < raw.len; i++) {
		uint8_t c = (uint8_t)raw.p[i];

		if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\u%04x", c);
		else
			buf_addc(out, (char)c);
	}
}

void
sms_escape_add(struct str raw, enum sms_escape how, struct buf *out)
{
	switch (how) {
	case SMS_ESCAPE_FORM:
	case SMS_ESCAPE_QUERY:
	case SMS_ESCAPE_SEGMENT:
		add_percent(raw, how == SMS_ESCAPE_FORM, out);
		return;
	case SMS_ESCAPE_JSON:
		add_json(raw, out);
		return;
	case SMS_ESCAPE_NONE:
	case SMS_ESCAPE_HEADER:
		break;
	}
	buf_add_str(out, raw);
}

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((uint8_t)s.p[i] < 0x20 || (uint8_t)s.p[i] == 0x7f)
			return true;
	return false;
}

int
sms_template_render(const struct sms_template *t, const struct sms_vars *vars,
    enum sms_escape how, struct buf *out, struct err *err)
{
	struct sms_pool pool;
	struct str text = STR_EMPTY;
	int rc;

	sms_pool_init(&pool, OUT_MAX);
	rc = sms_template_text(t, vars, &pool, &text, err);
	if (rc == 0 && how == SMS_ESCAPE_HEADER && has_control(text))
		rc = err_set(err, ERR_BAD_INPUT,
		    "a control character would come into a header");
	if (rc == 0)
		sms_escape_add(text, how, out);
	if (rc == 0 && buf_is_full(out))
		rc = too_big(err);
	sms_pool_release(&pool);
	return rc;
}

/* ---- URLs ------------------------------------------------------------- */

static bool
is_printable(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    strchr("\"<>\\^`{|}", s.p[i]))
			return false;
	return true;
}

/* What is behind "http://" or "https://"; empty: neither is there. */
static struct str
behind_scheme(struct str url)
{
	if (str_starts(url, STR("https://")))
		return str_skip(url, 8);
	if (str_starts(url, STR("http://")))
		return str_skip(url, 7);
	return STR_EMPTY;
}

int
sms_url_check(struct str url, struct err *err)
{
	struct str host = behind_scheme(url);
	ptrdiff_t slash = str_find(host, '/');

	if (slash >= 0)
		host = str_head(host, (size_t)slash);
	if (host.len == 0 || host.p[0] == ':')
		return err_set(
		    err, ERR_BAD_INPUT, "not a URL (\"https://host/path\")");
	if (!is_printable(url) || url.len > URL_MAX)
		return err_set(err, ERR_BAD_INPUT,
		    "characters that cannot be in a URL, or too many");
	if (str_has(host, '@'))
		return err_set(
		    err, ERR_BAD_INPUT, "a URL with a user in it (user@host)");
	if (str_has(url, '?') || str_has(url, '#'))
		return err_set(err, ERR_BAD_INPUT,
		    "a URL with a '?' or '#' in it; only its beginning");
	return 0;
}

/* Where the end of what has been rendered so far stands. */
enum place { AT_START, IN_HOST, IN_PATH };

static enum place
place_of(struct str so_far)
{
	struct str behind = behind_scheme(so_far);

	if (so_far.len == 0)
		return AT_START;
	return str_has(behind, '/') || str_has(behind, '?') ? IN_PATH : IN_HOST;
}

/* One or several labels would be the choice of a host; one is not. */
static bool
is_label(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		        (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-'))
			return false;
	return s.len > 0 && s.len < 64 && s.p[0] != '-' &&
	    s.p[s.len - 1] != '-';
}

/* "." and ".." are not escaped by anything, and would climb. */
static bool
climbs(struct str s)
{
	return str_is(s, ".") || str_is(s, "..");
}

static int
add_base(struct str base, struct buf *out, struct err *err)
{
	if (sms_url_check(base, err) < 0)
		return -1;
	while (str_ends(base, STR("/")))
		base = str_head(base, base.len - 1);
	buf_add_str(out, base);
	return 0;
}

static int
add_url_value(struct str v, enum place place, struct buf *out, struct err *err)
{
	switch (place) {
	case AT_START:
		return add_base(v, out, err);
	case IN_HOST:
		if (!is_label(v))
			return err_set(err, ERR_BAD_INPUT,
			    "not a name for a host: a-z, 0-9 and '-' only");
		buf_add_str(out, v);
		return 0;
	case IN_PATH:
		break;
	}
	if (climbs(v))
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" cannot be part of a path", STR_ARG(v));
	sms_escape_add(v, SMS_ESCAPE_SEGMENT, out);
	return 0;
}

static int
add_url_piece(const struct piece *p, const struct sms_vars *vars,
    struct sms_pool *pool, struct buf *out, bool *host_var, struct err *err)
{
	enum place place = place_of(buf_str(out));
	struct sms_value v;

	if (!p->is_name) {
		buf_add_str(out, p->text);
		return 0;
	}
	if (place != IN_PATH && !p->trusted)
		*host_var = true;
	if (piece_value(p, vars, pool, &v, err) < 0)
		return -1;
	if (add_url_value(
	        sms_value_as_text(&v, STR(","), pool), place, out, err) < 0)
		return err_prefix(err, "{" STR_FMT "}", STR_ARG(p->text));
	return 0;
}

int
sms_template_url(const struct sms_template *t, const struct sms_vars *vars,
    struct buf *out, bool *host_var, struct err *err)
{
	struct sms_pool pool;
	int rc = 0;

	*host_var = false;
	sms_pool_init(&pool, OUT_MAX);
	for (size_t i = 0; i < t->npiece && rc == 0; i++)
		rc = add_url_piece(
		    &t->piece[i], vars, &pool, out, host_var, err);
	if (rc == 0 && (buf_is_full(out) || pool.full))
		rc = too_big(err);
	if (rc == 0 && !is_printable(buf_str(out)))
		rc = err_set(
		    err, ERR_BAD_INPUT, "characters that cannot be in a URL");
	sms_pool_release(&pool);
	return rc;
}
