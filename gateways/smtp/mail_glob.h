/*
 * mail_glob.h - patterns as operators write them; pure
 *
 * `*` is any number of characters, `?` one byte; the rest is itself, whatever
 * the case of ASCII letters.  Linear in the text for each `*`.
 */
#ifndef MAIL_GLOB_H
#define MAIL_GLOB_H

#include <stdbool.h>

#include "lib/str.h"

bool mail_glob(struct str pattern, struct str text);

#endif
