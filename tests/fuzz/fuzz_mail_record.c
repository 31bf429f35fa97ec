/*
 * Bytes that a worker hands to the daemon.  Whatever they are: what is read is
 * as the header says, and is the same record when it is packed and read again.
 */
#include <stdlib.h>

#include "smtp/mail_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mail_record_copy copy;

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
look(const struct mail_record *r)
{
	check(r->from.address.len == 0 || mail_is_address(r->from.address));
	check(mail_is_line(r->subject));
	check(r->text.len <= MAIL_TEXT_MAX && r->fresh.len <= MAIL_TEXT_MAX);
	check(r->hash.len == MAIL_HASH_BYTES);
	for (size_t i = 0; i < r->nparty; i++)
		check(mail_is_address(r->party[i].who.address));
	for (size_t i = 0; i < r->nreference; i++)
		check(mail_is_id(r->reference[i]));
	for (size_t i = 0; i < r->npart; i++)
		check(!str_has(r->part[i].name, '/') &&
		    (!r->part[i].is_carried ||
		        r->part[i].body.len == r->part[i].size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once, twice;

	if (mail_record_read(&copy, str_of((const char *)data, size), NULL) < 0)
		return 0;
	look(&copy.record);
	buf_init(&once, MAIL_RECORD_MAX);
	buf_init(&twice, MAIL_RECORD_MAX);
	mail_record_pack(&copy.record, &once);
	check(mail_record_read(&copy, buf_str(&once), NULL) == 0);
	mail_record_pack(&copy.record, &twice);
	check(str_eq(buf_str(&once), buf_str(&twice)));
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
