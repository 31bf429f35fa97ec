/*
 * The first byte says whether blanks at line ends go, the rest is a text.
 * What comes out has no more lines than went in, is not longer than two bytes
 * a line more, has no CR at a line end that it had not, and loses no letter.
 *
 * The rest is a subject, too: what is left of it is its middle, has nothing
 * more to lose, and the one for people has at least what the other has.
 */
#include <stdlib.h>

#include "smtp/mail_flowed.h"
#include "smtp/mail_subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static size_t
count(struct str s, bool (*is_one)(char c))
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += is_one(s.p[i]);
	return n;
}

static bool
is_lf(char c)
{
	return c == '\n';
}

static bool
is_letter(char c)
{
	return c != '\n' && c != '\r' && c != ' ' && c != '>';
}

static void
flowed(struct str in, bool del_sp)
{
	struct buf out;

	buf_init(&out, 4 * in.len + 16);
	mail_flowed(in, del_sp, &out);
	check(!buf_is_full(&out));
	check(count(buf_str(&out), is_lf) <= count(in, is_lf) + 1);
	check(out.len <= in.len + 2 * (count(in, is_lf) + 1));
	check(count(buf_str(&out), is_letter) == count(in, is_letter));
	buf_release(&out);
}

static bool
is_within(struct str part, struct str whole)
{
	return part.len == 0 ||
	    (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static void
subject(struct str in)
{
	struct str base = mail_subject_base(in);
	struct str plain = mail_subject_plain(in);

	check(is_within(base, in) && is_within(plain, in));
	check(str_eq(mail_subject_base(base), base));
	check(str_eq(mail_subject_plain(plain), plain));
	check(str_eq(mail_subject_base(plain), base));
	(void)mail_subject_is_reply(in);
	(void)mail_subject_is_forward(in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in;

	if (size == 0)
		return 0;
	in = str_of((const char *)data + 1, size - 1);
	flowed(in, data[0] & 1);
	subject(in);
	return 0;
}
