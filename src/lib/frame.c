#include "lib/frame.h"

enum { LENGTH_BYTES = 4 };

int
frame_head(uint8_t type, size_t len, char out[FRAME_HEAD_BYTES])
{
	uint64_t n = (uint64_t)len + 1;

	if (n > UINT32_MAX)
		return -1;
	for (int i = 0; i < LENGTH_BYTES; i++)
		out[i] = (char)(n >> (8 * i));
	out[LENGTH_BYTES] = (char)type;
	return 0;
}

void
frame_write(struct buf *out, uint8_t type, struct str data)
{
	char head[FRAME_HEAD_BYTES];

	if (frame_head(type, data.len, head) < 0 ||
	    !buf_reserve(out, sizeof(head) + data.len)) {
		out->overflow = true;
		return;
	}
	buf_add(out, head, sizeof(head));
	buf_add_str(out, data);
}

static uint32_t
length_at(const char *p)
{
	uint32_t len = 0;

	for (int i = 0; i < LENGTH_BYTES; i++)
		len |= (uint32_t)(unsigned char)p[i] << (8 * i);
	return len;
}

int
frame_read(
    struct str *rest, size_t max, uint8_t *type_out, struct str *data_out)
{
	uint32_t len;

	if (rest->len < LENGTH_BYTES)
		return 0;
	len = length_at(rest->p);
	if (len == 0 || len - 1 > max)
		return -1;
	if (rest->len - LENGTH_BYTES < len)
		return 0;
	*type_out = (uint8_t)rest->p[LENGTH_BYTES];
	*data_out = str_of(rest->p + FRAME_HEAD_BYTES, len - 1);
	*rest = str_skip(*rest, LENGTH_BYTES + (size_t)len);
	return 1;
}
