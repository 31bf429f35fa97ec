/*
 * Whatever is read as frames gives, written again, the bytes that were read;
 * a reader that has only the first part of them says so or says the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/frame.h"

enum { MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct str all)
{
	struct str rest = all, d, half = str_head(all, all.len / 2), hd;
	uint8_t type, htype;
	struct buf again;
	int rc = frame_read(&rest, MAX, &type, &d);
	int hrc = frame_read(&half, MAX, &htype, &hd);

	if (hrc != 0 && hrc != rc)
		abort();
	if (rc <= 0)
		return;
	buf_init(&again, FRAME_HEAD_BYTES + MAX);
	frame_write(&again, type, d);
	if (!str_eq(buf_str(&again), str_head(all, all.len - rest.len)))
		abort();
	buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_of((const char *)data, size), d;
	uint8_t type;

	do
		check(rest);
	while (frame_read(&rest, MAX, &type, &d) > 0);
	return 0;
}
