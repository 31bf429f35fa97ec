/*
 * sms_list.h - texts in an array of a profile
 */
#ifndef SMS_LIST_H
#define SMS_LIST_H

#include <stddef.h>

#include "lib/err.h"
#include "sms/sms_json.h"

enum { SMS_LIST_MAX = 100 };

/* Zeroed: empty. */
struct sms_list {
	char *text[SMS_LIST_MAX + 1]; /* NULL behind the last */
	size_t n;
};

/* A member: an array of texts, or one text.  Nothing happens without it. */
int sms_list_get(const struct sms_json *obj, const char *key,
    struct sms_list *out, struct err *err);
void sms_list_release(struct sms_list *l);

#endif
