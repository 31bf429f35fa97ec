#include "sms/sms_loopback.h"
#include "lib/log.h"
#include "sms/sms_gateway.h"
#include "sms/sms_in.h"
#include "sms/sms_line.h"
#include "sms/sms_profile.h"

/* There is nobody who could tell it again. */
static void
on_kept(void *arg, bool ok)
{
	(void)arg;
	(void)ok;
}

static void
on_event(const struct sms_event *ev, void *arg)
{
	(void)sms_in_event(arg, ev, on_kept, NULL);
}

void
sms_loopback(struct sms_line *l, struct str body)
{
	static const enum sms_event_kind kinds[] = { SMS_STATUS, SMS_INBOUND };
	struct sms_doc_source source = { .body = body,
		.content_type = STR("application/json") };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (sms_profile_hook(l->profile, kinds[i]) &&
		    sms_event_parse(
		        l->profile, kinds[i], &source, on_event, l, &err) < 0)
			log_debug(gateway_log(l->sms->gw), "loopback",
			    "line=%s err=\"%s\"", l->name, err.text);
}
