/*
 * The words of a scenario about mail that goes out.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "fake/fake.h"
#include "flow_mailout.h"
#include "flow_match.h"
#include "smtp/mail_frames.h"
#include "smtp/mail_letter.h"
#include "smtp/mail_result.h"

enum { TEXT_MAX = 4 * 1024 * 1024, WHY_MAX = 16384 };

static char why[WHY_MAX];

/* The mail that was named last: "name: value" lines. */
static struct buf head;
static struct fake_worker *holder; /* has it */

#define WORKER(n) LIST_ENTRY(n, struct fake_worker, node)
#define FRAME(n)  LIST_ENTRY(n, struct fake_frame, node)

static const char *say(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

static const char *
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return why;
}

/* ---- workers ---------------------------------------------------------- */

static struct fake_frame *
frame_of(struct fake_worker *w, uint8_t type)
{
	LIST_EACH(&w->frames, n)
	{
		if (FRAME(n)->type == type)
			return FRAME(n);
	}
	return NULL;
}

static bool
is_mailout(const struct fake_worker *w)
{
	return str_is(str_c(w->program), "passerelle-mailout");
}

/* One that is there, was set up and has nothing to do. */
static struct fake_worker *
idle_worker(void)
{
	LIST_EACH(fake_workers(), n)
	{
		struct fake_worker *w = WORKER(n);

		if (is_mailout(w) && !w->is_busy && !w->is_dead &&
		    frame_of(w, MAIL_FRAME_SETUP))
			return w;
	}
	return NULL;
}

static struct fake_worker *
loaded_worker(void)
{
	LIST_EACH(fake_workers(), n)
	{
		if (is_mailout(WORKER(n)) &&
		    frame_of(WORKER(n), MAIL_FRAME_LETTER))
			return WORKER(n);
	}
	return NULL;
}

/* Each of them asks for more, as the real ones do. */
static struct fake_worker *
next_letter(void)
{
	struct fake_worker *w;

	while (!loaded_worker() && (w = idle_worker())) {
		w->is_busy = true;
		fake_worker_say(w, MAIL_FRAME_NEXT, STR_EMPTY);
	}
	return loaded_worker();
}

/* ---- letters ---------------------------------------------------------- */

static void
add_line(struct buf *out, const char *name, struct str value)
{
	if (value.len == 0)
		return;
	(void)buf_addf(out, "%s: ", name);
	for (size_t i = 0; i < value.len; i++)
		(void)buf_addc(out, value.p[i] == '\n' ? '|' : value.p[i]);
	(void)buf_addc(out, '\n');
}

static void
add_files(struct buf *out, const struct mail_letter *l)
{
	for (size_t i = 0; i < l->nfile; i++)
		(void)buf_addf(out, "file: " STR_FMT " " STR_FMT " %zu\n",
		    STR_ARG(l->file[i].name), STR_ARG(l->file[i].mime),
		    l->file[i].body.len);
}

static void
add_references(struct buf *out, const struct mail_letter *l)
{
	if (l->nreference)
		(void)buf_addf(out, "references:");
	for (size_t i = 0; i < l->nreference; i++)
		(void)buf_addf(out, " " STR_FMT, STR_ARG(l->reference[i]));
	if (l->nreference)
		(void)buf_addc(out, '\n');
}

static void
write_letter(const struct mail_letter *l, struct buf *out)
{
	struct buf from;

	buf_init(&from, TEXT_MAX);
	(void)buf_addf(&from, STR_FMT, STR_ARG(l->from));
	if (l->from_name.len)
		(void)buf_addf(&from, " (" STR_FMT ")", STR_ARG(l->from_name));
	add_line(out, "from", buf_str(&from));
	buf_release(&from);
	add_line(out, "sender", l->env_from);
	add_line(out, "to", l->to);
	add_line(out, "cc", l->cc);
	add_line(out, "reply-to", l->reply_to);
	add_line(out, "subject", l->subject);
	add_line(out, "id", l->message_id);
	add_line(out, "answers", l->in_reply_to);
	add_references(out, l);
	add_line(out, "jid", l->jabber_id);
	add_line(out, "body", l->body);
	add_files(out, l);
	add_line(out, "automatic", l->is_automatic ? STR("yes") : STR_EMPTY);
	add_line(out, "dsn", l->wants_dsn ? STR("yes") : STR_EMPTY);
}

static const char *
take_letter(struct fake_worker *w, struct str pattern)
{
	struct fake_frame *f = frame_of(w, MAIL_FRAME_LETTER);
	struct mail_letter_copy copy;
	struct err err = ERR_INIT;
	const char *wrong = NULL;
	struct buf line;

	buf_init(&line, TEXT_MAX);
	if (mail_letter_read(&copy, buf_str(&f->data), &err) < 0) {
		wrong = say("it was handed what is no mail: %s", err.text);
	} else {
		buf_release(&head);
		buf_init(&head, TEXT_MAX);
		write_letter(&copy.letter, &head);
		holder = w;
		(void)buf_addf(&line, STR_FMT " " STR_FMT,
		    STR_ARG(copy.letter.env_to), STR_ARG(copy.letter.subject));
		if (!flow_match_line(pattern, buf_str(&line)))
			wrong = say("it was handed %s\n%s", line.p, head.p);
	}
	buf_release(&line);
	fake_frame_free(f);
	return wrong;
}

