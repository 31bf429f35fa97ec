/*
 * sms_extract.h - how a profile says where a value stands, and when
 *
 * An extractor is one of
 *
 *	"a.b.0"                           a path (sms_doc.h)
 *	{"path": "a.b"}                   the same, and further
 *	   "map": "c"                     of each thing there, what is at c
 *	   "map": {"url","type","size"}   of media: the same, and what it is
 *	   "when": CONDITIONS             only of things for which they hold
 *	   "split": ","                   a text is cut into several
 *	   "regex": "..."                 group 1 of each that matches
 *	   "table": "name" or {...}       looked up in maps, or in this
 *	{"regex": "..."}                  group 1, in the whole body
 *	{"const": "..."}
 *	{"any": [EXTRACTOR, ...]}         the first that finds anything
 *	{"list": [EXTRACTOR, ...]}        what all of them find
 *	{"count": "NumMedia", "indexed": "MediaUrl[n]", "types": "...[n]"}
 *	                                  MediaUrl0, MediaUrl1 ...; [n1]: from
 *	                                  1; without count: until one is missing
 *
 * and a condition
 *
 *	{"path": EXTRACTOR, "in": [...]}  one of the values is among these
 *	   "not_in": [...]                none is
 *	   "all_in": [...]                there is one, and all are
 *	   "exists": true                 there is one that is not empty
 *	   "regex": "..."                 one matches; without path: the body
 *	   "status": [...]                status of the answer
 *
 * where all that is said must hold.  Words are compared exactly; a number in
 * a list is the text of it.
 */
#ifndef SMS_EXTRACT_H
#define SMS_EXTRACT_H

#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_doc.h"
#include "sms/sms_json.h"

enum {
	SMS_EXTRACT_ANY_MAX = 20, /* of "any" and "list" */
	SMS_CONDS_MAX = 20,
	SMS_WORDS_MAX = 200,
};

struct sms_extract;
struct sms_conds;

/* NULL: err. */
struct sms_extract *sms_extract_read(const struct sms_json *v, struct err *err);
void sms_extract_free(struct sms_extract **xp);

/* A member; *out stays NULL where there is none. */
int sms_extract_get(const struct sms_json *obj, const char *key,
    struct sms_extract **out, struct err *err);

/* Adds what it finds.  x may be NULL: nothing. */
void sms_extract_all(const struct sms_extract *x, const struct sms_doc *d,
    struct json_t *node, struct sms_pool *pool, struct sms_finds *out);

/* The first text that is not empty, or empty. */
struct str sms_extract_one(const struct sms_extract *x, const struct sms_doc *d,
    struct json_t *node, struct sms_pool *pool);

/* One condition or an array of them. */
struct sms_conds *sms_conds_read(const struct sms_json *v, struct err *err);
void sms_conds_free(struct sms_conds **cp);
int sms_conds_get(const struct sms_json *obj, const char *key,
    struct sms_conds **out, struct err *err);

/* c may be NULL: true. */
bool sms_conds_hold(const struct sms_conds *c, const struct sms_doc *d,
    struct json_t *node, struct sms_pool *pool);

#endif
