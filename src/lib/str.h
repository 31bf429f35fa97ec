/*
 * str.h - a borrowed slice of bytes
 *
 * Points into somebody else's memory, holds any byte, is not terminated.
 * Passed by value.  An empty slice may have p == NULL.
 *
 *	struct str line = ..., word;
 *	while (str_cut(&line, ' ', &word))
 *		printf(STR_FMT "\n", STR_ARG(word));
 */
#ifndef LIB_STR_H
#define LIB_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t len;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_EMPTY    ((struct str){ "", 0 })
#define STR_FMT      "%.*s"
#define STR_ARG(s)   (int)(s).len, (s).len ? (s).p : ""

static inline struct str
str_of(const char *p, size_t len)
{
	return (struct str){ p, len };
}

/* NULL is the empty slice. */
static inline struct str
str_c(const char *z)
{
	return z ? (struct str){ z, strlen(z) } : STR_EMPTY;
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool
str_is(struct str a, const char *z)
{
	return str_eq(a, str_c(z));
}

/* Equal but for the case of ASCII letters. */
bool str_eq_nocase(struct str a, struct str b);

/*
 * A number that is the same at each start, for spreading names; where peers
 * choose them it is map_hash().
 */
uint32_t str_spread(struct str s);

/* Bytewise order, as strcmp(). */
int str_cmp(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Index of the first c, or -1. */
ptrdiff_t str_find(struct str s, char c);
bool str_has(struct str s, char c);

/* s without its first n bytes; n over the length gives the empty slice. */
struct str str_skip(struct str s, size_t n);

/* The first n bytes at most. */
struct str str_head(struct str s, size_t n);

/* Without spaces, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);

/*
 * Cuts *rest at the first sep: the part before it goes to *part, *rest goes
 * on behind it.  The last part is what is left.  False once *rest was used
 * up (its p is NULL then); an empty *rest with p set gives one empty part.
 */
bool str_cut(struct str *rest, char sep, struct str *part);

/* 0..15 of a hexadecimal digit, -1 for any other byte. */
int str_hex_digit(char c);

/* Decimal digits only, the whole slice, at most max; else false. */
bool str_to_uint(struct str s, uint64_t max, uint64_t *n_out);

/* Terminated copy, the caller's to free().  Bytes after a NUL are lost to C. */
char *str_dup(struct str s);

/* Copies s to *to, which moves behind it; where the copy is. */
struct str str_put(char **to, struct str s);

/* Replaces a copy made by str_dup(), or NULL, by a copy of s. */
void str_store(char **slot, struct str s);

#endif
