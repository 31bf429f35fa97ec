/*
 * However a stream is cut into feeds, the same lines come out of it, and
 * they are the lines a simple loop over all of it finds.
 *
 * The first byte of the input seeds the cuts, the rest is the stream.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/linebuf.h"

enum { LINE_BYTES = 32, ALL_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct linebuf lb;

/* Length first, so that no two lists of lines look the same. */
static void
note(struct buf *seen, struct str line)
{
	buf_addf(seen, "%zu:", line.len);
	buf_add_str(seen, line);
}

/* What the header promises, said as simply as possible. */
static uint64_t
expect(struct str stream, struct buf *seen)
{
	uint64_t ndropped = 0;
	ptrdiff_t lf;

	while ((lf = str_find(stream, '\n')) >= 0) {
		struct str line = str_head(stream, (size_t)lf);

		stream = str_skip(stream, (size_t)lf + 1);
		if (str_ends(line, STR("\r")))
			line.len--;
		if (line.len > LINE_BYTES)
			ndropped++;
		else
			note(seen, line);
	}
	return ndropped;
}

/* The bytes are gone after the feed is drained, as a read buffer's are. */
static void
feed(struct str bytes, struct buf *seen)
{
	char *gone = str_dup(bytes);
	struct str line;

	linebuf_feed(&lb, gone, bytes.len);
	while (linebuf_next(&lb, &line))
		note(seen, line);
	memset(gone, '#', bytes.len);
	free(gone);
	if (lb.part.len > LINE_BYTES + 1)
		abort();
}

static void
feed_in_pieces(struct str stream, unsigned seed, struct buf *seen)
{
	while (stream.len > 0) {
		size_t n;

		seed = seed * 1103515245 + 12345;
		n = 1 + (seed >> 16) % (seed & 0x800000 ? 5 : 80);
		feed(str_head(stream, n), seen);
		stream = str_skip(stream, n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf want, seen;
	struct str stream;
	uint64_t ndropped;

	if (size == 0)
		return 0;
	stream = str_of((const char *)data + 1, size - 1);
	buf_init(&want, ALL_BYTES);
	buf_init(&seen, ALL_BYTES);
	linebuf_init(&lb, LINE_BYTES);

	ndropped = expect(stream, &want);
	feed_in_pieces(stream, data[0], &seen);
	if (!str_eq(buf_str(&seen), buf_str(&want)) || lb.ndropped != ndropped)
		abort();

	linebuf_release(&lb);
	buf_release(&want);
	buf_release(&seen);
	return 0;
}
