#include "flow_mail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fake/fake.h"
#include "lib/buf.h"

enum { MAIL_BYTES = 4 * 1024 * 1024, LINE_BYTES = 4096 };

static char wrong[2 * LINE_BYTES];

/* ---- the dialogue --------------------------------------------------------- */

static bool
expect(struct fake_link *f, const char *code)
{
	struct buf line;
	bool came, ok;

	buf_init(&line, LINE_BYTES);
	do
		came = fake_link_line(f, &line);
	while (came && line.len > 3 && line.p[3] == '-');
	ok = came && str_starts(buf_str(&line), str_c(code));
	if (!ok)
		(void)snprintf(wrong, sizeof(wrong), "expected %s, %s%s", code,
		    came ? "was answered " : "no reply came",
		    came ? line.p : "");
	buf_release(&line);
	return ok;
}

static bool ask(struct fake_link *f, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool
ask(struct fake_link *f, const char *code, const char *fmt, ...)
{
	struct buf line;
	va_list ap;

	buf_init(&line, LINE_BYTES);
	va_start(ap, fmt);
	buf_addv(&line, fmt, ap);
	va_end(ap);
	buf_addf(&line, "\r\n");
	fake_link_feed(f, buf_str(&line));
	buf_release(&line);
	return expect(f, code);
}

static bool
greet(struct fake_link *f)
{
	if (f->greeted)
		return true;
	f->greeted = expect(f, "220") && ask(f, "250", "LHLO mta.example.net");
	return f->greeted;
}

static bool
ask_for_all(struct fake_link *f, struct str from, struct str to)
{
	struct str one;

	if (!ask(f, "250", "MAIL FROM:<" STR_FMT ">",
	        STR_ARG(str_is(from, "<>") ? STR_EMPTY : from)))
		return false;
	while (str_cut(&to, ',', &one))
		if (!ask(f, "250", "RCPT TO:<" STR_FMT ">", STR_ARG(one)))
			return false;
	return ask(f, "354", "DATA");
}

/* ---- the mail ------------------------------------------------------------- */

static bool
read_file(struct str path, struct buf *out)
{
	char *z = str_dup(path), part[LINE_BYTES];
	FILE *f = fopen(z, "re");
	size_t n;

	if (!f)
		(void)snprintf(wrong, sizeof(wrong), "no file %s", z);
	while (f && (n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(out, part, n);
	if (f)
		(void)fclose(f);
	free(z);
	return f != NULL;
}

static void
unescape(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == '\\' && i + 1 < text.len &&
		    text.p[i + 1] == 'n') {
			buf_addc(out, '\n');
			i++;
		} else {
			buf_addc(out, text.p[i]);
		}
}

/* CR LF for LF, and a dot before each that stands in front. */
static void
stuff(struct str text, struct buf *out)
{
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		if (str_ends(line, STR("\r")))
			line.len--;
		if (str_starts(line, STR(".")))
			buf_addc(out, '.');
		buf_add_str(out, line);
		buf_addf(out, "\r\n");
	}
}

static bool
hand_over(struct fake_link *f, struct str text)
{
	struct buf plain, mail;
	bool ok = true;

	buf_init(&plain, MAIL_BYTES);
	buf_init(&mail, MAIL_BYTES);
	if (str_starts(text, STR("<")))
		ok = read_file(str_skip(text, 1), &plain);
	else
		unescape(text, &plain);
	stuff(buf_str(&plain), &mail);
	buf_addf(&mail, ".\r\n");
	if (ok)
		fake_link_feed(f, buf_str(&mail));
	buf_release(&plain);
	buf_release(&mail);
	return ok;
}

const char *
flow_mail_begin(struct fake_link *f, struct str from, struct str to)
{
	return greet(f) && ask_for_all(f, from, to) ? NULL : wrong;
}

const char *
flow_mail_end(struct fake_link *f, struct str text)
{
	return hand_over(f, text) ? NULL : wrong;
}

const char *
flow_mail(struct fake_link *f, struct str what)
{
	struct str from, to;
	const char *why;

	(void)str_cut(&what, ' ', &from);
	(void)str_cut(&what, ' ', &to);
	why = flow_mail_begin(f, from, to);
	return why ? why : flow_mail_end(f, what);
}
