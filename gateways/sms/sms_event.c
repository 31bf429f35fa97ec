/*
 * What a webhook tells, one event after the other.
 */
#include "sms/sms_event.h"

#include <stdlib.h>

#include "lib/datetime.h"
#include "lib/xalloc.h"
#include "sms/sms_clean.h"
#include "sms/sms_decode.h"
#include "sms/sms_extract.h"
#include "sms/sms_table.h"

enum {
	METHODS_MAX = 5,
	EVENT_POOL_MAX = 4 * 1024 * 1024,
	REPLY_MAX = 4096,
	TIME_TEXT_MAX = 60,
};

enum field {
	F_FROM,
	F_TO,
	F_GROUP,
	F_TEXT,
	F_TEXT_HEX,
	F_CHARSET,
	F_ID,
	F_TIME,
	F_SUBJECT,
	F_NAME,
	F_MEDIA,
	F_PART_REF,
	F_PART_TOTAL,
	F_PART_NO,
	F_OUR_ID,
	F_PARENT,
	F_STATE,
	F_ERROR,
	NFIELD
};

static const char *const field_names[NFIELD + 1] = { "from", "to", "group",
	"text", "text_hex", "charset", "id", "time", "subject", "name", "media",
	"part_ref", "part_total", "part_no", "our_id", "parent", "state",
	"error", NULL };

struct sms_hook {
	enum sms_event_kind kind;
	enum sms_doc_kind body;
	char *query_sep, *each;
	char *method[METHODS_MAX];
	size_t nmethod;
	struct sms_conds *when;
	struct sms_extract *map[NFIELD];
	enum sms_decode decode;
	struct sms_table *states, *errors;
	bool first_only; /* of too many events the first are taken */
	int reply_status;
	char *reply_type, *reply_body;
};

/* ---- reading a profile ------------------------------------------------ */

static const char *const hook_keys[] = { "body", "method", "query_sep", "each",
	"when", "map", "decode", "states", "errors", "reply", NULL };

static int
read_map(struct sms_hook *h, const struct sms_json *obj, struct err *err)
{
	struct sms_json map;

	if (sms_json_need(obj, "map", &map, err) < 0 ||
	    sms_json_keys(&map, field_names, err) < 0)
		return -1;
	for (unsigned i = 0; i < NFIELD; i++)
		if (sms_extract_get(&map, field_names[i], &h->map[i], err) < 0)
			return -1;
	if (h->kind == SMS_INBOUND && !h->map[F_FROM])
		return sms_json_bad(&map, err, "\"from\" is missing");
	if (h->kind == SMS_STATUS &&
	    (!h->map[F_STATE] || (!h->map[F_ID] && !h->map[F_OUR_ID])))
		return sms_json_bad(&map, err,
		    "\"state\" and \"id\" or \"our_id\" have to be there");
	return 0;
}

static int
read_decode(struct sms_hook *h, const struct sms_json *obj, struct err *err)
{
	static const char *const keys[] = { "text", NULL };
	unsigned how = SMS_DECODE_NONE;
	struct sms_json v;

	if (!sms_json_get(obj, "decode", &v))
		return 0;
	if (sms_json_keys(&v, keys, err) < 0 ||
	    sms_json_get_word(&v, "text", sms_decode_names, &how, err) < 0)
		return -1;
	h->decode = (enum sms_decode)how;
	return 0;
}

static int
read_tables(struct sms_hook *h, const struct sms_json *obj, struct err *err)
{
	struct sms_json v;

	if (sms_json_get(obj, "states", &v)) {
		h->states = sms_table_read(&v, sms_state_names, err);
		if (!h->states)
			return -1;
	}
	if (sms_json_get(obj, "errors", &v)) {
		h->errors = sms_table_read(&v, sms_class_names, err);
		if (!h->errors)
			return -1;
	}
	if (h->kind == SMS_STATUS && !h->states)
		return sms_json_bad(obj, err, "\"states\" is missing");
	return 0;
}

static int
read_methods(struct sms_hook *h, const struct sms_json *obj, struct err *err)
{
	static const char *const words[] = { "GET", "POST", "PUT", NULL };
	struct sms_json arr, v;
	unsigned which = 0;

	if (!sms_json_get(obj, "method", &arr))
		return 0;
	if (sms_json_kind(&arr) != SMS_JSON_ARRAY ||
	    sms_json_count(&arr) > METHODS_MAX)
		return sms_json_bad(&arr, err, "not an array of methods");
	for (size_t i = 0; sms_json_at(&arr, i, &v); i++) {
		if (sms_json_word(&v, words, &which, err) < 0)
			return -1;
		h->method[h->nmethod++] = xstrdup(words[which]);
	}
	return 0;
}

