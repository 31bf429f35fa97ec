/*
 * services.h - what every address answers to iq: disco, ping, version,
 * time, prompts, commands, room administration
 *
 * Every get and set is answered exactly once (xmpp/iq.h).  A feature is
 * listed in disco only where its handler answers.
 */
#ifndef CORE_SERVICES_H
#define CORE_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/str.h"

struct commands;
struct gateway;
struct inlet;
struct iq_ask;
struct iq_table;
struct services;
struct stanza;
struct xmlw;

struct services *services_new(struct gateway *gw);
void services_free(struct services **sp);

/* An iq of any type came in. */
void services_stanza(struct gateway *gw, const struct stanza *s);

/*
 * Is that client there?  fn is called once with the answer, false after ms
 * without one.  0: too much is open, fn is not called.
 */
typedef void services_alive_fn(bool alive, void *arg);
uint64_t services_ping(struct gateway *gw, struct str from, struct str to,
    int64_t ms, services_alive_fn *fn, void *arg);
void services_cancel(struct gateway *gw, uint64_t ping);

/* The stream is down: what was asked will not be answered. */
void services_stream_down(struct gateway *gw);

/* For the handlers, in their own files. */
struct inlet *services_inlet(struct iq_ask *ask);
struct iq_table *services_iqs(struct gateway *gw);
struct commands *services_commands(struct gateway *gw);

/* Is this the node of our capabilities, "uri#ver"? */
bool services_is_caps_node(struct gateway *gw, struct str node);

/* What the gateway says of itself may have changed. */
void services_forget_caps(struct gateway *gw);

/* <c/> of the gateway itself (XEP-0115). */
void services_write_caps(struct gateway *gw, struct xmlw *w);

/* The same of anybody behind a network that stores and forwards. */
void services_write_person_caps(struct gateway *gw, struct xmlw *w);

#endif
