/*
 * Every option is declared to libconfuse as a list of strings: which there are
 * in a gateway depends on its type, which may stand anywhere in the block, so
 * the union of all kinds is read and typed afterwards.
 */
#include <confuse.h>

#include "lib/buf.h"
#include "lib/xalloc.h"

#include "core/conf.h"
#include "core/conf_text.h"
#include "core/config.h"
#include "core/config_tree.h"

/* ---- the tables of libconfuse ----------------------------------------- */

/* cfg_init() copies them. */
struct options {
	cfg_opt_t *v; /* ends with CFG_END() */
	size_t n;
};

static int note_line(cfg_t *sec, cfg_opt_t *opt);
static int note_block(cfg_t *parent, cfg_opt_t *opt);

static cfg_opt_t *
options_add(struct options *o, const char *name, cfg_type_t type,
    cfg_flag_t flags, cfg_validate_callback_t fn)
{
	cfg_opt_t *opt;

	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->v[i].name, name) == 0)
			return NULL; /* another kind has it too */
	o->v = xrealloc_array(o->v, o->n + 2, sizeof(*o->v));
	opt = &o->v[o->n++];
	memset(opt, 0, 2 * sizeof(*opt));
	opt->name = name;
	opt->type = type;
	opt->flags = flags;
	opt->validcb = fn;
	return opt;
}

static void
options_add_table(struct options *o, const struct gw_option *table)
{
	for (; table && table->name; table++)
		(void)options_add(
		    o, table->name, CFGT_STR, CFGF_LIST, note_line);
}

/* MULTI: one that is not in the file is not in the tree either. */
static void
options_add_block(
    struct options *o, const char *name, struct options *inside, bool titled)
{
	cfg_opt_t *opt = options_add(o, name, CFGT_SEC,
	    CFGF_MULTI | (titled ? CFGF_TITLE | CFGF_NO_TITLE_DUPES : 0),
	    note_block);

	if (opt)
		opt->subopts = inside->v;
	else
		free(inside->v);
}

/* What any kind has inside sections of that name; all have a title, or none. */
static void
options_add_kinds_section(
    struct options *o, const struct gateway_ops *const *kinds, const char *name)
{
	struct options inside = { 0 };
	bool plain = false;

	for (; *kinds; kinds++)
		for (const struct gw_section *s = (*kinds)->sections;
		     s && s->name; s++)
			if (strcmp(s->name, name) == 0) {
				options_add_table(&inside, s->option);
				plain = s->plain;
			}
	options_add_block(o, name, &inside, !plain);
}

/* In config_sections() the plain ones come first. */
static bool
is_gateway(const struct gw_section *s)
{
	return strcmp(s->name, "gateway") == 0;
}

static const struct gw_option *
core_options(const char *section)
{
	const struct gw_section *s = config_sections();

	while (strcmp(s->name, section) != 0)
		s++;
	return s->option;
}

static struct options
options_of_gateway(const struct gateway_ops *const *kinds)
{
	struct options o = { 0 }, limits = { 0 };

	options_add_table(&o, core_options("gateway"));
	options_add_table(&limits, core_options("limits"));
	options_add_block(&o, "limits", &limits, false);
	for (size_t i = 0; kinds[i]; i++)
		options_add_table(&o, kinds[i]->options);
	for (size_t i = 0; kinds[i]; i++)
		for (const struct gw_section *s = kinds[i]->sections;
		     s && s->name; s++)
			options_add_kinds_section(&o, kinds, s->name);
	return o;
}

static struct options
options_of_file(const struct gateway_ops *const *kinds)
{
	struct options o = { 0 }, gateway = options_of_gateway(kinds);

	for (const struct gw_section *s = config_sections(); !is_gateway(s);
	     s++) {
		struct options inside = { 0 };

		options_add_table(&inside, s->option);
		options_add_block(&o, s->name, &inside, false);
	}
	options_add_block(&o, "gateway", &gateway, true);
	return o;
}

