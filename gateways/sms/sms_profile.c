/*
 * One provider, described by a file.
 *
 * Names that templates may hold are known before the first template is read:
 * maps and vars come first, let adds to them as it goes along.
 */
#include "sms/sms_profile.h"

#include <jansson.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "sms/sms_auth.h"
#include "sms/sms_profile_data.h"
#include "sms/sms_verify.h"

enum {
	VERSION = 1,
	NAME_MAX_BYTES = 64,
};

/* Names for templates, NULL-terminated. */
struct names {
	const char *name[SMS_PROFILE_VARS_MAX + 1];
	size_t n;
};

static const char *const send_names[SMS_NSEND + 1] = { "sms", "mms", "group",
	NULL };
static const char *const hook_names[SMS_NEVENT + 1] = { "inbound", "status",
	NULL };

/* ---- texts ------------------------------------------------------------ */

static bool
is_name(const char *s, bool dash)
{
	const char *p = s;

	for (; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') ||
		        (p > s && *p >= '0' && *p <= '9') ||
		        (p > s && *p == (dash ? '-' : '_')) ||
		        (dash && *p >= '0' && *p <= '9')))
			return false;
	return p > s && p - s < NAME_MAX_BYTES;
}

/* Who keeps the list of those who want no more. */
static int
read_opt_out(
    struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	static const char *const whose[] = { "provider", "gateway", NULL };
	unsigned i = 0;

	if (sms_json_get_word(root, "opt_out", whose, &i, err) < 0)
		return -1;
	p->obeys_stop = i == 1;
	return 0;
}

/* ---- head ------------------------------------------------------------- */

static int
read_head(struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	const char *name = NULL;
	struct sms_list docs = { .n = 0 };
	struct sms_json v;
	int64_t version = 0;
	int rc;

	if (sms_json_need(root, "profile", &v, err) < 0 ||
	    sms_json_int(&v, VERSION, VERSION, &version, err) < 0 ||
	    sms_json_need_text(root, "name", &name, err) < 0)
		return -1;
	if (!is_name(name, true))
		return sms_json_bad(root, err,
		    "name \"%.40s\": small letters, digits and dashes only",
		    name);
	p->name = xstrdup(name);
	rc = sms_list_get(root, "docs", &docs, err);
	p->docs = xstrdup(docs.n ? docs.text[0] : "");
	sms_list_release(&docs);
	if (rc < 0 || sms_json_keep_text(root, "title", &p->title, err) < 0 ||
	    sms_list_get(root, "setup", &p->setup, err) < 0 ||
	    sms_list_get(root, "unverified", &p->unverified, err) < 0 ||
	    sms_json_get_bool(root, "loopback", &p->loopback, err) < 0 ||
	    read_opt_out(p, root, err) < 0)
		return -1;
	if (!p->title)
		p->title = xstrdup(name);
	return sms_json_get_bool(root, "idempotent", &p->limits.dedups, err);
}

/* ---- maps, variables, let --------------------------------------------- */

static int
read_maps(struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	struct sms_json maps, v;
	void *at = NULL;

	if (!sms_json_get(root, "maps", &maps))
		return 0;
	if (sms_json_kind(&maps) != SMS_JSON_OBJECT ||
	    sms_json_count(&maps) > SMS_PROFILE_MAPS_MAX)
		return sms_json_bad(&maps, err, "not an object of at most %d",
		    SMS_PROFILE_MAPS_MAX);
	while (sms_json_next(&maps, &at, &v)) {
		p->map[p->nmap] = sms_table_read(&v, NULL, err);
		if (!p->map[p->nmap])
			return -1;
		p->map_name[p->nmap++] = xstrdup(v.key);
	}
	return 0;
}

static bool
is_message_name(const char *name)
{
	for (size_t i = 0; sms_message_names[i]; i++)
		if (str_is(str_c(name), sms_message_names[i]))
			return true;
	return false;
}

