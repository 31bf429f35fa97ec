#include "lib/pack.h"

void
pack_u64(struct buf *out, uint64_t n)
{
	while (n > 0x7f) {
		buf_addc(out, (char)(n & 0x7f) | (char)0x80);
		n >>= 7;
	}
	buf_addc(out, (char)n);
}

/* 0, -1, 1, -2, 2 ... become 0, 1, 2, 3, 4 ... */
void
pack_i64(struct buf *out, int64_t n)
{
	uint64_t u = (uint64_t)n << 1;

	pack_u64(out, n < 0 ? ~u : u);
}

void
pack_str(struct buf *out, struct str s)
{
	pack_u64(out, s.len);
	buf_add_str(out, s);
}

bool
unpack_u64(struct str *rest, uint64_t *out)
{
	uint64_t n = 0, seven;
	unsigned shift;

	for (shift = 0; shift < 64; shift += 7) {
		if (rest->len == 0)
			return false;
		seven = (unsigned char)rest->p[0] & 0x7f;
		if (seven << shift >> shift != seven)
			return false;
		n |= seven << shift;
		*rest = str_skip(*rest, 1);
		if (((unsigned char)rest->p[-1] & 0x80) == 0) {
			*out = n;
			return true;
		}
	}
	return false;
}

bool
unpack_i64(struct str *rest, int64_t *out)
{
	uint64_t u;

	if (!unpack_u64(rest, &u))
		return false;
	*out = (int64_t)(u & 1 ? ~(u >> 1) : u >> 1);
	return true;
}

bool
unpack_str(struct str *rest, struct str *out)
{
	uint64_t len;

	if (!unpack_u64(rest, &len) || len > rest->len)
		return false;
	*out = str_head(*rest, len);
	*rest = str_skip(*rest, len);
	return true;
}
