/*
 * http_transfer.h - one request and its answer, as libcurl sees them
 *
 * Made from a request, handed to a multi handle by http_client.c and judged
 * when that has done with it.  No loop, no clock.
 *
 *	if (http_transfer_init(&t, &policy, &request, &err) == 0)
 *		curl_multi_add_handle(multi, t.easy);
 *	...
 *	http_transfer_judge(&t, code, &response);
 *	http_transfer_release(&t);
 */
#ifndef NET_HTTP_TRANSFER_H
#define NET_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "lib/buf.h"
#include "net/http_client.h"

/* What all transfers of a client have in common. */
struct http_policy {
	const char *ca_file; /* NULL: ca_path */
	const char *ca_path;
	bool private_ok;
};

struct http_transfer {
	CURL *easy;
	struct curl_slist *sent_header;
	char *url, *where;  /* where: "https://host:port" of url */
	struct buf body;    /* of the answer */
	size_t head_bytes;  /* of the answer */
	unsigned nsent;     /* how often the request was let go */
	unsigned nredirect; /* followed so far */
	const char *broken; /* NULL, or why the answer is not taken */
	bool once, follow, checked_host, private_ok;
	bool denied;                /* an address was private */
	bool too_big;               /* the answer was */
	struct http_header *header; /* of the answer, once judged */
	char error[CURL_ERROR_SIZE];
};

/* -1, nothing to release: the request cannot be made. */
int http_transfer_init(struct http_transfer *t, const struct http_policy *p,
    const struct http_request *r, struct err *err);
void http_transfer_release(struct http_transfer *t);

/* The answer sends us elsewhere, where t now points: run it again. */
bool http_transfer_redirect(struct http_transfer *t);

/* Borrows from t. */
void http_transfer_judge(
    struct http_transfer *t, CURLcode code, struct http_response *out);

#endif
