/*
 * relocation.h - a room has another name now
 *
 * Addresses of rooms are made of their names, so for clients the old room is
 * destroyed, and they are told where people meet instead (XEP-0045 10.9).  We
 * are inside already: who comes under the new address finds the room as it
 * was, with what was said in it.  Settings of the room and its archive go with
 * the name, but for what the new name has of its own.
 */
#ifndef CORE_RELOCATION_H
#define CORE_RELOCATION_H

struct gw_event;
struct room;

/* RENAMED, from the event table.  May free the room. */
void relocation_in(struct room *r, const struct gw_event *ev);

#endif
