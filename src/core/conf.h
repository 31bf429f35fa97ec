/*
 * conf.h - one section of the configuration, typed and complete
 *
 * What core/gateway.h calls struct conf and reads with conf_str() and its
 * like.  Built by config.c from what libconfuse has read: every option that
 * the tables declare has a value, from the file or the default.
 *
 *	c = conf_new(path, "network", title, line, table, NULL);
 *	conf_set(c, "port", line, items, n, rep);
 *	conf_complete(c, rep);
 *	conf_add(parent, c);
 *
 * Ownership  A section owns its values and the sections inside it.
 */
#ifndef CORE_CONF_H
#define CORE_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

#include "core/gateway.h"

struct config_report;

/* path and the tables are borrowed for good; second may be NULL. */
struct conf *conf_new(const char *path, const char *name, struct str title,
    int line, const struct gw_option *first, const struct gw_option *second);
void conf_free(struct conf **cp); /* wiped: secrets may be among it */

const char *conf_name(const struct conf *c);
const char *conf_path(const struct conf *c);

/* Of the option, or of the section where it is not given. */
int conf_line(const struct conf *c, const char *option);

/* False: no table of c declares it. */
bool conf_knows(const struct conf *c, const char *option);

/* One more, of one value, that no table has; at most CONF_OTHERS_MAX. */
enum { CONF_OTHERS_MAX = 64 };
bool conf_declare(struct conf *c, const char *option);

/* Copies and checks the values; what is wrong goes into rep. */
void conf_set(struct conf *c, const char *option, int line,
    const char *const *item, size_t n, struct config_report *rep);

/* Defaults for the rest; what has none goes into rep. */
void conf_complete(struct conf *c, struct config_report *rep);

/* Takes child. */
void conf_add(struct conf *c, struct conf *child);

/* The only section of that name, or NULL. */
const struct conf *conf_only(const struct conf *c, const char *section);

bool conf_same(const struct conf *a, const struct conf *b, const char *option);

/* Same options with the same values?  In table only, or in all of c. */
bool conf_same_options(
    const struct conf *a, const struct conf *b, const struct gw_option *table);

/* Same titles and options all the way down, but for sections named but. */
bool conf_same_sections(
    const struct conf *a, const struct conf *b, const char *but);

/* An error or a warning about an option, into rep. */
void conf_complain(const struct conf *c, const char *option, bool is_error,
    struct config_report *rep, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#endif