static int
check_new_name(const struct sms_json *v, struct err *err)
{
	if (!is_name(v->key, false))
		return sms_json_bad(
		    v, err, "a name has small letters, digits and '_' only");
	if (is_message_name(v->key) || str_is(str_c(v->key), "item"))
		return sms_json_bad(
		    v, err, "every message has a variable of that name");
	return 0;
}

static int
read_var(
    struct sms_profile_own_var *to, const struct sms_json *v, struct err *err)
{
	static const char *const keys[] = { "required", "secret", "operator",
		"default", "label", NULL };
	struct sms_profile_var *s = &to->shown;
	char *def = NULL, *label = NULL;
	int rc;

	s->name = xstrdup(v->key);
	if (check_new_name(v, err) < 0 || sms_json_keys(v, keys, err) < 0 ||
	    sms_json_get_bool(v, "required", &s->required, err) < 0 ||
	    sms_json_get_bool(v, "secret", &s->secret, err) < 0 ||
	    sms_json_get_bool(v, "operator", &s->operator_only, err) < 0)
		return -1;
	rc = sms_json_keep_text(v, "label", &label, err);
	s->label = label ? label : xstrdup(v->key);
	if (rc == 0)
		rc = sms_json_keep_text(v, "default", &def, err);
	s->def = def;
	to->is_url = def && str_starts(str_c(def), STR("http"));
	return rc;
}

static int
read_vars(struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	struct sms_json vars, v;
	void *at = NULL;

	if (!sms_json_get(root, "vars", &vars))
		return 0;
	if (sms_json_kind(&vars) != SMS_JSON_OBJECT ||
	    sms_json_count(&vars) > SMS_PROFILE_VARS_MAX)
		return sms_json_bad(&vars, err, "not an object of at most %d",
		    SMS_PROFILE_VARS_MAX);
	while (sms_json_next(&vars, &at, &v))
		if (read_var(&p->var[p->nvar++], &v, err) < 0)
			return -1;
	return 0;
}

/* Defaults are templates of the other variables. */
static int
read_defaults(
    struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	struct sms_json vars, v;

	for (size_t i = 0; i < p->nvar; i++) {
		if (!p->var[i].shown.def)
			continue;
		if (!sms_json_get(root, "vars", &vars) ||
		    !sms_json_get(&vars, p->var[i].shown.name, &v) ||
		    sms_template_get(&v, "default", &p->var[i].def, err) < 0)
			return -1;
	}
	return 0;
}

/* names grows while templates are read: the scope sees it at once. */
static int
read_lets(struct sms_profile *p, const struct sms_json *root,
    struct names *names, struct err *err)
{
	struct sms_json lets, v;
	void *at = NULL;

	if (!sms_json_get(root, "let", &lets))
		return 0;
	if (sms_json_kind(&lets) != SMS_JSON_OBJECT ||
	    sms_json_count(&lets) > SMS_PROFILE_LETS_MAX)
		return sms_json_bad(&lets, err, "not an object of at most %d",
		    SMS_PROFILE_LETS_MAX);
	while (sms_json_next(&lets, &at, &v)) {
		struct sms_profile_let *l = &p->let[p->nlet++];

		l->name = xstrdup(v.key);
		if (check_new_name(&v, err) < 0 ||
		    sms_template_read(&v, &l->value, err) < 0)
			return -1;
		names->name[names->n++] = l->name;
	}
	return 0;
}

/* ---- numbers, limits, price ------------------------------------------- */

static int
read_format(const struct sms_json *obj, const char *key,
    struct sms_number_format *out, struct err *err)
{
	const char *text = NULL;
	struct sms_json v;

	if (!sms_json_get(obj, key, &v))
		return 0;
	if (sms_json_text(&v, &text, err) < 0)
		return -1;
	return sms_number_format_read(str_c(text), out)
	    ? 0
	    : sms_json_bad(
	          &v, err, "not one of e164, digits, 00, nat:CALLING-CODE");
}

