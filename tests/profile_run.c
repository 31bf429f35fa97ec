/*
 * Holds a shipped profile to its case file (tests/profiles/NAME.json).
 *
 *	profile_run gateways/sms/profiles tests/profiles/NAME.json
 *
 *	profile   its name
 *	now       seconds since the Epoch
 *	vars      settings of a line
 *	line      {"number"}
 *	token     {request, answer}: of oauth2-cc, before anything is sent
 *	sends     [{name, kind, message, request}]: what is sent, to the letter;
 *	          request: see profile_request.h
 *	answers   [{name, kind, status, headers, body, expect}]: what the
 *	          provider says, and what that means
 *	webhooks  [{name, hook, request, signed, events, reply}]: what it tells.
 *	          signed is put over request; with "auth": "forged" it must be
 *	          refused
 *	polls     [{name, list, items}]: what is fetched
 *
 * The other words of a case file are for tests/interop/provider.py, which
 * plays the provider from it.  Prints each difference, exits 1 if there was
 * one.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "profile_diff.h"
#include "profile_json.h"
#include "profile_request.h"
#include "sms/sms_auth.h"
#include "sms/sms_profile.h"
#include "sms/sms_verify.h"

enum { FILE_MAX = 1024 * 1024, VARS_MAX = 60, LIST_MAX = 20 };

struct run {
	struct place at;
	json_t *cases;
	struct sms_profile *profile;
	struct sms_pair var[VARS_MAX]; /* values owned */
	size_t nvar;
	struct sms_pairs line;
	struct sms_auth_state *auth;
	int64_t now_utc;
	unsigned ncase;
};

static char *
slurp(const char *path, size_t *len_out)
{
	char *text = xmalloc(FILE_MAX + 1);
	FILE *f = fopen(path, "rb");

	if (!f) {
		printf("%s: cannot be read\n", path);
		exit(1);
	}
	*len_out = fread(text, 1, FILE_MAX, f);
	text[*len_out] = '\0';
	(void)fclose(f);
	return text;
}

/* ---- the line --------------------------------------------------------- */

static void
add_var(struct run *r, const char *name, struct str value)
{
	r->var[r->nvar].name = str_c(name);
	r->var[r->nvar].value = str_c(dup_str(value));
	r->nvar++;
	r->line = sms_pairs_of(r->var, r->nvar, NULL);
}

static void
read_line(struct run *r)
{
	json_t *vars = json_object_get(r->cases, "vars");
	const struct sms_profile_var *v;
	struct err err;
	struct buf def;
	size_t i;

	r->line = sms_pairs_of(r->var, 0, NULL);
	for (i = 0; (v = sms_profile_var(r->profile, i)); i++)
		if (json_object_get(vars, v->name))
			add_var(r, v->name, text_at(vars, v->name));
	for (i = 0; (v = sms_profile_var(r->profile, i)); i++) {
		if (json_object_get(vars, v->name))
			continue;
		if (v->required)
			bad(&r->at, "vars.%s is required", v->name);
		buf_init(&def, FILE_MAX);
		if (sms_profile_default(
		        r->profile, i, &r->line.vars, &def, &err) < 0)
			bad(&r->at, "default of %s: %s", v->name, err.text);
		add_var(r, v->name, buf_str(&def));
		buf_release(&def);
	}
}

/* ---- sends ------------------------------------------------------------ */

struct message {
	struct sms_message_vars vars;
	struct str to[LIST_MAX], media[LIST_MAX], type[LIST_MAX];
};

static void
read_lists(struct message *m, const json_t *from)
{
	json_t *list = json_object_get(from, "to_list"), *pair;
	size_t i;

	for (i = 0; i < json_array_size(list) && i < LIST_MAX; i++)
		m->to[i] = str_c(json_string_value(json_array_get(list, i)));
	m->vars.to_list = m->to;
	m->vars.nto = i;
	list = json_object_get(from, "media");
	for (i = 0; i < json_array_size(list) && i < LIST_MAX; i++) {
		pair = json_array_get(list, i);
		m->media[i] = str_c(json_string_value(json_array_get(pair, 0)));
		m->type[i] = str_c(json_string_value(json_array_get(pair, 1)));
	}
	m->vars.media = m->media;
	m->vars.media_type = m->type;
	m->vars.nmedia = i;
}

