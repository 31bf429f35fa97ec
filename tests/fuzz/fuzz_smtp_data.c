/*
 * However what follows DATA is cut into pieces, it ends where the first CRLF
 * dot CRLF of it is and nowhere else, and what comes out is what a simple
 * reading of the whole gives.
 *
 * The first byte of the input says whether line ends are made whole, the
 * second seeds the cuts, the rest is the stream.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "smtp/smtp_data.h"

enum { ALL_BYTES = 1 << 22, SIZE_MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes up to and with the end; 0: there is none. */
static size_t
find_end(struct str s)
{
	if (str_starts(s, STR(".\r\n")))
		return 3;
	for (size_t i = 0; i + 5 <= s.len; i++)
		if (memcmp(s.p + i, "\r\n.\r\n", 5) == 0)
			return i + 5;
	return 0;
}

/* From CRLF to CRLF; a dot in front goes. */
static void
read_lines(struct str s, struct buf *out)
{
	bool starts = true;

	for (size_t i = 0; i < s.len; i++) {
		bool is_crlf =
		    i + 1 < s.len && s.p[i] == '\r' && s.p[i + 1] == '\n';

		if (starts && s.p[i] == '.') {
			starts = false;
			continue;
		}
		starts = is_crlf;
		if (is_crlf)
			i++;
		else if (s.p[i] == '\0' ||
		    (s.p[i] == '\r' && i + 1 < s.len && s.p[i + 1] == '\r'))
			continue;
		else if (s.p[i] != '\r' && s.p[i] != '\n') {
			buf_addc(out, s.p[i]);
			continue;
		}
		buf_add_str(out, STR("\r\n"));
	}
}

static bool
is_clean(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		bool cr = i > 0 && s.p[i - 1] == '\r';

		if (s.p[i] == '\0' || (s.p[i] == '\n') != cr)
			return false;
	}
	return s.len == 0 || s.p[s.len - 1] != '\r';
}

/* Bytes that were used; the end was among them, or all were. */
static size_t
run(struct smtp_data *d, struct str stream, unsigned seed, struct buf *got,
    bool *ended)
{
	size_t used = 0;

	while (used < stream.len) {
		struct str in, part;
		size_t n, before;
		enum smtp_data_step step;

		seed = seed * 1103515245 + 12345;
		n = 1 + (seed >> 16) % (seed & 0x800000 ? 4 : 60);
		in = str_head(str_skip(stream, used), n);
		before = in.len;
		while (step = smtp_data_next(d, &in, &part),
		    step == SMTP_DATA_PART)
			buf_add_str(got, part);
		used += before - in.len;
		if (step == SMTP_DATA_END) {
			*ended = true;
			return used;
		}
		if (in.len > 0)
			abort();
	}
	return used;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_data d;
	struct buf want, got;
	struct str stream, body;
	size_t end, used;
	bool ended = false;

	if (size < 2)
		return 0;
	stream = str_of((const char *)data + 2, size - 2);
	end = find_end(stream);
	body = str_head(stream, end ? end - 3 : stream.len);
	buf_init(&want, ALL_BYTES);
	buf_init(&got, ALL_BYTES);
	smtp_data_begin(&d, SIZE_MAX_BYTES, data[0] & 1);
	used = run(&d, stream, data[1], &got, &ended);
	if (ended != (end > 0) || used != (end ? end : stream.len))
		abort();
	read_lines(body, &want);
	if (ended && (data[0] & 1) && d.fault == SMTP_FAULT_NONE &&
	    !str_eq(buf_str(&want), buf_str(&got)))
		abort();
	if (ended && !(data[0] & 1) &&
	    (d.fault == SMTP_FAULT_NONE) != is_clean(body))
		abort();
	if ((data[0] & 1) && d.fault == SMTP_FAULT_LINE_END)
		abort();
	buf_release(&want);
	buf_release(&got);
	return 0;
}
