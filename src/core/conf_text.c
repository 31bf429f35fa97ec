/*
 * file      = *statement
 * statement = WORD ( "=" / "+=" ) ( WORD / "{" [ WORD *( "," WORD ) ] "}" )
 *           / WORD [ WORD ] "{" *statement "}"
 * WORD      = 1*( any but space " # ' { } ( ) = + , * ) / string / variable
 * string    = DQUOTE ... DQUOTE / "'" ... "'"      ; \ takes the next literally
 * variable  = "${" NAME [ ":-" default ] "}"       ; also inside DQUOTEs
 * comment   = "#" ... LF / "//" ... LF / C style
 */
#include "lib/utf8.h"
#include "lib/xalloc.h"

#include "core/conf_text.h"
#include "core/config.h"

enum token_kind { T_END, T_WORD, T_OPEN, T_CLOSE, T_ASSIGN, T_OTHER };

struct token {
	enum token_kind kind;
	struct str text; /* into the clean text */
	int line;        /* where it begins */
};

struct scanner {
	struct conf_text *t;
	size_t at;
	int line;

	/* NULL on every scan but the first: what is wrong is known. */
	struct config_report *rep;
	const char *path;
};

static struct str
rest(const struct scanner *s)
{
	return str_skip(buf_str(&s->t->clean), s->at);
}

static void
skip(struct scanner *s, size_t n)
{
	for (; n > 0; n--)
		s->line += s->t->clean.p[s->at++] == '\n';
}

static void
blank(struct conf_text *t, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (t->clean.p[i] != '\n')
			t->clean.p[i] = ' ';
}

#define COMPLAIN(s, line, ...)                                                 \
	do {                                                                   \
		if ((s)->rep)                                                  \
			config_report_add(                                     \
			    (s)->rep, true, (s)->path, (line), __VA_ARGS__);   \
	} while (0)

/* ---- words ------------------------------------------------------------ */

/* Length up to and with the first end, or 0. */
static size_t
up_to(struct str in, struct str end)
{
	const char *p = in.len ? memmem(in.p, in.len, end.p, end.len) : NULL;

	return p ? (size_t)(p - in.p) + end.len : 0;
}

static size_t
comment_len(struct str in)
{
	size_t n;

	if (str_starts(in, STR("/*"))) {
		n = up_to(str_skip(in, 2), STR("*/"));
		return n ? n + 2 : in.len;
	}
	if (!str_starts(in, STR("#")) && !str_starts(in, STR("//")))
		return 0;
	n = up_to(in, STR("\n"));
	return n ? n - 1 : in.len; /* the line feed stays */
}

static void
check_comment(struct scanner *s, struct str comment)
{
	if (!str_starts(comment, STR("/*")) ||
	    (comment.len >= 4 && str_ends(comment, STR("*/"))))
		return;
	COMPLAIN(s, s->line, "comment is never closed; add */");
	s->t->is_broken = true;
}

static void
skip_blanks(struct scanner *s)
{
	for (;;) {
		struct str in = rest(s);
		size_t n = comment_len(in);

		if (n > 0) {
			check_comment(s, str_head(in, n));
			blank(s->t, s->at, s->at + n);
			skip(s, n);
		} else if (in.len && strchr(" \t\r\n", in.p[0])) {
			skip(s, 1);
		} else {
			return;
		}
	}
}

