/*
 * sms_answer.h - what a provider's answer to a request means
 *
 *	"accept": {"status": [200, 201],     without it: any 2xx
 *	           "ok": CONDITIONS,         all must hold
 *	           "id": EXTRACTOR,          the provider's id, or several
 *	           "parts": EXTRACTOR}       a number, or as many things
 *
 *	"errors": [{"if": CONDITIONS, "class": "throttle",
 *	            "text": EXTRACTOR, "after_ms": 1000 or EXTRACTOR}, ...]
 *
 * What "accept" accepts is accepted.  Otherwise the first rule of "errors"
 * that holds decides, and where none does the status alone: 429 throttle,
 * 401 auth, 402 no-credit, 413 too-long, 408, 425 and 503 retry, other 4xx and
 * 3xx permanent.  Other 5xx, and a 2xx that nothing explains, are unsure: it
 * may have been sent before they broke; whoever promises that it was not has
 * a rule that says retry.
 */
#ifndef SMS_ANSWER_H
#define SMS_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_class.h"
#include "sms/sms_json.h"
#include "sms/sms_pool.h"

enum {
	SMS_ANSWER_IDS_MAX = 20,
	SMS_ANSWER_TEXT_MAX = 180, /* bytes of what the provider says */
	SMS_RULES_MAX = 100,
	SMS_AFTER_MAX_MS = 24 * 60 * 60 * 1000,
};

/* All borrowed. */
struct sms_answer {
	int status;
	struct str body, content_type;
	int64_t retry_after_ms; /* of the header; 0: none */
	struct str (*header)(const void *arg, const char *name); /* or NULL */
	const void *arg;
};

struct sms_verdict {
	enum sms_class cls;
	struct str text; /* for people: clean, one line; never empty */
	bool own_words;  /* text: the provider said nothing */
	struct str id[SMS_ANSWER_IDS_MAX];
	size_t nid;
	bool maybe_sent;      /* RETRY: it may have been taken */
	unsigned parts;       /* 0: it does not say */
	int64_t after_ms;     /* 0: it does not say */
	struct sms_pool pool; /* private */
};

void sms_verdict_release(struct sms_verdict *v);

struct sms_accept;
struct sms_rules;

/* The member "accept" of a call; *out stays NULL where there is none. */
int sms_accept_get(
    const struct sms_json *call, struct sms_accept **out, struct err *err);
void sms_accept_free(struct sms_accept **ap);

struct sms_rules *sms_rules_read(const struct sms_json *arr, struct err *err);
void sms_rules_free(struct sms_rules **rp);

/* accept and rules may be NULL. *out is to be released. */
void sms_verdict_make(const struct sms_accept *accept,
    const struct sms_rules *rules, const struct sms_answer *answer,
    struct sms_verdict *out);

#endif
