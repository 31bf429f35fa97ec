#include <stdlib.h>

#include "core/instance.h"
#include "core/letter.h"
#include "core/outbox.h"
#include "core/outbox_admin.h"
#include "core/outbox_line.h"
#include "core/owed.h"
#include "core/sender.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

enum { QUOTE_MAX = 40, WHY_MAX = 200 };

/* One command, until it is answered. */
struct command {
	struct list node; /* in outbox.commands while the disk is asked */
	struct core *core;
	struct gateway *gw; /* whose disk is asked */
	store_load_id load;
	const struct verb *verb;
	uint64_t id;
	char *text; /* an argument: name of a line, of a gateway, why */
	char *why;
	struct buf out;
	outbox_said_fn *fn;
	void *arg;
};

struct verb {
	void (*run)(struct command *c);
	/* What is done to the message, found in memory or on disk. */
	int (*with)(struct command *c, struct owed *o, struct err *err);
};

static struct clock *
clock_of(const struct owed *o)
{
	return core_clock(o->box->gw->core);
}

/* ---- answers ---------------------------------------------------------- */

static void
command_free(struct command *c)
{
	list_del(&c->node);
	buf_release(&c->out);
	free(c->text);
	free(c->why);
	free(c);
}

static void
answer(struct command *c, const struct err *err)
{
	struct err none = ERR_INIT;

	c->fn(err ? err : &none, err ? STR_EMPTY : buf_str(&c->out), c->arg);
	command_free(c);
}

static void
refuse(struct command *c, enum err_kind kind, const char *text)
{
	struct err err;

	err_set(&err, kind, "%s", text);
	answer(c, &err);
}

/* ---- what is shown ---------------------------------------------------- */

static void
write_age(struct buf *out, int64_t ms)
{
	int64_t s = ms / 1000;

	if (s < 120)
		buf_addf(out, "%lld s", (long long)s);
	else if (s < 7200)
		buf_addf(out, "%lld min", (long long)(s / 60));
	else if (s < 2 * 86400)
		buf_addf(out, "%lld h", (long long)(s / 3600));
	else
		buf_addf(out, "%lld days", (long long)(s / 86400));
}

static void
write_quote(const struct owed *o, struct buf *out)
{
	struct str all = str_of(o->body ? o->body : "", o->body_len), body;
	struct letter l;

	if (letter_read(&l, all, NULL) == 0 && l.m.body.len) {
		body = str_head(l.m.body, utf8_cut(l.m.body, QUOTE_MAX));
		buf_addf(out, ": ");
		for (size_t i = 0; i < body.len; i++)
			buf_addc(out,
			    (unsigned char)body.p[i] < ' ' ? ' ' : body.p[i]);
		if (body.len < l.m.body.len)
			buf_addf(out, "...");
	}
	letter_release(&l);
}

void
outbox_write_line(const struct owed *o, struct buf *out)
{
	buf_addf(out, "%llu %s%s to " STR_FMT, (unsigned long long)o->id,
	    fate_name(o->fate), o->flags & OWED_HELD ? " (held)" : "",
	    STR_ARG(o->head.contact));
	write_quote(o, out);
}

static void
write_row(const struct owed *o, struct buf *out)
{
	buf_addf(out, "%llu %s%s " STR_FMT " to " STR_FMT " by %s, ",
	    (unsigned long long)o->id, fate_name(o->fate),
	    o->flags & OWED_HELD ? " (held)" : "", STR_ARG(o->user),
	    STR_ARG(o->head.contact), o->line->name);
	write_age(out, clock_of(o)->utc - o->accepted_utc);
	if (o->err.kind != ERR_NONE && o->fate != FATE_DELIVERED)
		buf_addf(out, ", %s", o->err.text);
	buf_addc(out, '\n');
}

static void
write_piece(const struct piece *p, struct buf *out)
{
	struct str id = piece_network_id(p);
	int64_t in_ms = p->next_utc - clock_of(p->owed)->utc;

	buf_addf(out, "Piece %u: %s, %u tries, line %s", p->no,
	    fate_name(p->fate), p->tries, p->line->name);
	if (id.len)
		buf_addf(out, ", there called " STR_FMT, STR_ARG(id));
	if (p->fate == FATE_QUEUED && in_ms > 0) {
		buf_addf(out, ", next try in ");
		write_age(out, in_ms);
	}
	buf_addc(out, '\n');
}

