/*
 * From what a mail says to what a room is told.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "smtp/mail_alert.h"
#include "smtp/mail_record.h"

enum {
	SUBJECT_MAX = 200, /* bytes of a shortened cron subject */
	LOCAL_MAX = 64,    /* of what stands in front of an @ */
	SECRET_MIN = 12,   /* letters of a label that may be a secret */
	MAIL_WHOLE_MAX = MAIL_TEXT_MAX + 1024,
};

#define HIDDEN STR("***")

/* ---- own addresses ---------------------------------------------------- */

static bool
is_local(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '+' ||
	    c == '-' || c == '=';
}

/* Base32, and long enough: what our tokens and MACs look like. */
static bool
is_secret(struct str label)
{
	for (size_t i = 0; i < label.len; i++) {
		char c = label.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '2' && c <= '7'))
			return false;
	}
	return label.len >= SECRET_MIN;
}

static bool
starts_nocase(struct str s, struct str prefix)
{
	return prefix.len > 0 && s.len >= prefix.len &&
	    str_eq_nocase(str_head(s, prefix.len), prefix);
}

/* Rewrites the labels that out ends with. */
static void
mask_local(struct buf *out, size_t begin)
{
	char local[LOCAL_MAX];
	size_t from = out->len, at, n;

	while (from > begin && is_local(out->p[from - 1]) &&
	    out->len - from < LOCAL_MAX)
		from--;
	n = out->len - from;
	memcpy(local, out->p + from, n);
	buf_truncate(out, from);
	for (at = 0; at < n;) {
		size_t to = at;

		while (to < n && local[to] != '.' && local[to] != '+')
			to++;
		buf_add_str(out,
		    is_secret(str_of(local + at, to - at))
		        ? HIDDEN
		        : str_of(local + at, to - at));
		if (to < n)
			buf_addc(out, local[to++]);
		at = to;
	}
}

void
mail_alert_mask(
    struct str text, struct str token, struct str domain, struct buf *out)
{
	size_t begin = out->len;

	while (text.len && !buf_is_full(out)) {
		if (starts_nocase(text, token)) {
			buf_add_str(out, HIDDEN);
			text = str_skip(text, token.len);
			continue;
		}
		if (text.p[0] == '@' &&
		    starts_nocase(str_skip(text, 1), domain))
			mask_local(out, begin);
		buf_addc(out, text.p[0]);
		text = str_skip(text, 1);
	}
}

/* ---- subjects --------------------------------------------------------- */

/* What a crontab puts in front of the command that matters. */
static bool
is_preamble(struct str cmd)
{
	return str_starts(cmd, STR("cd ")) || str_starts(cmd, STR("test ")) ||
	    str_starts(cmd, STR("[ ")) || str_starts(cmd, STR("sleep "));
}

/* Behind the first `&&` or `||` of it; empty: there is none. */
static struct str
behind_operator(struct str cmd)
{
	for (size_t i = 0; i + 1 < cmd.len; i++)
		if ((cmd.p[i] == '&' || cmd.p[i] == '|') &&
		    cmd.p[i + 1] == cmd.p[i])
			return str_trim(str_skip(cmd, i + 2));
	return STR_EMPTY;
}

/* Up to where its output goes. */
static struct str
without_redirection(struct str cmd)
{
	for (size_t i = 1; i < cmd.len; i++)
		if (cmd.p[i - 1] == ' ' &&
		    (cmd.p[i] == '>' ||
		        str_starts(str_skip(cmd, i), STR("2>"))))
			return str_trim(str_head(cmd, i));
	return cmd;
}

/* Without the folder of the program. */
static struct str
without_folder(struct str cmd)
{
	size_t slash = 0;

	for (size_t i = 0; i < cmd.len && cmd.p[i] != ' '; i++)
		if (cmd.p[i] == '/' && i + 1 < cmd.len && cmd.p[i + 1] != ' ')
			slash = i + 1;
	return str_skip(cmd, slash);
}

static struct str
command_of(struct str cmd)
{
	for (;;) {
		struct str next;

		cmd = str_trim(cmd);
		if (str_starts(cmd, STR("("))) {
			cmd = str_skip(cmd, 1);
			if (str_ends(cmd, STR(")")))
				cmd.len--;
			continue;
		}
		next = is_preamble(cmd) ? behind_operator(cmd) : STR_EMPTY;
		if (next.len == 0)
			return without_folder(without_redirection(cmd));
		cmd = next;
	}
}

void
mail_alert_subject(struct str s, struct buf *out)
{
	struct str rest = s, who, cmd;

	if (!str_starts(s, STR("Cron <")))
		goto as_it_is;
	rest = str_skip(s, sizeof("Cron <") - 1);
	if (!str_cut(&rest, '>', &who) || !rest.p || who.len == 0)
		goto as_it_is;
	cmd = command_of(rest);
	if (cmd.len == 0)
		goto as_it_is;
	buf_addf(out, "cron " STR_FMT ": ", STR_ARG(who));
	buf_add(out, cmd.p, utf8_cut(cmd, SUBJECT_MAX));
	if (cmd.len > SUBJECT_MAX)
		buf_add_str(out, STR("…"));
	return;
as_it_is:
	buf_add_str(out, s);
}

