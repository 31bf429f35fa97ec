#include "profile_diff.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "sms/sms_doc.h"

void
bad(struct place *p, const char *fmt, ...)
{
	va_list ap;

	printf("%s: %s: %s: ", p->file, p->part, p->name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	p->nbad++;
}

static char *
shown(const json_t *v)
{
	return v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
}

void
differ_in(struct place *p, const char *where, const char *key,
    const json_t *want, const json_t *got)
{
	char path[256];

	snprintf(path, sizeof(path), "%s.%s", where, key);
	differ(p, path, want, got);
}

static void
differ_object(
    struct place *p, const char *where, const json_t *want, const json_t *got)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)want, key, v)
	{
		differ_in(p, where, key, v, json_object_get(got, key));
	}
	json_object_foreach((json_t *)(uintptr_t)got, key, v)
	{
		if (!json_object_get(want, key))
			differ_in(p, where, key, NULL, v);
	}
}

static void
differ_array(
    struct place *p, const char *where, const json_t *want, const json_t *got)
{
	size_t i, n = json_array_size(want);
	char key[24];

	if (json_array_size(got) > n)
		n = json_array_size(got);
	for (i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "%zu", i);
		differ_in(p, where, key, json_array_get(want, i),
		    json_array_get(got, i));
	}
}

void
differ(
    struct place *p, const char *where, const json_t *want, const json_t *got)
{
	char *w, *g;

	if (json_is_object(want) && json_is_object(got)) {
		differ_object(p, where, want, got);
		return;
	}
	if (json_is_array(want) && json_is_array(got)) {
		differ_array(p, where, want, got);
		return;
	}
	if ((!want && !got) || json_equal(want, got))
		return;
	w = shown(want);
	g = shown(got);
	bad(p, "%s is %s, and should be %s", where, g ? g : "not there",
	    w ? w : "not there");
	free(w);
	free(g);
}

char *
dup_str(struct str s)
{
	char *z = xmalloc(s.len + 1);

	if (s.len)
		memcpy(z, s.p, s.len);
	z[s.len] = '\0';
	return z;
}

json_t *
json_of(struct str s)
{
	json_t *v = json_stringn(s.len ? s.p : "", s.len);

	return v ? v : json_string("(not UTF-8)");
}

void
put(json_t *obj, const char *key, struct str s)
{
	if (s.len)
		(void)json_object_set_new(obj, key, json_of(s));
}

void
put_number(json_t *obj, const char *key, int64_t n)
{
	if (n)
		(void)json_object_set_new(obj, key, json_integer(n));
}

json_t *
fields_of(struct str s, struct sms_pool *pool)
{
	json_t *all = json_array();
	struct str field, name;

	while (s.len && str_cut(&s, '&', &field)) {
		(void)str_cut(&field, '=', &name);
		(void)json_array_append_new(all,
		    json_pack("[o,o]",
		        json_of(sms_url_decode(name, true, pool)),
		        json_of(sms_url_decode(field, true, pool))));
	}
	return all;
}

struct str
text_at(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return v && json_is_string(v)
	    ? str_of(json_string_value(v), json_string_length(v))
	    : STR_EMPTY;
}
