/*
 * sms_group.h - several people who are written to at once
 *
 * Where a line of the gateway can send to a group, a list of numbers is a room
 * for those who join it; its members are the numbers, for good.  By a line that
 * cannot, each of them gets a text of his own, and answers come from each.
 */
#ifndef SMS_GROUP_H
#define SMS_GROUP_H

#include "core/gateway.h"
#include "sms/sms_number.h"

struct sms_event;
struct sms_gateway;
struct sms_line;

/* Rooms have no state here: who is in one is in its name. */
void sms_group_join(struct session *s, gw_req_id id, const struct gw_req *req);
void sms_group_leave(struct session *s, gw_req_id id, const struct gw_req *req);

/* Can that line send to so many at once? */
bool sms_group_takes(const struct sms_line *l, size_t nmember);

/*
 * The group that a message came to, of which from and the owner of the line
 * are two; false: it came to us alone.
 */
bool sms_group_of(const struct sms_line *l, const struct sms_event *ev,
    const struct sms_number *from, struct sms_number *out);

#endif
