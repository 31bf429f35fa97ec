/*
 * When something holds of what a provider sent.
 */
#include "sms/sms_extract.h"

#include <stdlib.h>

#include "lib/xalloc.h"
#include "sms/sms_regex.h"

struct cond {
	struct sms_extract *at;
	char *word[SMS_WORDS_MAX];
	size_t nword;
	enum { NO_WORDS, IN, NOT_IN, ALL_IN } how;
	bool asks_existence, exists;
	struct sms_regex *re;
	int status[SMS_WORDS_MAX];
	size_t nstatus;
};

struct sms_conds {
	size_t n;
	struct cond *cond[SMS_CONDS_MAX];
};

/* ---- reading conditions ----------------------------------------------- */

static const char *const cond_keys[] = { "path", "in", "not_in", "all_in",
	"exists", "regex", "status", NULL };

static int
read_word(struct cond *c, const struct sms_json *v, struct err *err)
{
	const char *text = NULL;
	char number[32];
	int64_t n = 0;

	if (sms_json_kind(v) == SMS_JSON_TEXT) {
		if (sms_json_text(v, &text, err) < 0)
			return -1;
	} else {
		if (sms_json_int(v, INT64_MIN, INT64_MAX, &n, err) < 0)
			return sms_json_bad(
			    v, err, "neither text nor a whole number");
		snprintf(number, sizeof(number), "%lld", (long long)n);
		text = number;
	}
	c->word[c->nword++] = xstrdup(text);
	return 0;
}

/* An array of at most SMS_WORDS_MAX. */
static int
is_array(const struct sms_json *v, struct err *err)
{
	if (sms_json_kind(v) != SMS_JSON_ARRAY || sms_json_count(v) == 0 ||
	    sms_json_count(v) > SMS_WORDS_MAX)
		return sms_json_bad(
		    v, err, "not an array of 1 to %d", SMS_WORDS_MAX);
	return 0;
}

static int
read_words(struct cond *c, const struct sms_json *obj, struct err *err)
{
	static const char *const keys[] = { "in", "not_in", "all_in" };
	struct sms_json arr, v;

	for (unsigned k = 0; k < 3; k++) {
		if (!sms_json_get(obj, keys[k], &arr))
			continue;
		if (c->how != NO_WORDS)
			return sms_json_bad(
			    &arr, err, "only one of in, not_in, all_in");
		if (is_array(&arr, err) < 0)
			return -1;
		c->how = k + 1;
		for (size_t i = 0; sms_json_at(&arr, i, &v); i++)
			if (read_word(c, &v, err) < 0)
				return -1;
	}
	return 0;
}

static int
read_statuses(struct cond *c, const struct sms_json *obj, struct err *err)
{
	struct sms_json arr, v;
	int64_t n = 0;

	if (!sms_json_get(obj, "status", &arr))
		return 0;
	if (is_array(&arr, err) < 0)
		return -1;
	for (size_t i = 0; sms_json_at(&arr, i, &v); i++) {
		if (sms_json_int(&v, 100, 599, &n, err) < 0)
			return -1;
		c->status[c->nstatus++] = (int)n;
	}
	return 0;
}

static int
read_existence(struct cond *c, const struct sms_json *obj, struct err *err)
{
	struct sms_json v;

	if (!sms_json_get(obj, "exists", &v))
		return 0;
	c->asks_existence = true;
	return sms_json_bool(&v, &c->exists, err);
}

static int
read_cond(struct cond *c, const struct sms_json *obj, struct err *err)
{
	struct sms_json v;

	if (sms_json_keys(obj, cond_keys, err) < 0 ||
	    sms_extract_get(obj, "path", &c->at, err) < 0 ||
	    read_words(c, obj, err) < 0 || read_existence(c, obj, err) < 0 ||
	    read_statuses(c, obj, err) < 0)
		return -1;
	if (sms_json_get(obj, "regex", &v)) {
		c->re = sms_regex_read(&v, err);
		if (!c->re)
			return -1;
	}
	if (!c->at && (c->how || c->asks_existence))
		return sms_json_bad(obj, err, "\"path\" is missing");
	if (!c->nword && !c->asks_existence && !c->re && !c->nstatus)
		return sms_json_bad(obj, err,
		    "nothing is asked: in, not_in, all_in, exists, regex or "
		    "status");
	return 0;
}

