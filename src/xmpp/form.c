/*
 * XEP-0004 2.13	data forms
 * XEP-0068		FORM_TYPE
 */
#include "xmpp/form.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

static const struct {
	const char *name;
	bool many;     /* values */
	bool has_list; /* of options */
} types[] = {
	[FORM_TEXT] = { .name = "text-single" },
	[FORM_SECRET] = { .name = "text-private" },
	[FORM_LINES] = { .name = "text-multi", .many = true },
	[FORM_BOOL] = { .name = "boolean" },
	[FORM_LIST] = { .name = "list-single", .has_list = true },
	[FORM_LISTS] = { .name = "list-multi", .many = true, .has_list = true },
	[FORM_FIXED] = { .name = "fixed" },
	[FORM_HIDDEN] = { .name = "hidden" },
	[FORM_JID] = { .name = "jid-single" },
	[FORM_JIDS] = { .name = "jid-multi", .many = true },
};

_Static_assert(
    sizeof(types) / sizeof(types[0]) == FORM_NTYPE, "a row for each type");

/* ---- writing ---------------------------------------------------------- */

static void
write_value(struct xmlw *w, struct str value)
{
	xmlw_textel(w, "value", NULL, value);
}

static void
write_lines(struct xmlw *w, struct str text)
{
	struct str line;

	while (str_cut(&text, '\n', &line))
		write_value(w, line);
}

static void
write_values(struct xmlw *w, const struct form_field *f)
{
	switch (f->type) {
	case FORM_SECRET:
		break;
	case FORM_BOOL:
		write_value(w, form_is_true(f->value) ? STR("1") : STR("0"));
		break;
	case FORM_LINES:
		if (f->value.p)
			write_lines(w, f->value);
		break;
	default:
		if (f->value.p)
			write_value(w, f->value);
	}
	for (size_t i = 0; i < f->nvalue; i++)
		write_value(w, f->values[i]);
}

static void
write_option(struct xmlw *w, const struct form_option *o)
{
	xmlw_open(w, "option", NULL);
	if (o->label)
		xmlw_attr_c(w, "label", o->label);
	write_value(w, o->value);
	xmlw_close(w);
}

void
form_begin(struct xmlw *w, const char *type, const char *title,
    const char *instructions)
{
	xmlw_open(w, "x", NS_DATA);
	xmlw_attr_c(w, "type", type);
	if (title)
		xmlw_textel(w, "title", NULL, str_c(title));
	if (instructions)
		xmlw_textel(w, "instructions", NULL, str_c(instructions));
}

void
form_add(struct xmlw *w, const struct form_field *f)
{
	xmlw_open(w, "field", NULL);
	if (f->var)
		xmlw_attr_c(w, "var", f->var);
	xmlw_attr_c(w, "type", types[f->type].name);
	if (f->label)
		xmlw_attr_c(w, "label", f->label);
	if (f->desc)
		xmlw_textel(w, "desc", NULL, str_c(f->desc));
	if (f->required)
		xmlw_leaf(w, "required", NULL);
	write_values(w, f);
	for (size_t i = 0; i < f->noption; i++)
		write_option(w, &f->option[i]);
	xmlw_close(w);
}

void
form_add_type(struct xmlw *w, const char *form_type)
{
	form_add(w,
	    &(struct form_field){ .type = FORM_HIDDEN,
	        .var = "FORM_TYPE",
	        .value = str_c(form_type) });
}

void
form_add_text(
    struct xmlw *w, const char *var, const char *label, struct str value)
{
	form_add(w,
	    &(struct form_field){ .type = FORM_TEXT,
	        .var = var,
	        .label = label,
	        .value = value });
}

void
form_write(struct xmlw *w, const char *type, const char *title,
    const char *instructions, const struct form_field *field, size_t nfield)
{
	form_begin(w, type, title, instructions);
	for (size_t i = 0; i < nfield; i++)
		form_add(w, &field[i]);
	xmlw_close(w);
}

/* ---- reading ---------------------------------------------------------- */

const struct stanza *
form_find(const struct stanza *parent)
{
	return stanza_child(parent, "x", NS_DATA);
}

bool
form_is_cancelled(const struct stanza *x)
{
	return x && str_is(stanza_attr(x, "type"), "cancel");
}

bool
form_is_submit(const struct stanza *x, const char *form_type)
{
	if (!x || !str_is(stanza_attr(x, "type"), "submit"))
		return false;
	return !form_type || !form_has(x, "FORM_TYPE") ||
	    str_is(form_value(x, "FORM_TYPE"), form_type);
}

static const struct stanza *
find_field(const struct stanza *x, const char *var)
{
	const struct stanza *f = stanza_child(x, "field", NS_DATA);

	while (f && !str_is(stanza_attr(f, "var"), var))
		f = stanza_next(f, "field", NS_DATA);
	return f;
}

