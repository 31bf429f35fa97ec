/*
 * upload.h - files handed to the XMPP server, which shows them to people
 * (XEP-0363)
 *
 * The server's service is looked for by disco at the first file; one that is
 * not there, or does not want files of ours, is asked again after a while.
 * Networks come here by gateway_upload().
 *
 * Limits     UPLOAD_JOBS_MAX files at a time in a gateway, each of
 *            UPLOAD_FILE_MAX bytes or what the service says.
 */
#ifndef CORE_UPLOAD_H
#define CORE_UPLOAD_H

#include <stdint.h>

#include "core/gateway.h"

struct component;
struct iq_table;
struct upload;

enum {
	UPLOAD_JOBS_MAX = 20,
	UPLOAD_FILE_MAX = 30 * 1024 * 1024,
	UPLOAD_ITEMS_MAX = 30, /* addresses of the server that are asked */
	UPLOAD_ASK_MS = 5000,  /* for each answer of the server */
	UPLOAD_PUT_MS = 30000,
	UPLOAD_AGAIN_MS = 10 * 60 * 1000,
};

/* All must outlive it, but the name of the server. */
struct upload_params {
	struct clock *clock;
	struct loop *loop;
	struct iq_table *iqs;
	const struct log_ctx *log;
	struct str domain; /* ours */
	struct str server; /* whose service is looked for */
};

struct upload *upload_new(const struct upload_params *p);

/* Nobody is told any more. */
void upload_free(struct upload **up);

/*
 * What was found is looked for again on another stream: it may be another
 * server.  Down: after the iq_table was told.
 */
void upload_up(struct upload *u, struct component *stream);
void upload_down(struct upload *u);

/* As gateway_upload(). */
uint64_t upload_put(struct upload *u, const struct gw_file *f,
    gateway_upload_fn *fn, void *arg, struct err *err);

/* NULL is harmless: a network ends behind the uploads of its gateway. */
void upload_cancel(struct upload *u, uint64_t id);

#endif
