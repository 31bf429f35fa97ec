#include "sms/sms_body.h"
#include "sms/sms_text.h"

/* Is the link among the words already?  Clients send it as the body, too. */
static bool
is_said(struct str body, struct str url)
{
	for (size_t i = 0; i + url.len <= body.len; i++)
		if (memcmp(body.p + i, url.p, url.len) == 0)
			return true;
	return url.len == 0;
}

static int
add_links(const struct gw_message *m, struct buf *out)
{
	int rc = 0;

	for (size_t i = 0; i < m->nattachment && rc == 0; i++) {
		struct str url = m->attachment[i].url;

		if (is_said(m->body, url))
			continue;
		if (out->len)
			rc = buf_addc(out, '\n');
		if (rc == 0)
			rc = buf_add_str(out, url);
	}
	return rc;
}

int
sms_body_make(
    const struct gw_message *m, bool smart, bool with_links, struct buf *out)
{
	struct buf said;
	int rc;

	buf_init(&said, SMS_BODY_MAX);
	rc = buf_add_str(&said, m->body);
	if (rc == 0 && with_links)
		rc = add_links(m, &said);
	if (rc == 0)
		rc = sms_text_write(buf_str(&said), smart, out);
	buf_release(&said);
	return rc;
}
