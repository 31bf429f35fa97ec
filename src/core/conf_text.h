/*
 * conf_text.h - the text of a configuration file, made fit for libconfuse
 *
 * libconfuse 3.3 (Debian 12) miscounts lines behind comments, accepts a
 * missing closing brace, takes a variable that is not set for an empty string,
 * skips characters it does not know, stays inside a string for ever after a
 * bad escape in one, and stops at the first mistake.  So we look first: words,
 * strings and braces are checked here, comments become blanks, and a statement
 * that it stumbles over can be blanked before it reads the text again.
 *
 *	conf_text_init(&t, path, text, rep);
 *	if (conf_text_is_sound(&t))
 *		give t.clean to libconfuse;
 *	conf_text_release(&t);
 *
 * Limits     Blocks nest CONF_DEPTH_MAX deep.
 */
#ifndef CORE_CONF_TEXT_H
#define CORE_CONF_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/str.h"

struct config_report;

enum { CONF_DEPTH_MAX = 8 };

struct conf_text {
	struct buf clean;
	int *block_line; /* where each block began, in the order they end */
	size_t nblocks;
	bool is_broken; /* private: braces or strings do not match */
};

/* Says in rep what is wrong with words, strings and braces. */
void conf_text_init(struct conf_text *t, const char *path, struct str text,
    struct config_report *rep);
void conf_text_release(struct conf_text *t);

/* False: do not let libconfuse see it. */
static inline bool
conf_text_is_sound(const struct conf_text *t)
{
	return !t->is_broken;
}

/*
 * Blanks the first statement of that name that begins on that line, inside a
 * block named section ("root": none).  False: there is none.
 */
bool conf_text_blank(
    struct conf_text *t, const char *section, const char *name, int line);

#endif
