/*
 * Lines out of a stream of bytes.
 */
#include "lib/linebuf.h"

void
linebuf_init(struct linebuf *lb, size_t max_bytes)
{
	*lb = (struct linebuf){ .max = max_bytes };
	buf_init(&lb->part, max_bytes + 1); /* and a CR */
}

void
linebuf_release(struct linebuf *lb)
{
	linebuf_clear(lb);
}

void
linebuf_clear(struct linebuf *lb)
{
	buf_release(&lb->part);
	lb->fed = STR_EMPTY;
	lb->skipping = lb->spent = false;
}

void
linebuf_feed(struct linebuf *lb, const void *data, size_t len)
{
	lb->fed = str_of(data, len);
}

/* The end has not come: keep what is there, unless it is too long already. */
static void
keep_rest(struct linebuf *lb)
{
	if (!lb->skipping && buf_add_str(&lb->part, lb->fed) < 0) {
		lb->skipping = true;
		buf_release(&lb->part);
	}
	lb->fed = STR_EMPTY;
	buf_trim(&lb->part);
}

/* The bytes up to the LF, joined with what was kept.  False: too long. */
static bool
complete(struct linebuf *lb, struct str head, struct str *line)
{
	if (lb->part.len) {
		if (buf_add_str(&lb->part, head) < 0)
			return false;
		head = buf_str(&lb->part);
	}
	if (head.len && head.p[head.len - 1] == '\r')
		head.len--;
	*line = head;
	return head.len <= lb->max;
}

bool
linebuf_next(struct linebuf *lb, struct str *line_out)
{
	ptrdiff_t lf;
	bool skipped, fits;

	for (;;) {
		if (lb->spent) {
			buf_clear(&lb->part);
			lb->spent = false;
		}
		lf = str_find(lb->fed, '\n');
		if (lf < 0) {
			keep_rest(lb);
			return false;
		}
		skipped = lb->skipping;
		fits = !skipped &&
		    complete(lb, str_head(lb->fed, (size_t)lf), line_out);
		lb->fed = str_skip(lb->fed, (size_t)lf + 1);
		lb->skipping = false;
		lb->spent = true;
		if (fits)
			return true;
		lb->ndropped++;
	}
}
