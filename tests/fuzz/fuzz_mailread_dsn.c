/*
 * What came back with a bounce, in each of its parts and as a text: one byte
 * says which, the others are it.  Whatever they are, what is read has the form
 * that the record is to have.
 */
#include <stdlib.h>

#include "smtp/mailread/mailread_dsn.h"
#include "smtp/mailread/mailread_headers.h"
#include "smtp/mailread/mailread_pool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static bool
is_action(struct str s)
{
	return str_is(s, "failed") || str_is(s, "delayed") ||
	    str_is(s, "delivered") || str_is(s, "relayed") ||
	    str_is(s, "expanded");
}

static void
look(const struct mail_record *r)
{
	check(r->ndsn <= MAIL_DSN_ROWS_MAX);
	for (size_t i = 0; i < r->ndsn; i++) {
		const struct mail_dsn_row *d = &r->dsn[i];

		check(is_action(d->action));
		check(d->recipient.len == 0 || mail_is_address(d->recipient));
		check(mail_is_word(d->status) && mail_is_line(d->diagnostic));
		check(mail_is_word(d->remote_mta));
	}
	check(r->returned_id.len == 0 || mail_is_id(r->returned_id));
	check(r->returned_to.len == 0 || mail_is_address(r->returned_to));
	check(
	    r->returned_sender.len == 0 || mail_is_address(r->returned_sender));
	check(mail_is_word(r->dsn_envid) && mail_is_word(r->feedback));
}

static void
read_text(struct mail_record *r, struct mailread_pool *pool, struct str text)
{
	struct mailread_headers h;

	r->from.address = STR("mailer-daemon@example.net");
	r->subject = STR("failure notice");
	mailread_headers_read(&h, pool, &text);
	r->text = text;
	mailread_dsn_text(r, pool, &h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mailread_pool pool;
	struct mail_record r = { .class = MAIL_ORDINARY };
	struct str part = str_of((const char *)data, size);

	if (size == 0)
		return 0;
	mailread_pool_init(&pool);
	part = str_skip(part, 1);
	switch (data[0]) {
	case 's':
		mailread_dsn_status(&r, &pool, part);
		break;
	case 'd':
		mailread_dsn_disposition(&r, &pool, part);
		break;
	case 'f':
		mailread_dsn_feedback(&r, &pool, part);
		break;
	case 'r':
		mailread_dsn_returned(&r, &pool, part);
		break;
	default:
		read_text(&r, &pool, part);
		break;
	}
	look(&r);
	mailread_pool_release(&pool);
	return 0;
}
