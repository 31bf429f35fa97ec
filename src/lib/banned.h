/*
 * banned.h - what must not be called becomes a compile error
 *
 * Included before everything else by the Makefile.  The headers that declare
 * these come first, then the names are poisoned by macros.
 */
#ifndef LIB_BANNED_H
#define LIB_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(name, instead) name##_is_banned_use_##instead

#undef strcpy
#define strcpy(...) BANNED(strcpy, buf_or_snprintf)
#undef strcat
#define strcat(...) BANNED(strcat, buf)
#undef strncpy
#define strncpy(...) BANNED(strncpy, buf_or_memcpy)
#undef strncat
#define strncat(...) BANNED(strncat, buf)
#undef sprintf
#define sprintf(...) BANNED(sprintf, snprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf, vsnprintf)
#undef strtok
#define strtok(...) BANNED(strtok, str_cut)
#undef gets
#define gets(...) BANNED(gets, linebuf)
#undef atoi
#define atoi(...) BANNED(atoi, str_to_uint)
#undef atol
#define atol(...) BANNED(atol, str_to_uint)
#undef gmtime
#define gmtime(...) BANNED(gmtime, gmtime_r)
#undef localtime
#define localtime(...) BANNED(localtime, localtime_r)
#undef ctime
#define ctime(...) BANNED(ctime, strftime)
#undef asctime
#define asctime(...) BANNED(asctime, strftime)

#endif
