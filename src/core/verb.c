/*
 * What operators can say: words become a call.
 */
#include <stdlib.h>

#include "core/config.h"
#include "core/core.h"
#include "core/instance.h"
#include "core/verb.h"
#include "lib/log.h"
#include "lib/xalloc.h"

struct verb_asker {
	char *text; /* of all strings of the call */
	void (*done)(struct str text, const struct err *err, void *arg);
	void *arg;
};

/* ---- names ------------------------------------------------------------ */

static size_t
count_words(const char *name)
{
	return strchr(name, ' ') ? 2 : 1;
}

static bool
is_named(const struct verb *v, const struct str *word, size_t n)
{
	struct str rest = str_c(v->name), part;
	size_t i = 0;

	while (str_cut(&rest, ' ', &part))
		if (i == n || !str_eq(part, word[i++]))
			return false;
	return true;
}

/* "queue list, show, hold", for one that begins with two words; or nothing. */
static void
list_seconds(struct str first, struct buf *out)
{
	for (const struct verb *v = verbs; v->name; v++) {
		struct str rest = str_c(v->name), word;

		(void)str_cut(&rest, ' ', &word);
		if (rest.p && str_eq(word, first))
			(void)buf_addf(out, "%s" STR_FMT, out->len ? ", " : "",
			    STR_ARG(rest));
	}
}

static const char *
nearest(const char *said)
{
	const char *known[64];
	size_t n = 0;

	for (const struct verb *v = verbs; v->name && n < 63; v++)
		known[n++] = v->name;
	known[n] = NULL;
	return config_nearest(said, known);
}

static void
say_unknown(const struct str *word, size_t n, struct err *err)
{
	struct buf said, seconds;
	const char *meant;

	buf_init(&said, 256);
	buf_init(&seconds, 256);
	for (size_t i = 0; i < n && i < 2; i++)
		(void)buf_addf(
		    &said, "%s" STR_FMT, i ? " " : "", STR_ARG(word[i]));
	meant = nearest(said.p);
	if (n > 0)
		list_seconds(word[0], &seconds);
	if (n == 0)
		err_set(err, ERR_BAD_INPUT, "nothing was asked for");
	else if (meant)
		err_set(err, ERR_BAD_INPUT,
		    "'%s' is not known; did you mean '%s'?", said.p, meant);
	else if (seconds.len > 0)
		err_set(err, ERR_BAD_INPUT,
		    "behind '" STR_FMT "' say one of: %s", STR_ARG(word[0]),
		    seconds.p);
	else
		err_set(err, ERR_BAD_INPUT,
		    "'%s' is not known; 'help' shows what is", said.p);
	buf_release(&said);
	buf_release(&seconds);
}

const struct verb *
verb_find(const struct str *word, size_t n, size_t *nname_out, struct err *err)
{
	for (const struct verb *v = verbs; v->name; v++)
		if (is_named(v, word, n)) {
			*nname_out = count_words(v->name);
			return v;
		}
	say_unknown(word, n, err);
	return NULL;
}

static void
add_upper(struct buf *out, const char *name)
{
	for (; *name; name++)
		(void)buf_addc(out,
		    *name >= 'a' && *name <= 'z' ? (char)(*name - 32) : *name);
}

void
verb_write_usage(const struct verb *v, struct buf *out)
{
	(void)buf_addf(out, "%s", v->name);
	for (size_t i = 0; i < VERB_ARGS_MAX && v->arg[i].name; i++) {
		const struct verb_arg *a = &v->arg[i];

		(void)buf_addf(out, a->required ? " " : " [");
		add_upper(out, a->name);
		(void)buf_addf(
		    out, "%s%s", a->rest ? "..." : "", a->required ? "" : "]");
	}
}

void
verb_write_help(struct buf *out)
{
	for (const struct verb *v = verbs; v->name; v++) {
		(void)buf_addf(out, "  ");
		verb_write_usage(v, out);
		(void)buf_addf(out, "\n\t%s\n", v->help);
	}
}

/* ---- gateways --------------------------------------------------------- */

static bool
fits(const struct verb *v, const struct gateway *gw)
{
	return !v->stores || !gw->ops->live;
}

bool
verb_fits(const struct adhoc_command *command, struct gateway *gw)
{
	return fits((const void *)command, gw);
}

static struct gateway *
named_gateway(
    struct core *c, const struct verb *v, struct str domain, struct err *err)
{
	struct gateway *gw = NULL;

	while (gw = core_next_gateway(c, gw), gw)
		if (str_is(domain, gw->domain))
			break;
	if (!gw)
		err_set(err, ERR_NOT_FOUND, "there is no gateway " STR_FMT,
		    STR_ARG(domain));
	else if (!fits(v, gw)) {
		err_set(err, ERR_NOT_FOUND,
		    "%s passes messages on at once and has no queue",
		    gw->domain);
		gw = NULL;
	}
	return gw;
}

/* ---- calls ------------------------------------------------------------ */

