/*
 * sms_http.h - a request as a profile has it, on its way
 */
#ifndef SMS_HTTP_H
#define SMS_HTTP_H

#include <stdbool.h>

#include "net/http_client.h"
#include "sms/sms_answer.h"

struct sms_line;
struct sms_request;

/* once: a send, which is never repeated.  As http_client_call(). */
struct http_call *sms_http_call(struct sms_line *l, const struct sms_request *r,
    bool once, http_fn *fn, void *arg);

/* The same as profiles judge it; borrowed from r. */
struct sms_answer sms_http_answer(const struct http_response *r);

#endif
