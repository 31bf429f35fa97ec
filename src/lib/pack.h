/*
 * pack.h - numbers and strings one after another in bytes
 *
 * For what is kept whole and read whole: no names, no types, the reader asks
 * in the order of the writer.  A number is seven bits a byte, the lowest
 * first, the eighth says that there is more; a string is its length and its
 * bytes.  What is read is not believed: every answer is checked.
 *
 *	pack_u64(&out, n);
 *	pack_str(&out, name);
 *	...
 *	if (!unpack_u64(&rest, &n) || !unpack_str(&rest, &name)) ...
 */
#ifndef LIB_PACK_H
#define LIB_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

void pack_u64(struct buf *out, uint64_t n);
void pack_i64(struct buf *out, int64_t n); /* small ones are short */
void pack_str(struct buf *out, struct str s);

/* False: that is not there; *rest is of no use any more. */
bool unpack_u64(struct str *rest, uint64_t *out);
bool unpack_i64(struct str *rest, int64_t *out);
bool unpack_str(struct str *rest, struct str *out); /* borrowed from rest */

#endif
