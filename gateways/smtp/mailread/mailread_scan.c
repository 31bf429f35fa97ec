#include "smtp/mailread/mailread_scan.h"
#include "smtp/mailread/mailread_headers.h"

/* What is open: a multipart, or a message in a message. */
struct level {
	char boundary[MAILREAD_BOUNDARY_MAX];
	size_t len;
	bool is_message; /* it has no boundary */
	bool is_digest;  /* its parts are messages unless they say otherwise */
};

/* The header that is being read. */
struct field {
	size_t at, end; /* of its lines; at == end: none */
	bool is_address, is_content, is_type;
	size_t ncolon, nsemicolon;
};

struct scan {
	struct mailread_scan *out;
	char *bytes;
	size_t at, len; /* at: behind the line that is looked at */
	bool in_headers;
	struct field field;
	size_t block_at, nblock, nheader;
	bool has_type, is_multipart, is_message;
	struct level next; /* what this block of headers opens */
	struct level level[MAILREAD_SCAN_DEPTH];
	size_t nlevel;
};

static void
refuse(struct scan *s, const char *why)
{
	if (!s->out->refused)
		s->out->refused = why;
}

/* ---- one header ------------------------------------------------------- */

static bool
is_one_of(struct str name, const char *const *of)
{
	for (; *of; of++)
		if (str_eq_nocase(name, str_c(*of)))
			return true;
	return false;
}

static void
count(struct field *f, struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		f->ncolon += line.p[i] == ':';
		f->nsemicolon += line.p[i] == ';';
	}
}

static void
field_begin(struct scan *s, struct str line)
{
	static const char *const address[] = { "From", "Sender", "Reply-To",
		"To", "Cc", "Bcc", "Resent-From", "Resent-To", "Resent-Cc",
		"Resent-Sender", "Resent-Bcc", "Resent-Reply-To", NULL };
	ptrdiff_t colon = str_find(line, ':');
	struct str name =
	    colon < 0 ? STR_EMPTY : str_trim(str_head(line, (size_t)colon));

	s->field = (struct field){
		.at = (size_t)(line.p - s->bytes),
		.end = s->at,
		.is_address = is_one_of(name, address),
		.is_content = str_eq_nocase(str_head(name, 8), STR("Content-")),
		.is_type = str_eq_nocase(name, STR("Content-Type")),
	};
	count(&s->field, line);
}

/*
 * The bytes of a parameter up to where the parser might read them otherwise
 * than we do: a beginning is enough to compare with.
 */
static void
read_boundary(struct level *l, struct str value)
{
	ptrdiff_t at = mailread_find_nocase(value, "boundary");
	bool quoted;

	if (at < 0)
		return;
	value = str_trim(str_skip(value, (size_t)at + strlen("boundary")));
	if (value.len == 0 || value.p[0] != '=')
		return;
	value = str_trim(str_skip(value, 1));
	quoted = value.len > 0 && value.p[0] == '"';
	value = str_skip(value, quoted);
	while (l->len < value.len && l->len < sizeof(l->boundary)) {
		char c = value.p[l->len];

		if (strchr(quoted ? "\"\\\r\n" : " \t;(\"\\\r\n", c) ||
		    (c == '=' && value.len > l->len + 1 &&
		        value.p[l->len + 1] == '?'))
			break;
		l->boundary[l->len++] = c;
	}
	while (l->len > 0 && l->boundary[l->len - 1] == ' ')
		l->len--;
}

static void
read_type(struct scan *s, struct str value)
{
	s->has_type = true;
	if (mailread_find_nocase(value, "multipart") >= 0 && !s->is_multipart) {
		s->is_multipart = true;
		read_boundary(&s->next, value);
		s->next.is_digest = mailread_find_nocase(value, "digest") >= 0;
	}
	s->is_message |= mailread_find_nocase(value, "message") >= 0;
}

/* A header that nobody knows, of the same length, with the same lines. */
static void
overwrite(struct scan *s, const struct field *f)
{
	bool begins = false;

	for (size_t i = f->at; i < f->end; i++) {
		if (s->bytes[i] == '\n') {
			begins = true;
			continue;
		}
		if (s->bytes[i] != '\r')
			s->bytes[i] = begins ? ' ' : 'x';
		begins = false;
	}
	if (s->bytes[f->at + 1] == 'x')
		s->bytes[f->at + 1] = ':';
	s->out->noverwritten++;
}

