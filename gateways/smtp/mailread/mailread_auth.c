#include "smtp/mailread/mailread_auth.h"
#include "smtp/mailread/mailread_headers.h"
#include "smtp/mailread/mailread_pool.h"

enum { COMMENT_DEPTH = 20 };

/* ---- words, quoted words, comments ------------------------------------ */

enum token { T_END, T_WORD, T_COMMENT, T_EQUALS, T_SEMICOLON };

static struct str
take_quoted(struct str *rest)
{
	struct str word;
	size_t n = 1;

	while (n < rest->len && rest->p[n] != '"')
		n += rest->p[n] == '\\' && n + 1 < rest->len ? 2 : 1;
	word = str_skip(str_head(*rest, n), 1);
	*rest = str_skip(*rest, n + 1);
	return word;
}

static struct str
take_comment(struct str *rest)
{
	struct str text;
	size_t n = 0, depth = 0;

	do {
		if (rest->p[n] == '(')
			depth++;
		else if (rest->p[n] == ')')
			depth--;
		else if (rest->p[n] == '\\')
			n++;
		n++;
	} while (depth > 0 && depth < COMMENT_DEPTH && n < rest->len);
	text = str_skip(str_head(*rest, n), 1);
	*rest = str_skip(*rest, n);
	return text;
}

static struct str
take_word(struct str *rest)
{
	struct str word;
	size_t n = 1;

	while (n < rest->len && !strchr(" \t;=(\"", rest->p[n]))
		n++;
	word = str_head(*rest, n);
	*rest = str_skip(*rest, n);
	return word;
}

static enum token
next_token(struct str *rest, struct str *text)
{
	*rest = str_trim(*rest);
	*text = STR_EMPTY;
	if (rest->len == 0)
		return T_END;
	switch (rest->p[0]) {
	case ';':
		*rest = str_skip(*rest, 1);
		return T_SEMICOLON;
	case '=':
		*rest = str_skip(*rest, 1);
		return T_EQUALS;
	case '(':
		*text = take_comment(rest);
		return T_COMMENT;
	case '"':
		*text = take_quoted(rest);
		return T_WORD;
	default:
		*text = take_word(rest);
		return T_WORD;
	}
}

/* ---- one method ------------------------------------------------------- */

/* dmarc=pass (p=reject) header.from=example.org */
struct result {
	struct str method, result, policy;
	struct str from, d, i, mailfrom, helo;
};

/* (p=REJECT sp=NONE), (policy=reject) */
static void
read_comment(struct result *r, struct str text)
{
	struct str word;

	while (str_cut(&text, ' ', &word)) {
		size_t n = str_starts(word, STR("policy=")) ? 7
		    : str_starts(word, STR("p="))           ? 2
		                                            : 0;
		size_t end = 0;

		word = str_skip(word, n);
		while (end < word.len && !strchr(",;)", word.p[end]))
			end++;
		if (n > 0 && r->policy.len == 0)
			r->policy = str_head(word, end);
	}
}

static void
read_property(struct result *r, struct str name, struct str value)
{
	const struct {
		const char *name;
		struct str *to;
	} row[] = {
		{ "header.from", &r->from },
		{ "header.d", &r->d },
		{ "header.i", &r->i },
		{ "smtp.mailfrom", &r->mailfrom },
		{ "smtp.mail", &r->mailfrom },
		{ "smtp.helo", &r->helo },
		{ "policy.dmarc", &r->policy },
		{ "policy.published-domain-policy", &r->policy },
	};

	if (r->method.len == 0) {
		ptrdiff_t slash = str_find(name, '/');

		r->method = slash < 0 ? name : str_head(name, (size_t)slash);
		r->result = value;
		return;
	}
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (str_eq_nocase(name, str_c(row[i].name)))
			*row[i].to = value;
}

/* Up to the next semicolon.  False: there is nothing any more. */
static bool
next_result(struct str *rest, struct result *r)
{
	struct str text, name = STR_EMPTY;
	bool has_equals = false;

	*r = (struct result){ .method = STR_EMPTY };
	if (str_trim(*rest).len == 0)
		return false;
	for (;;) {
		enum token t = next_token(rest, &text);

		if (t == T_END || t == T_SEMICOLON)
			return true;
		if (t == T_COMMENT)
			read_comment(r, text);
		else if (t == T_EQUALS)
			has_equals = true;
		else if (has_equals && name.len > 0)
			read_property(r, name, text);
		if (t == T_WORD) {
			name = has_equals ? STR_EMPTY : text;
			has_equals = false;
		}
	}
}

/* ---- all of them ------------------------------------------------------ */

struct verdict {
	struct mail_auth *out;
	struct mailread_pool *pool;
	const struct mailread_auth_params *params;
};

static struct str
word(const struct verdict *v, struct str s)
{
	return mail_is_word(s) ? mailread_pool_lower(v->pool, s) : STR_EMPTY;
}

static struct str
domain(const struct verdict *v, struct str s)
{
	ptrdiff_t at = str_find(s, '@');

	return word(v, at < 0 ? s : str_skip(s, (size_t)at + 1));
}

static void
add_dmarc(const struct verdict *v, const struct result *r)
{
	if (v->out->dmarc.len > 0)
		return;
	v->out->dmarc = word(v, r->result);
	v->out->policy = word(v, r->policy);
	v->out->dmarc_domain = domain(v, r->from);
}

static void
add_spf(const struct verdict *v, const struct result *r)
{
	if (v->out->spf.len > 0)
		return;
	v->out->spf = word(v, r->result);
	v->out->spf_domain = domain(v, r->mailfrom.len ? r->mailfrom : r->helo);
}

/* Of several signatures the one of the sender's domain counts, else a good
   one, else the first. */
static void
add_dkim(const struct verdict *v, const struct result *r)
{
	struct str d = domain(v, r->d.len ? r->d : r->i);
	bool passes = str_eq_nocase(r->result, STR("pass"));
	bool is_own = str_eq_nocase(d, v->params->from_domain);

	if (v->out->dkim.len > 0 &&
	    (!passes || (str_is(v->out->dkim, "pass") && !is_own)))
		return;
	v->out->dkim = word(v, r->result);
	v->out->dkim_domain = d;
}

static void
add_header(const struct verdict *v, struct str value)
{
	struct str id;
	struct result r;

	if (next_token(&value, &id) != T_WORD ||
	    !str_eq_nocase(id, v->params->authserv_id))
		return;
	next_result(&value, &r); /* the version, where there is one */
	while (next_result(&value, &r)) {
		if (str_eq_nocase(r.method, STR("dmarc")))
			add_dmarc(v, &r);
		else if (str_eq_nocase(r.method, STR("spf")))
			add_spf(v, &r);
		else if (str_eq_nocase(r.method, STR("dkim")))
			add_dkim(v, &r);
	}
}

void
mailread_auth(struct mail_auth *out, struct mailread_pool *pool,
    const struct mailread_headers *h, const struct mailread_auth_params *p)
{
	const struct verdict v = { out, pool, p };
	unsigned nhop = 0, hops = p->hops ? p->hops : 1;

	*out = (struct mail_auth){ .dmarc = STR_EMPTY };
	if (p->authserv_id.len == 0)
		return;
	for (size_t i = 0; i < h->n; i++) {
		struct str name = h->header[i].name;

		if (str_eq_nocase(name, STR("Received")) && ++nhop > hops)
			return;
		if (str_eq_nocase(name, STR("Authentication-Results")))
			add_header(&v, h->header[i].value);
	}
}
