/*
 * flow_reader.h - passerelle-mailread in a flow: in this process
 *
 *	reader dies        the next mail kills the worker that reads it
 *	reader sleeps      the next mail is not answered
 */
#ifndef TESTS_FLOW_READER_H
#define TESTS_FLOW_READER_H

#include <stdbool.h>

#include "lib/str.h"

/* Answers what the workers were told.  True: somebody was answered. */
bool flow_reader_turn(void);

/* NULL, or what is wrong. */
const char *flow_reader(struct str first, struct str verb, struct str rest);

#endif
