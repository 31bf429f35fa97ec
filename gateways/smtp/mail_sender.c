/*
 * Those who hand in mail.
 *
 *	job:     waiting -> given to a mailer -> ended, told in the next turn
 *	mailer:  started -> asking -> has a job -> committing -> asking ...
 *
 * The worker has times of its own for each answer; ours are for one that
 * hangs.
 */
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/xalloc.h"
#include "net/worker.h"
#include "smtp/mail_frames.h"
#include "smtp/mail_sender.h"

#define PROGRAM "passerelle-mailout"

enum {
	GRACE_MS = 30000,
	START_MS = 30000,  /* for a worker to ask for the first time */
	BYTES_PER_MS = 50, /* the slowest that a mail may leave */
	IDLE_MS = 60000,   /* a worker without work is kept */
	QUEUED_MAX = MAIL_LETTER_MAX + 65536,
	STILLBORN_MAX = 3, /* in a row */
};

struct job {
	struct list node;
	struct buf letter; /* packed; empty once it was given */
	size_t size;
	mail_sent_fn *fn;
	void *arg;
	struct mail_result result; /* once it has ended */
	char *text;                /* of it */
};

/* One worker, hence one connection. */
struct mailer {
	struct list node;
	struct mail_sender *sender;
	struct worker *worker;
	struct job *job;
	struct timer deadline; /* of a job, or of having none */
	bool is_asking, has_asked, is_committing;
	bool is_late;      /* it hung, and is killed */
	bool is_condemned; /* it said what it cannot say, and is killed */
};

struct mail_sender {
	struct gateway *gw;
	struct mail_submit submit; /* its strings are not kept */
	struct buf setup;          /* packed */
	char *host, *program;
	const char *const *argv;
	unsigned parallel;
	int64_t grace_ms;
	struct list waiting, ended; /* jobs */
	struct list mailers;        /* who has asked last is the first */
	size_t nmailer, nwaiting, nbusy;
	unsigned nstillborn; /* killed before they asked, in a row */
	struct timer soon;   /* tells of ended jobs */
};

#define JOB(n)    LIST_ENTRY(n, struct job, node)
#define MAILER(n) LIST_ENTRY(n, struct mailer, node)

/* ---- ends of jobs ----------------------------------------------------- */

static void
job_free(struct job *j)
{
	buf_release(&j->letter);
	free(j->text);
	free(j);
}

/* r is copied. */
static void
end_job(struct mail_sender *s, struct job *j, const struct mail_result *r)
{
	struct clock *clock = gateway_clock(s->gw);

	j->result = *r;
	j->text = str_dup(r->text);
	j->result.text = str_c(j->text);
	list_add(&s->ended, &j->node);
	timer_set(&s->soon, clock, clock->at);
}

static void
on_soon(struct timer *t)
{
	struct mail_sender *s = TIMER_OWNER(t, struct mail_sender, soon);
	struct list *node;

	while (node = list_first(&s->ended), node) {
		struct job *j = JOB(node);

		list_del(node);
		s->nbusy--;
		j->fn(j->arg, &j->result);
		job_free(j);
	}
}

/* It certainly was not sent, or with `unsure` it may have been. */
static void
fail_job(struct mail_sender *s, struct job *j, const struct err *why,
    bool unsure, bool is_broken)
{
	struct mail_result r = { .fate = unsure ? GW_UNSURE : GW_RETRY,
		.err = *why,
		.is_broken = is_broken,
		.text = STR_EMPTY };

	if (unsure)
		err_prefix(&r.err, "it may have been sent");
	end_job(s, j, &r);
}

static struct job *
first_waiting(struct mail_sender *s)
{
	struct list *node = list_first(&s->waiting);

	if (!node)
		return NULL;
	list_del(node);
	s->nwaiting--;
	return JOB(node);
}

/* ---- mailers ---------------------------------------------------------- */

static void dispatch(struct mail_sender *s);

static void
mailer_free(struct mailer *m)
{
	m->sender->nmailer--;
	list_del(&m->node);
	timer_cancel(&m->deadline);
	worker_free(&m->worker);
	free(m);
}

static void
wait_for(struct mailer *m, int64_t ms)
{
	struct clock *clock = gateway_clock(m->sender->gw);

	timer_set(&m->deadline, clock, clock->at + ms);
}

static void
on_deadline(struct timer *t)
{
	struct mailer *m = TIMER_OWNER(t, struct mailer, deadline);

	if (m->job || !m->is_asking) {
		m->is_late = true;
		worker_kill(m->worker); /* its end is told */
	} else {
		mailer_free(m);
	}
}