static void
options_free(cfg_opt_t *v)
{
	for (cfg_opt_t *opt = v; opt && opt->name; opt++)
		options_free(opt->subopts);
	free(v);
}

/* ---- reading with libconfuse ------------------------------------------ */

struct reader {
	const char *path;
	const struct gateway_ops *const *kinds;
	struct config_report *rep;
	struct conf_text text;
	struct options options;
	char *other[CONF_OTHERS_MAX]; /* names that the file alone declares */
	size_t nother;
	size_t block;   /* blocks that have ended */
	bool try_again; /* what was in the way is blanked, or known now */
};

/* libconfuse passes nothing of ours to its callbacks; its lexer is one too. */
static struct reader *reading;

/*
 * cfg_opt_t has no place for a line, but for the default of a number, which
 * ours are not.  0: not in the file.
 */
static int
note_line(cfg_t *sec, cfg_opt_t *opt)
{
	opt->def.number = sec->line;
	return 0;
}

/* Called when the block ends; its line is not used any more then. */
static int
note_block(cfg_t *parent, cfg_opt_t *opt)
{
	cfg_t *sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);

	(void)parent;
	if (reading->block < reading->text.nblocks)
		sec->line = reading->text.block_line[reading->block];
	reading->block++;
	return 0;
}

static bool
is_open_ended(const struct gateway_ops *const *kinds, const char *section)
{
	for (; *kinds; kinds++)
		for (const struct gw_section *s = (*kinds)->sections;
		     s && s->name; s++)
			if (strcmp(s->name, section) == 0 && s->open_ended)
				return true;
	return false;
}

static cfg_opt_t *
option_of(cfg_opt_t *v, const char *name)
{
	while (v->name && strcmp(v->name, name) != 0)
		v++;
	return v->name ? v : NULL;
}

/* An option of an open-ended section inside gateways, from the next round on. */
static bool
take_other(struct reader *r, const char *section, const char *name)
{
	cfg_opt_t *gateway = option_of(r->options.v, "gateway");
	cfg_opt_t *block = option_of(gateway->subopts, section);
	struct options inside = { 0 };

	if (!block || r->nother == CONF_OTHERS_MAX ||
	    !is_open_ended(r->kinds, section))
		return false;
	inside.v = block->subopts;
	while (inside.v && inside.v[inside.n].name)
		inside.n++;
	r->other[r->nother] = str_dup(str_c(name));
	(void)options_add(
	    &inside, r->other[r->nother++], CFGT_STR, CFGF_LIST, note_line);
	block->subopts = inside.v;
	return true;
}

static void
on_unknown(cfg_t *sec, const char *name)
{
	const char *known[256], *meant;
	size_t n = 0;
	char where[64] = "at the top level";

	reading->try_again = take_other(reading, sec->name, name);
	if (reading->try_again)
		return;
	for (cfg_opt_t *o = sec->opts; o->name && n < 255; o++)
		known[n++] = o->name;
	known[n] = NULL;
	meant = config_nearest(name, known);
	if (strcmp(sec->name, "root") != 0)
		snprintf(where, sizeof(where), "in %s", sec->name);
	config_report_add(reading->rep, true, reading->path, sec->line,
	    "there is no '%s' %s; %s%s%s", name, where,
	    meant ? "did you mean '" : "see passerelle.conf(5)",
	    meant ? meant : "", meant ? "'?" : "");
	reading->try_again =
	    conf_text_blank(&reading->text, sec->name, name, sec->line);
}

/* What else it says, and what to do about that. */
static const struct {
	const char *fmt, *advice;
} syntax_errors[] = {
	{ "missing equal sign after option '%s'", "write NAME = VALUE" },
	{ "missing title for section '%s'", "write NAME \"TITLE\" { ... }" },
	{ "missing opening brace for section '%s'", "add a {" },
	{ "missing opening brace for option '%s'",
	    "write NAME = { VALUE, VALUE }" },
	{ "found duplicate title '%s'",
	    "there is a block of that name above; put both together" },
	{ "unexpected token '%s'", "an option or a block begins with a name" },
	{ "premature end of file", "the last statement is not complete" },
};

