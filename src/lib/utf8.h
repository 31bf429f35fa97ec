/*
 * utf8.h - UTF-8 as RFC 3629 has it, and what XML 1.0 allows of it
 *
 * Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

enum { UTF8_BAD = -1 };

/*
 * Decodes the character at *s and moves behind it.  UTF8_BAD for a byte that
 * starts none; one byte is skipped then.  s is not empty.
 */
int32_t utf8_next(struct str *s);

/* Appends one character.  c is valid. */
int utf8_put(struct buf *b, int32_t c);

bool utf8_is_valid(struct str s);

/* Length of the valid beginning of s. */
size_t utf8_valid_len(struct str s);

/* The longest beginning of at most max bytes that ends between characters. */
size_t utf8_cut(struct str s, size_t max);

/*
 * at is between two characters of s: there, or before it where a cut would
 * tear an accent from its letter, or an emoji or a flag apart.  at itself if
 * the last half of what is before it has no better place.
 */
size_t utf8_cut_whole(struct str s, size_t at);

/* Characters in a valid s. */
size_t utf8_count(struct str s);

/* XML 1.0 (5th ed.) 2.2 Char, without the noncharacters U+FDD0.., U+xFFFE/F. */
bool utf8_is_xml_char(int32_t c);

/* Valid UTF-8 and XML characters only. */
bool utf8_is_xml(struct str s);

#endif
