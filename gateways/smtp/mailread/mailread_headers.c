#include "smtp/mailread/mailread_headers.h"
#include "smtp/mailread/mailread_pool.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Bytes of the name, without what is behind it; 0: this is no header. */
static size_t
name_len(struct str line, size_t *colon_out)
{
	size_t n = 0, at;

	while (n < line.len && line.p[n] > ' ' && line.p[n] < 0x7f &&
	    line.p[n] != ':')
		n++;
	for (at = n; at < line.len && is_blank(line.p[at]); at++)
		;
	*colon_out = at;
	return at < line.len && line.p[at] == ':' ? n : 0;
}

bool
mailread_is_header(struct str line)
{
	size_t colon;

	return name_len(line, &colon) > 0;
}

bool
mailread_line(struct str *rest, struct str *line)
{
	ptrdiff_t end;

	if (rest->len == 0)
		return false;
	end = str_find(*rest, '\n');
	*line = end < 0 ? *rest : str_head(*rest, (size_t)end);
	*rest = str_skip(*rest, line->len + (end >= 0));
	if (line->len > 0 && line->p[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* The value of a header whose lines are raw: one line, one blank for each
   fold and for what does not belong there. */
static struct str
unfold(struct mailread_pool *pool, struct str raw)
{
	char *to = mailread_pool_get(pool, raw.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.p[i];

		if (c == '\r' || c == '\n' || c == '\0' || c == '\t')
			c = ' ';
		if (c == ' ' && n > 0 && to[n - 1] == ' ' && raw.p[i] != ' ')
			continue;
		to[n++] = c;
	}
	return str_trim(str_of(to, n));
}

static void
add(struct mailread_headers *h, struct mailread_pool *pool, struct str raw)
{
	size_t colon, n = name_len(raw, &colon);

	if (n == 0 || h->n == MAILREAD_HEADERS_MAX)
		return;
	h->header[h->n++] = (struct mailread_header){ str_head(raw, n),
		unfold(pool, str_skip(raw, colon + 1)) };
}

void
mailread_headers_read(
    struct mailread_headers *h, struct mailread_pool *pool, struct str *rest)
{
	struct str raw = STR_EMPTY, line;

	h->n = 0;
	h->header = mailread_pool_get(
	    pool, MAILREAD_HEADERS_MAX * sizeof(h->header[0]));
	while (mailread_line(rest, &line) && line.len > 0) {
		if (is_blank(line.p[0]) && raw.len > 0) {
			raw.len = (size_t)(line.p + line.len - raw.p);
			continue;
		}
		add(h, pool, raw);
		raw = line;
	}
	add(h, pool, raw);
}

static const struct mailread_header *
find(const struct mailread_headers *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++)
		if (str_eq_nocase(h->header[i].name, str_c(name)))
			return &h->header[i];
	return NULL;
}

struct str
mailread_header(const struct mailread_headers *h, const char *name)
{
	const struct mailread_header *f = find(h, name);

	return f ? f->value : STR_EMPTY;
}

bool
mailread_header_has(const struct mailread_headers *h, const char *name)
{
	return find(h, name) != NULL;
}

size_t
mailread_header_count(const struct mailread_headers *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		n += str_eq_nocase(h->header[i].name, str_c(name));
	return n;
}

struct str
mailread_first_word(struct str value)
{
	size_t n = 0;

	value = str_trim(value);
	while (n < value.len && !is_blank(value.p[n]) && value.p[n] != ';' &&
	    value.p[n] != ',' && value.p[n] != '(')
		n++;
	return str_head(value, n);
}

ptrdiff_t
mailread_find_nocase(struct str s, const char *needle)
{
	struct str n = str_c(needle);

	for (size_t i = 0; i + n.len <= s.len; i++)
		if (str_eq_nocase(str_of(s.p + i, n.len), n))
			return (ptrdiff_t)i;
	return -1;
}
