/*
 * watch.h - people in rosters are watched on their networks
 *
 * As long as there is a session, which is not begun for that: one request
 * after another, since the requests of a session have a ceiling.
 */
#ifndef CORE_WATCH_H
#define CORE_WATCH_H

struct contact;
struct gw_event;
struct session;

/* It is new, or was asked after: if it is a person, and is not watched yet. */
void watch_contact(struct contact *c);

/* It is about to be taken out; another spelling of it goes on. */
void watch_end(struct session *s, const struct contact *gone);

/* A login begins and ends. */
void watch_online(struct session *s);
void watch_offline(struct session *s);

/* CONTACT and PERSON_AWAY */
void watch_on_seen(struct session *s, const struct gw_event *ev);
void watch_on_away(struct session *s, const struct gw_event *ev);

#endif
