/*
 * sms_tree.h - JSON with templates in it, as the body of a request
 *
 *	{"to": ["{to}"], "text?": "{text}", "n": "{segments}",
 *	 "all": {"$each": "to_list", "do": {"number": "{item}"}}}
 *
 * Texts are templates; one that is a single placeholder keeps its type.  A
 * member whose key ends in '?' is left out when its value is empty, and so is
 * an empty object or array there.  $each makes an array: of each item of a
 * list, with {item} (and {item_type} of media) in it.
 */
#ifndef SMS_TREE_H
#define SMS_TREE_H

#include "lib/buf.h"
#include "lib/err.h"
#include "sms/sms_json.h"
#include "sms/sms_pool.h"
#include "sms/sms_vars.h"

struct sms_tree;

struct sms_tree *sms_tree_read(const struct sms_json *v, struct err *err);
void sms_tree_free(struct sms_tree **tp);

/* Appends it, without blanks. */
int sms_tree_render(const struct sms_tree *t, const struct sms_vars *vars,
    struct sms_pool *pool, struct buf *out, struct err *err);

#endif