static void
read_message(struct run *r, struct message *m, const json_t *from)
{
	*m = (struct message){ 0 };
	m->vars.to = text_at(from, "to");
	m->vars.from = text_at(from, "from");
	m->vars.text = text_at(from, "text");
	m->vars.text_hex = text_at(from, "text_hex");
	m->vars.coding = text_at(from, "coding");
	m->vars.id = text_at(from, "id");
	m->vars.subject = text_at(from, "subject");
	m->vars.status_url = text_at(from, "status_url");
	m->vars.uuid = text_at(from, "uuid");
	m->vars.segments =
	    (unsigned)json_integer_value(json_object_get(from, "segments"));
	m->vars.now_utc = r->now_utc;
	read_lists(m, from);
	sms_message_vars_init(&m->vars, &r->line.vars);
}

static const char *const kinds[] = { "sms", "mms", "group" };

static enum sms_send_kind
kind_of(const json_t *c)
{
	struct str kind = text_at(c, "kind");
	unsigned i;

	for (i = 1; i < SMS_NSEND; i++)
		if (str_is(kind, kinds[i]))
			return (enum sms_send_kind)i;
	return SMS_SEND_SMS;
}

/* With what auth adds to it.  got is released. */
static void
compare_complete(struct run *r, const json_t *want, const struct sms_vars *vars,
    struct sms_request *got)
{
	struct err err;

	if (sms_auth_add(sms_profile_auth(r->profile), r->auth, vars,
	        r->now_utc, got, &err) < 0)
		bad(&r->at, "auth: %s", err.text);
	compare_request(&r->at, want, got);
	sms_request_release(got);
}

/* Fetches what oauth2-cc needs first. */
static void
run_token(struct run *r)
{
	const struct sms_auth *auth = sms_profile_auth(r->profile);
	const json_t *token = json_object_get(r->cases, "token");
	struct sms_request got;
	struct err err;

	r->at.part = "token";
	r->at.name = "oauth2-cc";
	if (!auth || !sms_auth_wants_token(auth, r->auth, r->now_utc))
		return;
	if (sms_auth_token_render(auth, &r->line.vars, &got, &err) < 0) {
		bad(&r->at, "%s", err.text);
		return;
	}
	compare_request(&r->at, json_object_get(token, "request"), &got);
	sms_request_release(&got);
	if (sms_auth_token_answer(
	        r->auth, 200, text_at(token, "answer"), r->now_utc, &err) < 0)
		bad(&r->at, "%s", err.text);
}

static void
run_send(struct run *r, const json_t *c)
{
	struct sms_request got;
	struct message m;
	struct err err;

	read_message(r, &m, json_object_get(c, "message"));
	if (sms_request_render(
	        r->profile, kind_of(c), &m.vars.vars, &got, &err) < 0)
		bad(&r->at, "%s", err.text);
	else
		compare_complete(
		    r, json_object_get(c, "request"), &m.vars.vars, &got);
}

/* ---- answers ---------------------------------------------------------- */

static struct str
answer_header(const void *headers, const char *name)
{
	return text_at(headers, name);
}

/* The answer that stands in a case. */
static struct sms_answer
answer_of(const json_t *c)
{
	struct sms_answer a = {
		.status = (int)json_integer_value(json_object_get(c, "status")),
		.body = text_at(c, "body"),
		.header = answer_header,
		.arg = json_object_get(c, "headers"),
	};
	uint64_t after_s = 0;

	(void)str_to_uint(text_at(json_object_get(c, "headers"), "Retry-After"),
	    1000, &after_s);
	a.retry_after_ms = (int64_t)after_s * 1000;
	return a;
}

static void
run_answer(struct run *r, const json_t *c)
{
	const json_t *want = json_object_get(c, "expect");
	struct sms_answer a = answer_of(c);
	struct sms_verdict v;
	json_t *got;

	sms_answer_judge(r->profile, kind_of(c), &a, &v);
	got = json_of_verdict(&v, want);
	differ(&r->at, "verdict", want, got);
	json_decref(got);
	sms_verdict_release(&v);
}

static void
run_check(struct run *r, const json_t *c)
{
	const json_t *want = json_object_get(c, "expect");
	struct sms_answer a = answer_of(c);
	struct message m;
	struct sms_request request;
	struct sms_verdict v;
	struct err err;
	json_t *got;

	read_message(r, &m, NULL);
	if (sms_profile_check_render(r->profile, &m.vars.vars, &request, &err) <
	    0) {
		bad(&r->at, "%s", err.text);
		return;
	}
	compare_complete(
	    r, json_object_get(c, "request"), &m.vars.vars, &request);
	sms_profile_judge_check(r->profile, &a, &v);
	got = json_of_verdict(&v, want);
	differ(&r->at, "verdict", want, got);
	json_decref(got);
	sms_verdict_release(&v);
}

/* ---- webhooks --------------------------------------------------------- */

struct hook_request {
	json_t *all; /* owned */
	struct sms_pair header[LIST_MAX];
	size_t nheader;
};

