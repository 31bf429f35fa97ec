#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "lib/list.h"
#include "lib/secret.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

#include "core/conf.h"
#include "core/config.h"

enum { ITEM_MAX = 64 * 1024, COMPLAINT_MAX = 1024 };

struct value {
	const struct gw_option *opt;
	int line; /* 0: the default */
	bool is_bad;
	size_t n;
	char **item;
	int64_t number; /* of GW_OPT_INT and GW_OPT_BOOL */
};

/* An option that the file alone declares. */
struct other {
	struct gw_option opt;
	char *name;
};

struct conf {
	struct list node; /* among the sections of its parent */
	struct list sections;
	const char *path, *name;
	char *title;
	int line;
	size_t nvalues, ndeclared; /* the last of them are in no table */
	struct value *value;
	struct other *other;
};

static const char *const words[] = { "no", "false", "off", "yes", "true", "on",
	NULL };

/* ---- values ----------------------------------------------------------- */

static struct value *
find(const struct conf *c, const char *option)
{
	for (size_t i = 0; i < c->nvalues; i++)
		if (strcmp(c->value[i].opt->name, option) == 0)
			return &c->value[i];
	return NULL;
}

/* Asking for what no table declares is a mistake of ours. */
static const struct value *
value_of(const struct conf *c, const char *option)
{
	const struct value *v = find(c, option);

	assert(v);
	return v;
}

static void
value_clear(struct value *v)
{
	for (size_t i = 0; i < v->n; i++) {
		secret_wipe(v->item[i], strlen(v->item[i]));
		free(v->item[i]);
	}
	free(v->item);
	*v = (struct value){ .opt = v->opt };
}

static void
value_add(struct value *v, struct str item)
{
	v->item = xrealloc_array(v->item, v->n + 1, sizeof(*v->item));
	v->item[v->n++] = str_dup(item);
}

static bool
parse_int(const char *text, int64_t *out)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	*out = n;
	return end != text && *end == '\0' && errno == 0;
}

/* "no", "false", "off", "yes", "true", "on". */
static bool
parse_bool(const char *text, int64_t *out)
{
	for (size_t i = 0; words[i]; i++)
		if (str_eq_nocase(str_c(text), str_c(words[i]))) {
			*out = i > 2;
			return true;
		}
	return false;
}

static bool
is_ranged(const struct gw_option *opt)
{
	return opt->min != 0 || opt->max != 0;
}

static void
check_int(const struct conf *c, struct value *v, struct config_report *rep)
{
	const struct gw_option *opt = v->opt;

	if (!parse_int(v->item[0], &v->number)) {
		v->is_bad = true;
		conf_complain(c, opt->name, true, rep, "%s = %s: not a number",
		    opt->name, v->item[0]);
	} else if (is_ranged(opt) &&
	    (v->number < opt->min || v->number > opt->max)) {
		v->is_bad = true;
		conf_complain(c, opt->name, true, rep,
		    "%s = %s: must be between %" PRId64 " and %" PRId64,
		    opt->name, v->item[0], opt->min, opt->max);
	}
}

static void
check_bool(const struct conf *c, struct value *v, struct config_report *rep)
{
	if (parse_bool(v->item[0], &v->number))
		return;
	v->is_bad = true;
	conf_complain(c, v->opt->name, true, rep, "%s = %s: must be yes or no",
	    v->opt->name, v->item[0]);
}

/* Escapes can make what the text itself may not hold. */
static bool
is_text(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return utf8_is_valid(s) && s.len <= ITEM_MAX;
}

static void
check_value(const struct conf *c, struct value *v, struct config_report *rep)
{
	for (size_t i = 0; i < v->n && !v->is_bad; i++)
		if (!is_text(str_c(v->item[i]))) {
			v->is_bad = true;
			conf_complain(c, v->opt->name, true, rep,
			    "%s: not UTF-8 text on one line", v->opt->name);
		}
	if (v->is_bad || v->opt->type == GW_OPT_LIST)
		return;
	if (v->n != 1) {
		v->is_bad = true;
		conf_complain(c, v->opt->name, true, rep,
		    "%s takes one value, not a list of %zu", v->opt->name,
		    v->n);
	} else if (v->opt->type == GW_OPT_INT) {
		check_int(c, v, rep);
	} else if (v->opt->type == GW_OPT_BOOL) {
		check_bool(c, v, rep);
	}
}

