/*
 * mailread_scan.h - is that mail fit to be parsed?
 *
 * The parser that follows is fast and was not made for people who mean harm:
 * nested groups of addresses overflow its stack, thousands of parameters keep
 * it busy for minutes, a million empty parts take a gigabyte.  So a look at
 * each line comes first.  It follows the mail's structure as the parser will,
 * and where it cannot be sure it takes more lines for the beginning of a part
 * rather than fewer.
 *
 * A single header that is too long is no reason to refuse a mail (a thread
 * with a thousand references, a mail to a whole company): it is overwritten
 * with one that nobody knows.
 *
 * Pure, linear, without memory of its own.
 */
#ifndef MAILREAD_SCAN_H
#define MAILREAD_SCAN_H

#include <stdbool.h>
#include <stddef.h>

enum {
	MAILREAD_HEADER_MAX = 16 * 1024,   /* one header; longer: overwritten */
	MAILREAD_BLOCK_MAX = 256 * 1024,   /* all headers of one part */
	MAILREAD_BLOCKS_MAX = 1024 * 1024, /* of all parts */
	MAILREAD_SCAN_HEADERS = 300,       /* in one part */
	MAILREAD_SCAN_PARTS = 500,
	MAILREAD_SCAN_DEPTH = 20,
	MAILREAD_SCAN_COLONS = 500,  /* in one header with addresses */
	MAILREAD_SCAN_PARAMS = 100,  /* of one Content- header */
	MAILREAD_BOUNDARY_MAX = 100, /* bytes of a boundary that are compared */
};

struct mailread_scan {
	const char *refused; /* NULL: it can be parsed; else why not */
	bool has_headers;    /* false: the first line is none already */
	size_t noverwritten; /* headers */
	size_t nparts;
};

/* bytes change where headers are overwritten. */
void mailread_scan(struct mailread_scan *s, char *bytes, size_t len);

#endif
