/*
 * correction.h - what has changed between two texts, in few words
 *
 * For people whose programs cannot exchange a line that was said: "I lvoe
 * you" and "I love you" make "lvoe -> love".
 *
 * Pure.
 */
#ifndef CORE_CORRECTION_H
#define CORE_CORRECTION_H

#include "lib/buf.h"
#include "lib/str.h"

/* A longer difference is told by the new text. */
enum { CORRECTION_MAX = 100 };

/*
 * Appends the words that differ, was first; all of `is` when that is no
 * longer; nothing when they differ in white space only.
 */
void correction_write(struct str was, struct str is, struct buf *out);

#endif
