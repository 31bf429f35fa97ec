/*
 * All of it is a page.  Whatever it is, what comes out can be in a stanza, is
 * no longer than it may be, ends its last line, and has no two empty lines in
 * a row; what is told of it lies in it.
 */
#include <stdlib.h>

#include "lib/utf8.h"
#include "smtp/mailread/mailread_html.h"

enum { ROOM = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
check_part(const struct buf *out, size_t at, size_t end)
{
	if (at == MAILREAD_HTML_NOWHERE) {
		check(end == MAILREAD_HTML_NOWHERE);
		return;
	}
	check(at >= 1 && at <= end && end <= out->len);
	check(utf8_is_xml(str_skip(buf_str(out), at)));
	check(utf8_is_xml(str_head(buf_str(out), end)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str html = str_of((const char *)data, size);
	struct mailread_html_info info;
	struct buf out;

	buf_init(&out, ROOM);
	buf_addc(&out, '\n');
	check(mailread_html(
	          html, size % 3 ? NULL : "iso-8859-2", &out, &info) == 0);
	check(out.len <= ROOM && !buf_is_full(&out));
	check(utf8_is_xml(buf_str(&out)));
	check(out.p[out.len - 1] == '\n');
	check(!strchr(out.p, '\r') && !strstr(out.p, "\n\n\n"));
	check_part(&out, info.quote_at, info.quote_end);
	check_part(&out, info.signature_at, info.signature_end);
	buf_release(&out);
	return 0;
}
