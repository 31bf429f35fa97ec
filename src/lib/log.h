/*
 * log.h - one event, one line: `level event key=value ...`
 *
 *	struct log_ctx log;
 *	log_ctx_init(&log, &gw->log, "user=%s", bare);
 *	log_info(&log, "room joined", "room=" STR_FMT " members=%zu", ...);
 *
 * writes `info room joined gw=irc user=romeo@example.org room=#x members=3`.
 * A context inherits what its parent says; the parent must outlive it.  Any
 * context argument may be NULL.  The event is a short lower-case phrase.
 *
 * Text       Control characters, ESC, DEL and invalid UTF-8 are written as
 *            \xHH, so nobody forges a line.  A line ends at LOG_LINE_MAX.
 * Output     Standard error; with the prefixes <3> ... <7> of sd-daemon(3)
 *            when JOURNAL_STREAM is in the environment.
 * Thread     Any; a line is one write(2).  log_set_sink() only while there is
 *            one thread.  errno is left alone.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_ERROR, /* the operator must act, or it is our bug */
	LOG_WARN,  /* a peer misbehaved or a limit bit; we went on */
	LOG_INFO,  /* a session or a message changed state */
	LOG_DEBUG, /* decisions */
	LOG_WIRE,  /* raw lines, secrets blanked */
};

enum { LOG_LINE_MAX = 4096 };

struct log_ctx {
	const struct log_ctx *parent;
	char text[128]; /* "key=value ...", may be empty */
};

void log_ctx_init(struct log_ctx *c, const struct log_ctx *parent,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void log_set_level(enum log_level level);
bool log_is_on(enum log_level level);

/* "error" ... "wire"; false if there is no such level. */
bool log_level_parse(const char *name, enum log_level *level_out);

/* Tests listen here instead of standard error.  NULL: standard error. */
typedef void log_sink(enum log_level level, const char *line, void *arg);
void log_set_sink(log_sink *sink, void *arg);

void log_write(enum log_level level, const struct log_ctx *c, const char *event,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The arguments are not evaluated when the level is off. */
#define log_at(level, c, ...)                                                  \
	do {                                                                   \
		if (log_is_on(level))                                          \
			log_write((level), (c), __VA_ARGS__);                  \
	} while (0)
#define log_error(c, ...) log_at(LOG_ERROR, c, __VA_ARGS__)
#define log_warn(c, ...)  log_at(LOG_WARN, c, __VA_ARGS__)
#define log_info(c, ...)  log_at(LOG_INFO, c, __VA_ARGS__)
#define log_debug(c, ...) log_at(LOG_DEBUG, c, __VA_ARGS__)
#define log_wire(c, ...)  log_at(LOG_WIRE, c, __VA_ARGS__)

#endif
