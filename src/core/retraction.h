/*
 * retraction.h - what was said is taken back
 *
 * By who said it (XEP-0424), or in a room by somebody who may do that there
 * (XEP-0425).  It is then neither in the history nor in the archive; whether
 * those who have read it are asked to forget it is up to their clients.
 */
#ifndef CORE_RETRACTION_H
#define CORE_RETRACTION_H

#include "core/gateway.h"

struct inlet;
struct payload;
struct room;
struct session;

/* The network says so. */
void retraction_in(struct session *s, const struct gw_message *m);

/*
 * Our user wants that, in that room or, NULL, of what was said to that
 * person; s is NULL when he has no session.  Always answered: it comes back,
 * or an error does.
 */
void retraction_out(struct inlet *in, struct session *s, struct room *r,
    struct str nick, const struct payload *p);

#endif