static void
read_hook_request(struct hook_request *h, const json_t *c)
{
	json_t *more = json_object_get(c, "signed"), *headers, *v;
	const char *name;

	h->all = json_deep_copy(json_object_get(c, "request"));
	headers = json_incref(json_object_get(h->all, "headers"));
	if (!headers)
		headers = json_object();
	(void)json_object_update(headers, json_object_get(more, "headers"));
	if (more)
		(void)json_object_update(h->all, more);
	(void)json_object_set_new(h->all, "headers", headers);
	h->nheader = 0;
	json_object_foreach(headers, name, v)
	{
		h->header[h->nheader].name = str_c(name);
		h->header[h->nheader++].value = str_c(json_string_value(v));
	}
}

static struct str
header_of(const void *arg, const char *name)
{
	const struct hook_request *h = arg;
	size_t i;

	for (i = 0; i < h->nheader; i++)
		if (str_eq_nocase(h->header[i].name, str_c(name)))
			return h->header[i].value;
	return STR_EMPTY;
}

static enum sms_verified
verify(struct run *r, const struct hook_request *h, const struct sms_doc *doc,
    struct err *err)
{
	struct sms_hook_ask ask = {
		.method = text_at(h->all, "method"),
		.url = text_at(h->all, "url"),
		.body = text_at(h->all, "body"),
		.peer = STR("192.0.2.1"),
		.header = h->header,
		.nheader = h->nheader,
		.is_form = str_starts(header_of(h, "Content-Type"),
		    STR("application/x-www-form-urlencoded")),
	};
	struct sms_once once;

	ask.query = sms_doc_query(doc, &ask.nquery);
	if (ask.body.len)
		ask.field = sms_doc_fields(doc, &ask.nfield);
	return sms_verify_check(sms_profile_verify(r->profile), &r->line.vars,
	    &ask, NULL, r->now_utc, &once, err);
}

static void
compare_reply(struct run *r, const json_t *want, struct sms_reply reply)
{
	json_t *got = json_object();

	put_number(got, "status", reply.status);
	put(got, "body", str_c(reply.body));
	if (reply.body && *reply.body)
		put(got, "type", str_c(reply.type));
	differ(&r->at, "reply", want, got);
	json_decref(got);
}

static void
compare_events(struct run *r, const json_t *c, enum sms_event_kind kind,
    const struct sms_doc *doc)
{
	json_t *events = json_array();

	(void)sms_event_parse_doc(
	    r->profile, kind, doc, note_event, events, NULL);
	differ(&r->at, "events", json_object_get(c, "events"), events);
	json_decref(events);
}

static void
run_webhook(struct run *r, const json_t *c)
{
	enum sms_event_kind kind =
	    str_is(text_at(c, "hook"), "status") ? SMS_STATUS : SMS_INBOUND;
	const struct sms_hook *hook = sms_profile_hook(r->profile, kind);
	bool is_forged = str_is(text_at(c, "auth"), "forged");
	struct sms_doc_source source = { .header = header_of };
	struct hook_request h;
	struct sms_doc *doc;
	struct str path;
	struct err err = { 0 };
	enum sms_verified verified;

	read_hook_request(&h, c);
	source.arg = &h;
	source.body = text_at(h.all, "body");
	source.content_type = header_of(&h, "Content-Type");
	source.query = text_at(h.all, "url");
	(void)str_cut(&source.query, '?', &path);
	doc = hook ? sms_hook_doc(hook, &source, &err) : NULL;
	if (!doc) {
		bad(&r->at, "%s",
		    hook ? err.text : "the profile has no such hook");
		json_decref(h.all);
		return;
	}
	verified = verify(r, &h, doc, &err);
	if (is_forged != (verified == SMS_FORGED))
		bad(&r->at, "%s", is_forged ? "was taken" : err.text);
	if (!is_forged) {
		if (!sms_hook_takes(hook, text_at(h.all, "method")))
			bad(&r->at, "its method is refused");
		compare_events(r, c, kind, doc);
		compare_reply(
		    r, json_object_get(c, "reply"), sms_hook_reply(hook));
	}
	sms_doc_free(&doc);
	json_decref(h.all);
}

/* ---- polls ------------------------------------------------------------ */

static void
note_item(struct str item, void *arg)
{
	(void)json_array_append_new(arg, json_of(item));
}

static void
poll_request(
    struct run *r, enum sms_poll_step step, struct str item, const json_t *want)
{
	struct sms_request got;
	struct err err;

	if (sms_profile_poll_render(
	        r->profile, step, item, &r->line.vars, &got, &err) < 0)
		bad(&r->at, "%s", err.text);
	else
		compare_complete(r, want, &r->line.vars, &got);
}

