/*
 * sms_replay.h - webhooks that were handled already
 *
 * Holds by what a request is known again (struct sms_once) for as long as it
 * would be taken for good.  Put in only when what it told is on disk: until
 * then the provider may well have to send the very same request again.
 *
 * Limits     So many are held; beyond it the oldest goes first.
 */
#ifndef SMS_REPLAY_H
#define SMS_REPLAY_H

#include "sms/sms_proof.h"

enum { SMS_REPLAY_MAX = 20000 };

struct sms_replay;

struct sms_replay *sms_replay_new(size_t max); /* 0: SMS_REPLAY_MAX */
void sms_replay_free(struct sms_replay **rp);

/* Never true for one that is not remembered at all (until_utc 0). */
bool sms_replay_has(
    const struct sms_replay *r, const struct sms_once *o, int64_t now_utc);
void sms_replay_put(
    struct sms_replay *r, const struct sms_once *o, int64_t now_utc);

size_t sms_replay_count(const struct sms_replay *r);

#endif
