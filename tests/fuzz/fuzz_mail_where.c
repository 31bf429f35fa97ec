/*
 * What may stand before the @ of an address of ours.  Whatever the bytes:
 *
 *	what is found in it stands in it, or is empty
 *	a JID that was found makes an address that has it again
 *	nothing is believed to be a reference of ours
 */
#include <stdlib.h>

#include "smtp/mail_ref.h"
#include "smtp/mail_where.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_part(const struct mail_where *w, const char *part)
{
	if (!strstr(w->local, part))
		abort();
}

static void
check_computed(const struct mail_where *w)
{
	struct mail_where again;
	struct buf local;

	buf_init(&local, 1024);
	if (mail_where_computed(str_c(w->jid), &local) == 0) {
		mail_where_read(buf_str(&local), &again);
		if (again.kind != MAIL_WHERE_COMPUTED ||
		    strcmp(again.jid, w->jid) != 0)
			abort();
	}
	buf_release(&local);
}

static void
check_refs(struct str in)
{
	static const struct mail_refs refs = { .key = "not to be guessed" };
	char id[MAIL_REF_ID_MAX + 1];
	uint64_t ticket;

	if (mail_ref_bounce_read(&refs, in, INT64_C(1800000000000), &ticket) ||
	    mail_ref_message_read(&refs, in, id, &ticket) ||
	    mail_ref_reply_read(&refs, in, id))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct mail_where w;

	mail_where_read(in, &w);
	check_part(&w, w.name);
	check_part(&w, w.slug);
	check_part(&w, w.token);
	check_part(&w, w.detail);
	check_part(&w, w.severity);
	if (w.kind == MAIL_WHERE_COMPUTED)
		check_computed(&w);
	if (mail_where_is_name(in, 64) && w.kind != MAIL_WHERE_NAME)
		abort();
	check_refs(in);
	return 0;
}