static int
show(struct command *c, struct owed *o, struct err *err)
{
	(void)err;
	write_row(o, &c->out);
	buf_addf(&c->out, "From: " STR_FMT "\nTo: " STR_FMT "\n",
	    STR_ARG(o->head.from), STR_ARG(o->head.to));
	if (o->lane && o->expire_utc > clock_of(o)->utc) {
		buf_addf(&c->out, "Given up in: ");
		write_age(&c->out, o->expire_utc - clock_of(o)->utc);
		buf_addc(&c->out, '\n');
	}
	if (o->line->is_paused)
		buf_addf(&c->out, "Its line pauses: %s\n", o->line->why);
	if (o->box->is_held)
		buf_addf(&c->out, "Everything is held: %s\n", o->box->held_why);
	for (unsigned i = 0; i < o->head.npieces; i++)
		write_piece(&o->piece[i], &c->out);
	return 0;
}

/* ---- one message ------------------------------------------------------ */

int
outbox_cancel(struct owed *o, bool own_wish, struct err *err)
{
	if (!o->lane)
		return err_set(err, ERR_NOT_ALLOWED,
		    "message %llu is %s: it cannot be cancelled any more",
		    (unsigned long long)o->id, fate_name(o->fate));
	if (!owed_takes(o, FATE_IN_CANCEL))
		return err_set(err, ERR_NOT_ALLOWED,
		    "message %llu is being tried: it cannot be cancelled any "
		    "more",
		    (unsigned long long)o->id);
	if (own_wish)
		o->flags |= OWED_OWN_WISH;
	else
		err_set(&o->err, ERR_DENIED, "it was cancelled by an operator");
	(void)owed_input(o, FATE_IN_CANCEL);
	owed_changed(o, NULL);
	return 0;
}

/* What waits goes now. */
static void
hurry(struct owed *o)
{
	for (unsigned i = 0; i < o->head.npieces; i++)
		if (o->piece[i].fate == FATE_QUEUED)
			o->piece[i].next_utc = 0;
	owed_changed(o, NULL);
}

int
outbox_resend(struct owed *o, bool unsure_only, struct err *err)
{
	int64_t now = clock_of(o)->utc;

	if (o->fate == FATE_QUEUED || o->fate == FATE_TRYING) {
		hurry(o);
		return 0;
	}
	if (!owed_takes(o, FATE_IN_RESEND) ||
	    (unsure_only ? o->fate != FATE_UNSURE : o->fate < FATE_UNSURE))
		return err_set(err, ERR_NOT_ALLOWED,
		    "message %llu is %s: it is not sent again",
		    (unsigned long long)o->id, fate_name(o->fate));
	if (!o->body)
		return err_set(err, ERR_NOT_FOUND,
		    "the words of message %llu are not kept any more",
		    (unsigned long long)o->id);
	o->expire_utc = now + o->line->expire_ms;
	o->told &= FATE_SAY_RECEIPT;
	o->flags &= ~(unsigned)OWED_OWN_WISH;
	owed_count_again(o);
	(void)owed_input(o, FATE_IN_RESEND);
	o->err = ERR_INIT;
	owed_changed(o, NULL);
	return 0;
}

static int
retry(struct command *c, struct owed *o, struct err *err)
{
	if (outbox_resend(o, false, err) < 0)
		return -1;
	buf_addf(&c->out, "Message %llu is tried again.\n",
	    (unsigned long long)o->id);
	return 0;
}

static int
cancel(struct command *c, struct owed *o, struct err *err)
{
	if (outbox_cancel(o, false, err) < 0)
		return -1;
	buf_addf(&c->out, "Message %llu is %s.\n", (unsigned long long)o->id,
	    fate_name(o->fate));
	return 0;
}

static void
set_held(struct owed *o, bool on)
{
	o->flags = on ? o->flags | OWED_HELD : o->flags & ~(unsigned)OWED_HELD;
	owed_changed(o, NULL);
}

