/*
 * However the answers of a server are cut, libesmtp sees the same bytes and we
 * know the same; nothing but letters of words that it is not to see, and a CR
 * behind three digits, was changed.
 *
 * The first byte seeds the cuts; a line that begins with '>' was said, any
 * other was answered.
 */
#include <stdint.h>
#include <stdlib.h>

#include "smtp/mailout/mailout_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
hear(struct mailout_wire *w, char *p, size_t n, unsigned *seed)
{
	while (n > 0) {
		size_t piece = n;

		if (seed) {
			*seed = *seed * 1103515245 + 12345;
			piece = 1 + (*seed >> 16) % 7;
		}
		if (piece > n)
			piece = n;
		mailout_wire_read(w, p, piece);
		p += piece;
		n -= piece;
	}
}

/* What libesmtp sees, in place. */
static void
play(struct mailout_wire *w, char *p, size_t n, unsigned *seed)
{
	while (n > 0) {
		char *lf = memchr(p, '\n', n);
		size_t len = lf ? (size_t)(lf - p) + 1 : n;

		if (*p == '>')
			mailout_wire_wrote(w, str_of(p + 1, len - 1));
		else
			hear(w, p, len, seed);
		p += len;
		n -= len;
	}
}

static bool
may_become(char was, char is)
{
	return was == is || is == '-' || (was == '\r' && is == ' ');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mailout_wire whole, cut;
	struct str s;
	char *a, *b;
	unsigned seed;

	if (size == 0)
		return 0;
	seed = data[0];
	s = str_of((const char *)data + 1, size - 1);
	a = str_dup(s);
	b = str_dup(s);
	mailout_wire_init(&whole);
	mailout_wire_init(&cut);
	play(&whole, a, s.len, NULL);
	play(&cut, b, s.len, &seed);
	if (memcmp(a, b, s.len) != 0 || whole.code != cut.code ||
	    whole.size_max != cut.size_max || whole.last != cut.last ||
	    whole.is_injected != cut.is_injected ||
	    whole.is_logged_in != cut.is_logged_in ||
	    !str_eq(buf_str(&whole.text), buf_str(&cut.text)))
		abort();
	for (size_t i = 0; i < s.len; i++)
		if (!may_become(s.p[i], a[i]))
			abort();
	mailout_wire_release(&whole);
	mailout_wire_release(&cut);
	free(a);
	free(b);
	return 0;
}
