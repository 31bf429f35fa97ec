#include <stdarg.h>

#include "lib/buf.h"
#include "lib/xalloc.h"

#include "core/config.h"

enum { TEXT_MAX = 2048, FAR = 3, NAME_LEN_MAX = 64 };

/* Behind those of the same line: they were found in that order. */
static size_t
place(const struct config_report *r, int line)
{
	size_t i = r->n;

	while (i > 0 && r->v[i - 1].line > line)
		i--;
	return i;
}

static void
insert(struct config_report *r, struct config_problem p)
{
	size_t at = place(r, p.line);

	r->v = xrealloc_array(r->v, r->n + 1, sizeof(*r->v));
	memmove(r->v + at + 1, r->v + at, (r->n - at) * sizeof(*r->v));
	r->v[at] = p;
	r->n++;
}

/* What a value holds goes into the text: no control character may. */
static void
tame(struct buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if ((unsigned char)text->p[i] < ' ' || text->p[i] == 0x7f)
			text->p[i] = '?';
}

void
config_report_add(struct config_report *r, bool is_error, const char *path,
    int line, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	r->nerrors += is_error;
	if (r->n == CONFIG_PROBLEMS_MAX)
		return;
	buf_init(&text, TEXT_MAX);
	if (line > 0)
		buf_addf(&text, "%s:%d: ", path, line);
	else
		buf_addf(&text, "%s: ", path);
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	tame(&text);
	insert(r,
	    (struct config_problem){
	        .is_error = is_error,
	        .line = line,
	        .text = str_dup(buf_str(&text)),
	    });
	buf_release(&text);
}

void
config_report_release(struct config_report *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].text);
	free(r->v);
	*r = (struct config_report){ 0 };
}

static size_t
min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Letters to insert, remove, replace or swap with their neighbour to make b
 * of a (optimal string alignment).  Both are at most NAME_LEN_MAX long.
 */
static size_t
distance(const char *a, const char *b)
{
	size_t d[NAME_LEN_MAX + 1][NAME_LEN_MAX + 1];
	size_t na = strlen(a), nb = strlen(b);

	for (size_t i = 0; i <= na; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= na; i++)
		for (size_t j = 1; j <= nb; j++) {
			d[i][j] = min(min(d[i - 1][j], d[i][j - 1]) + 1,
			    d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[na][nb];
}

const char *
config_nearest(const char *name, const char *const *known)
{
	const char *best = NULL;
	size_t best_d = FAR, len = strlen(name);

	if (len > NAME_LEN_MAX)
		return NULL;
	for (; *known; known++) {
		size_t d;

		if (strlen(*known) > NAME_LEN_MAX)
			continue;
		d = distance(name, *known);
		/* Half of a short word changed is another word. */
		if (d < best_d && 2 * d <= len) {
			best = *known;
			best_d = d;
		}
	}
	return best;
}