static int
hold(struct command *c, struct owed *o, struct err *err)
{
	if (!o->lane)
		return err_set(err, ERR_NOT_ALLOWED,
		    "message %llu is %s: there is nothing to hold",
		    (unsigned long long)o->id, fate_name(o->fate));
	set_held(o, true);
	buf_addf(&c->out, "Message %llu is held.\n", (unsigned long long)o->id);
	return 0;
}

static int
release(struct command *c, struct owed *o, struct err *err)
{
	(void)err;
	set_held(o, false);
	buf_addf(&c->out, "Message %llu is not held any more.\n",
	    (unsigned long long)o->id);
	return 0;
}

/* ---- finding it ------------------------------------------------------- */

static struct gateway *
next_box(struct command *c, struct gateway *gw)
{
	while (gw = core_next_gateway(c->core, gw), gw)
		if (gw->outbox)
			return gw;
	return NULL;
}

static void
act(struct command *c, struct owed *o)
{
	struct err err = ERR_INIT;

	if (c->verb->with(c, o, &err) < 0)
		answer(c, &err);
	else
		answer(c, NULL);
}

static void ask_disk(struct command *c);

static void
not_read(struct command *c)
{
	struct err err;

	err_set(&err, ERR_BUSY,
	    "the disk is in trouble: message %llu cannot be looked for now; "
	    "see the log, and try again",
	    (unsigned long long)c->id);
	answer(c, &err);
}

static void
on_found(bool ok, const struct store_outs *v, void *arg)
{
	struct command *c = arg;
	struct outbox *b = c->gw->outbox;
	struct owed *o = owed_find(b, c->id);

	list_del(&c->node);
	if (!o && ok && v->nmessage) {
		o = owed_read(b, &v->message[0], v->piece, v->npiece);
		if (o)
			owed_add(o);
	}
	if (o) {
		act(c, o);
	} else if (ok) {
		c->gw = next_box(c, c->gw);
		ask_disk(c);
	} else {
		not_read(c);
	}
}

static void
ask_disk(struct command *c)
{
	struct err err;

	if (!c->gw) {
		err_set(&err, ERR_NOT_FOUND, "there is no message %llu",
		    (unsigned long long)c->id);
		answer(c, &err);
		return;
	}
	list_add(&c->gw->outbox->commands, &c->node);
	c->load = store_out_find(
	    core_store(c->core), gateway_domain(c->gw), c->id, on_found, c);
}

static void
with_message(struct command *c)
{
	struct gateway *gw = NULL;

	while (gw = next_box(c, gw), gw) {
		struct owed *o = owed_find(gw->outbox, c->id);

		if (o) {
			act(c, o);
			return;
		}
	}
	c->gw = next_box(c, NULL);
	ask_disk(c);
}

void
outbox_command_drop_all(struct outbox *b)
{
	LIST_EACH(&b->commands, n)
	{
		struct command *c = LIST_ENTRY(n, struct command, node);

		store_cancel(core_store(c->core), c->load);
		command_free(c);
	}
}

/* ---- of gateways ------------------------------------------------------ */

/* The gateways that are meant: the one named, or all. */
static struct gateway *
meant(struct command *c, struct gateway *gw)
{
	while (gw = next_box(c, gw), gw)
		if (!c->text || str_is(gateway_domain(gw), c->text))
			return gw;
	return NULL;
}

static bool
is_any(struct command *c)
{
	if (meant(c, NULL))
		return true;
	refuse(c, ERR_NOT_FOUND,
	    c->text ? "there is no such gateway, or it keeps no messages"
	            : "no gateway keeps messages");
	return false;
}

static int
by_id(const void *a, const void *b)
{
	const struct owed *const *x = a, *const *y = b;

	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

/* All that move, and are unsure, oldest first; the caller's to free. */
static struct owed **
sorted(struct outbox *b, struct str user, size_t *n_out)
{
	struct owed **v = xcalloc(b->messages.n + 1, sizeof(struct owed *));
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&b->messages, &it)) {
		struct owed *o = it.value;

		if ((o->lane || o->fate == FATE_UNSURE) &&
		    (user.len == 0 || str_eq(o->user, user)))
			v[n++] = o;
	}
	qsort(v, n, sizeof(struct owed *), by_id);
	*n_out = n;
	return v;
}