static void
free_cond(struct cond *c)
{
	for (size_t i = 0; i < c->nword; i++)
		free(c->word[i]);
	sms_extract_free(&c->at);
	sms_regex_free(&c->re);
	free(c);
}

static int
add_cond(struct sms_conds *all, const struct sms_json *v, struct err *err)
{
	struct cond *c;

	if (all->n == SMS_CONDS_MAX)
		return sms_json_bad(
		    v, err, "more than %d conditions", SMS_CONDS_MAX);
	c = xcalloc(1, sizeof(*c));
	all->cond[all->n++] = c;
	return read_cond(c, v, err);
}

struct sms_conds *
sms_conds_read(const struct sms_json *v, struct err *err)
{
	struct sms_conds *all = xcalloc(1, sizeof(*all));
	struct sms_json item;
	int rc = 0;

	if (sms_json_kind(v) != SMS_JSON_ARRAY)
		rc = add_cond(all, v, err);
	else
		for (size_t i = 0; rc == 0 && sms_json_at(v, i, &item); i++)
			rc = add_cond(all, &item, err);
	if (rc < 0)
		sms_conds_free(&all);
	return all;
}

void
sms_conds_free(struct sms_conds **cp)
{
	struct sms_conds *all = *cp;

	if (!all)
		return;
	for (size_t i = 0; i < all->n; i++)
		free_cond(all->cond[i]);
	free(all);
	*cp = NULL;
}

int
sms_conds_get(const struct sms_json *obj, const char *key,
    struct sms_conds **out, struct err *err)
{
	struct sms_json v;

	if (!sms_json_get(obj, key, &v))
		return 0;
	*out = sms_conds_read(&v, err);
	return *out ? 0 : -1;
}

/* ---- conditions ------------------------------------------------------- */

static bool
is_word(const struct cond *c, struct str s)
{
	for (size_t i = 0; i < c->nword; i++)
		if (str_is(s, c->word[i]))
			return true;
	return false;
}

static bool
words_hold(const struct cond *c, const struct sms_finds *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += is_word(c, f->at[i].text);
	switch (c->how) {
	case IN:
		return n > 0;
	case NOT_IN:
		return n == 0;
	case ALL_IN:
		return n > 0 && n == f->n;
	case NO_WORDS:
		break;
	}
	return true;
}

static bool
status_holds(const struct cond *c, int status)
{
	for (size_t i = 0; i < c->nstatus; i++)
		if (c->status[i] == status)
			return true;
	return c->nstatus == 0;
}

static bool
regex_holds(
    const struct cond *c, const struct sms_doc *d, const struct sms_finds *f)
{
	struct str part;

	if (!c->re)
		return true;
	if (!c->at)
		return sms_regex_match(c->re, sms_doc_body(d), &part);
	for (size_t i = 0; i < f->n; i++)
		if (sms_regex_match(c->re, f->at[i].text, &part))
			return true;
	return false;
}

static bool
cond_holds(const struct cond *c, const struct sms_doc *d, struct json_t *node,
    struct sms_pool *pool)
{
	struct sms_finds f;

	if (!status_holds(c, sms_doc_status(d)))
		return false;
	f.n = 0;
	sms_extract_all(c->at, d, node, pool, &f);
	return words_hold(c, &f) &&
	    (!c->asks_existence || c->exists == sms_finds_any(&f)) &&
	    regex_holds(c, d, &f);
}

bool
sms_conds_hold(const struct sms_conds *c, const struct sms_doc *d,
    struct json_t *node, struct sms_pool *pool)
{
	for (size_t i = 0; c && i < c->n; i++)
		if (!cond_holds(c->cond[i], d, node, pool))
			return false;
	return true;
}
