#include <stdlib.h>
#include <sysexits.h>

#include "lib/backoff.h"
#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/pack.h"
#include "lib/xalloc.h"
#include "net/loop.h"
#include "net/worker.h"
#include "smtp/mail_hash.h"
#include "smtp/mail_reader.h"
#include "smtp/mail_spool.h"

enum {
	OUT_MAX = 512 * 1024,    /* on its way to a worker */
	KEEP_MAX = 256 * 1024,   /* of a record's memory, for the next one */
	HASHED_MAX = 256 * 1024, /* of a mail, to know it again */
	PAUSE_MIN_MS = 500,
	PAUSE_MAX_MS = 60000,
	CANNOT_RUN = 126, /* of shells and loaders: POSIX, ld.so(8) */
	NOT_FOUND = 127,
};

#define PROGRAM "passerelle-mailread"

struct mail_reading {
	struct list node; /* in the queue; unlinked: a seat has it */
	struct mail_reader *reader;
	struct seat *seat; /* which reads it; NULL: none yet */
	struct mail_spool *body;
	mail_read_fn *fn;
	void *arg;
	bool is_queued;
	bool is_too_big; /* turned away: it is that, or one too many */
};

/* Where a worker is, or can be. */
struct seat {
	struct mail_reader *reader;
	struct worker *worker; /* NULL: none was needed yet, or it has died */
	struct mail_reading *reading; /* NULL: idle */
	size_t sent;                  /* bytes of its body */
	bool is_sent;                 /* all of it, and END */
	bool is_late;                 /* it was killed for that */
	unsigned nmail;               /* which it has read */
	struct buf record;
	struct timer wall;
};

/* A content that has killed a worker. */
struct crashed {
	uint8_t hash[CRYPTO_SHA256_BYTES];
};

struct mail_reader {
	struct gateway *gw;
	struct buf options; /* packed */
	unsigned parallel, mails;
	int64_t wall_ms;
	char *program;
	const char *const *argv;
	struct seat *seat; /* parallel of them */
	struct list queue, turned_away;
	size_t nqueue, nbusy;
	struct loop_hook turn; /* the queue is looked at */
	struct backoff pause;
	int64_t pause_until_at; /* workers do not start */
	struct crashed crashed[MAIL_READER_CRASHED];
	size_t ncrashed, next_crashed;
	struct mail_record_copy copy;
};

static void pause_all(struct mail_reader *r);
static void on_worker(
    struct worker *w, const struct worker_event *ev, void *arg);

/* ---- results ---------------------------------------------------------- */

/* The queue is looked at at the end of the turn: whoever calls goes on first. */
static void
look_soon(struct mail_reader *r)
{
	loop_again(gateway_loop(r->gw));
}

/* The seat is free again; whose it was is yet to be told. */
static struct mail_reading *
seat_clear(struct seat *s)
{
	struct mail_reading *g = s->reading;

	timer_cancel(&s->wall);
	s->reading = NULL;
	s->is_sent = s->is_late = false;
	s->sent = 0;
	s->reader->nbusy--;
	look_soon(s->reader);
	return g;
}

static void
reading_end(struct mail_reading *g, const struct mail_read_result *result)
{
	g->fn(g->arg, result);
	free(g);
}

static void
reading_fail(
    struct mail_reading *g, int code, const char *enhanced, const char *why)
{
	struct mail_read_result result = { .record = NULL };

	mail_reply_set(&result.reply, code, enhanced, "%s", why);
	reading_end(g, &result);
}

/* Try again later: nothing is wrong with the mail, as far as we know. */
static void
reading_defer(struct mail_reading *g)
{
	reading_fail(g, 451, "4.3.0", "The mail cannot be read now");
}

/* ---- contents that kill ------------------------------------------------ */

/* The beginning of a mail is enough to know it again. */
static void
hash_of(struct mail_spool *body, uint8_t out[CRYPTO_SHA256_BYTES])
{
	char *bytes = xmalloc(HASHED_MAX);
	ssize_t n = mail_spool_read(body, 0, bytes, HASHED_MAX, NULL);

	mail_hash(str_of(bytes, n > 0 ? (size_t)n : 0), out);
	free(bytes);
}

static bool
has_crashed(const struct mail_reader *r, const uint8_t *hash)
{
	for (size_t i = 0; i < r->ncrashed; i++)
		if (memcmp(r->crashed[i].hash, hash, CRYPTO_SHA256_BYTES) == 0)
			return true;
	return false;
}

