/*
 * lowfd.h - descriptor numbers below FD_SETSIZE, kept free for those who need
 *
 * libstrophe waits with select(), which ends the program when a descriptor is
 * 1,024 or more; with thousands of IRC links open the next socket always is.
 * So some low numbers are held by placeholders from the start and handed out.
 *
 * Thread     One; others may open and close descriptors meanwhile.
 */
#ifndef XMPP_LOWFD_H
#define XMPP_LOWFD_H

#include "lib/err.h"

/* Holds n numbers more; before many descriptors are open. */
int lowfd_reserve(unsigned n, struct err *err);

/*
 * Moves *fd to a low number; the caller closes it as usual, then calls
 * lowfd_closed().  -1: none is left; *fd is as it was.
 */
int lowfd_move(int *fd);

/* A number that came from lowfd_move() was closed: hold one again. */
void lowfd_closed(void);

#endif
