/*
 * One event, one line.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/str.h"
#include "lib/utf8.h"

static enum log_level log_level = LOG_INFO;
static log_sink *log_to;
static void *log_to_arg;

static const char *const level_name[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
	[LOG_WIRE] = "wire",
};

/* sd-daemon(3) */
static const char *const journal_prefix[] = {
	[LOG_ERROR] = "<3>",
	[LOG_WARN] = "<4>",
	[LOG_INFO] = "<6>",
	[LOG_DEBUG] = "<7>",
	[LOG_WIRE] = "<7>",
};

void
log_ctx_init(
    struct log_ctx *c, const struct log_ctx *parent, const char *fmt, ...)
{
	va_list ap;

	c->parent = parent;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
}

void
log_set_level(enum log_level level)
{
	log_level = level;
}

bool
log_is_on(enum log_level level)
{
	return level <= log_level;
}

bool
log_level_parse(const char *name, enum log_level *level_out)
{
	size_t i;

	for (i = 0; i < sizeof(level_name) / sizeof(level_name[0]); i++)
		if (strcmp(name, level_name[i]) == 0) {
			*level_out = (enum log_level)i;
			return true;
		}
	return false;
}

void
log_set_sink(log_sink *sink, void *arg)
{
	log_to = sink;
	log_to_arg = arg;
}

/* A line under construction; what does not fit is cut. */
struct line {
	char text[LOG_LINE_MAX];
	size_t len;
};

enum { LINE_ROOM = LOG_LINE_MAX - 2 }; /* for the LF and the NUL */

static void
put(struct line *l, const char *p, size_t n)
{
	if (n > LINE_ROOM - l->len)
		n = LINE_ROOM - l->len;
	memcpy(l->text + l->len, p, n);
	l->len += n;
}

static void
put_hex(struct line *l, unsigned char c)
{
	char hex[5];

	snprintf(hex, sizeof(hex), "\\x%02x", c);
	put(l, hex, 4);
}

/* Everything but printable characters as \xHH. */
static void
put_escaped(struct line *l, struct str s)
{
	while (s.len && l->len < LINE_ROOM) {
		struct str was = s;
		int32_t c = utf8_next(&s);
		size_t i, n = was.len - s.len;

		if (c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0)) {
			put(l, was.p, n);
			continue;
		}
		for (i = 0; i < n; i++)
			put_hex(l, (unsigned char)was.p[i]);
	}
}

static void
put_context(struct line *l, const struct log_ctx *c)
{
	if (!c)
		return;
	put_context(l, c->parent);
	if (c->text[0]) {
		put(l, " ", 1);
		put_escaped(l, str_c(c->text));
	}
}

static const char *
prefix(enum log_level level)
{
	static int journal = -1;

	if (journal < 0)
		journal = getenv("JOURNAL_STREAM") != NULL;
	return journal ? journal_prefix[level] : "";
}

void
log_write(enum log_level level, const struct log_ctx *c, const char *event,
    const char *fmt, ...)
{
	char values[LOG_LINE_MAX];
	struct line l = { .len = 0 };
	va_list ap;
	ssize_t done;

	va_start(ap, fmt);
	vsnprintf(values, sizeof(values), fmt, ap);
	va_end(ap);
	if (!log_to)
		put(&l, prefix(level), strlen(prefix(level)));
	put(&l, level_name[level], strlen(level_name[level]));
	put(&l, " ", 1);
	put(&l, event, strlen(event));
	put_context(&l, c);
	if (values[0]) {
		put(&l, " ", 1);
		put_escaped(&l, str_c(values));
	}
	if (log_to) {
		l.text[l.len] = '\0';
		log_to(level, l.text, log_to_arg);
		return;
	}
	l.text[l.len++] = '\n';
	done = write(STDERR_FILENO, l.text, l.len);
	(void)done; /* a log that cannot be written has nobody to tell */
}
