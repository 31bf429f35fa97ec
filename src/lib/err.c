/*
 * What went wrong: a kind for code, a text for people.
 */
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/utf8.h"

/* Text may quote what a peer sent. */
static void
make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

/* Long enough to see that what is kept is not all. */
enum { DRAFT_SIZE = 2 * sizeof(((struct err *)NULL)->text) };

/*
 * The arguments may have pointed into err->text, so it is written last.  No
 * half character stays at the end.
 */
static void
set_text(struct err *err, const char *draft)
{
	size_t len = utf8_cut(str_c(draft), sizeof(err->text) - 1);

	memcpy(err->text, draft, len);
	err->text[len] = '\0';
	make_printable(err->text);
}

int
err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	char draft[DRAFT_SIZE];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(draft, sizeof(draft), fmt, ap);
	va_end(ap);
	err->kind = kind;
	set_text(err, draft);
	return -1;
}

int
err_prefix(struct err *err, const char *fmt, ...)
{
	char draft[DRAFT_SIZE];
	va_list ap;
	size_t len;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(draft, sizeof(draft), fmt, ap);
	va_end(ap);
	len = strlen(draft);
	snprintf(draft + len, sizeof(draft) - len, ": %s", err->text);
	set_text(err, draft);
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
		[ERR_STRANGER] = "stranger",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_NOT_INSIDE] = "not-inside",
		[ERR_UNREACHABLE] = "unreachable",
		[ERR_TIMEOUT] = "timeout",
		[ERR_BUSY] = "busy",
		[ERR_ABSENT] = "absent",
		[ERR_POLICY] = "policy",
		[ERR_UNSUITABLE] = "unsuitable",
		[ERR_GONE] = "gone",
		[ERR_PROTOCOL] = "protocol",
		[ERR_INTERNAL] = "internal",
	};

	return kind < ERR_NKIND && name[kind] ? name[kind] : "unknown";
}