/* ---- templates -------------------------------------------------------- */

/* What can stand between braces. */
struct word {
	const char *name;
	struct str value;
};

static const struct str *
value_of(const struct word *w, struct str name)
{
	for (; w->name; w++)
		if (str_is(name, w->name))
			return &w->value;
	return NULL;
}

/* What is no word of ours stays as it was written. */
static void
expand(struct str template, const struct word *words, struct buf *out)
{
	while (template.len) {
		struct str inside = str_skip(template, 1), name;
		const struct str *value = NULL;

		if (template.p[0] == '{' && str_has(inside, '}') &&
		    str_cut(&inside, '}', &name))
			value = value_of(words, name);
		if (value) {
			buf_add_str(out, *value);
			template = str_skip(template, name.len + 2);
		} else {
			buf_addc(out, template.p[0]);
			template = str_skip(template, 1);
		}
	}
}

/* ---- text ------------------------------------------------------------- */

static struct str
without_end(struct str s)
{
	while (s.len && (s.p[s.len - 1] == '\n' || s.p[s.len - 1] == ' '))
		s.len--;
	while (s.len && s.p[0] == '\n')
		s = str_skip(s, 1);
	return s;
}

static size_t
count_lines(struct str s)
{
	size_t n = s.len > 0;

	for (size_t i = 0; i + 1 < s.len; i++)
		n += s.p[i] == '\n';
	return n;
}

/* How much of it is said: whole lines, unless the first is too long. */
static size_t
said_of(struct str text, const struct mail_alert_style *style)
{
	size_t end = 0, line = 0;

	for (size_t i = 0; i < text.len && line < style->lines; i++) {
		if (i >= style->bytes)
			break;
		if (text.p[i] == '\n') {
			end = i;
			line++;
		} else if (i + 1 == text.len) {
			end = text.len;
		}
	}
	return end ? end : utf8_cut_whole(text, utf8_cut(text, style->bytes));
}

/* The beginning of the text, and what is missing of it. */
static void
add_text(struct str text, const struct mail_alert_style *style, struct buf *out)
{
	size_t said = said_of(text, style);
	struct str left = str_skip(text, said);
	size_t lines;

	buf_add_str(out, str_head(text, said));
	if (left.len == 0)
		return;
	if (left.p[0] != '\n') {
		buf_addf(out, "…\n… (%zu more characters)", utf8_count(left));
		return;
	}
	lines = count_lines(str_skip(left, 1));
	buf_addf(out, "\n… (%zu more line%s)", lines, lines == 1 ? "" : "s");
}

static void
add_notes(const struct mail_record *r, struct buf *out)
{
	for (size_t i = 0; i < r->nnote; i++)
		buf_addf(out, "%s(" STR_FMT ")", out->len ? "\n" : "",
		    STR_ARG(r->note[i]));
	if (r->was_cut)
		buf_addf(out, "%s(the mail is longer than what is read of it)",
		    out->len ? "\n" : "");
}

/* ---- all of it -------------------------------------------------------- */

static void
make_title(struct mail_alert *a, const struct mail_alert_style *style,
    const struct word *words)
{
	size_t cut;

	expand(style->title, words, &a->title);
	for (size_t i = 0; i < a->title.len; i++)
		if (a->title.p[i] == '\n')
			a->title.p[i] = ' ';
	cut = utf8_cut(buf_str(&a->title), MAIL_ALERT_TITLE_MAX);
	if (cut < a->title.len) {
		buf_truncate(&a->title, cut);
		buf_add_str(&a->title, STR("…"));
	}
	if (a->severity == MAIL_SEVERITY_CRIT && style->mention.len)
		buf_addf(&a->title, " " STR_FMT, STR_ARG(style->mention));
}

static void
make_body(struct mail_alert *a, const struct mail_alert_style *style,
    const struct word *words)
{
	struct str title = buf_str(&a->title), body;

	expand(style->body, words, &a->body);
	body = without_end(buf_str(&a->body));
	buf_truncate(&a->body, (size_t)(body.p + body.len - a->body.p));
	if (title.len && str_starts(buf_str(&a->body), title)) {
		a->strong = (struct gw_span){
			.kind = GW_SPAN_STRONG, .start = 0, .end = title.len
		};
		a->message.span = &a->strong;
		a->message.nspan = 1;
	}
}

static void
make_rest(struct mail_alert *a, const struct mail_alert_style *style)
{
	struct str whole = buf_str(&a->whole);

	if (said_of(whole, style) < whole.len)
		a->rest = (struct gw_file){ .name = STR("mail.txt"),
			.type = STR("text/plain; charset=utf-8"),
			.body = whole };
	else
		buf_release(&a->whole);
}

void
mail_alert_drop_rest(struct mail_alert *a)
{
	a->rest = (struct gw_file){ .name = STR_EMPTY };
	buf_release(&a->whole);
}

