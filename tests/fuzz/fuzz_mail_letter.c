/*
 * What the daemon and the worker that sends tell each other: what is read as a
 * letter, a smart host or a result gives, packed again, something that is read
 * as the same.  The first byte says which it is.
 */
#include <stdint.h>
#include <stdlib.h>

#include "smtp/mail_letter.h"
#include "smtp/mail_result.h"
#include "smtp/mail_submit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
letter(struct str s, struct buf *again)
{
	static struct mail_letter_copy copy;

	if (mail_letter_read(&copy, s, NULL) < 0)
		return;
	mail_letter_pack(&copy.letter, again);
	if (mail_letter_read(&copy, buf_str(again), NULL) < 0)
		abort();
}

static void
submit(struct str s, struct buf *again)
{
	struct mail_submit m;

	if (mail_submit_read(&m, s, NULL) < 0)
		return;
	mail_submit_pack(&m, again);
	if (mail_submit_read(&m, buf_str(again), NULL) < 0)
		abort();
}

static void
result(struct str s, struct buf *again)
{
	struct mail_result r;

	if (!mail_result_read(&r, s))
		return;
	mail_result_pack(&r, again);
	if (!mail_result_read(&r, buf_str(again)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf again;
	struct str s;

	if (size == 0)
		return 0;
	s = str_of((const char *)data + 1, size - 1);
	buf_init(&again, MAIL_LETTER_MAX);
	if (data[0] % 3 == 0)
		letter(s, &again);
	else if (data[0] % 3 == 1)
		submit(s, &again);
	else
		result(s, &again);
	buf_release(&again);
	return 0;
}
