/*
 * sms_addressee.h - which line a webhook is about
 *
 * Many providers have one webhook for an account: what comes to the one of a
 * line may be for another number of that account.  So the number that a text
 * was sent to decides, not the URL that it came by.
 *
 * Siblings   Lines of one profile, one owner and one account: the variables
 *            that an account needs are the same.
 */
#ifndef SMS_ADDRESSEE_H
#define SMS_ADDRESSEE_H

#include <stdint.h>

#include "lib/str.h"

struct sms_event;
struct sms_line;

/*
 * l or a sibling.  NULL: the number is none of theirs.  What does not say to
 * which number it came, or what is no number, is l's; so is all that no sibling
 * has where l has no number.
 */
struct sms_line *sms_addressee(struct sms_line *l, const struct sms_event *ev);

/* Of a report, by our reference (sms_ref.h).  NULL: of none of them. */
struct sms_line *sms_addressee_of_ref(
    struct sms_line *l, struct str ref, uint64_t *ticket_out);

#endif
