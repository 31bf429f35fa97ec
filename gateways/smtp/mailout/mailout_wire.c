/*
 * What passes between the library and the server.
 *
 *	Reply-line     = *( Reply-code "-" [ textstring ] CRLF )
 *	                 Reply-code [ SP textstring ] CRLF   RFC 5321 4.2
 *	ehlo-line      = ehlo-keyword *( SP ehlo-param )     RFC 5321 4.1.1.1
 *
 * Bytes come in pieces of any size, so a word is blinded when its last letter
 * comes: that letter is still in the library's buffer.
 */
#include <ctype.h>

#include "smtp/mailout/mailout_wire.h"

enum { CODE_DIGITS = 3, LOGGED_IN = 235 };

void
mailout_wire_init(struct mailout_wire *w)
{
	*w = (struct mailout_wire){ .is_first = true };
	buf_init(&w->text, MAILOUT_TEXT_MAX);
}

void
mailout_wire_release(struct mailout_wire *w)
{
	buf_release(&w->text);
}

/* ---- what is said ----------------------------------------------------- */

/*
 * What is none of these leaves the last one: it may be what follows AUTH,
 * which is base64 and has neither a blank nor so early an end.
 */
static const struct {
	const char *text;
	enum mailout_command command;
} commands[] = {
	{ "EHLO ", MAILOUT_EHLO },
	{ "HELO ", MAILOUT_OTHER },
	{ "STARTTLS\r", MAILOUT_STARTTLS },
	{ "AUTH ", MAILOUT_AUTH },
	{ "MAIL FROM:", MAILOUT_MAIL },
	{ "RCPT TO:", MAILOUT_OTHER },
	{ "DATA\r", MAILOUT_OTHER },
	{ "RSET\r", MAILOUT_OTHER },
};

static void
recognise(struct mailout_wire *w)
{
	struct str said = str_of(w->said, w->nsaid);

	w->is_over = w->is_over || str_is(said, "QUIT\r");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_is(said, commands[i].text)) {
			w->last = commands[i].command;
			w->is_answered = false;
		}
}

void
mailout_wire_wrote(struct mailout_wire *w, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.p[i] == '\n') {
			w->nsaid = 0;
		} else if (w->nsaid < sizeof(w->said)) {
			w->said[w->nsaid++] = bytes.p[i];
			recognise(w);
		}
	}
}

/* ---- what is answered ------------------------------------------------- */

static bool
is_blinded(const struct mailout_wire *w, struct str word)
{
	static const char *const keywords[] = { "CHUNKING", "XUSR", "XEXCH50",
		"ENHANCEDSTATUSCODES", NULL };
	static const char *const mechanisms[] = { "NTLM", "EXTERNAL", NULL };
	const char *const *list = w->nwords == 0 ? keywords
	    : w->is_auth_line                    ? mechanisms
	                                         : NULL;

	for (; list && *list; list++)
		if (str_is(word, *list))
			return true;
	return false;
}

static void
end_word(struct mailout_wire *w)
{
	struct str word = str_of(w->word, w->nword);

	if (w->nword == 0)
		return;
	if (w->nwords == 0) {
		w->is_auth_line = str_is(word, "AUTH");
		w->is_size_line = str_is(word, "SIZE");
	} else if (w->is_size_line && w->nwords == 1) {
		(void)str_to_uint(word, UINT64_MAX, &w->size_max);
	}
	w->nword = 0;
	w->nwords++;
}

/* A byte of a line of the answer to EHLO, but not of the first, a greeting. */
static void
read_keyword(struct mailout_wire *w, char *c)
{
	if (*c == ' ' || *c == '=' || *c == '\t' || *c == '\r' || *c == '\n') {
		end_word(w);
		return;
	}
	if (w->nword == sizeof(w->word))
		return; /* longer than any that we know */
	w->word[w->nword++] = (char)toupper((unsigned char)*c);
	if (is_blinded(w, str_of(w->word, w->nword))) {
		*c = '-';
		w->word[w->nword - 1] = '-';
	}
}

static void
read_text(struct mailout_wire *w, char *c)
{
	bool is_ehlo = w->last == MAILOUT_EHLO && !w->is_first;

	if (is_ehlo)
		read_keyword(w, c);
	if (*c != '\r' && *c != '\n' && w->text.len < MAILOUT_TEXT_MAX)
		buf_addc(&w->text, *c);
}

/* The fourth byte of a line. */
static void
read_separator(struct mailout_wire *w, char *c)
{
	/* The text may be missing, and its blank with it; libesmtp takes that
	   for an error. */
	if (*c == '\r')
		*c = ' ';
	w->is_last = *c != '-';
	if (!w->is_first && w->text.len < MAILOUT_TEXT_MAX)
		buf_addc(&w->text, ' ');
}

static void
end_line(struct mailout_wire *w)
{
	end_word(w);
	w->nwords = 0;
	w->is_auth_line = w->is_size_line = false;
	w->is_first = w->is_last && w->column > CODE_DIGITS;
	w->column = 0;
	if (!w->is_first)
		return;
	w->is_answered = true;
	w->code = w->digits;
	if (w->code == LOGGED_IN && w->last == MAILOUT_AUTH)
		w->is_logged_in = true;
}

static void
begin_reply(struct mailout_wire *w)
{
	buf_clear(&w->text);
	if (w->last == MAILOUT_EHLO)
		w->size_max = 0;
}

static void
read_byte(struct mailout_wire *w, char *c)
{
	if (w->column == 0) {
		w->digits = 0;
		w->is_last = false;
		if (w->is_first)
			begin_reply(w);
	}
	if (w->column < CODE_DIGITS)
		w->digits = 10 * w->digits +
		    (isdigit((unsigned char)*c) ? *c - '0' : 0);
	else if (w->column == CODE_DIGITS)
		read_separator(w, c);
	else
		read_text(w, c);
	w->column++;
	if (*c == '\n')
		end_line(w);
}

void
mailout_wire_read(struct mailout_wire *w, char *bytes, size_t n)
{
	for (size_t i = 0; i < n && !w->is_over; i++) {
		if (w->last == MAILOUT_STARTTLS && w->is_answered &&
		    w->code / 100 == 2 && !w->is_tls)
			w->is_injected = true;
		read_byte(w, &bytes[i]);
	}
}
