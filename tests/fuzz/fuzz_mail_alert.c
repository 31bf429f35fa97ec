/*
 * A subject, a text and a template, apart by NUL: whatever they are, what is
 * said of them is valid, has its ceiling, and holds no token.
 */
#include <stdlib.h>

#include "lib/utf8.h"
#include "smtp/mail_alert.h"
#include "smtp/mail_glob.h"
#include "smtp/mail_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TOKEN "abcdefghijklmnopqrstuvwx23"

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static bool
has_token(struct str s)
{
	for (; s.len >= sizeof(TOKEN) - 1; s = str_skip(s, 1))
		if (str_eq_nocase(str_head(s, sizeof(TOKEN) - 1), STR(TOKEN)))
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_of((const char *)data, size), part[3] = { 0 };
	struct mail_alert_facts f = { STR("disk"), STR(TOKEN),
		STR("mail.example.org"), MAIL_SEVERITY_CRIT };
	struct mail_alert_style style = { .lines = 5, .bytes = 100 };
	struct mail_record r = { .from.address = STR("a@mail.example.org") };
	struct mail_alert *a;

	if (size > MAIL_TEXT_MAX)
		return 0;
	for (size_t i = 0; i < 3 && str_cut(&rest, '\0', &part[i]); i++)
		if (!utf8_is_xml(part[i]))
			return 0;
	if (part[0].len > MAIL_LINE_MAX || has_token(part[2]))
		return 0;
	(void)mail_glob(part[2], part[0]);
	r.subject = part[0];
	r.text = part[1];
	style.title = str_head(part[2], utf8_cut(part[2], 200));
	style.body = part[2].len ? part[2] : STR("{title}\n{text}");
	a = mail_alert_new(&style, &f, &r);
	check(utf8_is_valid(a->message.subject));
	check(utf8_is_valid(a->message.body));
	check(!has_token(a->rest.body));
	check(a->message.nspan == 0 ||
	    a->message.span[0].end <= a->message.body.len);
	mail_alert_free(&a);
	return 0;
}
