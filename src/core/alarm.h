/*
 * alarm.h - what administrators have to know at once
 *
 * A message of the gateway to each of access.admins.  While the XMPP stream
 * is down nothing is sent: what calls for this is in the log as well.
 */
#ifndef CORE_ALARM_H
#define CORE_ALARM_H

struct gateway;

void alarm_admins(struct gateway *gw, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
