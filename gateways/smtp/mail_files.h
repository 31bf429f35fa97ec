/*
 * mail_files.h - files of one mail on their way to where people fetch them
 *
 *	f = mail_files_new(gw, fn, arg);
 *	at = mail_files_add(f, &file);         for each
 *	mail_files_go(f, until_at);            then fn, once
 *	mail_files_get(f, at).url ...
 *	mail_files_free(&f);
 *
 * Several mails share what the XMPP server takes at once: who finds no room
 * waits for it.
 *
 * Ownership  What is added is copied.
 * Limits     MAIL_FILES_MAX; MAIL_FILES_BYTES of all mails that wait.
 */
#ifndef MAIL_FILES_H
#define MAIL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct gateway;
struct gw_file;
struct mail_files;
struct mail_part;

enum {
	MAIL_FILES_MAX = 64,
	MAIL_FILES_BYTES = 64 * 1024 * 1024,
	MAIL_FILES_LOGO = 2048,   /* an image in the text that is smaller is
	                             not worth a file */
	MAIL_FILES_INSET = 20480, /* ... nor one that HTML refers to */
};

typedef void mail_files_fn(void *arg);

struct mail_files *mail_files_new(
    struct gateway *gw, mail_files_fn *fn, void *arg);
void mail_files_free(struct mail_files **fp); /* NULL is accepted */

/*
 * Where it is from now on; one that is not taken has an err at once.  Not more
 * than MAIL_FILES_MAX.
 */
size_t mail_files_add(struct mail_files *f, const struct gw_file *file);
size_t mail_files_count(const struct mail_files *f);

/*
 * fn is called once, never before this returns: all are there, or could not
 * be handed over by then.
 */
void mail_files_go(struct mail_files *f, int64_t until_at);

/* What became of one; borrowed from the files. */
struct mail_file_state {
	struct str name, type;
	uint64_t size;
	struct str url; /* empty: err says why not */
	const struct err *err;
	bool is_passing; /* that may be otherwise in a minute */
};
struct mail_file_state mail_files_get(const struct mail_files *f, size_t at);

/* Is it something that people want to have?  Pure. */
bool mail_files_is_wanted(const struct mail_part *part);

#endif
