/*
 * status.h - the command that tells what is connected
 */
#ifndef STATUS_H
#define STATUS_H

struct adhoc_call;

/* Of the caller's connections; of all of them to administrators, in sums. */
void status_on_call(struct adhoc_call *call);

#endif
