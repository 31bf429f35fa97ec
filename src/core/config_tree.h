/*
 * config_tree.h - the text of the configuration file as sections and values
 *
 * The only file that sees libconfuse.  What the values mean is config.c's.
 */
#ifndef CORE_CONFIG_TREE_H
#define CORE_CONFIG_TREE_H

#include "lib/str.h"

struct conf;
struct config_report;
struct gateway_ops;

/*
 * A section without a name that holds one of each plain section of
 * config_sections(), given or not, and every gateway; each gateway holds its
 * limits and what its kind declares.  The caller's to conf_free(); path is
 * borrowed for as long.  NULL: it cannot be read at all, rep says why.  What
 * can be read in spite of a mistake, is.
 */
struct conf *config_tree_read(const char *path, struct str text,
    const struct gateway_ops *const *kinds, struct config_report *rep);

#endif
