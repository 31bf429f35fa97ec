/*
 * What went wrong: a kind for code, a text for people.
 */
#include <stdio.h>
#include <string.h>

#include "lib/err.h"

/* Text may quote what a peer sent. */
static void
make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

/* A cut inside a UTF-8 sequence leaves no half character. */
static void
cut_clean(char *text, size_t size)
{
	size_t len = strlen(text);

	if (len + 1 < size)
		return;
	while (len && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	if (len && ((unsigned char)text[len - 1] & 0xc0) == 0xc0)
		len--;
	text[len] = '\0';
}

int
err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	err->kind = kind;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	make_printable(err->text);
	cut_clean(err->text, sizeof(err->text));
	return -1;
}

int
err_prefix(struct err *err, const char *fmt, ...)
{
	char was[sizeof(err->text)];
	va_list ap;
	size_t len;

	if (!err)
		return -1;
	memcpy(was, err->text, sizeof(was));
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", was);
	make_printable(err->text);
	cut_clean(err->text, sizeof(err->text));
	return -1;
}

const char *
err_kind_name(enum err_kind kind)
{
	static const char *const name[ERR_NKIND] = {
		[ERR_NONE] = "none",
		[ERR_BAD_INPUT] = "bad-input",
		[ERR_TOO_BIG] = "too-big",
		[ERR_NOT_FOUND] = "not-found",
		[ERR_DENIED] = "denied",
		[ERR_NOT_ALLOWED] = "not-allowed",
		[ERR_CONFLICT] = "conflict",
		[ERR_AUTH] = "auth",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_NOT_INSIDE] = "not-inside",
		[ERR_UNREACHABLE] = "unreachable",
		[ERR_TIMEOUT] = "timeout",
		[ERR_BUSY] = "busy",
		[ERR_GONE] = "gone",
		[ERR_PROTOCOL] = "protocol",
		[ERR_INTERNAL] = "internal",
	};

	return kind < ERR_NKIND && name[kind] ? name[kind] : "unknown";
}
