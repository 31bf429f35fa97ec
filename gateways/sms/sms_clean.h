/*
 * sms_clean.h - what came from outside, as text that people can be shown
 *
 * UTF-8 without control characters and without what XML cannot hold; bytes
 * that are none become U+FFFD.  Longer ones are cut between characters.
 */
#ifndef SMS_CLEAN_H
#define SMS_CLEAN_H

#include "lib/str.h"
#include "sms/sms_pool.h"

/* Several lines: LF and tab stay, CR LF becomes LF. */
struct str sms_clean_text(struct str raw, size_t max, struct sms_pool *pool);

/* One line: what separates words becomes one space. */
struct str sms_clean_line(struct str raw, size_t max, struct sms_pool *pool);

#endif
