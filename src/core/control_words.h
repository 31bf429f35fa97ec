/*
 * control_words.h - what goes over the control socket; pure
 *
 *	request = *( word NUL )
 *	answer  = text NUL code LF     code: of exit(3), in decimal
 *
 * An answer without its end was cut off and means nothing.
 */
#ifndef CORE_CONTROL_WORDS_H
#define CORE_CONTROL_WORDS_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

enum {
	CONTROL_WORDS_MAX = 16,
	CONTROL_REQUEST_MAX = 8 * 1024,
	CONTROL_ANSWER_MAX = 1024 * 1024,
};

/* ERR_BAD_INPUT: too many words, control characters, no UTF-8, no end. */
int control_read(struct str request, struct str word[CONTROL_WORDS_MAX],
    size_t *n_out, struct err *err);

/* -1: more words or bytes than a request can have. */
int control_write(struct buf *request, const char *const *word, size_t n);

/* Behind the text. */
void control_end(struct buf *answer, int code);

/* -1: it was cut off. */
int control_read_end(struct str answer, struct str *text_out, int *code_out);

#endif
