/*
 * sms_json.h - a JSON file that a person wrote, read with words for what is
 * wrong in it
 *
 * A struct sms_json is one value and where it stands, so that any complaint
 * can say so: "twilio.json: send.sms.accept.id: not text".  It is passed
 * about on the stack of whoever reads the value around it.
 *
 *	if (sms_json_open(&file, name, text, err) < 0) ...
 *	root = sms_json_root(&file);
 *	if (sms_json_keys(&root, known, err) < 0 ||
 *	    sms_json_need_text(&root, "name", &name, err) < 0) ...
 *	sms_json_close(&file);
 *
 * Keys       Whoever reads an object says first which keys it may have; one
 *            that is not among them is an error that names the nearest.
 *            "//" is a remark and may stand anywhere.
 * Ownership  Texts are borrowed from the file, until it is closed.
 * Limits     SMS_JSON_FILE_MAX bytes, SMS_JSON_DEPTH_MAX levels; no key
 *            twice in an object, no NUL in a text.
 */
#ifndef SMS_JSON_H
#define SMS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct json_t;
struct sms_scope;

enum { SMS_JSON_FILE_MAX = 256 * 1024, SMS_JSON_DEPTH_MAX = 32 };

struct sms_json_file {
	const char *name; /* borrowed, for complaints */
	struct json_t *root;
	const struct sms_scope *scope; /* what templates may name just now;
	                                  see sms_template_read() */
};

enum sms_json_kind {
	SMS_JSON_NULL,
	SMS_JSON_TEXT,
	SMS_JSON_NUMBER,
	SMS_JSON_BOOL,
	SMS_JSON_OBJECT,
	SMS_JSON_ARRAY,
};

struct sms_json {
	const struct sms_json_file *file;
	struct json_t *value;
	const struct sms_json *up; /* NULL: the whole */
	const char *key;           /* NULL: in an array, at ... */
	size_t index;
};

int sms_json_open(struct sms_json_file *f, const char *name, struct str text,
    struct err *err);
void sms_json_close(struct sms_json_file *f);
struct sms_json sms_json_root(const struct sms_json_file *f);

enum sms_json_kind sms_json_kind(const struct sms_json *v);

/* A complaint about v.  Always -1. */
int sms_json_bad(const struct sms_json *v, struct err *err, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* An object with none but these keys; the list ends with NULL. */
int sms_json_keys(
    const struct sms_json *obj, const char *const *known, struct err *err);

/* False: there is none, or it is null.  out borrows obj. */
bool sms_json_get(
    const struct sms_json *obj, const char *key, struct sms_json *out);

/* Elements of an array, members of an object; 0 of anything else. */
size_t sms_json_count(const struct sms_json *v);

/* The i-th element of an array. */
bool sms_json_at(const struct sms_json *arr, size_t i, struct sms_json *out);

/*
 * The members of an object, in the order of the file, without remarks.
 *
 *	void *at = NULL;
 *	while (sms_json_next(&obj, &at, &member)) ... member.key ...
 */
bool sms_json_next(const struct sms_json *obj, void **at, struct sms_json *out);

/* The value itself. */
int sms_json_text(const struct sms_json *v, const char **out, struct err *err);
int sms_json_int(const struct sms_json *v, int64_t min, int64_t max,
    int64_t *out, struct err *err);
int sms_json_bool(const struct sms_json *v, bool *out, struct err *err);

/* The index in words, which ends with NULL. */
int sms_json_word(const struct sms_json *v, const char *const *words,
    unsigned *out, struct err *err);

/* A member.  Where there is none *out stays as it is. */
int sms_json_get_text(const struct sms_json *obj, const char *key,
    const char **out, struct err *err);
int sms_json_keep_text(const struct sms_json *obj, const char *key, char **out,
    struct err *err); /* a copy, the caller's to free() */
int sms_json_get_int(const struct sms_json *obj, const char *key, int64_t min,
    int64_t max, int64_t *out, struct err *err);
int sms_json_get_bool(
    const struct sms_json *obj, const char *key, bool *out, struct err *err);
int sms_json_get_word(const struct sms_json *obj, const char *key,
    const char *const *words, unsigned *out, struct err *err);

/* It must be there, and not empty. */
int sms_json_need_text(const struct sms_json *obj, const char *key,
    const char **out, struct err *err);
int sms_json_need(const struct sms_json *obj, const char *key,
    struct sms_json *out, struct err *err);

/*
 * What a provider sends: the same limits of depth, keys may come twice, NUL
 * may be in a text.  NULL: not JSON; the err says why.  json_decref() frees.
 */
struct json_t *sms_json_parse(struct str text, struct err *err);

/* The nearest of the words, or NULL if none is near. */
const char *sms_json_nearest(const char *word, const char *const *words);

#endif