void
outbox_each_of(struct outbox *b, struct str user, outbox_each_fn *fn, void *arg)
{
	size_t n;
	struct owed **v = sorted(b, user, &n);

	for (size_t i = 0; i < n && i < OUTBOX_LIST_MAX; i++)
		fn(v[i], arg);
	free(v);
}

static void
list_one(struct command *c, struct outbox *b)
{
	size_t n;
	struct owed **v = sorted(b, STR_EMPTY, &n);

	buf_addf(&c->out, "%s: %zu on their way", b->gw->domain, b->nmoving);
	if (b->is_held)
		buf_addf(&c->out, "; all held: %s", b->held_why);
	buf_addc(&c->out, '\n');
	for (size_t i = 0; i < n && i < OUTBOX_LIST_MAX; i++)
		write_row(v[i], &c->out);
	if (n > OUTBOX_LIST_MAX)
		buf_addf(&c->out, "... and %zu more\n", n - OUTBOX_LIST_MAX);
	free(v);
}

static void
run_list(struct command *c)
{
	struct gateway *gw = NULL;

	if (!is_any(c))
		return;
	while (gw = meant(c, gw), gw)
		list_one(c, gw->outbox);
	answer(c, NULL);
}

void
outbox_hold(struct outbox *b, struct str why)
{
	struct store_pause row = { .why = why };

	b->is_held = true;
	str_store(&b->held_why, why);
	store_pause_put(
	    core_store(b->gw->core), gateway_domain(b->gw), &row, NULL, NULL);
}

void
outbox_release(struct outbox *b)
{
	struct map_iter it = { 0 };

	b->is_held = false;
	store_pause_del(core_store(b->gw->core), gateway_domain(b->gw),
	    STR_EMPTY, NULL, NULL);
	while (map_next(&b->senders, &it))
		sender_run(it.value);
	it = (struct map_iter){ 0 };
	while (map_next(&b->lines, &it))
		line_run(it.value);
}

static void
run_hold(struct command *c)
{
	struct gateway *gw = NULL;

	if (c->id) {
		with_message(c);
		return;
	}
	if (!is_any(c))
		return;
	while (gw = meant(c, gw), gw) {
		outbox_hold(gw->outbox, STR("by an operator"));
		buf_addf(&c->out, "%s: nothing is sent until it is released.\n",
		    gw->domain);
	}
	answer(c, NULL);
}

static void
run_release(struct command *c)
{
	struct gateway *gw = NULL;

	if (c->id) {
		with_message(c);
		return;
	}
	if (!is_any(c))
		return;
	while (gw = meant(c, gw), gw) {
		outbox_release(gw->outbox);
		buf_addf(&c->out, "%s: %zu messages may go.\n", gw->domain,
		    gw->outbox->nmoving);
	}
	answer(c, NULL);
}

/* ---- dead letters ----------------------------------------------------- */

static void ask_dead(struct command *c);

/* Its pieces among all; not those of one that is known here. */
static void
write_dead(
    struct command *c, const struct store_outs *v, const struct store_out *row)
{
	struct outbox *b = c->gw->outbox;
	struct owed *known = owed_find(b, row->id), *o = known;
	size_t at = 0, n = 0;

	while (at < v->npiece && v->piece[at].message != row->id)
		at++;
	while (at + n < v->npiece && v->piece[at + n].message == row->id)
		n++;
	if (!known)
		o = owed_read(b, row, v->piece + at, n);
	if (o)
		write_row(o, &c->out);
	if (!known)
		owed_free(&o);
}

static void
on_dead(bool ok, const struct store_outs *v, void *arg)
{
	struct command *c = arg;

	list_del(&c->node);
	buf_addf(&c->out, "%s: %s\n", c->gw->domain,
	    !ok               ? "cannot be read at the moment"
	        : v->nmessage ? "did not get there, or nobody knows"
	                      : "none");
	for (size_t i = 0; ok && i < v->nmessage; i++)
		write_dead(c, v, &v->message[i]);
	c->gw = meant(c, c->gw);
	ask_dead(c);
}

