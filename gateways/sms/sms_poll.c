/*
 * Asking for messages that no webhook brought.
 */
#include "sms/sms_poll.h"

#include <stdlib.h>

#include "lib/xalloc.h"
#include "sms/sms_doc.h"
#include "sms/sms_extract.h"
#include "sms/sms_template.h"

enum { EVERY_MIN_S = 5, EVERY_MAX_S = 86400, EVERY_S = 300 };
enum { ITEM_MAX = 256, ITEM_POOL_MAX = 1 << 24 };

struct sms_poll {
	int64_t every_s;
	struct sms_call *call[SMS_NPOLL];
	char *each; /* of the list, where there is an item */
	struct sms_conds *when;
	struct sms_hook *hook;
};

static const char *const step_names[SMS_NPOLL] = { "list", "item", "ack" };

static int
read_call(struct sms_poll *p, enum sms_poll_step step,
    const struct sms_json *obj, struct err *err)
{
	static const char *const keys[] = { SMS_CALL_KEYS, NULL };
	static const char *const names[] = { "item", NULL };
	struct sms_json_file inner = *obj->file;
	struct sms_scope scope = { .name = names, .up = inner.scope };
	struct sms_json v;

	if (!sms_json_get(obj, step_names[step], &v))
		return 0;
	if (step != SMS_POLL_LIST)
		inner.scope = &scope;
	v.file = &inner;
	if (sms_json_keys(&v, keys, err) < 0)
		return -1;
	p->call[step] = sms_call_read(&v, err);
	return p->call[step] ? 0 : -1;
}

static int
read_poll(struct sms_poll *p, const struct sms_json *obj, struct err *err)
{
	static const char *const keys[] = { "every_s", "list", "each", "when",
		"item", "ack", "map", "decode", "body", NULL };
	struct sms_json v;
	const char *each = NULL;

	if (sms_json_keys(obj, keys, err) < 0 ||
	    sms_json_get_int(obj, "every_s", EVERY_MIN_S, EVERY_MAX_S,
	        &p->every_s, err) < 0 ||
	    sms_json_need(obj, "list", &v, err) < 0)
		return -1;
	for (unsigned i = 0; i < SMS_NPOLL; i++)
		if (read_call(p, (enum sms_poll_step)i, obj, err) < 0)
			return -1;
	if (sms_json_get_text(obj, "each", &each, err) < 0)
		return -1;
	p->each = each ? xstrdup(each) : NULL;
	if (p->call[SMS_POLL_ITEM])
		return sms_conds_get(obj, "when", &p->when, err);
	return 0;
}

static int
read_hook(struct sms_poll *p, const struct sms_json *obj, struct err *err)
{
	p->hook = sms_hook_read_part(obj, p->call[SMS_POLL_ITEM] != NULL, err);
	return p->hook ? 0 : -1;
}

struct sms_poll *
sms_poll_read(const struct sms_json *obj, struct err *err)
{
	struct sms_poll *p = xcalloc(1, sizeof(*p));

	p->every_s = EVERY_S;
	if (read_poll(p, obj, err) < 0 || read_hook(p, obj, err) < 0)
		sms_poll_free(&p);
	return p;
}

void
sms_poll_free(struct sms_poll **pp)
{
	struct sms_poll *p = *pp;

	if (!p)
		return;
	for (unsigned i = 0; i < SMS_NPOLL; i++)
		sms_call_free(&p->call[i]);
	sms_conds_free(&p->when);
	sms_hook_free(&p->hook);
	free(p->each);
	free(p);
	*pp = NULL;
}

int64_t
sms_poll_every_ms(const struct sms_poll *p)
{
	return 1000 * p->every_s;
}

bool
sms_poll_has(const struct sms_poll *p, enum sms_poll_step step)
{
	return p->call[step] != NULL;
}

int
sms_poll_render(const struct sms_poll *p, enum sms_poll_step step,
    struct str item, const struct sms_vars *vars, struct sms_request *out,
    struct err *err)
{
	const struct sms_pair pair = { STR("item"), item };
	struct sms_pairs own = sms_pairs_of(&pair, 1, vars);

	return sms_call_render(p->call[step], &own.vars, out, err);
}

/* The ids of a list, as they stand there. */
struct items {
	struct str *id;
	size_t n;
	bool numeric; /* all of them */
};

static bool
is_number(struct str s)
{
	uint64_t n;

	return str_to_uint(s, UINT64_MAX, &n) && (s.p[0] != '0' || s.len == 1);
}

static void
find_items(const struct sms_poll *p, const struct sms_doc *doc,
    struct sms_pool *pool, struct items *out)
{
	size_t n = sms_doc_each(doc, p->each, NULL, 0);
	struct json_t **node = sms_pool_array(pool, n, sizeof(*node));

	*out = (struct items){ .numeric = true };
	out->id = sms_pool_array(pool, n, sizeof(struct str));
	if (!node || !out->id)
		return;
	(void)sms_doc_each(doc, p->each, node, n);
	for (size_t i = 0; i < n; i++) {
		struct sms_finds f;

		f.n = 0;
		sms_doc_find(doc, node[i], "_item", pool, &f);
		if (f.n != 1 || f.at[0].text.len == 0 ||
		    f.at[0].text.len > ITEM_MAX ||
		    !sms_conds_hold(p->when, doc, node[i], pool))
			continue;
		out->numeric &= is_number(f.at[0].text);
		out->id[out->n++] = f.at[0].text;
	}
}

static int
by_number(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return str_cmp(*x, *y);
}

int
sms_poll_items(const struct sms_poll *p, struct str body, sms_item_fn *fn,
    void *arg, struct err *err)
{
	const struct sms_doc_source source = { .body = body, .status = 200 };
	struct sms_doc *doc = sms_doc_new(SMS_DOC_JSON, &source, err);
	struct sms_pool pool;
	struct items all;
	size_t from = 0;

	if (!doc)
		return -1;
	sms_pool_init(&pool, ITEM_POOL_MAX);
	find_items(p, doc, &pool, &all);
	if (all.n > SMS_POLL_ITEMS_MAX && all.numeric) {
		qsort(all.id, all.n, sizeof(all.id[0]), by_number);
		from = all.n - SMS_POLL_ITEMS_MAX;
	}
	all.n = all.n - from < SMS_POLL_ITEMS_MAX ? all.n - from
	                                          : SMS_POLL_ITEMS_MAX;
	for (size_t i = 0; i < all.n; i++)
		fn(all.id[from + i], arg);
	sms_pool_release(&pool);
	sms_doc_free(&doc);
	return (int)all.n;
}

int
sms_poll_events(const struct sms_poll *p, struct str body,
    const struct sms_number_format *in, sms_event_fn *fn, void *arg,
    struct err *err)
{
	const struct sms_doc_source source = { .body = body, .status = 200 };
	struct sms_doc *doc = sms_hook_doc(p->hook, &source, err);
	size_t n;

	if (!doc)
		return -1;
	n = sms_hook_events(p->hook, doc, in, fn, arg, NULL);
	sms_doc_free(&doc);
	return (int)n;
}
