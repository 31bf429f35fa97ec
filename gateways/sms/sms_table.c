/*
 * A small table of words.
 */
#include "sms/sms_table.h"

#include <stdlib.h>

#include "lib/xalloc.h"

struct row {
	char *word, *value;
};

struct sms_table {
	size_t n;
	struct row row[];
};

static int
read_row(struct sms_table *t, const struct sms_json *member,
    const char *const *values, struct err *err)
{
	const char *value = NULL;
	unsigned word = 0;

	if (values ? sms_json_word(member, values, &word, err) < 0
	           : sms_json_text(member, &value, err) < 0)
		return -1;
	t->row[t->n++] = (struct row){ xstrdup(member->key),
		xstrdup(values ? values[word] : value) };
	return 0;
}

struct sms_table *
sms_table_read(
    const struct sms_json *obj, const char *const *values, struct err *err)
{
	size_t n = sms_json_count(obj);
	struct sms_json member;
	struct sms_table *t;
	void *at = NULL;

	if (sms_json_kind(obj) != SMS_JSON_OBJECT || n > SMS_TABLE_MAX) {
		sms_json_bad(obj, err, "not an object of at most %d words",
		    SMS_TABLE_MAX);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t) + n * sizeof(t->row[0]));
	while (sms_json_next(obj, &at, &member))
		if (read_row(t, &member, values, err) < 0) {
			sms_table_free(&t);
			return NULL;
		}
	return t;
}

void
sms_table_free(struct sms_table **tp)
{
	struct sms_table *t = *tp;

	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		free(t->row[i].word);
		free(t->row[i].value);
	}
	free(t);
	*tp = NULL;
}

static const char *
find(const struct sms_table *t, struct str word,
    bool (*is_same)(struct str a, struct str b))
{
	for (size_t i = 0; i < t->n; i++)
		if (is_same(str_c(t->row[i].word), word))
			return t->row[i].value;
	return NULL;
}

const char *
sms_table_get(const struct sms_table *t, struct str word)
{
	const char *value = find(t, word, str_eq);

	if (!value)
		value = find(t, word, str_eq_nocase);
	return value ? value : find(t, STR("*"), str_eq);
}