/* With both quotes; 0: never closed.  A variable may hold quotes. */
static size_t
string_len(struct str in)
{
	for (size_t i = 1; i < in.len; i++) {
		if (in.p[i] == '\\')
			i++;
		else if (in.p[i] == in.p[0])
			return i + 1;
		else if (in.p[0] == '"' &&
		    str_starts(str_skip(in, i), STR("${")))
			i += up_to(str_skip(in, i + 1), STR("}"));
	}
	return 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
check_escapes(struct scanner *s, struct str string, int line)
{
	for (size_t i = 0; i + 1 < string.len; i++) {
		line += string.p[i] == '\n';
		if (string.p[i] != '\\')
			continue;
		if (is_digit(string.p[++i])) {
			COMPLAIN(s, line,
			    "a backslash before a digit; write \\\\ for a "
			    "backslash, \\xHH for a byte");
			s->t->is_broken = true;
		}
	}
}

static void
check_variable(struct scanner *s, struct str inside, int line)
{
	size_t n = up_to(inside, STR(":-"));
	char name[128];

	snprintf(name, sizeof(name), STR_FMT, STR_ARG(inside));
	if (n == 0 && !getenv(name))
		COMPLAIN(s, line,
		    "the environment has no variable %s; set it, or write "
		    "${%s:-VALUE} with a default",
		    name, name);
}

static void
check_variables(struct scanner *s, struct str word, int line)
{
	size_t n;

	while ((n = up_to(word, STR("${"))) > 0) {
		size_t len = up_to(str_skip(word, n), STR("}"));

		if (len == 0)
			return;
		check_variable(s, str_of(word.p + n, len - 1), line);
		word = str_skip(word, n + len);
	}
}

static size_t
word_len(struct scanner *s, struct str in)
{
	size_t n = 0;

	if (in.p[0] == '"' || in.p[0] == '\'') {
		n = string_len(in);
		if (n == 0) {
			COMPLAIN(s, s->line,
			    "the string that begins here is never closed; "
			    "add a %c",
			    in.p[0]);
			s->t->is_broken = true;
			return in.len;
		}
		if (in.p[0] == '"')
			check_escapes(s, str_head(in, n), s->line);
		return n;
	}
	if (str_starts(in, STR("${")))
		n = up_to(in, STR("}"));
	while (n < in.len && !strchr(" \t\r\n#\"'{}()=+,*", in.p[n]))
		n++;
	return n;
}

/* ---- tokens ----------------------------------------------------------- */

static enum token_kind
punctuation(struct str in, size_t *len)
{
	*len = 1;
	switch (in.p[0]) {
	case '{':
		return T_OPEN;
	case '}':
		return T_CLOSE;
	case '=':
		return T_ASSIGN;
	case ',':
	case '(':
	case ')':
		return T_OTHER;
	case '+':
		*len = 2;
		return str_starts(in, STR("+=")) ? T_ASSIGN : T_END;
	}
	return T_END;
}

static void
stray(struct scanner *s)
{
	COMPLAIN(s, s->line,
	    "unexpected '%c'; a value that holds it needs quotes",
	    rest(s).p[0]);
	s->t->is_broken = true;
	skip(s, 1);
}

static struct token
next(struct scanner *s)
{
	struct token tok;
	struct str in;
	size_t len;

	for (;;) {
		skip_blanks(s);
		in = rest(s);
		tok = (struct token){ .kind = T_WORD, .line = s->line };
		if (in.len == 0)
			return (struct token){ .kind = T_END };
		if (!strchr("{}()=+,*", in.p[0])) {
			len = word_len(s, in);
			break;
		}
		tok.kind = punctuation(in, &len);
		if (tok.kind != T_END)
			break;
		stray(s);
	}
	tok.text = str_head(in, len);
	if (tok.kind == T_WORD && in.p[0] != '\'')
		check_variables(s, tok.text, tok.line);
	skip(s, len);
	return tok;
}

/* ---- statements ------------------------------------------------------- */

struct block {
	struct token name;
	bool is_list;
};

struct walk {
	struct scanner s;
	struct block stack[CONF_DEPTH_MAX + 1]; /* [0]: the file */
	size_t depth;
	struct token name; /* of the statement we are in, or T_END */
	bool is_assigned;  /* its = was seen */

	/* What to blank, once; name is NULL on the first walk. */
	const char *section, *wanted;
	int line;
	bool is_found;
};

static bool
is_wanted(const struct walk *w, struct token name)
{
	const struct block *in = &w->stack[w->depth];

	if (!w->wanted || w->is_found || !str_is(name.text, w->wanted))
		return false;
	return name.line == w->line &&
	    (w->depth ? str_is(in->name.text, w->section)
	              : strcmp(w->section, "root") == 0);
}

/* The statement that began with name ends before the scanner. */
static void
statement_ends(struct walk *w, struct token name)
{
	if (name.kind == T_WORD && is_wanted(w, name)) {
		size_t from = (size_t)(name.text.p - w->s.t->clean.p);

		blank(w->s.t, from, w->s.at);
		w->is_found = true;
	}
	w->name = (struct token){ .kind = T_END };
	w->is_assigned = false;
}

static void
note_block(struct conf_text *t, int line)
{
	t->block_line = xrealloc_array(
	    t->block_line, t->nblocks + 1, sizeof(*t->block_line));
	t->block_line[t->nblocks++] = line;
}

static void
open_block(struct walk *w, struct token tok)
{
	struct block *b;

	if (w->depth == CONF_DEPTH_MAX) {
		COMPLAIN(&w->s, tok.line, "blocks nest too deep");
		w->s.t->is_broken = true;
		w->s.at = w->s.t->clean.len; /* nothing more to learn */
		return;
	}
	b = &w->stack[++w->depth];
	b->name = w->name.kind == T_WORD ? w->name : tok;
	b->is_list = w->is_assigned;
	w->name = (struct token){ .kind = T_END };
	w->is_assigned = false;
}

static void
close_block(struct walk *w, struct token tok)
{
	struct block *b = &w->stack[w->depth];

	if (w->depth == 0) {
		COMPLAIN(&w->s, tok.line,
		    "a closing brace too many: no block is open here");
		w->s.t->is_broken = true;
		return;
	}
	w->depth--;
	if (!b->is_list)
		note_block(w->s.t, b->name.line);
	statement_ends(w, b->name);
}

static void
walk_token(struct walk *w, struct token tok)
{
	bool in_list = w->stack[w->depth].is_list;

	if (tok.kind == T_OPEN)
		open_block(w, tok);
	else if (tok.kind == T_CLOSE)
		close_block(w, tok);
	else if (in_list)
		return;
	else if (tok.kind == T_ASSIGN)
		w->is_assigned = true;
	else if (tok.kind == T_WORD && w->is_assigned)
		statement_ends(w, w->name);
	else if (tok.kind == T_WORD && w->name.kind != T_WORD)
		w->name = tok;
}

static void
walk(struct walk *w)
{
	struct token tok;

	w->s.line = 1;
	while ((tok = next(&w->s)).kind != T_END && !w->is_found)
		walk_token(w, tok);
	if (w->depth == 0 || w->is_found || w->s.t->is_broken)
		return;
	tok = w->stack[w->depth].name;
	COMPLAIN(&w->s, tok.line,
	    "the block '" STR_FMT "' that begins here is never closed; add a }",
	    STR_ARG(tok.text));
	w->s.t->is_broken = true;
}

/* ---- the text --------------------------------------------------------- */

/* UTF-8 without control characters; a NUL would end it for libconfuse. */
static size_t
good_len(struct str in)
{
	size_t n = utf8_valid_len(in);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)in.p[i] < ' ' &&
		    !strchr("\t\r\n", in.p[i] ? in.p[i] : 'x'))
			return i;
	return n;
}