/* The oldest makes place. */
static void
remember(struct mail_reader *r, const uint8_t *hash)
{
	memcpy(r->crashed[r->next_crashed].hash, hash, CRYPTO_SHA256_BYTES);
	r->next_crashed = (r->next_crashed + 1) % MAIL_READER_CRASHED;
	if (r->ncrashed < MAIL_READER_CRASHED)
		r->ncrashed++;
}

static void
reading_crashed(struct mail_reading *g)
{
	uint8_t hash[CRYPTO_SHA256_BYTES];

	hash_of(g->body, hash);
	if (has_crashed(g->reader, hash)) {
		reading_fail(g, 550, "5.6.0", "The mail cannot be read");
		return;
	}
	remember(g->reader, hash);
	reading_defer(g);
}

/* ---- what a worker says ------------------------------------------------ */

static void
on_done(struct seat *s)
{
	struct mail_reader *r = s->reader;
	struct mail_read_result result = { .record = NULL };
	struct err err = ERR_INIT;

	if (mail_record_read(&r->copy, buf_str(&s->record), &err) < 0) {
		log_warn(gateway_log(r->gw), "mail reader broke its protocol",
		    "error=\"%s\"", err.text);
		worker_kill(s->worker);
		return;
	}
	s->nmail++;
	backoff_reset(&r->pause);
	result.record = &r->copy.record;
	reading_end(seat_clear(s), &result);
	/* The record borrows from it until here. */
	if (s->record.cap <= KEEP_MAX) {
		buf_clear(&s->record);
		return;
	}
	buf_release(&s->record);
	buf_init(&s->record, MAIL_RECORD_MAX);
}

static void
on_refused(struct seat *s, struct str data)
{
	struct err err = ERR_INIT;
	struct mail_reading *g;

	if (!mail_reader_refusal_read(&err, data)) {
		worker_kill(s->worker);
		return;
	}
	s->nmail++;
	backoff_reset(&s->reader->pause);
	g = seat_clear(s);
	if (err.kind == ERR_TOO_BIG)
		reading_fail(g, 552, "5.3.4", err.text);
	else
		reading_fail(g, 550, "5.6.0", err.text);
}

/* What it says when nothing is asked of it is said by somebody else. */
static void
on_frame(struct seat *s, uint8_t type, struct str data)
{
	if (!s->reading || !s->is_sent)
		worker_kill(s->worker);
	else if (type == MAIL_READER_RECORD && !s->is_late)
		buf_add_str(&s->record, data);
	else if (type == MAIL_READER_DONE && !s->is_late)
		on_done(s);
	else if (type == MAIL_READER_REFUSED && !s->is_late)
		on_refused(s, data);
	else
		worker_kill(s->worker);
}

/*
 * It has not come as far as a mail: it cannot be run, or speaks as another
 * version of us does, as while a package is exchanged.
 */
static bool
is_unfit(const struct seat *s, const struct worker_event *ev)
{
	return s->nmail == 0 && !s->is_late && ev->signal == 0 &&
	    (ev->status == EX_PROTOCOL || ev->status == CANNOT_RUN ||
	        ev->status == NOT_FOUND);
}

static void
on_down(struct seat *s, const struct worker_event *ev)
{
	struct mail_reader *r = s->reader;
	const struct log_ctx *log = gateway_log(r->gw);
	struct mail_reading *g;
	bool unfit;

	worker_free(&s->worker);
	buf_release(&s->record);
	if (!s->reading) {
		log_warn(log, "mail reader died", "error=\"%s\"", ev->err.text);
		return;
	}
	log_warn(log, "mail reader died of a mail", "size=%zu error=\"%s\"",
	    mail_spool_size(s->reading->body),
	    s->is_late ? "not done in time" : ev->err.text);
	unfit = is_unfit(s, ev);
	g = seat_clear(s);
	if (unfit) {
		reading_defer(g);
		pause_all(r);
	} else {
		reading_crashed(g);
	}
}

/* ---- what it is given -------------------------------------------------- */

static int
send_some(struct seat *s)
{
	char bytes[MAIL_READER_FRAME];
	struct err err = ERR_INIT;
	ssize_t n = mail_spool_read(
	    s->reading->body, s->sent, bytes, sizeof(bytes), &err);

	if (n < 0) {
		log_error(gateway_log(s->reader->gw), "mail cannot be read",
		    "error=\"%s\"", err.text);
		return -1;
	}
	if (n == 0) {
		s->is_sent = true;
		return worker_send(s->worker, MAIL_READER_END, STR_EMPTY);
	}
	s->sent += (size_t)n;
	return worker_send(
	    s->worker, MAIL_READER_BYTES, str_of(bytes, (size_t)n));
}

