/*
 * The socket that `passerelle queue ...` talks to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "core/control.h"
#include "core/control_words.h"
#include "core/core.h"
#include "core/verb.h"
#include "lib/xalloc.h"
#include "net/local.h"

enum {
	REQUEST_MS = 5000,
	ANSWER_MS = 30000,
	ASK_MS = ANSWER_MS + 5000,
	EXIT_REFUSED = 1,
};

struct control {
	struct core *core;
	struct local_server *server;
};

/* ---- answering -------------------------------------------------------- */

static int
code_of(const struct err *err)
{
	if (!err)
		return EX_OK;
	return err->kind == ERR_BAD_INPUT ? EX_USAGE : EXIT_REFUSED;
}

static void
on_done(struct str text, const struct err *err, void *arg)
{
	struct local_ask *ask = arg;
	struct buf answer;

	buf_init(&answer, CONTROL_ANSWER_MAX);
	if (err)
		(void)buf_addf(&answer, "error: %s\n", err->text);
	else
		(void)buf_add_str(&answer, text);
	control_end(&answer, code_of(err));
	local_ask_answer(&ask, buf_str(&answer));
	buf_release(&answer);
}

static void
on_question(struct local_ask *local, struct str text, void *arg)
{
	struct control *c = arg;
	struct str word[CONTROL_WORDS_MAX];
	struct err err = ERR_INIT;
	struct verb_ask ask = {
		.core = c->core, .word = word, .done = on_done, .arg = local
	};
	char by[48];

	snprintf(by, sizeof(by), "uid %lld", (long long)local_ask_uid(local));
	ask.by = str_c(by);
	if (control_read(text, word, &ask.nword, &err) < 0)
		on_done(STR_EMPTY, &err, local);
	else
		verb_run(&ask);
}

struct control *
control_new(struct core *core, struct str path, struct err *err)
{
	struct control *c = xcalloc(1, sizeof(*c));
	struct local_server_params p = {
		.path = path,
		.request_max = CONTROL_REQUEST_MAX,
		.request_ms = REQUEST_MS,
		.answer_ms = ANSWER_MS,
		.log = core_log(core),
	};

	c->core = core;
	c->server = local_server_new(core_loop(core), &p, on_question, c, err);
	if (!c->server)
		control_free(&c);
	return c;
}

void
control_free(struct control **cp)
{
	struct control *c = *cp;

	*cp = NULL;
	if (!c)
		return;
	local_server_free(&c->server);
	free(c);
}

/* ---- asking ----------------------------------------------------------- */

static int
say_why(struct str path, const struct err *err)
{
	if (err->kind == ERR_NOT_FOUND) {
		fprintf(stderr,
		    "error: passerelle is not running with this configuration "
		    "(nobody listens at %s)\n",
		    err->text);
		return EX_UNAVAILABLE;
	}
	if (err->kind == ERR_DENIED) {
		fprintf(stderr,
		    "error: %s; only root and the user that passerelle runs as "
		    "may ask it\n",
		    err->text);
		return EX_NOPERM;
	}
	fprintf(stderr, "error: " STR_FMT ": %s\n", STR_ARG(path), err->text);
	return err->kind == ERR_TIMEOUT ? EX_TEMPFAIL : EX_PROTOCOL;
}

static int
print_answer(struct str answer)
{
	struct str text;
	int code;

	if (control_read_end(answer, &text, &code) < 0) {
		fprintf(stderr,
		    "error: the answer was cut off; what was asked for may "
		    "have been done\n");
		return EX_TEMPFAIL;
	}
	(void)fwrite(text.p, 1, text.len, code == EX_OK ? stdout : stderr);
	return code;
}

int
control_ask(struct str path, const char *const *word, size_t n)
{
	struct err err = ERR_INIT;
	struct buf request, answer;
	int code;

	buf_init(&request, CONTROL_REQUEST_MAX);
	buf_init(&answer, CONTROL_ANSWER_MAX);
	if (control_write(&request, word, n) < 0) {
		fprintf(stderr, "error: too many words\n");
		code = EX_USAGE;
	} else if (local_question(
	               path, buf_str(&request), ASK_MS, &answer, &err) < 0) {
		code = say_why(path, &err);
	} else {
		code = print_answer(buf_str(&answer));
	}
	buf_release(&request);
	buf_release(&answer);
	return code;
}