/* Until the end of a mail is about to leave. */
static int64_t
begin_ms(const struct mail_submit *to, int64_t grace_ms, size_t bytes)
{
	return to->connect_ms + 2 * to->reply_ms + grace_ms +
	    (int64_t)bytes / BYTES_PER_MS;
}

static int64_t
grace_of(const struct mail_sender_params *p)
{
	return p->grace_ms ? p->grace_ms : GRACE_MS;
}

int64_t
mail_sender_longest_ms(const struct mail_sender_params *p)
{
	int64_t grace_ms = grace_of(p);

	return START_MS + begin_ms(&p->submit, grace_ms, MAIL_LETTER_MAX) +
	    p->submit.final_ms + grace_ms;
}

static void
give(struct mailer *m, struct job *j)
{
	struct mail_sender *s = m->sender;
	int rc = worker_send(m->worker, MAIL_FRAME_LETTER, buf_str(&j->letter));

	buf_release(&j->letter);
	m->job = j;
	m->is_asking = m->is_committing = false;
	wait_for(m, begin_ms(&s->submit, s->grace_ms, j->size));
	if (rc < 0)
		worker_kill(m->worker); /* it takes nothing any more */
}

static void
on_next(struct mailer *m)
{
	m->is_asking = m->has_asked = true;
	m->sender->nstillborn = 0;
	list_del(&m->node);
	list_add(m->sender->mailers.next, &m->node); /* before the first */
	wait_for(m, IDLE_MS);
}

static void
on_committing(struct mailer *m)
{
	m->is_committing = true;
	wait_for(m, m->sender->submit.final_ms + m->sender->grace_ms);
}

static bool
on_result(struct mailer *m, struct str data)
{
	struct mail_result r;
	struct job *j = m->job;

	if (!mail_result_read(&r, data))
		return false;
	m->job = NULL;
	end_job(m->sender, j, &r);
	wait_for(m, m->sender->grace_ms); /* for it to ask */
	return true;
}

/* False: a worker does not say that, or not now. */
static bool
hear(struct mailer *m, uint8_t frame, struct str data)
{
	switch (frame) {
	case MAIL_FRAME_NEXT:
		if (m->job || m->is_asking)
			return false;
		on_next(m);
		return true;
	case MAIL_FRAME_COMMITTING:
		if (!m->job || m->is_committing)
			return false;
		on_committing(m);
		return true;
	case MAIL_FRAME_RESULT:
		return m->job && on_result(m, data);
	default:
		return false;
	}
}

/* Nothing that one says who is condemned counts, but that it is too late. */
static void
on_frame(struct mailer *m, uint8_t frame, struct str data)
{
	if (m->is_condemned) {
		m->is_committing |= frame == MAIL_FRAME_COMMITTING;
		return;
	}
	if (hear(m, frame, data))
		return;
	m->is_condemned = true;
	m->is_asking = false;
	worker_kill(m->worker);
}

/*
 * One that never asked does not work at all, and the next would do no better.
 * A signal, though, may have had nothing to do with it: the machine was short
 * of memory, say.
 */
static bool
is_hopeless(struct mailer *m, int signal)
{
	return !m->has_asked &&
	    (!signal || ++m->sender->nstillborn >= STILLBORN_MAX);
}

/* Somebody waits for one that never asked, or it would not have been started:
   that attempt is over. */
static void
on_down(struct mailer *m, int signal, struct err *why)
{
	struct mail_sender *s = m->sender;
	struct job *j = m->job;

	if (m->is_late)
		err_set(why, ERR_TIMEOUT, "handing it in at %s took too long",
		    s->host);
	if (j || !m->has_asked)
		log_warn(gateway_log(s->gw), "mail worker lost",
		    "to=%s committing=%d err=\"%s\"", s->host, m->is_committing,
		    why->text);
	if (!j && !m->has_asked)
		j = first_waiting(s);
	if (j)
		fail_job(s, j, why, m->is_committing, is_hopeless(m, signal));
	mailer_free(m);
}

static void
on_worker(struct worker *w, const struct worker_event *ev, void *arg)
{
	struct mailer *m = arg;
	struct mail_sender *s = m->sender;
	struct err why = ev->err;

	(void)w;
	if (ev->type == WORKER_DOWN)
		on_down(m, ev->signal, &why);
	else if (ev->type == WORKER_FRAME)
		on_frame(m, ev->frame, ev->data);
	dispatch(s);
}

