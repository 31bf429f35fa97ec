/*
 * xalloc.h - allocation that succeeds or ends the program
 *
 * Nothing a peer sends may choose a size given here: every buffer, list and
 * map fed from outside has a ceiling of its own.
 */
#ifndef LIB_XALLOC_H
#define LIB_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size); /* zeroed; overflow-checked */
void *xrealloc(void *p, size_t size);
void *xrealloc_array(void *p, size_t n, size_t size);
char *xstrdup(const char *s);

#endif
