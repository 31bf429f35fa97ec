/*
 * A record as a worker may hand it over: what a user is shown of it is text
 * that XML can hold, with spans inside, within its ceilings; and what is said
 * about a bounce is a sentence.
 */
#include <stdlib.h>

#include "lib/utf8.h"
#include "smtp/mail_bounce.h"
#include "smtp/mail_deliver.h"
#include "smtp/mail_thread.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mail_record_copy copy;

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
deliver(const struct mail_record *r, bool flag)
{
	struct mail_thread thread = {
		.id = "abc", .xmpp = STR("abc"), .subject = r->subject
	};
	struct mail_deliver_style style = {
		.subjects = true, .quotes = flag, .files = true
	};
	struct mail_deliver_facts facts = { .user = STR("romeo@example.org"),
		.line = STR("mail"),
		.contact = flag ? r->from.address : STR_EMPTY,
		.domain = STR("mail.example.org"),
		.thread = &thread,
		.is_new = flag,
		.trust = mail_verdict_trust(
		    &(struct mail_verdict_params){ .has_authserv = true }, r),
		.now_utc = INT64_C(1750000000000) };
	struct mail_delivery *d = mail_delivery_new(&style, &facts, r);
	const struct gw_message *m = &d->message;

	check(utf8_is_xml(m->body) && m->body.len <= MAIL_DELIVER_MAX);
	check(utf8_is_xml(m->subject) && utf8_is_xml(m->title));
	check(m->nparty <= GW_PARTIES_MAX && m->id.len <= GW_ID_MAX);
	for (size_t i = 0; i < m->nspan; i++)
		check(m->span[i].start <= m->span[i].end &&
		    m->span[i].end <= m->body.len);
	check(d->words.len <= d->words.max && !buf_is_full(&d->words));
	mail_delivery_free(&d);
}

static void
bounce(const struct mail_record *r)
{
	static const struct mail_refs refs;
	struct mail_bounce b;
	struct mail_reply reply;
	uint64_t ticket;

	mail_bounce_read(r, &b);
	check((b.kind == MAIL_BOUNCE_REPORT && b.fate == GW_REFUSED) ==
	    (b.kind == MAIL_BOUNCE_REPORT && b.err.kind != ERR_NONE));
	check(utf8_is_valid(str_c(b.err.text)));
	(void)mail_bounce_ticket(&refs, r, STR_EMPTY, 0, &ticket);
	(void)mail_verdict(&(struct mail_verdict_params){ 0 }, r, &reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (mail_record_read(&copy, str_of((const char *)data, size), NULL) < 0)
		return 0;
	deliver(&copy.record, true);
	deliver(&copy.record, false);
	bounce(&copy.record);
	return 0;
}
