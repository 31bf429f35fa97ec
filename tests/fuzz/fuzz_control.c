/*
 * A request that is read can be written again and is the same; its words are
 * text.  As an answer it has an end or has none.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/control_words.h"
#include "lib/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(bool holds)
{
	if (!holds)
		abort();
}

/* Words as C strings: none holds a NUL. */
static void
write_again(const struct str *word, size_t n, struct buf *out)
{
	char *copy[CONTROL_WORDS_MAX];

	for (size_t i = 0; i < n; i++) {
		need(utf8_is_valid(word[i]));
		copy[i] = str_dup(word[i]);
		need(strlen(copy[i]) == word[i].len);
	}
	need(control_write(out, (const char *const *)copy, n) == 0);
	for (size_t i = 0; i < n; i++)
		free(copy[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size), text;
	struct str word[CONTROL_WORDS_MAX];
	struct err err = ERR_INIT;
	struct buf again;
	size_t n;
	int code;

	buf_init(&again, size + 16);
	if (control_read(in, word, &n, &err) == 0) {
		write_again(word, n, &again);
		need(str_eq(buf_str(&again), in));
	}
	if (control_read_end(in, &text, &code) == 0)
		need(code >= 0 && code <= 255 && text.len < size);
	buf_release(&again);
	return 0;
}