static int
read_numbers(
    struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	static const char *const keys[] = { "from", "to", "in", NULL };
	struct sms_json v;

	if (!sms_json_get(root, "numbers", &v))
		return 0;
	if (sms_json_keys(&v, keys, err) < 0 ||
	    read_format(&v, "to", &p->to, err) < 0)
		return -1;
	p->from = p->to;
	if (read_format(&v, "from", &p->from, err) < 0)
		return -1;
	p->in = p->from;
	return read_format(&v, "in", &p->in, err);
}

/* ---- sending, errors, hooks ------------------------------------------- */

static int
read_send(struct sms_profile *p, const struct sms_json *send,
    enum sms_send_kind kind, struct err *err)
{
	static const char *const keys[] = { SMS_CALL_KEYS, "accept", NULL };
	struct sms_json v;

	if (!sms_json_get(send, send_names[kind], &v))
		return 0;
	if (sms_json_keys(&v, keys, err) < 0)
		return -1;
	p->call[kind] = sms_call_read(&v, err);
	if (!p->call[kind])
		return -1;
	return sms_accept_get(&v, &p->accept[kind], err);
}

/* Without {from} the provider knows itself by whom it is sent. */
static bool
names_sender(const struct sms_json *send)
{
	char *text = json_dumps(send->value, JSON_COMPACT);
	bool found = text && (strstr(text, "{from}") || strstr(text, "{from|"));

	free(text);
	return found;
}

static int
read_sends(struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	struct sms_json send;

	if (sms_json_need(root, "send", &send, err) < 0 ||
	    sms_json_keys(&send, send_names, err) < 0)
		return -1;
	for (unsigned i = 0; i < SMS_NSEND; i++)
		if (read_send(p, &send, (enum sms_send_kind)i, err) < 0)
			return -1;
	if (!p->call[SMS_SEND_SMS])
		return sms_json_bad(&send, err, "\"sms\" is missing");
	p->needs_number = names_sender(&send);
	return 0;
}

static int
read_errors(struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	struct sms_json v;

	if (!sms_json_get(root, "errors", &v))
		return 0;
	p->rules = sms_rules_read(&v, err);
	return p->rules ? 0 : -1;
}

static int
read_hooks(struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	struct sms_json hooks, v;

	if (!sms_json_get(root, "hooks", &hooks))
		return 0;
	if (sms_json_keys(&hooks, hook_names, err) < 0)
		return -1;
	for (unsigned i = 0; i < SMS_NEVENT; i++) {
		if (!sms_json_get(&hooks, hook_names[i], &v))
			continue;
		p->hook[i] = sms_hook_read(&v, (enum sms_event_kind)i, err);
		if (!p->hook[i])
			return -1;
	}
	return 0;
}

static int
read_poll(struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	struct sms_json v;

	if (!sms_json_get(root, "poll", &v))
		return 0;
	p->poll = sms_poll_read(&v, err);
	return p->poll ? 0 : -1;
}

/* What a profile without "verify" or "auth" says by that. */
static int
read_implied(struct sms_profile *p, const char *text, struct err *err)
{
	struct sms_json_file f;
	struct sms_json v;

	if (sms_json_open(&f, "implied", str_c(text), err) < 0)
		return -1;
	v = sms_json_root(&f);
	if (!p->verify)
		p->verify = sms_verify_read(&v, err);
	else
		p->auth = sms_auth_read(&v, err);
	sms_json_close(&f);
	return 0;
}

static int
read_verify(struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	struct sms_json v;

	if (!sms_json_get(root, "verify", &v))
		return read_implied(p, "{\"scheme\":\"path-token\"}", err);
	p->verify = sms_verify_read(&v, err);
	return p->verify ? 0 : -1;
}

static int
read_auth(struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	struct sms_json v;

	if (!sms_json_get(root, "auth", &v))
		return read_implied(p, "{\"kind\":\"none\"}", err);
	p->auth = sms_auth_read(&v, err);
	return p->auth ? 0 : -1;
}