static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *sec, const char *fmt, va_list ap)
{
	const char *advice = "see passerelle.conf(5)";
	char text[512];

	if (strcmp(fmt, "no such option '%s'") == 0) {
		on_unknown(sec, va_arg(ap, const char *));
		return;
	}
	for (size_t i = 0; i < sizeof(syntax_errors) / sizeof(syntax_errors[0]);
	     i++)
		if (strcmp(fmt, syntax_errors[i].fmt) == 0)
			advice = syntax_errors[i].advice;
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut if too long */
	config_report_add(reading->rep, true, reading->path, sec->line,
	    "%s; %s", text, advice);
}

static int
read_once(struct reader *r, cfg_opt_t *options, cfg_t **out)
{
	cfg_t *cfg = cfg_init(options, CFGF_NONE);
	int rc;

	r->block = 0;
	r->try_again = false;
	(void)cfg_set_error_function(cfg, on_error);
	reading = r;
	rc = cfg_parse_buf(cfg, r->text.clean.p);
	reading = NULL;
	if (rc != CFG_SUCCESS) {
		(void)cfg_free(cfg);
		return -1;
	}
	*out = cfg;
	return 0;
}

/* It stops at an option it does not know; every round blanks or takes one. */
static cfg_t *
read_text(struct reader *r)
{
	cfg_t *cfg = NULL;

	r->options = options_of_file(r->kinds);
	for (int i = 0; i < CONFIG_PROBLEMS_MAX + CONF_OTHERS_MAX; i++)
		if (read_once(r, r->options.v, &cfg) == 0 || !r->try_again)
			break;
	options_free(r->options.v);
	while (r->nother)
		free(r->other[--r->nother]);
	return cfg;
}

/* ---- sections --------------------------------------------------------- */

static void
copy_option(struct reader *r, struct conf *c, cfg_opt_t *opt,
    int line_of_section, const char *type, bool open_ended)
{
	size_t n = cfg_opt_size(opt);
	int line = (int)opt->def.number;
	const char **item;

	if (opt->type != CFGT_STR || !(opt->flags & CFGF_MODIFIED))
		return;
	if (line == 0)
		line = line_of_section; /* {}: no value was ever noted */
	if (!conf_knows(c, opt->name) &&
	    !(open_ended && conf_declare(c, opt->name))) {
		/* An unknown type has been complained about. */
		if (type)
			config_report_add(r->rep, true, r->path, line,
			    "there is no '%s' here in a gateway of type %s",
			    opt->name, type);
		return;
	}
	item = xcalloc(n + 1, sizeof(*item));
	for (size_t i = 0; i < n; i++)
		item[i] = cfg_opt_getnstr(opt, (unsigned)i);
	conf_set(c, opt->name, line, item, n, r->rep);
	free(item);
}

/* sec may be NULL: all defaults. */
static struct conf *
read_section(struct reader *r, cfg_t *sec, const char *name, int line,
    const struct gw_option *first, const struct gw_option *second,
    const char *type, bool open_ended)
{
	struct conf *c =
	    conf_new(r->path, name, str_c(sec ? cfg_title(sec) : NULL),
	        sec ? sec->line : line, first, second);

	for (cfg_opt_t *opt = sec ? sec->opts : NULL; opt && opt->name; opt++)
		copy_option(r, c, opt, sec->line, type, open_ended);
	conf_complete(c, r->rep);
	return c;
}

/* It would be lost. */
static void
complain_second(struct reader *r, const cfg_t *sec, const char *name)
{
	config_report_add(r->rep, true, r->path, sec->line,
	    "a second block '%s'; put both together", name);
}

/* The only one of its name. */
static cfg_t *
only(struct reader *r, cfg_t *in, const char *name)
{
	unsigned n = cfg_size(in, name);

	for (unsigned i = 1; i < n; i++)
		complain_second(r, cfg_getnsec(in, name, i), name);
	return n ? cfg_getnsec(in, name, 0) : NULL;
}

