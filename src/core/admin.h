/*
 * admin.h - roles and affiliations in rooms (XEP-0045 8 to 10)
 */
#ifndef CORE_ADMIN_H
#define CORE_ADMIN_H

struct inlet;
struct iq_ask;
struct room;
struct stanza;

/* The room, if the asker is inside; NULL: it has been answered. */
struct room *admin_room(struct iq_ask *ask, struct inlet *in);

/* Lists by role or affiliation. */
void admin_on_get(struct iq_ask *ask, const struct stanza *query);

/* Kick, and changes of role and affiliation. */
void admin_on_set(struct iq_ask *ask, const struct stanza *query);

#endif
