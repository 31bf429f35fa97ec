/*
 * sms_vars.h - what the names in a template stand for
 *
 * Sources of variables are asked in turn, the nearest first:
 *
 *	struct sms_pairs line = sms_pairs_of(pair, npair, NULL);
 *	struct sms_message_vars m = { ... };
 *	sms_message_vars_init(&m, &line.vars);
 *	sms_request_render(profile, SMS_SEND_SMS, &m.vars, &out, &err);
 *
 * A name that no source knows is empty.
 */
#ifndef SMS_VARS_H
#define SMS_VARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

enum sms_value_kind {
	SMS_VALUE_NONE,
	SMS_VALUE_TEXT,
	SMS_VALUE_INT,
	SMS_VALUE_BOOL,
	SMS_VALUE_LIST,
};

/* All borrowed. */
struct sms_value {
	enum sms_value_kind kind;
	struct str text;        /* TEXT */
	int64_t n;              /* INT, BOOL */
	const struct str *item; /* LIST */
	size_t nitem;
};

struct sms_vars {
	/* False: not a name of mine. */
	bool (*get)(
	    const struct sms_vars *v, struct str name, struct sms_value *out);
	const struct sms_vars *up; /* asked next; or NULL */
};

struct sms_value sms_vars_get(const struct sms_vars *v, struct str name);

/* No text, no items; 0 and false are something. */
bool sms_value_is_empty(const struct sms_value *v);
struct sms_value sms_value_text(struct str s);
struct sms_value sms_value_int(int64_t n);
struct sms_value sms_value_list(const struct str *item, size_t n);

/* Names and texts: the settings of a line. */
struct sms_pair {
	struct str name, value;
};

struct sms_pairs {
	struct sms_vars vars; /* first */
	const struct sms_pair *pair;
	size_t n;
};

struct sms_pairs sms_pairs_of(
    const struct sms_pair *pair, size_t n, const struct sms_vars *up);

/* A message on its way out, in the words of templates; all borrowed. */
struct sms_message_vars {
	struct sms_vars vars; /* first */
	struct str to, from;  /* "+33612345678", "12345", "MYBANK" */
	struct str text;
	struct str text_hex; /* of its GSM 03.38 bytes, one in a byte, or
	                         UTF-16BE */
	struct str coding;   /* "gsm7", "ucs2" */
	unsigned segments;
	struct str id; /* ours: ticket and MAC */
	struct str subject;
	struct str status_url, inbound_url;
	struct str uuid;   /* a new one for each message */
	int64_t now_utc;   /* milliseconds */
	int64_t ttl_ms;    /* until it is too late */
	int64_t since_utc; /* poll: of the last one */
	const struct str *to_list;
	size_t nto;
	const struct str *media, *media_type; /* URLs, MIME types */
	size_t nmedia;
};

void sms_message_vars_init(
    struct sms_message_vars *m, const struct sms_vars *up);

/* Their names: NULL-terminated. */
extern const char *const sms_message_names[];

#endif