/* Masked; templates see nothing else. */
struct shown {
	struct buf subject, name, address, text;
};

static void
shown_init(struct shown *s)
{
	buf_init(&s->subject, 4 * MAIL_LINE_MAX);
	buf_init(&s->name, 4 * MAIL_LINE_MAX);
	buf_init(&s->address, 4 * MAIL_LINE_MAX);
	buf_init(&s->text, MAIL_ALERT_MAX);
}

static void
shown_release(struct shown *s)
{
	buf_release(&s->subject);
	buf_release(&s->name);
	buf_release(&s->address);
	buf_release(&s->text);
}

static void
show_subject(struct shown *s, const struct mail_alert_facts *f,
    const struct mail_record *r)
{
	struct buf plain;

	buf_init(&plain, 4 * MAIL_LINE_MAX);
	mail_alert_subject(
	    r->subject.len ? r->subject : STR("(no subject)"), &plain);
	mail_alert_mask(buf_str(&plain), f->token, f->domain, &s->subject);
	buf_release(&plain);
}

static void
show_sender(struct shown *s, const struct mail_alert_facts *f,
    const struct mail_record *r)
{
	mail_alert_mask(r->from.name.len ? r->from.name : r->from.address,
	    f->token, f->domain, &s->name);
	mail_alert_mask(r->from.address, f->token, f->domain, &s->address);
}

static void
add_sender(struct shown *s, const struct mail_record *r)
{
	buf_addf(&s->text, "From: " STR_FMT, STR_ARG(buf_str(&s->name)));
	if (r->from.name.len)
		buf_addf(
		    &s->text, " <" STR_FMT ">", STR_ARG(buf_str(&s->address)));
	buf_addc(&s->text, '\n');
}

/* The mail's whole text, masked, is in a->whole. */
static void
show_text(struct shown *s, struct mail_alert *a,
    const struct mail_alert_style *style, const struct mail_alert_facts *f,
    const struct mail_record *r)
{
	mail_alert_mask(without_end(r->text), f->token, f->domain, &a->whole);
	if (style->shows_sender)
		add_sender(s, r);
	add_text(buf_str(&a->whole), style, &s->text);
	add_notes(r, &s->text);
}

static void
fill(struct mail_alert *a, const struct mail_alert_style *style,
    const struct mail_alert_facts *f, const struct shown *s)
{
	struct word words[] = {
		{ "title", STR_EMPTY },
		{ "subject", buf_str(&s->subject) },
		{ "from", buf_str(&s->name) },
		{ "address", buf_str(&s->address) },
		{ "severity", str_c(mail_severity_name(f->severity)) },
		{ "mark", str_c(mail_severity_mark(f->severity)) },
		{ "slug", f->slug },
		{ "text", buf_str(&s->text) },
		{ NULL, STR_EMPTY },
	};

	make_title(a, style, words);
	words[0].value = buf_str(&a->title);
	make_body(a, style, words);
	make_rest(a, style);
}

struct mail_alert *
mail_alert_new(const struct mail_alert_style *style,
    const struct mail_alert_facts *f, const struct mail_record *r)
{
	struct mail_alert *a = xcalloc(1, sizeof(*a));
	struct shown s;

	buf_init(&a->title, 4 * MAIL_LINE_MAX);
	buf_init(&a->body, MAIL_ALERT_MAX);
	buf_init(&a->whole, MAIL_WHOLE_MAX);
	a->severity = f->severity;
	a->wants_files = style->files;
	shown_init(&s);
	show_subject(&s, f, r);
	show_sender(&s, f, r);
	show_text(&s, a, style, f, r);
	fill(a, style, f, &s);
	shown_release(&s);
	a->message.subject = buf_str(&a->title);
	a->message.body = buf_str(&a->body);
	a->message.urgency = mail_severity_urgency(f->severity);
	a->arrival.message = &a->message;
	return a;
}

void
mail_alert_free(struct mail_alert **ap)
{
	struct mail_alert *a = *ap;

	*ap = NULL;
	if (!a)
		return;
	buf_release(&a->title);
	buf_release(&a->body);
	buf_release(&a->whole);
	free(a->slug);
	free(a->to);
	free(a);
}

void
mail_alert_note(struct mail_alert *a, struct str name, struct str mime,
    uint64_t size, const char *why)
{
	buf_addf(&a->body,
	    "\n[" STR_FMT ", " STR_FMT ", %" PRIu64 " bytes: %s]",
	    STR_ARG(name), STR_ARG(mime), size, why);
	a->message.body = buf_str(&a->body);
}

void
mail_alert_digest(uint64_t n, struct str last, int64_t span_ms, struct buf *out)
{
	buf_addf(out, "… and %llu more mail%s in %lld s; the last: " STR_FMT,
	    (unsigned long long)n, n == 1 ? "" : "s",
	    (long long)((span_ms + 999) / 1000),
	    STR_ARG(last.len ? last : STR("(no subject)")));
}
