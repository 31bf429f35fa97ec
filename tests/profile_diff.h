/*
 * profile_diff.h - two JSON values, and the places where they differ
 *
 * For profile_run.c: what a profile makes of something is written as JSON and
 * held against what the case file says.
 */
#ifndef PROFILE_DIFF_H
#define PROFILE_DIFF_H

#include <jansson.h>

#include "lib/str.h"
#include "sms/sms_pool.h"

/* Where we are; complaints begin with it. */
struct place {
	const char *file;
	const char *part; /* sends, answers ... */
	const char *name; /* of the case */
	unsigned nbad;
};

void bad(struct place *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Complains of each innermost difference; NULL: there is nothing. */
void differ(
    struct place *p, const char *where, const json_t *want, const json_t *got);
void differ_in(struct place *p, const char *where, const char *key,
    const json_t *want, const json_t *got);

char *dup_str(struct str s); /* terminated; to be freed */

/* A text; one that is not UTF-8 says so. */
json_t *json_of(struct str s);

/* Sets a member, unless it is empty or 0. */
void put(json_t *obj, const char *key, struct str s);
void put_number(json_t *obj, const char *key, int64_t n);

/* The text of a member, or empty; borrowed. */
struct str text_at(const json_t *obj, const char *key);

/* "a=b&c=d" as [["a","b"],["c","d"]] */
json_t *fields_of(struct str s, struct sms_pool *pool);

#endif