/* Text broken up by elements is no value: it would have to be joined. */
static struct str
text_of(const struct stanza *value)
{
	struct buf none;

	buf_init(&none, 0);
	return stanza_text(value, &none);
}

static const struct stanza *
first_value(const struct stanza *x, const char *var)
{
	return stanza_child(find_field(x, var), "value", NS_DATA);
}

bool
form_has(const struct stanza *x, const char *var)
{
	return find_field(x, var) != NULL;
}

struct str
form_value(const struct stanza *x, const char *var)
{
	const struct stanza *v = first_value(x, var);

	return v ? text_of(v) : STR_EMPTY;
}

size_t
form_values(
    const struct stanza *x, const char *var, struct str *out, size_t max)
{
	const struct stanza *v = first_value(x, var);
	size_t n = 0;

	for (; v; v = stanza_next(v, "value", NS_DATA), n++)
		if (n < max)
			out[n] = text_of(v);
	return n;
}

void
form_lines(const struct stanza *x, const char *var, struct buf *out)
{
	const struct stanza *v = first_value(x, var);

	while (v) {
		buf_add_str(out, text_of(v));
		v = stanza_next(v, "value", NS_DATA);
		if (v)
			buf_addc(out, '\n');
	}
}

bool
form_bool(const struct stanza *x, const char *var)
{
	return form_is_true(form_value(x, var));
}

bool
form_is_true(struct str value)
{
	return str_is(value, "1") || str_is(value, "true");
}

/* ---- checking --------------------------------------------------------- */

static const char *
name_of(const struct form_field *f)
{
	return f->label ? f->label : f->var;
}

static bool
is_option(const struct form_field *f, struct str value)
{
	for (size_t i = 0; i < f->noption; i++)
		if (str_eq(f->option[i].value, value))
			return true;
	return false;
}

static int
check_list(const struct form_field *f, struct str value, struct err *err)
{
	if (is_option(f, value))
		return 0;
	return err_set(err, ERR_BAD_INPUT,
	    "%s: choose one of those on the list", name_of(f));
}

static int
check_bool(const struct form_field *f, struct str value, struct err *err)
{
	if (form_is_true(value) || str_is(value, "0") || str_is(value, "false"))
		return 0;
	return err_set(err, ERR_BAD_INPUT, "%s: yes (1) or no (0)", name_of(f));
}

static int
check_jid(const struct form_field *f, struct str value, struct err *err)
{
	struct jid j;

	if (jid_parse(&j, value, err) < 0)
		return err_prefix(err, "%s", name_of(f));
	return 0;
}

/* A line end here would be a new command on the other side. */
static int
check_line(const struct form_field *f, struct str value, struct err *err)
{
	if (!str_has(value, '\n') && !str_has(value, '\r') &&
	    !str_has(value, '\0'))
		return 0;
	return err_set(err, ERR_BAD_INPUT, "%s: one line only", name_of(f));
}

static int
check_value(const struct form_field *f, struct str value, struct err *err)
{
	switch (f->type) {
	case FORM_BOOL:
		return check_bool(f, value, err);
	case FORM_LIST:
	case FORM_LISTS:
		return check_list(f, value, err);
	case FORM_JID:
	case FORM_JIDS:
		return check_jid(f, value, err);
	case FORM_LINES:
	case FORM_FIXED:
		return 0;
	default:
		return check_line(f, value, err);
	}
}

/* Empty stands for "not filled in", but for a list, where it may be there. */
static bool
is_unanswered(const struct form_field *f, struct str value)
{
	return value.len == 0 && !is_option(f, value);
}

static int
check_field(const struct stanza *x, const struct form_field *f, struct err *err)
{
	const struct stanza *v = first_value(x, f->var);
	size_t n = 0, size = 0, answers = 0;

	for (; v; v = stanza_next(v, "value", NS_DATA)) {
		struct str value = text_of(v);

		n++;
		size += value.len;
		if (n > FORM_VALUES_MAX || size > FORM_VALUE_MAX)
			return err_set(
			    err, ERR_TOO_BIG, "%s: too long", name_of(f));
		if (is_unanswered(f, value))
			continue;
		answers++;
		if (check_value(f, value, err) < 0)
			return -1;
	}
	if (n > 1 && !types[f->type].many)
		return err_set(
		    err, ERR_BAD_INPUT, "%s: one value only", name_of(f));
	if (f->required && answers == 0)
		return err_set(
		    err, ERR_BAD_INPUT, "%s: must be filled in", name_of(f));
	return 0;
}

int
form_check(const struct stanza *x, const struct form_field *field,
    size_t nfield, struct err *err)
{
	for (size_t i = 0; i < nfield; i++) {
		if (!field[i].var || field[i].type == FORM_FIXED)
			continue;
		if (check_field(x, &field[i], err) < 0)
			return -1;
	}
	return 0;
}