static int
line_at(struct str in, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at; i++)
		line += in.p[i] == '\n';
	return line;
}

void
conf_text_init(struct conf_text *t, const char *path, struct str text,
    struct config_report *rep)
{
	struct walk w = { .s = { .t = t, .rep = rep, .path = path } };
	size_t good = good_len(text);

	*t = (struct conf_text){ 0 };
	buf_init(&t->clean, CONFIG_FILE_MAX);
	if (good < text.len || buf_add_str(&t->clean, text) < 0) {
		t->is_broken = true;
		if (good < text.len)
			config_report_add(rep, true, path, line_at(text, good),
			    "not UTF-8 text; save the file as UTF-8");
		else
			config_report_add(rep, true, path, 0, "over %d bytes",
			    CONFIG_FILE_MAX);
		return;
	}
	walk(&w);
}

void
conf_text_release(struct conf_text *t)
{
	buf_release(&t->clean);
	free(t->block_line);
	*t = (struct conf_text){ 0 };
}

bool
conf_text_blank(
    struct conf_text *t, const char *section, const char *name, int line)
{
	struct walk w = {
		.s = { .t = t },
		.section = section,
		.wanted = name,
		.line = line,
	};

	struct walk again = { .s = { .t = t } };

	t->nblocks = 0;
	walk(&w);
	t->nblocks = 0; /* the statement may have been one, or held some */
	walk(&again);
	return w.is_found;
}
