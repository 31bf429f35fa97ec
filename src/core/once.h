/*
 * once.h - what a user is told only the first time
 *
 * Remembered as a setting of his on that network: what is forgotten about him
 * is told him again.
 */
#ifndef CORE_ONCE_H
#define CORE_ONCE_H

#include <stdbool.h>

#include "lib/str.h"

/* Is that setting a note of ours?  It holds nothing of the user's. */
bool once_owns(struct str setting);

#endif
