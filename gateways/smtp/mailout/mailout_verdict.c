/*
 * From answers to a fate.
 *
 *	recipient 5yz				refused
 *	recipient 4yz				again; DATA was then refused with 5yz,
 *						which says nothing
 *	recipient 2yz, mail 2yz			sent
 *	recipient 2yz, mail 4yz, 5yz		again, refused
 *	recipient 2yz, no answer to the mail	unsure
 *	no recipient, sender 4yz, 5yz		again, refused
 *	none of these				again: the connection failed
 *
 * RFC 5321 4.2.1, 4.5.3.2.6
 */
#include "smtp/mailout/mailout_verdict.h"

enum { CLOSING = 421 };

static bool
is_good(int code)
{
	return code >= 200 && code < 300;
}

static bool
is_later(int code)
{
	return code >= 400 && code < 500;
}

static bool
is_never(int code)
{
	return code >= 500 && code < 600;
}

/* Whoever is not logged in, or not encrypted, is told so at MAIL (RFC 4954 6,
   RFC 3207 4): no other mail would fare better. */
static bool
is_login_code(int code)
{
	return code == 530 || code == 534 || code == 535 || code == 538;
}

static struct str
first_word(struct str s)
{
	ptrdiff_t blank = str_find(s, ' ');

	return blank < 0 ? s : str_head(s, (size_t)blank);
}

static void
take_answer(const struct mailout_story *s, const struct mailout_answer *a,
    struct mail_result *out)
{
	struct str text = str_trim(a->text);

	out->code = a->code;
	mail_result_enhance(out, first_word(text));
	if (out->enhanced[0])
		text = str_trim(str_skip(text, strlen(out->enhanced)));
	out->text = str_head(text, MAIL_RESULT_TEXT_MAX);
	if (out->fate != GW_SENT)
		err_set(&out->err,
		    out->fate == GW_REFUSED ? ERR_POLICY : ERR_BUSY,
		    STR_FMT " said: %d %s%s" STR_FMT, STR_ARG(s->host), a->code,
		    out->enhanced, out->enhanced[0] ? " " : "", STR_ARG(text));
}

/* What a server says when it lets nobody in says more than that it hung up. */
static void
connection_failed(const struct mailout_story *s, struct mail_result *out)
{
	out->fate = s->was_committed ? GW_UNSURE : GW_RETRY;
	if (s->last.code >= 400 && !s->is_broken) {
		take_answer(s, &s->last, out);
		out->err.kind = ERR_UNREACHABLE;
	} else if (s->failure.kind != ERR_NONE) {
		out->err = s->failure;
	} else {
		err_set(&out->err, ERR_UNREACHABLE, STR_FMT " hung up",
		    STR_ARG(s->host));
	}
	out->is_broken = s->is_broken && out->fate == GW_RETRY;
	if (s->was_committed)
		err_prefix(&out->err, "it may have been sent");
}

/* The answer that decides; NULL: the connection does. */
static const struct mailout_answer *
deciding(const struct mailout_story *s)
{
	if (is_later(s->rcpt.code) || is_never(s->rcpt.code))
		return &s->rcpt;
	if (is_good(s->rcpt.code)) {
		if (is_later(s->data.code) || is_never(s->data.code) ||
		    (is_good(s->data.code) && s->was_committed))
			return &s->data;
		return NULL;
	}
	if (is_later(s->mail.code) || is_never(s->mail.code))
		return &s->mail;
	return NULL;
}

bool
mailout_verdict_is_of_connection(const struct mailout_story *s)
{
	const struct mailout_answer *a = deciding(s);

	return !s->was_committed && (!a || a->code == CLOSING);
}

void
mailout_verdict(const struct mailout_story *s, struct mail_result *out)
{
	const struct mailout_answer *a = deciding(s);

	*out = (struct mail_result){ .err = ERR_INIT, .text = STR_EMPTY };
	if (!a) {
		connection_failed(s, out);
		return;
	}
	out->fate = is_good(a->code) ? GW_SENT
	    : is_never(a->code)      ? GW_REFUSED
	                             : GW_RETRY;
	if (a == &s->mail && is_login_code(a->code)) {
		out->fate = GW_RETRY;
		out->is_broken = true;
	}
	take_answer(s, a, out);
}
