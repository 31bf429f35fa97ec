/*
 * mail_spool.h - the bytes of one mail on their way
 *
 * In memory as long as it is small, then in a file that has no name: below
 * $TMPDIR, or else /var/tmp.  Nothing of it survives the program, and nothing
 * need: who sent it has not been told yet that we have it.
 *
 *	s = mail_spool_new(max);
 *	if (mail_spool_add(s, bytes, &err) < 0) ...
 *	while (n = mail_spool_read(s, at, to, sizeof(to), &err), n > 0)
 *		at += n;
 *
 * Limits     max bytes, of them MAIL_SPOOL_MEMORY in memory.
 */
#ifndef MAIL_SPOOL_H
#define MAIL_SPOOL_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"
#include "lib/str.h"

enum { MAIL_SPOOL_MEMORY = 256 * 1024 };

struct mail_spool;

struct mail_spool *mail_spool_new(size_t max);
void mail_spool_free(struct mail_spool **sp); /* NULL is accepted */

/* -1: ERR_TOO_BIG, over max; ERR_BUSY, the disk does not take it.  From then
   on nothing more is. */
int mail_spool_add(struct mail_spool *s, struct str bytes, struct err *err);

size_t mail_spool_size(const struct mail_spool *s);

/* How many were read, n if so many are there; 0 at the end; -1: err. */
ssize_t mail_spool_read(
    struct mail_spool *s, size_t at, char *to, size_t n, struct err *err);

#endif