/* ---- defaults --------------------------------------------------------- */

static struct str
unquote(struct str s)
{
	s = str_trim(s);
	if (s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"')
		return str_of(s.p + 1, s.len - 2);
	return s;
}

/* "{ a, b }" as a network's table has it. */
static void
default_list(struct value *v, struct str def)
{
	struct str item;

	def = str_trim(def);
	if (str_starts(def, STR("{")) && str_ends(def, STR("}")))
		def = str_of(def.p + 1, def.len - 2);
	def = str_trim(def);
	if (def.len == 0)
		return;
	while (str_cut(&def, ',', &item))
		value_add(v, unquote(item));
}

static void
take_default(const struct conf *c, struct value *v, struct config_report *rep)
{
	if (!v->opt->def) {
		value_add(v, STR_EMPTY);
		conf_complain(c, NULL, true, rep,
		    "%s%s%s%s has no %s; add %s = ...", c->name,
		    c->title[0] ? " \"" : "", c->title, c->title[0] ? "\"" : "",
		    v->opt->name, v->opt->name);
		return;
	}
	if (v->opt->type == GW_OPT_LIST)
		default_list(v, str_c(v->opt->def));
	else
		value_add(v, unquote(str_c(v->opt->def)));
	check_value(c, v, rep);
}

/* ---- building --------------------------------------------------------- */

static size_t
table_len(const struct gw_option *table)
{
	size_t n = 0;

	while (table && table[n].name)
		n++;
	return n;
}

struct conf *
conf_new(const char *path, const char *name, struct str title, int line,
    const struct gw_option *first, const struct gw_option *second)
{
	struct conf *c = xcalloc(1, sizeof(*c));
	size_t n = table_len(first), m = table_len(second);

	list_init(&c->node);
	list_init(&c->sections);
	c->path = path;
	c->name = name;
	c->title = str_dup(title);
	c->line = line;
	c->value = xcalloc(n + m + 1, sizeof(*c->value));
	c->nvalues = n + m;
	for (size_t i = 0; i < n + m; i++)
		c->value[i].opt = i < n ? &first[i] : &second[i - n];
	return c;
}

static void
others_free(struct conf *c)
{
	for (size_t i = 0; i < c->ndeclared; i++)
		free(c->other[i].name);
	free(c->other);
}

void
conf_free(struct conf **cp)
{
	struct conf *c = *cp;

	*cp = NULL;
	if (!c)
		return;
	LIST_EACH(&c->sections, node)
	{
		struct conf *child = LIST_ENTRY(node, struct conf, node);

		list_del(node);
		conf_free(&child);
	}
	for (size_t i = 0; i < c->nvalues; i++)
		value_clear(&c->value[i]);
	others_free(c);
	free(c->value);
	free(c->title);
	free(c);
}

const char *
conf_name(const struct conf *c)
{
	return c->name;
}

const char *
conf_path(const struct conf *c)
{
	return c->path;
}

int
conf_line(const struct conf *c, const char *option)
{
	const struct value *v = option ? find(c, option) : NULL;

	return v && v->line ? v->line : c->line;
}

bool
conf_knows(const struct conf *c, const char *option)
{
	return find(c, option) != NULL;
}

bool
conf_declare(struct conf *c, const char *option)
{
	struct other *o;

	if (c->ndeclared == CONF_OTHERS_MAX)
		return false;
	/* Values point at them: they do not move. */
	if (!c->other)
		c->other = xcalloc(CONF_OTHERS_MAX, sizeof(*c->other));
	o = &c->other[c->ndeclared];
	o->name = str_dup(str_c(option));
	o->opt = (struct gw_option){ .name = o->name, .def = "" };
	c->value = xrealloc_array(c->value, c->nvalues + 1, sizeof(*c->value));
	c->value[c->nvalues++] = (struct value){ .opt = &o->opt };
	c->ndeclared++;
	return true;
}

void
conf_set(struct conf *c, const char *option, int line, const char *const *item,
    size_t n, struct config_report *rep)
{
	struct value *v = find(c, option);

	assert(v);
	value_clear(v);
	v->line = line;
	for (size_t i = 0; i < n; i++)
		value_add(v, str_c(item[i]));
	check_value(c, v, rep);
}

/* A bad value has been reported; the default stands in for it. */
void
conf_complete(struct conf *c, struct config_report *rep)
{
	for (size_t i = 0; i < c->nvalues; i++) {
		struct value *v = &c->value[i];
		int line = v->line;

		if (line && !v->is_bad)
			continue;
		value_clear(v);
		if (line && !v->opt->def)
			value_add(v, STR_EMPTY);
		else
			take_default(c, v, rep);
		v->line = line;
	}
}

void
conf_add(struct conf *c, struct conf *child)
{
	list_add(&c->sections, &child->node);
}

const struct conf *
conf_only(const struct conf *c, const char *section)
{
	return conf_next(c, section, NULL);
}

/* ---- comparing -------------------------------------------------------- */

static bool
is_same_value(const struct value *a, const struct value *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	return true;
}

bool
conf_same(const struct conf *a, const struct conf *b, const char *option)
{
	return is_same_value(value_of(a, option), value_of(b, option));
}

/* Sections of one name have the same tables, but for a gateway's type. */
bool
conf_same_options(
    const struct conf *a, const struct conf *b, const struct gw_option *table)
{
	if (!table && a->nvalues != b->nvalues)
		return false;
	for (size_t i = 0; !table && i < a->nvalues; i++) {
		const char *name = a->value[i].opt->name;

		if (!conf_knows(b, name) || !conf_same(a, b, name))
			return false;
	}
	for (; table && table->name; table++)
		if (!conf_same(a, b, table->name))
			return false;
	return true;
}

/* The next section of any name but one. */
static const struct conf *
next_but(const struct conf *c, const char *but, const struct conf *prev)
{
	struct list *node = prev ? prev->node.next : c->sections.next;

	for (; node != &c->sections; node = node->next) {
		const struct conf *s =
		    LIST_ENTRY(node, const struct conf, node);

		if (!but || strcmp(s->name, but) != 0)
			return s;
	}
	return NULL;
}

bool
conf_same_sections(const struct conf *a, const struct conf *b, const char *but)
{
	const struct conf *s = NULL, *t = NULL;

	for (;;) {
		s = next_but(a, but, s);
		t = next_but(b, but, t);
		if (!s || !t)
			return !s && !t;
		if (strcmp(s->name, t->name) != 0 ||
		    strcmp(s->title, t->title) != 0 ||
		    !conf_same_options(s, t, NULL) ||
		    !conf_same_sections(s, t, NULL))
			return false;
	}
}

/* ---- complaining ------------------------------------------------------ */

void
conf_complain(const struct conf *c, const char *option, bool is_error,
    struct config_report *rep, const char *fmt, ...)
{
	char text[COMPLAINT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut if too long */
	va_end(ap);
	config_report_add(
	    rep, is_error, c->path, conf_line(c, option), "%s", text);
}

int
conf_err(const struct conf *c, const char *option, struct err *err,
    const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut, as in err */
	va_end(ap);
	return err_set(err, ERR_BAD_INPUT, "%s:%d: %s", c->path,
	    conf_line(c, option), text);
}

/* ---- what networks see ------------------------------------------------ */

struct str
conf_title(const struct conf *c)
{
	return str_c(c->title);
}

struct str
conf_str(const struct conf *c, const char *name)
{
	const struct value *v = value_of(c, name);

	return v->n ? str_c(v->item[0]) : STR_EMPTY;
}

int64_t
conf_int(const struct conf *c, const char *name)
{
	return value_of(c, name)->number;
}

bool
conf_bool(const struct conf *c, const char *name)
{
	return value_of(c, name)->number != 0;
}

size_t
conf_list_len(const struct conf *c, const char *name)
{
	return value_of(c, name)->n;
}

struct str
conf_list_at(const struct conf *c, const char *name, size_t i)
{
	const struct value *v = value_of(c, name);

	assert(i < v->n);
	return str_c(v->item[i]);
}

bool
conf_is_set(const struct conf *c, const char *name)
{
	return value_of(c, name)->line != 0;
}

struct str
conf_other(const struct conf *c, size_t i)
{
	return i < c->ndeclared ? str_c(c->other[i].name) : STR_EMPTY;
}

const struct conf *
conf_next(const struct conf *c, const char *section, const struct conf *prev)
{
	const struct conf *s = prev;

	while ((s = next_but(c, NULL, s)))
		if (strcmp(s->name, section) == 0)
			return s;
	return NULL;
}
