#include "sms/sms_status.h"
#include "core/gateway.h"
#include "lib/clock.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"
#include "sms/sms_profile.h"

/* How long a text may be. */
static void
write_length(const struct sms_limits *lim, struct buf *out)
{
	static const char *const units[] = {
		[SMS_UNIT_GSM] = "septets",
		[SMS_UNIT_UCS2] = "units of UTF-16",
		[SMS_UNIT_CHARS] = "characters",
	};

	if (lim->gateway_splits)
		(void)buf_addf(out, "long texts go as several messages");
	else if (lim->chars)
		(void)buf_addf(
		    out, "texts of up to %u %s", lim->chars, units[lim->unit]);
	else if (lim->parts)
		(void)buf_addf(out, "texts of up to %u parts", lim->parts);
	else
		(void)buf_addf(out, "texts of any length");
}

static void
write_line(const struct sms_line *l, struct buf *out)
{
	const struct sms_limits *lim = sms_profile_limits(l->profile);

	(void)buf_addf(out, "line %s: %s%s%s; ", l->name, l->number.text,
	    l->number.text[0] ? ", " : "", sms_profile_title(l->profile));
	write_length(lim, out);
	if (sms_profile_can(l->profile, SMS_SEND_MMS))
		(void)buf_addf(out, "; pictures");
	if (sms_profile_can(l->profile, SMS_SEND_GROUP) && lim->recipients)
		(void)buf_addf(out, "; groups of up to %u", lim->recipients);
	else if (sms_profile_can(l->profile, SMS_SEND_GROUP))
		(void)buf_addf(out, "; groups");
	(void)buf_addf(out, "; %s\n",
	    l->flow.reports ? "deliveries are reported"
	                    : "nobody reports deliveries");
}

static void
write_of(const char *what, uint64_t n, uint64_t most, struct buf *out)
{
	(void)buf_addf(out, "%llu", (unsigned long long)n);
	if (most)
		(void)buf_addf(out, " of %llu", (unsigned long long)most);
	(void)buf_addf(out, " %s", what);
}

static void
write_today(struct session *s, struct buf *out)
{
	struct gateway *gw = session_gateway(s);
	const struct sms_caps *caps = &sms_of(gw)->user;
	struct gw_spent spent = { 0 };

	gateway_spent(gw, session_user(s), STR_EMPTY,
	    sms_caps_day(gateway_clock(gw)->utc), &spent);
	(void)buf_addf(out, "today: ");
	write_of("messages", spent.nmessages, caps->day.messages, out);
	(void)buf_addf(out, ", ");
	write_of("parts", spent.nunits, caps->day.parts, out);
	(void)buf_addf(out, "\n");
}

void
sms_status(struct session *s, struct buf *out)
{
	struct sms_gateway *sms = sms_of(session_gateway(s));
	const struct sms_line *l;

	for (size_t i = 0; (l = sms_line_of_user(sms, session_user(s), i)); i++)
		write_line(l, out);
	write_today(s, out);
}

void
sms_identify(struct session *s, struct buf *out)
{
	struct sms_gateway *sms = sms_of(session_gateway(s));
	const struct sms_line *l;

	for (size_t i = 0; (l = sms_line_of_user(sms, session_user(s), i)); i++)
		(void)buf_addf(out, "%s%s", i ? ", " : "",
		    l->number.text[0] ? l->number.text : l->name);
}