static int
read_check(struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	static const char *const keys[] = { SMS_CALL_KEYS, "accept", NULL };
	struct sms_json v;

	if (!sms_json_get(root, "check", &v))
		return 0;
	if (sms_json_keys(&v, keys, err) < 0)
		return -1;
	p->check = sms_call_read(&v, err);
	if (!p->check)
		return -1;
	return sms_accept_get(&v, &p->check_accept, err);
}

/* ---- the whole -------------------------------------------------------- */

static const char *const root_keys[] = { "profile", "name", "title", "docs",
	"setup", "unverified", "vars", "numbers", "limits", "price", "maps",
	"let", "send", "check", "errors", "hooks", "poll", "idempotent",
	"loopback", "opt_out", "auth", "verify", NULL };

/* Settings of a line: those that only the operator makes, and the others. */
struct scopes {
	struct names operators, users, lets;
	struct sms_scope operator_scope, user_scope, message_scope, let_scope;
};

static void
make_scopes(struct sms_profile *p, struct scopes *s)
{
	for (size_t i = 0; i < p->nvar; i++) {
		const struct sms_profile_var *v = &p->var[i].shown;
		struct names *to = v->operator_only ? &s->operators : &s->users;

		to->name[to->n++] = v->name;
	}
	s->operator_scope =
	    (struct sms_scope){ .name = s->operators.name, .trusted = true };
	s->user_scope = (struct sms_scope){ .name = s->users.name,
		.table_name = (const char *const *)p->map_name,
		.table = p->map,
		.up = &s->operator_scope };
	s->message_scope = (struct sms_scope){ .name = sms_message_names,
		.up = &s->user_scope };
	s->let_scope =
	    (struct sms_scope){ .name = s->lets.name, .up = &s->message_scope };
}

/* What is about the line, before there is a message. */
static int
read_line_parts(
    struct sms_profile *p, const struct sms_json *root, struct err *err)
{
	if (read_defaults(p, root, err) < 0 || read_numbers(p, root, err) < 0 ||
	    sms_limits_get(root, &p->limits, err) < 0 ||
	    sms_price_get(root, &p->price, err) < 0)
		return -1;
	return read_verify(p, root, err);
}

static int
read_message_parts(struct sms_profile *p, const struct sms_json *root,
    struct names *lets, struct err *err)
{
	if (read_lets(p, root, lets, err) < 0 || read_auth(p, root, err) < 0 ||
	    read_check(p, root, err) < 0 || read_sends(p, root, err) < 0 ||
	    read_errors(p, root, err) < 0 || read_hooks(p, root, err) < 0)
		return -1;
	return read_poll(p, root, err);
}

static int
read_all(struct sms_profile *p, struct sms_json_file *f, struct scopes *s,
    struct err *err)
{
	struct sms_json root = sms_json_root(f);

	if (sms_json_keys(&root, root_keys, err) < 0 ||
	    read_head(p, &root, err) < 0 || read_maps(p, &root, err) < 0 ||
	    read_vars(p, &root, err) < 0)
		return -1;
	make_scopes(p, s);
	f->scope = &s->user_scope;
	if (read_line_parts(p, &root, err) < 0)
		return -1;
	f->scope = &s->let_scope;
	return read_message_parts(p, &root, &s->lets, err);
}

struct sms_profile *
sms_profile_read(const char *file, struct str text, struct err *err)
{
	struct scopes s = { 0 };
	struct sms_profile *p;
	struct sms_json_file f;
	int rc;

	if (sms_json_open(&f, file, text, err) < 0)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	rc = read_all(p, &f, &s, err);
	sms_json_close(&f);
	if (rc < 0)
		sms_profile_free(&p);
	return p;
}

