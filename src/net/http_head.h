/*
 * http_head.h - the head of a request: its target and its fields; private to
 * http_server.c
 *
 * Pure.
 */
#ifndef NET_HTTP_HEAD_H
#define NET_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

struct http_field {
	struct str name, value;
};

/* The first field of that name, whatever its case, or NULL. */
const struct http_field *http_field_find(
    const struct http_field *v, size_t n, const char *name);

size_t http_field_count(const struct http_field *v, size_t n, const char *name);

/*
 * Chunks or one length, and nothing that could be taken for both: a proxy in
 * front of us would read it otherwise (RFC 9112 6.3).
 */
bool http_head_is_framed(const struct http_field *v, size_t n);

/* A path: '/' first, no blank, no control character, ASCII. */
bool http_is_path(struct str uri);

/* The path of a request target: what is before the first '?'. */
struct str http_uri_path(struct str uri);

#endif