static int
mailer_new(struct mail_sender *s, struct err *err)
{
	struct worker_params p = { .program = s->program,
		.argv = s->argv,
		.frame_max = MAIL_RESULT_PACKED_MAX,
		.out_max = QUEUED_MAX,
		.log = gateway_log(s->gw) };
	struct mailer *m = xcalloc(1, sizeof(*m));

	m->sender = s;
	m->worker = worker_new(gateway_loop(s->gw), &p, on_worker, m, err);
	if (!m->worker) {
		free(m);
		return -1;
	}
	timer_init(&m->deadline, on_deadline);
	list_add(&s->mailers, &m->node);
	s->nmailer++;
	(void)worker_send(m->worker, MAIL_FRAME_SETUP,
	    buf_str(&s->setup)); /* it is small: there is room */
	wait_for(m, START_MS);
	return 0;
}

/* ---- who gets what ---------------------------------------------------- */

/* Whose connection was used last is the first one. */
static struct mailer *
asking(struct mail_sender *s)
{
	LIST_EACH(&s->mailers, n)
	{
		if (MAILER(n)->is_asking)
			return MAILER(n);
	}
	return NULL;
}

static size_t
count_starting(struct mail_sender *s)
{
	size_t n = 0;

	LIST_EACH(&s->mailers, l)
	{
		if (!MAILER(l)->has_asked)
			n++;
	}
	return n;
}

/* For those who wait and have nobody on the way; -1: it cannot be started. */
static int
start_mailers(struct mail_sender *s, struct err *err)
{
	size_t nstarting = count_starting(s);

	for (; nstarting < s->nwaiting && s->nmailer < s->parallel; nstarting++)
		if (mailer_new(s, err) < 0)
			return -1;
	return 0;
}

static void
dispatch(struct mail_sender *s)
{
	struct err err = ERR_INIT;
	struct mailer *m;

	while (s->nwaiting > 0 && (m = asking(s)) != NULL)
		give(m, first_waiting(s));
	if (start_mailers(s, &err) == 0)
		return;
	log_warn(gateway_log(s->gw), "mail worker lost",
	    "to=%s committing=0 err=\"%s\"", s->host, err.text);
	while (s->nmailer == 0 && s->nwaiting > 0)
		fail_job(s, first_waiting(s), &err, false, true);
}

/* ---- the sender ------------------------------------------------------- */

struct mail_sender *
mail_sender_new(struct gateway *gw, const struct mail_sender_params *p)
{
	struct mail_sender *s = xcalloc(1, sizeof(*s));

	s->gw = gw;
	s->submit = p->submit;
	s->host = str_dup(p->submit.host);
	s->program = xstrdup(p->program ? p->program : PROGRAM);
	s->argv = p->argv;
	s->parallel = p->parallel ? p->parallel : 1;
	s->grace_ms = grace_of(p);
	buf_init(&s->setup, MAIL_SUBMIT_MAX);
	mail_submit_pack(&p->submit, &s->setup);
	list_init(&s->waiting);
	list_init(&s->ended);
	list_init(&s->mailers);
	timer_init(&s->soon, on_soon);
	return s;
}

static void
free_jobs(struct list *jobs)
{
	LIST_EACH(jobs, n)
	{
		job_free(JOB(n));
	}
}

void
mail_sender_free(struct mail_sender **sp)
{
	struct mail_sender *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	LIST_EACH(&s->mailers, n)
	{
		if (MAILER(n)->job)
			job_free(MAILER(n)->job);
		mailer_free(MAILER(n));
	}
	free_jobs(&s->waiting);
	free_jobs(&s->ended);
	timer_cancel(&s->soon);
	secret_wipe(s->setup.p, s->setup.len);
	buf_release(&s->setup);
	free(s->host);
	free(s->program);
	free(s);
}

void
mail_send(struct mail_sender *s, const struct mail_letter *l, mail_sent_fn *fn,
    void *arg)
{
	struct job *j = xcalloc(1, sizeof(*j));
	struct mail_result r = {
		.fate = GW_REFUSED, .err = ERR_INIT, .text = STR_EMPTY
	};

	j->fn = fn;
	j->arg = arg;
	buf_init(&j->letter, MAIL_LETTER_MAX);
	list_init(&j->node);
	s->nbusy++;
	if (mail_letter_check(l, &r.err) < 0) {
		end_job(s, j, &r);
		return;
	}
	if (s->nwaiting >= MAIL_SENDER_QUEUE) {
		err_set(&r.err, ERR_BUSY, "too many mails wait to be sent");
		fail_job(s, j, &r.err, false, false);
		return;
	}
	mail_letter_pack(l, &j->letter);
	j->size = j->letter.len;
	list_add(&s->waiting, &j->node);
	s->nwaiting++;
	dispatch(s);
}

size_t
mail_sender_busy(const struct mail_sender *s)
{
	return s->nbusy;
}
