/*
 * mailout_wire.h - what passes between the library and the server
 *
 * libesmtp lets an application look at what it reads and writes, in its own
 * buffers and before it looks itself.  Here that is used to know what it does
 * not tell (was there a login, what did the server say last), and to blind
 * words in answers to EHLO that would lead it where it breaks: CHUNKING, with
 * which it crashes when a server hangs up, XUSR, XEXCH50; NTLM and EXTERNAL as
 * ways to log in.  Pure.
 *
 *	mailout_wire_wrote(&w, bytes);             before they leave
 *	mailout_wire_read(&w, bytes, n);           before they are parsed
 */
#ifndef MAILOUT_WIRE_H
#define MAILOUT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

enum mailout_command {
	MAILOUT_GREETING, /* nothing has been said yet */
	MAILOUT_EHLO,
	MAILOUT_STARTTLS,
	MAILOUT_AUTH, /* and what else belongs to a login */
	MAILOUT_MAIL,
	MAILOUT_OTHER,
};

enum { MAILOUT_TEXT_MAX = 500, MAILOUT_WORD_MAX = 20 };

struct mailout_wire {
	enum mailout_command last; /* that was said */
	bool is_tls;               /* set by the caller */
	bool is_logged_in;         /* 235 has come */
	bool is_injected;  /* something stood behind the answer to STARTTLS */
	uint64_t size_max; /* bytes of a mail that it takes; 0: not said */
	bool is_over;      /* QUIT was said: the last answer stays */
	bool is_answered;  /* what was said last, by: */
	int code;
	struct buf text; /* one line */

	/* private: the line that is being read, and the one being written */
	int digits;
	size_t column;
	bool is_first, is_last;
	char word[MAILOUT_WORD_MAX];
	size_t nword, nwords;
	bool is_auth_line, is_size_line;
	char said[MAILOUT_WORD_MAX];
	size_t nsaid;
};

void mailout_wire_init(struct mailout_wire *w);
void mailout_wire_release(struct mailout_wire *w);

void mailout_wire_wrote(struct mailout_wire *w, struct str bytes);
void mailout_wire_read(struct mailout_wire *w, char *bytes, size_t n);

#endif
