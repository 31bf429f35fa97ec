#include "smtp/mailout/mailout_job.h"
#include "lib/secret.h"
#include "lib/xalloc.h"
#include "smtp/mail_frames.h"
#include "smtp/mailout/mailout_render.h"

void
mailout_jobs_init(struct mailout_jobs *js)
{
	*js = (struct mailout_jobs){ .has_asked = false };
	child_input_init(&js->in, MAIL_LETTER_MAX);
}

void
mailout_jobs_release(struct mailout_jobs *js)
{
	child_input_release(&js->in);
}

static void
say_result(const struct mail_result *r)
{
	struct buf b;

	buf_init(&b, MAIL_RESULT_PACKED_MAX);
	mail_result_pack(r, &b);
	child_write(MAIL_FRAME_RESULT, buf_str(&b));
	buf_release(&b);
}

/* ---- one letter ------------------------------------------------------- */

static void
job_free(struct mailout_job **jp)
{
	struct mailout_job *j = *jp;

	*jp = NULL;
	free(j->env_from);
	free(j->env_to);
	free(j->envid);
	buf_release(&j->bytes);
	free(j);
}

/*
 * What comes back then names the message even where the address that it comes
 * to is lost.  Longer ones libesmtp would write as "(null)".
 */
static char *
envid_of(struct str env_from)
{
	ptrdiff_t at = str_find(env_from, '@');

	if (at <= 0 || at > MAIL_ENVID_MAX)
		return NULL;
	return str_dup(str_head(env_from, (size_t)at));
}

static struct mailout_job *
job_new(const struct mail_letter *l, struct err *err)
{
	struct mailout_job *j = xcalloc(1, sizeof(*j));

	buf_init(&j->bytes, MAILOUT_BYTES_MAX);
	j->env_from = str_dup(l->env_from);
	j->env_to = str_dup(l->env_to);
	j->envid = envid_of(l->env_from);
	j->wants_dsn = l->wants_dsn;
	if (mailout_render(l, &j->bytes, err) < 0)
		job_free(&j);
	return j;
}

void
mailout_job_commit(struct mailout_job *j)
{
	if (!j->was_committed)
		child_write(MAIL_FRAME_COMMITTING, STR_EMPTY);
	j->was_committed = true;
}

void
mailout_job_end(struct mailout_job **jp, const struct mail_result *r)
{
	say_result(r);
	job_free(jp);
}

/* ---- asking for one --------------------------------------------------- */

static struct mailout_job *
take(struct str bytes)
{
	static struct mail_letter_copy copy; /* it is large */
	struct mail_result r = { .fate = GW_REFUSED, .err = ERR_INIT };
	struct mailout_job *j = NULL;

	if (mail_letter_read(&copy, bytes, &r.err) == 0)
		j = job_new(&copy.letter, &r.err);
	if (!j)
		say_result(&r);
	return j;
}

static void
ask(struct mailout_jobs *js)
{
	if (!js->has_asked)
		child_write(MAIL_FRAME_NEXT, STR_EMPTY);
	js->has_asked = true;
}

/* Blocks until there is a letter, or the end. */
static struct mailout_job *
read_one(struct mailout_jobs *js)
{
	struct str data;
	uint8_t type;

	if (child_read(&js->in, &type, &data) <= 0 ||
	    type != MAIL_FRAME_LETTER) {
		js->is_over = true;
		return NULL;
	}
	js->has_asked = false;
	return take(data);
}

struct mailout_job *
mailout_jobs_next(struct mailout_jobs *js, int wait_ms)
{
	struct mailout_job *j = NULL;

	while (!j && !js->is_over) {
		ask(js);
		if (!child_is_told(&js->in, wait_ms))
			return NULL;
		j = read_one(js);
	}
	return j;
}
