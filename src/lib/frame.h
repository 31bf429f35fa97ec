/*
 * frame.h - messages on a stream of bytes
 *
 * The daemon and its workers (net/worker.h) talk in frames: the number of
 * bytes that follow, as 32 bits with the lowest byte first; one byte that says
 * what it is; the data.
 *
 *	frame_write(&out, 'm', data);
 *	...
 *	while ((rc = frame_read(&rest, FRAME_BYTES, &type, &data)) > 0) ...
 */
#ifndef LIB_FRAME_H
#define LIB_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

enum { FRAME_HEAD_BYTES = 5 };

/* What stands before len bytes of data.  -1: so long it cannot be. */
int frame_head(uint8_t type, size_t len, char out[FRAME_HEAD_BYTES]);

/* Whole, or not at all: then out is full. */
void frame_write(struct buf *out, uint8_t type, struct str data);

/*
 * 1: one was taken off *rest, data points into it; 0: more bytes are needed;
 * -1: it has more than max bytes of data, or not even a type.
 */
int frame_read(
    struct str *rest, size_t max, uint8_t *type_out, struct str *data_out);

#endif
