/*
 * store_reserve.h - room on the disk for what cannot wait
 *
 * A file beside the database, PATH.reserve, that holds nothing.  When the disk
 * is full it is given up, so that what became of messages under way can still
 * be written; nothing new is begun until it could be made again.
 *
 * Thread     The writer's.
 */
#ifndef CORE_STORE_RESERVE_H
#define CORE_STORE_RESERVE_H

#include <stdbool.h>

enum { STORE_RESERVE_BYTES = 4 * 1024 * 1024 };

/* False: there is no room for it. */
bool store_reserve_make(const char *store_path);

/* False: there was none. */
bool store_reserve_release(const char *store_path);

#endif
