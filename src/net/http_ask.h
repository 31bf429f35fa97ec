/*
 * http_ask.h - a request as its route sees it; private to http_server.c
 *
 * A copy of all that was sent, so that it outlives the connection.
 */
#ifndef NET_HTTP_ASK_H
#define NET_HTTP_ASK_H

#include "net/http_server.h"

struct http_exchange;

struct http_field;

/* What there is to copy; all borrowed. */
struct http_ask_parts {
	struct str method, uri, public_url, body, peer;
	size_t nroute; /* bytes of uri that the route has */
	const struct http_field *field;
	size_t nfield;
};

/* x is whom the answer is for; NULL once nobody waits for it. */
struct http_ask *http_ask_new(
    const struct http_ask_parts *p, struct http_exchange *x);
void http_ask_free(struct http_ask **askp);

void http_ask_detach(struct http_ask *ask);
struct http_exchange *http_ask_exchange(const struct http_ask *ask);

#endif