static void
field_end(struct scan *s)
{
	struct field *f = &s->field;
	struct str raw = str_of(s->bytes + f->at, f->end - f->at);

	if (raw.len == 0)
		return;
	s->nheader++;
	if (raw.len > MAILREAD_HEADER_MAX)
		overwrite(s, f);
	else if (f->is_address && f->ncolon > MAILREAD_SCAN_COLONS)
		refuse(s, "a header nests groups of addresses");
	else if (f->is_content && f->nsemicolon > MAILREAD_SCAN_PARAMS)
		refuse(s, "a part has too many parameters");
	else if (f->is_type)
		read_type(s, raw);
	*f = (struct field){ 0 };
}

/* ---- blocks and levels ------------------------------------------------ */

static void
block_begin(struct scan *s)
{
	s->in_headers = true;
	s->block_at = s->at;
	s->nheader = 0;
	s->has_type = s->is_multipart = s->is_message = false;
	s->next = (struct level){ 0 };
	s->field = (struct field){ 0 };
}

static void
block_check(struct scan *s)
{
	size_t len = s->at - s->block_at;

	if (len > MAILREAD_BLOCK_MAX || s->nblock + len > MAILREAD_BLOCKS_MAX ||
	    s->nheader > MAILREAD_SCAN_HEADERS)
		refuse(s, "it has too many headers");
}

static void
push(struct scan *s, const struct level *l)
{
	if (s->nlevel == MAILREAD_SCAN_DEPTH)
		refuse(s, "its parts are nested too deeply");
	else
		s->level[s->nlevel++] = *l;
}

/* Behind a message's headers its body may be one again. */
static void
block_end(struct scan *s)
{
	bool in_digest = s->nlevel > 0 && s->level[s->nlevel - 1].is_digest;

	field_end(s);
	block_check(s);
	s->nblock += s->at - s->block_at;
	s->in_headers = false;
	if (s->is_multipart) {
		push(s, &s->next);
	} else if (s->is_message || (in_digest && !s->has_type)) {
		push(s, &(struct level){ .is_message = true });
		block_begin(s);
	}
}

/* Which of the open multiparts that line ends a part of; 0: none. */
static size_t
match(const struct scan *s, struct str line)
{
	if (!str_starts(line, STR("--")))
		return 0;
	line = str_skip(line, 2);
	for (size_t i = s->nlevel; i > 0; i--) {
		const struct level *l = &s->level[i - 1];

		if (!l->is_message &&
		    str_starts(line, str_of(l->boundary, l->len)))
			return i;
	}
	return 0;
}

static void
part_begin(struct scan *s, size_t level)
{
	if (s->in_headers)
		field_end(s);
	s->nlevel = level;
	if (++s->out->nparts > MAILREAD_SCAN_PARTS)
		refuse(s, "it has too many parts");
	block_begin(s);
}

/* ---- lines ------------------------------------------------------------ */

static void
header_line(struct scan *s, struct str line)
{
	if (line.len == 0) {
		block_end(s);
	} else if ((line.p[0] == ' ' || line.p[0] == '\t') &&
	    s->field.end > s->field.at) {
		count(&s->field, line);
		s->field.end = s->at;
	} else {
		field_end(s);
		field_begin(s, line);
	}
	block_check(s);
}

static void
one_line(struct scan *s, struct str line)
{
	size_t level = match(s, line);

	if (level > 0)
		part_begin(s, level);
	else if (s->in_headers)
		header_line(s, line);
}

void
mailread_scan(struct mailread_scan *out, char *bytes, size_t len)
{
	struct scan s = { .out = out, .bytes = bytes, .len = len };
	struct str rest = str_of(bytes, len), line;

	*out = (struct mailread_scan){ 0 };
	block_begin(&s);
	out->has_headers = mailread_line(&rest, &line) &&
	    (mailread_is_header(line) || str_starts(line, STR("From ")));
	rest = str_of(bytes, len);
	while (!out->refused && mailread_line(&rest, &line)) {
		s.at = len - rest.len;
		one_line(&s, line);
	}
	if (s.in_headers)
		field_end(&s);
}
