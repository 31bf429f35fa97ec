/*
 * sms_rehost.h - pictures that came in, where people can fetch them
 *
 * The provider's URL wants a login, shows an account, or is gone after a
 * while.  So a file is fetched and handed to the XMPP server; if that takes
 * too long, or the server wants none, people get a link of ours
 * (sms_media.h), which serves it from the spool or from the provider, until
 * the link is too old.  Nobody waits longer than wait_ms, since a provider
 * waits for its answer: what comes later is for the spool.
 *
 *	wait = sms_rehost(r, line, ev->media, ev->nmedia, on_there, me);
 *
 * Limits     file_max bytes of a file, SMS_REHOST_MAX fetched at a time and
 *            as many served: more are links only, or 503.
 */
#ifndef SMS_REHOST_H
#define SMS_REHOST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "sms/sms_event.h"

struct http_client;
struct sms_rehost;
struct sms_rehosting;
struct sms_request;
struct sms_spool;

enum { SMS_REHOST_MAX = 50 };

struct sms_rehost_params {
	struct gateway *gw;
	struct http_client *http;
	struct sms_spool *spool; /* NULL: there is none */
	size_t file_max;
	int64_t keep_ms; /* that a link is good */
	int64_t wait_ms;
	/*
	 * Adds what the provider of that line wants to see to a request for
	 * its own host.  True: the host is one that the operator has
	 * configured, so that it may be a private one.
	 */
	bool (*dress)(void *arg, struct str line, struct sms_request *r);
	void *arg;
};

/* Borrows http and the spool.  NULL: err. */
struct sms_rehost *sms_rehost_new(
    const struct sms_rehost_params *p, struct err *err);
void sms_rehost_free(struct sms_rehost **rp);

/* The same media at other addresses, with the types that they have. */
typedef void sms_rehost_fn(
    void *arg, const struct sms_event_media *media, size_t n);

/*
 * n is 1 to SMS_EVENT_MEDIA_MAX.  fn is called once, never before this
 * returns.
 */
struct sms_rehosting *sms_rehost(struct sms_rehost *r, struct str line,
    const struct sms_event_media *media, size_t n, sms_rehost_fn *fn,
    void *arg);

/* Nobody is told; what is under way goes into the spool. */
void sms_rehost_cancel(struct sms_rehosting **gp);

#endif
