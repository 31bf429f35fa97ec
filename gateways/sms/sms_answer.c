/*
 * What a provider's answer to a request means.
 */
#include "sms/sms_answer.h"

#include <stdlib.h>

#include "lib/xalloc.h"
#include "sms/sms_clean.h"
#include "sms/sms_doc.h"
#include "sms/sms_extract.h"

enum { STATUSES_MAX = 20, ID_MAX = 256, PARTS_MAX = 255, POOL_MAX = 1 << 20 };

struct sms_accept {
	int status[STATUSES_MAX];
	size_t nstatus;
	struct sms_conds *ok;
	struct sms_extract *id, *parts;
};

struct rule {
	struct sms_conds *when;
	enum sms_class cls;
	struct sms_extract *text;
	struct sms_extract *after; /* or */
	int64_t after_ms;
};

struct sms_rules {
	struct rule rule[SMS_RULES_MAX];
	size_t n;
};

/* ---- reading ---------------------------------------------------------- */

static int
read_statuses(struct sms_accept *a, const struct sms_json *obj, struct err *err)
{
	struct sms_json arr, v;
	int64_t n = 0;

	if (!sms_json_get(obj, "status", &arr))
		return 0;
	if (sms_json_kind(&arr) != SMS_JSON_ARRAY ||
	    sms_json_count(&arr) == 0 || sms_json_count(&arr) > STATUSES_MAX)
		return sms_json_bad(
		    &arr, err, "not an array of 1 to %d", STATUSES_MAX);
	for (size_t i = 0; sms_json_at(&arr, i, &v); i++) {
		if (sms_json_int(&v, 100, 599, &n, err) < 0)
			return -1;
		a->status[a->nstatus++] = (int)n;
	}
	return 0;
}

int
sms_accept_get(
    const struct sms_json *call, struct sms_accept **out, struct err *err)
{
	static const char *const keys[] = { "status", "ok", "id", "parts",
		NULL };
	struct sms_json v;
	struct sms_accept *a;

	if (!sms_json_get(call, "accept", &v))
		return 0;
	a = xcalloc(1, sizeof(*a));
	if (sms_json_keys(&v, keys, err) < 0 || read_statuses(a, &v, err) < 0 ||
	    sms_conds_get(&v, "ok", &a->ok, err) < 0 ||
	    sms_extract_get(&v, "id", &a->id, err) < 0 ||
	    sms_extract_get(&v, "parts", &a->parts, err) < 0) {
		sms_accept_free(&a);
		return -1;
	}
	*out = a;
	return 0;
}

void
sms_accept_free(struct sms_accept **ap)
{
	if (!*ap)
		return;
	sms_conds_free(&(*ap)->ok);
	sms_extract_free(&(*ap)->id);
	sms_extract_free(&(*ap)->parts);
	free(*ap);
	*ap = NULL;
}

static int
read_after(struct rule *r, const struct sms_json *obj, struct err *err)
{
	struct sms_json v;

	if (!sms_json_get(obj, "after_ms", &v))
		return 0;
	if (sms_json_kind(&v) == SMS_JSON_NUMBER)
		return sms_json_int(&v, 1, SMS_AFTER_MAX_MS, &r->after_ms, err);
	r->after = sms_extract_read(&v, err);
	return r->after ? 0 : -1;
}

static int
read_rule(struct rule *r, const struct sms_json *obj, struct err *err)
{
	static const char *const keys[] = { "if", "class", "text", "after_ms",
		NULL };
	struct sms_json v;
	unsigned cls = 0;

	if (sms_json_keys(obj, keys, err) < 0 ||
	    sms_json_need(obj, "if", &v, err) < 0 ||
	    sms_conds_get(obj, "if", &r->when, err) < 0 ||
	    sms_json_need(obj, "class", &v, err) < 0 ||
	    sms_json_word(&v, sms_class_names, &cls, err) < 0 ||
	    sms_extract_get(obj, "text", &r->text, err) < 0)
		return -1;
	r->cls = (enum sms_class)cls;
	return read_after(r, obj, err);
}

struct sms_rules *
sms_rules_read(const struct sms_json *arr, struct err *err)
{
	struct sms_rules *all = xcalloc(1, sizeof(*all));
	struct sms_json v;
	int rc = 0;

	if (sms_json_kind(arr) != SMS_JSON_ARRAY ||
	    sms_json_count(arr) > SMS_RULES_MAX)
		rc = sms_json_bad(
		    arr, err, "not an array of at most %d", SMS_RULES_MAX);
	for (size_t i = 0; rc == 0 && sms_json_at(arr, i, &v); i++)
		rc = read_rule(&all->rule[all->n++], &v, err);
	if (rc < 0)
		sms_rules_free(&all);
	return all;
}

void
sms_rules_free(struct sms_rules **rp)
{
	struct sms_rules *all = *rp;

	if (!all)
		return;
	for (size_t i = 0; i < all->n; i++) {
		sms_conds_free(&all->rule[i].when);
		sms_extract_free(&all->rule[i].text);
		sms_extract_free(&all->rule[i].after);
	}
	free(all);
	*rp = NULL;
}

/* ---- judging ---------------------------------------------------------- */

