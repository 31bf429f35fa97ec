/*
 * sms_event.h - what a webhook tells, one event after the other
 *
 *	"body"     "form", "query", "json", "text" or "auto" (the default)
 *	"method"   ["POST"]: others are refused; the default is any
 *	"query_sep"  "&;": what separates fields, if it is not "&" alone
 *	"each"     path to the things that are one event each; "": the whole
 *	"when"     conditions, else a thing is no event of this kind
 *	"map"      {FIELD: EXTRACTOR}, see below
 *	"decode"   {"text": "percent"}, see sms_decode.h
 *	"states"   {their word: our state}, "*" for all others
 *	"errors"   {their code: our class}, "*" for all others
 *	"reply"    {"status", "type", "body"}: what is answered; 200, empty
 *
 * Fields of an inbound message: from, to, group (everybody in it), text or
 * text_hex, charset, id, time, subject, name (of the sender), media, part_ref,
 * part_total, part_no.  Of a report: our_id, id, parent (an id that comes
 * before it), state, error, text, to, time, part_total, part_no.
 *
 * Numbers are told as "+33612345678"; short codes and names as they came.
 * Everything is clean text (sms_clean.h), times are milliseconds since the
 * Epoch, from seconds, milliseconds or a date; 0: not told, or not readable.
 *
 * Limits     SMS_DOC_EACH_MAX events of one body; of each SMS_EVENT_*.
 */
#ifndef SMS_EVENT_H
#define SMS_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_class.h"
#include "sms/sms_doc.h"
#include "sms/sms_filter.h"
#include "sms/sms_json.h"

enum {
	SMS_EVENT_TEXT_MAX = 32 * 1024, /* bytes */
	SMS_EVENT_LINE_MAX = 512,       /* subject, name, number, id */
	SMS_EVENT_MEDIA_MAX = 20,
	SMS_EVENT_GROUP_MAX = 50,
	SMS_EVENT_URL_MAX = 4096,
	SMS_EVENT_PARTS_MAX = 255,
};

enum sms_event_kind { SMS_INBOUND, SMS_STATUS, SMS_NEVENT };

struct sms_event_media {
	struct str url, type;
	uint64_t size; /* 0: not told */
};

/* Borrowed for the call. */
struct sms_event {
	enum sms_event_kind kind;
	struct str from, to;
	struct str id[2]; /* theirs; a parent first */
	size_t nid;
	struct str text; /* of a report: why, for people */
	int64_t time_utc;
	unsigned part, nparts; /* from 1; 0: it is whole, or not told */

	/* SMS_INBOUND */
	struct str subject, name;
	const struct str *group;
	size_t ngroup;
	const struct sms_event_media *media;
	size_t nmedia;
	struct str part_ref;
	bool is_binary; /* data for a program: not to be shown */

	/* SMS_STATUS */
	struct str our_id;
	enum sms_state state;
	struct str state_word; /* as they said it */
	enum sms_class cls;    /* of FAILED, EXPIRED, REJECTED */
};

typedef void sms_event_fn(const struct sms_event *ev, void *arg);

struct sms_reply {
	int status;
	const char *type, *body; /* borrowed from the hook */
};

struct sms_hook;

struct sms_hook *sms_hook_read(
    const struct sms_json *obj, enum sms_event_kind kind, struct err *err);
void sms_hook_free(struct sms_hook **hp);

/*
 * Inbound messages, described by some members of obj; its reader knows the
 * others.  whole: there is one event, and "each" and "when" are not its.  JSON,
 * if "body" says nothing else.
 */
struct sms_hook *sms_hook_read_part(
    const struct sms_json *obj, bool whole, struct err *err);

struct sms_reply sms_hook_reply(const struct sms_hook *h);
bool sms_hook_takes(const struct sms_hook *h, struct str method);

/* Does it say which things are events, so that others may be of a sister? */
bool sms_hook_is_choosy(const struct sms_hook *h);

/*
 * The body as this hook reads it; source->query_sep is set by it.  NULL: it
 * cannot be read, or there are more than SMS_DOC_EACH_MAX events in it.
 */
struct sms_doc *sms_hook_doc(const struct sms_hook *h,
    const struct sms_doc_source *source, struct err *err);

/*
 * How many events there were.  `in`: form of the provider's numbers.
 * *nlost_out, if not NULL: how many besides are events, by "when", that cannot
 * be read.
 */
size_t sms_hook_events(const struct sms_hook *h, const struct sms_doc *doc,
    const struct sms_number_format *in, sms_event_fn *fn, void *arg,
    size_t *nlost_out);

/* "2026-01-05T10:00:00Z", "1736072400", "1736072400123", ...; 0: none. */
int64_t sms_time_read(struct str text);

#endif
