/*
 * post.h - what is written of a message that goes into a room
 *
 * The words are one stanza, each attachment another: clients show one whose
 * body is an address, and no other.  Each is seen by itself, as the room
 * sends it to all, and has a number: 0, the words; 1, the first attachment.
 * Their sets are bits.
 *
 * XEP-0359 0.6		the id that rooms leave alone
 * XEP-0066 1.5		3.1 attachments
 */
#ifndef CORE_POST_H
#define CORE_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"

struct arrival;

/* All that it takes. */
uint64_t post_parts(const struct gw_message *m);

/* The part of which that is the id, or all of whose words are body; -1. */
int post_part_of(struct str id);
int post_part_saying(const struct gw_message *m, struct str body);

/*
 * By the seat of that key: what the room has not shown of it yet.  -1:
 * nothing counts of it; ERR_UNREACHABLE, ERR_BUSY: not now; else never.
 */
int post_write(struct gateway *gw, struct str key, const struct arrival *a,
    const struct gw_message *m, struct err *err);

#endif
