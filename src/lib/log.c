/*
 * One event, one line.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/str.h"
#include "lib/utf8.h"

static _Atomic enum log_level log_level = LOG_INFO;
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
	atomic_store_explicit(&log_level, level, memory_order_relaxed);
}

bool
log_is_on(enum log_level level)
{
	return level <= atomic_load_explicit(&log_level, memory_order_relaxed);
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

/* A line under construction.  Once a piece does not fit, none does. */
struct line {
	char text[LOG_LINE_MAX];
	size_t len;
	bool is_full;
};

enum { LINE_ROOM = LOG_LINE_MAX - 1 }; /* the LF or the NUL */

static void
put(struct line *l, const char *p, size_t n)
{
	if (l->is_full || n > LINE_ROOM - l->len) {
		l->is_full = true;
		return;
	}
	memcpy(l->text + l->len, p, n);
	l->len += n;
}

static void
put_z(struct line *l, const char *z)
{
	put(l, z, strlen(z));
}

/* U+2028 and U+2029 end a line for some who read the log. */
static bool
is_printable(int32_t c)
{
	return c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) &&
	    c != 0x2028 && c != 0x2029;
}

/* Whatever is no printable character as \xHH, byte by byte. */
static void
put_escaped(struct line *l, struct str s)
{
	static const char digit[] = "0123456789abcdef";

	while (s.len && !l->is_full) {
		struct str was = s;
		bool plain = is_printable(utf8_next(&s));
		size_t i, n = was.len - s.len;

		if (plain) {
			put(l, was.p, n);
			continue;
		}
		for (i = 0; i < n; i++) {
			unsigned char c = (unsigned char)was.p[i];
			char hex[] = { '\\', 'x', digit[c >> 4],
				digit[c & 15] };

			put(l, hex, sizeof(hex));
		}
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

static bool in_journal;

static void
look_for_journal(void)
{
	in_journal = getenv("JOURNAL_STREAM") != NULL;
}

static const char *
prefix(enum log_level level)
{
	static pthread_once_t looked = PTHREAD_ONCE_INIT;

	pthread_once(&looked, look_for_journal);
	return in_journal ? journal_prefix[level] : "";
}

static void
hand_out(enum log_level level, struct line *l)
{
	ssize_t done;

	if (log_to) {
		l->text[l->len] = '\0';
		log_to(level, l->text, log_to_arg);
		return;
	}
	l->text[l->len] = '\n';
	done = write(STDERR_FILENO, l->text, l->len + 1);
	(void)done; /* a log that cannot be written has nobody to tell */
}

void
log_write(enum log_level level, const struct log_ctx *c, const char *event,
    const char *fmt, ...)
{
	char values[LOG_LINE_MAX];
	struct line l;
	va_list ap;
	int saved = errno;

	l.len = 0;
	l.is_full = false;
	va_start(ap, fmt);
	vsnprintf(values, sizeof(values), fmt, ap);
	va_end(ap);
	if (!log_to)
		put_z(&l, prefix(level));
	put_z(&l, level_name[level]);
	put(&l, " ", 1);
	put_z(&l, event);
	put_context(&l, c);
	if (values[0]) {
		put(&l, " ", 1);
		put_escaped(&l, str_c(values));
	}
	hand_out(level, &l);
	errno = saved;
}