static void
run_item(struct run *r, const struct sms_poll *p, const json_t *c)
{
	json_t *events = json_array();
	struct err err;

	poll_request(r, SMS_POLL_ITEM, text_at(c, "item"),
	    json_object_get(c, "request"));
	if (sms_poll_events(p, text_at(c, "answer"), sms_profile_in(r->profile),
	        note_event, events, &err) < 0)
		bad(&r->at, "%s", err.text);
	differ(&r->at, "events", json_object_get(c, "events"), events);
	json_decref(events);
}

static void
run_poll(struct run *r, const json_t *c)
{
	const struct sms_poll *p = sms_profile_poll(r->profile);
	json_t *list = json_object_get(c, "list"), *items = json_array(), *v;
	json_t *wanted = json_array();
	struct err err;
	size_t i;

	json_array_foreach(json_object_get(c, "items"), i, v)
	{
		(void)json_array_append(wanted, json_object_get(v, "item"));
	}
	poll_request(
	    r, SMS_POLL_LIST, STR_EMPTY, json_object_get(list, "request"));
	if (sms_poll_items(p, text_at(list, "answer"), note_item, items, &err) <
	    0)
		bad(&r->at, "%s", err.text);
	differ(&r->at, "items", wanted, items);
	json_array_foreach(json_object_get(c, "items"), i, v)
	{
		run_item(r, p, v);
	}
	json_decref(items);
	json_decref(wanted);
}

/* ---- all of it -------------------------------------------------------- */

static const struct part {
	const char *name;
	void (*run)(struct run *r, const json_t *c);
} parts[] = {
	{ "sends", run_send },
	{ "answers", run_answer },
	{ "checks", run_check },
	{ "webhooks", run_webhook },
	{ "polls", run_poll },
};

static void
run_part(struct run *r, const struct part *p)
{
	json_t *c;
	size_t i;

	r->at.part = p->name;
	json_array_foreach(json_object_get(r->cases, p->name), i, c)
	{
		r->at.name = json_string_value(json_object_get(c, "name"));
		p->run(r, c);
		r->ncase++;
	}
}

/* A hook, a poll or a way to send that no case shows. */
static void
check_covered(struct run *r)
{
	size_t i, k;
	json_t *c;

	r->at.part = "cases";
	for (k = 0; k < SMS_NSEND; k++) {
		bool is_there = false;

		json_array_foreach(json_object_get(r->cases, "sends"), i, c)
		{
			is_there |= kind_of(c) == (enum sms_send_kind)k;
		}
		r->at.name = kinds[k];
		if (is_there !=
		    sms_profile_can(r->profile, (enum sms_send_kind)k))
			bad(&r->at, "%s",
			    is_there ? "the profile cannot do that"
			             : "nothing tries it");
	}
	r->at.name = "all";
	if (sms_profile_poll(r->profile) && !json_object_get(r->cases, "polls"))
		bad(&r->at, "nothing tries polling");
	if (sms_profile_has_check(r->profile) &&
	    !json_object_get(r->cases, "checks"))
		bad(&r->at, "nothing tries the check of credentials");
}

static void
read_profile(struct run *r, const char *folder)
{
	char path[512];
	struct err err;
	size_t len;
	char *text;

	snprintf(path, sizeof(path), "%s/%s.json", folder,
	    json_string_value(json_object_get(r->cases, "profile")));
	text = slurp(path, &len);
	r->profile = sms_profile_read(path, str_of(text, len), &err);
	free(text);
	if (!r->profile) {
		printf("%s\n", err.text);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	struct run r = { .at = { .part = "vars", .name = "line" } };
	json_error_t error;
	size_t i;

	if (argc != 3) {
		fprintf(stderr, "usage: profile_run FOLDER CASES\n");
		return 2;
	}
	r.at.file = argv[2];
	r.cases = json_load_file(r.at.file, JSON_REJECT_DUPLICATES, &error);
	if (!r.cases) {
		printf("%s:%d: %s\n", r.at.file, error.line, error.text);
		return 1;
	}
	r.now_utc = json_integer_value(json_object_get(r.cases, "now")) * 1000;
	read_profile(&r, argv[1]);
	read_line(&r);
	r.auth = sms_auth_state_new();
	run_token(&r);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		run_part(&r, &parts[i]);
	check_covered(&r);
	for (i = 0; i < r.nvar; i++)
		free((char *)(uintptr_t)r.var[i].value.p);
	sms_auth_state_free(&r.auth);
	sms_profile_free(&r.profile);
	json_decref(r.cases);
	printf("%s: %u cases, %u differences\n", r.at.file, r.ncase, r.at.nbad);
	return r.at.nbad || !r.ncase;
}
