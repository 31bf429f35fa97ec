#include "smtp/mail_envelope.h"

#include <stdarg.h>
#include <stdio.h>

void
mail_reply_set(
    struct mail_reply *r, int code, const char *enhanced, const char *fmt, ...)
{
	va_list ap;

	r->code = code;
	r->enhanced = enhanced;
	va_start(ap, fmt);
	(void)vsnprintf(r->text, sizeof(r->text), fmt, ap); /* may be cut */
	va_end(ap);
	for (char *c = r->text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}