/* As much as may be on its way; the rest when that is with the kernel. */
static void
send_more(struct seat *s)
{
	int rc = 0;

	while (rc == 0 && !s->is_sent &&
	    worker_queued(s->worker) + 2 * MAIL_READER_FRAME < OUT_MAX)
		rc = send_some(s);
	if (rc < 0)
		worker_kill(s->worker);
}

static void
send_begin(struct seat *s)
{
	struct buf head;

	buf_init(&head, MAIL_READER_FRAME);
	pack_u64(&head, mail_spool_size(s->reading->body));
	worker_send(s->worker, MAIL_READER_MAIL, buf_str(&head));
	buf_release(&head);
	send_more(s);
}

static void
on_wall(struct timer *t)
{
	struct seat *s = TIMER_OWNER(t, struct seat, wall);

	s->is_late = true;
	worker_kill(s->worker);
}

static void
on_worker(struct worker *w, const struct worker_event *ev, void *arg)
{
	struct seat *s = arg;

	(void)w;
	switch (ev->type) {
	case WORKER_FRAME:
		on_frame(s, ev->frame, ev->data);
		break;
	case WORKER_DRAINED:
		if (s->reading && !s->is_sent)
			send_more(s);
		break;
	case WORKER_DOWN:
		on_down(s, ev);
		break;
	}
}

/* ---- the queue --------------------------------------------------------- */

static struct seat *
free_seat(struct mail_reader *r)
{
	for (unsigned i = 0; i < r->parallel; i++)
		if (!r->seat[i].reading)
			return &r->seat[i];
	return NULL;
}

/* One that has read enough is not asked any more: what leaks is let go. */
static int
seat_start(struct seat *s)
{
	struct mail_reader *r = s->reader;
	const struct worker_params params = {
		.program = r->program,
		.argv = r->argv,
		.frame_max = MAIL_READER_FRAME,
		.out_max = OUT_MAX,
		.log = gateway_log(r->gw),
	};
	struct err err = ERR_INIT;

	if (s->worker && s->nmail >= r->mails) {
		worker_free(&s->worker);
		buf_release(&s->record);
	}
	if (s->worker)
		return 0;
	s->worker =
	    worker_new(gateway_loop(r->gw), &params, on_worker, s, &err);
	if (!s->worker) {
		log_error(gateway_log(r->gw), "mail reader does not start",
		    "error=\"%s\"", err.text);
		return -1;
	}
	s->nmail = 0;
	buf_init(&s->record, MAIL_RECORD_MAX);
	return worker_send(
	    s->worker, MAIL_READER_OPTIONS, buf_str(&r->options));
}

static struct mail_reading *
queue_take(struct mail_reader *r)
{
	struct list *node = list_first(&r->queue);
	struct mail_reading *g;

	if (!node)
		return NULL;
	g = LIST_ENTRY(node, struct mail_reading, node);
	list_del(node);
	r->nqueue--;
	return g;
}

static void
seat_begin(struct seat *s, struct mail_reading *g)
{
	struct mail_reader *r = s->reader;
	struct clock *clock = gateway_clock(r->gw);

	s->reading = g;
	g->seat = s;
	r->nbusy++;
	timer_set(&s->wall, clock, clock->at + r->wall_ms);
	send_begin(s);
}

/* Workers do not start: nobody waits for that. */
static void
defer_all(struct mail_reader *r)
{
	struct mail_reading *g;

	while (g = queue_take(r), g)
		reading_defer(g);
}

static void
pause_all(struct mail_reader *r)
{
	r->pause_until_at = gateway_clock(r->gw)->at +
	    backoff_next(&r->pause, crypto_random_u32());
	defer_all(r);
}

/* They need no worker. */
static void
tell_turned_away(struct mail_reader *r)
{
	struct list *node;

	while (node = list_first(&r->turned_away), node) {
		struct mail_reading *g =
		    LIST_ENTRY(node, struct mail_reading, node);

		list_del(node);
		if (g->is_too_big)
			reading_fail(g, 552, "5.3.4", "The mail is too big");
		else
			reading_defer(g);
	}
}

