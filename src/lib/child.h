/*
 * child.h - what a worker does: the other side of net/worker.h
 *
 * A program that the daemon has started begins with child_begin() and then
 * reads frames from descriptor 0 and writes them to descriptor 1; both are
 * the same socket.
 *
 *	child_begin();
 *	child_input_init(&in, FRAME_BYTES);
 *	while (child_read(&in, &type, &data) > 0)
 *		child_write(REPLY, ...);
 *
 * It blocks, and is made for one thread.
 */
#ifndef LIB_CHILD_H
#define LIB_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

/* The name of the variable that says who has started it: a process id. */
#define CHILD_PARENT "PASSERELLE_PARENT"

/*
 * From here on it dies with its parent (and at once, if that has gone already
 * or none is named), holds no descriptor but 0, 1 and 2, gains no rights by
 * what it might execute, leaves no core, and ignores SIGPIPE and the signals
 * that are meant for the daemon, which ends it itself.
 */
void child_begin(void);

/* Frames with up to max bytes of data, out of descriptor 0. */
struct child_input {
	struct buf bytes; /* read, and not yet taken */
	size_t max;
	size_t used; /* of the frame that was returned last */
};

void child_input_init(struct child_input *in, size_t max);
void child_input_release(struct child_input *in);

/*
 * Waits for the next.  1: data is borrowed until the next call; 0: the parent
 * has closed; -1: what comes is no frame.
 */
int child_read(struct child_input *in, uint8_t *type_out, struct str *data_out);

/* Would child_read() answer within wait_ms? */
bool child_is_told(struct child_input *in, int wait_ms);

/* -1: the parent has gone, or data is over 4 GB. */
int child_write(uint8_t type, struct str data);

#endif