/* A verdict in the making. */
struct judge {
	const struct sms_answer *answer;
	const struct sms_doc *doc;
	struct sms_verdict *out;
};

static bool
is_good(int status)
{
	return status >= 200 && status < 300;
}

/* What says to be JSON and is cut off is read as text. */
static struct sms_doc *
read_answer(const struct sms_answer *a)
{
	const struct sms_doc_source source = { .body = a->body,
		.content_type = a->content_type,
		.status = a->status,
		.header = a->header,
		.arg = a->arg };
	struct sms_doc *d = sms_doc_new(SMS_DOC_AUTO, &source, NULL);

	return d ? d : sms_doc_new(SMS_DOC_TEXT, &source, NULL);
}

static bool
is_accepted(const struct sms_accept *a, const struct judge *j)
{
	bool listed =
	    !a || a->nstatus == 0 ? is_good(j->answer->status) : false;

	for (size_t i = 0; a && i < a->nstatus; i++)
		listed |= a->status[i] == j->answer->status;
	return listed &&
	    (!a || sms_conds_hold(a->ok, j->doc, NULL, &j->out->pool));
}

static void
take_ids(const struct sms_accept *a, const struct judge *j)
{
	struct sms_verdict *out = j->out;
	struct sms_finds f;

	f.n = 0;
	sms_extract_all(a->id, j->doc, NULL, &out->pool, &f);
	for (size_t i = 0; i < f.n && out->nid < SMS_ANSWER_IDS_MAX; i++)
		if (f.at[i].text.len)
			out->id[out->nid++] =
			    sms_clean_line(f.at[i].text, ID_MAX, &out->pool);
}

static void
take_parts(const struct sms_accept *a, const struct judge *j)
{
	struct sms_finds f;
	uint64_t n = 0;

	f.n = 0;
	sms_extract_all(a->parts, j->doc, NULL, &j->out->pool, &f);
	if (f.n == 1 && !f.at[0].is_thing)
		(void)str_to_uint(f.at[0].text, PARTS_MAX, &n);
	else
		n = f.n;
	j->out->parts = (unsigned)n;
}

static int64_t
after_of(const struct rule *r, const struct judge *j)
{
	struct str text;
	uint64_t ms;

	if (!r->after)
		return r->after_ms;
	text = sms_extract_one(r->after, j->doc, NULL, &j->out->pool);
	return str_to_uint(text, SMS_AFTER_MAX_MS, &ms) ? (int64_t)ms : 0;
}

static bool
apply_rules(const struct sms_rules *all, const struct judge *j)
{
	struct sms_verdict *out = j->out;

	for (size_t i = 0; all && i < all->n; i++) {
		const struct rule *r = &all->rule[i];

		if (!sms_conds_hold(r->when, j->doc, NULL, &out->pool))
			continue;
		out->cls = r->cls;
		out->after_ms = after_of(r, j);
		out->text = sms_clean_line(
		    sms_extract_one(r->text, j->doc, NULL, &out->pool),
		    SMS_ANSWER_TEXT_MAX, &out->pool);
		return true;
	}
	return false;
}

/* 403 may be about one recipient: that is no reason to stop the line. */
static enum sms_class
by_status(int status)
{
	static const struct {
		int status;
		enum sms_class cls;
	} rows[] = {
		{ 401, SMS_CLASS_AUTH },
		{ 402, SMS_CLASS_NO_CREDIT },
		{ 408, SMS_CLASS_RETRY },
		{ 413, SMS_CLASS_TOO_LONG },
		{ 425, SMS_CLASS_RETRY },
		{ 429, SMS_CLASS_THROTTLE },
		{ 503, SMS_CLASS_RETRY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].cls;
	return is_good(status) || status >= 500 ? SMS_CLASS_UNSURE
	                                        : SMS_CLASS_PERMANENT;
}

static void
judge_by_status(const struct judge *j)
{
	char text[80];

	j->out->cls = by_status(j->answer->status);
	snprintf(text, sizeof(text), "%s (the provider answered %d)",
	    sms_class_info(j->out->cls)->text, j->answer->status);
	j->out->text = sms_pool_copy(&j->out->pool, str_c(text));
	j->out->own_words = true;
}

void
sms_verdict_make(const struct sms_accept *accept, const struct sms_rules *rules,
    const struct sms_answer *answer, struct sms_verdict *out)
{
	struct sms_doc *doc = read_answer(answer);
	const struct judge j = { answer, doc, out };

	*out = (struct sms_verdict){ 0 };
	sms_pool_init(&out->pool, POOL_MAX);
	if (is_accepted(accept, &j)) {
		out->cls = SMS_CLASS_ACCEPTED;
	} else if (!apply_rules(rules, &j)) {
		judge_by_status(&j);
	}
	if (accept && sms_class_info(out->cls)->fate == SMS_FATE_SENT) {
		take_ids(accept, &j);
		take_parts(accept, &j);
	}
	if (out->after_ms == 0)
		out->after_ms = answer->retry_after_ms;
	if (out->text.len == 0) {
		out->text = str_c(sms_class_info(out->cls)->text);
		out->own_words = true;
	}
	sms_doc_free(&doc);
}

void
sms_verdict_release(struct sms_verdict *v)
{
	sms_pool_release(&v->pool);
}
