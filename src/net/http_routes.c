#include <stdio.h>
#include <stdlib.h>

#include "lib/xalloc.h"

#include "net/http_head.h"
#include "net/http_routes.h"

void
http_routes_init(struct http_routes *all)
{
	map_init(&all->map);
	all->ncount = 0;
}

static void
route_free(struct http_route *r)
{
	free(r->prefix);
	free(r);
}

void
http_routes_release(struct http_routes *all)
{
	struct map_iter it = { 0 };

	while (map_next(&all->map, &it))
		route_free(it.value);
	map_release(&all->map);
}

int
http_routes_put(struct http_routes *all, struct str prefix, http_server_fn *fn,
    void *arg, struct err *err)
{
	struct str rest = str_skip(prefix, 1), first = STR_EMPTY;
	struct http_route *r;

	if (prefix.len < 2 || prefix.len > HTTP_ROUTE_MAX ||
	    !http_is_path(prefix) || str_has(prefix, '?') ||
	    str_ends(prefix, STR("/")))
		return err_set(err, ERR_BAD_INPUT,
		    "not a path that the HTTP server can have");
	if (map_get(&all->map, prefix))
		return err_set(err, ERR_CONFLICT,
		    "the same path of the HTTP server is taken already");
	if (all->map.n >= HTTP_ROUTES_MAX)
		return err_set(err, ERR_BUSY, "over %d paths", HTTP_ROUTES_MAX);
	(void)str_cut(&rest, '/', &first);
	r = xcalloc(1, sizeof(*r));
	r->prefix = str_dup(prefix);
	r->fn = fn;
	r->arg = arg;
	snprintf(r->at, sizeof(r->at), STR_FMT, STR_ARG(first));
	map_put(&all->map, str_c(r->prefix), r);
	return 0;
}

void
http_routes_del(struct http_routes *all, struct str prefix)
{
	struct http_route *r = map_del(&all->map, prefix);

	if (r)
		route_free(r);
}

/* At its end, or at a '/'. */
struct http_route *
http_routes_find(const struct http_routes *all, struct str path)
{
	struct http_route *r = NULL;
	size_t len = path.len;

	if (len > HTTP_ROUTE_MAX)
		for (len = HTTP_ROUTE_MAX; len > 0 && path.p[len] != '/';)
			len--;
	while (len > 0) {
		r = map_get(&all->map, str_head(path, len));
		if (r)
			return r;
		do
			len--;
		while (len > 0 && path.p[len] != '/');
	}
	return NULL;
}

void
http_routes_count(struct http_routes *all, const char *at, int status)
{
	struct http_count *c = all->count, *end = c + all->ncount;

	while (c < end && (c->status != status || strcmp(c->at, at) != 0))
		c++;
	if (c == all->count + HTTP_ANSWERS_MAX)
		return;
	if (c == end) {
		all->ncount++;
		*c = (struct http_count){ .status = status };
		snprintf(c->at, sizeof(c->at), "%s", at);
	}
	c->n++;
}

bool
http_routes_answers(
    const struct http_routes *all, size_t i, struct http_answers *out)
{
	const struct http_count *c = &all->count[i];

	if (i >= all->ncount)
		return false;
	*out = (struct http_answers){
		.at = str_c(c->at), .status = c->status, .n = c->n
	};
	return true;
}
