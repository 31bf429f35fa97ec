/*
 * farewell.h - "you are out of that room", also when nobody could be told
 *
 * A client that is sent out of a room while the XMPP stream is down still
 * believes to be inside.  What it would have been told is kept, FAREWELL_MAX
 * of them per gateway, and said when the stream is back; to a client that is
 * gone by then it is nothing.  Beyond that number they find out for
 * themselves (XEP-0410).
 */
#ifndef CORE_FAREWELL_H
#define CORE_FAREWELL_H

#include "lib/str.h"

struct gateway;
struct muc_item;

enum { FAREWELL_MAX = 1000 };

/* Unavailable presence from room/nick to a full JID; now, or when it can be. */
void farewell_say(struct gateway *gw, struct str from, struct str to,
    const struct muc_item *item);

/* The stream is up again. */
void farewell_release(struct gateway *gw);
void farewell_drop(struct gateway *gw);

#endif
