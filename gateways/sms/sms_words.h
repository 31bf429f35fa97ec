/*
 * sms_words.h - the words by which people say that they want no more
 *
 * A text that is such a word and nothing else, in any case, with or without
 * punctuation around it.  Between people "end" and "cancel" are words like
 * others, so only those that mean nothing else count everywhere; the rest is
 * of languages that have to be named.
 *
 * Source     CTIA Messaging Principles 5.1.3, and the words that providers
 *            react to by themselves.
 *
 * Pure.
 */
#ifndef SMS_WORDS_H
#define SMS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

enum sms_word { SMS_WORD_NONE, SMS_WORD_STOP, SMS_WORD_START };

/* language: "en", "fr", ... */
enum sms_word sms_word_read(
    struct str text, const struct str *language, size_t nlanguage);

/* Are there words of it? */
bool sms_word_has_language(struct str language);

#endif
