#include "sms/sms_http.h"
#include "sms/sms_call.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"

enum { ANSWER_MS = 30000, CONNECT_MS = 10000 };

struct http_call *
sms_http_call(struct sms_line *l, const struct sms_request *r, bool once,
    http_fn *fn, void *arg)
{
	struct http_header header[SMS_REQUEST_HEADERS_MAX + 1];
	struct http_request q = { .method = r->method,
		.url = r->url,
		.header = header,
		.body = r->body,
		.once = once,
		.checked_host = l->owner != NULL,
		.connect_ms = CONNECT_MS,
		.total_ms = ANSWER_MS };

	for (size_t i = 0; i < r->nheader; i++)
		header[q.nheader++] = (struct http_header){ r->header[i].name,
			r->header[i].value };
	if (r->content_type.len)
		header[q.nheader++] = (struct http_header){ STR("Content-Type"),
			r->content_type };
	return http_client_call(l->sms->http, &q, fn, arg);
}

static struct str
header_of(const void *arg, const char *name)
{
	return http_response_header(arg, name);
}

struct sms_answer
sms_http_answer(const struct http_response *r)
{
	return (struct sms_answer){ .status = r->status,
		.body = r->body,
		.content_type = r->content_type,
		.retry_after_ms = r->retry_after_ms,
		.header = header_of,
		.arg = r };
}
