/*
 * twin.h - is another process connected under our name?
 *
 * Prosody refuses or replaces such a one, and says so; ejabberd connects both
 * and deals stanzas out between them, without a word to either.  So after
 * each login TWIN_PINGS pings go from our domain to our domain: with a twin,
 * some of them or of their answers go to it.  Until all are back nothing is
 * sent that is owed to somebody; one that is missing closes the boxes until a
 * later round is complete, and is told to administrators.
 *
 * XEP-0114 says nothing about it; what both servers do is in the facts: they
 * loop a component's stanzas for itself back.
 */
#ifndef CORE_TWIN_H
#define CORE_TWIN_H

#include <stdbool.h>
#include <stdint.h>

struct gateway;
struct twin;

enum {
	TWIN_PINGS = 16,
	TWIN_ANSWER_MS = 20 * 1000,
	TWIN_AGAIN_MS = 30 * 1000,     /* after a round that was not complete */
	TWIN_EVERY_MS = 5 * 60 * 1000, /* after one that was */
};

struct twin *twin_new(
    struct gateway *gw, void (*on_alone)(void *arg), void *arg);
void twin_free(struct twin **tp);

void twin_up(struct twin *t);
void twin_down(struct twin *t); /* before iq_stream_down() */

/* The last round on this stream was complete.  Always, where nothing is owed:
   on a live network. */
bool twin_is_alone(const struct twin *t);

/* The last round that ended, on this stream or another, was not: networks are
   not to be told anything, either. */
bool twin_is_there(const struct twin *t);

#endif
