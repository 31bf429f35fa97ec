#include <stdarg.h>
#include <stdio.h>

#include "core/alarm.h"
#include "core/instance.h"
#include "xmpp/component.h"
#include "xmpp/xmlw.h"

enum { ALARM_MAX = 600 };

static void
say(struct gateway *gw, struct str to, struct str text)
{
	struct xmlw *w = component_begin(gw->component, "message",
	    gateway_domain(gw), to, "chat", STR_EMPTY);

	xmlw_open(w, "body", NULL);
	xmlw_text(w, text);
	xmlw_close(w);
	(void)component_end(gw->component, NULL);
}

void
alarm_admins(struct gateway *gw, const char *fmt, ...)
{
	const struct config_access *access = &gw->conf->access;
	char text[ALARM_MAX];
	va_list ap;

	if (!component_is_up(gw->component))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < access->nadmins; i++)
		say(gw, access->admins[i], str_c(text));
}
