/*
 * A mail.  Whatever the bytes: it is refused with a sentence, or its record is
 * one that the daemon takes, and a second look finds the same.
 */
#include <stdlib.h>

#include "lib/xalloc.h"
#include "smtp/mailread/mailread_names.h"
#include "smtp/mailread/mailread_pool.h"
#include "smtp/mailread/mailread_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mail_record_copy copy;

static const struct mail_reader_options options = {
	.authserv_id = { "mx.example.org", 14 },
	.own_domain = { "mail.example.org", 16 },
};

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
look(const uint8_t *data, size_t size, struct buf *packed)
{
	char *bytes = xmalloc(size + 1);
	struct mailread_pool pool;
	struct mail_record r;
	struct err err = ERR_INIT;

	if (size > 0)
		memcpy(bytes, data, size);
	mailread_pool_init(&pool);
	if (mailread_record(&r, &pool, bytes, size, &options, &err) < 0)
		check(err.kind != ERR_NONE && err.text[0]);
	else
		mail_record_pack(&r, packed);
	mailread_pool_release(&pool);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct buf once, twice;

	if (!is_ready)
		mailread_gmime_init();
	is_ready = true;
	buf_init(&once, MAIL_RECORD_MAX);
	buf_init(&twice, MAIL_RECORD_MAX);
	look(data, size, &once);
	look(data, size, &twice);
	check(str_eq(buf_str(&once), buf_str(&twice)));
	if (once.len > 0)
		check(mail_record_read(&copy, buf_str(&once), NULL) == 0);
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
