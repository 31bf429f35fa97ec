#include <stdlib.h>

#include "lib/secret.h"
#include "lib/xalloc.h"

int
secret_set(struct secret *s, struct str value)
{
	char *p;

	if (value.len > SECRET_MAX)
		return -1;
	/* Copied first: value may be a part of what is there. */
	p = xmalloc(value.len + 1);
	if (value.len > 0)
		memcpy(p, value.p, value.len);
	p[value.len] = '\0';
	secret_release(s);
	s->p = p;
	s->len = value.len;
	return 0;
}

void
secret_release(struct secret *s)
{
	if (s->p)
		secret_wipe(s->p, s->len);
	free(s->p);
	*s = (struct secret){ 0 };
}

void
secret_wipe(void *p, size_t len)
{
	if (len > 0)
		explicit_bzero(p, len);
}

bool
secret_eq(struct str a, struct str b)
{
	unsigned char diff = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		diff |= (unsigned char)(a.p[i] ^ b.p[i]);
	return diff == 0;
}
