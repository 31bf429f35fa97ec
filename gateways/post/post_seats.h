/*
 * post_seats.h - people of post who sit in rooms of other services
 */
#ifndef POST_SEATS_H
#define POST_SEATS_H

#include "core/gateway.h"

/* What somebody there says to them, the first administrator is told. */
void post_seats_heard(struct gateway *gw, struct str room, struct str name,
    const struct gw_message *m, enum gw_standing standing);

#endif