/* A type with a line end in it would be a second header. */
static int
check_reply(
    const struct sms_hook *h, const struct sms_json *obj, struct err *err)
{
	const char *type = h->reply_type ? h->reply_type : "";

	for (; *type; type++)
		if ((unsigned char)*type < ' ' || *type == 0x7f)
			return sms_json_bad(
			    obj, err, "a control character in the type");
	if (h->reply_body && strlen(h->reply_body) > REPLY_MAX)
		return sms_json_bad(
		    obj, err, "a body of more than %d bytes", REPLY_MAX);
	return 0;
}

static int
read_reply(struct sms_hook *h, const struct sms_json *obj, struct err *err)
{
	static const char *const keys[] = { "status", "type", "body", NULL };
	struct sms_json v;
	int64_t status = 200;

	h->reply_status = 200;
	if (!sms_json_get(obj, "reply", &v))
		return 0;
	if (sms_json_keys(&v, keys, err) < 0 ||
	    sms_json_get_int(&v, "status", 200, 299, &status, err) < 0 ||
	    sms_json_keep_text(&v, "type", &h->reply_type, err) < 0 ||
	    sms_json_keep_text(&v, "body", &h->reply_body, err) < 0)
		return -1;
	h->reply_status = (int)status;
	return check_reply(h, &v, err);
}

/* whole: what it is read from is one event. */
static int
read_choice(
    struct sms_hook *h, const struct sms_json *obj, bool whole, struct err *err)
{
	if (whole)
		return 0;
	if (sms_json_keep_text(obj, "each", &h->each, err) < 0)
		return -1;
	return sms_conds_get(obj, "when", &h->when, err);
}

static int
read_hook(
    struct sms_hook *h, const struct sms_json *obj, bool whole, struct err *err)
{
	unsigned body = h->body; /* if it says nothing */

	if (sms_json_get_word(obj, "body", sms_doc_names, &body, err) < 0 ||
	    sms_json_keep_text(obj, "query_sep", &h->query_sep, err) < 0 ||
	    read_choice(h, obj, whole, err) < 0 || read_map(h, obj, err) < 0 ||
	    read_decode(h, obj, err) < 0 || read_tables(h, obj, err) < 0 ||
	    read_methods(h, obj, err) < 0)
		return -1;
	h->body = (enum sms_doc_kind)body;
	return read_reply(h, obj, err);
}

struct sms_hook *
sms_hook_read(
    const struct sms_json *obj, enum sms_event_kind kind, struct err *err)
{
	struct sms_hook *h = xcalloc(1, sizeof(*h));

	h->kind = kind;
	if (sms_json_keys(obj, hook_keys, err) < 0 ||
	    read_hook(h, obj, false, err) < 0)
		sms_hook_free(&h);
	return h;
}

struct sms_hook *
sms_hook_read_part(const struct sms_json *obj, bool whole, struct err *err)
{
	struct sms_hook *h = xcalloc(1, sizeof(*h));

	h->kind = SMS_INBOUND;
	h->body = SMS_DOC_JSON;
	h->first_only = true;
	if (read_hook(h, obj, whole, err) < 0)
		sms_hook_free(&h);
	return h;
}

void
sms_hook_free(struct sms_hook **hp)
{
	struct sms_hook *h = *hp;

	if (!h)
		return;
	for (size_t i = 0; i < NFIELD; i++)
		sms_extract_free(&h->map[i]);
	for (size_t i = 0; i < h->nmethod; i++)
		free(h->method[i]);
	sms_conds_free(&h->when);
	sms_table_free(&h->states);
	sms_table_free(&h->errors);
	free(h->query_sep);
	free(h->each);
	free(h->reply_type);
	free(h->reply_body);
	free(h);
	*hp = NULL;
}

struct sms_reply
sms_hook_reply(const struct sms_hook *h)
{
	return (struct sms_reply){ h->reply_status,
		h->reply_type ? h->reply_type : "",
		h->reply_body ? h->reply_body : "" };
}

bool
sms_hook_takes(const struct sms_hook *h, struct str method)
{
	for (size_t i = 0; i < h->nmethod; i++)
		if (str_is(method, h->method[i]))
			return true;
	return h->nmethod == 0;
}

bool
sms_hook_is_choosy(const struct sms_hook *h)
{
	return h->when != NULL;
}

struct sms_doc *
sms_hook_doc(const struct sms_hook *h, const struct sms_doc_source *source,
    struct err *err)
{
	struct sms_doc_source own = *source;
	struct sms_doc *d;

	own.query_sep = h->query_sep;
	d = sms_doc_new(h->body, &own, err);
	/* What is left out of a webhook would be lost. */
	if (d && !h->first_only &&
	    sms_doc_each(d, h->each, NULL, 0) > SMS_DOC_EACH_MAX) {
		sms_doc_free(&d);
		err_set(
		    err, ERR_TOO_BIG, "more than %d events", SMS_DOC_EACH_MAX);
	}
	return d;
}

