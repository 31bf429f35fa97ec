/*
 * secret.h - bytes that are wiped on release and never logged
 *
 * A value type for passwords: has no printer on purpose.
 */
#ifndef LIB_SECRET_H
#define LIB_SECRET_H

#include "lib/str.h"

enum { SECRET_MAX = 1024 };

struct secret {
	char *p; /* terminated, or NULL when there is none */
	size_t len;
};

/* Replaces what was there.  -1, nothing changed: over SECRET_MAX bytes. */
int secret_set(struct secret *s, struct str value);
void secret_release(struct secret *s); /* wiped; may be set again */

/* Borrowed until the next set or release. */
static inline struct str
secret_str(const struct secret *s)
{
	return s->p ? (struct str){ s->p, s->len } : STR_EMPTY;
}

/* memset() that the compiler does not drop. */
void secret_wipe(void *p, size_t len);

/* Time does not depend on where they differ. */
bool secret_eq(struct str a, struct str b);

#endif