static const struct gateway_ops *
kind_of(struct reader *r, cfg_t *sec)
{
	cfg_opt_t *opt = cfg_getopt(sec, "type");
	const char *name = cfg_opt_size(opt) ? cfg_opt_getnstr(opt, 0) : NULL;
	const char *known[64], *meant;
	struct buf list;
	size_t n = 0;

	if (!name)
		return NULL; /* conf_complete() asks for it */
	buf_init(&list, 1024);
	for (; n < 63 && r->kinds[n]; n++) {
		if (strcmp(r->kinds[n]->kind, name) == 0)
			break;
		known[n] = r->kinds[n]->kind;
		buf_addf(&list, "%s%s", n ? ", " : "", known[n]);
	}
	known[n] = NULL;
	if (!r->kinds[n]) {
		meant = config_nearest(name, known);
		config_report_add(r->rep, true, r->path, (int)opt->def.number,
		    "there is no type '%s'; known are %s%s%s%s", name, list.p,
		    meant ? "; did you mean '" : "", meant ? meant : "",
		    meant ? "'?" : "");
	}
	buf_release(&list);
	return r->kinds[n];
}

static const struct gw_section *
section_of(const struct gateway_ops *ops, const char *name)
{
	const struct gw_section *s = ops ? ops->sections : NULL;

	for (; s && s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static void
read_inner(struct reader *r, struct conf *c, cfg_opt_t *opt,
    const struct gateway_ops *ops)
{
	const struct gw_section *s = section_of(ops, opt->name);

	for (unsigned i = 1; s && s->plain && i < cfg_opt_size(opt); i++)
		complain_second(r, cfg_opt_getnsec(opt, i), s->name);
	for (unsigned i = 0; i < cfg_opt_size(opt); i++) {
		cfg_t *sec = cfg_opt_getnsec(opt, i);

		if (s)
			conf_add(c,
			    read_section(r, sec, s->name, 0, s->option, NULL,
			        ops->kind, s->open_ended));
		else if (ops)
			config_report_add(r->rep, true, r->path, sec->line,
			    "there is no block '%s' in a gateway of type %s",
			    opt->name, ops->kind);
	}
}

static struct conf *
read_gateway(struct reader *r, cfg_t *sec)
{
	const struct gateway_ops *ops = kind_of(r, sec);
	struct conf *c =
	    read_section(r, sec, "gateway", 0, core_options("gateway"),
	        ops ? ops->options : NULL, ops ? ops->kind : NULL, false);

	conf_add(c,
	    read_section(r, only(r, sec, "limits"), "limits", sec->line,
	        core_options("limits"), NULL, NULL, false));
	for (cfg_opt_t *opt = sec->opts; opt->name; opt++)
		if (opt->type == CFGT_SEC && strcmp(opt->name, "limits") != 0)
			read_inner(r, c, opt, ops);
	return c;
}

static struct conf *
read_root(struct reader *r, cfg_t *tree)
{
	struct conf *root = conf_new(r->path, "", STR_EMPTY, 0, NULL, NULL);
	const struct gw_section *s = config_sections();

	for (; !is_gateway(s); s++)
		conf_add(root,
		    read_section(r, only(r, tree, s->name), s->name, 0,
		        s->option, NULL, NULL, false));
	for (unsigned i = 0; i < cfg_size(tree, s->name); i++)
		conf_add(root, read_gateway(r, cfg_getnsec(tree, s->name, i)));
	return root;
}

struct conf *
config_tree_read(const char *path, struct str text,
    const struct gateway_ops *const *kinds, struct config_report *rep)
{
	struct reader r = { .path = path, .kinds = kinds, .rep = rep };
	struct conf *root = NULL;
	cfg_t *tree = NULL;

	conf_text_init(&r.text, path, text, rep);
	if (conf_text_is_sound(&r.text))
		tree = read_text(&r);
	conf_text_release(&r.text);
	if (tree) {
		root = read_root(&r, tree);
		(void)cfg_free(tree);
	}
	return root;
}
