/*
 * Texts in an array of a profile.
 */
#include "sms/sms_list.h"

#include <stdlib.h>

#include "lib/xalloc.h"

static int
add(struct sms_list *l, const struct sms_json *v, struct err *err)
{
	const char *text = NULL;

	if (sms_json_text(v, &text, err) < 0)
		return -1;
	l->text[l->n++] = xstrdup(text);
	return 0;
}

int
sms_list_get(const struct sms_json *obj, const char *key, struct sms_list *out,
    struct err *err)
{
	struct sms_json arr, v;

	if (!sms_json_get(obj, key, &arr))
		return 0;
	if (sms_json_kind(&arr) == SMS_JSON_TEXT)
		return add(out, &arr, err);
	if (sms_json_kind(&arr) != SMS_JSON_ARRAY ||
	    sms_json_count(&arr) > SMS_LIST_MAX)
		return sms_json_bad(
		    &arr, err, "not an array of at most %d", SMS_LIST_MAX);
	for (size_t i = 0; sms_json_at(&arr, i, &v); i++)
		if (add(out, &v, err) < 0)
			return -1;
	return 0;
}

void
sms_list_release(struct sms_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->text[i]);
	*l = (struct sms_list){ .n = 0 };
}