/* ---- values ----------------------------------------------------------- */

/* One event in the making. */
struct reading {
	const struct sms_hook *hook;
	const struct sms_doc *doc;
	struct json_t *node;
	const struct sms_number_format *in;
	struct sms_pool *pool;
};

static struct str
raw_of(const struct reading *r, enum field f)
{
	return sms_extract_one(r->hook->map[f], r->doc, r->node, r->pool);
}

static struct str
line_of(const struct reading *r, enum field f)
{
	return sms_clean_line(raw_of(r, f), SMS_EVENT_LINE_MAX, r->pool);
}

static struct str
number_of(const struct reading *r, struct str raw)
{
	return sms_number_tell(
	    r->in, sms_clean_line(raw, SMS_EVENT_LINE_MAX, r->pool), r->pool);
}

static unsigned
count_of(const struct reading *r, enum field f)
{
	uint64_t n;

	return str_to_uint(raw_of(r, f), SMS_EVENT_PARTS_MAX, &n) ? (unsigned)n
	                                                          : 0;
}

/* "20250105102000" in UTC, as SMSEagle writes it; more digits than any clock. */
static int64_t
packed_time(struct str s)
{
	char text[32];
	int64_t utc;
	int zone;

	snprintf(text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", s.p,
	    s.p + 4, s.p + 6, s.p + 8, s.p + 10, s.p + 12);
	return datetime_guess(str_c(text), 0, &utc, &zone) ? utc : 0;
}

/*
 * Digits are seconds, or milliseconds if there are many.  datetime_guess()
 * takes what has no zone to be now; here it is UTC.
 */
int64_t
sms_time_read(struct str text)
{
	const uint64_t many = 100000000000; /* seconds: the year 5138 */
	char utc_text[TIME_TEXT_MAX + 2];
	uint64_t n;
	int64_t utc;
	int zone;

	text = str_trim(text);
	if (str_to_uint(text, INT64_MAX / 1000, &n) && text.len == 14)
		return packed_time(text);
	if (str_to_uint(text, INT64_MAX / 1000, &n))
		return (int64_t)(n < many ? 1000 * n : n);
	if (text.len == 0 || text.len > TIME_TEXT_MAX)
		return 0;
	snprintf(utc_text, sizeof(utc_text), STR_FMT "Z", STR_ARG(text));
	if (datetime_guess(text, INT64_MIN / 2, &utc, &zone) ||
	    datetime_guess(str_c(utc_text), 0, &utc, &zone))
		return utc > 0 ? utc : 0;
	return 0;
}

/* ---- an inbound message ----------------------------------------------- */

static void
read_text(const struct reading *r, struct sms_event *ev)
{
	struct str hex = raw_of(r, F_TEXT_HEX), text = raw_of(r, F_TEXT);
	struct str charset = line_of(r, F_CHARSET);
	bool is_bytes;

	ev->is_binary = sms_charset_is_binary(charset);
	if (hex.len)
		text = sms_decode(
		    SMS_DECODE_HEX, hex, charset, r->pool, &is_bytes);
	else
		text = sms_decode(
		    r->hook->decode, text, charset, r->pool, &is_bytes);
	/* JSON says itself what its characters are. */
	if (is_bytes || r->hook->body != SMS_DOC_JSON)
		text = sms_charset_to_utf8(charset, text, r->pool);
	ev->text = sms_clean_text(text, SMS_EVENT_TEXT_MAX, r->pool);
}

/* http and https only, nothing that would end a line or hide a host. */
static bool
is_media_url(struct str s)
{
	if (!str_starts(s, STR("https://")) && !str_starts(s, STR("http://")))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.len <= SMS_EVENT_URL_MAX;
}

static void
read_media(const struct reading *r, struct sms_event *ev)
{
	struct sms_event_media *out = sms_pool_array(
	    r->pool, SMS_EVENT_MEDIA_MAX, sizeof(struct sms_event_media));
	struct sms_finds f;

	f.n = 0;
	sms_extract_all(r->hook->map[F_MEDIA], r->doc, r->node, r->pool, &f);
	ev->media = out;
	for (size_t i = 0; out && i < f.n; i++) {
		if (!is_media_url(f.at[i].text) ||
		    ev->nmedia == SMS_EVENT_MEDIA_MAX)
			continue;
		out[ev->nmedia].url = f.at[i].text;
		out[ev->nmedia].type =
		    sms_clean_line(f.at[i].type, SMS_EVENT_LINE_MAX, r->pool);
		(void)str_to_uint(
		    f.at[i].size, INT64_MAX, &out[ev->nmedia].size);
		ev->nmedia++;
	}
}