static void
ask_dead(struct command *c)
{
	if (!c->gw) {
		answer(c, NULL);
		return;
	}
	list_add(&c->gw->outbox->commands, &c->node);
	c->load = store_outs_dead(core_store(c->core), gateway_domain(c->gw),
	    OUTBOX_LIST_MAX, on_dead, c);
}

static void
run_dead(struct command *c)
{
	if (!is_any(c))
		return;
	c->gw = meant(c, NULL);
	ask_dead(c);
}

/* ---- lines ------------------------------------------------------------ */

static void
write_line(const struct line *l, struct buf *out)
{
	int64_t wait = l->wait_at - core_clock(l->box->gw->core)->at;

	buf_addf(out, "%s: %s", l->name,
	    !l->is_there       ? "not configured any more"
	        : l->is_broken ? "does not work"
	        : l->is_paused ? "paused"
	                       : "works");
	if (l->is_paused)
		buf_addf(out, " (%s)", l->why);
	else if (wait > 0)
		buf_addf(out, ", left alone for %lld s",
		    (long long)(wait / 1000 + 1));
	buf_addf(out, "; %u under way, sent %llu, failed %llu, unsure %llu\n",
	    l->nflying,
	    (unsigned long long)(l->nfate[FATE_SENT] +
	        l->nfate[FATE_DELIVERED]),
	    (unsigned long long)l->nfate[FATE_FAILED],
	    (unsigned long long)l->nfate[FATE_UNSURE]);
	if (l->is_there && l->box->gw->ops->line_shown)
		l->box->gw->ops->line_shown(l->box->gw, str_c(l->name), out);
}

static int
by_name(const void *a, const void *b)
{
	const struct line *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void
write_lines(struct outbox *b, struct buf *out)
{
	struct line **v = xcalloc(b->lines.n + 1, sizeof(struct line *));
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&b->lines, &it))
		v[n++] = it.value;
	qsort(v, n, sizeof(struct line *), by_name);
	for (size_t i = 0; i < n; i++)
		write_line(v[i], out);
	free(v);
}

static void
run_lines(struct command *c)
{
	struct gateway *gw = NULL;

	if (!is_any(c))
		return;
	while (gw = meant(c, gw), gw) {
		buf_addf(&c->out, "%s: %zu lines\n", gw->domain,
		    gw->outbox->lines.n);
		write_lines(gw->outbox, &c->out);
	}
	answer(c, NULL);
}

/* "sms.example.org/main", or "main" if there is one of that name. */
static struct line *
line_meant(struct command *c, size_t *n_out)
{
	struct str name = str_c(c->text), domain = STR_EMPTY;
	struct gateway *gw = NULL;
	struct line *found = NULL;

	*n_out = 0;
	if (str_has(name, '/'))
		(void)str_cut(&name, '/', &domain);
	while (gw = next_box(c, gw), gw) {
		struct line *l = line_find(gw->outbox, name);

		if (!l || (domain.len && !str_eq(domain, gateway_domain(gw))))
			continue;
		found = l;
		++*n_out;
	}
	return found;
}

static struct line *
one_line(struct command *c)
{
	size_t n;
	struct line *l = line_meant(c, &n);

	if (n == 1)
		return l;
	refuse(c, n ? ERR_CONFLICT : ERR_NOT_FOUND,
	    n ? "several gateways have a line of that name: write GATEWAY/NAME"
	      : "there is no line of that name");
	return NULL;
}

static void
run_pause(struct command *c)
{
	struct line *l = one_line(c);

	if (!l)
		return;
	line_pause(l, c->why ? str_c(c->why) : STR("by an operator"), false);
	buf_addf(&c->out, "Nothing is sent by line %s until it is resumed.\n",
	    l->name);
	answer(c, NULL);
}

static void
run_resume(struct command *c)
{
	struct line *l = one_line(c);

	if (!l)
		return;
	line_resume(l);
	buf_addf(&c->out, "Line %s is used again.\n", l->name);
	answer(c, NULL);
}

/* ---- table ------------------------------------------------------------ */

