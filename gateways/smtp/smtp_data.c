/*
 *	START --.--> DOT --CR--> DOT_CR --LF--> the end
 *	  |           |            |
 *	  v           v            v
 *	 TEXT <-------+       as HELD_CR
 *	  |  ^
 *	 CR  +-- anything else: that CR was bare
 *	  v  |
 *	HELD_CR --LF--> START
 *
 * HELD_CR is entered only where it is not seen yet what follows, so that all
 * lines of a read are given out in one piece.
 */
#include "smtp/smtp_data.h"

enum { START, DOT, DOT_CR, TEXT, HELD_CR };

/* A run of bytes, and what comes instead of what stands behind it. */
struct cursor {
	const char *p;
	size_t at, len;
};

void
smtp_data_begin(struct smtp_data *d, size_t size_max, bool normalize)
{
	*d = (struct smtp_data){
		.size_max = size_max, .normalize = normalize, .state = START
	};
}

static void
fail(struct smtp_data *d, enum smtp_fault fault)
{
	if (d->fault == SMTP_FAULT_NONE)
		d->fault = fault;
}

/* A line has ended, one way or another. */
static void
end_line(struct smtp_data *d, int state)
{
	d->line = 0;
	d->state = state;
}

/* Where text ends: at CR, LF or NUL. */
static size_t
text_len(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '\r' && p[i] != '\n' && p[i] != '\0')
		i++;
	return i;
}

/* Goes on over what is given out as it is. */
static void
pass(struct smtp_data *d, struct cursor *c)
{
	while (c->at < c->len) {
		const char *p = c->p + c->at;
		size_t left = c->len - c->at, n;

		if (d->state == START && *p == '.')
			return;
		d->state = TEXT;
		n = text_len(p, left);
		c->at += n;
		d->line += n;
		if (d->line > SMTP_DATA_LINE_MAX)
			fail(d, SMTP_FAULT_LONG_LINE);
		if (left - n < 2 || p[n] != '\r' || p[n + 1] != '\n')
			return;
		c->at += 2;
		end_line(d, START);
	}
}

/*
 * What stands in front is none of the text: it is taken off, and what comes
 * instead is returned.
 */
static struct str
bare(struct smtp_data *d, enum smtp_fault fault, struct str instead)
{
	if (!d->normalize)
		fail(d, fault);
	if (fault == SMTP_FAULT_LINE_END)
		end_line(d, TEXT);
	else
		d->state = TEXT;
	return instead;
}

static struct str
after_held_cr(struct smtp_data *d, struct str *in)
{
	if (in->p[0] == '\n') {
		*in = str_skip(*in, 1);
		end_line(d, START);
		return STR("\r\n");
	}
	/* Of several before an LF only the last is its CR. */
	if (in->p[0] == '\r') {
		*in = str_skip(*in, 1);
		d->state = HELD_CR;
		if (!d->normalize)
			fail(d, SMTP_FAULT_LINE_END);
		return STR_EMPTY;
	}
	return bare(d, SMTP_FAULT_LINE_END, STR("\r\n"));
}

static struct str
special(struct smtp_data *d, struct str *in)
{
	char c = in->p[0];

	if (d->state == HELD_CR)
		return after_held_cr(d, in);
	*in = str_skip(*in, 1);
	if (c == '\n')
		return bare(d, SMTP_FAULT_LINE_END, STR("\r\n"));
	if (c == '\0')
		return bare(d, SMTP_FAULT_NUL, STR_EMPTY);
	if (c == '.')
		d->state = DOT;
	else
		d->state = d->state == DOT ? DOT_CR : HELD_CR;
	return STR_EMPTY;
}

static bool
is_special(const struct smtp_data *d, char c)
{
	return d->state == HELD_CR || c == '\r' || c == '\n' || c == '\0' ||
	    (d->state == START && c == '.');
}

/* Empty: nothing is to be given out of what was taken off. */
static struct str
take(struct smtp_data *d, struct str *in)
{
	struct cursor c = { .p = in->p, .len = in->len };
	struct str part;

	if (d->state == DOT_CR)
		d->state = HELD_CR;
	if (is_special(d, in->p[0])) {
		/* CRLF is none, if all of it is there. */
		if (d->state == HELD_CR || in->len < 2 || in->p[0] != '\r' ||
		    in->p[1] != '\n')
			return special(d, in);
		if (d->state == DOT)
			return special(d, in);
	}
	pass(d, &c);
	part = str_head(*in, c.at);
	*in = str_skip(*in, c.at);
	return part;
}

enum smtp_data_step
smtp_data_next(struct smtp_data *d, struct str *in, struct str *part)
{
	while (in->len > 0) {
		size_t before = in->len;

		if (d->seen > 2 * (uint64_t)d->size_max + SMTP_DATA_SLACK)
			return SMTP_DATA_FLOOD;
		if (d->state == DOT_CR && in->p[0] == '\n') {
			*in = str_skip(*in, 1);
			return SMTP_DATA_END;
		}
		*part = take(d, in);
		d->seen += before - in->len;
		d->size += part->len;
		if (d->size > d->size_max)
			fail(d, SMTP_FAULT_SIZE);
		if (part->len > 0 && d->fault == SMTP_FAULT_NONE)
			return SMTP_DATA_PART;
	}
	return SMTP_DATA_MORE;
}
