#include "sms/sms_choice.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"

/* A line of that name that is (still) his, or NULL. */
static struct sms_line *
his(struct session *s, struct str name)
{
	struct sms_gateway *sms = sms_of(session_gateway(s));
	struct sms_line *l = name.len ? sms_line_find(sms, name) : NULL;

	return l && sms_line_is_of(l, session_user(s)) ? l : NULL;
}

struct sms_line *
sms_choice(struct session *s, struct str number)
{
	struct sms_gateway *sms = sms_of(session_gateway(s));
	struct sms_line *l, *next, *best = NULL;
	int64_t utc, best_utc = 0;
	size_t i;

	l = his(s, session_setting_at(s, number, SMS_CHOICE_SETTING));
	if (l)
		return l;
	for (i = 0; (next = sms_line_of_user(sms, session_user(s), i)); i++)
		if (str_eq(sms_last_user(
		               &sms->last, str_c(next->name), number, &utc),
		        session_user(s)) &&
		    utc > best_utc) {
			best = next;
			best_utc = utc;
		}
	if (!best)
		best =
		    his(s, session_setting(s, STR_EMPTY, SMS_CHOICE_SETTING));
	return best ? best : sms_line_of_user(sms, session_user(s), 0);
}