static void
free_names(struct sms_profile *p)
{
	for (size_t i = 0; i < p->nvar; i++) {
		struct sms_profile_var *v = &p->var[i].shown;

		free((char *)(uintptr_t)v->name);
		free((char *)(uintptr_t)v->label);
		free((char *)(uintptr_t)v->def);
		sms_template_free(&p->var[i].def);
	}
	for (size_t i = 0; i < p->nlet; i++) {
		free(p->let[i].name);
		sms_template_free(&p->let[i].value);
	}
	for (size_t i = 0; i < p->nmap; i++) {
		free(p->map_name[i]);
		sms_table_free(&p->map[i]);
	}
}

void
sms_profile_free(struct sms_profile **pp)
{
	struct sms_profile *p = *pp;

	if (!p)
		return;
	free_names(p);
	for (unsigned i = 0; i < SMS_NSEND; i++) {
		sms_call_free(&p->call[i]);
		sms_accept_free(&p->accept[i]);
	}
	for (unsigned i = 0; i < SMS_NEVENT; i++)
		sms_hook_free(&p->hook[i]);
	sms_rules_free(&p->rules);
	sms_poll_free(&p->poll);
	sms_verify_free(&p->verify);
	sms_auth_free(&p->auth);
	sms_call_free(&p->check);
	sms_accept_free(&p->check_accept);
	sms_list_release(&p->setup);
	sms_list_release(&p->unverified);
	sms_limits_release(&p->limits);
	free(p->name);
	free(p->title);
	free(p->docs);
	free(p);
	*pp = NULL;
}

/* ---- what is in it ---------------------------------------------------- */

const char *
sms_profile_name(const struct sms_profile *p)
{
	return p->name;
}

const char *
sms_profile_title(const struct sms_profile *p)
{
	return p->title;
}

const char *
sms_profile_docs(const struct sms_profile *p)
{
	return p->docs;
}

const char *
sms_profile_setup(const struct sms_profile *p, size_t i)
{
	return i < p->setup.n ? p->setup.text[i] : NULL;
}

const char *
sms_profile_unverified(const struct sms_profile *p, size_t i)
{
	return i < p->unverified.n ? p->unverified.text[i] : NULL;
}

const struct sms_profile_var *
sms_profile_var(const struct sms_profile *p, size_t i)
{
	return i < p->nvar ? &p->var[i].shown : NULL;
}

const struct sms_limits *
sms_profile_limits(const struct sms_profile *p)
{
	return &p->limits;
}

const struct sms_price *
sms_profile_price(const struct sms_profile *p)
{
	return &p->price;
}

const struct sms_number_format *
sms_profile_in(const struct sms_profile *p)
{
	return &p->in;
}

bool
sms_profile_can(const struct sms_profile *p, enum sms_send_kind kind)
{
	return p->call[kind] != NULL;
}

bool
sms_profile_needs_number(const struct sms_profile *p)
{
	return p->needs_number;
}

bool
sms_profile_is_loopback(const struct sms_profile *p)
{
	return p->loopback;
}

bool
sms_profile_obeys_stop(const struct sms_profile *p)
{
	return p->obeys_stop;
}

const struct sms_hook *
sms_profile_hook(const struct sms_profile *p, enum sms_event_kind kind)
{
	return p->hook[kind];
}

const struct sms_poll *
sms_profile_poll(const struct sms_profile *p)
{
	return p->poll;
}

const struct sms_verify *
sms_profile_verify(const struct sms_profile *p)
{
	return p->verify;
}

const struct sms_auth *
sms_profile_auth(const struct sms_profile *p)
{
	return p->auth;
}

bool
sms_profile_has_check(const struct sms_profile *p)
{
	return p->check != NULL;
}

int
sms_profile_default(const struct sms_profile *p, size_t i,
    const struct sms_vars *vars, struct buf *out, struct err *err)
{
	const struct sms_profile_own_var *v = &p->var[i];
	bool host_var;
	int rc;

	if (!v->def)
		return 0;
	rc = v->is_url
	    ? sms_template_url(v->def, vars, out, &host_var, err)
	    : sms_template_render(v->def, vars, SMS_ESCAPE_NONE, out, err);
	return rc == 0 ? 0 : err_prefix(err, "%s", v->shown.name);
}