static void
read_group(const struct reading *r, struct sms_event *ev)
{
	struct str *out =
	    sms_pool_array(r->pool, SMS_EVENT_GROUP_MAX, sizeof(struct str));
	struct sms_finds f;

	f.n = 0;
	sms_extract_all(r->hook->map[F_GROUP], r->doc, r->node, r->pool, &f);
	ev->group = out;
	for (size_t i = 0; out && i < f.n; i++)
		if (f.at[i].text.len && ev->ngroup < SMS_EVENT_GROUP_MAX)
			out[ev->ngroup++] = number_of(r, f.at[i].text);
}

static bool
read_inbound(const struct reading *r, struct sms_event *ev)
{
	ev->from = number_of(r, raw_of(r, F_FROM));
	read_text(r, ev);
	read_media(r, ev);
	read_group(r, ev);
	ev->subject = line_of(r, F_SUBJECT);
	ev->name = line_of(r, F_NAME);
	ev->part_ref = line_of(r, F_PART_REF);
	/* A number that is withheld is no reason to lose what was said. */
	return ev->from.len > 0 || ev->text.len > 0 || ev->nmedia > 0;
}

/* ---- a report --------------------------------------------------------- */

static enum sms_state
state_of(const struct sms_hook *h, struct str word)
{
	const char *name = sms_table_get(h->states, word);

	for (unsigned i = 0; name && sms_state_names[i]; i++)
		if (str_is(str_c(name), sms_state_names[i]))
			return (enum sms_state)i;
	return SMS_STATE_UNKNOWN;
}

static enum sms_class
class_of(const struct sms_hook *h, struct str code, enum sms_state state)
{
	const char *name = h->errors ? sms_table_get(h->errors, code) : NULL;

	for (unsigned i = 0; name && sms_class_names[i]; i++)
		if (str_is(str_c(name), sms_class_names[i]))
			return (enum sms_class)i;
	return sms_state_class(state);
}

static bool
read_status(const struct reading *r, struct sms_event *ev)
{
	ev->our_id = line_of(r, F_OUR_ID);
	ev->state_word = line_of(r, F_STATE);
	ev->text =
	    sms_clean_line(raw_of(r, F_TEXT), SMS_EVENT_LINE_MAX, r->pool);
	ev->state = state_of(r->hook, ev->state_word);
	if (ev->state >= SMS_STATE_FAILED)
		ev->cls = class_of(r->hook, line_of(r, F_ERROR), ev->state);
	return ev->state_word.len > 0 && (ev->nid > 0 || ev->our_id.len > 0);
}

/* ---- both ------------------------------------------------------------- */

static void
add_id(const struct reading *r, enum field f, struct sms_event *ev)
{
	struct str id = line_of(r, f);

	if (id.len)
		ev->id[ev->nid++] = id;
}

static bool
read_event(const struct reading *r, struct sms_event *ev)
{
	*ev = (struct sms_event){ .kind = r->hook->kind };
	add_id(r, F_PARENT, ev);
	add_id(r, F_ID, ev);
	ev->to = number_of(r, raw_of(r, F_TO));
	ev->time_utc = sms_time_read(raw_of(r, F_TIME));
	ev->nparts = count_of(r, F_PART_TOTAL);
	ev->part = count_of(r, F_PART_NO);
	return (r->hook->kind == SMS_INBOUND ? read_inbound(r, ev)
	                                     : read_status(r, ev)) &&
	    !r->pool->full;
}

/* Without a "when" anything may have come, and need not be ours. */
static bool
is_lost(const struct reading *r)
{
	return r->hook->when != NULL || r->pool->full;
}

size_t
sms_hook_events(const struct sms_hook *h, const struct sms_doc *doc,
    const struct sms_number_format *in, sms_event_fn *fn, void *arg,
    size_t *nlost_out)
{
	struct json_t *node[SMS_DOC_EACH_MAX];
	size_t n = sms_doc_each(doc, h->each, node, SMS_DOC_EACH_MAX);
	size_t count = 0, nlost = 0;
	struct sms_event ev;
	struct sms_pool pool;

	for (size_t i = 0; i < n && i < SMS_DOC_EACH_MAX; i++) {
		const struct reading r = { h, doc, node[i], in, &pool };

		sms_pool_init(&pool, EVENT_POOL_MAX);
		if (sms_conds_hold(h->when, doc, node[i], &pool)) {
			if (read_event(&r, &ev)) {
				fn(&ev, arg);
				count++;
			} else if (is_lost(&r)) {
				nlost++;
			}
		}
		sms_pool_release(&pool);
	}
	if (nlost_out)
		*nlost_out = nlost;
	return count;
}