static const char *
expect_letter(struct str pattern)
{
	struct fake_worker *w = next_letter();

	if (str_is(pattern, "nothing")) {
		if (!w)
			return NULL;
		(void)take_letter(w, STR("*"));
		return say("it was handed\n%s", head.p);
	}
	return w ? take_letter(w, pattern) : say("it was handed no mail");
}

static const char *
expect_line(struct str pattern)
{
	struct str rest = head.p ? buf_str(&head) : STR_EMPTY, line, name;
	bool not = str_starts(pattern, STR("no "));

	if (not )
		pattern = str_skip(pattern, 3);
	while (str_cut(&rest, '\n', &line)) {
		struct str value = line;

		(void)str_cut(&value, ':', &name);
		if (not ? str_eq(name, pattern)
		        : flow_match_line(pattern, line))
			return not ? say("it is\n%s", head.p) : NULL;
	}
	return not ? NULL : say("it is\n%s", head.p ? head.p : "nowhere");
}

/* The value of that line of the head. */
static struct str
value_of(const char *name)
{
	struct str rest = head.p ? buf_str(&head) : STR_EMPTY, line, is;

	while (str_cut(&rest, '\n', &line))
		if (str_cut(&line, ':', &is) && str_is(is, name))
			return str_trim(line);
	return STR_EMPTY;
}

static const char *
call(struct str name)
{
	char whole[64];

	(void)snprintf(whole, sizeof(whole), STR_FMT ".id", STR_ARG(name));
	flow_remember(str_c(whole), value_of("id"));
	(void)snprintf(whole, sizeof(whole), STR_FMT ".sender", STR_ARG(name));
	flow_remember(str_c(whole), value_of("sender"));
	return NULL;
}

/* ---- results ---------------------------------------------------------- */

static struct fake_worker *
take_holder(void)
{
	struct fake_worker *w = NULL;

	LIST_EACH(fake_workers(), n)
	{
		if (WORKER(n) == holder && !holder->is_dead)
			w = holder;
	}
	return w;
}

static const char *
tell(const struct mail_result *r)
{
	struct fake_worker *w = take_holder();
	struct buf out;

	if (!w)
		return "no mail was named that is with a worker";
	buf_init(&out, MAIL_RESULT_PACKED_MAX);
	mail_result_pack(r, &out);
	holder = NULL;
	w->is_busy = false;
	fake_worker_say(w, MAIL_FRAME_RESULT, buf_str(&out));
	buf_release(&out);
	return NULL;
}

/* "CODE ENHANCED TEXT" */
static const char *
tell_code(enum gw_fate fate, struct str rest)
{
	struct mail_result r = { .fate = fate };
	struct str code = STR_EMPTY, enhanced = STR_EMPTY;
	uint64_t n;

	if (!str_cut(&rest, ' ', &code) || !str_cut(&rest, ' ', &enhanced) ||
	    !str_to_uint(code, 599, &n))
		return "CODE ENHANCED TEXT";
	r.code = (int)n;
	r.text = rest.p ? rest : STR_EMPTY;
	mail_result_enhance(&r, enhanced);
	(void)err_set(&r.err, fate == GW_REFUSED ? ERR_POLICY : ERR_BUSY,
	    "127.0.0.1 said: %d " STR_FMT, r.code, STR_ARG(r.text));
	return tell(&r);
}

static const char *
tell_text(enum gw_fate fate, bool is_broken, struct str text)
{
	struct mail_result r = { .fate = fate, .is_broken = is_broken };

	(void)err_set(
	    &r.err, is_broken ? ERR_AUTH : ERR_TIMEOUT, STR_FMT, STR_ARG(text));
	return tell(&r);
}

static const char *
answer(struct str rest)
{
	struct mail_result sent = { .fate = GW_SENT, .code = 250 };
	struct str word = STR_EMPTY;

	(void)str_cut(&rest, ' ', &word);
	if (str_is(word, "sent"))
		return tell(&sent);
	if (str_is(word, "refused"))
		return tell_code(GW_REFUSED, rest);
	if (str_is(word, "retry"))
		return tell_code(GW_RETRY, rest);
	if (str_is(word, "unsure"))
		return tell_text(GW_UNSURE, false, rest);
	if (str_is(word, "broken"))
		return tell_text(GW_RETRY, true, rest);
	return "sent, refused, retry, unsure or broken";
}

static const char *
commit(void)
{
	struct fake_worker *w = take_holder();

	if (!w)
		return "no mail was named that is with a worker";
	fake_worker_say(w, MAIL_FRAME_COMMITTING, STR_EMPTY);
	return NULL;
}

static const char *
die(void)
{
	struct fake_worker *w = take_holder();

	if (!w)
		return "no mail was named that is with a worker";
	holder = NULL;
	fake_worker_die(w, SIGSEGV);
	return NULL;
}

const char *
flow_mailout(struct str first, struct str verb, struct str rest)
{
	(void)first;
	if (str_is(verb, "<-"))
		return expect_letter(rest);
	if (str_is(verb, "has"))
		return expect_line(rest);
	if (str_is(verb, "->"))
		return answer(rest);
	if (str_is(verb, "called"))
		return call(rest);
	if (str_is(verb, "commits"))
		return commit();
	if (str_is(verb, "dies"))
		return die();
	return "not understood";
}

const char *
flow_mailout_left(void)
{
	return expect_letter(STR("nothing"));
}

void
flow_mailout_forget(void)
{
	buf_release(&head);
	holder = NULL;
}
