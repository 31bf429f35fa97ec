/*
 * sms_call.h - one request to a provider, as a profile writes it
 *
 *	"method"    GET, POST, PUT, PATCH, DELETE; without it: GET if there is
 *	            no body, else POST
 *	"url"       a template (sms_template_url)
 *	"headers"   {"Name": template}; "Name?": not if it is empty
 *	"query"     {"name": template}, behind the URL; and at most one of
 *	"form"      the same, as application/x-www-form-urlencoded
 *	"multipart" the same, as multipart/form-data
 *	"json"      sms_tree.h
 *	"text"      a template, as text/plain in UTF-8
 *
 * In query, form and multipart a list makes several fields of one name, or of
 * names with a number where "[n]" (from 0) or "[n1]" (from 1) stands.
 *
 * Limits     SMS_REQUEST_URL_MAX, SMS_REQUEST_BODY_MAX bytes,
 *            SMS_REQUEST_HEADERS_MAX headers.  Nothing with CR, LF or NUL
 *            gets into a header or the URL; headers that are ours to make
 *            (Host, Content-Length ...) cannot be in a profile.
 */
#ifndef SMS_CALL_H
#define SMS_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_json.h"
#include "sms/sms_pool.h"
#include "sms/sms_vars.h"

enum {
	SMS_REQUEST_HEADERS_MAX = 32,
	SMS_REQUEST_URL_MAX = 16 * 1024,
	SMS_REQUEST_BODY_MAX = 1024 * 1024,
};

/* Ready to be sent. */
struct sms_request {
	const char *method;                 /* static */
	struct str url, body, content_type; /* the last: empty if no body */
	struct sms_pair header[SMS_REQUEST_HEADERS_MAX];
	size_t nheader;       /* without Content-Type */
	bool has_user_host;   /* a variable took part in the host */
	struct sms_pool pool; /* private */
};

void sms_request_release(struct sms_request *r); /* wiped */

/* -1, err: a control character, no name, or too many.  Copied. */
int sms_request_add_header(
    struct sms_request *r, struct str name, struct str value, struct err *err);

struct sms_call;

/* keys of a call, to be put into the list of whoever reads the object */
#define SMS_CALL_KEYS                                                          \
	"method", "url", "headers", "query", "form", "multipart", "json", "text"

/* obj: an object with these keys, and others that are the caller's. */
struct sms_call *sms_call_read(const struct sms_json *obj, struct err *err);
void sms_call_free(struct sms_call **cp);

/* 0: *out is to be released.  -1: err, nothing to release. */
int sms_call_render(const struct sms_call *c, const struct sms_vars *vars,
    struct sms_request *out, struct err *err);

#endif
