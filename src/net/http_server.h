/*
 * http_server.h - requests from outside, by HTTP
 *
 * Plain HTTP/1.1 by libmicrohttpd on the loop; TLS and the public name are
 * the operator's reverse proxy.  A request is complete, and within every
 * limit, before a route sees it; the answer may come later.
 *
 *	srv = http_server_new(loop, &params, &err);
 *	http_server_route(srv, STR("/sms/main/TOKEN"), on_hook, line, &err);
 *	http_server_listen(srv, &err);
 *	...
 *	static void on_hook(struct http_ask *ask, void *arg)
 *	{
 *		... keep ask; once the message is safe:
 *		http_ask_reply(&ask, &(struct http_reply){ .status = 200 });
 *	}
 *
 * Paths      Nothing is decoded: what a peer signed is what a route sees.
 *            They hold no space, no control character, no byte over 0x7e.
 * Limits     Head of a request HTTP_ASK_HEAD_MAX bytes and HTTP_FIELDS_MAX
 *            fields (431), body body_max (413), the whole of it within
 *            request_ms (408, the connection ends), the answer within
 *            answer_ms (503), parallel_max connections: more wait until
 *            one ends.
 * Reentry    A route's function is called from the loop and may answer at
 *            once, add and remove routes; it must not free the server.
 * Ownership  Strings of an ask live until it is answered.
 */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct address_prefix;
struct http_server;
struct log_ctx;
struct loop;

enum {
	HTTP_ASK_HEAD_MAX = 32 * 1024,
	HTTP_FIELDS_MAX = 100,
	HTTP_ROUTE_MAX = 256, /* bytes of a prefix */
	HTTP_ROUTES_MAX = 10000,
};

struct http_server_params {
	struct str listen;     /* an address; "::" for all of both families */
	uint16_t port;         /* 0: any that is free */
	struct str public_url; /* as seen from outside, no slash at the end */
	const struct address_prefix *proxy; /* whose X-Forwarded-For */
	size_t nproxy;                      /* is believed; borrowed */
	size_t body_max;                    /* 0: 1 MiB */
	int64_t request_ms;                 /* 0: 15 s */
	int64_t answer_ms;                  /* 0: 10 s */
	size_t parallel_max;                /* 0: 1000 */
	const struct log_ctx *log;
};

/* Touches no network.  NULL: what is wrong with the parameters. */
struct http_server *http_server_new(
    struct loop *l, const struct http_server_params *p, struct err *err);

/* Once.  ERR_UNREACHABLE: that address cannot be had; err says why. */
int http_server_listen(struct http_server *s, struct err *err);

/*
 * What is still waiting for an answer gets 503; answering it later, or never,
 * changes nothing more, but its ask is only freed by an answer.
 */
void http_server_free(struct http_server **sp);

uint16_t http_server_port(const struct http_server *s); /* it listens at */

/* ---- requests --------------------------------------------------------- */

struct http_ask {
	struct str method;
	struct str path;  /* "/sms/main/TOKEN/status" */
	struct str rest;  /* of it behind the route: "/status", or empty */
	struct str query; /* behind the first '?', or empty */
	struct str body;
	struct str content_type;
	struct str peer; /* address; as trusted proxies say where they do */
	struct str url;  /* public_url, path and query: what is signed */
};

/* The first of that name, whatever its case; p is NULL: there is none. */
struct str http_ask_header(const struct http_ask *ask, const char *name);

/* All of them as they came; false behind the last. */
bool http_ask_header_at(const struct http_ask *ask, size_t i,
    struct str *name_out, struct str *value_out);

typedef void http_server_fn(struct http_ask *ask, void *arg);

/*
 * Everything at prefix, or below it behind a '/'; the longest prefix wins.
 * Begins with '/', does not end with one.  ERR_CONFLICT: it is there already.
 */
int http_server_route(struct http_server *s, struct str prefix,
    http_server_fn *fn, void *arg, struct err *err);

/* Harmless if there is none.  Asks that are open stay so. */
void http_server_unroute(struct http_server *s, struct str prefix);

struct http_reply {
	int status;            /* 200 ... 599 */
	const char *type;      /* of the body; NULL: text/plain */
	struct str body;       /* copied */
	int64_t retry_after_s; /* 0: do not say */
};

/*
 * Exactly once for each ask, at once or later; it is gone afterwards.  If the
 * peer has gone or was answered 503 meanwhile, nothing is sent.
 */
void http_ask_reply(struct http_ask **askp, const struct http_reply *r);

/* ---- figures ---------------------------------------------------------- */

size_t http_server_connections(const struct http_server *s);
size_t http_server_waiting(const struct http_server *s); /* for an answer */

/* Answers so far, by the first part of the route and status. */
struct http_answers {
	struct str at; /* "sms"; empty: no route */
	int status;
	uint64_t n;
};

/* False behind the last. */
bool http_server_answers(
    const struct http_server *s, size_t i, struct http_answers *out);

#endif