static void
on_turn(struct loop_hook *h)
{
	struct mail_reader *r = LIST_ENTRY(h, struct mail_reader, turn);
	struct seat *s;

	tell_turned_away(r);
	if (gateway_clock(r->gw)->at < r->pause_until_at)
		defer_all(r);
	while (r->nqueue > 0 && (s = free_seat(r)) != NULL) {
		if (seat_start(s) < 0) {
			pause_all(r);
			return;
		}
		seat_begin(s, queue_take(r));
	}
}

/* ---- mails that come to be read ---------------------------------------- */

struct mail_reading *
mail_read(
    struct mail_reader *r, struct mail_spool *body, mail_read_fn *fn, void *arg)
{
	struct mail_reading *g = xcalloc(1, sizeof(*g));

	g->reader = r;
	g->body = body;
	g->fn = fn;
	g->arg = arg;
	g->is_too_big = mail_spool_size(body) > MAIL_READER_MAIL_MAX;
	list_init(&g->node);
	if (g->is_too_big || r->nqueue == MAIL_READER_QUEUE) {
		list_add(&r->turned_away, &g->node);
	} else {
		g->is_queued = true;
		list_add(&r->queue, &g->node);
		r->nqueue++;
	}
	look_soon(r);
	return g;
}

void
mail_read_cancel(struct mail_reading **gp)
{
	struct mail_reading *g = *gp;

	if (!g)
		return;
	*gp = NULL;
	if (g->seat) {
		worker_free(&g->seat->worker);
		buf_release(&g->seat->record);
		seat_clear(g->seat);
	} else {
		list_del(&g->node);
		g->reader->nqueue -= g->is_queued;
	}
	free(g);
}

size_t
mail_reader_busy(const struct mail_reader *r)
{
	return r->nqueue + r->nbusy;
}

/* ---- all of them ------------------------------------------------------- */

struct mail_reader *
mail_reader_new(struct gateway *gw, const struct mail_reader_params *p)
{
	struct mail_reader *r = xcalloc(1, sizeof(*r));

	r->gw = gw;
	buf_init(&r->options, MAIL_READER_FRAME);
	mail_reader_options_pack(&p->options, &r->options);
	r->parallel = p->parallel ? p->parallel : MAIL_READER_PARALLEL;
	r->mails = p->mails ? p->mails : MAIL_READER_MAILS;
	r->wall_ms = p->wall_ms ? p->wall_ms : MAIL_READER_MS;
	r->program = xstrdup(p->program ? p->program : PROGRAM);
	r->argv = p->argv;
	r->seat = xcalloc(r->parallel, sizeof(r->seat[0]));
	for (unsigned i = 0; i < r->parallel; i++) {
		r->seat[i].reader = r;
		timer_init(&r->seat[i].wall, on_wall);
	}
	list_init(&r->queue);
	list_init(&r->turned_away);
	loop_hook_add(gateway_loop(gw), &r->turn, LOOP_RANK_CORE, on_turn);
	backoff_init(&r->pause, PAUSE_MIN_MS, PAUSE_MAX_MS);
	return r;
}

static void
drop_list(struct list *head)
{
	LIST_EACH(head, node)
	{
		free(LIST_ENTRY(node, struct mail_reading, node));
	}
}

static void
seat_release(struct seat *s)
{
	timer_cancel(&s->wall);
	if (s->worker) {
		worker_free(&s->worker);
		buf_release(&s->record);
	}
	free(s->reading);
}

void
mail_reader_free(struct mail_reader **rp)
{
	struct mail_reader *r = *rp;

	if (!r)
		return;
	*rp = NULL;
	loop_hook_del(&r->turn);
	for (unsigned i = 0; i < r->parallel; i++)
		seat_release(&r->seat[i]);
	drop_list(&r->queue);
	drop_list(&r->turned_away);
	buf_release(&r->options);
	free(r->seat);
	free(r->program);
	free(r);
}

/* ---- as a part of a mail gateway --------------------------------------- */

static int
reader_open(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	const struct mail_reader_params params = {
		.options = {
			.authserv_id = str_c(mail->opt.authserv_id),
			.own_domain = str_c(mail->opt.domain),
		},
	};

	(void)conf;
	(void)err;
	mail->reader = mail_reader_new(mail->gw, &params);
	return 0;
}

static void
reader_close(struct mail_gateway *mail)
{
	mail_reader_free(&mail->reader);
}

const struct mail_noun mail_reader_noun = {
	.open = reader_open,
	.close = reader_close,
};