const struct outbox_verb outbox_verbs[] = {
	{ "queue", "list", "[GATEWAY]", 0, 1, "What is on its way" },
	{ "queue", "show", "ID", 1, 1, "One message and its pieces" },
	{ "queue", "hold", "[ID|GATEWAY]", 0, 1,
	    "Not to be tried until released" },
	{ "queue", "release", "[ID|GATEWAY]", 0, 1, "May be tried again" },
	{ "queue", "retry", "ID", 1, 1,
	    "Try now, also what is unsure or did not get there" },
	{ "queue", "cancel", "ID", 1, 1, "What of it was not tried yet" },
	{ "queue", "dead", "[GATEWAY]", 0, 1,
	    "What did not get there, and what nobody knows of" },
	{ "line", "list", "[GATEWAY]", 0, 1, "Lines, and how they do" },
	{ "line", "pause", "NAME [WHY]", 1, 100, "Send nothing by a line" },
	{ "line", "resume", "NAME", 1, 1, "Use a line again" },
	{ NULL, NULL, NULL, 0, 0, NULL },
};

/* The same order. */
static const struct verb verbs[] = {
	{ run_list, NULL },
	{ with_message, show },
	{ run_hold, hold },
	{ run_release, release },
	{ with_message, retry },
	{ with_message, cancel },
	{ run_dead, NULL },
	{ run_lines, NULL },
	{ run_pause, NULL },
	{ run_resume, NULL },
};

static bool
takes_id(const struct outbox_verb *v)
{
	return strstr(v->args, "ID") != NULL;
}

static size_t
find_verb(const struct str *argv, size_t n)
{
	size_t i = 0;

	for (; outbox_verbs[i].verb; i++)
		if (n >= 2 && str_is(argv[0], outbox_verbs[i].noun) &&
		    str_is(argv[1], outbox_verbs[i].verb))
			break;
	return i;
}

/* -1: what is missing or too much. */
static int
read_args(struct command *c, const struct outbox_verb *v,
    const struct str *argv, size_t n, struct err *err)
{
	struct buf why;

	if (n < v->nmin || n > v->nmax)
		return err_set(err, ERR_BAD_INPUT, "say: %s %s %s", v->noun,
		    v->verb, v->args);
	if (n == 0)
		return 0;
	if (takes_id(v) && str_to_uint(argv[0], INT64_MAX, &c->id))
		return c->id
		    ? 0
		    : err_set(err, ERR_NOT_FOUND, "there is no message 0");
	if (takes_id(v) && v->nmin)
		return err_set(err, ERR_BAD_INPUT,
		    STR_FMT " is no number of a message", STR_ARG(argv[0]));
	c->text = str_dup(argv[0]);
	buf_init(&why, WHY_MAX);
	for (size_t i = 1; i < n; i++) {
		buf_addf(&why, i > 1 ? " " : "");
		buf_add_str(&why, argv[i]);
	}
	if (why.len)
		c->why = str_dup(buf_str(&why));
	buf_release(&why);
	return 0;
}

void
outbox_command(struct core *core, struct str by, const struct str *argv,
    size_t n, outbox_said_fn *fn, void *arg)
{
	size_t i = find_verb(argv, n);
	struct command *c = xcalloc(1, sizeof(*c));
	struct err err = ERR_INIT;

	c->core = core;
	c->fn = fn;
	c->arg = arg;
	list_init(&c->node);
	buf_init(&c->out, OUTBOX_TEXT_MAX);
	if (!outbox_verbs[i].verb) {
		refuse(c, ERR_BAD_INPUT,
		    "say: queue list, show, hold, release, retry, cancel or "
		    "dead; or line list, pause or resume");
		return;
	}
	if (read_args(c, &outbox_verbs[i], argv + 2, n - 2, &err) < 0) {
		answer(c, &err);
		return;
	}
	log_info(core_log(core), "queue command",
	    "by=" STR_FMT " noun=%s verb=%s what=%s id=%llu", STR_ARG(by),
	    outbox_verbs[i].noun, outbox_verbs[i].verb, c->text ? c->text : "",
	    (unsigned long long)c->id);
	c->verb = &verbs[i];
	c->verb->run(c);
}
