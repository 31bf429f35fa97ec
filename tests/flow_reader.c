#include <signal.h>
#include <stdlib.h>

#include "fake/fake.h"
#include "flow_reader.h"
#include "lib/xalloc.h"
#include "smtp/mail_reader_wire.h"
#include "smtp/mailread/mailread_names.h"
#include "smtp/mailread/mailread_pool.h"
#include "smtp/mailread/mailread_record.h"

#define PROGRAM "passerelle-mailread"

static struct {
	bool is_ready, dies, sleeps;
} flow;

const char *
flow_reader(struct str first, struct str verb, struct str rest)
{
	(void)first;
	(void)rest;
	flow.dies = str_is(verb, "dies");
	flow.sleeps = str_is(verb, "sleeps");
	return flow.dies || flow.sleeps ? NULL : "reader dies, or sleeps";
}

/* ---- one mail ---------------------------------------------------------- */

static void
say_record(struct fake_worker *f, const struct mail_record *r)
{
	struct buf packed;
	struct str rest;

	buf_init(&packed, MAIL_RECORD_MAX);
	mail_record_pack(r, &packed);
	for (rest = buf_str(&packed); rest.len > 0;
	     rest = str_skip(rest, MAIL_READER_FRAME))
		fake_worker_say(
		    f, MAIL_READER_RECORD, str_head(rest, MAIL_READER_FRAME));
	buf_release(&packed);
	fake_worker_say(f, MAIL_READER_DONE, STR_EMPTY);
}

static void
say_refused(struct fake_worker *f, const struct err *err)
{
	struct buf packed;

	buf_init(&packed, MAIL_READER_FRAME);
	mail_reader_refusal_pack(err, &packed);
	fake_worker_say(f, MAIL_READER_REFUSED, buf_str(&packed));
	buf_release(&packed);
}

static void
answer(struct fake_worker *f, const struct mail_reader_options *o,
    const struct buf *mail)
{
	char *bytes = xmalloc(mail->len + 1);
	struct mailread_pool pool;
	struct mail_record record;
	struct err err = ERR_INIT;

	if (!flow.is_ready)
		mailread_gmime_init();
	flow.is_ready = true;
	memcpy(bytes, mail->p, mail->len + 1);
	mailread_pool_init(&pool);
	if (mailread_record(&record, &pool, bytes, mail->len, o, &err) < 0)
		say_refused(f, &err);
	else
		say_record(f, &record);
	mailread_pool_release(&pool);
	free(bytes);
}

/* ---- what the workers were told ---------------------------------------- */

/* Is all of a mail there?  Then its frames go; what was said first stays. */
static bool
collect(struct fake_worker *f, struct buf *options, struct buf *mail)
{
	struct list *last = f->frames.prev;
	bool is_first = true;

	if (list_is_empty(&f->frames) ||
	    LIST_ENTRY(last, struct fake_frame, node)->type != MAIL_READER_END)
		return false;
	LIST_EACH(&f->frames, n)
	{
		struct fake_frame *frame =
		    LIST_ENTRY(n, struct fake_frame, node);

		if (frame->type == MAIL_READER_BYTES)
			buf_add_str(mail, buf_str(&frame->data));
		if (frame->type == MAIL_READER_OPTIONS && is_first)
			buf_add_str(options, buf_str(&frame->data));
		else
			fake_frame_free(frame);
		is_first = false;
	}
	return true;
}

static bool
play(struct fake_worker *f)
{
	struct buf options, mail;
	struct mail_reader_options o;
	bool is_whole;

	buf_init(&options, MAIL_READER_FRAME);
	buf_init(&mail, MAIL_READER_MAIL_MAX);
	is_whole = collect(f, &options, &mail);
	if (is_whole && flow.dies)
		fake_worker_die(f, SIGKILL);
	else if (is_whole && !flow.sleeps &&
	    mail_reader_options_read(&o, buf_str(&options)))
		answer(f, &o, &mail);
	if (is_whole)
		flow.dies = flow.sleeps = false;
	buf_release(&options);
	buf_release(&mail);
	return is_whole;
}

bool
flow_reader_turn(void)
{
	LIST_EACH(fake_workers(), n)
	{
		struct fake_worker *f = LIST_ENTRY(n, struct fake_worker, node);

		if (!str_is(str_c(f->program), PROGRAM) || f->is_dead)
			continue;
		if (f->is_killed)
			fake_worker_die(f, SIGKILL);
		else if (!play(f))
			continue;
		return true; /* who was told may have changed the list */
	}
	return false;
}
