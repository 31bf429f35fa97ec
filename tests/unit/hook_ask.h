/*
 * A webhook in the words of a test: what is not said is empty.
 */
#ifndef TESTS_HOOK_ASK_H
#define TESTS_HOOK_ASK_H

#include "sms/sms_proof.h"

/* Lists end with a pair without a name. */
#define PAIRS(...)                                                             \
	((const struct sms_pair[]){ __VA_ARGS__, { STR_EMPTY, STR_EMPTY } })
#define PAIR(name, value)                                                      \
	{                                                                      \
		{ "" name, sizeof(name) - 1 },                                 \
		{                                                              \
			"" value, sizeof(value) - 1                            \
		}                                                              \
	}

static inline size_t
npairs(const struct sms_pair *pair)
{
	size_t n = 0;

	while (pair && pair[n].name.len > 0)
		n++;
	return n;
}

static inline struct sms_hook_ask
hook_ask(const char *method, const char *url, const char *body,
    const struct sms_pair *header)
{
	return (struct sms_hook_ask){
		.method = str_c(method),
		.url = str_c(url),
		.body = str_c(body),
		.peer = STR("192.0.2.7"),
		.header = header,
		.nheader = npairs(header),
	};
}

static inline void
hook_form(struct sms_hook_ask *a, const struct sms_pair *field)
{
	a->field = field;
	a->nfield = npairs(field);
	a->is_form = true;
}

static inline void
hook_query(struct sms_hook_ask *a, const struct sms_pair *query)
{
	a->query = query;
	a->nquery = npairs(query);
}

#endif
