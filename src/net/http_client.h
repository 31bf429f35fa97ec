/*
 * http_client.h - requests to web servers; each gets one answer
 *
 * HTTP/1.1 with connections kept alive, HTTP/2 over TLS, certificates
 * verified.  What an answer promises is exact, because a request may cost
 * money: HTTP_NOT_SENT means that not one byte of it has left, so that trying
 * again is safe; HTTP_UNSURE that it may have been read.
 *
 *	call = http_client_call(client, &request, on_answer, me);
 *	...
 *	http_call_cancel(&call);          // or on_answer() is called, once
 *
 * Reentry    An answer never comes before http_client_call() has returned.
 *            The function that gets it may call, cancel and free the client.
 * Ownership  A request is copied.  A response is borrowed for the call of the
 *            function; the http_call is gone when it returns.
 * Limits     HTTP_*_MAX below for requests, response_max for the body of an
 *            answer, HTTP_HEAD_MAX for its head.
 * Errors     The text names scheme, host and port, never the path: that one
 *            may hold a password.
 */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct http_call;
struct http_client;
struct log_ctx;
struct loop;

enum {
	HTTP_URL_MAX = 16 * 1024,
	HTTP_HEADERS_MAX = 64,
	HTTP_HEADER_BYTES_MAX = 8 * 1024, /* one of them */
	HTTP_BODY_MAX = 32 * 1024 * 1024,
	HTTP_HEAD_MAX = 64 * 1024,
	HTTP_REDIRECTS_MAX = 5,
};

struct http_client_params {
	unsigned host_parallel; /* connections to one host; 0: 8 */
	bool private_ok;        /* checked hosts may be private, too */
	const char *ca_file;    /* NULL: the system's authorities */
	const struct log_ctx *log;
	size_t parallel_max; /* calls; 0: 2000 */
};

/* NULL: see err. */
struct http_client *http_client_new(
    struct loop *loop, const struct http_client_params *p, struct err *err);

/* Calls that are still open are given up; nobody is called any more. */
void http_client_free(struct http_client **cp);

struct http_header {
	struct str name, value;
};

struct http_request {
	const char *method; /* "GET", "POST", ... */
	struct str url;     /* http or https, without a user in it */
	const struct http_header *header;
	size_t nheader; /* none of those that frame a message */
	struct str body;
	struct str user, password; /* Basic; user empty: none */
	/*
	 * It is not sent twice, whatever happens to the connection.  Without
	 * it, a connection that was used before and then ends without an
	 * answer makes the library send the same request again.
	 */
	bool once;
	/*
	 * The host comes from a user, at least in part: the address that is
	 * really dialled must not be private (net/address.h), nothing is
	 * shared with other calls.
	 */
	bool checked_host;
	bool follow;         /* redirects, for a GET that is not once */
	int64_t connect_ms;  /* until TLS is there; 0: 10 s */
	int64_t total_ms;    /* from the call to the end; 0: 30 s */
	size_t response_max; /* 0: 256 KiB */
};

enum http_result {
	HTTP_ANSWERED, /* completely, whatever the status */
	HTTP_NOT_SENT, /* certainly not one byte of the request left */
	HTTP_UNSURE,   /* it may have been read */
};

struct http_response {
	enum http_result result;
	int status;      /* when UNSURE: what was seen before it broke, or 0 */
	struct str body; /* ANSWERED only, as the rest of it */
	struct str content_type; /* or empty */
	const struct http_header *header;
	size_t nheader;
	int64_t retry_after_ms; /* from Retry-After; 0: none, or at once */
	struct err err;         /* when not ANSWERED */
};

/* The first of that name, case ignored; or empty. */
struct str http_response_header(
    const struct http_response *r, const char *name);

typedef void http_fn(const struct http_response *r, void *arg);

/*
 * Never NULL.  A request that cannot be made, or one over parallel_max, is
 * answered with HTTP_NOT_SENT (ERR_BAD_INPUT, ERR_BUSY) a little later.
 */
struct http_call *http_client_call(struct http_client *c,
    const struct http_request *request, http_fn *fn, void *arg);

/* May it have been read by now?  False: cancelling makes sure that it is not. */
bool http_call_is_sent(const struct http_call *call);

/* Nobody is called any more.  NULL is harmless. */
void http_call_cancel(struct http_call **callp);

#endif
