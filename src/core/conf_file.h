/*
 * conf_file.h - files that the configuration names, for what should not stand
 * in it
 */
#ifndef CORE_CONF_FILE_H
#define CORE_CONF_FILE_H

#include "lib/str.h"

struct buf;

/* Relative to the folder of the configuration file at path; to be freed. */
char *conf_file_name(const char *path, struct str name);

/*
 * Appends what is in it.  NULL; or what is wrong: not there, not a file,
 * readable by everybody, longer than the buffer takes.
 */
const char *conf_file_read(const char *file, struct buf *out);

#endif
