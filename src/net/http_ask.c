/*
 * A request as its route sees it: one block of memory for all its text.
 */
#include <stdlib.h>

#include "lib/list.h"
#include "lib/xalloc.h"

#include "net/http_ask.h"
#include "net/http_head.h"

struct asked {
	struct http_ask ask;
	struct http_exchange *x;
	struct http_field *field;
	size_t nfield;
	char *text;
};

/* The struct http_ask that routes have is the first member of ours. */
static struct asked *
asked_of(struct http_ask *ask)
{
	return LIST_ENTRY(ask, struct asked, ask);
}

static const struct asked *
asked_in(const struct http_ask *ask)
{
	const void *any = ask;

	return any;
}

static size_t
text_len(const struct http_ask_parts *p)
{
	size_t n = p->method.len + p->public_url.len + p->uri.len +
	    p->body.len + p->peer.len;

	for (size_t i = 0; i < p->nfield; i++)
		n += p->field[i].name.len + p->field[i].value.len;
	return n;
}

static void
put_uri(struct http_ask *ask, const struct http_ask_parts *p, char **to)
{
	struct str base = str_put(to, p->public_url), uri = str_put(to, p->uri);

	ask->url = str_of(base.p, base.len + uri.len);
	ask->path = http_uri_path(uri);
	ask->rest = str_skip(ask->path, p->nroute);
	ask->query = str_skip(uri, ask->path.len + 1);
}

struct http_ask *
http_ask_new(const struct http_ask_parts *p, struct http_exchange *x)
{
	struct asked *a = xcalloc(1, sizeof(*a));
	const struct http_field *type;
	char *to = a->text = xmalloc(text_len(p) + 1);

	a->x = x;
	a->nfield = p->nfield;
	a->field = xcalloc(p->nfield + 1, sizeof(*a->field));
	a->ask.method = str_put(&to, p->method);
	put_uri(&a->ask, p, &to);
	a->ask.body = str_put(&to, p->body);
	a->ask.peer = str_put(&to, p->peer);
	for (size_t i = 0; i < p->nfield; i++) {
		a->field[i].name = str_put(&to, p->field[i].name);
		a->field[i].value = str_put(&to, p->field[i].value);
	}
	type = http_field_find(a->field, a->nfield, "Content-Type");
	a->ask.content_type = type ? type->value : STR_EMPTY;
	return &a->ask;
}

void
http_ask_free(struct http_ask **askp)
{
	struct asked *a = *askp ? asked_of(*askp) : NULL;

	*askp = NULL;
	if (!a)
		return;
	free(a->field);
	free(a->text);
	free(a);
}

void
http_ask_detach(struct http_ask *ask)
{
	asked_of(ask)->x = NULL;
}

struct http_exchange *
http_ask_exchange(const struct http_ask *ask)
{
	return asked_in(ask)->x;
}

struct str
http_ask_header(const struct http_ask *ask, const char *name)
{
	const struct asked *a = asked_in(ask);
	const struct http_field *f = http_field_find(a->field, a->nfield, name);

	return f ? f->value : str_of(NULL, 0);
}

bool
http_ask_header_at(const struct http_ask *ask, size_t i, struct str *name_out,
    struct str *value_out)
{
	const struct asked *a = asked_in(ask);

	if (i >= a->nfield)
		return false;
	*name_out = a->field[i].name;
	*value_out = a->field[i].value;
	return true;
}
