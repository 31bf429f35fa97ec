/*
 * What goes over the control socket.
 */
#include "core/control_words.h"
#include "lib/utf8.h"

static bool
is_word(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return utf8_is_valid(s);
}

int
control_read(struct str request, struct str word[CONTROL_WORDS_MAX],
    size_t *n_out, struct err *err)
{
	struct str rest = request, one;

	*n_out = 0;
	if (request.len > 0 && request.p[request.len - 1] != '\0')
		return err_set(err, ERR_BAD_INPUT, "the request was cut off");
	while (rest.len > 0 && str_cut(&rest, '\0', &one)) {
		if (*n_out == CONTROL_WORDS_MAX)
			return err_set(err, ERR_BAD_INPUT, "over %d words",
			    CONTROL_WORDS_MAX);
		if (!is_word(one))
			return err_set(err, ERR_BAD_INPUT,
			    "word %zu is not text", *n_out + 1);
		word[(*n_out)++] = one;
	}
	return 0;
}

int
control_write(struct buf *request, const char *const *word, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)buf_add_str(request, str_c(word[i]));
		(void)buf_addc(request, '\0');
	}
	return n > CONTROL_WORDS_MAX || buf_is_full(request) ? -1 : 0;
}

void
control_end(struct buf *answer, int code)
{
	(void)buf_addc(answer, '\0');
	(void)buf_addf(answer, "%d\n", code);
}

int
control_read_end(struct str answer, struct str *text_out, int *code_out)
{
	ptrdiff_t end = str_find(answer, '\0');
	struct str code;
	uint64_t n;

	if (end < 0)
		return -1;
	*text_out = str_head(answer, (size_t)end);
	code = str_skip(answer, (size_t)end + 1);
	if (!str_ends(code, STR("\n")) ||
	    !str_to_uint(str_head(code, code.len - 1), 255, &n))
		return -1;
	*code_out = (int)n;
	return 0;
}
