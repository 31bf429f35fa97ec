/*
 * The words of a scenario about HTTP.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fake/fake.h"
#include "flow_http.h"
#include "flow_match.h"
#include "lib/err.h"
#include "net/http_ask.h"
#include "net/http_head.h"

enum { FIELDS_MAX = 16, WHY_MAX = 8192 };

/* Fields that were said for what comes next. */
struct fields {
	struct http_field field[FIELDS_MAX];
	char *text[FIELDS_MAX];
	size_t n;
};

static struct fields answer_fields, ask_fields;
static char why[WHY_MAX];

#define REQUEST(n) LIST_ENTRY(n, struct fake_request, node)

static const char *say(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

static const char *
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return why;
}

/* ---- fields ----------------------------------------------------------- */

static const char *
note_field(struct fields *f, struct str line)
{
	struct str rest, name;

	if (f->n == FIELDS_MAX || !str_has(line, ':'))
		return "NAME: VALUE, and not too many";
	f->text[f->n] = str_dup(line);
	rest = str_c(f->text[f->n]);
	(void)str_cut(&rest, ':', &name);
	f->field[f->n++] = (struct http_field){ name, str_trim(rest) };
	return NULL;
}

static void
forget_fields(struct fields *f)
{
	while (f->n > 0)
		free(f->text[--f->n]);
}

/* ---- what the program asks --------------------------------------------- */

static struct fake_request *
first_request(bool seen)
{
	LIST_EACH(fake_requests(), n)
	{
		if (REQUEST(n)->seen == seen)
			return REQUEST(n);
	}
	return NULL;
}

static const char *
expect_request(struct str pattern)
{
	struct fake_request *r = first_request(false);
	struct buf got;
	bool fits;

	if (str_is(pattern, "nothing"))
		return r ? say("it asked %s %s %s", r->method, r->url, r->body)
		         : NULL;
	if (!r)
		return say("it has not asked for anything");
	buf_init(&got, 1024 * 1024);
	(void)buf_addf(
	    &got, "%s %s%s%s", r->method, r->url, *r->body ? " " : "", r->body);
	fits = flow_match_line(pattern, buf_str(&got));
	if (!fits)
		(void)say("it asked %s", got.p);
	buf_release(&got);
	r->seen = true;
	return fits ? NULL : why;
}

/* Of the request that was named last. */
static const char *
expect_field(struct str pattern)
{
	struct fake_request *r = NULL;
	struct str rest, line;

	LIST_EACH(fake_requests(), n)
	{
		if (REQUEST(n)->seen)
			r = REQUEST(n);
	}
	rest = r ? buf_str(&r->head) : STR_EMPTY;
	while (str_cut(&rest, '\n', &line))
		if (flow_match_line(pattern, line))
			return NULL;
	return say("its head is %s", r ? r->head.p : "nowhere");
}

static const char *
answer(struct http_response *r)
{
	struct fake_request *oldest = first_request(true);

	if (!oldest)
		return "nothing that was named waits for an answer";
	fake_request_answer(oldest, r);
	forget_fields(&answer_fields);
	return NULL;
}

static int64_t
retry_after(const struct http_response *r)
{
	uint64_t s;

	return str_to_uint(http_response_header(r, "Retry-After"), 86400, &s)
	    ? (int64_t)s * 1000
	    : 0;
}

static const char *
answer_status(struct str rest)
{
	struct http_header header[FIELDS_MAX];
	struct http_response r = { .result = HTTP_ANSWERED, .header = header };
	struct str status = STR_EMPTY;
	uint64_t n;

	(void)str_cut(&rest, ' ', &status);
	if (!str_to_uint(status, 599, &n))
		return "STATUS BODY";
	for (size_t i = 0; i < answer_fields.n; i++)
		header[r.nheader++] =
		    (struct http_header){ answer_fields.field[i].name,
			    answer_fields.field[i].value };
	r.status = (int)n;
	r.body = rest.p ? rest : STR_EMPTY;
	r.content_type = http_response_header(&r, "Content-Type");
	if (r.content_type.len == 0)
		r.content_type =
		    str_starts(r.body, STR("{")) || str_starts(r.body, STR("["))
		    ? STR("application/json")
		    : STR("text/plain");
	r.retry_after_ms = retry_after(&r);
	return answer(&r);
}

static const char *
answer_badly(enum http_result result, enum err_kind kind)
{
	struct http_response r = { .result = result };

	err_set(&r.err, kind, "the scenario wants it so");
	return answer(&r);
}

static const char *
on_http(struct str verb, struct str rest)
{
	if (str_is(verb, "<-"))
		return expect_request(rest);
	if (str_is(verb, "has"))
		return expect_field(rest);
	if (str_is(verb, "says"))
		return note_field(&answer_fields, rest);
	if (str_is(verb, "->"))
		return answer_status(rest);
	if (str_is(verb, "refused"))
		return answer_badly(HTTP_NOT_SENT, ERR_UNREACHABLE);
	if (str_is(verb, "impossible"))
		return answer_badly(HTTP_NOT_SENT, ERR_BAD_INPUT);
	if (str_is(verb, "lost"))
		return answer_badly(HTTP_UNSURE, ERR_TIMEOUT);
	return "not understood";
}

/* ---- what it is asked -------------------------------------------------- */

static const char *
ask(struct str rest)
{
	struct fake_asked a = { .field = ask_fields.field,
		.nfield = ask_fields.n };

	if (!str_cut(&rest, ' ', &a.method) || !str_cut(&rest, ' ', &a.uri))
		return "METHOD PATH BODY";
	a.body = rest.p ? rest : STR_EMPTY;
	fake_ask(&a);
	forget_fields(&ask_fields);
	return NULL;
}

static const char *
expect_reply(struct str pattern)
{
	struct list *n = list_first(fake_replies());
	struct fake_reply *r =
	    n ? LIST_ENTRY(n, struct fake_reply, node) : NULL;
	struct str status = STR_EMPTY;
	const char *wrong = NULL;
	char is[16];

	if (str_is(pattern, "nothing"))
		return r ? say("it answered %d %s", r->status, r->body) : NULL;
	if (!r)
		return "it has not answered";
	(void)str_cut(&pattern, ' ', &status);
	snprintf(is, sizeof(is), "%d", r->status);
	if (!str_is(status, is) ||
	    (pattern.p && !flow_match_line(pattern, str_c(r->body))))
		wrong = say("it answered %d %s", r->status, r->body);
	fake_reply_free(r);
	return wrong;
}

static const char *
on_hook(struct str verb, struct str rest)
{
	if (str_is(verb, "->"))
		return ask(rest);
	if (str_is(verb, "<-"))
		return expect_reply(rest);
	if (str_is(verb, "says"))
		return note_field(&ask_fields, rest);
	return "not understood";
}

const char *
flow_http(struct str first, struct str verb, struct str rest)
{
	return str_is(first, "http") ? on_http(verb, rest)
	                             : on_hook(verb, rest);
}

const char *
flow_http_left(void)
{
	const char *wrong = expect_request(STR("nothing"));

	return wrong ? wrong : expect_reply(STR("nothing"));
}

void
flow_http_forget(void)
{
	forget_fields(&answer_fields);
	forget_fields(&ask_fields);
}
