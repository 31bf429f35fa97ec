/*
 * Messages of a client as the words of a mail: each line of the input is one.
 * Whatever the bytes:
 *
 *	a subject is one line, and there is one
 *	the body is UTF-8 without controls, and ends with a line break
 */
#include <stdlib.h>

#include "lib/utf8.h"
#include "smtp/mail_compose.h"

enum { MESSAGES_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_clean(struct str s, bool is_line)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < ' ' &&
		        (is_line || !strchr("\t\n", s.p[i]))) ||
		    s.p[i] == 0x7f)
			return false;
	return utf8_is_valid(s);
}

static void
check(const struct mail_compose_in *in)
{
	struct mail_composed out;

	if (mail_compose(in, &out, NULL) == 0) {
		struct str body = buf_str(&out.body);

		if (out.subject.len == 0 ||
		    !is_clean(buf_str(&out.subject), true))
			abort();
		if (!is_clean(body, false) ||
		    (body.len && body.p[body.len - 1] != '\n'))
			abort();
	}
	mail_composed_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_of((const char *)data, size);
	struct gw_message m[MESSAGES_MAX] = { 0 };
	const struct gw_message *v[MESSAGES_MAX];
	struct mail_compose_in in = { .message = v, .sender = STR("Romeo") };

	(void)str_cut(&rest, '\0', &in.subject);
	in.answers = in.subject.len > 0;
	while (in.n < MESSAGES_MAX && str_cut(&rest, '\0', &m[in.n].body)) {
		v[in.n] = &m[in.n];
		in.n++;
	}
	check(&in);
	return 0;
}
