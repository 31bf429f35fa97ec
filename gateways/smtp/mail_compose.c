#include "smtp/mail_compose.h"
#include "smtp/mail_subject.h"
#include "smtp/mail_words.h"

/* ---- lines with a meaning --------------------------------------------- */

/* Without line breaks and blanks behind it. */
static struct str
trim_end(struct str s)
{
	while (s.len && strchr(" \t\r\n", s.p[s.len - 1]))
		s.len--;
	return s;
}

/* s without its last line, if that is ".send". */
static struct str
without_send(struct str s, bool *found)
{
	struct str text = trim_end(s), command = STR(".send");
	struct str before = str_head(
	    text, text.len >= command.len ? text.len - command.len : 0);

	*found = str_ends(text, command) &&
	    (before.len == 0 || before.p[before.len - 1] == '\n');
	return *found ? trim_end(before) : s;
}

/* The subject in a first line that stands alone; *s goes on behind it. */
static struct str
take_subject_line(struct str *s)
{
	struct str rest = *s, line, blank = STR_EMPTY, name = STR("subject:");

	(void)str_cut(&rest, '\n', &line);
	if (!str_eq_nocase(str_head(line, name.len), name))
		return STR_EMPTY;
	if (rest.p && rest.len &&
	    (!str_cut(&rest, '\n', &blank) || str_trim(blank).len))
		return STR_EMPTY;
	*s = rest.p ? rest : STR_EMPTY;
	return str_trim(str_skip(line, name.len));
}

struct str
mail_compose_subject(const struct gw_message *m)
{
	struct str body = m->body;

	return m->subject.len ? m->subject : take_subject_line(&body);
}

/* ---- words ------------------------------------------------------------ */

/* What is said, without what only says how. */
static struct str
said(const struct gw_message *m)
{
	struct str body = m->body;
	bool found;

	if (m->subject.len == 0)
		(void)take_subject_line(&body);
	return without_send(body, &found);
}

bool
mail_compose_is_empty(const struct gw_message *m)
{
	return str_trim(said(m)).len == 0 && m->nattachment == 0;
}

bool
mail_compose_is_sent(const struct gw_message *m)
{
	bool found;

	(void)without_send(m->body, &found);
	return found;
}

static bool
is_said(struct str body, struct str url)
{
	return url.len == 0 ||
	    (body.len && memmem(body.p, body.len, url.p, url.len));
}

static bool
is_file(const struct mail_compose_in *in, struct str url)
{
	return in->is_file && in->is_file(in->arg, url);
}

static void
add_links(const struct mail_compose_in *in, const struct gw_message *m,
    struct buf *out)
{
	for (size_t i = 0; i < m->nattachment; i++) {
		struct str url = m->attachment[i].url;

		if (is_said(m->body, url) || is_file(in, url))
			continue;
		if (out->len && out->p[out->len - 1] != '\n')
			buf_addc(out, '\n');
		buf_add_str(out, url);
	}
}

/* A client that sends a file says its address as the words, too. */
static bool
is_only_a_file(const struct mail_compose_in *in, const struct gw_message *m)
{
	struct str body = str_trim(m->body);

	return m->nattachment == 1 && is_file(in, m->attachment[0].url) &&
	    (body.len == 0 || str_eq(body, m->attachment[0].url));
}

static void
add_said(const struct mail_compose_in *in, const struct gw_message *m,
    struct buf *out)
{
	size_t was = out->len;

	if (mail_compose_is_empty(m) || is_only_a_file(in, m))
		return;
	if (out->len)
		buf_add_str(out, STR("\n\n"));
	if (m->kind == GW_MSG_ACTION)
		buf_addf(out, "* " STR_FMT " ", STR_ARG(in->sender));
	mail_words_text(trim_end(said(m)), 2 * MAIL_COMPOSE_MAX, out);
	add_links(in, m, out);
	/* Nothing but files. */
	if (was && out->len == was + 2 && !buf_is_full(out))
		buf_truncate(out, was);
}

/* ---- subjects --------------------------------------------------------- */

static struct str
own_subject(const struct mail_compose_in *in)
{
	struct str s = STR_EMPTY;

	for (size_t i = 0; i < in->n && s.len == 0; i++)
		s = mail_compose_subject(in->message[i]);
	return s;
}

static bool
is_same_subject(struct str a, struct str b)
{
	return str_eq_nocase(mail_subject_base(a), mail_subject_base(b));
}

static void
add_subject(const struct mail_compose_in *in, struct buf *out)
{
	struct str own = own_subject(in);
	bool again = own.len == 0 || is_same_subject(own, in->subject);

	if (in->answers && in->subject.len && again) {
		buf_add_str(out, STR("Re: "));
		mail_words_line(mail_subject_plain(in->subject),
		    MAIL_WORDS_LINE_MAX - 4, out);
	} else if (own.len || in->subject.len) {
		mail_words_line(
		    own.len ? own : in->subject, MAIL_WORDS_LINE_MAX, out);
	}
	if (out->len == 0) {
		buf_add_str(out, STR("Message from "));
		mail_words_line(in->sender, MAIL_WORDS_NAME_MAX, out);
	}
}

int
mail_compose(const struct mail_compose_in *in, struct mail_composed *out,
    struct err *err)
{
	buf_init(&out->subject, 2 * MAIL_WORDS_LINE_MAX);
	buf_init(&out->body, MAIL_COMPOSE_MAX);
	add_subject(in, &out->subject);
	for (size_t i = 0; i < in->n; i++)
		add_said(in, in->message[i], &out->body);
	if (out->body.len)
		buf_addc(&out->body, '\n');
	if (!buf_is_full(&out->body) && !buf_is_full(&out->subject))
		return 0;
	return err_set(err, ERR_TOO_BIG,
	    "a text of more than %d KB cannot be mailed",
	    MAIL_COMPOSE_MAX / 1024);
}

void
mail_composed_release(struct mail_composed *c)
{
	buf_release(&c->subject);
	buf_release(&c->body);
}
