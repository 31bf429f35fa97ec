/*
 * sms_spool.h - a folder of files that can be fetched again
 *
 * A cache and nothing more: what is lost here is asked of the provider again,
 * so nothing is synced.  Files are named by what they are of, not by what
 * somebody called them.
 *
 * Limits     total_max bytes of all files, each for keep_ms: the oldest goes
 *            first.  What is not ours in that folder is left alone.
 */
#ifndef SMS_SPOOL_H
#define SMS_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

enum { SMS_SPOOL_ID = 32 };

struct sms_spool;

/* Makes the folder if it is not there.  NULL: err names it and says why. */
struct sms_spool *sms_spool_open(
    const char *dir, uint64_t total_max, int64_t keep_ms, struct err *err);
void sms_spool_close(struct sms_spool **sp); /* the files stay */

/* Whole or not at all.  -1: err. */
int sms_spool_put(struct sms_spool *s, const uint8_t id[SMS_SPOOL_ID],
    struct str body, int64_t now_utc, struct err *err);

/* False: it is not there (any more), too old, or too much for out. */
bool sms_spool_get(const struct sms_spool *s, const uint8_t id[SMS_SPOOL_ID],
    int64_t now_utc, struct buf *out);

/* Removes what is too old or too much; now and then. */
void sms_spool_clean(struct sms_spool *s, int64_t now_utc);

uint64_t sms_spool_bytes(const struct sms_spool *s);

#endif
