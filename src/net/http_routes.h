/*
 * http_routes.h - which path of the HTTP server is whose, and what was answered
 * there; private to http_server.c
 *
 * A route is a prefix: it has itself and what is below it behind a '/'; the
 * longest counts.  Pure.
 */
#ifndef NET_HTTP_ROUTES_H
#define NET_HTTP_ROUTES_H

#include <stdbool.h>

#include "lib/map.h"
#include "net/http_server.h"

enum {
	HTTP_AT_MAX = 24,
	HTTP_ANSWERS_MAX = 128, /* pairs of route and status counted */
};

struct http_route {
	char *prefix;
	char at[HTTP_AT_MAX]; /* its first part */
	http_server_fn *fn;
	void *arg;
};

struct http_count {
	char at[HTTP_AT_MAX];
	int status;
	uint64_t n;
};

struct http_routes {
	struct map map;
	struct http_count count[HTTP_ANSWERS_MAX];
	size_t ncount;
};

void http_routes_init(struct http_routes *all);
void http_routes_release(struct http_routes *all);

/* As http_server_route(), http_server_unroute(). */
int http_routes_put(struct http_routes *all, struct str prefix,
    http_server_fn *fn, void *arg, struct err *err);
void http_routes_del(struct http_routes *all, struct str prefix);

/* NULL: nobody's. */
struct http_route *http_routes_find(
    const struct http_routes *all, struct str path);

/* at: of a route, or "". */
void http_routes_count(struct http_routes *all, const char *at, int status);

/* As http_server_answers(). */
bool http_routes_answers(
    const struct http_routes *all, size_t i, struct http_answers *out);

#endif