/* Copies *s to *to, and lets it point there. */
static void
keep(struct str *s, char **to)
{
	if (s->len > 0)
		memcpy(*to, s->p, s->len);
	s->p = *to;
	*to += s->len;
	*(*to)++ = '\0';
}

static struct verb_call *
call_new(const struct verb_ask *ask, const struct verb *v,
    const struct str arg[VERB_ARGS_MAX])
{
	struct verb_call *call = xcalloc(1, sizeof(*call));
	size_t len = ask->by.len + 1;
	char *to;

	call->verb = v;
	call->core = ask->core;
	call->gw = ask->gw;
	call->by = ask->by;
	for (size_t i = 0; i < VERB_ARGS_MAX; i++) {
		call->arg[i] = arg[i];
		len += arg[i].len + 1;
	}
	buf_init(&call->out, VERB_TEXT_MAX);
	call->asker = xcalloc(1, sizeof(*call->asker));
	call->asker->text = to = xmalloc(len);
	call->asker->done = ask->done;
	call->asker->arg = ask->arg;
	list_init(&call->node);
	list_add(core_calls(ask->core), &call->node);
	keep(&call->by, &to);
	for (size_t i = 0; i < VERB_ARGS_MAX; i++)
		keep(&call->arg[i], &to);
	return call;
}

void
verb_end(struct verb_call **callp, const struct err *err)
{
	struct verb_call *call = *callp;

	*callp = NULL;
	log_info(core_log(call->core), "operator",
	    "said=\"%s\" by=\"" STR_FMT "\"%s%s%s", call->verb->name,
	    STR_ARG(call->by), err ? " err=\"" : "", err ? err->text : "",
	    err ? "\"" : "");
	list_del(&call->node);
	call->asker->done(buf_str(&call->out), err, call->asker->arg);
	buf_release(&call->out);
	free(call->asker->text);
	free(call->asker);
	free(call);
}

void
verb_end_all(struct core *c)
{
	struct err err;
	struct list *n;

	err_set(&err, ERR_BUSY,
	    "the program is stopping; what was asked for may have been done");
	while (n = list_first(core_calls(c)), n) {
		struct verb_call *call = LIST_ENTRY(n, struct verb_call, node);

		verb_end(&call, &err);
	}
}

static void
fail(struct verb_call *call, const struct err *err)
{
	verb_end(&call, err);
}

static void
check_and_run(struct verb_call *call)
{
	const struct verb *v = call->verb;
	struct err err = ERR_INIT;
	struct buf usage;

	for (size_t i = 0; i < VERB_ARGS_MAX && v->arg[i].name; i++) {
		if (!v->arg[i].required || call->arg[i].len > 0)
			continue;
		buf_init(&usage, 256);
		verb_write_usage(v, &usage);
		err_set(&err, ERR_BAD_INPUT, "%s is missing: %s",
		    v->arg[i].name, usage.p);
		buf_release(&usage);
		fail(call, &err);
		return;
	}
	v->fn(call);
}

void
verb_run_args(const struct verb_ask *ask, const struct verb *v,
    const struct str arg[VERB_ARGS_MAX])
{
	check_and_run(call_new(ask, v, arg));
}

/* Words to arguments; -1: there are more words. */
static int
take_args(const struct verb *v, const struct str *word, size_t n,
    struct str arg[VERB_ARGS_MAX], struct buf *rest)
{
	size_t i = 0;

	for (; i < VERB_ARGS_MAX && v->arg[i].name && n > 0; i++) {
		if (!v->arg[i].rest) {
			arg[i] = *word++;
			n--;
			continue;
		}
		for (; n > 0; n--, word++)
			(void)buf_addf(rest, "%s" STR_FMT, rest->len ? " " : "",
			    STR_ARG(*word));
		arg[i] = buf_str(rest);
	}
	return n > 0 ? -1 : 0;
}

static void
run_words(const struct verb_ask *ask, const struct str *word, size_t n,
    struct str domain)
{
	struct str arg[VERB_ARGS_MAX] = { { NULL, 0 } };
	struct verb_ask whole = *ask;
	struct err err = ERR_INIT;
	const struct verb *v;
	struct buf rest;
	size_t nname = 0;

	buf_init(&rest, VERB_TEXT_MAX);
	v = verb_find(word, n, &nname, &err);
	if (v && domain.len > 0)
		whole.gw = named_gateway(ask->core, v, domain, &err);
	if (v && err.kind == ERR_NONE &&
	    take_args(v, word + nname, n - nname, arg, &rest) < 0)
		err_set(
		    &err, ERR_BAD_INPUT, "too many words for '%s'", v->name);
	if (err.kind == ERR_NONE)
		verb_run_args(&whole, v, arg);
	else
		ask->done(STR_EMPTY, &err, ask->arg);
	buf_release(&rest);
}

void
verb_run(const struct verb_ask *ask)
{
	const struct str *word = ask->word;
	struct str domain = STR_EMPTY;
	size_t n = ask->nword;

	if (n >= 2 && str_is(word[0], "-g")) {
		domain = word[1];
		word += 2;
		n -= 2;
	}
	run_words(ask, word, n, domain);
}
